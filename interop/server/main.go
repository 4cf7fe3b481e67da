// Command server is what the third-party clients of this folder talk to: a
// small API bridged in process, and beside it, by hand, what no HTTP API has.
//
// It prints the URL of a server with sessions and that of one without, or, with
// the argument "stdio", serves stdio.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

//go:embed api.yaml
var spec []byte

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	a := newAPI()
	doc, err := mcpmount.ParseOpenAPI(spec)
	if err != nil {
		return err
	}
	sessions, err := newServer(doc, a, false)
	if err != nil {
		return err
	}
	stateless, err := newServer(doc, a, true)
	if err != nil {
		return err
	}
	a.grow = grow(doc, sessions, stateless)
	if slices.Contains(args, "stdio") {
		return sessions.Run(context.Background(), &mcp.StdioTransport{})
	}
	mux := http.NewServeMux()
	if err := errors.Join(sessions.Mount(mux, "/mcp"), stateless.Mount(mux, "/stateless")); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%[1]s/mcp http://%[1]s/stateless\n", listener.Addr())
	return http.Serve(listener, mux)
}

// newServer returns a server for the API and for what is written by hand.
func newServer(doc *mcpmount.Document, a *api, stateless bool) (*mcpmount.Server, error) {
	srv, err := mcpmount.New(doc, mcpmount.InProcess(a), &mcpmount.Options{
		Stateless: stateless,
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Server: func(o *mcp.ServerOptions) {
			o.CompletionHandler = complete
			o.SubscribeHandler = func(context.Context, *mcp.SubscribeRequest) error { return nil } // the SDK keeps them
			o.UnsubscribeHandler = func(context.Context, *mcp.UnsubscribeRequest) error { return nil }
		},
	})
	if err != nil {
		return nil, err
	}
	for _, p := range srv.Problems() {
		return nil, fmt.Errorf("api.yaml: %v", p)
	}
	return srv, srv.Extend(func(s *mcp.Server) {
		addNative(s)
		addPrompts(s)
		newRounds().add(s)
	})
}

// grow returns a function that adds an operation, so that clients hear of a
// changed list.
func grow(doc *mcpmount.Document, servers ...*mcpmount.Server) func() (string, error) {
	var mu sync.Mutex
	return func() (string, error) {
		mu.Lock()
		defer mu.Unlock()
		more := *doc.Operation("echo")
		more.ID, more.Name = "", fmt.Sprintf("echo_%d", len(doc.Operations))
		doc.Operations = append(doc.Operations, more)
		var errs []error
		for _, srv := range servers {
			errs = append(errs, srv.Update(doc))
		}
		return more.Name, errors.Join(errs...)
	}
}
