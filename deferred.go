package mcpmount

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// The tools that stand for deferred ones, if there are any: one finds them, the other calls
// what was found. A call of callName is one of the tool that it names from the beginning, so
// that scopes, limits and whoever observes calls see that.
const (
	searchName = "search_tools"
	callName   = "call_tool"
)

// unwrap makes m, if it calls a deferred tool by callName, a call of that tool. Everything else
// is left to unwrapped, and in the end to callDeferred.
func (s *Server) unwrap(m *envelope) {
	if m.name != callName || s.set.Load().deferred() == nil || !m.arguments.Is(tree.Object) {
		return
	}
	name, arguments := m.arguments.Get("name").Str(), m.arguments.Get("arguments")
	members := 1
	if arguments != nil {
		members = 2
	}
	t := s.tool(name)
	if t == nil || !t.isDeferred() || len(m.arguments.Members) != members || arguments != nil && !arguments.Is(tree.Object) {
		return
	}
	m.wrapped, m.name, m.tool, m.arguments = true, name, t, arguments
}

// showsDeferred reports whether the caller of ctx may know of any deferred tool.
func (s *Server) showsDeferred(ctx context.Context) bool {
	c := s.set.Load().deferred()
	return c != nil && slices.ContainsFunc(c.tools, func(t *tool) bool { return s.shows(ctx, t) })
}

// unwrapped is the middleware that does for the SDK what unwrap does for the door. That
// there is no such tool is an error of an argument here, which a model is to read and mend:
// to a client, callName is a tool that there is.
func (s *Server) unwrapped(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		call, ok := req.(*mcp.CallToolRequest)
		if !ok || call.Params.Name != callName || !s.showsDeferred(ctx) {
			return next(ctx, method, req)
		}
		inner := s.calledBy(ctx, call)
		res, err := next(ctx, method, inner)
		var wire *jsonrpc.Error
		if inner != call && errors.As(err, &wire) && wire.Code == jsonrpc.CodeInvalidParams && !s.grants(ctx, s.tool(inner.Params.Name)) {
			return s.base(ctx, method, call) // callDeferred
		}
		return res, err
	}
}

// grants reports whether there is t, and the caller of ctx may call it.
func (s *Server) grants(ctx context.Context, t *tool) bool {
	return t != nil && s.door.authorizer.grants(ctx, t.scopes)
}

// noTool returns what a model is told that has callName call a tool which is not there, or not
// for the caller of ctx: models put a prefix before names, and write them in another style.
func (s *Server) noTool(ctx context.Context, name string) error {
	text := fmt.Sprintf("there is no tool %q", cutText(name, maxTopic))
	bare := name[strings.LastIndexAny(name, "./:")+1:]
	if i := strings.LastIndex(bare, "__"); i >= 0 {
		bare = bare[i+len("__"):]
	}
	if s.isListed(ctx, bare) {
		return fmt.Errorf("%s; %s is listed: call it by its own name", text, bare)
	}
	c := s.set.Load().deferred()
	if c == nil {
		return errors.New(text)
	}
	granted := func(i int) bool { return s.grants(ctx, c.tools[i]) }
	meant, said := "", lettersOf(name)
	for i, t := range c.tools {
		own := lettersOf(t.op.Name)
		if own != "" && len(t.op.Name) > len(meant) && strings.HasSuffix(said, own) && granted(i) {
			meant = t.op.Name
		}
	}
	if meant != "" {
		return fmt.Errorf("%s; did you mean %q?", text, meant)
	}
	text += ": " + searchName + " finds those that there are"
	found := c.index().Find(cutText(bare, maxQueryBytes), granted)
	for i, at := range found[:min(len(found), 3)] {
		text += []string{", such as ", ", ", ", "}[i] + strconv.Quote(c.tools[at].op.Name)
	}
	return errors.New(text)
}

// lettersOf returns the letters and digits of the end of name, as lowercase ones.
func lettersOf(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name[max(0, len(name)-maxQueryBytes):])
}

// calledBy returns the request for the tool that req, one of callName, is to call; req
// itself if it does not say that, or the tool is listed.
func (s *Server) calledBy(ctx context.Context, req *mcp.CallToolRequest) *mcp.CallToolRequest {
	name, arguments, err := wrappedCall(req.Params.Arguments)
	if err != nil || s.isListed(ctx, name) {
		return req
	}
	inner, params := *req, *req.Params
	params.Name, params.Arguments = name, arguments
	inner.Params = &params
	return &inner
}

// wrappedCall returns what arguments of callName say. Its errors are for the model.
func wrappedCall(raw json.RawMessage) (name string, arguments json.RawMessage, err error) {
	values, err := tree.ParseJSON(raw, tree.Limits{MaxDepth: 1 + maxArgumentsDepth})
	if err != nil || !values.Is(tree.Object) {
		return "", nil, errNotAnObject
	}
	for _, m := range values.Members {
		if m.Key != "name" && m.Key != "arguments" {
			return "", nil, fmt.Errorf("unknown argument %q: %s has only %q and %q, an object with what is for the tool", cutText(m.Key, maxTopic), callName, "name", "arguments")
		}
	}
	name = values.Get("name").Str()
	switch inner := values.Get("arguments"); {
	case name == "":
		return "", nil, fmt.Errorf("missing argument %q: the name of the tool to call, which %s finds", "name", searchName)
	case name == callName:
		return "", nil, fmt.Errorf("%s cannot call itself: the name of another tool is needed, which %s finds", callName, searchName)
	case inner == nil || inner.Is(tree.Null):
		return name, nil, nil
	case inner.Is(tree.Object):
		return name, inner.JSON(), nil
	case inner.Is(tree.String): // which models write for objects
		if meant, err := tree.ParseJSON([]byte(inner.Text), tree.Limits{MaxDepth: maxArgumentsDepth}); err == nil && meant.Is(tree.Object) {
			return name, meant.JSON(), nil
		}
	}
	return "", nil, fmt.Errorf("argument %q must be an object: the arguments of %s", "arguments", name)
}

// isListed reports whether the caller of ctx finds a tool in the list of tools. Such a tool is
// called by its own name only: whatever stands between a model and a tool, be it a client that
// asks first or a proxy that looks at Mcp-Name, knows it by that.
func (s *Server) isListed(ctx context.Context, name string) bool {
	t := s.tool(name)
	if t == nil {
		return s.handWritten(name) || s.set.Load().deferred().standIn(name) != nil
	}
	return !t.isDeferred() && s.shows(ctx, t)
}

type deferredKey struct{}

// findDeferred makes req, if it is a call of a deferred tool, one of callName: the SDK calls
// what is listed, and completes results as the version of the protocol wants it. The call itself
// is in the context.
func (s *Server) findDeferred(ctx context.Context, req mcp.Request) (context.Context, mcp.Request) {
	call, ok := req.(*mcp.CallToolRequest)
	if !ok {
		return ctx, req
	}
	if t := s.tool(call.Params.Name); t == nil || !t.isDeferred() {
		return ctx, req
	}
	listed, params := *call, *call.Params
	params.Name = callName
	listed.Params = &params
	return context.WithValue(ctx, deferredKey{}, call), &listed
}

// callDeferred answers what the SDK takes for a call of callName: one that findDeferred made of
// another, or one that names no tool which can be called so.
func (s *Server) callDeferred(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if call, ok := ctx.Value(deferredKey{}).(*mcp.CallToolRequest); ok {
		return s.callNamed(ctx, call.Params.Name, call)
	}
	noteRefusal(ctx, ReasonArguments)
	return errorResult(s.wrongCall(ctx, req)), nil
}

// wrongCall returns what is wrong with a call of callName that is not one of a deferred tool.
func (s *Server) wrongCall(ctx context.Context, req *mcp.CallToolRequest) error {
	name, _, err := wrappedCall(req.Params.Arguments)
	switch {
	case err != nil:
		return err
	case s.isListed(ctx, name):
		return fmt.Errorf("%s is listed: call it by its own name", name)
	}
	return s.noTool(ctx, name)
}
