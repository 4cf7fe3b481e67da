package mcpmount

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A Schema describes a value with JSON Schema 2020-12. It is opaque, so that
// the references of a large document are resolved only where they are needed.
// The zero Schema allows any value. A Schema is immutable and safe for
// concurrent use.
type Schema struct {
	source schemaSource
}

// A schemaSource is a schema whose references all have the form
// "#/$defs/NAME", where NAME is known to Definition. For one document, the
// same name always returns the same node. Both methods are safe for concurrent
// use, and what they return must not be changed.
type schemaSource interface {
	Root() *tree.Node
	Definition(name string) *tree.Node
}

// NewSchema returns the schema written in raw, a JSON Schema 2020-12. All its
// references must be local ones into its own "$defs"; a reference to anything
// else is an error, and so is what is not a valid schema.
func NewSchema(raw json.RawMessage) (Schema, error) {
	root, err := tree.ParseJSON(raw, tree.Limits{})
	if err != nil {
		return Schema{}, fmt.Errorf("parse schema: %w", err)
	}
	switch {
	case root.True():
		root = tree.NewObject()
	case !root.Is(tree.Object):
		return Schema{}, errors.New("parse schema: a schema must be a JSON object or true")
	}
	s := &rawSchema{root: root.Without("$defs", "$schema", "$id"), defs: root.Get("$defs")}
	if err := s.check(); err != nil {
		return Schema{}, err
	}
	if _, err := newValidator(root.Without("$schema", "$id")); err != nil && !errors.Is(err, errTooManyAlternatives) {
		return Schema{}, fmt.Errorf("schema: %w", err)
	}
	return Schema{source: s}, nil
}

// JSON returns the schema as a JSON Schema 2020-12 that stands on its own: its
// "$defs" hold what it refers to, and nothing else. It is "{}" for the zero
// Schema.
func (s Schema) JSON() (json.RawMessage, error) {
	if s.source == nil {
		return json.RawMessage("{}"), nil
	}
	c := newComposer(schemaMode{}, newFragments(1))
	root, cut := c.compose(c.part(s.source, s.source.Root()), maxSchemaBytes)
	if root == nil || cut {
		return nil, fmt.Errorf("schema has more than %d bytes with its definitions", maxSchemaBytes)
	}
	return root.JSON(), nil
}

// IsZero reports whether s is the zero Schema.
func (s Schema) IsZero() bool { return s.source == nil }

// root returns the schema with the references at its top followed, or nil.
func (s Schema) root() *tree.Node {
	if s.source == nil {
		return nil
	}
	return follow(s.source, s.source.Root())
}

// A rawSchema is a schema with definitions of its own.
type rawSchema struct {
	root, defs *tree.Node
}

// standalone returns a schema that has its definitions in its own "$defs" as a source.
func standalone(schema *tree.Node) *rawSchema {
	return &rawSchema{root: schema, defs: schema.Get("$defs")}
}

func (s *rawSchema) Root() *tree.Node                  { return s.root }
func (s *rawSchema) Definition(name string) *tree.Node { return s.defs.Get(name) }

func (s *rawSchema) check() error {
	var err error
	look := func(n *tree.Node) {
		visitRefs(n, func(ref string) {
			name, ok := definitionName(ref)
			if err == nil && (!ok || s.Definition(name) == nil) {
				err = fmt.Errorf(`schema: reference %q is not to one of its own "$defs"`, ref)
			}
		})
	}
	look(s.root)
	if s.defs != nil {
		for _, m := range s.defs.Members {
			look(m.Value)
		}
	}
	return err
}

// maxSchemaBytes bounds what [Schema.JSON] returns.
const maxSchemaBytes = 64 << 20

const refPrefix = "#/$defs/"

// definitionName returns the NAME of a reference "#/$defs/NAME".
func definitionName(ref string) (name string, ok bool) {
	name, ok = strings.CutPrefix(ref, refPrefix)
	if !ok || strings.ContainsAny(name, "/%") {
		return "", false
	}
	if strings.Contains(name, "~") {
		name = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
	}
	return name, true
}

func reference(name string) string { return refPrefix + tree.EscapePointer(name) }

// references yields n, what it refers to, what that refers to, and so on. A
// reference with other keywords beside it is followed too: use it to look at a
// schema, not to copy it.
func references(resolve func(name string) *tree.Node, n *tree.Node) iter.Seq[*tree.Node] {
	return func(yield func(*tree.Node) bool) {
		for range 32 { // a chain that is longer is a loop
			name, ok := definitionName(n.Get("$ref").Str())
			if !yield(n) || !ok {
				return
			}
			n = resolve(name)
		}
	}
}

// follow returns the last of the references of n, or nil if there is no end.
func follow(source schemaSource, n *tree.Node) *tree.Node {
	for n = range references(source.Definition, n) {
	}
	if n.Get("$ref") != nil {
		return nil
	}
	return n
}

// variants returns n and all that describes the same value: what it refers to and
// the branches of its compositions, the nearest first and each once.
func variants(source schemaSource, n *tree.Node) iter.Seq[*tree.Node] {
	return func(yield func(*tree.Node) bool) {
		seen := map[*tree.Node]bool{nil: true}
		for queue := []*tree.Node{n}; len(queue) > 0; queue = queue[1:] {
			n := queue[0]
			if seen[n] {
				continue
			}
			seen[n] = true
			if !yield(n) {
				return
			}
			if name, ok := definitionName(n.Get("$ref").Str()); ok {
				queue = append(queue, source.Definition(name))
			}
			for _, keyword := range [...]string{"allOf", "anyOf", "oneOf"} {
				queue = append(queue, elements(n.Get(keyword))...)
			}
		}
	}
}

// The keywords of JSON Schema 2020-12 whose value is a schema, a list of
// schemas and an object of schemas. Where the value of additionalProperties,
// unevaluatedItems or unevaluatedProperties is a boolean, it stays as it is.
var schemaKeywords = map[string]keyword{
	"additionalProperties": keywordSchema, "contains": keywordSchema, "contentSchema": keywordSchema,
	"else": keywordSchema, "if": keywordSchema, "items": keywordSchema, "not": keywordSchema,
	"propertyNames": keywordSchema, "then": keywordSchema, "unevaluatedItems": keywordSchema,
	"unevaluatedProperties": keywordSchema,

	"allOf": keywordList, "anyOf": keywordList, "oneOf": keywordList, "prefixItems": keywordList,

	"dependentSchemas": keywordMap, "patternProperties": keywordMap, "properties": keywordMap,
}

type keyword uint8

const (
	keywordSchema keyword = iota + 1
	keywordList
	keywordMap
)

// eachSubschema calls f with each schema directly inside n, and the keyword that it
// belongs to.
func eachSubschema(n *tree.Node, f func(keyword string, sub *tree.Node)) {
	if !n.Is(tree.Object) {
		return
	}
	for _, m := range n.Members {
		switch schemaKeywords[m.Key] {
		case keywordSchema:
			f(m.Key, m.Value)
		case keywordList:
			for _, item := range m.Value.Items {
				f(m.Key, item)
			}
		case keywordMap:
			for _, p := range m.Value.Members {
				f(m.Key, p.Value)
			}
		}
	}
}

// visitRefs calls f with each reference in the schema n.
func visitRefs(n *tree.Node, f func(ref string)) {
	if ref := n.Get("$ref"); ref.Is(tree.String) {
		f(ref.Text)
	}
	eachSubschema(n, func(_ string, sub *tree.Node) { visitRefs(sub, f) })
}

// types returns the types that a schema names.
func types(n *tree.Node) []string {
	t := n.Get("type")
	if t.Is(tree.String) {
		return []string{t.Text}
	}
	var names []string
	for _, item := range elements(t) {
		names = append(names, item.Str())
	}
	return names
}

// elements returns the items of an array, and nothing for anything else.
func elements(n *tree.Node) []*tree.Node {
	if n == nil {
		return nil
	}
	return n.Items
}
