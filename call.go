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
	values, err := t.argumentsOf(ctx, req.Params.Arguments)
	if err != nil {
		noteRefusal(ctx, ReasonArguments)
		return errorResult(err), nil
	}
	fields, err := t.result.shaping.chosenFields(values)
	if err != nil {
		noteRefusal(ctx, ReasonArguments)
		return errorResult(err), nil
	}
	callCtx := s.callContext(ctx, t)
	defer callCtx.close()
	callCtx.tool, callCtx.arguments, callCtx.fields = t, values, fields
	res, err := s.roundTrip(callCtx, t, values)
	if err != nil {
		return s.failed(ctx, t, err), nil
	}
	noteStatus(ctx, res.StatusCode)
	return t.result.toolResult(callCtx, res, newListener(ctx, req)), nil
}

// argumentsOf reads and checks the arguments of a call, which may have been read
// already.
func (t *tool) argumentsOf(ctx context.Context, raw []byte) (*tree.Node, error) {
	m, ok := ctx.Value(messageKey{}).(*messageContext)
	switch {
	case !ok:
		return t.arguments(raw)
	case m.call.arguments == nil || m.call.arguments.Kind == tree.Null:
		return t.checked(noArguments)
	}
	return t.checked(m.call.arguments)
}

// noArguments is what a call without arguments has.
var noArguments = tree.NewObject()

// failed returns the result of a call that got no response. The model learns
// what it can act on, the operator the cause.
func (s *Server) failed(ctx context.Context, t *tool, err error) *mcp.CallToolResult {
	var wrong *argumentError
	if errors.As(err, &wrong) {
		noteRefusal(ctx, ReasonArguments)
		return errorResult(wrong)
	}
	var lacking credentialError
	if errors.As(err, &lacking) {
		noteRefusal(ctx, ReasonCredential)
		s.logger.ErrorContext(ctx, "call not sent", "tool", t.op.Name, "error", err)
		return errorResult(lacking)
	}
	var unavailable *UnavailableError
	if errors.As(err, &unavailable) {
		noteRefusal(ctx, ReasonUnavailable)
		s.logger.DebugContext(ctx, "call not sent", "tool", t.op.Name, "error", err)
		return unavailable.excess().result()
	}
	var panicked *handlerError
	switch {
	case errors.As(err, &panicked):
		noteFailure(ctx, ReasonPanic)
		s.logger.ErrorContext(ctx, "the API's handler did not return", "tool", t.op.Name, "panic", panicked.Value, "stack", string(panicked.Stack))
	case errors.Is(err, context.Canceled):
		noteFailure(ctx, ReasonCanceled)
		s.logger.DebugContext(ctx, "call canceled", "tool", t.op.Name)
	default:
		noteFailure(ctx, ReasonTransport)
		if isTimeout(err) {
			noteFailure(ctx, ReasonTimeout)
		}
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
	switch s.api.(type) {
	case inProcess, *upstream:
		to.direct = true
	}
	to.location, to.forwarded, to.redactors = &t.location, s.forward(req), &s.redactors
	if len(to.forwarded) > 0 {
		err = checkHeader(req.Header) // what was built is checked already
	}
	if err == nil {
		to.attached, err = s.credentials(req, t)
	}
	if err != nil {
		closeBody(req)
		return nil, err
	}
	res, err := s.api.RoundTrip(req)
	if err == nil && res.Request == nil {
		res.Request = req
	}
	if err != nil {
		if why := endOf(ctx); errors.Is(why, context.Canceled) {
			err = why // which says more than the transport does
		}
	}
	return res, err
}

// credentials returns what req carries towards the API, besides what it
// forwards of the caller's.
func (s *Server) credentials(req *http.Request, t *tool) (*attachment, error) {
	if s.opts.Credentials == nil {
		return nil, nil
	}
	return t.security.satisfy(req.Context(), s.opts.Credentials, func(scheme SecurityScheme) bool {
		name := scheme.header()
		if len(req.Header[name]) > 0 {
			return true
		}
		_, inside := s.api.(inProcess)
		caller := RequestFrom(req.Context())
		return inside && caller != nil && name == "Authorization" && len(caller.Header[name]) > 0
	})
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
			req.Header[key] = values[:len(values):len(values)]
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

// errorResult returns a result that tells a model what to mend.
func errorResult(err error) *mcp.CallToolResult {
	return &mcp.CallToolResult{IsError: true, Content: []mcp.Content{&mcp.TextContent{Text: err.Error()}}}
}

// unknownTool is the error of a call of a tool that is not listed (MCP
// 2025-11-25, server/tools, "Error Handling").
func unknownTool(name string) error {
	return &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: fmt.Sprintf("unknown tool %q", name)}
}
