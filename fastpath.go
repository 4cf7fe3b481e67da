package mcpmount

import (
	"context"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A fastPath answers what agents do all day without a session of the SDK: calls
// of bridged tools, bridged resources, lists, and what comes before them. A message
// that is unusual in any way is left to the SDK, and so is all the rest. It is safe
// for concurrent use.
type fastPath struct {
	server  *Server
	answers *answerer
	lists   listings

	// handle makes a call. It goes through the same middleware as in the SDK:
	// Server.observe, restrain and authorize.
	handle mcp.MethodHandler

	// known says that nobody changed the options of the SDK's server, so that its
	// lists depend on the tool set and the caller's scopes alone.
	known bool

	// greets says that initialize is answered here: no client gets a session.
	greets bool

	rooms sync.Pool // of *callRoom
}

// newFastPath returns the fast path of s, nil if there is none.
func newFastPath(s *Server, info *mcp.Implementation) (*fastPath, error) {
	if !hasFastPath || s.opts.NoFastPath || len(s.opts.Middleware) > 0 {
		return nil, nil
	}
	answers, err := newAnswerer(&s.door.buffers, info)
	if err != nil {
		return nil, err
	}
	f := &fastPath{server: s, answers: answers, known: s.opts.Server == nil}
	f.greets = f.known && s.opts.Stateless
	f.handle = s.observe(s.restrain(s.authorize(f.answer)))
	return f, nil
}

// serve answers the message m of c, which body holds, in the place of the SDK's handler h.
// It reports whether it did; then body no longer holds the message.
func (f *fastPath) serve(w http.ResponseWriter, r *http.Request, head *letterhead, m *envelope, body *buffer, c *caller, h http.Handler) bool {
	if f == nil || body.bytes[0] == '\xef' || !f.standsFor(h, head, c) || !f.takes(r, head, m) {
		return false
	}
	of := head.era()
	if c.session == nil {
		c.gone = f.server.goneFor(r.Context(), of == modern)
	}
	if c.session != nil {
		defer c.session.messages.give(1)
	}
	switch {
	case m.method == "ping":
		f.answers.list(w, m.id, []byte(`{}`))
		return true
	case m.method == initialized:
		w.WriteHeader(http.StatusAccepted)
		return true
	case !isCall(m.method):
		return f.serveList(w, r, of, m, body.bytes)
	case c.session != nil:
		return f.serveInSession(w, r, m, body, c)
	}
	ctx := f.context(r, m, c)
	f.addSubstitute(ctx, w, of, m)
	code := f.call(ctx, of, m, body)
	if ctx.call.substitute.claim() {
		writeAnswer(w, of.status(code), body.bytes)
	}
	return true
}

// standsFor reports whether messages for the SDK's handler h are answered here, if takes
// agrees: those with a plain answer, and those within a session whose client takes JSON and
// has not sent anything odd there.
func (f *fastPath) standsFor(h http.Handler, head *letterhead, c *caller) bool {
	switch h {
	case f.server.door.plain:
		return true
	case f.server.door.sessions:
		return c.opens == nil && !c.session.odd.Load() && head.accepts("application/json")
	}
	return false
}

// takes reports whether a message is one to answer here. A call that the caller lacks
// scopes for is not: the SDK answers it as it answers a call of a tool that does not exist.
func (f *fastPath) takes(r *http.Request, head *letterhead, m *envelope) bool {
	of := head.era()
	if m.batch || (m.calls == 1) == (m.method == initialized) || m.hears || head.resumes {
		return false
	}
	if of == modern && head.method != m.method {
		return false
	}
	if m.params != nil && !m.params.Is(tree.Object) || !plainMeta(m.meta, of, head.version) {
		return false
	}
	switch m.method {
	case "tools/call":
		t := m.tool
		return t != nil && f.server.door.authorizer.grants(r.Context(), t.scopes) && !t.mirrors && head.names(m, "name") && hasOnly(m.params, "name", "arguments") &&
			levelsLeft(m.arguments, maxArgumentsDepth) >= 0
	case "resources/read":
		return f.known && head.names(m, "uri") && hasOnly(m.params, "uri") && f.bridges(r, m.params.Get("uri").Text)
	case "tools/list", "resources/list", "resources/templates/list":
		return f.known && hasOnly(m.params)
	case "server/discover":
		return f.known && of == modern && hasOnly(m.params)
	case "ping":
		return of == legacy && hasOnly(m.params)
	case "initialize":
		return f.greets && of == legacy && f.opening(m) != "" && isGreeting(m.params)
	case initialized:
		return f.greets && of == legacy && hasOnly(m.params)
	}
	return false
}

// names reports whether the params of m have a string under key, which the header repeats
// where the version of the protocol wants that.
func (h *letterhead) names(m *envelope, key string) bool {
	name := m.params.Get(key)
	return name.Is(tree.String) && (h.era() == legacy || h.name == name.Text)
}

// hasOnly reports whether n, which may be nil, has no members but "_meta" and those with
// the given keys.
func hasOnly(n *tree.Node, keys ...string) bool {
	if n == nil {
		return true
	}
	for _, m := range n.Members {
		if m.Key != "_meta" && !slices.Contains(keys, m.Key) {
			return false
		}
	}
	return true
}

// levelsLeft returns most without the levels of arrays and objects that n has. It is
// negative if n has more than most, or a number that is out of range.
func levelsLeft(n *tree.Node, most int) int {
	if n.Is(tree.Number) && !isFloat(n.Text) {
		return -1
	}
	if n == nil || n.Kind != tree.Array && n.Kind != tree.Object {
		return most
	}
	left := most - 1
	for i := 0; i < len(n.Items) && left >= 0; i++ {
		left = min(left, levelsLeft(n.Items[i], most-1))
	}
	for i := 0; i < len(n.Members) && left >= 0; i++ {
		left = min(left, levelsLeft(n.Members[i].Value, most-1))
	}
	return left
}

// isFloat reports whether a number is within the range of a float64: the SDK refuses
// messages with others in some versions of the protocol.
func isFloat(number string) bool {
	if len(number) < 300 && strings.IndexByte(number, 'e') < 0 && strings.IndexByte(number, 'E') < 0 {
		return true
	}
	_, err := strconv.ParseFloat(number, 64)
	return err == nil
}

// bridges reports whether uri can only be that of a bridged resource, and the caller may
// read it.
func (f *fastPath) bridges(r *http.Request, uri string) bool {
	if len(uri) > maxURI {
		return false
	}
	s := f.server
	s.lists.RLock()
	extended := len(s.extended) > 0
	s.lists.RUnlock()
	found, _ := s.resource(uri)
	return found != nil && !extended && s.door.authorizer.grants(r.Context(), found.tool.scopes)
}

// call makes the call in body, and replaces it there by the answer. If the answer is an
// error, it returns the error's code, else 0.
func (f *fastPath) call(ctx *messageContext, of era, m *envelope, body *buffer) (code int64) {
	room := ctx.call.room
	res, err := f.run(ctx, room, m, body.bytes)
	defer f.vacate(room)
	if err != nil {
		return f.answers.error(body, m.id, err)
	}
	f.answers.result(body, m.id, answerSize(res), func(dst []byte) []byte {
		switch res := res.(type) {
		case *mcp.CallToolResult:
			return f.answers.callResult(dst, of, res)
		case *mcp.ReadResourceResult:
			return f.answers.readResult(dst, of, res)
		}
		return append(dst, `{}`...)
	})
	return 0
}

// context returns the context in which the message m of c is handled.
func (f *fastPath) context(r *http.Request, m *envelope, c *caller) *messageContext {
	ctx := &messageContext{caller: *c}
	ctx.caller.trace = metaTrace(m.meta).kept()
	ctx.call.arguments, ctx.call.room = m.arguments, f.room()
	if c.gone == nil {
		ctx.caller.gone = context.WithoutCancel(r.Context())
	}
	return ctx
}

// A callRoom has the values that a call and its answer need and that nobody keeps, so that
// the next call can use them again. Code of the app never gets to see them.
type callRoom struct {
	request  mcp.CallToolRequest
	params   mcp.CallToolParamsRaw
	response http.Response
	result   resultRoom
	text     textRoom
	fields   [maxFields]field // of the header of the response
}

// room returns a room, which must be vacated.
func (f *fastPath) room() *callRoom {
	room, ok := f.rooms.Get().(*callRoom)
	if !ok {
		room = new(callRoom)
	}
	room.result.text, room.result.body.buffers = &room.text, &f.server.door.buffers
	return room
}

// vacate gives a room back for another call, when the answer is in its buffer.
func (f *fastPath) vacate(room *callRoom) {
	room.result.body.giveBack()
	*room = callRoom{}
	f.rooms.Put(room)
}

// run handles a call. A panic is contained as in the SDK. The result may be in the room.
func (f *fastPath) run(ctx *messageContext, room *callRoom, m *envelope, body []byte) (res mcp.Result, err error) {
	defer f.server.door.contain(ctx, m.method, &res, &err)
	if m.method == "resources/read" {
		return f.handle(ctx, m.method, &mcp.ReadResourceRequest{Params: &mcp.ReadResourceParams{URI: m.params.Get("uri").Text}})
	}
	room.params.Name = m.name
	if f.server.opts.Observe != nil || f.server.opts.Trace != nil {
		room.params.Arguments = memberText(body, m.argumentsAt()...) // to be counted
	}
	room.request.Params = &room.params
	return f.handle(ctx, m.method, &room.request)
}

// contain, deferred, turns a panic into an internal error, and logs it.
func (d *frontDoor) contain(ctx context.Context, method string, res *mcp.Result, err *error) {
	if p := recover(); p != nil {
		d.server.logger.ErrorContext(ctx, "panic", "method", method, "panic", p, "stack", string(debug.Stack()))
		*res, *err = nil, errInternal
	}
}

// answer answers a call that has passed the middleware, in the place of the SDK.
func (f *fastPath) answer(ctx context.Context, _ string, req mcp.Request) (mcp.Result, error) {
	switch req := req.(type) {
	case *mcp.CallToolRequest:
		return f.server.callNamed(ctx, req.Params.Name, req)
	case *mcp.ReadResourceRequest:
		return f.server.readFound(ctx, req)
	}
	return nil, errInternal
}

// A messageContext is the context of a message that the SDK does not handle. It
// ends when nobody will take the answer; its values are those of the HTTP request.
type messageContext struct {
	caller caller
	call   apiCall // here for the sake of one allocation; of a tools/call, it has the arguments already
}

type messageKey struct{}

// Deadline is part of [context.Context].
func (m *messageContext) Deadline() (time.Time, bool) { return m.caller.gone.Deadline() }

// Done is part of [context.Context].
func (m *messageContext) Done() <-chan struct{} { return m.caller.gone.Done() }

// Err is part of [context.Context].
func (m *messageContext) Err() error { return m.caller.gone.Err() }

// Value is part of [context.Context].
func (m *messageContext) Value(key any) any {
	switch key.(type) {
	case callerKey:
		return &m.caller
	case messageKey:
		return m
	case callNoteKey: // who observes a call has a context of their own
		return nil
	}
	value := m.caller.gone.Value(key)
	if value == nil && m.caller.session != nil { // whose end this is, and not that of the request
		value = m.caller.request.Context().Value(key)
	}
	return value
}
