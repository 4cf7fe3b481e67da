package openapi

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// Documents in this file cost more than they look. What the tests want is that
// they end: without a budget, each would take hours, or all the memory.

// repeat returns format filled with the numbers from 0 to n-1.
func repeat(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(format, "%d", fmt.Sprint(i)), "%n", fmt.Sprint(i+1)))
	}
	return b.String()
}

const queryOfA = "openapi: 3.1.0\npaths: {/x: {get: {parameters: [{name: a, in: query, schema: {$ref: '#/components/schemas/A0'}}]}}}\n"

func TestDiamonds(t *testing.T) {
	doc := mustLoad(t, queryOfA+"components:\n  schemas:\n"+
		repeat(40, "    A%d: {allOf: [{$ref: '#/components/schemas/A%n'}, {$ref: '#/components/schemas/A%n'}]}\n")+"    A40: {type: string}\n")
	checkProblems(t, doc.Problems)
	if got, want := len(whole(t, doc).Get("$defs").Members), 41; got != want {
		t.Errorf("%d definitions, want %d", got, want)
	}
}

// TestDiamondsOfAliases has a schema of 2^18 subschemas that are all one.
func TestDiamondsOfAliases(t *testing.T) {
	doc := mustLoad(t, "openapi: 3.0.0\nx-a18: &a18 {nullable: true, type: string}\n"+
		strings.Join(reversed(strings.SplitAfter(repeat(18, "x-a%d: &a%d {allOf: [*a%n, *a%n]}\n"), "\n")), "")+
		"paths: {/x: {get: {parameters: [{name: a, in: query, schema: *a0}]}}}\n")
	n := doc.Operations[0].Parameters[0].Schema.Root()
	for range 18 {
		items := n.Get("allOf").Items
		if len(items) != 2 || items[0] != items[1] {
			t.Fatalf("allOf = %d schemas, want one node twice", len(items))
		}
		n = items[0]
	}
	if got, want := string(n.JSON()), `{"type":["string","null"]}`; got != want {
		t.Errorf("schema = %s, want %s", got, want)
	}
}

func reversed(lines []string) []string {
	out := make([]string, 0, len(lines))
	for i := len(lines) - 1; i >= 0; i-- {
		out = append(out, lines[i])
	}
	return out
}

func TestLongChains(t *testing.T) {
	const n = 20_000
	schemas := repeat(n, "    A%d: {$ref: '#/components/schemas/A%n'}\n")
	doc := mustLoad(t, queryOfA+"components:\n  schemas:\n"+schemas+fmt.Sprintf("    A%d: {type: string}\n", n))
	if got := len(whole(t, doc).Get("$defs").Members); got < maxInPlace || got > n {
		t.Errorf("%d definitions, want a chain that is cut", got)
	}
	doc = mustLoad(t, "openapi: 3.1.0\npaths: {/x: {get: {responses: {200: {$ref: '#/components/responses/A0'}}}}}\n"+
		"components:\n  responses:\n"+repeat(n, "    A%d: {$ref: '#/components/responses/A%n'}\n"))
	checkProblems(t, doc.Problems, "in a circle")
}

// TestPointersThroughReferences has pointers that lead through references that
// lead through references.
func TestPointersThroughReferences(t *testing.T) {
	doc := mustLoad(t, queryOfA+"components:\n  schemas:\n"+
		repeat(5_000, "    A%d: {$ref: '#/components/schemas/A%n/x/y'}\n"))
	checkProblems(t, doc.Problems, "leads nowhere")
	doc = mustLoad(t, queryOfA+"components: {schemas: {A0: {$ref: '#/components/schemas/A0/x'}}}")
	checkProblems(t, doc.Problems, "leads nowhere")
}

func TestDeepSchemas(t *testing.T) {
	nested := func(n int) string {
		return `{"openapi": "3.1.0", "paths": {"/x": {"get": {"parameters": [{"name": "a", "in": "query", "schema": ` +
			strings.Repeat(`{"not": `, n) + `{"example": 1}` + strings.Repeat("}", n) + `}]}}}}`
	}
	doc := mustLoad(t, nested(900))
	if got := root(doc.Operations[0].Parameters[0].Schema); !strings.Contains(got, `{"examples":[1]}`) {
		t.Errorf("schema = %.50s…, want the innermost one converted", got)
	}
	if _, err := loadText(nested(9_000)); err == nil || !strings.Contains(err.Error(), "levels deep") {
		t.Errorf("Load = %v, want an error about depth", err)
	}
}

// TestSharedParts has documents in which references multiply.
func TestSharedParts(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	const n = 5_000
	tests := []struct {
		name, doc string
		cut       bool
	}{
		{"path items", "paths:\n" + repeat(n, "  /p%d: {$ref: '#/x-item'}\n") + "x-item:\n  get:\n    parameters:\n" + repeat(900, "    - {name: p%d, in: query}\n"), true},
		{"path items with siblings", "paths:\n" + repeat(n, "  /p%d: {$ref: '#/x-item', summary: s}\n") + "x-item:\n  get: {}\n" + repeat(n, "  x-%d: 1\n"), true},
		{"descriptions of references", "paths:\n" + repeat(n, "  /p%d: {get: {responses: {200: {$ref: '#/x-r', description: d}}}}\n") + "x-r:\n" + repeat(n, "  x%d: 1\n"), true},
		{"responses of one operation", "paths:\n  /p:\n    get:\n      responses:\n" + repeat(400, "        1%d: {$ref: '#/x-r'}\n        2%d: {$ref: '#/x-r'}\n") + "x-r:\n  content:\n" + repeat(n*4, "    a/t%d: {}\n"), true},
		{"security", "security:\n" + repeat(n, "  - {s%d: []}\n") + "paths:\n" + repeat(n, "  /p%d: {get: {}}\n"), true},
		{"placeholders", `{"openapi": "3.0.0", "paths": {` + repeat(n, `"/p%d/`+repeat(300, "{a%d}")+`": {"get": {}},`) + `"/": {}}}`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.doc[0] != '{' {
				tt.doc = "openapi: 3.0.0\n" + tt.doc
			}
			doc := mustLoad(t, tt.doc)
			parts := 0
			for _, op := range doc.Operations {
				parts += 1 + len(op.Parameters) + len(op.Security)
				for _, r := range op.Responses {
					parts += 1 + len(r.Content)
				}
			}
			if parts > maxParts {
				t.Errorf("%d parts, want at most %d", parts, maxParts)
			}
			cut := slices.ContainsFunc(doc.Problems, func(p Problem) bool { return strings.Contains(p.Message, "parts together") })
			if cut != tt.cut {
				t.Errorf("a problem about parts = %t, want %t", cut, tt.cut)
			}
		})
	}
}

func TestLongKeys(t *testing.T) {
	key := strings.Repeat("k", 1<<20)
	doc := mustLoad(t, `{"openapi": "3.0.0", "paths": {"/x": {"get": {"parameters": [{"name": "a", "in": "query", "schema": {"properties": {"`+key+`": {"properties": {`+
		repeat(20_000, `"p%d": {"properties": {"q": {"$ref": "#/no%d"}}},`)+`"p": {}}}}}}]}}}}`)
	if len(doc.Problems) == 0 {
		t.Error("no problems, want dead references")
	}
	for _, p := range doc.Problems {
		if len(p.Pointer) > 2*maxPointer {
			t.Fatalf("a pointer of %d bytes, want at most %d", len(p.Pointer), 2*maxPointer)
		}
	}
}

func TestLargeLists(t *testing.T) {
	const n = 100_000
	doc := mustLoad(t, `{"openapi": "3.0.0", "paths": {"/x": {"get": {"parameters": [{"name": "a", "in": "query", "schema":
		{"enum": [`+repeat(n, "%d,")+`0], "required": [`+repeat(n, `"%d",`)+`"0"], "type": [`+repeat(n, `"string",`)+`"string"]}}]}}}}`)
	schema := doc.Operations[0].Parameters[0].Schema.Root()
	for key, want := range map[string]int{"enum": n, "required": n, "type": 1} {
		if got := len(schema.Get(key).Items); got != want {
			t.Errorf("%s has %d items, want %d", key, got, want)
		}
	}
	op, problems := oneOperation(t, `{"openapi": "3.0.0", "paths": {"/x": {"get": {"parameters": [`+repeat(n, `{"name": "p%d", "in": "query"},`)+`{}]}}}}`)
	if got := len(op.Parameters); got != maxInputs {
		t.Errorf("%d parameters, want %d", got, maxInputs)
	}
	checkProblems(t, problems, "more than 1000 parameters")
}

func TestManyOperations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 5_000
	}
	data := `{"openapi": "3.0.0", "paths": {` + repeat(n, `"/p%d/{id}": {"get": {"operationId": "op%d", "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
		{"name": "q", "in": "query", "schema": {"$ref": "#/components/schemas/A"}}], "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}}},`) +
		`"/last": {"get": {}}}, "components": {"schemas": {"A": {"type": "object"}}}}`
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	doc := mustLoad(t, data)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if got, want := len(doc.Operations), n+1; got != want {
		t.Errorf("%d operations, want %d", got, want)
	}
	perOperation := int(after.HeapAlloc-before.HeapAlloc) / n
	t.Logf("%d bytes of input, %d bytes of heap an operation", len(data)/n, perOperation)
	if most := 8 << 10; perOperation > most {
		t.Errorf("%d bytes of heap an operation, want at most %d", perOperation, most)
	}
	runtime.KeepAlive(doc)
}

// TestDamage loads documents with one value replaced by every kind of value,
// or taken away: whatever is wrong, the other operation is served.
func TestDamage(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	for _, text := range []string{sampleModern, sampleSwagger} {
		original, _, err := tree.Parse([]byte(text), tree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		damaged := 0
		for _, replacement := range []string{"null", "true", "-1", `"text"`, `""`, "[]", "{}", "[[]]", `{"$ref": "#/paths"}`, `{"$ref": 1}`, `{"a": {"b": []}}`} {
			node, err := tree.ParseJSON([]byte(replacement), tree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			damage(original, node, func(n *tree.Node, pointer string) {
				damaged++
				doc, err := loadText(string(n.JSON()))
				if err != nil {
					if pointer != "" && pointer != "/openapi" && pointer != "/swagger" {
						t.Errorf("%s at %s: %v", replacement, pointer, err)
					}
					return
				}
				if !serves(doc, "/sound") && pointer != "/paths" && !strings.HasPrefix(pointer, "/paths/~1sound") {
					t.Errorf("%s at %s: /sound is not served", replacement, pointer)
				}
				if _, err := compile(whole(t, doc)); err != nil {
					t.Errorf("%s at %s: %s", replacement, pointer, shortened(err))
				}
			})
		}
		if damaged < 500 {
			t.Errorf("%d damaged documents, want more", damaged)
		}
	}
}

func serves(doc *Document, path string) bool {
	for _, op := range doc.Operations {
		if op.Path == path {
			return true
		}
	}
	return false
}

// damage calls f with n for each place inside of it, with the value there
// replaced.
func damage(n, replacement *tree.Node, f func(n *tree.Node, pointer string)) {
	f(replacement, "")
	for key, v := range n.All() {
		damage(v, replacement, func(v *tree.Node, pointer string) {
			f(n.With(key, v), "/"+tree.EscapePointer(key)+pointer)
		})
	}
	if !n.Is(tree.Array) {
		return
	}
	for i, item := range n.Items {
		damage(item, replacement, func(v *tree.Node, pointer string) {
			items := append([]*tree.Node(nil), n.Items...)
			items[i] = v
			f(tree.NewArray(items...), fmt.Sprintf("/%d%s", i, pointer))
		})
	}
}

const sampleModern = `
openapi: 3.1.0
info: {title: T, version: 1, description: D}
servers: [{url: 'https://{v}.example/x', variables: {v: {default: a}}}]
security: [{s: []}]
paths:
  /sound: {get: {responses: {200: {description: ok}}}}
  /{a}:
    parameters: [{name: a, in: path, required: true, schema: {type: string, nullable: true}}]
    post:
      operationId: p
      tags: [t]
      security: [{s: [x]}, {}]
      servers: [{url: /y}]
      x-mcp: {name: n, annotations: {title: T}}
      parameters:
        - {$ref: '#/components/parameters/q'}
        - {name: c, in: query, style: form, explode: true, content: {application/json: {schema: {}}}}
      requestBody: {required: true, content: {multipart/form-data: {schema: {$ref: '#/components/schemas/A'}, encoding: {f: {contentType: a/b, headers: {H: {}}}}, examples: {e: {value: 1}}}}}
      responses: {200: {$ref: '#/components/responses/r'}, default: {content: {a/b: {itemSchema: {type: string}}}}}
components:
  parameters: {q: {name: q, in: query, schema: {$ref: '#/components/schemas/A/properties/b'}}}
  responses: {r: {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}
  securitySchemes: {s: {type: oauth2, flows: {clientCredentials: {tokenUrl: u}}}}
  schemas:
    A:
      type: [object, 'null']
      required: [b]
      discriminator: {propertyName: b, mapping: {x: A}}
      properties: {b: {enum: [1], minimum: 1, exclusiveMinimum: true}, c: {items: [{pattern: a}], minItems: 1}}
      patternProperties: {^x: {}}
      allOf: [{$ref: '#/components/schemas/B'}]
      if: {not: {}}
      additionalProperties: {$ref: '#/components/schemas/A'}
      dependencies: {a: [b]}
      example: 1
    B: {anyOf: [{$ref: '#/components/schemas/A'}, {const: 1}], nullable: true}
`

const sampleSwagger = `
swagger: '2.0'
info: {title: T}
host: a.example
basePath: /v1
schemes: [https]
consumes: [application/json]
produces: [application/json]
paths:
  /sound: {get: {responses: {200: {description: ok}}}}
  /x:
    post:
      parameters:
        - {in: body, name: b, schema: {$ref: '#/definitions/A'}}
        - {in: query, name: q, type: array, items: {type: string}, collectionFormat: multi}
      responses: {200: {schema: {$ref: '#/definitions/A'}, examples: {application/json: 1}}}
    put:
      parameters: [{in: formData, name: f, type: file, required: true}, {$ref: '#/parameters/p'}]
parameters: {p: {in: formData, name: p, type: array, items: {type: integer}}}
securityDefinitions: {k: {type: apiKey, in: header, name: K}, o: {type: oauth2, flow: application, tokenUrl: u}}
definitions: {A: {discriminator: t, properties: {t: {x-nullable: true, type: string}}}}
`
