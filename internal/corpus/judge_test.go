package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mcpmount/mcpmount"
)

// judgeOf returns the judge of an operation of a document.
func judgeOf(t *testing.T, method, path string, files fstest.MapFS) *judge {
	t.Helper()
	b, err := newBundle(files, "api.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j, err := newJudge(b, &mcpmount.Operation{Method: method, Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func file(content string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(content)} }

const orders = `
openapi: 3.0.3
servers: [{url: 'https://{host}/v1', variables: {host: {default: example.com}}}]
paths:
  /orders/{id}:
    parameters:
      - {$ref: 'shared.yaml#/parameters/Id'}
      - {name: expand, in: query, style: deepObject, explode: true, schema: {type: array, items: {type: string, maxLength: 4}}}
    get:
      responses: {'200': {$ref: '#/nowhere'}}
    post:
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Order'}}
          application/x-www-form-urlencoded:
            schema: {properties: {n: {type: integer}, lines: {type: array, items: {type: object, required: [sku], properties: {sku: {type: string}}}}}}
            encoding: {lines: {style: deepObject, explode: true}}
components:
  schemas:
    Base: {type: object, properties: {id: {type: string, readOnly: true}, type: {type: string, readOnly: true}}}
    Order: {allOf: [{$ref: '#/components/schemas/Base'}, {required: [type], properties: {type: {enum: [order]}}}]}
`

func TestJudge(t *testing.T) {
	files := fstest.MapFS{
		"api.yaml":    file(orders),
		"shared.yaml": file(`parameters: {Id: {name: id, in: path, required: true, schema: {$ref: '#/Id'}}}` + "\nId: {type: integer, maximum: 99}\n"),
	}
	const form = "application/x-www-form-urlencoded"
	tests := []struct {
		name, method, url, contentType, body, want string
	}{
		{"valid", "GET", "/v1/orders/7?expand%5B%5D=a&expand%5B%5D=b", "", "", ""},
		{"base path", "GET", "/orders/7", "", "", "does not match"},
		{"method", "PUT", "/v1/orders/7", "", "", "method PUT"},
		{"more segments", "GET", "/v1/orders/7/8", "", "", "does not match"},
		{"type in the path", "GET", "/v1/orders/x", "", "", `parameter "id"`},
		{"bound in another file", "GET", "/v1/orders/100", "", "", "maximum"},
		{"list in deepObject", "GET", "/v1/orders/7?expand%5B%5D=abcde", "", "", "maximum string length"},
		{"body where there is none", "GET", "/v1/orders/7", "application/json", "{}", "not allowed"},
		{"no body", "POST", "/v1/orders/7", "", "", "required"},
		{"declared again", "POST", "/v1/orders/7", "application/json", `{"type":"order"}`, ""},
		{"read-only", "POST", "/v1/orders/7", "application/json", `{"type":"order","id":"5"}`, "readOnly"},
		{"required", "POST", "/v1/orders/7", "application/json", `{}`, "missing"},
		{"media type", "POST", "/v1/orders/7", "text/plain", `{}`, "Content-Type"},
		{"form", "POST", "/v1/orders/7", form, "n=1&lines%5B0%5D%5Bsku%5D=a&lines%5B1%5D%5Bsku%5D=b", ""},
		{"type in a form", "POST", "/v1/orders/7", form, "n=x", "must be an integer"},
		{"required in a form", "POST", "/v1/orders/7", form, "lines%5B0%5D%5Bx%5D=a", "missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "http://localhost"+tt.url, strings.NewReader(tt.body))
			if tt.body == "" {
				r.Body, r.ContentLength = http.NoBody, 0
			}
			if tt.contentType != "" {
				r.Header.Set("Content-Type", tt.contentType)
			}
			method := tt.method
			if method == "PUT" {
				method = "GET"
			}
			err := judgeOf(t, method, "/orders/{id}", files).check(r)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("check = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestJudgeSwagger(t *testing.T) {
	files := fstest.MapFS{"api.yaml": file(`
swagger: '2.0'
basePath: /v2
consumes: [application/x-www-form-urlencoded]
paths:
  /a:
    post:
      parameters:
        - {name: csv, in: query, type: array, items: {type: integer}}
        - {name: multi, in: query, type: array, collectionFormat: multi, items: {type: integer}}
        - {name: pipes, in: formData, type: array, collectionFormat: pipes, items: {type: integer}}
        - {name: list, in: formData, type: array, items: {type: integer}}
      responses: {}
`)}
	j := judgeOf(t, "POST", "/a", files)
	for body, want := range map[string]string{
		"pipes=1%7C2&list=1,2": "",
		"pipes=1,2":            "must be an integer",
		"list=1%7C2":           "must be an integer",
	} {
		r := httptest.NewRequest("POST", "http://localhost/v2/a?csv=1,2&multi=1&multi=2", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if err := j.check(r); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("check of %q = %v, want %q", body, err, want)
		}
	}
	r := httptest.NewRequest("POST", "http://localhost/v2/a?csv=1&csv=2&multi=1,2", nil)
	if err := j.check(r); err == nil || !strings.Contains(err.Error(), `"multi"`) {
		t.Errorf("check = %v, want an error for multi", err)
	}
}

func TestSplitSource(t *testing.T) {
	module, path, err := splitSource("go:example.com/a/v2@v2.1.0/dir/b.json")
	if module != "example.com/a/v2@v2.1.0" || path != "dir/b.json" || err != nil {
		t.Errorf("splitSource = %q, %q, %v", module, path, err)
	}
	for _, source := range []string{"npm:a@1/b", "go:a/b", "go:a@v1", "go:a@v1/../b", "go:a@v1/"} {
		if module, path, err := splitSource(source); err == nil {
			t.Errorf("splitSource(%q) = %q, %q, want an error", source, module, path)
		}
	}
}
