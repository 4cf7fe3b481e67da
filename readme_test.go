package mcpmount_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the fragments of the README take for granted.
const (
	readmeProgram = `package main
import "net/http"
func getOrder(w http.ResponseWriter, r *http.Request) {}
func logging(h http.Handler) http.Handler { return h }
`
	readmeFragment = `package main
import (
	"context"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	sdkauth "github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
)
var _ = mcpmount.Select{}
var _, _ = sdkauth.TokenInfoFromContext, auth.WellKnown
var vault map[string]mcpmount.Secret
func logging(h http.Handler) http.Handler { return h }
var _, _, _, _, _ = log.Print, slog.Info, os.Exit, signal.Notify, syscall.SIGHUP
var app http.Handler
var opts mcpmount.Options
func completePrompt(context.Context, *mcp.CompleteRequest) (*mcp.CompleteResult, error) { return nil, nil }
func whoami(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) { return nil, nil, nil }
func fragment(doc *mcpmount.Document, srv, crm, slack *mcpmount.Server, mux *http.ServeMux) (err error) {
%s
	return err
}
func main() {}
`
)

// Every Go snippet of the README and the guides compiles.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles programs")
	}
	var snippets [][]string
	for _, name := range []string{"README.md", "docs/live.md", "docs/resources.md", "docs/proxies.md", "docs/auth.md"} {
		guide, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(guide), -1)
		if len(found) < 2 {
			t.Fatalf("%d Go snippets in %s", len(found), name)
		}
		snippets = append(snippets, found...)
	}
	root := moduleBesideThisOne(t)
	for i, snippet := range snippets {
		dir := filepath.Join(root, fmt.Sprint("snippet", i))
		files := map[string]string{"openapi.yaml": "openapi: 3.1.0\n"}
		if strings.HasPrefix(snippet[1], "package ") {
			files["main.go"], files["app.go"] = snippet[1], readmeProgram
		} else {
			files["main.go"] = fmt.Sprintf(readmeFragment, snippet[1])
		}
		writeFiles(t, dir, files)
	}
	cmd := exec.CommandContext(t.Context(), "go", "vet", "./...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

// moduleBesideThisOne returns the folder of a new module that uses this one
// with the same dependencies.
func moduleBesideThisOne(t *testing.T) string {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	const this = "github.com/mcpmount/mcpmount"
	text := strings.Replace(string(mod), "module "+this, "module readme", 1)
	text += fmt.Sprintf("\nrequire %s v0.0.0\nreplace %s => %s\n", this, this, here)
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"go.mod": text, "go.sum": string(sum)})
	return dir
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
