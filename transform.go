package mcpmount

import (
	"math"
	"slices"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A schemaMode says how schemas of a document are changed on their way into
// the schema of a tool. The zero mode changes nothing.
type schemaMode struct {
	// omit leaves out the properties that are marked with this keyword:
	// "readOnly" in inputs, "writeOnly" in outputs.
	omit string

	// loose drops what real APIs break; see [OutputSchemasLoose].
	loose bool

	// terse drops the texts that explain a schema, for one that is too large.
	terse bool
}

// looseDrops are the keywords that a loose schema does without.
var looseDrops = map[string]bool{
	"required": true, "enum": true, "const": true, "format": true, "pattern": true,
	"minimum": true, "maximum": true, "exclusiveMinimum": true, "exclusiveMaximum": true, "multipleOf": true,
	"minLength": true, "maxLength": true, "minItems": true, "maxItems": true, "uniqueItems": true,
	"minProperties": true, "maxProperties": true, "contains": true, "minContains": true, "maxContains": true,
	"additionalProperties": true, "unevaluatedProperties": true, "unevaluatedItems": true,
	"patternProperties": true, "propertyNames": true, "dependentRequired": true, "dependentSchemas": true,
	"not": true, "if": true, "then": true, "else": true, "default": true, "examples": true,
}

// terseDrops are the keywords that a terse schema does without.
var terseDrops = map[string]bool{
	"description": true, "title": true, "examples": true, "$comment": true,
}

// A transform rewrites schemas, for one of five purposes: composer.transform makes the part of
// a tool (mode, resolve, rename), composer.trimmed makes it smaller (resolve, keep, bare,
// maxDepth), inliner.build leaves out references (inline), withoutKeyword a keyword
// (without), and overlapping changes oneOf (overlap).
type transform struct {
	mode schemaMode

	// resolve follows a reference, to see what an omitted property refers to and
	// what type a stub has.
	resolve func(name string) *tree.Node

	// rename gives a reference its final name; nil keeps all names.
	rename func(name string) string

	// keep, if not nil, says which references stay; the others become stubs.
	keep func(name string) bool

	// inline, if not nil, returns what takes the place of a reference, or nil if
	// it stays.
	inline func(name string) *tree.Node

	// bare says that stubs keep only the type.
	bare bool

	// without, if not "", is a keyword that is dropped.
	without string

	// overlap takes oneOf for anyOf: see [overlapping].
	overlap bool

	// maxDepth, if not 0, is the number of nested schemas that stay; deeper
	// ones become stubs.
	maxDepth int

	// left is how many schemas may be rewritten still. If it is negative, the
	// result is of no use.
	left int
}

// schema returns n rewritten. depth counts the schemas around n.
func (t *transform) schema(n *tree.Node, depth int) *tree.Node {
	if !n.Is(tree.Object) {
		return n
	}
	if t.maxDepth > 0 && depth >= t.maxDepth {
		return t.stub(n, stubDepth)
	}
	if t.left--; t.left < 0 {
		return n
	}
	var inlined *tree.Node
	members, stubbed := make([]tree.Member, 0, len(n.Members)), false
	for _, m := range n.Members {
		if t.mode.loose && looseDrops[m.Key] || t.mode.terse && terseDrops[m.Key] || m.Key == t.without && t.without != "" {
			continue
		}
		switch schemaKeywords[m.Key] {
		case keywordSchema:
			if t.overlap && (m.Key == "not" || m.Key == "if") {
				break // what admits more there refuses more
			}
			m.Value = t.schema(m.Value, depth+1)
		case keywordList:
			if m.Key == "oneOf" && t.overlaps(m.Value) {
				switch {
				case n.Get("anyOf") == nil:
					m.Key = "anyOf"
				case t.mode.loose:
					continue // one key is there once
				}
			}
			m.Value = t.list(m.Value, depth+1)
		case keywordMap:
			m.Value = t.properties(m, depth+1)
		default:
			switch m.Key {
			case "$ref":
				if name, ok := definitionName(m.Value.Str()); ok {
					if t.keep != nil && !t.keep(name) {
						members, stubbed = append(members, t.stub(t.resolve(name), stubDepth).Members...), true
						continue
					}
					if t.inline != nil {
						if inlined = t.inline(name); inlined != nil {
							continue
						}
					}
					m.Value = t.reference(name, m.Value)
				}
			case "required":
				m.Value = t.required(m.Value, n.Get("properties"))
			case "type":
				if t.mode.loose {
					m.Value = nullable(m.Value)
				}
			}
		}
		members = append(members, m)
	}
	switch {
	case inlined != nil:
		return inPlaceOf(inlined, members)
	case !stubbed:
		return tree.NewObject(members...)
	}
	return unique(members)
}

// withoutKeyword returns a schema that stands on its own, and its definitions,
// without a keyword.
func withoutKeyword(n *tree.Node, keyword string) *tree.Node {
	return (&transform{without: keyword, left: math.MaxInt}).whole(n)
}

// overlapping returns a schema that stands on its own with anyOf in the place of oneOf:
// real documents have alternatives that admit the same values, so that nothing but what
// only one of them has could be sent. Those that just say what is required stay, since
// that is how one writes that members exclude one another.
func overlapping(n *tree.Node) *tree.Node {
	return (&transform{overlap: true, left: math.MaxInt}).whole(n)
}

// overlaps reports whether a value may be several of the alternatives of a oneOf.
func (t *transform) overlaps(alternatives *tree.Node) bool {
	return t.mode.loose || t.overlap && slices.ContainsFunc(elements(alternatives), func(n *tree.Node) bool {
		return len(n.Members) != 1 || n.Get("required") == nil
	})
}

// whole rewrites a schema that stands on its own, and its definitions.
func (t *transform) whole(n *tree.Node) *tree.Node {
	defs := n.Get("$defs")
	n = t.schema(n, 0)
	if defs == nil {
		return n
	}
	members := make([]tree.Member, len(defs.Members))
	for i, d := range defs.Members {
		members[i] = tree.Member{Key: d.Key, Value: t.schema(d.Value, 0)}
	}
	return n.With("$defs", tree.NewObject(members...))
}

// unique drops the later of two members with one key, which arise where a stub
// stands in for a reference that has keywords beside it.
func unique(members []tree.Member) *tree.Node {
	kept, seen := members[:0], make(map[string]bool, len(members))
	for _, m := range members {
		if !seen[m.Key] {
			seen[m.Key] = true
			kept = append(kept, m)
		}
	}
	return tree.NewObject(kept...)
}

func (t *transform) list(n *tree.Node, depth int) *tree.Node {
	items := make([]*tree.Node, 0, min(len(n.Items), max(t.left, 0)))
	for _, item := range n.Items {
		if t.left < 0 {
			break
		}
		items = append(items, t.schema(item, depth))
	}
	return tree.NewArray(items...)
}

func (t *transform) properties(m tree.Member, depth int) *tree.Node {
	members := make([]tree.Member, 0, min(len(m.Value.Members), max(t.left, 0)))
	for _, p := range m.Value.Members {
		if t.left < 0 {
			break
		}
		if m.Key == "properties" && t.omitted(p.Value) {
			continue
		}
		members = append(members, tree.Member{Key: p.Key, Value: t.schema(p.Value, depth)})
	}
	return tree.NewObject(members...)
}

// omitted reports whether a property with the schema n is left out.
func (t *transform) omitted(n *tree.Node) bool {
	if t.mode.omit == "" {
		return false
	}
	for n := range references(t.resolve, n) {
		if n.Get(t.mode.omit).True() {
			return true
		}
	}
	return false
}

func (t *transform) required(list, properties *tree.Node) *tree.Node {
	if t.mode.omit == "" || !list.Is(tree.Array) {
		return list
	}
	var kept []*tree.Node
	for _, name := range list.Items {
		if !t.omitted(properties.Get(name.Str())) {
			kept = append(kept, name)
		}
	}
	return tree.NewArray(kept...)
}

func (t *transform) reference(name string, ref *tree.Node) *tree.Node {
	if t.rename == nil {
		return ref
	}
	return tree.NewString(reference(t.rename(name)))
}

// stubDepth bounds how deep the properties that a stub requires are described.
const stubDepth = 4

// stubKeywords are what a stub keeps: what a value must be like that nobody
// looks into.
var stubKeywords = map[string]bool{
	"type": true, "format": true, "contentEncoding": true, "const": true, "enum": true, "pattern": true,
	"minimum": true, "maximum": true, "exclusiveMinimum": true, "exclusiveMaximum": true, "multipleOf": true,
	"minLength": true, "maxLength": true, "minItems": true, "maxItems": true,
}

// maxStubValue bounds the size of a value that a stub keeps.
const maxStubValue = 200

func shortValue(v *tree.Node) bool { return v.JSONLength(maxStubValue) <= maxStubValue }

// stub returns what is left of the schema n when it is cut: its type and what a
// valid value must have, so that arguments that are valid still are so for the
// API.
func (t *transform) stub(n *tree.Node, depth int) *tree.Node {
	if t.left--; t.left < 0 {
		return tree.NewObject()
	}
	n = t.target(n)
	var members []tree.Member
	for key, v := range n.All() {
		switch {
		case key == "type" && t.mode.loose:
			v = nullable(v)
		case key == "type":
		case t.bare || t.mode.loose || !stubKeywords[key] || !shortValue(v):
			continue
		}
		members = append(members, tree.Member{Key: key, Value: v})
	}
	if t.bare || t.mode.loose || depth == 0 {
		return tree.NewObject(members...)
	}
	if items := n.Get("items"); items.Is(tree.Object) {
		members = append(members, tree.Member{Key: "items", Value: t.stub(items, depth-1)})
	}
	return tree.NewObject(append(members, t.stubProperties(n, depth)...)...)
}

// stubProperties returns the properties that n requires, as stubs.
func (t *transform) stubProperties(n *tree.Node, depth int) []tree.Member {
	required := n.Get("required")
	if !required.Is(tree.Array) || len(required.Items) == 0 || !shortValue(required) {
		return nil
	}
	var properties []tree.Member
	for _, name := range required.Items {
		if p := n.Get("properties").Get(name.Str()); p != nil {
			properties = append(properties, tree.Member{Key: name.Str(), Value: t.stub(p, depth-1)})
		}
	}
	return []tree.Member{
		{Key: "properties", Value: tree.NewObject(properties...)},
		{Key: "required", Value: required},
	}
}

// target returns the schema that says what n is: n itself, or what it refers to,
// directly or as the only part of an allOf.
func (t *transform) target(n *tree.Node) *tree.Node {
	for range 8 {
		if n.Get("type") != nil {
			break
		}
		if name, ok := definitionName(n.Get("$ref").Str()); ok {
			n = t.resolve(name)
			continue
		}
		all := n.Get("allOf")
		if !all.Is(tree.Array) || len(all.Items) != 1 {
			break
		}
		n = all.Items[0]
	}
	return n
}

// nullable returns the value of "type" with null added.
func nullable(typ *tree.Node) *tree.Node {
	null := tree.NewString("null")
	switch {
	case typ.Is(tree.String) && typ.Text != "null":
		return tree.NewArray(typ, null)
	case typ.Is(tree.Array) && !slices.ContainsFunc(typ.Items, func(n *tree.Node) bool { return n.Str() == "null" }):
		return tree.NewArray(append(slices.Clone(typ.Items), null)...)
	}
	return typ
}
