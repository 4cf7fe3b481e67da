// Command goclient exercises the official Go SDK's client, at every version of
// the protocol, and prints a row for each run.
//
// Usage: goclient URL STATELESS-URL SERVER
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"runtime/debug"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: goclient URL STATELESS-URL SERVER")
	}
	url, stateless, server := os.Args[1], os.Args[2], os.Args[3]
	http := func(url string) func() mcp.Transport {
		return func() mcp.Transport { return &mcp.StreamableClientTransport{Endpoint: url} }
	}
	for _, t := range []struct {
		name     string
		dial     func() mcp.Transport
		versions []string
	}{
		{"HTTP", http(url), []string{"2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"}},
		{"HTTP, stateless server", http(stateless), []string{"2026-07-28", "2025-11-25"}},
		{"HTTP+SSE", func() mcp.Transport { return &mcp.SSEClientTransport{Endpoint: url + "/sse"} }, []string{"2025-11-25", "2024-11-05"}},
		{"stdio", func() mcp.Transport { return &mcp.CommandTransport{Command: exec.Command(server, "stdio")} }, []string{"2026-07-28", "2025-11-25"}}, //nolint:noctx // it ends with its input
	} {
		for _, version := range t.versions {
			row, err := exercise(context.Background(), t.dial(), version)
			if err != nil {
				log.Fatalf("%s, %s: %v", t.name, version, err)
			}
			row.Client, row.Transport = "Go SDK "+sdkVersion(), t.name
			if err := json.NewEncoder(os.Stdout).Encode(row); err != nil {
				log.Fatal(err)
			}
		}
	}
}

// A row is one of the table: see interop/report.
type row struct {
	Client      string `json:"client"`
	Transport   string `json:"transport"`
	Protocol    string `json:"protocol"`
	List        string `json:"list"`
	Call        string `json:"call"`
	Progress    string `json:"progress"`
	ListChanged string `json:"listChanged"`
	Cancel      string `json:"cancel"`
	Resources   string `json:"resources"`
	Prompts     string `json:"prompts"`
}

// worked returns what the table says of an attempt.
func worked(what string, err error) string {
	if err != nil {
		fmt.Fprintf(os.Stderr, "Go SDK: %s: %v\n", what, err)
		return "no"
	}
	return "yes"
}

func sdkVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/modelcontextprotocol/go-sdk" {
				return m.Version
			}
		}
	}
	return "unknown"
}
