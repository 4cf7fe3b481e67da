// Package mcpmount gives an HTTP API that already exists a second interface,
// MCP, so that AI agents can use it. It is mounted into the app that already
// runs: one process, one port, one auth, one log.
//
//	doc, err := mcpmount.ParseOpenAPI(spec)                     // OpenAPI 3.x or Swagger 2.0, JSON or YAML
//	srv, err := mcpmount.New(doc, mcpmount.InProcess(app), nil) // calls pass through the app's middleware
//	err = srv.Mount(mux, "/mcp")
//
// # From a document to a server
//
// [ParseOpenAPI] reads a document into a [Document], which is plain data. Edit
// it, or choose operations with a [Select]: what is not in the document that
// [New] is given cannot be listed or called. Every operation becomes a tool, or
// a resource if its Kind says so. [Document.Problems] and [Server.Problems] say
// what was wrong and what was left out because of it.
//
// # From a call to a request
//
// The arguments of a call are checked against the input schema of the tool;
// each has exactly one place in the request. The request is built from nothing:
// it has what the operation defines, and of the caller's headers those that are
// named. The transport given to [New] then carries it: [InProcess] calls the
// app's handler without a socket, [Upstream] sends it over the network.
//
// # From a response to a result
//
// JSON becomes structured content and the same text, images and audio become
// such content, a status of 300 or more an error that a model can read.
//
// # The protocol
//
// A [Server] is an http.Handler that speaks every version of MCP at one URL:
// streamable HTTP with and without sessions, and the older HTTP+SSE.
// [Server.Run] serves stdio.
//
// # Compatibility
//
// The two latest releases of Go are supported. Before version 1.0 the API may
// change between minor versions; the changelog says how.
package mcpmount

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A Server serves an API as MCP. It is an [http.Handler], right under any
// prefix and any router: a last path segment "sse" or "messages" selects the
// older HTTP+SSE transport, anything else is the endpoint. It is safe for
// concurrent use, and immutable but for [Server.Update] and [Server.Refresh].
type Server struct {
	api    http.RoundTripper
	opts   Options
	logger *slog.Logger
	mcp    *mcp.Server
	base   mcp.MethodHandler // the SDK's own handling, inside all middleware
	door   *frontDoor
	scheme string  // what the URIs of resources start with
	parts  []facet // what clients are told about the server itself, for Fingerprints

	completes bool // whether Options.Server provides completions

	set   atomic.Pointer[toolSet]
	lists sync.RWMutex // held while set and the SDK's lists differ

	source   *source
	mux      atomic.Pointer[muxCheck]
	extended map[string]bool // the names of tools and URIs of resources that are hand-written; guarded by lists
	health   healthCache

	redactors redactorCache
}

// New returns a Server for the operations of doc, which api carries: see
// [InProcess] and [Upstream]. A nil opts is the zero [Options]. If
// Options.Source is set, doc may be nil: it is read on the first request.
//
// It is an error if two operations were given the same name by hand, or one
// that is not legal, and if the options contradict each other.
func New(doc *Document, api http.RoundTripper, opts *Options) (*Server, error) {
	if api == nil || api == InProcess(nil) {
		return nil, errors.New("no transport: pass InProcess(handler) or Upstream(base, nil)")
	}
	if opts == nil {
		opts = &Options{}
	}
	if doc == nil && opts.Source == nil {
		return nil, errors.New("no document: pass one, or set Options.Source")
	}
	s := &Server{api: api, opts: *opts, logger: cmp.Or(opts.Logger, slog.Default()), source: newSource(), extended: map[string]bool{}}
	s.opts.Limits = opts.Limits.withDefaults()
	s.opts.KeepAlive = cmp.Or(opts.KeepAlive, DefaultKeepAlive)
	s.opts.ForwardHeaders = slices.Clone(opts.ForwardHeaders)
	s.opts.Results = *opts.Results.clone()
	if err := checkForwardHeaders(s.opts.ForwardHeaders); err != nil {
		return nil, err
	}
	door, err := newFrontDoor(s)
	if err != nil {
		return nil, err
	}
	s.door = door
	if err := door.authorizer.checkForwarded(s.opts.ForwardHeaders, api); err != nil {
		return nil, err
	}
	if err := s.newMCP(doc); err != nil {
		return nil, err
	}
	if doc != nil {
		if err := s.Update(doc); err != nil {
			return nil, err
		}
	}
	door.connect(s.mcp)
	return s, nil
}

// newMCP makes the SDK's server.
func (s *Server) newMCP(doc *Document) (err error) {
	info := s.opts.Info
	var text string
	if doc != nil {
		doc = &Document{Info: doc.Info}
		doc.detach()
		info.Name = cmp.Or(info.Name, doc.Info.Title)
		info.Title = cmp.Or(info.Title, doc.Info.Title)
		info.Version = cmp.Or(info.Version, doc.Info.Version)
		text = cmp.Or(doc.Info.Description, doc.Info.Summary)
	}
	info.Name = cmp.Or(info.Name, "mcpmount")
	info.Version = cmp.Or(info.Version, "0")
	s.scheme = resourceScheme(info.Name)
	opts := &mcp.ServerOptions{
		PageSize:     onePage,
		Instructions: strings.TrimSpace(cmp.Or(s.opts.Instructions, instructions(text))),
		Logger:       quiet(s.logger),
		Capabilities: &mcp.ServerCapabilities{
			Logging: &mcp.LoggingCapabilities{},
			Tools:   &mcp.ToolCapabilities{ListChanged: true},
		},
		SetCacheable: func(_ context.Context, _ mcp.Request, c *mcp.Cacheable) { c.CacheScope = cacheScope },
	}
	if s.opts.Server != nil {
		s.opts.Server(opts)
	}
	s.parts = []facet{{"name", info.Name}, {"title", info.Title}, {"instructions", opts.Instructions}}
	s.door.versions = opts.SupportedProtocolVersions
	if len(s.door.versions) == 0 {
		s.door.versions = mcp.SupportedProtocolVersions()
	}
	s.completes = opts.CompletionHandler != nil || opts.Capabilities != nil && opts.Capabilities.Completions != nil
	opts.CompletionHandler = s.complete(opts.CompletionHandler)
	s.mcp = mcp.NewServer(&info, opts)
	s.mcp.AddReceivingMiddleware(s.bridge)
	s.mcp.AddReceivingMiddleware(s.opts.Middleware...)
	s.mcp.AddReceivingMiddleware(s.observe, s.restrain, s.authorize)
	s.mcp.AddReceivingMiddleware(s.unwrapped)
	s.mcp.AddReceivingMiddleware(s.door.attachCaller)
	s.door.fast, err = newFastPath(s, &info)
	return err
}

// onePage is the page size of lists: all of it, since many clients ask for the
// first page only. Limits.MaxListBytes bounds it.
const onePage = 1 << 30

// cacheScope keeps shared caches from answering one caller with what another
// one got (MCP 2026-07-28, server/utilities/caching).
const cacheScope = "private"

// bridge keeps lists from being read while they change, and finds the resource
// that is read. Tools are looked up when they are called, in the tool set that the
// caller's list came from, or a newer one.
func (s *Server) bridge(next mcp.MethodHandler) mcp.MethodHandler {
	s.base = next
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		switch method {
		case "tools/list", "resources/list", "resources/templates/list":
			s.lists.RLock()
			defer s.lists.RUnlock()
			res, err := next(ctx, method, req)
			if err != nil {
				return res, err
			}
			return s.visible(ctx, res), nil
		case "resources/read":
			if err := checkURI(req); err != nil {
				return nil, err
			}
			ctx, req = s.findResource(ctx, req)
			res, err := next(ctx, method, req)
			return res, encodable(err, req)
		case "tools/call":
			ctx, req = s.findDeferred(ctx, req)
		case "initialize", "server/discover":
			res, err := next(ctx, method, req)
			s.adjustCapabilities(res)
			return res, err
		}
		return next(ctx, method, req)
	}
}

// tool returns the bridged tool with the given name, or nil. It does not wait
// for an update: the set is the one of the last list that anybody saw, or a newer one.
func (s *Server) tool(name string) *tool {
	if set := s.set.Load(); set != nil {
		return set.byName[name]
	}
	return nil
}

// resource returns the bridged resource or template that uri matches, with the arguments
// that uri contains, or nil.
func (s *Server) resource(uri string) (*resource, *tree.Node) {
	set := s.set.Load()
	if set == nil {
		return nil, nil
	}
	var best *resource
	var arguments *tree.Node
	for _, r := range set.resources {
		// OpenAPI 3.2, Paths Object: concrete paths come before templated ones.
		if values, ok := r.match(uri); ok && (best == nil || r.literals() > best.literals()) {
			best, arguments = r, values
		}
	}
	return best, arguments
}

// Update replaces the bridged tools and resources by those of doc, as one step:
// a list shows all of the old or all of the new. Clients are told, unless what
// they list stays the same, and Options.Logger gets what was added, removed and
// changed. Calls that are under way finish. On error the old ones stay.
//
// The name, the version and the instructions of the server do not change.
func (s *Server) Update(doc *Document) error {
	if doc == nil {
		return errors.New("no document")
	}
	set, err := newToolSet(doc, &s.opts, s.scheme)
	if err != nil {
		return err
	}
	old, err := s.replace(set)
	if err != nil {
		return err
	}
	s.health.forget()
	if old == nil {
		s.logger.Info("serving the document", "title", doc.Info.Title, "coverage", doc.Coverage().String())
	} else {
		s.logUpdate(old, set)
	}
	s.logDrift(set.drift)
	return nil
}

// replace serves set from now on, and returns what was served before, or nil.
func (s *Server) replace(set *toolSet) (*toolSet, error) {
	defer s.door.changeLists()()
	s.lists.Lock()
	defer s.lists.Unlock()
	if err := s.checkExtended(set); err != nil {
		return nil, err
	}
	before := s.set.Load()
	old := before
	if old == nil {
		old = &toolSet{}
	}
	set.keep(old)
	gone := s.addTools(old, set)
	s.set.Store(set)
	s.mcp.RemoveTools(gone...)
	s.replaceResources(old, set)
	return before, nil
}

// checkExtended returns an error if a tool or a resource of set has the name or the URI
// of a hand-written one.
func (s *Server) checkExtended(set *toolSet) error {
	for _, t := range set.tools {
		if s.extended[t.op.Name] {
			return fmt.Errorf("operation %s %s: a hand-written tool is called %q already; set Operation.Name", t.op.Method, t.op.Path, t.op.Name)
		}
	}
	for _, t := range set.catalog.standIns() {
		if s.extended[t.Name] {
			return fmt.Errorf("a hand-written tool is called %q, as one which stands for deferred tools is: give it another name", t.Name)
		}
	}
	for _, r := range set.resources {
		if s.extended[r.uri()] {
			return fmt.Errorf("operation %s %s: a hand-written resource is at %s already; give that one another URI, or make the operation a tool", r.tool.op.Method, r.tool.op.Path, r.uri())
		}
	}
	return nil
}

// addTools makes the SDK list the tools of set beside those of old, and returns the names of
// those that are listed no more. Until these are removed, the SDK has what either set says of a
// name, so that who calls a tool that stays need not wait. What did not change is not touched,
// so that clients are told of changes only.
func (s *Server) addTools(old, set *toolSet) (gone []string) {
	before, now := old.listed(), set.listed()
	for name, t := range now {
		if before[name] != t {
			s.mcp.AddTool(t, s.handler(set, name))
		}
	}
	for name := range before {
		if now[name] == nil {
			gone = append(gone, name)
		}
	}
	return gone
}

// handler returns the SDK's handler for the tool of set with the given name. It looks the tool up
// in each call, so that an update need not register it again.
func (s *Server) handler(set *toolSet, name string) mcp.ToolHandler {
	if set.catalog.standIn(name) != nil {
		if name == searchName {
			return s.searchTools
		}
		return s.callDeferred
	}
	return func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return s.callNamed(ctx, name, req)
	}
}

// callNamed calls the bridged tool with the given name.
func (s *Server) callNamed(ctx context.Context, name string, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	t := s.tool(name)
	if t == nil || !s.door.authorizer.grants(ctx, t.scopes) { // which an update may have changed
		return nil, unknownTool(name)
	}
	return s.call(ctx, t, req)
}

// Problems returns what was wrong with the document being served, and what was
// cut or left out while tools were made from it.
func (s *Server) Problems() []Problem {
	if set := s.set.Load(); set != nil {
		return slices.Clone(set.problems)
	}
	return nil
}

// Run serves one client over transport, such as &mcp.StdioTransport{}, until
// the client leaves, ctx ends, or [Server.Shutdown] has let its calls finish. When
// ctx ends, calls that are under way are canceled.
//
// With a StdioTransport, nothing else may write to the standard output: clients take it for
// messages, and leave. The request loggers of chi and gin write there unless told otherwise.
func (s *Server) Run(ctx context.Context, transport mcp.Transport) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	session, err := s.mcp.Connect(withCaller(ctx, caller{local: true, gone: ctx}), &localTransport{transport, &s.door.gate}, nil)
	if err != nil {
		return err
	}
	end := func() { _ = session.Close() }
	defer context.AfterFunc(ctx, end)()
	defer context.AfterFunc(s.door.stopped, end)()
	if err = session.Wait(); ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Shutdown refuses further requests, waits until those under way are answered,
// and closes all sessions. If ctx ends before, it cancels those that are left and
// returns the error of ctx.
func (s *Server) Shutdown(ctx context.Context) error { return s.door.drain(ctx) }
