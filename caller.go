package mcpmount

import (
	"context"
	"net/http"
)

type callerKey struct{}

// RequestFrom returns the HTTP request that carried the MCP message being
// handled: the caller's current request, in every era of the protocol, never
// the one that opened the session. Its body has been read. It is nil on stdio
// and outside of the handling of a message. It must not be changed.
func RequestFrom(ctx context.Context) *http.Request {
	r, _ := ctx.Value(callerKey{}).(*http.Request)
	return r
}

func withCaller(ctx context.Context, r *http.Request) context.Context {
	return context.WithValue(ctx, callerKey{}, r)
}
