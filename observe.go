package mcpmount

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A Call is what [Options.Observe] gets to know of a call that is over, and
// [Options.Trace] of one that begins. It holds no value that a caller sent, and no credential.
type Call struct {
	// Method is "tools/call" or "resources/read".
	Method string

	// Name is that of the tool, as the caller wrote it if there is none of that
	// name; of a resource, the URI or the URI template that it is listed with, ""
	// if it is not listed.
	Name string

	// Operation is the method and the path of the operation that is called, as the
	// document has them: "GET /orders/{id}". It is "" for what is hand-written, and where
	// there is no such tool or resource.
	Operation string

	// Principal is who called: what Options.Principal says, or the UserID of the
	// auth.TokenInfo of the SDK, at most 256 bytes of it; "local" on stdio. Of callers who
	// only have credentials that the server does not know, it is a name that is
	// the same for as long as the server runs; "" if there are none either.
	Principal string

	// Status says how the call ended, and Reason why, if it did not end well
	// and that is known.
	Status CallStatus
	Reason CallReason

	// HTTPStatus is that of the response of the API, 0 if there was none.
	HTTPStatus int

	// Duration is the time from the message to its result.
	Duration time.Duration

	// ArgumentBytes and ResultBytes count the JSON of the arguments or the URI,
	// and the text, images and audio of the result.
	ArgumentBytes, ResultBytes int
}

// CallStatus says how a call ended.
type CallStatus string

// How calls end.
const (
	CallOK      CallStatus = "ok"
	CallError   CallStatus = "error"   // the result, or the answer, is an error
	CallRefused CallStatus = "refused" // nothing was sent to the API
)

// CallReason says why a call did not end well.
type CallReason string

// Why calls are refused, and why they fail.
const (
	ReasonUnknown     CallReason = "unknown"     // refused: there is no such tool or resource
	ReasonScope       CallReason = "scope"       // refused: the caller lacks a scope
	ReasonLimit       CallReason = "limit"       // refused: too many calls
	ReasonArguments   CallReason = "arguments"   // refused: the arguments are wrong
	ReasonCredential  CallReason = "credential"  // refused: a credential for the API is missing
	ReasonUnavailable CallReason = "unavailable" // refused: the API cannot take it now, see UnavailableError

	ReasonCanceled  CallReason = "canceled"  // error: the caller canceled it, or left
	ReasonTimeout   CallReason = "timeout"   // error: the API took too long
	ReasonTransport CallReason = "transport" // error: the API could not be reached
	ReasonPanic     CallReason = "panic"     // error: a handler did not return
)

// LogValue implements [slog.LogValuer]: a group of what is known of c.
func (c Call) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("method", c.Method), slog.String("name", c.Name), slog.String("principal", c.Principal),
		slog.String("status", string(c.Status)),
	}
	if c.Reason != "" {
		attrs = append(attrs, slog.String("reason", string(c.Reason)))
	}
	if c.HTTPStatus != 0 {
		attrs = append(attrs, slog.Int("http_status", c.HTTPStatus))
	}
	return slog.GroupValue(append(attrs, slog.Duration("duration", c.Duration),
		slog.Int("argument_bytes", c.ArgumentBytes), slog.Int("result_bytes", c.ResultBytes))...)
}

// A callNote is what is found out about a call while it is handled.
type callNote struct {
	traced context.Context // what Options.Trace returned for the request to the API; nil if the call's own context is that

	mu         sync.Mutex
	status     CallStatus // "" for what its answer says
	reason     CallReason
	httpStatus int
}

type callNoteKey struct{}

// remark lets f change the note of the call in ctx, if somebody observes it.
func remark(ctx context.Context, f func(*callNote)) {
	if n, ok := ctx.Value(callNoteKey{}).(*callNote); ok {
		n.mu.Lock()
		defer n.mu.Unlock()
		f(n)
	}
}

func noteRefusal(ctx context.Context, reason CallReason) {
	remark(ctx, func(n *callNote) { n.status, n.reason = CallRefused, reason })
}

func noteFailure(ctx context.Context, reason CallReason) {
	remark(ctx, func(n *callNote) { n.status, n.reason = CallError, reason })
}

func noteStatus(ctx context.Context, status int) {
	remark(ctx, func(n *callNote) { n.httpStatus = status })
}

// observe is the middleware that tells Options.Trace and Options.Observe of calls.
func (s *Server) observe(next mcp.MethodHandler) mcp.MethodHandler {
	if s.opts.Observe == nil && s.opts.Trace == nil {
		return next
	}
	return func(ctx context.Context, method string, req mcp.Request) (res mcp.Result, err error) {
		if !isCall(method) {
			return next(ctx, method, req)
		}
		call, known := s.describe(req)
		call.Method = method
		call.Principal = s.door.callingPrincipal(callerFrom(ctx)).printable(s.door.salt[:])
		found := &callNote{}
		returned := false
		start := time.Now()
		ctx, observed := s.trace(ctx, call, known, found)
		defer func() {
			call.Duration = time.Since(start)
			call.Status, call.ResultBytes = outcome(res, err)
			switch {
			case !returned:
				call.Status, call.Reason = CallError, ReasonPanic
			case err != nil && !known:
				call.Status, call.Reason = CallRefused, ReasonUnknown
			}
			found.complete(&call)
			if s.opts.Observe != nil {
				s.opts.Observe(observed, call)
			}
		}()
		res, err = next(context.WithValue(ctx, callNoteKey{}, found), method, req)
		returned = true
		return res, err
	}
}

// trace calls Options.Trace, if there is one, and returns the context in which a call goes on, and
// the one that Observe gets. Where the SDK handles the call of an operation, what Trace returned is
// kept in found for the request to the API: the values of the SDK's context are none of
// its business.
func (s *Server) trace(ctx context.Context, call Call, known bool, found *callNote) (next, observed context.Context) {
	if s.opts.Trace == nil {
		return ctx, ctx
	}
	if !known {
		call.Status, call.Reason = CallRefused, ReasonUnknown
	}
	if _, ours := ctx.Value(messageKey{}).(*messageContext); ours || call.Operation == "" {
		ctx = s.opts.Trace(ctx, call)
		return ctx, ctx
	}
	c := callerFrom(ctx)
	found.traced = s.opts.Trace(withCaller(c.values(), *c), call)
	return ctx, found.traced
}

// complete adds to c what was found out about the call.
func (n *callNote) complete(c *Call) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.status != "" {
		c.Status, c.Reason = n.status, n.reason
	}
	c.HTTPStatus = n.httpStatus
}

// maxToolName bounds the name of a tool that there is not: legal ones have 128
// bytes at most (MCP 2025-11-25, server/tools, "Tool Names").
const maxToolName = 128

// describe returns what a message says of a call, and whether there is what it
// calls.
func (s *Server) describe(req mcp.Request) (c Call, known bool) {
	switch req := req.(type) {
	case *mcp.CallToolRequest:
		name := req.Params.Name
		c.Name, c.ArgumentBytes = clip(name, maxToolName), len(req.Params.Arguments)
		if t := s.tool(name); t != nil {
			c.Name, c.Operation = t.op.Name, t.operation() // who keeps the name need not keep the message
			return c, true
		}
		return c, s.handWritten(name) || s.set.Load().deferred().standIn(name) != nil
	case *mcp.ReadResourceRequest:
		uri := req.Params.URI
		c.ArgumentBytes = len(uri)
		if len(uri) > maxURI {
			return c, false
		}
		if s.handWritten(uri) {
			c.Name = uri
			return c, true
		}
		if r, _ := s.resource(uri); r != nil {
			c.Name, c.Operation = r.uri(), r.tool.operation()
			return c, true
		}
	}
	return c, false
}

// outcome returns what an answer says of its call.
func outcome(res mcp.Result, err error) (status CallStatus, size int) {
	if err != nil {
		return CallError, 0
	}
	status = CallOK
	switch res := res.(type) {
	case *mcp.CallToolResult:
		if res.IsError {
			status = CallError
		}
		for _, c := range res.Content {
			size += contentSize(c)
		}
	case *mcp.ReadResourceResult:
		for _, c := range res.Contents {
			size += len(c.Text) + len(c.Blob)
		}
	}
	return status, size
}

func contentSize(c mcp.Content) int {
	switch c := c.(type) {
	case *mcp.TextContent:
		return len(c.Text)
	case *jsonBytes:
		return len(c.json)
	case *mcp.ImageContent:
		return len(c.Data)
	case *mcp.AudioContent:
		return len(c.Data)
	case *mcp.EmbeddedResource:
		if c.Resource != nil {
			return len(c.Resource.Text) + len(c.Resource.Blob)
		}
	}
	return 0
}

// observeChallenge tells Options.Trace and Options.Observe of the message m, a call of t that was
// answered with a challenge.
func (d *frontDoor) observeChallenge(r *http.Request, t *tool, m *envelope) {
	opts := &d.server.opts
	c := caller{request: r, trace: metaTrace(m.meta).kept()}
	ctx := d.withCaller(r.Context(), c)
	call := Call{
		Method: "tools/call", Name: t.op.Name, Operation: t.operation(), Principal: d.callingPrincipal(&c).printable(d.salt[:]),
		Status: CallRefused, Reason: ReasonScope,
	}
	if opts.Trace != nil {
		ctx = opts.Trace(ctx, call)
	}
	if opts.Observe != nil {
		opts.Observe(ctx, call)
	}
}
