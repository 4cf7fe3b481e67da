package mcpmount

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// call answers a tools/call of a bridged tool.
func (s *Server) call(ctx context.Context, t *tool, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	values, err := t.arguments(req.Params.Arguments)
	if err != nil {
		return errorResult(err), nil
	}
	callCtx, cancel := s.callContext(ctx)
	defer cancel()
	res, err := s.roundTrip(callCtx, t, values)
	if err != nil {
		return s.failed(ctx, t, err), nil
	}
	return t.result.toolResult(callCtx, res, progress(ctx, req)), nil
}

// failed returns the result of a call that got no response. The model learns
// what it can act on, the operator the cause.
func (s *Server) failed(ctx context.Context, t *tool, err error) *mcp.CallToolResult {
	var wrong *argumentError
	if errors.As(err, &wrong) {
		return errorResult(wrong)
	}
	var panicked *handlerError
	switch {
	case errors.As(err, &panicked):
		s.logger.ErrorContext(ctx, "the API's handler did not return", "tool", t.op.Name, "panic", panicked.Value, "stack", string(panicked.Stack))
	case errors.Is(err, context.Canceled):
		s.logger.DebugContext(ctx, "call canceled", "tool", t.op.Name)
	default:
		s.logger.ErrorContext(ctx, "call failed", "tool", t.op.Name, "error", err)
	}
	return transportErrorResult(&t.op, err)
}

// roundTrip sends the request for values and returns the response.
func (s *Server) roundTrip(ctx context.Context, t *tool, values *tree.Node) (*http.Response, error) {
	req, err := t.newRequest(ctx, values)
	if err != nil {
		return nil, err
	}
	to := targetFrom(req.Context())
	to.server, to.origin, to.forwarded = t.server, t.origin, s.forward(req)
	return s.api.RoundTrip(req)
}

// forward copies the headers of the caller that Options.ForwardHeaders names,
// and returns which were there. What the operation itself sets stays.
func (s *Server) forward(req *http.Request) (copied []string) {
	caller := RequestFrom(req.Context())
	if caller == nil {
		return nil
	}
	for _, name := range s.opts.ForwardHeaders {
		key := textproto.CanonicalMIMEHeaderKey(name)
		if values := caller.Header[key]; len(values) > 0 && req.Header[key] == nil {
			req.Header[key] = values
			copied = append(copied, key)
		}
	}
	return copied
}

// checkForwardHeaders refuses headers that would change what the request is.
func checkForwardHeaders(names []string) error {
	for _, name := range names {
		if !forwardable(name) {
			return fmt.Errorf("header %q cannot be forwarded: it belongs to the connection or to the request itself", name)
		}
	}
	return nil
}

// forwardable reports whether a header of the caller means the same in another
// request: who the caller is and what they want, not how the message is framed
// or cached, nor which MCP session it is of.
func forwardable(name string) bool {
	key := strings.ToLower(name)
	switch key {
	case "authorization", "cookie", "referer", "forwarded", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip":
		return true
	case "range":
		return false
	}
	if strings.HasPrefix(key, "x-forwarded-") {
		return true
	}
	return !strings.HasPrefix(key, "if-") && settableHeader(name)
}

// progress returns a function that tells the caller of req how far a streamed
// response has come, or nil if it did not ask.
func progress(ctx context.Context, req *mcp.CallToolRequest) func(message string, n int) {
	token := req.Params.GetProgressToken()
	if token == nil || req.Session == nil {
		return nil
	}
	return func(message string, n int) {
		// A client that cannot be told still gets the result.
		_ = req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
			ProgressToken: token, Message: message, Progress: float64(n),
		})
	}
}

// callContext returns the context of the request to the API: it ends when ctx
// does, when the call takes too long, and, where nobody could come back for the
// answer, when the caller leaves. Its values are those of the caller's current
// request and nothing else: within a session, the values of ctx are those of
// the request that opened it, which may have been somebody else's.
func (s *Server) callContext(ctx context.Context) (context.Context, context.CancelFunc) {
	c := callerFrom(ctx)
	values := context.Background()
	if c.request != nil {
		values = c.request.Context()
	}
	inner := context.WithValue(&callContext{ctx, values}, insideKey{s}, true)
	inner, cancel := withCallTimeout(withCaller(inner, c), s.opts.Limits.CallTimeout)
	if c.request == nil || c.session {
		return inner, cancel
	}
	stop := context.AfterFunc(c.request.Context(), cancel)
	return inner, func() { stop(); cancel() }
}

// insideKey marks the context of a request that a server makes, so that it does
// not call itself.
type insideKey struct{ *Server }

// A callContext has the life of one context and the values of another.
type callContext struct {
	context.Context
	values context.Context
}

func (c *callContext) Value(key any) any { return c.values.Value(key) }

// AfterFunc lets the context package watch the life of c without a goroutine.
func (c *callContext) AfterFunc(f func()) func() bool { return context.AfterFunc(c.Context, f) }

// errorResult returns a result that tells a model what to mend.
func errorResult(err error) *mcp.CallToolResult {
	return &mcp.CallToolResult{IsError: true, Content: []mcp.Content{&mcp.TextContent{Text: err.Error()}}}
}

// unknownTool is the error of a call of a tool that is not listed (MCP
// 2025-11-25, server/tools, "Error Handling").
func unknownTool(name string) error {
	return &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: fmt.Sprintf("unknown tool %q", name)}
}
