package mcpmount

import (
	"context"
	"errors"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A caller is who sent the MCP message being handled. The zero caller is
// nobody.
type caller struct {
	// request is the HTTP request that carried the message; nil on stdio.
	request *http.Request

	// local says that the caller is the local user, to whom [Server.Run] serves.
	// Nothing else makes one.
	local bool

	// bare says that the header of request has none of the fields that addCaller copies.
	bare bool

	// gone ends when nobody will take the answer: with the connection or, if the
	// caller has a session and so can come back for the answer, with that. It is
	// nil if only the SDK knows.
	gone context.Context

	// trace is the trace that the "_meta" of the message names; nil for none.
	trace *traceContext

	ticket  *ticket       // the place of the message in its session; nil without a session
	session *session      // the session that the message came in; nil for none, and in HTTP with SSE
	opens   *session      // the session that the message opens; nil for none
	stream  *streamWriter // what the answer is written to, if it may be a stream of events; else nil
	inside  *visit        // the entry through the gate of a message that leaves early; nil for others
}

type callerKey struct{}

// RequestFrom returns the HTTP request that carried the MCP message being
// handled: the caller's current request, in every era of the protocol, never
// the one that opened the session. Its body has been read. It is nil on stdio
// and outside of the handling of a message. It must not be changed.
//
// In the handlers and the middleware of an API that is called [InProcess], it
// tells the request that a call became from those that clients send.
func RequestFrom(ctx context.Context) *http.Request { return callerFrom(ctx).request }

// callerFrom returns the caller of the message that is handled with ctx. It is never nil,
// and must not be changed.
func callerFrom(ctx context.Context) *caller {
	switch c := ctx.(type) { // the contexts of most calls, without a search
	case *apiCall:
		return c.caller
	case *messageContext:
		return &c.caller
	}
	if c, ok := ctx.Value(callerKey{}).(*caller); ok {
		return c
	}
	return new(caller)
}

// values returns a context that never ends and has the values of the current request of c,
// and no others.
func (c *caller) values() context.Context {
	if c.request == nil {
		return context.Background()
	}
	return context.WithoutCancel(c.request.Context())
}

func withCaller(ctx context.Context, c caller) context.Context {
	return context.WithValue(ctx, callerKey{}, &c)
}

// callerExtra is where a TokenInfo has the caller. The SDK attaches the
// TokenInfo that it finds in the context of an HTTP request to the messages in
// that request. There it stays for as long as they wait to be handled, and no
// longer, and no client can put anything there.
const callerExtra = "mcpmount.caller"

// tokenInfo returns a TokenInfo that carries c. The rest of it is the app's
// own, but for the UserID, to which the SDK would tie a session as well, with
// another answer to others than the door's.
func (c caller) tokenInfo() *auth.TokenInfo {
	var info auth.TokenInfo
	if own := auth.TokenInfoFromContext(c.request.Context()); own != nil {
		info = *own
	}
	info.UserID = ""
	info.Extra = map[string]any{callerExtra: c}
	return &info
}

// takeCaller returns the caller that a message carries, and gives extra back
// the TokenInfo that the app set.
func takeCaller(extra *mcp.RequestExtra) (caller, bool) {
	if extra == nil || extra.TokenInfo == nil {
		return caller{}, false
	}
	c, ok := extra.TokenInfo.Extra[callerExtra].(caller)
	if ok {
		extra.TokenInfo = auth.TokenInfoFromContext(c.request.Context())
	}
	return c, ok
}

// tokenInfoKey returns the key under which the SDK looks for a TokenInfo in a
// context. The SDK sets it only where it verifies tokens itself.
func tokenInfoKey() any {
	p := keyProbe{Context: context.Background()}
	auth.TokenInfoFromContext(&p)
	return p.key
}

// A keyProbe remembers what it was asked for.
type keyProbe struct {
	context.Context
	key any
}

func (p *keyProbe) Value(key any) any {
	p.key = key
	return nil
}

// attachCaller is the outermost middleware: it puts the caller of a message
// into its context, and keeps a panic in a tool from ending the process.
func (d *frontDoor) attachCaller(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (res mcp.Result, err error) {
		defer d.contain(ctx, method, &res, &err)
		c, err := d.callerOf(ctx, req)
		if err != nil {
			d.server.logger.ErrorContext(ctx, "refused", "method", method, "error", err)
			return nil, errInternal
		}
		defer c.ticket.give(1)
		if c.inside != nil {
			c.inside.leave() // it lasts until its session is closed, which waits for those inside
		}
		if session, ok := req.GetSession().(*mcp.ServerSession); ok && c.opens != nil {
			c.opens.closes(func() { _ = session.Close() })
		}
		c.trace = requestTrace(req).kept()
		ctx, end := d.lifetime(ctx, c)
		defer end()
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
		return *c, nil
	}
	return caller{}, errors.New("a message came neither by HTTP nor through Run")
}

// withCaller returns ctx with c, with the TokenInfo that the app has for c, and with the
// values that the app's middleware gave to the request.
func (d *frontDoor) withCaller(ctx context.Context, c caller) context.Context {
	if c.request == nil {
		return withCaller(ctx, c)
	}
	ctx = withCaller(valueContext{ctx, c.request.Context()}, c)
	ctx = context.WithValue(ctx, messageKey{}, nil) // Options.Trace of another server may have led here
	return context.WithValue(ctx, d.tokenKey, auth.TokenInfoFromContext(c.request.Context()))
}

// whileValid returns r with a context that ends, at the latest, when the
// credential of r does: what only listens is open for so long. A client that has
// a new one comes back with that, and misses nothing.
func whileValid(r *http.Request) (*http.Request, context.CancelFunc) {
	info := auth.TokenInfoFromContext(r.Context())
	if info == nil || info.Expiration.IsZero() {
		return r, func() {}
	}
	ctx, cancel := context.WithDeadline(r.Context(), info.Expiration)
	return r.WithContext(ctx), cancel
}
