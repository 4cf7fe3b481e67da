package openapi

import (
	"sync"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A Schema is a schema of a document as JSON Schema 2020-12. It is converted
// when it is asked for. A Schema is safe for concurrent use.
type Schema struct {
	set  *schemaSet
	node *tree.Node
}

// Root returns the schema. Its references have the form "#/$defs/NAME", where
// NAME is known to [Schema.Definition].
func (s *Schema) Root() *tree.Node {
	s.set.mu.Lock()
	defer s.set.mu.Unlock()
	return s.set.convert(s.node)
}

// Definition returns the definition with the given name, which is the same node
// for all schemas of a document, or nil.
func (s *Schema) Definition(name string) *tree.Node { return s.set.definition(name) }

// A schemaSet is the schemas of one document.
type schemaSet struct {
	// siblings says whether what stands beside a $ref counts (OpenAPI 3.1).
	siblings bool

	// files says whether the type "file" of Swagger forms, written into a
	// document of OpenAPI 3, means what it has instead.
	files bool

	// schemas are the schemas that operations use, roots their places in order.
	// Both are needed for the survey only.
	schemas map[*tree.Node]*Schema
	roots   []place

	// definitions are the schemas that references lead to, by name. links holds
	// the name for each schema that is a reference, "" if it leads nowhere. Both
	// are complete after the survey.
	definitions map[string]definition
	links       map[*tree.Node]string

	// anything and nothing are the schemas true and false, text that of a string.
	anything, nothing, text *tree.Node

	mu        sync.Mutex
	converted map[*tree.Node]*tree.Node
	bases     map[string]*tree.Node
}

// A definition is a schema that references lead to.
type definition struct {
	node *tree.Node

	// own says that only what the schema itself says is meant, without what it
	// says through other schemas for the same value: see surveyor.link.
	// allOf says that its allOf, from where nothing leads back, is meant too.
	own, allOf bool
}

func newSchemaSet() *schemaSet {
	anything := tree.NewObject()
	return &schemaSet{
		anything:    anything,
		nothing:     tree.NewObject(tree.Member{Key: "not", Value: anything}),
		text:        tree.NewObject(tree.Member{Key: "type", Value: tree.NewString("string")}),
		schemas:     make(map[*tree.Node]*Schema),
		definitions: make(map[string]definition),
		links:       make(map[*tree.Node]string),
		converted:   make(map[*tree.Node]*tree.Node),
		bases:       make(map[string]*tree.Node),
	}
}

// schema returns the schema at p, nil if there is none.
func (l *loader) schema(p place) *Schema {
	if absent(p) {
		return nil
	}
	if !isSchema(p.node) {
		l.problems.add(p, "a schema is wanted here; any value is allowed")
		return nil
	}
	return l.schemas.schema(p)
}

// textSchema returns the schema of a text.
func (l *loader) textSchema() *Schema { return l.schemas.schema(place{node: l.schemas.text}) }

func (s *schemaSet) schema(p place) *Schema {
	known := s.schemas[p.node]
	if known == nil {
		known = &Schema{set: s, node: p.node}
		s.schemas[p.node] = known
		s.roots = append(s.roots, p)
	}
	return known
}

func (s *schemaSet) definition(name string) *tree.Node {
	d, ok := s.definitions[name]
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !d.own {
		return s.convert(d.node)
	}
	base := s.bases[name]
	if base == nil {
		n := withoutInPlace(d.node)
		if d.allOf {
			n = n.With("allOf", d.node.Get("allOf"))
		}
		base = s.convert(n)
		s.bases[name] = base
	}
	return base
}

func isSchema(n *tree.Node) bool { return n.Is(tree.Object) || n.Is(tree.Bool) }
