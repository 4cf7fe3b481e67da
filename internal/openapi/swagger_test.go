package openapi

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSwaggerParameters(t *testing.T) {
	runRows(t, "swagger: 2.0\npaths: {'/{p}': {get: {parameters: [{name: p, in: path, required: true, type: string}, ", []row{
		{"text", "{name: a, in: query, type: string, format: date, enum: [x], default: x, x-nullable: true, description: no, collectionFormat: multi}]}}}",
			`/{p}; path p simple! {"type":"string"}; query a form* {"type":["string","null"],"format":"date","enum":["x",null],"default":"x"}`, nil},
		{"array", "{name: a, in: query, type: array, items: {type: integer, collectionFormat: csv}}]}}}",
			`/{p}; path p simple! {"type":"string"}; query a form {"type":"array","items":{"type":"integer"}}`, nil},
		{"csv", "{name: a, in: query, type: array, items: {type: integer}, collectionFormat: csv}]}}}",
			`/{p}; path p simple! {"type":"string"}; query a form {"type":"array","items":{"type":"integer"}}`, nil},
		{"multi", "{name: a, in: query, type: array, items: {}, collectionFormat: multi}]}}}",
			`/{p}; path p simple! {"type":"string"}; query a form* {"type":"array","items":{}}`, nil},
		{"ssv", "{name: a, in: query, type: array, items: {}, collectionFormat: ssv}]}}}",
			`/{p}; path p simple! {"type":"string"}; query a spaceDelimited {"type":"array","items":{}}`, nil},
		{"pipes", "{name: a, in: query, type: array, items: {}, collectionFormat: pipes}]}}}",
			`/{p}; path p simple! {"type":"string"}; query a pipeDelimited {"type":"array","items":{}}`, nil},
		{"tsv", "{name: a, in: query, type: array, items: {}, collectionFormat: tsv}]}}}",
			`/{p}; path p simple! {"type":"string"}; query a tabDelimited {"type":"array","items":{}}`, nil},
		{"unknown format", "{name: a, in: query, type: array, items: {}, collectionFormat: xml}]}}}",
			`/{p}; path p simple! {"type":"string"}; query a form {"type":"array","items":{}}`, []string{`collectionFormat "xml" is not known`}},
		{"header", "{name: a, in: header, type: array, items: {}, collectionFormat: pipes}]}}}",
			`/{p}; path p simple! {"type":"string"}; header a pipeDelimited {"type":"array","items":{}}`, nil},
		{"multi header", "{name: a, in: header, type: array, items: {}, collectionFormat: multi}]}}}",
			`/{p}; path p simple! {"type":"string"}; header a simple {"type":"array","items":{}}`, []string{`"multi" is not possible in header`}},
		{"bounds", "{name: a, in: query, type: number, minimum: 0, exclusiveMinimum: true, maximum: 1, multipleOf: 0.5}]}}}",
			`/{p}; path p simple! {"type":"string"}; query a form* {"type":"number","exclusiveMinimum":0,"maximum":1,"multipleOf":0.5}`, nil},
		{"schema of OpenAPI 3", "{name: a, in: query, schema: {type: boolean}}]}}}",
			`/{p}; path p simple! {"type":"string"}; query a form* {"type":"boolean"}`, nil},
		{"unknown place", "{name: a, in: moon, type: string}]}}}",
			`/{p}; path p simple! {"type":"string"}`, []string{`cannot be in "moon"`}},
	}, showParameters)
}

func TestSwaggerBodies(t *testing.T) {
	form := func(properties string) string { return `{"type":"object","properties":{` + properties + `}}` }
	head := `
swagger: 2.0
parameters:
  shared: {name: s, in: formData, type: string}
responses:
  shared: {description: shared, schema: {type: string}}
definitions:
  Pet: {type: object}
paths: {/x: {post: {`
	runRows(t, head, []row{
		{"body", "parameters: [{in: body, name: b, schema: {$ref: '#/definitions/Pet'}}]}}}", `body(application/json{"$ref":"#/$defs/Pet"})`, nil},
		{"body with media types", "consumes: [a/x, a/y], parameters: [{in: body, name: b, schema: {type: array}}]}}}", `body(a/x{"type":"array"} a/y{"type":"array"})`, nil},
		{"body without a name", "parameters: [{in: body, schema: {}}]}}}", `body(application/json{})`, nil},
		{"body without a schema", "parameters: [{in: body, name: b}]}}}", `body(application/json)`, nil},
		{"body that is a text", "parameters: [{in: body, name: b, type: string}]}}}", `body(application/json{"type":"string"})`, nil},
		{"two bodies", "parameters: [{in: body, name: a, schema: {type: array}}, {in: body, name: b}]}}}", `body(application/json{"type":"array"})`, []string{"there is a parameter"}},
		{"body and form", "parameters: [{in: body, name: a, schema: {type: array}}, {in: formData, name: b, type: string}]}}}", `body(application/json{"type":"array"})`, []string{"cannot have a body and a form"}},
		{"form", "parameters: [{in: formData, name: a, type: integer, description: An a., maximum: 3}, {$ref: '#/parameters/shared'}]}}}",
			"body(application/x-www-form-urlencoded" + form(`"a":{"type":"integer","maximum":3,"description":"An a."},"s":{"type":"string"}`) + ")", nil},
		{"form with unusable media types", "consumes: [application/json], parameters: [{in: formData, name: a, type: string}]}}}",
			"body(application/x-www-form-urlencoded" + form(`"a":{"type":"string"}`) + ")", nil},
		{"form of two kinds", "consumes: [Multipart/form-data; x=y, application/x-www-form-urlencoded], parameters: [{in: formData, name: a, type: string}]}}}",
			"body(Multipart/form-data; x=y" + form(`"a":{"type":"string"}`) + " application/x-www-form-urlencoded" + form(`"a":{"type":"string"}`) + ")", nil},
		{"file", "consumes: [application/x-www-form-urlencoded], parameters: [{in: formData, name: f, type: file, required: true, description: A file.}]}}}",
			`body(multipart/form-data{"type":"object","properties":{"f":{"type":"string","format":"binary","description":"A file."}},"required":["f"]})`, nil},
		{"response", "responses: {200: {schema: {$ref: '#/definitions/Pet'}}, 204: {description: none}, default: {$ref: '#/responses/shared'}}}}}",
			`200(application/json{"$ref":"#/$defs/Pet"}) 204() default(application/json{"type":"string"})`, nil},
		{"response with media types", "produces: [a/x, a/y], responses: {200: {schema: {type: array}}}}}}", `200(a/x{"type":"array"} a/y{"type":"array"})`, nil},
		{"response that is a file", "produces: [image/png], responses: {200: {schema: {type: file}}}}}}", "200(image/png{})", nil},
	}, showContent)
}

func TestSwaggerInherits(t *testing.T) {
	doc := mustLoad(t, `
swagger: '2.0'
consumes: [a/in]
produces: [a/out]
paths:
  /x:
    parameters: [{in: body, name: b, required: true, description: A body., schema: {example: 1}}]
    post: {responses: {200: {schema: {}, examples: {a/out: {b: 1}}}}}
    put: {consumes: [], produces: [b/out], responses: {200: {schema: {}}}}
`)
	var got []string
	for _, op := range doc.Operations {
		got = append(got, showContent(op))
	}
	want := []string{
		`body(a/in{"examples":[1]}) 200(a/out{})`,
		`body(application/json{"examples":[1]}) 200(b/out{})`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("content (-want +got):\n%s", diff)
	}
	op := doc.Operations[0]
	if body := op.RequestBody; !body.Required || body.Description != "A body." {
		t.Errorf("RequestBody = %+v, want a required one with a description", body)
	}
	if got, want := string(op.Responses[0].Content[0].Example), `{"b":1}`; got != want {
		t.Errorf("Example = %s, want %s", got, want)
	}
}

func TestSwaggerFormEncoding(t *testing.T) {
	op, _ := oneOperation(t, `
swagger: '2.0'
paths:
  /x:
    post:
      consumes: [multipart/form-data]
      parameters:
        - {in: formData, name: csv, type: array, items: {type: string}}
        - {in: formData, name: multi, type: array, items: {type: string}, collectionFormat: multi}
        - {in: formData, name: ssv, type: array, items: {type: string}, collectionFormat: ssv}
        - {in: formData, name: tsv, type: array, items: {type: string}, collectionFormat: tsv}
        - {in: formData, name: pipes, type: array, items: {type: string}, collectionFormat: pipes, required: true}
        - {in: formData, name: text, type: string}
`)
	want := map[string]Encoding{
		"csv":   {Style: "form"},
		"multi": {Style: "form", Explode: true},
		"ssv":   {Style: "spaceDelimited"},
		"tsv":   {Style: "tabDelimited"},
		"pipes": {Style: "pipeDelimited"},
	}
	if diff := cmp.Diff(want, op.RequestBody.Content[0].Encoding); diff != "" {
		t.Errorf("Encoding (-want +got):\n%s", diff)
	}
	if !op.RequestBody.Required {
		t.Error("Required = false, want true: the form has a required property")
	}
}

func TestSwaggerServers(t *testing.T) {
	tests := []struct{ head, want, base string }{
		{"", "", ""},
		{"host: a.example\nschemes: [https, http]\nbasePath: /v1/", "https://a.example/v1/ http://a.example/v1/", "/v1"},
		{"host: a.example:8080\nschemes: HTTP", "http://a.example:8080", ""},
		{"host: a.example", "//a.example", ""},
		{"host: https://a.example/\nschemes: [https]", "https://a.example", ""},
		{"basePath: v1", "/v1", "/v1"},
		{"basePath: /", "/", ""},
		{"schemes: [https]", "", ""},
		{"host: a.example\nschemes: [wss, https]", "https://a.example wss://a.example", ""},
	}
	for _, tt := range tests {
		t.Run(tt.head, func(t *testing.T) {
			doc := mustLoad(t, "swagger: '2.0'\n"+tt.head)
			var urls []string
			for _, s := range doc.Servers {
				urls = append(urls, s.URL)
			}
			if got := strings.Join(urls, " "); got != tt.want {
				t.Errorf("Servers = %q, want %q", got, tt.want)
			}
			if doc.BasePath != tt.base {
				t.Errorf("BasePath = %q, want %q", doc.BasePath, tt.base)
			}
		})
	}
}

func TestSwaggerSecurity(t *testing.T) {
	doc := mustLoad(t, `
swagger: '2.0'
securityDefinitions:
  basic: {type: basic}
  key: {type: apiKey, in: query, name: key}
  app: {type: oauth2, flow: application, tokenUrl: https://a.example/token}
  user: {type: oauth2, flow: accessCode, tokenUrl: https://a.example/no}
`)
	want := map[string]SecurityScheme{
		"basic": {Type: "http", Scheme: "basic"},
		"key":   {Type: "apiKey", In: "query", Name: "key"},
		"app":   {Type: "oauth2", TokenURL: "https://a.example/token"},
		"user":  {Type: "oauth2"},
	}
	if diff := cmp.Diff(want, doc.SecuritySchemes); diff != "" {
		t.Errorf("SecuritySchemes (-want +got):\n%s", diff)
	}
	checkProblems(t, doc.Problems)
}

// An operation with schemes of its own has a server of its own, if one of them
// can be called.
func TestSwaggerOperationSchemes(t *testing.T) {
	tests := []struct{ head, own, want, problem string }{
		{"host: a.example\nschemes: [https]\nbasePath: /v1", "[http]", "http://a.example/v1", ""},
		{"host: a.example\nschemes: [https]", "[http, HTTPS]", "", ""},
		{"host: a.example\nschemes: [https, http]", "[http]", "http://a.example", ""},
		{"host: a.example", "[https]", "https://a.example", ""},
		{"host: a.example\nschemes: [https]", "[wss]", "", "/paths/~1x/get/schemes"},
		{"host: a.example\nschemes: [https]", "[wss, http]", "http://a.example wss://a.example", ""},
		{"basePath: /v1\nschemes: [https]", "[http]", "", ""},
		{"schemes: [https]", "[http]", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.head+tt.own, func(t *testing.T) {
			doc := mustLoad(t, "swagger: '2.0'\n"+tt.head+"\npaths: {/x: {get: {schemes: "+tt.own+", responses: {'200': {description: ok}}}}}")
			var urls []string
			for _, s := range doc.Operations[0].Servers {
				urls = append(urls, s.URL)
			}
			if got := strings.Join(urls, " "); got != tt.want {
				t.Errorf("Servers = %q, want %q", got, tt.want)
			}
			var pointers []string
			for _, p := range doc.Problems {
				pointers = append(pointers, p.Pointer)
			}
			if got := strings.Join(pointers, " "); got != tt.problem {
				t.Errorf("problems at %q, want %q: %v", got, tt.problem, doc.Problems)
			}
		})
	}
}
