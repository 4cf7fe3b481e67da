package mcpmount

import (
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// newOutput returns the output schema that the tool of op advertises, or nil if
// it advertises none: results must satisfy it whatever the API answers, so
// every successful response has to be JSON, and a strict schema does not go
// with a response that has no body. The root is always an object, as
// clients of 2025-11-25 and older require: other results are wrapped in a
// property "result".
func newOutput(op *Operation, kind OutputSchemas, shared *fragments, budget int) (schema *tree.Node, wrap, cut bool) {
	if kind == OutputSchemasNone {
		return nil, false, false
	}
	content, ok := successContent(op, kind == OutputSchemasStrict)
	if !ok {
		return nil, false, false
	}
	c := newComposer(schemaMode{omit: "writeOnly", loose: kind != OutputSchemasStrict}, shared)
	root, wrap := outputRoot(c, content)
	schema, cut = c.compose(root, budget)
	return schema, wrap, cut
}

// outputSchemas returns the kind of output schema that op has where kind is asked for:
// what its results are made of need not fit a strict one, or any.
func (op *Operation) outputSchemas(kind OutputSchemas) OutputSchemas {
	switch r := op.Results; {
	case r == nil:
	case r.Transform != nil:
		return OutputSchemasNone
	case kind == OutputSchemasStrict && r.reshapes():
		return OutputSchemasLoose
	}
	return kind
}

// successContent returns the JSON content of the successful responses of op.
func successContent(op *Operation, strict bool) (content []Schema, ok bool) {
	for _, r := range successResponses(op.Responses) {
		if len(r.Content) == 0 {
			if strict {
				return nil, false
			}
			continue
		}
		i := slices.IndexFunc(r.Content, func(m MediaType) bool { return isJSONMediaType(m.Type) })
		if i < 0 || r.Content[i].Schema.IsZero() {
			return nil, false
		}
		if s := r.Content[i].Schema; !slices.ContainsFunc(content, func(have Schema) bool { return have.root() == s.root() }) {
			content = append(content, s)
		}
	}
	return content, len(content) > 0
}

// successResponses returns the responses for 2xx, or the default response if
// there is none.
func successResponses(responses []Response) []Response {
	var success, fallback []Response
	for _, r := range responses {
		switch {
		case strings.HasPrefix(r.Status, "2"):
			success = append(success, r)
		case r.Status == "default":
			fallback = append(fallback, r)
		}
	}
	if len(success) == 0 {
		return fallback
	}
	return success
}

// outputRoot returns the schema of a result without its definitions.
func outputRoot(c *composer, content []Schema) (root *tree.Node, wrap bool) {
	if len(content) == 1 {
		if n := content[0].root(); isObject(n) {
			root = c.part(content[0].source, n)
			return asObject(root), false
		}
	}
	branches := make([]*tree.Node, len(content))
	objects := true
	for i, s := range content {
		objects = objects && isObject(s.root())
		branches[i] = c.part(s.source, s.source.Root())
	}
	if objects {
		return objectWith("anyOf", tree.NewArray(branches...)), false
	}
	result := branches[0]
	if len(branches) > 1 {
		result = tree.NewObject(tree.Member{Key: "anyOf", Value: tree.NewArray(branches...)})
	}
	root = objectWith("properties", tree.NewObject(tree.Member{Key: "result", Value: result}))
	if !c.mode.loose {
		root = root.With("required", tree.NewArray(tree.NewString("result")))
	}
	return root, true
}

// isObject reports whether all that n allows are objects, and perhaps null.
func isObject(n *tree.Node) bool {
	list := types(n)
	if len(list) == 0 {
		return n.Get("properties") != nil
	}
	return areObjects(list)
}

// areObjects reports whether values of these types are objects, and perhaps null.
func areObjects(types []string) bool {
	return slices.Contains(types, "object") && !slices.ContainsFunc(types, func(t string) bool { return t != "object" && t != "null" })
}

func objectWith(key string, value *tree.Node) *tree.Node {
	return tree.NewObject(
		tree.Member{Key: "type", Value: tree.NewString("object")},
		tree.Member{Key: key, Value: value},
	)
}

// asObject returns the object schema n with "type": "object" in front.
func asObject(n *tree.Node) *tree.Node {
	members := []tree.Member{{Key: "type", Value: tree.NewString("object")}}
	for _, m := range n.Members {
		if m.Key != "type" {
			members = append(members, m)
		}
	}
	return tree.NewObject(members...)
}
