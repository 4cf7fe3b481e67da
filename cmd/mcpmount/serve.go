package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"strings"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
)

const defaultPath = "/mcp"

type serveCommand struct {
	Document string `arg:"" name:"DOCUMENT" help:"OpenAPI document: a file, an https URL, http on loopback, or - for standard input"`

	listenFlags   `embed:"" group:"Serving"`
	serveFlags    `embed:"" group:"Serving"`
	tlsFlags      `embed:"" group:"Serving"`
	authFlags     `embed:"" group:"Who may call"`
	apiFlags      `embed:"" group:"Towards the API"`
	ForwardHeader []string `xor:"forward" sep:"none" group:"Towards the API" placeholder:"NAME" help:"header of the MCP client to copy, repeatable"`

	limitFlags `embed:"" group:"Who may call"`
	callers    *auth.Resource // who may call; nil for anybody

	bridgeFlags `embed:""`
	watchFlags  `embed:"" group:"Reading the document"`
	lockFlags   `embed:"" group:"Reading the document"`
	logFlags    `embed:"" group:"Logging, to standard error"`
	AccessLog   bool `group:"Logging, to standard error" help:"log who called what, and what became of it; never arguments"`
}

type serveFlags struct {
	Path        string   `xor:"path" placeholder:"PATH" help:"path of the MCP endpoint (default /mcp)"`
	Stateless   bool     `xor:"stateless" help:"keep no sessions: any replica can answer any request"`
	KeepCalls   bool     `xor:"keep" help:"go on with calls of older clients without a session that disconnect"`
	PublicURL   string   `xor:"public" name:"public-url" placeholder:"URL" help:"URL by which clients know the endpoint"`
	AllowHost   []string `xor:"host" sep:"none" placeholder:"HOST" help:"further host name to answer to, repeatable"`
	AllowOrigin []string `xor:"origin" sep:"none" placeholder:"ORIGIN" help:"web page that may call from a browser, repeatable"`
	Stdio       bool     `xor:"listen,anyone,path,stateless,keep,public,host,origin,forward,tlscert,tlskey" help:"serve one client on standard input and output instead"`
}

func (serveCommand) Help() string {
	return "mcpmount serve --upstream https://api.example.com openapi.yaml\n" +
		"mcpmount serve --read-only --header 'X-API-Key: ${KEY}' openapi.yaml\n" +
		"mcpmount serve --stdio https://api.example.com/openapi.json\n"
}

// Run serves until ctx is done. Whatever can be wrong is found before the port
// opens.
func (c *serveCommand) Run(ctx context.Context, t *terminal) error {
	if err := c.check(t); err != nil {
		return err
	}
	log := c.logger(t.stderr)
	encryption, err := c.config(log)
	if err != nil {
		return err
	}
	src, err := c.read(ctx, t, c.Document)
	if err != nil {
		return err
	}
	if err := src.notEmpty(); err != nil {
		return err
	}
	locked, err := c.hold(src, log)
	if err != nil {
		return err
	}
	c.follow(src, func(ctx context.Context) (*source, error) { return readSource(ctx, t.stdin, c.Document, c.RefRoot) })
	api, err := c.connect(src, c.ForwardHeader, t, log)
	if err != nil {
		return err
	}
	srv, err := c.newServer(src, api, t, log)
	if err != nil {
		return err
	}
	if locked != nil {
		if err := locked.compare(srv); err != nil {
			return err
		}
	}
	defer c.watch(ctx, src, api, srv, log)()
	ready := newNotice(src, api, srv)
	ready.title = cmp.Or(c.Name, ready.title)
	ready.headers = c.headers()
	if c.Stdio {
		ready.print(t.stderr, log)
		return serveStdio(ctx, srv, t, c.ShutdownTimeout)
	}
	return c.serveHTTP(ctx, t, srv, encryption, ready, log)
}

// check completes the flags and refuses what is known to be wrong.
func (c *serveCommand) check(t *terminal) (err error) {
	if c.Path == "" {
		c.Path = defaultPath
	}
	if strings.TrimRight(c.Path, "/") == healthPath {
		return misuse("--path "+defaultPath, "--path %s is where the server tells its health", c.Path)
	}
	if err := c.authFlags.check(c.Stdio); err != nil {
		return err
	}
	if err := c.listenFlags.check(c.on(), c.encrypted()); err != nil {
		return err
	}
	if c.callers, err = c.resource(c.PublicURL, t); err != nil {
		return err
	}
	if err := c.watchFlags.check(); err != nil {
		return err
	}
	if err := c.limitFlags.check(); err != nil {
		return err
	}
	return c.apiFlags.check()
}

func (c *serveCommand) newServer(src *source, api *upstream, t *terminal, log *slog.Logger) (*mcpmount.Server, error) {
	opts := c.options(log)
	opts.Limits = c.limits()
	c.bound(&opts.Limits)
	if c.AccessLog {
		opts.Observe = accessLog(log)
	}
	opts.Auth = c.callers
	var err error
	if opts.Credentials, err = c.credentials(src, t); err != nil {
		return nil, err
	}
	opts.ForwardHeaders = c.ForwardHeader
	opts.Stateless = c.Stateless
	opts.KeepCalls = c.KeepCalls
	opts.PublicURL = c.PublicURL
	opts.AllowedHosts = c.AllowHost
	opts.AllowedOrigins = c.AllowOrigin
	return mcpmount.New(src.doc, api.transport, opts)
}

// serveHTTP serves on the network. Once the port is open, it says ready.
func (c *serveCommand) serveHTTP(ctx context.Context, t *terminal, srv *mcpmount.Server, encryption *tls.Config, ready notice, log *slog.Logger) error {
	mux := http.NewServeMux()
	if err := srv.Mount(mux, c.Path); err != nil {
		return misuse("--path "+defaultPath, "--path: %w", err)
	}
	mux.Handle("GET "+healthPath, healthHandler(srv))
	if c.on() {
		mux.Handle(auth.WellKnown, srv.Metadata()) // where some clients look
	}
	listener, err := listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	scheme := "http://"
	if encryption != nil {
		scheme, listener = "https://", tls.NewListener(listener, encryption)
	}
	ready.url = c.PublicURL
	if ready.url == "" {
		ready.url = scheme + reachable(listener.Addr()) + c.Path
	}
	ready.print(t.stderr, log)
	return c.serve(ctx, listener, c.seen(mux), srv, log)
}
