package openapi

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// schemasOf returns every schema of the operations of a document.
func schemasOf(doc *Document) []*Schema {
	var schemas []*Schema
	add := func(s *Schema) {
		if s != nil {
			schemas = append(schemas, s)
		}
	}
	content := func(types []MediaType) {
		for _, m := range types {
			add(m.Schema)
			add(m.ItemSchema)
		}
	}
	for _, op := range doc.Operations {
		for _, p := range op.Parameters {
			add(p.Schema)
		}
		if op.RequestBody != nil {
			content(op.RequestBody.Content)
		}
		for _, r := range op.Responses {
			content(r.Content)
		}
	}
	return schemas
}

// whole returns one JSON Schema that holds all schemas of a document and their
// definitions. It fails the test for a reference that does not lead to one.
func whole(t testing.TB, doc *Document) *tree.Node {
	t.Helper()
	definitions := make(map[string]*tree.Node)
	var members []tree.Member
	var roots []*tree.Node
	var walk func(s *Schema, n *tree.Node)
	walk = func(s *Schema, n *tree.Node) {
		if ref := n.Get("$ref"); ref.Is(tree.String) {
			name, ok := strings.CutPrefix(ref.Text, "#/$defs/")
			if !ok {
				t.Fatalf("$ref = %q, want a definition", ref.Text)
			}
			if _, known := definitions[name]; !known {
				d := s.Definition(name)
				if d == nil {
					t.Fatalf("there is no definition %q", name)
				}
				definitions[name] = d
				members = append(members, tree.Member{Key: name, Value: d})
				walk(s, d)
			}
			if s.Definition(name) != definitions[name] {
				t.Fatalf("the definition %q is not always the same node", name)
			}
		}
		for _, sub := range subschemas(place{node: n}) {
			walk(s, sub.node)
		}
	}
	for _, s := range schemasOf(doc) {
		root := s.Root()
		roots = append(roots, root)
		walk(s, root)
	}
	all := []tree.Member{{Key: "$defs", Value: tree.NewObject(members...)}}
	if len(roots) > 0 {
		all = append(all, tree.Member{Key: "prefixItems", Value: tree.NewArray(roots...)})
	}
	return tree.NewObject(all...)
}

// anyRegexp stands for what Go cannot compile.
type anyRegexp string

func (anyRegexp) MatchString(string) bool { return true }
func (r anyRegexp) String() string        { return string(r) }

// compile compiles a JSON Schema 2020-12, which validates it against the
// metaschema first.
func compile(schema *tree.Node) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseRegexpEngine(func(s string) (jsonschema.Regexp, error) {
		if re, err := regexp.Compile(s); err == nil {
			return re, nil
		}
		return anyRegexp(s), nil
	})
	if err := c.AddResource("schema.json", schema.Any()); err != nil {
		return nil, err
	}
	return c.Compile("schema.json")
}

func TestCorpusSchemas(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	for _, s := range corpus(t) {
		t.Run(s.name, func(t *testing.T) {
			doc, err := Load(s.source())
			if err != nil {
				t.Skip(err)
			}
			schema := whole(t, doc)
			if _, err := compile(schema); err != nil {
				t.Error(shortened(err))
			}
			if name := endless(schema); name != "" {
				t.Errorf("the definition %q never ends", name)
			}
		})
	}
}

func shortened(err error) string {
	s := fmt.Sprintf("%#v", err)
	if v, ok := err.(*jsonschema.SchemaValidationError); ok {
		s = fmt.Sprintf("%#v", v.Err)
	}
	return s[:min(len(s), 3000)]
}
