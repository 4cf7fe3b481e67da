package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/mcpmount/mcpmount"
)

// A subject is a server that is measured.
type subject struct {
	name string
	eras []era

	// sessions is the path for clients with a session, "/mcp" being that for others; if
	// "", it is the same.
	sessions string

	// handler makes what a child process serves; nil if the process is another
	// program.
	handler func(spec) (http.Handler, error)

	// command returns the command line of another program that listens at addr, with
	// the API at upstream.
	command func(ctx context.Context, addr, upstream string) ([]string, error)

	upstream bool // whether the API is another process
	textOnly bool // whether results have no structured content
}

// path returns where s answers clients of an era.
func (s subject) path(e era) string {
	if e == session && s.sessions != "" {
		return s.sessions
	}
	return "/mcp"
}

// A spec says what a child process is to serve.
type spec struct {
	Subject  string
	Tools    int    // how many generated tools; if 0, those of the warehouse
	Document string // the file of an OpenAPI document to serve in place of those
	Upstream string // URL of the API
}

var (
	mcpEras = []era{stateless, modern, session}

	inProcess = subject{name: "mcpmount", eras: mcpEras, handler: mountedAPI}
	trivial   = subject{name: "mcpmount, a trivial handler", eras: mcpEras, handler: mountedBytes}
	service   = subject{name: "mcpmount, as a service", eras: mcpEras, handler: serviceOf, upstream: true}
	plainREST = subject{name: "the route itself", eras: []era{rest}, handler: func(spec) (http.Handler, error) { return newAPI(), nil }}
	goSDK     = subject{name: "go-sdk", eras: mcpEras, sessions: "/session", handler: goSDKServer}
	mcpGo     = subject{name: "mcp-go", eras: mcpEras, sessions: "/session", handler: mcpGoServer}
	proxy     = subject{name: "httputil.ReverseProxy", eras: []era{rest}, handler: proxyTo(nil), upstream: true}
	proxyPool = subject{name: "httputil.ReverseProxy, BufferPool", eras: []era{rest}, handler: proxyTo(&bufferPool{}), upstream: true}
)

// installed is the command mcpmount in front of the API. [commandSubject] says how it is
// run.
var installed = subject{name: "mcpmount serve", eras: []era{stateless}, upstream: true}

// goSubjects are those that a child process of this program serves.
func goSubjects() []subject {
	return []subject{plainREST, inProcess, goSDK, mcpGo, service, proxy, proxyPool}
}

// handlerOf returns what a child process serves.
func handlerOf(s spec) (http.Handler, error) {
	for _, subject := range goSubjects() {
		if subject.name == s.Subject {
			return subject.handler(s)
		}
	}
	return nil, fmt.Errorf("there is no subject %q", s.Subject)
}

// readDocument returns the document that a spec names.
func readDocument(s spec) (*mcpmount.Document, error) {
	switch {
	case s.Document != "":
		dir, name := filepath.Split(s.Document)
		if _, err := os.Stat(s.Document); err != nil {
			return nil, err
		}
		return mcpmount.ParseOpenAPIFS(os.DirFS(dir), name)
	case s.Tools > 0:
		return generated(s.Tools, "first")
	}
	return mcpmount.ParseOpenAPI(warehouse)
}

func generated(n int, edition string) (*mcpmount.Document, error) {
	raw, err := generateDocument(n, edition)
	if err != nil {
		return nil, err
	}
	return mcpmount.ParseOpenAPI(raw)
}

// options are the default ones: with guards, checks of arguments and limits, and
// without an access log. Warnings go to a place that is shown when something fails.
func options() *mcpmount.Options {
	return &mcpmount.Options{Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
}

// mountedAPI is the API with mcpmount in the same process. All paths of a document
// from a file have the same answer, which is right for the call that is made.
func mountedAPI(s spec) (http.Handler, error) {
	doc, err := readDocument(s)
	if err != nil {
		return nil, err
	}
	mux := newAPI()
	var api http.Handler = mux
	if s.Document != "" {
		api = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, stripeCustomer) })
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(api), options())
	if err != nil {
		return nil, err
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		return nil, err
	}
	return updatable{mux, srv}, nil
}

// mountedBytes is mcpmount in front of a handler that does nothing but write the item
// that a small call is for, encoded before.
func mountedBytes(s spec) (http.Handler, error) {
	doc, err := readDocument(s)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(newItem(42, "full"))
	if err != nil {
		return nil, err
	}
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(body)
	})
	return mcpmount.New(doc, mcpmount.InProcess(api), options())
}

// serviceOf is mcpmount in front of the API at s.Upstream.
func serviceOf(s spec) (http.Handler, error) {
	doc, err := readDocument(s)
	if err != nil {
		return nil, err
	}
	api, err := mcpmount.Upstream(s.Upstream, nil)
	if err != nil {
		return nil, err
	}
	return mcpmount.New(doc, api, options())
}

// updatable is a handler whose tools can be exchanged.
type updatable struct {
	http.Handler
	server *mcpmount.Server
}

// proxyTo makes a reverse proxy that keeps as many connections as it has requests at
// a time, which [http.DefaultTransport] does not.
func proxyTo(pool httputil.BufferPool) func(spec) (http.Handler, error) {
	return func(s spec) (http.Handler, error) {
		base, err := url.Parse(s.Upstream)
		if err != nil {
			return nil, err
		}
		return &httputil.ReverseProxy{
			Rewrite:    func(r *httputil.ProxyRequest) { r.SetURL(base) },
			Transport:  &http.Transport{MaxIdleConnsPerHost: 1024},
			BufferPool: pool,
		}, nil
	}
}

type bufferPool struct{ pool sync.Pool }

func (p *bufferPool) Get() []byte {
	if b, ok := p.pool.Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, 32<<10)
}

func (p *bufferPool) Put(b []byte) { p.pool.Put(&b) }

// title returns what a table calls a subject in an era.
func title(s subject, e era) string {
	if e == rest {
		return s.name
	}
	return strings.Join([]string{s.name, string(e)}, ", ")
}
