package mcpmount

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// schemaJSON makes cmp compare schemas by what they are.
func schemaJSON() cmp.Option {
	return cmp.Transformer("JSON", func(s Schema) string {
		if s.IsZero() {
			return ""
		}
		return string(s.source.Root().JSON())
	})
}

func TestParseOpenAPI(t *testing.T) {
	doc, err := ParseOpenAPI([]byte(`
openapi: 3.1.0
info: {title: Shop, version: 1.0.0, summary: Sells., description: Everything.}
servers: [{url: 'https://{region}.example.com/v1/', variables: {region: {default: eu}}}]
security: [{key: []}]
paths:
  /orders/{id}:
    get:
      operationId: getOrder
      summary: Gets an order
      tags: [orders]
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}, example: 7}
        - {name: expand, in: query, style: form, explode: false, schema: {type: array}}
      responses: {200: {description: ok, content: {application/json: {schema: {type: object}}}}}
    put:
      deprecated: true
      security: []
      servers: [{url: https://write.example.com}]
      parameters: [{name: id, in: path, required: true}]
      requestBody: {required: true, content: {multipart/form-data: {schema: {$ref: '#/components/schemas/A'}, encoding: {f: {contentType: image/png}}}}}
      x-mcp: {name: replace order, kind: resource, annotations: {title: Replace, idempotentHint: true, destructiveHint: false}}
components:
  schemas: {A: {title: A}}
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
`))
	if err != nil {
		t.Fatal(err)
	}
	no := false
	want := &Document{
		Info:            Info{Title: "Shop", Version: "1.0.0", Summary: "Sells.", Description: "Everything."},
		BasePath:        "/v1",
		Servers:         []ServerURL{{URL: "https://{region}.example.com/v1/", Variables: map[string]string{"region": "eu"}}},
		SecuritySchemes: map[string]SecurityScheme{"key": {Type: "apiKey", In: InHeader, Name: "X-Key"}},
		Operations: []Operation{{
			ID:      "getOrder",
			Method:  "GET",
			Path:    "/orders/{id}",
			Name:    "getOrder",
			Summary: "Gets an order",
			Tags:    []string{"orders"},
			Parameters: []Parameter{
				{Name: "id", In: InPath, Required: true, Style: "simple", Example: []byte("7")},
				{Name: "expand", In: InQuery, Style: "form"},
			},
			Responses: []Response{{Status: "200", Description: "ok", Content: []MediaType{{Type: "application/json"}}}},
			Security:  []SecurityRequirement{{"key": nil}},
			Pointer:   "/paths/~1orders~1{id}/get",
		}, {
			Method:     "PUT",
			Path:       "/orders/{id}",
			Name:       "replace_order",
			Kind:       KindResource,
			Deprecated: true,
			Parameters: []Parameter{{Name: "id", In: InPath, Required: true, Style: "simple"}},
			RequestBody: &RequestBody{Required: true, Content: []MediaType{{
				Type:     "multipart/form-data",
				Encoding: map[string]Encoding{"f": {ContentType: "image/png"}},
			}}},
			Servers:     []ServerURL{{URL: "https://write.example.com"}},
			Annotations: &mcp.ToolAnnotations{Title: "Replace", IdempotentHint: true, DestructiveHint: &no},
			Pointer:     "/paths/~1orders~1{id}/put",
		}},
	}
	get, put := &doc.Operations[0], &doc.Operations[1]
	schemas := []*Schema{
		&get.Parameters[0].Schema, &get.Parameters[1].Schema, &get.Responses[0].Content[0].Schema,
		&put.Parameters[0].Schema, &put.RequestBody.Content[0].Schema,
	}
	var got []string
	for _, s := range schemas {
		text := ""
		if !s.IsZero() {
			text = string(s.source.Root().JSON())
		}
		got = append(got, text)
	}
	a := put.RequestBody.Content[0].Schema.source.Definition("A")
	if got, want := string(a.JSON()), `{"title":"A"}`; got != want {
		t.Errorf("definition A = %s, want %s", got, want)
	}
	if diff := cmp.Diff([]string{`{"type":"integer"}`, `{"type":"array"}`, `{"type":"object"}`, "", `{"$ref":"#/$defs/A"}`}, got); diff != "" {
		t.Errorf("schemas (-want +got):\n%s", diff)
	}
	for _, s := range schemas {
		*s = Schema{}
	}
	if diff := cmp.Diff(want, doc, schemaJSON(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

func TestParseOpenAPIErrors(t *testing.T) {
	for _, data := range [][]byte{nil, {}, []byte("<html>"), []byte("{}")} {
		if doc, err := ParseOpenAPI(data); err == nil {
			t.Errorf("ParseOpenAPI(%q) = %+v, want an error", data, doc)
		}
	}
	doc, err := ParseOpenAPI([]byte("openapi: 3.0.0"))
	if err != nil || len(doc.Operations) != 0 {
		t.Errorf("ParseOpenAPI without paths = %+v, %v, want no operations and no error", doc, err)
	}
}

func TestParseOpenAPIFS(t *testing.T) {
	fsys := fstest.MapFS{
		"api/openapi.yaml": {Data: []byte("openapi: 3.0.0\npaths: {/a: {$ref: a.yaml}, /b: {$ref: ../../b.yaml}}")},
		"api/a.yaml":       {Data: []byte("get: {deprecated: maybe}")},
	}
	doc, err := ParseOpenAPIFS(fsys, "api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Operations) != 1 || doc.Operations[0].Name != "get_a" {
		t.Errorf("operations = %+v, want get_a", doc.Operations)
	}
	var got []string
	for _, p := range doc.Problems {
		got = append(got, p.String())
	}
	want := []string{
		"api/a.yaml#/get/deprecated: true or false is wanted here; it is ignored",
		`/paths/~1b/$ref: "../../b.yaml" leads nowhere: it leads out of the folder of the document; it is left out`,
		"/paths/~1b: the path has no operations",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if _, err := ParseOpenAPIFS(fsys, "no.yaml"); err == nil || !strings.HasPrefix(err.Error(), "no.yaml: ") {
		t.Errorf("ParseOpenAPIFS of no file = %v, want an error with the name", err)
	}
}

// TestOperationsAreTheirOwn edits one operation and looks at another that the
// document describes with the same words.
func TestOperationsAreTheirOwn(t *testing.T) {
	doc, err := ParseOpenAPI([]byte(`
openapi: 3.0.0
security: [{key: [read]}]
paths: {/a: {parameters: [{name: q, in: query}], servers: [{url: /x, description: d}], get: {}, put: {}}}
components: {securitySchemes: {key: {type: oauth2}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	edited, other := &doc.Operations[0], &doc.Operations[1]
	edited.Security[0]["key"][0] = "write"
	edited.Security[0]["more"] = nil
	edited.Parameters[0].Name = "r"
	edited.Servers[0].URL = "/y"
	if diff := cmp.Diff([]SecurityRequirement{{"key": {"read"}}}, other.Security); diff != "" {
		t.Errorf("Security (-want +got):\n%s", diff)
	}
	if got := other.Parameters[0].Name; got != "q" {
		t.Errorf("parameter %q, want q", got)
	}
	if got := other.Servers[0].URL; got != "/x" {
		t.Errorf("server %q, want /x", got)
	}
}

// TestCorpusNames parses the documents of others: every operation there is has
// a name that is legal and its own.
func TestCorpusNames(t *testing.T) {
	dir := os.Getenv("MCPMOUNT_SPECS")
	if dir == "" {
		dir = filepath.Join("..", "shared", "specs")
	}
	f, err := os.Open(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Skip("no documents of others: set MCPMOUNT_SPECS to their folder")
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		name, entry, expect, operations := row[0], row[1], row[3], row[10]
		t.Run(name, func(t *testing.T) {
			doc, err := ParseOpenAPIFS(os.DirFS(dir), entry)
			if err != nil {
				if expect != "reject" {
					t.Error(err)
				}
				return
			}
			if got := strconv.Itoa(len(doc.Operations)); got != operations || expect == "reject" {
				t.Errorf("%s operations, want %s (%s)", got, operations, expect)
			}
			assertNames(t, doc.Operations)
		})
	}
}
