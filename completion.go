package mcpmount

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// maxCompletions is how many values an answer may have (MCP 2025-11-25,
// server/utilities/completion).
const maxCompletions = 100

// maxAlternatives is how many schemas of one variable are looked at for values.
const maxAlternatives = 100

// A completionHandler is what mcp.ServerOptions.CompletionHandler is.
type completionHandler = func(context.Context, *mcp.CompleteRequest) (*mcp.CompleteResult, error)

// complete returns a handler that knows the values of the variables of bridged
// templates, and leaves all else to hand, which may be nil.
func (s *Server) complete(hand completionHandler) completionHandler {
	return func(ctx context.Context, req *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
		template, argument := s.template(req.Params.Ref), req.Params.Argument
		var values []string
		if template != nil {
			values = template.values(argument.Name)
		}
		switch {
		case len(values) == 0 && hand != nil:
			return hand(ctx, req)
		case template == nil && !s.canComplete():
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: "nothing can be completed"}
		case template == nil:
			return nil, errNoTemplate
		}
		return completion(values, argument.Value), nil
	}
}

var errNoTemplate = &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "there is no such prompt or resource template"}

// template returns the bridged resource or template that a completion is about, or
// nil.
func (s *Server) template(ref *mcp.CompleteReference) *resource {
	if set := s.set.Load(); set != nil && ref != nil && ref.Type == "ref/resource" {
		return set.byURI[ref.URI]
	}
	return nil
}

// completion returns the values that begin with typed, whatever the case.
func completion(values []string, typed string) *mcp.CompleteResult {
	found := []string{} // not null
	for _, v := range values {
		if len(v) >= len(typed) && strings.EqualFold(v[:len(typed)], typed) {
			found = append(found, v)
		}
	}
	return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{
		Total:   len(found),
		HasMore: len(found) > maxCompletions,
		Values:  found[:min(len(found), maxCompletions)],
	}}
}

// canComplete reports whether any completion can have a value.
func (s *Server) canComplete() bool {
	set := s.set.Load()
	return s.completes || set != nil && set.completes
}

// adjustCapabilities takes completions from res if there are none. The SDK
// infers them from the handler, which is always there: whether there are values
// depends on the document of the moment.
func (s *Server) adjustCapabilities(res mcp.Result) {
	if s.canComplete() {
		return
	}
	switch res := res.(type) {
	case *mcp.InitializeResult:
		if res != nil && res.Capabilities != nil {
			res.Capabilities.Completions = nil
		}
	case *mcp.DiscoverResult:
		if res != nil && res.Capabilities != nil {
			res.Capabilities.Completions = nil
		}
	}
}

// values returns what the schema says that a variable can be, or nothing if it
// says little.
func (r *resource) values(variable string) []string {
	for _, v := range r.variables {
		if v.name == variable {
			return r.tool.values(v.argument)
		}
	}
	return nil
}

// completes reports whether any variable of r has known values.
func (r *resource) completes() bool {
	return r.template != nil && slices.ContainsFunc(r.variables, func(v variable) bool {
		return len(r.tool.values(v.argument)) > 0
	})
}

// values returns the values that the schema of an argument, or of its items,
// enumerates, as text, each once and in the order of the document.
func (t *tool) values(argument string) (values []string) {
	schema := t.schema()
	source := standalone(schema)
	seen := map[string]bool{"": true}
	left := maxAlternatives
	for next := schema.Get("properties").Get(argument); next != nil; {
		var items *tree.Node
		for n := range variants(source, next) {
			if left--; left < 0 {
				return values
			}
			for _, text := range enumerated(n) {
				if !seen[text] {
					seen[text] = true
					values = append(values, text)
				}
			}
			items = cmp.Or(items, n.Get("items"))
		}
		next = items
	}
	return values
}

// enumerated returns the values that n itself enumerates.
func enumerated(n *tree.Node) (texts []string) {
	for _, v := range append([]*tree.Node{n.Get("const")}, elements(n.Get("enum"))...) {
		if v.Is(tree.String) || v.Is(tree.Number) || v.Is(tree.Bool) {
			texts = append(texts, v.Text)
		}
	}
	if slices.Equal(types(n), []string{"boolean"}) {
		texts = append(texts, "true", "false")
	}
	return texts
}
