package openapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// namesOf returns the names of all definitions of a document in order.
func namesOf(t *testing.T, doc *Document) []string {
	t.Helper()
	var names []string
	for name := range whole(t, doc).Get("$defs").All() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestDefinitionNames(t *testing.T) {
	tests := []struct {
		name string
		refs []string
		want []string
	}{
		{"schemas", []string{"#/components/schemas/Pet", "#/components/schemas/io.k8s.v1.Pod-x_y"}, []string{"Pet", "io.k8s.v1.Pod-x_y"}},
		{"illegal letters", []string{"#/components/schemas/a b[c]", "#/components/schemas/Ответ"}, []string{"a_b_c", "schema"}},
		{"parts", []string{"#/components/schemas/Pet/properties/name", "#/components/schemas/Pet/allOf/0"}, []string{"Pet_3", "Pet_name"}},
		{"in a path", []string{"#/paths/~1x/get/responses/200/content/application~1json/schema"}, []string{"get"}},
		{"keywords for names", []string{"#/components/schemas/items", "#/components/schemas/200"}, []string{"200", "items"}},
		{"files", []string{"Pet.yaml", "other/Pet.yaml", "other/Pet.yaml#/definitions/Cat", "other/Pet.yaml#/definitions/Pet"}, []string{"Cat", "Pet_3", "Pet_4", "Pet_5"}},
		{"one target in many ways", []string{"#/components/schemas/Pet", "openapi.yaml#/components/schemas/Pet", "#/components/schemas/%50et"}, []string{"Pet"}},
		{"what looks like a number of another", []string{"#/components/schemas/Pet_2", "Pet.yaml"}, []string{"Pet_2", "Pet_3"}},
		{"very long", []string{"#/components/schemas/" + strings.Repeat("a", 300)}, []string{strings.Repeat("a", maxDefinitionName)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var parameters []string
			for i, ref := range tt.refs {
				parameters = append(parameters, fmt.Sprintf("{name: p%d, in: query, schema: {$ref: '%s'}}", i, ref))
			}
			fsys := fstest.MapFS{
				"openapi.yaml": {Data: []byte(`
openapi: 3.0.0
paths:
  /x: {get: {responses: {200: {content: {application/json: {schema: {type: string}}}}}, parameters: [` + strings.Join(parameters, ", ") + `]}}
components:
  schemas:
    Pet: {properties: {name: {}}, allOf: [{title: part}]}
    Pet_2: {}
    io.k8s.v1.Pod-x_y: {}
    a b[c]: {}
    Ответ: {}
    items: {}
    200: {}
    ` + strings.Repeat("a", 300) + `: {}
`)},
				"Pet.yaml":       {Data: []byte("type: object")},
				"other/Pet.yaml": {Data: []byte("definitions: {Cat: {}, Pet: {}}")},
			}
			if tt.name == "what looks like a number of another" {
				// The name of a schema of the document stays free for it.
				slices.Reverse(parameters)
			}
			doc, err := Load(Source{FS: fsys, Name: "openapi.yaml"})
			if err != nil {
				t.Fatal(err)
			}
			checkProblems(t, doc.Problems)
			if diff := cmp.Diff(tt.want, namesOf(t, doc)); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			for i, ref := range tt.refs {
				if name, ok := strings.CutPrefix(ref, "#/components/schemas/Pet"); ok && name == "" {
					if got, want := root(doc.Operations[0].Parameters[i].Schema), `{"$ref":"#/$defs/Pet"}`; got != want {
						t.Errorf("schema = %s, want %s", got, want)
					}
				}
			}
		})
	}
}

func TestCircles(t *testing.T) {
	tests := []struct {
		name     string
		schemas  string
		want     string // of the schema A and what it leads to
		valid    string
		invalid  string
		problems []string
	}{
		{"properties", "{A: {required: [n], properties: {n: {type: integer}, next: {$ref: '#/components/schemas/A'}}}}",
			`{"A":{"required":["n"],"properties":{"n":{"type":"integer"},"next":{"$ref":"#/$defs/A"}}}}`,
			`{"n": 1, "next": {"n": 2}}`, `{"n": 1, "next": {}}`, nil},
		{"two", "{A: {properties: {b: {$ref: '#/components/schemas/B'}}}, B: {type: object, properties: {a: {$ref: '#/components/schemas/A'}}}}",
			`{"A":{"properties":{"b":{"$ref":"#/$defs/B"}}},"B":{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}}}}`,
			`{"b": {"a": {}}}`, `{"b": {"a": {"b": 1}}}`, nil},
		{"a reference to itself", "{A: {$ref: '#/components/schemas/A'}}", `{"A":{}}`, `1`, ``, []string{"in a circle"}},
		{"references to each other", "{A: {$ref: '#/components/schemas/B'}, B: {$ref: '#/components/schemas/A'}}",
			`{"A":{"$ref":"#/$defs/B"},"B":{}}`, `1`, ``, []string{"in a circle"}},
		{"allOf itself", "{A: {type: object, allOf: [{$ref: '#/components/schemas/A'}, {required: [a]}]}}",
			`{"A":{"type":"object","allOf":[{"$ref":"#/$defs/A_own"},{"required":["a"]}]},"A_own":{"type":"object"}}`,
			`{"a": 1}`, `{}`, nil},
		{"a base that is one of its variants", `{
			A: {type: object, required: [kind], properties: {kind: {type: string}}, oneOf: [{$ref: '#/components/schemas/B'}, {$ref: '#/components/schemas/C'}]},
			B: {allOf: [{$ref: '#/components/schemas/A'}, {required: [b]}]},
			C: {allOf: [{$ref: '#/components/schemas/A'}, {required: [c]}]}}`,
			`{"A":{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"}},"oneOf":[{"$ref":"#/$defs/B"},{"$ref":"#/$defs/C"}]},` +
				`"B":{"allOf":[{"$ref":"#/$defs/A_own"},{"required":["b"]}]},` +
				`"A_own":{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"}}},` +
				`"C":{"allOf":[{"$ref":"#/$defs/A_own"},{"required":["c"]}]}}`,
			`{"kind": "b", "b": 1}`, `{"b": 1}`, nil},
		{"a variant that is reached before its base", `{
			A: {allOf: [{$ref: '#/components/schemas/B'}, {required: [a]}]},
			B: {type: object, required: [kind], oneOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/C'}]},
			C: {allOf: [{$ref: '#/components/schemas/B'}, {required: [c]}]}}`,
			`{"A":{"allOf":[{"$ref":"#/$defs/B_own"},{"required":["a"]}]},"B_own":{"type":"object","required":["kind"]}}`,
			`{"kind": "a", "a": 1}`, `{"kind": "a", "c": 1}`, nil},
		{"a variant of a variant that is reached first", `{
			A: {allOf: [{$ref: '#/components/schemas/B'}, {required: [a]}]},
			B: {allOf: [{$ref: '#/components/schemas/C'}, {required: [b]}]},
			C: {required: [c], properties: {next: {$ref: '#/components/schemas/C'}}, anyOf: [{$ref: '#/components/schemas/A'}, {required: [d]}]}}`,
			`{"A":{"allOf":[{"$ref":"#/$defs/B"},{"required":["a"]}]},` +
				`"B":{"allOf":[{"$ref":"#/$defs/C_own"},{"required":["b"]}]},` +
				`"C_own":{"required":["c"],"properties":{"next":{"$ref":"#/$defs/C"}}},` +
				`"C":{"required":["c"],"properties":{"next":{"$ref":"#/$defs/C"}},"anyOf":[{"$ref":"#/$defs/A"},{"required":["d"]}]}}`,
			`{"a": 1, "b": 1, "c": 1, "next": {"c": 1, "d": 1}}`, `{"a": 1, "b": 1, "c": 1, "next": {"c": 1, "a": 1}}`, nil},
		{"a base that inherits", `{
			A: {allOf: [{$ref: '#/components/schemas/B'}, {required: [a]}]},
			B: {allOf: [{$ref: '#/components/schemas/C'}], oneOf: [{$ref: '#/components/schemas/A'}]},
			C: {required: [c]}}`,
			`{"A":{"allOf":[{"$ref":"#/$defs/B_own"},{"required":["a"]}]},"B_own":{"allOf":[{"$ref":"#/$defs/C"}]},"C":{"required":["c"]}}`,
			`{"a": 1, "c": 1}`, `{"a": 1}`, nil},
		{"a base that inherits from what it is a variant of", `{
			A: {allOf: [{$ref: '#/components/schemas/B'}, {required: [a]}]},
			B: {allOf: [{$ref: '#/components/schemas/C'}], oneOf: [{$ref: '#/components/schemas/A'}], required: [b]},
			C: {required: [c], oneOf: [{$ref: '#/components/schemas/B'}]}}`,
			`{"A":{"allOf":[{"$ref":"#/$defs/B_own"},{"required":["a"]}]},"B_own":{"required":["b"]}}`,
			`{"a": 1, "b": 1}`, `{"a": 1, "c": 1}`, nil},
		{"a part of itself that is reached first", `{
			A: {$ref: '#/components/schemas/B/allOf/0'},
			B: {title: whole, allOf: [{title: part, allOf: [{$ref: '#/components/schemas/B'}, {required: [a]}]}]}}`,
			`{"A":{"$ref":"#/$defs/B_2"},"B_2":{"title":"part","allOf":[{"$ref":"#/$defs/B_own"},{"required":["a"]}]},"B_own":{"title":"whole"}}`,
			`{"a": 1}`, `{}`, nil},
		{"not itself", "{A: {not: {anyOf: [{type: string}, {$ref: '#/components/schemas/A'}]}}}",
			`{"A":{"not":{"anyOf":[{"type":"string"},{"$ref":"#/$defs/A_own"}]}},"A_own":{}}`, ``, `"x"`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := mustLoad(t, "openapi: 3.0.0\npaths: {/x: {get: {parameters: [{name: a, in: query, schema: {$ref: '#/components/schemas/A'}}]}}}\n"+
				"components: {schemas: "+tt.schemas+"}")
			checkProblems(t, doc.Problems, tt.problems...)
			all := whole(t, doc)
			if got := string(all.Get("$defs").JSON()); got != tt.want {
				t.Errorf("definitions\n got %s\nwant %s", got, tt.want)
			}
			if name := endless(all); name != "" {
				t.Errorf("the definition %q never ends", name)
			}
			schema, err := compile(all)
			if err != nil {
				t.Fatal(shortened(err))
			}
			for text, want := range map[string]bool{tt.valid: true, tt.invalid: false} {
				if text == "" {
					continue
				}
				var value any
				if err := json.Unmarshal([]byte("["+text+"]"), &value); err != nil {
					t.Fatal(err)
				}
				if err := schema.Validate(value); (err == nil) != want {
					t.Errorf("Validate(%s) = %v, want valid = %t", text, err, want)
				}
			}
		})
	}
}

func TestDeadReferencesAreReportedOnce(t *testing.T) {
	doc := mustLoad(t, `
openapi: 3.0.0
paths:
  /x:
    get: {parameters: [{name: a, in: query, schema: {items: {$ref: '#/no'}}}, {name: b, in: query, schema: {$ref: '#/no'}}]}
    put: {parameters: [{name: a, in: query, schema: {$ref: '#/components/schemas/A'}}]}
components: {schemas: {A: {properties: {a: {$ref: '#/no'}, b: {$ref: '#/neither'}, c: {example: {$ref: '#/data'}}}}, Unused: {$ref: '#/never'}}}
`)
	checkProblems(t, doc.Problems,
		`#/paths/~1x/get/parameters/0/schema/items: "#/no" leads nowhere`,
		`#/components/schemas/A/properties/b: "#/neither" leads nowhere`)
}

func TestProblemsDoNotControlTerminals(t *testing.T) {
	doc := mustLoad(t, `{"openapi": "3.0.0", "paths": {"/\u001b[2J\u202ex": {"get": {"operationId": ["a"]}}}}`)
	checkProblems(t, doc.Problems, "#/paths/~1x/get/operationId: a text is wanted")
}

func TestProblemsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("openapi: 3.0.0\npaths:\n")
	for i := range maxProblems + 10 {
		fmt.Fprintf(&b, "  /p%d: {get: {parameters: [{$ref: '#/no'}]}}\n", i)
	}
	doc := mustLoad(t, b.String())
	if got, want := len(doc.Problems), maxProblems+1; got != want {
		t.Fatalf("%d problems, want %d", got, want)
	}
	if got, want := doc.Problems[maxProblems].Message, "10 more problems are not listed"; got != want {
		t.Errorf("last problem = %q, want %q", got, want)
	}
}
