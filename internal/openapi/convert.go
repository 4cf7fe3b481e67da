package openapi

import (
	"github.com/mcpmount/mcpmount/internal/tree"
)

// convert returns a schema as JSON Schema 2020-12. What does not change is
// shared with the document, and each schema is converted once.
func (s *schemaSet) convert(n *tree.Node) *tree.Node {
	switch {
	case n.Is(tree.Bool) && !n.True():
		return s.nothing
	case !n.Is(tree.Object):
		return s.anything
	}
	out := s.converted[n]
	if out == nil {
		out = s.convertObject(n)
		s.converted[n] = out
	}
	return out
}

func (s *schemaSet) convertObject(n *tree.Node) *tree.Node {
	var out *tree.Node
	if _, ok := reference(n); ok {
		n, out = s.convertReference(n)
	} else {
		out = s.convertMembers(n)
	}
	out = s.withFile(n, out)
	out = withoutIdle(out)
	out = withBounds(n, out)
	out = s.withTuple(n, out)
	out = s.withDependencies(n, out)
	out = withExamples(n, out)
	out = s.withVariants(n, out)
	return withNull(n, out)
}

// withFile makes a schema that says "type: file" one of binary content.
func (s *schemaSet) withFile(n, out *tree.Node) *tree.Node {
	if !s.files || n.Get("type").Str() != "file" {
		return out
	}
	return out.With("type", tree.NewString("string")).With("format", tree.NewString("binary"))
}

// withoutIdle leaves out what says nothing about a value of the one type that a schema
// has: generators write such keywords to each parameter, and a model can take the
// maxLength of an integer for its maximum.
func withoutIdle(out *tree.Node) *tree.Node {
	idle := []string{"uniqueItems"}
	switch out.Get("type").Str() {
	case "string":
	case "integer", "number", "boolean":
		idle = append(idle, "minLength", "maxLength")
	default:
		return out
	}
	for _, key := range idle {
		if out.Get(key) != nil {
			return out.Without(idle...)
		}
	}
	return out
}

// convertReference returns what counts of a schema that is a reference, and
// that converted.
func (s *schemaSet) convertReference(n *tree.Node) (counts, out *tree.Node) {
	name := s.links[n]
	if counts = n; !s.siblings {
		counts = besideReference(n)
	}
	out = s.convertMembers(counts)
	if name == "" {
		return counts, out
	}
	ref := tree.Member{Key: "$ref", Value: tree.NewString("#/$defs/" + name)}
	return counts, tree.NewObject(append([]tree.Member{ref}, out.Members...)...)
}

// besideReference returns the members that can stand beside a $ref. Before
// OpenAPI 3.1 nothing could, but for these everybody knows what is meant.
func besideReference(n *tree.Node) *tree.Node {
	var members []tree.Member
	for key, v := range n.All() {
		switch key {
		case "title", "description", "default", "nullable", "x-nullable", "readOnly", "writeOnly", "deprecated":
			members = append(members, tree.Member{Key: key, Value: v})
		}
	}
	return tree.NewObject(members...)
}

// convertMembers converts each keyword on its own.
func (s *schemaSet) convertMembers(n *tree.Node) *tree.Node {
	return mapMembers(n, s.keyword)
}

// mapMembers returns n with each value replaced by what f returns for it, or
// left out if that is nil: n itself if nothing changes.
func mapMembers(n *tree.Node, f func(key string, v *tree.Node) *tree.Node) *tree.Node {
	var out []tree.Member
	changed := false
	for i, m := range n.Members {
		v := f(m.Key, m.Value)
		if v != m.Value && !changed {
			changed = true
			out = append(make([]tree.Member, 0, len(n.Members)), n.Members[:i]...)
		}
		if changed && v != nil {
			out = append(out, tree.Member{Key: m.Key, Value: v})
		}
	}
	if !changed {
		return n
	}
	return tree.NewObject(out...)
}

// applicator converts the value of a keyword that holds schemas.
func (s *schemaSet) applicator(key string, shape shape, v *tree.Node) *tree.Node {
	switch {
	case key == "dependencies", key == "additionalItems", key == "items" && shape == schemaList:
		return nil // see withDependencies, withTuple
	case shape == schemaList:
		return s.convertList(v)
	case shape == schemaMap:
		return s.convertMap(key, v)
	case v.Is(tree.Bool) && keepsBool(key):
		return v
	}
	return only(isSchema(v), s.convert(v))
}

// keepsBool reports whether true and false are what people write for a keyword
// and expect to read.
func keepsBool(key string) bool {
	return key == "additionalProperties" || key == "unevaluatedProperties" || key == "unevaluatedItems"
}

func (s *schemaSet) convertList(v *tree.Node) *tree.Node {
	if !v.Is(tree.Array) {
		return nil
	}
	items := make([]*tree.Node, 0, len(v.Items))
	same := true
	for _, item := range v.Items {
		if !isSchema(item) {
			same = false
			continue
		}
		out := s.convert(item)
		same = same && out == item
		items = append(items, out)
	}
	switch {
	case len(items) == 0:
		return nil
	case same:
		return v
	}
	return tree.NewArray(items...)
}

// convertMap converts a map of schemas. A name with nothing behind it is what
// YAML has for a property about which there is nothing to say.
func (s *schemaSet) convertMap(key string, v *tree.Node) *tree.Node {
	if !v.Is(tree.Object) {
		return nil
	}
	return mapMembers(v, func(name string, schema *tree.Node) *tree.Node {
		if key == "patternProperties" && !isPattern(name) {
			return nil
		}
		return only(isSchema(schema) || schema.Is(tree.Null), s.convert(schema))
	})
}

// withBounds makes a boolean exclusiveMinimum or exclusiveMaximum, which says
// that the bound beside it is not included, the bound itself.
func withBounds(n, out *tree.Node) *tree.Node {
	for _, bound := range []struct{ exclusive, inclusive string }{
		{"exclusiveMinimum", "minimum"},
		{"exclusiveMaximum", "maximum"},
	} {
		if n.Get(bound.exclusive).True() && out.Get(bound.inclusive) != nil {
			out = renamed(out, bound.inclusive, bound.exclusive)
		}
	}
	return out
}

// renamed returns n with the member from called to.
func renamed(n *tree.Node, from, to string) *tree.Node {
	members := make([]tree.Member, 0, len(n.Members))
	for key, v := range n.All() {
		if key == from {
			key = to
		}
		members = append(members, tree.Member{Key: key, Value: v})
	}
	return tree.NewObject(members...)
}

// withTuple makes an array of items, and the additionalItems after them, the
// prefixItems and items of 2020-12.
func (s *schemaSet) withTuple(n, out *tree.Node) *tree.Node {
	items := n.Get("items")
	if !items.Is(tree.Array) || out.Get("prefixItems") != nil {
		return out
	}
	if prefix := s.convertList(items); prefix != nil {
		out = out.With("prefixItems", prefix)
	}
	if rest := n.Get("additionalItems"); isSchema(rest) {
		out = out.With("items", s.convert(rest))
	}
	return out
}

// withDependencies splits the dependencies of draft 7 by what they hold.
func (s *schemaSet) withDependencies(n, out *tree.Node) *tree.Node {
	dependencies := n.Get("dependencies")
	if !dependencies.Is(tree.Object) {
		return out
	}
	if names := nameLists(dependencies); len(names.Members) > 0 && out.Get("dependentRequired") == nil {
		out = out.With("dependentRequired", names)
	}
	if schemas := s.convertMap("dependencies", dependencies); len(schemas.Members) > 0 && out.Get("dependentSchemas") == nil {
		out = out.With("dependentSchemas", schemas)
	}
	return out
}

// withExamples makes an example the examples of 2020-12.
func withExamples(n, out *tree.Node) *tree.Node {
	example := n.Get("example")
	if example == nil || out.Get("examples") != nil {
		return out
	}
	return out.With("examples", tree.NewArray(example))
}
