package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/internal/shop"
)

type demoCommand struct {
	listenFlags `embed:"" group:"Serving"`
	anyoneFlags `embed:"" group:"Serving"`
}

func (demoCommand) Help() string {
	return "mcpmount demo\n" +
		"mcpmount demo --listen 127.0.0.1:9000\n"
}

// Run serves the shop until ctx is done.
func (c *demoCommand) Run(ctx context.Context, t *terminal) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := c.admit(false, false, c.AllowUnauthenticated); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(t.stderr, nil))
	app, srv, err := newDemo(log)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	printDemo(t.stderr, "http://"+reachable(listener.Addr()), len(srv.Tools()))
	return c.serve(ctx, listener, app, srv, log)
}

// newDemo returns an application that answers on its own routes and, at /mcp,
// to MCP. Everything about mcpmount is here; the shop knows nothing of it.
func newDemo(log *slog.Logger) (http.Handler, *mcpmount.Server, error) {
	mux := http.NewServeMux()
	shop.New().Register(mux)
	app := shop.LogRequests(mux, log)

	doc, err := mcpmount.ParseOpenAPI(shop.Spec)
	if err != nil {
		return nil, nil, err
	}
	// Calls enter at app, not at mux: they are logged as any other request.
	srv, err := mcpmount.New(doc, mcpmount.InProcess(app), &mcpmount.Options{
		ForwardHeaders: []string{"X-API-Key"}, // the shop checks it itself
		Logger:         log,
	})
	if err != nil {
		return nil, nil, err
	}
	return app, srv, srv.Mount(mux, "/mcp")
}

func printDemo(w io.Writer, base string, tools int) {
	fmt.Fprintf(w, `mcpmount: a shop is open at %[1]s, with %[2]s at %[1]s/mcp

Ask the API, as always:
  curl '%[1]s/products?max_price=30'

Ask the same through MCP:
  curl %[1]s/mcp --json '{"jsonrpc":"2.0","id":1,
    "method":"tools/list"}'
  curl %[1]s/mcp --json '{"jsonrpc":"2.0","id":2,
    "method":"tools/call",
    "params":{"name":"listProducts","arguments":{"max_price":30}}}'
  mcpmount call --mcp %[1]s/mcp createOrder \
    customer=you@example.com items='[{"product_id":"mug","quantity":1}]'

A caller's own key reaches the API:
  mcpmount call --mcp %[1]s/mcp --header 'X-API-Key: %[3]s' getStats

Tell your MCP client:
  %[4]s

Below is the log of the shop. Every call appears twice: as POST /mcp, and as
the request it became.

`, base, count(tools, "tool"), shop.AdminKey, clientConfig(map[string]client{"shop": {Type: "http", URL: base + "/mcp"}}))
}
