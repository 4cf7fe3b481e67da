package mcpmount

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A frontDoor decides, for each HTTP request, whether it may come in and which
// era of the protocol it speaks. Behind it are the SDK's handlers, all for one
// and the same mcp.Server.
type frontDoor struct {
	server *Server
	guard  guard
	gate   gate

	sessions  http.Handler // 2025-11-25 and older, with a session
	stateless http.Handler // 2026-07-28, and older without a session; answers by SSE
	plain     http.Handler // the same, but answers are JSON
	sse       *sseHandler  // 2024-11-05

	places   *quota        // of sessions, the SSE streams among them
	store    *sessionStore // of d.sessions
	tokenKey any           // of the TokenInfo in a context
}

const (
	versionHeader = "Mcp-Protocol-Version"
	sessionHeader = "Mcp-Session-Id"
)

// firstStateless is the first version of the protocol without sessions.
const firstStateless = "2026-07-28"

func newFrontDoor(s *Server) (*frontDoor, error) {
	g, err := newGuard(&s.opts)
	if err != nil {
		return nil, err
	}
	key := tokenInfoKey()
	if key == nil {
		return nil, errors.New("this version of the MCP SDK has no place for the caller of a message")
	}
	places := &quota{max: s.opts.Limits.MaxSessions}
	return &frontDoor{server: s, guard: g, places: places, store: newSessionStore(places), tokenKey: key}, nil
}

// connect makes the handlers behind the door.
func (d *frontDoor) connect(server *mcp.Server) {
	limits := d.server.opts.Limits
	get := func(*http.Request) *mcp.Server { return server }
	handler := func(o mcp.StreamableHTTPOptions) http.Handler {
		o.DisableLocalhostProtection = true // the guard does it
		o.MaxRequestBodyBytes = -1          // the door has read the body
		o.Logger = quiet(d.server.logger)
		o.PropagateRequestCancellation = true
		return mcp.NewStreamableHTTPHandler(get, &o)
	}
	d.sessions = streaming(handler(mcp.StreamableHTTPOptions{SessionTimeout: limits.SessionIdle, EventStore: d.store}))
	d.stateless = streaming(handler(mcp.StreamableHTTPOptions{Stateless: true}))
	d.plain = handler(mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
	d.sse = newSSEHandler(d, server)
}

// ServeHTTP answers an MCP request; see [Server] for what it takes the path
// for.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Context().Value(insideKey{s}) != nil {
		writeError(w, http.StatusLoopDetected, nil, codeInvalidRequest, "a tool cannot call the MCP server it belongs to")
		return
	}
	s.door.serve(w, r)
}

func (d *frontDoor) serve(w http.ResponseWriter, r *http.Request) {
	if !d.guard.admit(w, r) {
		return
	}
	if d.gate.isClosed() {
		shuttingDown(w)
		return
	}
	if err := d.server.ready(r.Context()); err != nil {
		writeRetry(w, http.StatusServiceUnavailable, 5, nil, "the API's document cannot be read at the moment")
		return
	}
	if isSSE(r.URL.Path) {
		d.serveSSE(w, r)
	} else {
		d.serveEndpoint(w, r)
	}
}

// isSSE reports whether a path is one of HTTP with SSE.
func isSSE(p string) bool {
	last := path.Base(p)
	return last == "sse" || last == "messages"
}

func shuttingDown(w http.ResponseWriter) {
	writeRetry(w, http.StatusServiceUnavailable, 1, nil, "the server is shutting down")
}

func tooManySessions(w http.ResponseWriter, id *tree.Node) {
	writeRetry(w, http.StatusServiceUnavailable, 60, id, "the server has as many sessions as it may")
}

func tooManyMessages(w http.ResponseWriter, id *tree.Node) {
	writeRetry(w, http.StatusTooManyRequests, 1, id, fmt.Sprintf("a session has at most %d messages under way", maxPending))
}

// serveSSE serves HTTP with SSE of 2024-11-05.
func (d *frontDoor) serveSSE(w http.ResponseWriter, r *http.Request) {
	if d.server.opts.Stateless {
		writeError(w, http.StatusNotFound, nil, codeInvalidRequest, "this server keeps no sessions, which HTTP with SSE needs")
		return
	}
	d.sse.ServeHTTP(w, r)
}

func (d *frontDoor) serveEndpoint(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		d.servePOST(w, r)
	case http.MethodGet, http.MethodDelete:
		d.serveSession(w, r)
	default:
		d.methodNotAllowed(w, r)
	}
}

// methodNotAllowed answers as RFC 9110 section 15.5.6 says.
func (d *frontDoor) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	allow := "GET, POST, DELETE"
	if d.server.opts.Stateless {
		allow = "POST"
	}
	w.Header().Set("Allow", allow)
	writeError(w, http.StatusMethodNotAllowed, nil, codeInvalidRequest, r.Method+" without a session is nothing here: this is an MCP endpoint, POST JSON-RPC messages to it")
}

// serveSession serves the stream of a session and its end. A GET that asks for
// an event stream and names neither a session nor a version is a client of
// 2024-11-05.
func (d *frontDoor) serveSession(w http.ResponseWriter, r *http.Request) {
	switch {
	case d.server.opts.Stateless:
		d.methodNotAllowed(w, r)
	case r.Header.Get(sessionHeader) != "":
		d.sessions.ServeHTTP(newReply(w, r, envelope{}), r)
	case r.URL.Query().Has(sseSessionParam),
		r.Method == http.MethodGet && r.Header.Get(versionHeader) == "" && names(r, "text/event-stream"):
		d.sse.ServeHTTP(w, r)
	default:
		d.methodNotAllowed(w, r)
	}
}

func (d *frontDoor) servePOST(w http.ResponseWriter, r *http.Request) {
	if !d.gate.enter() {
		shuttingDown(w)
		return
	}
	leave := sync.OnceFunc(d.gate.leave)
	defer leave()
	if !d.server.opts.Stateless && r.URL.Query().Has(sseSessionParam) {
		d.sse.ServeHTTP(w, r)
		return
	}
	body, ok := d.readBody(w, r)
	if !ok {
		return
	}
	m, err := parseEnvelope(body)
	if err != nil {
		writeError(w, http.StatusBadRequest, m.id, err.code, err.message)
		return
	}
	h, session := d.era(r, m)
	c := caller{request: r, session: session, leave: leave}
	if session {
		if c.ticket, ok = d.enterSession(w, r, m); !ok {
			return
		}
	}
	out := newReply(w, r, m)
	h.ServeHTTP(out, d.inward(r, body, c))
	if out.settled(r) {
		c.ticket.giveAll()
	} else {
		c.ticket.expire()
	}
}

// enterSession takes the places of m in its session, or sees whether there is
// one for a new session. If it reports false, it has answered.
func (d *frontDoor) enterSession(w http.ResponseWriter, r *http.Request, m envelope) (*ticket, bool) {
	id := r.Header.Get(sessionHeader)
	if id == "" {
		full := d.places.full()
		if full {
			tooManySessions(w, m.id)
		}
		return nil, !full
	}
	t, ok := d.store.enter(id, m.requests)
	if !ok {
		tooManyMessages(w, m.id)
	}
	return t, ok
}

// readBody checks the type of the body and reads it within the limit. The type
// is required: a page in a browser cannot send application/json to another
// origin unasked.
func (d *frontDoor) readBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		writeError(w, http.StatusUnsupportedMediaType, nil, codeInvalidRequest, "Content-Type must be application/json")
		return nil, false
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		writeError(w, http.StatusUnsupportedMediaType, nil, codeInvalidRequest, "the body must not be compressed")
		return nil, false
	}
	limit := d.server.opts.Limits.MaxRequestBytes
	if r.ContentLength > limit {
		d.tooLarge(w, limit)
		return nil, false
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	switch {
	case err != nil:
		writeError(w, http.StatusBadRequest, nil, codeParse, "the body could not be read")
	case int64(len(body)) > limit:
		d.tooLarge(w, limit)
	default:
		return body, true
	}
	return nil, false
}

func (d *frontDoor) tooLarge(w http.ResponseWriter, limit int64) {
	w.Header().Set("Connection", "close")
	writeError(w, http.StatusRequestEntityTooLarge, nil, codeInvalidRequest, fmt.Sprintf("a message has at most %d bytes", limit))
}

// era returns the handler for a POST with the messages m, and whether it
// belongs to a session. Clients send Mcp-Method in older eras too, so that it
// decides nothing.
func (d *frontDoor) era(r *http.Request, m envelope) (h http.Handler, session bool) {
	switch {
	case isModern(r) || d.server.opts.Stateless:
		return d.statelessFor(r, m), false
	case r.Header.Get(sessionHeader) != "", m.method == "initialize":
		return d.sessions, true
	default:
		return d.statelessFor(r, m), false
	}
}

// isModern reports whether r is of a version without sessions.
func isModern(r *http.Request) bool { return r.Header.Get(versionHeader) >= firstStateless }

// statelessFor returns the handler that answers with SSE if the caller wants to
// hear of progress, or calls a hand-written tool, which may have something to
// say meanwhile; else the one that answers with JSON.
func (d *frontDoor) statelessFor(r *http.Request, m envelope) http.Handler {
	streams := m.progress || m.batch || m.method == "tools/call" && d.server.handWritten(m.name)
	if streams && accepts(r, "text/event-stream") || !accepts(r, "application/json") {
		return d.stateless
	}
	return d.plain
}

// inward returns r as the SDK gets it: with the body that was read, with an
// Accept header that it takes, and with the caller.
func (d *frontDoor) inward(r *http.Request, body []byte, c caller) *http.Request {
	in := r.WithContext(context.WithValue(withCaller(r.Context(), caller{request: r}), d.tokenKey, c.tokenInfo()))
	in.Header = r.Header.Clone()
	in.Header.Set("Accept", "application/json, text/event-stream")
	in.Body = io.NopCloser(bytes.NewReader(body))
	in.ContentLength = int64(len(body))
	return in
}

// attachCaller is the outermost middleware: it puts the caller of a message
// into its context, and keeps a panic in a tool from ending the process.
func (d *frontDoor) attachCaller(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (res mcp.Result, err error) {
		defer func() {
			if p := recover(); p != nil {
				d.server.logger.ErrorContext(ctx, "panic", "method", method, "panic", p, "stack", string(debug.Stack()))
				res, err = nil, errInternal
			}
		}()
		c, err := d.callerOf(ctx, req)
		if err != nil {
			d.server.logger.ErrorContext(ctx, "refused", "method", method, "error", err)
			return nil, errInternal
		}
		defer c.ticket.give(1)
		if method == "subscriptions/listen" && c.leave != nil {
			c.leave() // it lasts until its session is closed, which waits for those inside
		}
		return next(d.withCaller(ctx, c), method, req)
	}
}

// callerOf returns the caller of a message. A message without one is refused:
// within a session, ctx is that of somebody else's request.
func (d *frontDoor) callerOf(ctx context.Context, req mcp.Request) (caller, error) {
	if c, ok := takeCaller(req.GetExtra()); ok {
		return c, nil
	}
	if c := callerFrom(ctx); c.local {
		return c, nil
	}
	return caller{}, errors.New("a message came neither by HTTP nor through Run")
}

// withCaller returns ctx with c, and with what the app knows of the token of c.
func (d *frontDoor) withCaller(ctx context.Context, c caller) context.Context {
	ctx = withCaller(ctx, c)
	if c.request == nil {
		return ctx
	}
	return context.WithValue(ctx, d.tokenKey, auth.TokenInfoFromContext(c.request.Context()))
}

// names reports whether the caller of r asks for a media type by its name.
func names(r *http.Request, mediaType string) bool {
	return strings.Contains(strings.ToLower(strings.Join(r.Header.Values("Accept"), ",")), mediaType)
}

// accepts reports whether the caller of r takes a media type. Someone who does
// not say takes JSON.
func accepts(r *http.Request, mediaType string) bool {
	values := r.Header.Values("Accept")
	if len(values) == 0 {
		return mediaType == "application/json"
	}
	kind, _, _ := strings.Cut(mediaType, "/")
	for _, value := range values {
		for item := range strings.SplitSeq(value, ",") {
			t, _, _ := strings.Cut(item, ";")
			switch strings.ToLower(strings.TrimSpace(t)) {
			case mediaType, kind + "/*", "*/*":
				return true
			}
		}
	}
	return false
}

// drain refuses further messages, waits for those under way, and closes all
// sessions. When ctx ends, it waits no longer.
func (d *frontDoor) drain(ctx context.Context) error {
	err := d.gate.close(ctx)
	d.sse.close()
	var closing sync.WaitGroup
	for session := range d.server.mcp.Sessions() {
		closing.Go(func() { _ = session.Close() }) // which waits for its calls
	}
	closed := make(chan struct{})
	go func() {
		closing.Wait()
		close(closed)
	}()
	select {
	case <-closed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
