package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/mcpmount/mcpmount"
)

const defaultPath = "/mcp"

type serveCommand struct {
	Document string `arg:"" name:"DOCUMENT" help:"OpenAPI document: a file, an https URL, http on loopback, or - for standard input"`

	listenFlags   `embed:"" group:"Serving"`
	serveFlags    `embed:"" group:"Serving"`
	apiFlags      `embed:"" group:"Towards the API"`
	ForwardHeader []string `xor:"forward" sep:"none" group:"Towards the API" placeholder:"NAME" help:"header of the MCP client to copy, repeatable"`

	bridgeFlags `embed:""`
	logFlags    `embed:"" group:"Logging, to standard error"`
}

type serveFlags struct {
	Path        string   `xor:"path" placeholder:"PATH" help:"path of the MCP endpoint (default /mcp)"`
	Stateless   bool     `xor:"stateless" help:"keep no sessions: any replica can answer any request"`
	PublicURL   string   `xor:"public" name:"public-url" placeholder:"URL" help:"URL by which clients know the endpoint"`
	AllowHost   []string `xor:"host" sep:"none" placeholder:"HOST" help:"further host name to answer to, repeatable"`
	AllowOrigin []string `xor:"origin" sep:"none" placeholder:"ORIGIN" help:"web page that may call from a browser, repeatable"`
	Stdio       bool     `xor:"listen,anyone,path,stateless,public,host,origin,forward" help:"serve one client on standard input and output instead"`
}

func (serveCommand) Help() string {
	return "mcpmount serve --upstream https://api.example.com openapi.yaml\n" +
		"mcpmount serve --read-only --header 'X-API-Key: ${KEY}' openapi.yaml\n" +
		"mcpmount serve --stdio https://api.example.com/openapi.json\n"
}

// Run serves until ctx is done. Whatever can be wrong is found before the port
// opens.
func (c *serveCommand) Run(ctx context.Context, t *terminal) error {
	if err := c.check(); err != nil {
		return err
	}
	src, err := c.read(ctx, t, c.Document)
	if err != nil {
		return err
	}
	if err := src.notEmpty(); err != nil {
		return err
	}
	api, err := c.connect(src, c.ForwardHeader, t)
	if err != nil {
		return err
	}
	log := c.logger(t.stderr)
	srv, err := c.newServer(src, api, log)
	if err != nil {
		return err
	}
	if c.Stdio {
		return serveStdio(ctx, srv, t)
	}
	return c.serveHTTP(ctx, t, srv, newNotice(src, api, srv), log)
}

// check completes the flags and refuses what is known to be wrong.
func (c *serveCommand) check() error {
	if c.Path == "" {
		c.Path = defaultPath
	}
	if strings.TrimRight(c.Path, "/") == healthPath {
		return misuse("--path "+defaultPath, "--path %s is where the server tells its health", c.Path)
	}
	if err := c.listenFlags.check(); err != nil {
		return err
	}
	return c.apiFlags.check()
}

func (c *serveCommand) newServer(src *source, api *upstream, log *slog.Logger) (*mcpmount.Server, error) {
	opts := c.options(log)
	opts.Limits = c.limits()
	opts.ForwardHeaders = c.ForwardHeader
	opts.Stateless = c.Stateless
	opts.PublicURL = c.PublicURL
	opts.AllowedHosts = c.AllowHost
	opts.AllowedOrigins = c.AllowOrigin
	return mcpmount.New(src.doc, api.transport, opts)
}

// serveHTTP serves on the network. Once the port is open, it says ready.
func (c *serveCommand) serveHTTP(ctx context.Context, t *terminal, srv *mcpmount.Server, ready notice, log *slog.Logger) error {
	mux := http.NewServeMux()
	if err := srv.Mount(mux, c.Path); err != nil {
		return misuse("--path "+defaultPath, "--path: %w", err)
	}
	mux.Handle("GET "+healthPath, healthHandler(srv))
	listener, err := listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	ready.url = c.PublicURL
	if ready.url == "" {
		ready.url = "http://" + reachable(listener.Addr()) + c.Path
	}
	ready.print(t.stderr, log)
	return serveListener(ctx, listener, mux, srv, log)
}
