// Command server is what the third-party clients of this folder talk to: a
// small API bridged in process, and one hand-written tool beside it.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

//go:embed api.yaml
var spec []byte

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

// run serves on a free port of loopback and prints the URL.
func run() error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /echo", echo)
	mux.HandleFunc("GET /slow", slow)
	doc, err := mcpmount.ParseOpenAPI(spec)
	if err != nil {
		return err
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(mux), nil)
	if err != nil {
		return err
	}
	if err := srv.Extend(func(s *mcp.Server) { addGrow(s, srv, doc) }); err != nil {
		return err
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "http://%s/mcp\n", listener.Addr())
	return http.Serve(listener, mux)
}

// echo answers with the text it got.
func echo(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Text string `json:"text"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(in)
}

// slow streams three lines. Clients that get a result together with the progress
// that came before it may drop the latter.
func slow(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	for i := range 3 {
		fmt.Fprintf(w, "{\"line\":%d}\n", i+1)
		_ = http.NewResponseController(w).Flush()
		time.Sleep(50 * time.Millisecond)
	}
}

// addGrow adds a tool that adds an operation, so that clients hear of a changed
// list.
func addGrow(s *mcp.Server, srv *mcpmount.Server, doc *mcpmount.Document) {
	mcp.AddTool(s, &mcp.Tool{Name: "grow", Description: "Adds a tool."},
		func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
			more := doc.Operations[0]
			more.Name = fmt.Sprintf("echo_%d", len(doc.Operations))
			doc.Operations = append(doc.Operations, more)
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: more.Name}}}, nil, srv.Update(doc)
		})
}
