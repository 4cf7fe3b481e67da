package mcpmount

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"path"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// sseSessionParam is the query parameter that names the session of a message.
const sseSessionParam = "sessionid"

// An sseHandler serves HTTP with SSE, the transport of 2024-11-05: a GET opens
// a stream, whose first event says where to POST messages; answers come on the
// stream. The SDK's own handler does not say which request a message came with,
// and answers a POST without a session in a way that clients do not fall back
// from.
type sseHandler struct {
	door   *frontDoor
	server *mcp.Server

	mu       sync.Mutex
	sessions map[string]*sseSession
	closed   bool
}

func newSSEHandler(d *frontDoor, server *mcp.Server) *sseHandler {
	return &sseHandler{door: d, server: server, sessions: map[string]*sseSession{}}
}

func (h *sseHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodGet && !r.URL.Query().Has(sseSessionParam):
		h.serveStream(w, r)
	case r.Method == http.MethodPost && r.URL.Query().Has(sseSessionParam):
		h.serveMessage(w, r)
	default:
		// A client that does not know which transport this is POSTs first, and
		// takes 405 for "the older one".
		w.Header().Set("Allow", "GET")
		writeError(w, http.StatusMethodNotAllowed, nil, codeInvalidRequest, "open a stream with GET, then POST to the endpoint it names")
	}
}

// serveStream opens a session that lives as long as the request.
func (h *sseHandler) serveStream(w http.ResponseWriter, r *http.Request) {
	if !h.door.streams(w) {
		noStream(w, http.StatusNotImplemented, nil)
		return
	}
	place := h.door.table.open(h.door.principalOf(r))
	if place == nil {
		tooManySessions(w, nil)
		return
	}
	defer place.leave()
	id := rand.Text()
	session := newSSESession(&h.door.gate, place.of)
	if !h.add(id, session) {
		shuttingDown(w)
		return
	}
	defer session.abandon()
	defer h.remove(id)
	r, out, end := h.door.stream(w, r)
	defer end()
	out.Header().Set("Content-Type", "text/event-stream")
	out.Header().Set("Cache-Control", "no-cache, no-transform")
	if writeEvent(out, "endpoint", []byte(endpointFor(r, id))) != nil {
		return
	}
	out.keepAlive(h.door.server.opts.KeepAlive, false)
	connected, err := h.server.Connect(context.Background(), session, nil) // of whom a message comes, it says itself
	if err != nil {
		h.door.server.logger.ErrorContext(r.Context(), "open an SSE session", "error", err)
		return
	}
	defer connected.Close()
	defer func() { _ = session.Close() }() // frees those who wait to write, for whom the SDK waits
	session.deliver(r.Context(), out)
}

func (h *sseHandler) add(id string, session *sseSession) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.sessions[id] = session
	return true
}

func (h *sseHandler) remove(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sessions, id)
}

// hasSSESession reports whether r names a session of HTTP with SSE.
func hasSSESession(r *http.Request) bool {
	return r.URL.RawQuery != "" && r.URL.Query().Has(sseSessionParam)
}

// endpointFor returns the relative URL for messages, which is right under any
// prefix that a router stripped: "messages?…" beside ".../sse", and "?…", the
// same path, elsewhere.
func endpointFor(r *http.Request, id string) string {
	query := "?" + sseSessionParam + "=" + id
	if path.Base(r.URL.Path) == "sse" {
		return "messages" + query
	}
	return query
}

func (h *sseHandler) serveMessage(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	session := h.sessions[r.URL.Query().Get(sseSessionParam)]
	h.mu.Unlock()
	if session == nil || session.of != h.door.principalOf(r) {
		noSession(w, nil)
		return
	}
	head := readLetterhead(r.Header)
	body, ok := h.door.readBody(w, r, &head)
	if !ok {
		return
	}
	m, envErr := parseEnvelope(&body.parser, body.bytes)
	if envErr != nil {
		writeError(w, http.StatusBadRequest, m.id, envErr.code, envErr.message)
		return
	}
	if m.method == "tools/call" {
		m.tool = h.door.server.tool(m.name)
	}
	if h.door.challenged(w, r, &m) {
		return
	}
	msg, err := jsonrpc.DecodeMessage(body.bytes)
	if err != nil {
		writeError(w, http.StatusBadRequest, m.id, codeInvalidRequest, "not a JSON-RPC message")
		return
	}
	switch err := session.accept(r, msg); {
	case err == nil:
		w.WriteHeader(http.StatusAccepted)
	case errors.Is(err, errPending):
		tooManyMessages(w, m.id)
	case errors.Is(err, errClosing):
		shuttingDown(w)
	case errors.Is(err, errEnded):
		writeError(w, http.StatusNotFound, m.id, codeInvalidRequest, err.Error())
	default:
		writeError(w, http.StatusBadRequest, m.id, codeInvalidRequest, err.Error())
	}
}

// close ends all sessions, and lets no more begin.
func (h *sseHandler) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, session := range h.sessions {
		_ = session.Close()
	}
}
