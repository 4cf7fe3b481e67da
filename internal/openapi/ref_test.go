package openapi

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// expanded returns a schema as JSON with each reference replaced by its
// definition, four times at most.
func expanded(s *Schema) string {
	var expand func(n *tree.Node, depth int) *tree.Node
	expand = func(n *tree.Node, depth int) *tree.Node {
		if name, ok := strings.CutPrefix(n.Get("$ref").Str(), "#/$defs/"); ok && depth < 4 {
			return expand(s.Definition(name), depth+1)
		}
		if !n.Is(tree.Object) {
			return n
		}
		var members []tree.Member
		for key, v := range n.All() {
			members = append(members, tree.Member{Key: key, Value: expand(v, depth)})
		}
		return tree.NewObject(members...)
	}
	return string(expand(s.Root(), 0).JSON())
}

func TestReferences(t *testing.T) {
	const document = `
openapi: 3.1.0
$self: https://api.example/openapi
$defs: {T: {title: of the document}}
paths:
  /a/{x}:
    parameters: [{name: x, in: path, required: true, schema: {title: in the path}}]
    get: {parameters: [{name: q, in: query, schema: %s}]}
components:
  schemas:
    Pet: {title: Pet, properties: {name: {title: name}}, allOf: [{title: part}]}
    'a/b~c d%%': {title: escaped}
    'Пёс': {title: dog}
    Link: {$ref: '#/components/schemas/Pet'}
    Anchored: {$anchor: spot, title: anchored}
    Dynamic: {$dynamicAnchor: node, title: dynamic}
    Named: {$id: 'https://api.example/named', title: named, $defs: {in: {title: inside}}}
    Generated: {title: G, properties: {a: {$ref: '#/$defs/Part'}}, $defs: {Part: {title: part of G, properties: {b: {$ref: '#/$defs/Other'}}}, Other: {title: other}}}
    Self: {$id: self, title: S, properties: {s: {$ref: '#/$defs/T'}}, $defs: {T: {title: T}}}
    Tree: {title: tree, properties: {next: {$ref: '#'}}}
    Yes: true
    File: {$ref: parts/pet.yaml}
  parameters: {p: {schema: {title: of a parameter}}}
`
	fsys := fstest.MapFS{
		"api/parts/pet.yaml":  {Data: []byte("title: file\nproperties: {toy: {$ref: 'toy.json#/definitions/Toy'}, back: {$ref: '../openapi.yaml#/components/schemas/Pet'}}")},
		"api/parts/toy.json":  {Data: []byte(`{"definitions": {"Toy": {"title": "toy", "properties": {"up": {"$ref": "#/definitions/Up"}}}, "Up": {"$ref": "../../shared/up.yaml"}}}`)},
		"shared/up.yaml":      {Data: []byte("title: up")},
		"api/main-style.yaml": {Data: []byte("title: split\nproperties: {p: {$ref: '#/components/schemas/Pet'}}")},
		"api/a b.yaml":        {Data: []byte("title: space")},
		"api/broken.yaml":     {Data: []byte("title: [")},
		"api/text.yaml":       {Data: []byte("only text")},
		"api/folder/x.yaml":   {Data: []byte("title: x")},
	}
	const pet = `{"title":"Pet","properties":{"name":{"title":"name"}},"allOf":[{"title":"part"}]}`
	tests := []struct{ name, schema, want, problem string }{
		{"by name", "{$ref: '#/components/schemas/Pet'}", pet, ""},
		{"through a reference", "{$ref: '#/components/schemas/Link'}", pet, ""},
		{"part of a schema", "{$ref: '#/components/schemas/Pet/properties/name'}", `{"title":"name"}`, ""},
		{"element of a list", "{$ref: '#/components/schemas/Pet/allOf/0'}", `{"title":"part"}`, ""},
		{"part through a reference", "{$ref: '#/components/schemas/Link/properties/name'}", `{"title":"name"}`, ""},
		{"part through a file", "{$ref: '#/components/schemas/File/properties/toy/properties/up'}", `{"title":"up"}`, ""},
		{"in a path", "{$ref: '#/paths/~1a~1{x}/parameters/0/schema'}", `{"title":"in the path"}`, ""},
		{"in a path, percent-encoded", "{$ref: '#/paths/~1a~1%%7Bx%%7D/parameters/0/schema'}", `{"title":"in the path"}`, ""},
		{"in a parameter", "{$ref: '#/components/parameters/p/schema'}", `{"title":"of a parameter"}`, ""},
		{"escaped", "{$ref: '#/components/schemas/a~1b~0c%%20d%%25'}", `{"title":"escaped"}`, ""},
		{"beyond ASCII", "{$ref: '#/components/schemas/Пёс'}", `{"title":"dog"}`, ""},
		{"beyond ASCII, percent-encoded", "{$ref: '#/components/schemas/%%D0%%9F%%D1%%91%%D1%%81'}", `{"title":"dog"}`, ""},
		{"without a slash", "{$ref: '#components/schemas/Pet'}", pet, ""},
		{"by name alone", "{$ref: Pet}", pet, ""},
		{"anchor", "{$ref: '#spot'}", `{"title":"anchored"}`, ""},
		{"dynamic reference", "{$dynamicRef: '#node'}", `{"title":"dynamic"}`, ""},
		{"by $id", "{$ref: https://api.example/named}", `{"title":"named"}`, ""},
		{"inside of an $id", "{$ref: 'https://api.example/named#/$defs/in'}", `{"title":"inside"}`, ""},
		{"by $self", "{$ref: 'https://api.example/openapi#/components/schemas/Pet'}", pet, ""},
		{"definitions inside of a schema", "{$ref: '#/components/schemas/Generated'}", `{"title":"G","properties":{"a":{"title":"part of G","properties":{"b":{"title":"other"}}}}}`, ""},
		{"definitions inside of an $id", "{$ref: '#/components/schemas/Self'}", `{"title":"S","properties":{"s":{"title":"T"}}}`, ""},
		{"definitions in place", "{properties: {a: {$ref: '#/$defs/x'}}, $defs: {x: {title: x}}}", `{"properties":{"a":{"title":"x"}}}`, ""},
		{"itself", "{$ref: '#/components/schemas/Tree'}", strings.Repeat(`{"title":"tree","properties":{"next":`, 4) + `{"$ref":"#/$defs/Tree"}` + strings.Repeat("}}", 4), ""},
		{"true", "{$ref: '#/components/schemas/Yes'}", `{}`, ""},
		{"file", "{$ref: ./parts/pet.yaml}", `{"title":"file","properties":{"toy":{"title":"toy","properties":{"up":{"title":"up"}}},"back":` + pet + `}}`, ""},
		{"part of a file", "{$ref: 'parts/toy.json#/definitions/Up'}", `{"title":"up"}`, ""},
		{"whole file as a fragment", "{$ref: '../shared/up.yaml#'}", `{"title":"up"}`, ""},
		{"file with an escape", "{$ref: 'a%%20b.yaml'}", `{"title":"space"}`, ""},
		{"this very file", "{$ref: 'openapi.yaml#/components/schemas/Pet'}", pet, ""},
		{"of the main document in a file", "{$ref: main-style.yaml}", `{"title":"split","properties":{"p":` + pet + `}}`, ""},

		{"dead", "{$ref: '#/components/schemas/No'}", "{}", `there is no "No"`},
		{"dead part", "{$ref: '#/components/schemas/Pet/properties/no'}", "{}", "there is no"},
		{"dead anchor", "{$ref: '#no'}", "{}", `there is no "#no"`},
		{"no schema", "{$ref: '#/components/schemas/Pet/title'}", "{}", "there is no schema"},
		{"a whole document", "{properties: {a: {$ref: 'openapi.yaml'}}}", `{"properties":{"a":{}}}`, "there is no schema"},
		{"dead file", "{$ref: no.yaml}", "{}", "there is no file api/no.yaml"},
		{"broken file", "{$ref: broken.yaml}", "{}", "leads nowhere: line "},
		{"file of text", "{$ref: text.yaml}", "{}", "there is no schema"},
		{"folder", "{$ref: folder}", "{}", "not a regular file"},
		{"out of the folder", "{$ref: ../../etc/passwd}", "{}", "out of the folder"},
		{"out of the folder, escaped", "{$ref: '%%2e%%2e/%%2e%%2e/etc/passwd'}", "{}", "out of the folder"},
		{"absolute path", "{$ref: /etc/passwd}", "{}", "out of the folder"},
		{"file URL", "{$ref: 'file:///etc/passwd'}", "{}", "over the network"},
		{"URL", "{$ref: 'http://169.254.169.254/x.yaml'}", "{}", "nothing is read over the network"},
		{"URL without a scheme", "{$ref: //a.example/x.yaml}", "{}", "nothing is read over the network"},
		{"no URI", "{$ref: ':'}", "{}", "not a URI reference"},
		{"nothing", "{$ref: ''}", "{}", "it is empty"},
		{"very long", "{$ref: '" + strings.Repeat("x", maxRef+1) + "'}", "{}", "too long"},
		{"through itself", "{$ref: '#/components/schemas/Round/x'}", "{}", "there is no"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all := fstest.MapFS{"api/openapi.yaml": {Data: fmt.Appendf(nil, document, strings.ReplaceAll(tt.schema, "%%", "%"))}}
			for name, file := range fsys {
				all[name] = file
			}
			doc, err := Load(Source{FS: all, Name: "api/openapi.yaml"})
			if err != nil {
				t.Fatal(err)
			}
			if got := expanded(doc.Operations[0].Parameters[1].Schema); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if tt.problem == "" {
				checkProblems(t, doc.Problems)
			} else {
				checkProblems(t, doc.Problems, tt.problem)
			}
			whole(t, doc)
		})
	}
}

func TestReferenceSiblings(t *testing.T) {
	op, problems := oneOperation(t, `
openapi: 3.1.0
paths:
  /x:
    get:
      parameters: [{$ref: '#/components/parameters/a', description: nearer, required: false}]
      requestBody: {$ref: '#/components/requestBodies/b', description: nearer}
      responses: {200: {$ref: '#/components/responses/c', description: nearer}}
components:
  parameters: {a: {$ref: '#/components/parameters/aa'}, aa: {name: a, in: query, required: true, description: far}}
  requestBodies: {b: {description: far, content: {a/b: {}}}}
  responses: {c: {description: far, content: {a/b: {}}}}
`)
	checkProblems(t, problems)
	for _, got := range []string{op.Parameters[0].Description, op.RequestBody.Description, op.Responses[0].Description} {
		if got != "nearer" {
			t.Errorf("Description = %q, want %q", got, "nearer")
		}
	}
	if !op.Parameters[0].Required {
		t.Error("Required = false, want what the parameter says")
	}
}

func TestTextsInFiles(t *testing.T) {
	doc, err := Load(Source{FS: fstest.MapFS{
		"openapi.yaml": {Data: []byte("openapi: 3.0.0\ninfo: {title: {$ref: 'texts.yaml#/title'}, description: {$ref: intro.md}, version: {$ref: no.md}}")},
		"texts.yaml":   {Data: []byte("title: T")},
		"intro.md":     {Data: []byte("# Hello: {world\n\n- a\n")},
	}, Name: "openapi.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if doc.Title != "T" || doc.Description != "# Hello: {world\n\n- a" {
		t.Errorf("Title, Description = %q, %q, want the texts of the files", doc.Title, doc.Description)
	}
	checkProblems(t, doc.Problems, "no file no.md")
}

func TestReferencesWithoutFiles(t *testing.T) {
	doc := mustLoad(t, "openapi: 3.0.0\npaths: {/a: {$ref: a.yaml}, /b: {get: {}}}")
	checkProblems(t, doc.Problems, "no file beside it", "no operations")
	if len(doc.Operations) != 1 {
		t.Errorf("%d operations, want 1", len(doc.Operations))
	}
}

// countingFS counts how often each file is opened.
type countingFS struct {
	fs.FS
	opened map[string]int
}

func (c countingFS) Open(name string) (fs.File, error) {
	c.opened[name]++
	return c.FS.Open(name)
}

func (c countingFS) Stat(name string) (fs.FileInfo, error) { return fs.Stat(c.FS, name) }

func TestFilesAreReadOnce(t *testing.T) {
	fsys := countingFS{fstest.MapFS{
		"openapi.yaml": {Data: []byte(`
openapi: 3.0.0
paths:
  /a: {get: {responses: {200: {$ref: 'r.yaml#/a'}, 201: {$ref: 'r.yaml#/b'}, 202: {$ref: no.yaml}, 203: {$ref: './no.yaml'}}}}
`)},
		"r.yaml": {Data: []byte("{a: {content: {a/b: {schema: {$ref: '#/s'}}}}, b: {content: {a/b: {schema: {$ref: 'r.yaml#/s'}}}}, s: {type: string}}")},
	}, make(map[string]int)}
	doc, err := Load(Source{FS: fsys, Name: "openapi.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	before := len(fsys.opened)
	whole(t, doc)
	if after := len(fsys.opened); after != before {
		t.Errorf("%d files opened after Load, want none", after-before)
	}
	for name, n := range fsys.opened {
		if n != 1 {
			t.Errorf("%s opened %d times, want once", name, n)
		}
	}
	for _, r := range doc.Operations[0].Responses {
		if got, want := root(r.Content[0].Schema), `{"$ref":"#/$defs/s"}`; got != want {
			t.Errorf("schema = %s, want %s", got, want)
		}
	}
}
