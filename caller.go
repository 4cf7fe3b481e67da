package mcpmount

import (
	"context"
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

	// session says that the caller has a session, and so can come back for the
	// answer after its connection is lost.
	session bool

	ticket *ticket // place of the message in its session; nil without one
	leave  func()  // of the gate; nil if the message is not inside
}

type callerKey struct{}

// RequestFrom returns the HTTP request that carried the MCP message being
// handled: the caller's current request, in every era of the protocol, never
// the one that opened the session. Its body has been read. It is nil on stdio
// and outside of the handling of a message. It must not be changed.
func RequestFrom(ctx context.Context) *http.Request { return callerFrom(ctx).request }

func callerFrom(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

func withCaller(ctx context.Context, c caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// callerExtra is where a TokenInfo has the caller. The SDK attaches the
// TokenInfo that it finds in the context of an HTTP request to the messages in
// that request. There it stays for as long as they wait to be handled, and no
// longer, and no client can put anything there.
const callerExtra = "mcpmount.caller"

// tokenInfo returns a TokenInfo that carries c. The rest of it is the app's
// own, since the SDK ties a session to its UserID.
func (c caller) tokenInfo() *auth.TokenInfo {
	var info auth.TokenInfo
	if own := auth.TokenInfoFromContext(c.request.Context()); own != nil {
		info = *own
	}
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
