package mcpmount

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

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

	// Each POST belongs to one of these: see handlerFor.
	sessions  http.Handler // 2025-11-25 and older, with a session
	streaming http.Handler // 2026-07-28, and older without a session; answers by SSE
	plain     http.Handler // the same, but answers are JSON

	sse     *sseHandler // 2024-11-05
	fast    *fastPath   // what is answered without them; nil for nothing
	buffers bufferPool

	table    *sessionTable // of d.sessions and d.sse
	events   *eventStore   // of d.sessions
	versions []string      // of the protocol, the newest first
	tokenKey any           // of the TokenInfo in a context

	authorizer *authorizer // nil: anybody may call
	limiter    limiter
	salt       [16]byte // for what stands for credentials

	calls callList // of d.fast

	wrapped notice // there are no streams
	large   notice // a message was too large

	stopped context.Context // ends when Shutdown waits no longer for calls
	stop    context.CancelFunc
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
	a, err := newAuthorizer(&s.opts, key, s.logger)
	if err != nil {
		return nil, err
	}
	d := &frontDoor{
		server: s, guard: g, table: newSessionTable(s.opts.Limits), tokenKey: key, authorizer: a, limiter: limiter{limits: s.opts.Limits},
		wrapped: notice{logger: s.logger, text: wrappedText}, large: notice{logger: s.logger, text: "message refused for its size; if clients are to send more, such as files, raise the limit"},
	}
	rand.Read(d.salt[:]) // does not fail
	d.stopped, d.stop = context.WithCancel(context.Background())
	return d, nil
}

// connect makes the handlers behind the door.
func (d *frontDoor) connect(server *mcp.Server) {
	get := func(*http.Request) *mcp.Server { return server }
	handler := func(o mcp.StreamableHTTPOptions) http.Handler {
		o.DisableLocalhostProtection = true // the guard does it
		o.MaxRequestBodyBytes = -1          // the door has read the body
		o.Logger = quiet(d.server.logger)
		o.PropagateRequestCancellation = true
		return mcp.NewStreamableHTTPHandler(get, &o)
	}
	d.events = newEventStore(d.table)
	d.sessions = handler(mcp.StreamableHTTPOptions{EventStore: d.events})
	d.streaming = handler(mcp.StreamableHTTPOptions{Stateless: true})
	d.plain = handler(mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
	d.sse = newSSEHandler(d, server)
}

// ServeHTTP answers an MCP request; see [Server] for what it takes the path
// for.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Context().Value(insideKey{s}) != nil {
		writeError(w, http.StatusLoopDetected, nil, codeInvalidRequest, "a tool cannot call the MCP server it belongs to: the operator can leave out its operation (Select)")
		return
	}
	s.door.serve(w, r)
}

func (d *frontDoor) serve(w http.ResponseWriter, r *http.Request) {
	if isMetadata(r.URL.Path) {
		d.server.Metadata().ServeHTTP(w, r)
		return
	}
	head := readLetterhead(r.Header)
	if !d.guard.admit(w, r, &head) {
		return
	}
	r, ok := d.authorizer.authenticate(w, r)
	if !ok {
		return
	}
	if d.gate.isClosed() {
		shuttingDown(w)
		return
	}
	if err := d.server.ready(r.Context()); err != nil {
		writeRetry(w, http.StatusServiceUnavailable, 5, nil, "the API's document cannot be read at the moment: try again; the operator finds the reason in the log")
		return
	}
	if isSSE(r.URL.Path) {
		d.serveSSE(w, r)
	} else {
		d.serveEndpoint(w, r, &head)
	}
}

// isSSE reports whether a path is one of HTTP with SSE.
func isSSE(p string) bool {
	last := path.Base(p)
	return last == "sse" || last == "messages"
}

func shuttingDown(w http.ResponseWriter) {
	writeRetry(w, http.StatusServiceUnavailable, 1, nil, "the server is shutting down: try again")
}

func tooManySessions(w http.ResponseWriter, id *tree.Node) {
	writeRetry(w, http.StatusServiceUnavailable, 60, id, "the server has as many sessions as it may: end one that is not needed with DELETE, or try again in a minute; the operator can allow more (Limits.MaxSessions)")
}

// noSession answers alike whether there is no such session or it is another
// principal's.
func noSession(w http.ResponseWriter, id *tree.Node) {
	writeError(w, http.StatusNotFound, id, codeInvalidRequest, "no such session: it has ended, or never was; initialize a new one")
}

func tooManyMessages(w http.ResponseWriter, id *tree.Node) {
	writeRetry(w, http.StatusTooManyRequests, 1, id, fmt.Sprintf("a session has at most %d messages under way: send more when some are answered", maxPending))
}

// serveSSE serves HTTP with SSE of 2024-11-05.
func (d *frontDoor) serveSSE(w http.ResponseWriter, r *http.Request) {
	if d.server.opts.Stateless {
		writeError(w, http.StatusNotFound, nil, codeInvalidRequest, "this server keeps no sessions, which HTTP with SSE needs: POST JSON-RPC messages to its MCP endpoint")
		return
	}
	d.sse.ServeHTTP(w, r)
}

func (d *frontDoor) serveEndpoint(w http.ResponseWriter, r *http.Request, head *letterhead) {
	switch r.Method {
	case http.MethodPost:
		d.servePOST(w, r, head)
	case http.MethodGet, http.MethodDelete:
		d.serveSession(w, r, head)
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
func (d *frontDoor) serveSession(w http.ResponseWriter, r *http.Request, head *letterhead) {
	switch {
	case d.server.opts.Stateless:
		d.methodNotAllowed(w, r)
	case head.session != "":
		d.serveStream(w, r, head)
	case hasSSESession(r),
		r.Method == http.MethodGet && head.version == "" && names(r, "text/event-stream"):
		d.sse.ServeHTTP(w, r)
	default:
		d.methodNotAllowed(w, r)
	}
}

// serveStream serves a GET or a DELETE of the session that head names.
func (d *frontDoor) serveStream(w http.ResponseWriter, r *http.Request, head *letterhead) {
	if !d.knows(w, head.version, nil) {
		return
	}
	s, _ := d.table.enter(head.session, d.principalOf(r), 0)
	if s == nil {
		noSession(w, nil)
		return
	}
	defer s.leave()
	if r.Method == http.MethodGet && r.Header.Get("Last-Event-Id") == "" && !d.streams(w) {
		w.Header().Set("Allow", "POST, DELETE") // clients then do without (MCP 2025-11-25, basic/transports)
		noStream(w, http.StatusMethodNotAllowed, nil)
		return
	}
	c := caller{request: r}
	if r.Method == http.MethodDelete {
		s.end() // the SDK waits for its calls
	}
	if r.Method == http.MethodGet {
		valid, expire := whileValid(r)
		defer expire()
		var cancel func()
		r, c.stream, cancel = d.stream(w, valid)
		defer cancel()
		c.stream.keepAlive(d.server.opts.KeepAlive, false)
		w = c.stream
		awaitAnswer(r, s, c.stream)
	}
	d.sessions.ServeHTTP(newReply(w, r, envelope{}), d.inward(r, nil, c))
}

// stream returns a writer for what may become a stream of events, and r as long
// as somebody reads it. Both end with the function it returns.
func (d *frontDoor) stream(w http.ResponseWriter, r *http.Request) (*http.Request, *streamWriter, func()) {
	d.streams(w)
	ctx, cancel := context.WithCancel(r.Context())
	out := newStreamWriter(w, cancel)
	return r.WithContext(ctx), out, func() {
		out.end()
		cancel()
	}
}

// knows reports whether the server speaks a version. If not, it has
// answered (MCP 2026-07-28, basic/versioning).
func (d *frontDoor) knows(w http.ResponseWriter, version string, id *tree.Node) bool {
	if version == "" || slices.Contains(d.versions, version) {
		return true
	}
	data, _ := json.Marshal(mcp.UnsupportedProtocolVersionData{Supported: d.versions, Requested: version})
	writeErrorData(w, http.StatusBadRequest, id, mcp.CodeUnsupportedProtocolVersion,
		versionHeader+" names a version of the protocol that is not spoken here; these are: "+strings.Join(d.versions, ", "), data)
	return false
}

// isModern reports whether r is of a version without sessions.
func isModern(r *http.Request) bool { return firstField(r.Header, versionHeader) >= firstStateless }
