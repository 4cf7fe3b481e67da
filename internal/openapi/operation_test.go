package openapi

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOperation(t *testing.T) {
	op, problems := oneOperation(t, `
openapi: 3.1.0
security: [{key: []}]
paths:
  /orders/{id}:
    summary: not used
    servers: [{url: https://paths.example/}]
    parameters:
      - {name: id, in: path, required: true, description: from the path, schema: {type: string}}
      - {name: X-Trace, in: header, schema: {type: string}}
    put:
      operationId: putOrder
      summary: Replaces an order
      description: "Replaces *all* of it."
      tags: [orders, writing]
      deprecated: true
      security: [{key: [], oauth: [read, write]}, {}]
      parameters:
        - {name: dry, in: query, allowEmptyValue: true, allowReserved: true, deprecated: true, example: false, schema: {type: boolean}}
        - {name: id, in: path, required: true, description: from the operation, schema: {type: integer}}
        - {name: x-trace, in: header, schema: {type: integer}}
        - {name: filter, in: query, content: {application/json: {schema: {type: object}, example: {a: 1}}}}
        - {name: Accept, in: header, schema: {type: string}}
        - {name: content-type, in: header, schema: {type: string}}
        - {name: AUTHORIZATION, in: header, schema: {type: string}}
      requestBody:
        description: The order.
        required: true
        content:
          application/json: {schema: {type: object}, example: {n: 9007199254740993}}
          multipart/form-data:
            schema: {type: object, properties: {tags: {type: array}}}
            encoding:
              tags: {style: spaceDelimited}
              list: {explode: false}
              loose: {allowReserved: true}
              file: {contentType: 'image/png, image/*', headers: {X-One: {}, X-Two: {}}}
      responses:
        200: {description: fine, content: {application/json: {schema: {type: object}}, text/event-stream: {itemSchema: {type: string}}}}
        4xx: {description: bad}
        default: {description: other}
        x-more: {}
      callbacks: {done: {'{$request.body#/url}': {post: {}}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: K}, oauth: {type: oauth2}}
`)
	checkProblems(t, problems)
	object, text := `{"type":"object"}`, `{"type":"string"}`
	type operation struct {
		Op       Operation
		Schemas  []string
		Examples []string
	}
	got := operation{Op: op}
	for i := range op.Parameters {
		p := &op.Parameters[i]
		got.Schemas = append(got.Schemas, root(p.Schema))
		got.Examples = append(got.Examples, string(p.Example))
		p.Schema, p.Example = nil, nil
	}
	for i := range op.RequestBody.Content {
		m := &op.RequestBody.Content[i]
		got.Schemas = append(got.Schemas, root(m.Schema))
		got.Examples = append(got.Examples, string(m.Example))
		m.Schema, m.Example = nil, nil
	}
	for i := range op.Responses[0].Content {
		m := &op.Responses[0].Content[i]
		got.Schemas = append(got.Schemas, root(m.Schema), root(m.ItemSchema))
		m.Schema, m.ItemSchema = nil, nil
	}
	want := operation{
		Op: Operation{
			ID:          "putOrder",
			Method:      "PUT",
			Path:        "/orders/{id}",
			Summary:     "Replaces an order",
			Description: "Replaces *all* of it.",
			Tags:        []string{"orders", "writing"},
			Deprecated:  true,
			Parameters: []Parameter{
				{Name: "id", In: "path", Description: "from the operation", Required: true, Style: "simple"},
				{Name: "x-trace", In: "header", Style: "simple"},
				{Name: "dry", In: "query", Style: "form", Explode: true, AllowReserved: true, AllowEmptyValue: true, Deprecated: true},
				{Name: "filter", In: "query", Style: "form", Explode: true, MediaType: "application/json"},
				{Name: "Accept", In: "header", Style: "simple"},
				{Name: "content-type", In: "header", Style: "simple"},
			},
			RequestBody: &RequestBody{
				Description: "The order.",
				Required:    true,
				Content: []MediaType{{Type: "application/json"}, {
					Type: "multipart/form-data",
					Encoding: map[string]Encoding{
						"tags":  {Style: "spaceDelimited"},
						"list":  {Style: "form"},
						"loose": {Style: "form", Explode: true, AllowReserved: true},
						"file":  {ContentType: "image/png, image/*", Headers: []string{"X-One", "X-Two"}},
					},
				}},
			},
			Responses: []Response{
				{Status: "200", Description: "fine", Content: []MediaType{{Type: "application/json"}, {Type: "text/event-stream"}}},
				{Status: "4XX", Description: "bad"},
				{Status: "default", Description: "other"},
			},
			Security: []map[string][]string{{"key": nil, "oauth": {"read", "write"}}, {}},
			Servers:  []Server{{URL: "https://paths.example/"}},
			Pointer:  "/paths/~1orders~1{id}/put",
		},
		Schemas: []string{
			`{"type":"integer"}`, `{"type":"integer"}`, `{"type":"boolean"}`, object, text, text,
			object, `{"type":"object","properties":{"tags":{"type":"array"}}}`, object, "", "", text,
		},
		Examples: []string{"", "", "false", `{"a":1}`, "", "", `{"n":9007199254740993}`, ""},
	}
	if diff := cmp.Diff(want, got, schemaText()); diff != "" {
		t.Errorf("operation (-want +got):\n%s", diff)
	}
}

// A row says what an operation gives, as text, and the problems it has.
type row struct {
	name     string
	doc      string
	want     string
	problems []string
}

func runRows(t *testing.T, head string, rows []row, show func(Operation) string) {
	t.Helper()
	for _, tt := range rows {
		t.Run(tt.name, func(t *testing.T) {
			op, problems := oneOperation(t, head+tt.doc)
			if got := show(op); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
			checkProblems(t, problems, tt.problems...)
		})
	}
}

// showParameters returns each parameter as "in name style" with a star for
// explode, an exclamation mark for required, a slash where values can have one.
func showParameters(op Operation) string {
	parts := []string{op.Path}
	for _, p := range op.Parameters {
		text := p.In + " " + p.Name + " " + p.Style
		if p.Explode {
			text += "*"
		}
		if p.Required {
			text += "!"
		}
		if p.MultiSegment {
			text += "/"
		}
		if p.MediaType != "" {
			text += " " + p.MediaType
		}
		parts = append(parts, text+" "+root(p.Schema))
	}
	return strings.Join(parts, "; ")
}

func TestParameterStyles(t *testing.T) {
	runRows(t, "openapi: 3.2.0\npaths: {'/a/{p}': {get: {parameters: ", []row{
		{"path", "[{name: p, in: path, required: true}]}}}", "/a/{p}; path p simple! ", nil},
		{"path exploded", "[{name: p, in: path, required: true, explode: true}]}}}", "/a/{p}; path p simple*! ", nil},
		{"matrix", "[{name: p, in: path, required: true, style: matrix}]}}}", "/a/{p}; path p matrix! ", nil},
		{"label", "[{name: p, in: path, required: true, style: label}]}}}", "/a/{p}; path p label! ", nil},
		{"path with a style of the query", "[{name: p, in: path, required: true, style: form}]}}}", "/a/{p}; path p simple! ", []string{`no style "form" in path`}},
		{"query", "[{name: p, in: path, required: true}, {name: q, in: query}]}}}", "/a/{p}; path p simple! ; query q form* ", nil},
		{"query not exploded", "[{name: p, in: path, required: true}, {name: q, in: query, explode: false}]}}}", "/a/{p}; path p simple! ; query q form ", nil},
		{"spaceDelimited", "[{name: p, in: path, required: true}, {name: q, in: query, style: spaceDelimited}]}}}", "/a/{p}; path p simple! ; query q spaceDelimited ", nil},
		{"pipeDelimited exploded", "[{name: p, in: path, required: true}, {name: q, in: query, style: pipeDelimited, explode: true}]}}}", "/a/{p}; path p simple! ; query q pipeDelimited* ", nil},
		{"deepObject", "[{name: p, in: path, required: true}, {name: q, in: query, style: deepObject}]}}}", "/a/{p}; path p simple! ; query q deepObject ", nil},
		{"unknown style", "[{name: p, in: path, required: true}, {name: q, in: query, style: fancy}]}}}", "/a/{p}; path p simple! ; query q form* ", []string{`no style "fancy" in query`}},
		{"header", "[{name: p, in: path, required: true}, {name: q, in: header}]}}}", "/a/{p}; path p simple! ; header q simple ", nil},
		{"cookie", "[{name: p, in: path, required: true}, {name: q, in: cookie}]}}}", "/a/{p}; path p simple! ; cookie q form* ", nil},
		{"cookie of 3.2", "[{name: p, in: path, required: true}, {name: q, in: cookie, style: cookie}]}}}", "/a/{p}; path p simple! ; cookie q cookie* ", nil},
		{"querystring", "[{name: p, in: path, required: true}, {in: querystring, content: {application/x-www-form-urlencoded: {schema: {type: object}}}}]}}}",
			`/a/{p}; path p simple! ; querystring query form* application/x-www-form-urlencoded {"type":"object"}`, nil},
	}, showParameters)
}

// Values may have slashes where the document says so and they cannot lead to
// another operation.
func TestMultiSegment(t *testing.T) {
	const declared = "get: {parameters: [{name: p, in: path, required: true, x-multi-segment: true}]}}"
	runRows(t, "openapi: 3.0.0\npaths: {", []row{
		{"extension", "'/a/{p}': {" + declared + "}", "/a/{p}; path p simple!/ ", nil},
		{"not at the end", "'/a/{p}/b': {" + declared + "}", "/a/{p}/b; path p simple! ", nil},
		{"not a whole segment", "'/a/{p}.json': {" + declared + "}", "/a/{p}.json; path p simple! ", nil},
		{"a path below", "'/a/{p}': {" + declared + ", '/a/{q}/b': {}}", "/a/{p}; path p simple! ", nil},
		{"a path beside that is longer", "'/a/{p}': {" + declared + ", '/a/b/{q}': {}}", "/a/{p}; path p simple! ", nil},
		{"a longer path that may begin so", "'/a/{p}': {" + declared + ", '/{q}/b/c': {}}", "/a/{p}; path p simple! ", nil},
		{"longer paths elsewhere", "'/a/{p}': {" + declared + ", '/b/{p}/c': {}, '/a/b': {}}", "/a/{p}; path p simple!/ ", nil},
		{"greedy", "'/a/{p+}': {get: {parameters: [{name: p, in: path, required: true}]}}}", "/a/{p}; path p simple!/ ", nil},
		{"pattern with a slash", "'/a/{p}': {get: {parameters: [{name: p, in: path, required: true, schema: {pattern: 'shelves/[^/]+'}}]}}}", `/a/{p}; path p simple!/ {"pattern":"shelves/[^/]+"}`, nil},
		{"pattern without", "'/a/{p}': {get: {parameters: [{name: p, in: path, required: true, schema: {pattern: '[^/]+'}}]}}}", `/a/{p}; path p simple! {"pattern":"[^/]+"}`, nil},
		{"in a query", "'/a': {get: {parameters: [{name: p, in: query, x-multi-segment: true}]}}}", "/a; query p form* ", nil},
	}, showParameters)
}

func TestParameterMistakes(t *testing.T) {
	runRows(t, "openapi: 3.0.0\npaths: {", []row{
		{"not marked as required", "'/{a}': {get: {parameters: [{name: a, in: path}]}}}", "/{a}; path a simple! ", []string{"in the path is required"}},
		{"not declared", "'/{a}/{b}/{a}': {get: {}}}", `/{a}/{b}/{a}; path a simple! {"type":"string"}; path b simple! {"type":"string"}`,
			[]string{`placeholder "a"`, `placeholder "b"`}},
		{"declared but not there", "/x: {get: {parameters: [{name: a, in: path, required: true}]}}}", "/x", []string{`no placeholder "a"`}},
		{"twice", "/x: {get: {parameters: [{name: a, in: query, schema: {type: string}}, {name: a, in: query, schema: {type: integer}}]}}}",
			`/x; query a form* {"type":"string"}`, []string{"/paths/~1x/get/parameters/1: there is a parameter"}},
		{"same name elsewhere", "/x: {get: {parameters: [{name: a, in: query}, {name: a, in: header}]}}}", "/x; query a form* ; header a simple ", nil},
		{"no name", "/x: {get: {parameters: [{in: query}]}}}", "/x", []string{"has no name"}},
		{"no place", "/x: {get: {parameters: [{name: a}]}}}", "/x", []string{`cannot be in ""`}},
		{"body", "/x: {get: {parameters: [{name: a, in: body}]}}}", "/x", []string{`cannot be in "body"`}},
		{"upper case", "/x: {get: {parameters: [{name: a, in: Query}]}}}", "/x; query a form* ", nil},
		{"null", "/x: {get: {parameters: [null, {name: a, in: query}]}}}", "/x; query a form* ", nil},
		{"text", "/x: {get: {parameters: [a]}}}", "/x", []string{"a map is wanted"}},
		{"not a list", "/x: {get: {parameters: {name: a, in: query}}}}", "/x; query a form* ", []string{"a list is wanted"}},
		{"schema of Swagger", "/x: {get: {parameters: [{name: a, in: query, type: integer, format: int64, description: no}]}}}", `/x; query a form* {"type":"integer","format":"int64"}`, nil},
		{"schema of the wrong kind", "/x: {get: {parameters: [{name: a, in: query, schema: [1]}]}}}", "/x; query a form* ", []string{"a schema is wanted"}},
		{"numbers for names", "/x: {get: {parameters: [{name: 7, in: query}]}}}", "/x; query 7 form* ", nil},
		{"required as text", "/x: {get: {parameters: [{name: a, in: query, required: 'true'}]}}}", "/x; query a form*! ", nil},
		{"required as words", "/x: {get: {parameters: [{name: a, in: query, required: 'yes'}]}}}", "/x; query a form* ", []string{"true or false is wanted"}},
		{"greedy placeholder", "'/{proxy+}/{id:[0-9]+}/{o?}': {get: {parameters: [{name: proxy, in: path, required: true}, {name: id, in: path, required: true}, {name: o, in: path, required: true}]}}}",
			"/{proxy}/{id}/{o}; path proxy simple! ; path id simple! ; path o simple! ", nil},
		{"greedy placeholder as declared", "'/{proxy+}': {get: {parameters: [{name: proxy+, in: path, required: true}]}}}", "/{proxy+}; path proxy+ simple! ", nil},
		{"fixed query", "'/x?Action=Foo': {get: {}}}", "/x?Action=Foo", nil},
		{"placeholder in the query", "'/x?q={q}&r={r}': {get: {parameters: [{name: q, in: query}]}}}", `/x?q={q}&r={r}; query q form* ; path r simple! {"type":"string"}`, []string{`placeholder "r"`}},
		{"fragment", "'/x#one': {get: {}}}", "/x", []string{"a fragment is never sent"}},
		{"no slash", "x: {get: {}}}", "/x", []string{"does not start with a slash"}},
		{"dead reference", "/x: {get: {parameters: [{$ref: '#/components/parameters/no'}, {name: a, in: query}]}}}", "/x; query a form* ", []string{"/paths/~1x/get/parameters/0/$ref: "}},
		{"reference as a number", "/x: {get: {parameters: [{$ref: 42}]}}}", "/x", []string{`"42" leads nowhere`}},
	}, showParameters)
}

func TestWrongKinds(t *testing.T) {
	show := func(op Operation) string {
		return op.ID + " " + strings.Join(op.Tags, ",") + " " + op.Summary + " " + showContent(op)
	}
	runRows(t, "openapi: 3.0.0\npaths: {/x: {get: {", []row{
		{"tags as text", "tags: pets}}}", " pets  ", []string{"/paths/~1x/get/tags: a list is wanted"}},
		{"operationId as a number", "operationId: 42, summary: 1.50}}}", "42  1.50 ", nil},
		{"texts as lists", "operationId: [a], summary: {b: c}}}}", "   ", []string{"operationId: a text", "summary: a text"}},
		{"responses as a list", "responses: [ok]}}}", "   ", []string{"a map is wanted"}},
		{"a response as text", "responses: {200: ok, 201: {}}}}}", "   201()", []string{"responses/200: a map is wanted"}},
		{"a response of no status", "responses: {ok: {}, 2xx: {}, '99': {}, 600: {}}}}}", "   2XX()", []string{`"ok"`, `"99"`, `"600"`}},
		{"a body without content", "requestBody: {}}}}", "   ", []string{"no media type"}},
		{"a body as text", "requestBody: x}}}", "   ", []string{"a map is wanted"}},
		{"a media type as null", "requestBody: {content: {a/b: null}}}}}", "   body(a/b)", nil},
		{"a media type as text", "requestBody: {content: {a/b: no}}}}}", "   body(a/b)", []string{"a map is wanted"}},
		{"a dead body", "requestBody: {$ref: '#/no'}, responses: {200: {}}}}}", "   200()", []string{`"#/no" leads nowhere`}},
		{"a dead response", "responses: {200: {$ref: '#/no'}, 201: {}}}}}", "   201()", []string{`"#/no" leads nowhere`}},
		{"servers as text", "servers: https://a.example}}}", "   ", []string{"a list is wanted", "a map is wanted"}},
		{"security as a map", "security: {a: []}}}}", "   ", []string{"a list is wanted", `"a" is not defined`}},
	}, show)
}

// showContent returns the media types of an operation.
func showContent(op Operation) string {
	var parts []string
	list := func(name string, content []MediaType) {
		var types []string
		for _, m := range content {
			types = append(types, m.Type+root(m.Schema))
		}
		parts = append(parts, name+"("+strings.Join(types, " ")+")")
	}
	if op.RequestBody != nil {
		list("body", op.RequestBody.Content)
	}
	for _, r := range op.Responses {
		list(r.Status, r.Content)
	}
	return strings.Join(parts, " ")
}

func TestPathItems(t *testing.T) {
	tests := []struct {
		name     string
		paths    string
		want     string
		problems []string
	}{
		{"order of the document", "{/b: {post: {}, get: {}}, /a: {delete: {}}}", "POST /b, GET /b, DELETE /a", nil},
		{"every method", "{/a: {get: {}, put: {}, post: {}, delete: {}, options: {}, head: {}, patch: {}, trace: {}, query: {}}}",
			"GET /a, PUT /a, POST /a, DELETE /a, OPTIONS /a, HEAD /a, PATCH /a, TRACE /a, QUERY /a", nil},
		{"additional methods", "{/a: {additionalOperations: {COPY: {}, link: {}, GET: {}, 'A B': {}, CONNECT: {}}}}", "COPY /a, link /a",
			[]string{`"GET" has a field`, `"A B" is not a method`, `"CONNECT" is not a method`}},
		{"upper case", "{/a: {GET: {}}}", "GET /a", []string{"lower case"}},
		{"extensions", "{x-a: {get: {}}, /a: {x-get: {get: {}}, get: {}}}", "GET /a", nil},
		{"null path", "{/a: null, /b: {get: {}}}", "GET /b", []string{"/paths/~1a: the path has no operations"}},
		{"text as a path", "{/a: x, /b: {get: {}}}", "GET /b", []string{"the path has no operations"}},
		{"null operation", "{/a: {get: null, put: {}}}", "PUT /a", []string{"/paths/~1a/get: the operation is empty"}},
		{"text as an operation", "{/a: {get: x, put: {}}}", "PUT /a", []string{"a map is wanted"}},
		{"list of paths", "[/a]", "", []string{"a map is wanted"}},
		{"same path after all", "{/a: {get: {}}, /a/: {get: {}}, a: {get: {}}}", "GET /a, GET /a/, GET /a", []string{"slash"}},
		{"a placeholder without a name", "{'/{}': {get: {}}, /b: {get: {}}}", "GET /b", []string{"without a name"}},
		{"a path that is too long", "{/" + strings.Repeat("a", maxPath) + ": {get: {}}, /b: {get: {}}}", "GET /b", []string{"longer than"}},
		{"same operationId", "{/a: {get: {operationId: x}, put: {operationId: x}}}", "GET /a, PUT /a", []string{`operationId "x" too`}},
		{"hidden", "{/a: {get: {x-mcp: {hidden: true}}, put: {x-mcp: {hidden: false}}}}", "PUT /a", nil},
		{"behind a reference", "{/a: {$ref: '#/components/pathItems/a', put: {}}}", "GET /a, PUT /a", nil},
		{"an operation behind a reference", "{/a: {get: {$ref: '#/components/pathItems/a/get'}}}", "GET /a", nil},
		{"all behind a reference", "{$ref: '#/x-paths'}", "GET /z", nil},
		{"references in a circle", "{/a: {$ref: '#/paths/~1b'}, /b: {$ref: '#/paths/~1a'}, /c: {get: {}}}", "GET /c",
			[]string{"in a circle", "no operations", "in a circle", "no operations"}},
		{"a reference to itself", "{/a: {$ref: '#/paths/~1a'}}", "", []string{"in a circle", "no operations"}},
		{"a dead reference", "{/a: {$ref: '#/components/pathItems/no'}, /b: {get: {}}}", "GET /b", []string{"leads nowhere", "no operations"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := mustLoad(t, "openapi: 3.2.0\ncomponents: {pathItems: {a: {get: {}}}}\nx-paths: {/z: {get: {}}}\npaths: "+tt.paths)
			var ops []string
			for _, op := range doc.Operations {
				ops = append(ops, op.Method+" "+op.Path)
			}
			if got := strings.Join(ops, ", "); got != tt.want {
				t.Errorf("operations = %q, want %q", got, tt.want)
			}
			checkProblems(t, doc.Problems, tt.problems...)
		})
	}
}

func TestInheritance(t *testing.T) {
	doc := mustLoad(t, `
openapi: 3.0.0
security: [{a: []}]
paths:
  /x:
    summary: path summary
    description: path text
    servers: [{url: /path}]
    get: {}
    put: {description: own, security: [], servers: [{url: /own}]}
    post: {security: [{}]}
components: {securitySchemes: {a: {type: http, scheme: basic}}}
`)
	type inherited struct {
		Summary, Description string
		Security             []map[string][]string
		Server               string
	}
	var got []inherited
	for _, op := range doc.Operations {
		got = append(got, inherited{op.Summary, op.Description, op.Security, op.Servers[0].URL})
	}
	want := []inherited{
		{"path summary", "path text", []map[string][]string{{"a": nil}}, "/path"},
		{"", "own", nil, "/own"},
		{"path summary", "path text", []map[string][]string{{}}, "/path"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}

func TestExtension(t *testing.T) {
	yes, no := true, false
	op, problems := oneOperation(t, `
openapi: 3.0.0
paths:
  /x:
    get:
      description: for people
      x-mcp:
        name: find_it
        description: for models
        kind: resource
        timeout: 90s
        annotations: {title: Find, readOnlyHint: true, openWorldHint: false, idempotentHint: 'yes'}
`)
	checkProblems(t, problems)
	want := Operation{
		Method: "GET", Path: "/x", Pointer: "/paths/~1x/get",
		Description: "for models", Name: "find_it", Resource: true, Timeout: 90 * time.Second,
		Annotations: &Annotations{Title: "Find", ReadOnly: &yes, OpenWorld: &no},
	}
	if diff := cmp.Diff(want, op); diff != "" {
		t.Errorf("operation (-want +got):\n%s", diff)
	}
	op, problems = oneOperation(t, "openapi: 3.0.0\npaths: {/x: {get: {x-mcp: {kind: prompt}}}}")
	checkProblems(t, problems, `/x-mcp/kind: "prompt" is not`)
	if op.Resource {
		t.Error("Resource = true, want false")
	}
}

// A document asks for a time that a call can take, and for no more than that.
func TestExtensionTimeout(t *testing.T) {
	for _, text := range []string{"90", "-1s", "0s", "61m", "soon", "1e9h"} {
		op, problems := oneOperation(t, "openapi: 3.0.0\npaths: {/x: {get: {x-mcp: {timeout: "+text+"}}}}")
		checkProblems(t, problems, `/x-mcp/timeout: "`+text+`" is not a time above zero and up to 1h0m0s, such as 90s`)
		if op.Timeout != 0 {
			t.Errorf("timeout %s = %v, want none", text, op.Timeout)
		}
	}
}

func TestExamples(t *testing.T) {
	tests := []struct{ name, parameter, want string }{
		{"example", "example: {b: 1, a: 2.0}", `{"b":1,"a":2.0}`},
		{"null", "example: null", "null"},
		{"first of examples", "examples: {x: {value: [1]}, y: {value: 2}}", "[1]"},
		{"example first", "examples: {x: {value: 1}}, example: 2", "2"},
		{"referred to", "examples: {x: {$ref: '#/components/examples/e'}}", `"e"`},
		{"of 3.2", "examples: {x: {serializedValue: a=b, dataValue: {a: b}}}", `{"a":"b"}`},
		{"dead", "examples: {x: {$ref: '#/no'}}", ""},
		{"external", "examples: {x: {externalValue: https://a.example}}", ""},
		{"too long", "example: " + strings.Repeat("x", maxExample), ""},
		{"none", "description: x", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			op, _ := oneOperation(t, "openapi: 3.0.0\ncomponents: {examples: {e: {value: e}}}\n"+
				"paths: {/x: {get: {parameters: [{name: a, in: query, "+tt.parameter+"}]}}}")
			if got := string(op.Parameters[0].Example); got != tt.want {
				t.Errorf("Example = %s, want %s", got, tt.want)
			}
		})
	}
}
