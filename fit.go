package mcpmount

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A fitting leaves out of structured content what does not conform to a loose
// output schema, since clients refuse a result that does not. Such a schema
// requires nothing and lets everything be null, so that only types can differ,
// and what differs can be left out.
type fitting struct {
	defs *tree.Node
	left int // how many schemas may be looked at still
	out  omissions
}

// omissions are what was left out.
type omissions struct {
	count    int
	pointers []string // JSON Pointers of the first ones: a pointer can be long, and there may be a million
}

// maxOmissions is how many of them are named.
const maxOmissions = 5

// mostFitted bounds the schemas that are looked at for one result: alternatives
// multiply with the depth of a value.
const mostFitted = 1_000_000

// fit returns the object v, or the part of it that conforms to schema, which stands on its
// own, and what was left out: with the pointer "" if that is all of it.
func fit(schema, v *tree.Node) (fitted *tree.Node, out omissions) {
	f := fitting{defs: schema.Get("$defs"), left: mostFitted}
	if fitted = f.value(schema, v, nil); fitted == nil {
		return tree.NewObject(), omissions{1, []string{""}}
	}
	return fitted, f.out
}

// value returns v itself if it conforms to n, a part of it that does, or nil. at is
// the place of v.
func (f *fitting) value(n, v *tree.Node, at []string) *tree.Node {
	if f.left--; f.left < 0 || n.Is(tree.Bool) && !n.True() || !hasType(n, v) {
		return nil
	}
	for _, part := range f.conjuncts(n) {
		if v = f.value(part, v, at); v == nil {
			return nil
		}
	}
	if choices := elements(n.Get("anyOf")); len(choices) > 0 {
		if v = f.choice(choices, v, at); v == nil {
			return nil
		}
	}
	switch v.Kind {
	case tree.Object:
		return f.members(n.Get("properties"), v, at)
	case tree.Array:
		return f.items(n, v, at)
	}
	return v
}

// conjuncts returns the schemas that v must conform to as well as to n.
func (f *fitting) conjuncts(n *tree.Node) []*tree.Node {
	parts := elements(n.Get("allOf"))
	if name, ok := definitionName(n.Get("$ref").Str()); ok {
		return append(slices.Clone(parts), f.defs.Get(name))
	}
	return parts
}

// choice returns v if it conforms to one of the schemas, or else what is left of
// it by the first that leaves anything.
func (f *fitting) choice(choices []*tree.Node, v *tree.Node, at []string) *tree.Node {
	before := f.out
	var best *tree.Node
	var out omissions
	for _, n := range choices {
		f.out = before
		fitted := f.value(n, v, at)
		if fitted == v {
			f.out = before
			return v
		}
		if best == nil && fitted != nil {
			best, out = fitted, omissions{f.out.count, slices.Clone(f.out.pointers)}
		}
	}
	f.out = before
	if best != nil {
		f.out = out
	}
	return best
}

func (f *fitting) members(properties, v *tree.Node, at []string) *tree.Node {
	changed := false
	kept := make([]tree.Member, 0, len(v.Members))
	for _, m := range v.Members {
		fitted := m.Value
		if n := properties.Get(m.Key); n != nil {
			fitted = f.part(n, m.Value, append(at, m.Key))
		}
		changed = changed || fitted != m.Value
		if fitted != nil {
			kept = append(kept, tree.Member{Key: m.Key, Value: fitted})
		}
	}
	if !changed {
		return v
	}
	return tree.NewObject(kept...)
}

// items replaces items that do not conform with null, so that the others keep
// their places.
func (f *fitting) items(n, v *tree.Node, at []string) *tree.Node {
	first := elements(n.Get("prefixItems"))
	changed := false
	items := slices.Clone(v.Items)
	for i, item := range v.Items {
		schema := n.Get("items")
		if i < len(first) {
			schema = first[i]
		}
		if schema == nil {
			continue
		}
		if items[i] = f.part(schema, item, append(at, strconv.Itoa(i))); items[i] == nil {
			items[i] = &tree.Node{Kind: tree.Null}
		}
		changed = changed || items[i] != item
	}
	if !changed {
		return v
	}
	return tree.NewArray(items...)
}

// part is value for a part of a value. It notes if the part is left out.
func (f *fitting) part(n, v *tree.Node, at []string) *tree.Node {
	fitted := f.value(n, v, at)
	if fitted == nil {
		f.out.add(at)
	}
	return fitted
}

// add notes what is at a place.
func (o *omissions) add(at []string) {
	if o.count++; len(o.pointers) == maxOmissions {
		return
	}
	o.pointers = append(o.pointers, pointerOf(at))
}

// hasType reports whether v has one of the types that the schema n names.
func hasType(n, v *tree.Node) bool {
	named := types(n)
	if len(named) == 0 {
		return true
	}
	switch v.Kind {
	case tree.Null:
		return slices.Contains(named, "null")
	case tree.Bool:
		return slices.Contains(named, "boolean")
	case tree.Number:
		return slices.Contains(named, "number") || slices.Contains(named, "integer") && isIntegral(v.Text)
	case tree.String:
		return slices.Contains(named, "string")
	case tree.Array:
		return slices.Contains(named, "array")
	}
	return slices.Contains(named, "object")
}

// isIntegral reports whether a number has no fraction, as far as clients can see:
// to JSON Schema 1.0 is an integer.
func isIntegral(literal string) bool {
	if !strings.ContainsAny(literal, ".eE") {
		return true
	}
	f, err := strconv.ParseFloat(literal, 64)
	return err == nil && f == math.Trunc(f)
}
