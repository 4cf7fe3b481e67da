package openapi

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// mustLoad loads a document that must load.
func mustLoad(t testing.TB, text string) *Document {
	t.Helper()
	doc, err := loadText(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func loadText(text string) (*Document, error) { return Load(Source{Data: []byte(text)}) }

// oneOperation loads a document with a single operation.
func oneOperation(t testing.TB, text string) (Operation, []Problem) {
	t.Helper()
	doc := mustLoad(t, text)
	if len(doc.Operations) != 1 {
		t.Fatalf("%d operations, want 1; problems: %v", len(doc.Operations), doc.Problems)
	}
	return doc.Operations[0], doc.Problems
}

// root returns a schema as JSON, "" for none.
func root(s *Schema) string {
	if s == nil {
		return ""
	}
	return string(s.Root().JSON())
}

// schemaText makes cmp compare schemas by what they are.
func schemaText() cmp.Option {
	return cmp.Options{
		cmp.Transformer("Root", root),
		cmpopts.EquateEmpty(),
	}
}

func checkProblems(t *testing.T, got []Problem, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d problems, want %d:\n%v", len(got), len(want), got)
		return
	}
	for i, p := range got {
		if text := p.File + "#" + p.Pointer + ": " + p.Message; !strings.Contains(text, want[i]) {
			t.Errorf("problem %d = %q, want one with %q", i, text, want[i])
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	tests := []struct {
		name string
		data string
		want string
	}{
		{"nothing", "", "the document is empty"},
		{"white space", " \n\t\n", "the document is empty"},
		{"HTML", "<!DOCTYPE html><html><body>log in</body></html>", "HTML page"},
		{"HTML after a comment", "<!-- x -->\n<html>", "HTML page"},
		{"XML", `<?xml version="1.0"?><wsdl/>`, "XML"},
		{"a list", "[1, 2]", "neither"},
		{"a text", "just words", "neither"},
		{"a number", "42", "neither"},
		{"null", "null", "neither"},
		{"no version", "paths: {/a: {get: {}}}", "neither"},
		{"version null", "openapi:\npaths: {}", "neither"},
		{"version map", "openapi: {}\npaths: {}", "neither"},
		{"AsyncAPI", "asyncapi: 3.0.0\nchannels: {}", "AsyncAPI"},
		{"Postman", `{"info": {"_postman_id": "1", "name": "x"}, "item": []}`, "Postman"},
		{"Insomnia", `{"_type": "export", "resources": []}`, "Insomnia"},
		{"Swagger 1.2", `{"swaggerVersion": "1.2", "apis": []}`, "Swagger 1"},
		{"Swagger 1.2 by its number", "swagger: '1.2'\npaths: {/a: {get: {}}}", "not supported"},
		{"unknown version without paths", "openapi: 9.0.0", "not supported"},
		{"GraphQL", "type Query {\n  me: User\n}\n", "GraphQL"},
		{"GraphQL introspection", `{"data": {"__schema": {}}}`, "GraphQL"},
		{"RAML", "#%RAML 1.0\ntitle: x\n", "RAML"},
		{"API Blueprint", "FORMAT: 1A\n\n# Polls\n", "Blueprint"},
		{"Arazzo", "arazzo: 1.0.0\nworkflows: []", "Arazzo"},
		{"overlay", "overlay: 1.0.0\nactions: []", "overlay"},
		{"JSON Schema", `{"$schema": "https://json-schema.org/draft/2020-12/schema"}`, "JSON Schema"},
		{"HAR", `{"log": {"entries": []}}`, "HAR"},
		{"a configuration", "listen: 127.0.0.1:8080\napis: {crm: {document: crm.yaml}}", "--config"},
		{"gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00", "gzip"},
		{"cut off", `{"openapi": "3.0.3", "paths": {`, "line 1"},
		{"tabs", "openapi: 3.0.3\npaths:\n\t/a: {}\n", "line 3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := loadText(tt.data)
			if err == nil {
				t.Fatalf("Load = %d operations, want an error", len(doc.Operations))
			}
			if got := err.Error(); !strings.Contains(got, tt.want) || strings.Contains(got, "\n") {
				t.Errorf("Load = %q, want one line with %q", got, tt.want)
			}
		})
	}
}

func TestLoadVersions(t *testing.T) {
	tests := []struct {
		head     string
		problems int
	}{
		{`swagger: "2.0"`, 0},
		{"swagger: 2", 0},
		{"swagger: 2.0", 0},
		{"openapi: 3", 0},
		{"openapi: 3.0", 0},
		{"openapi: 3.0.0-rc2", 0},
		{"openapi: 3.0.4", 0},
		{"openapi: 3.1", 0},
		{"openapi: '3.1.2'", 0},
		{"openapi: 3.2.0", 0},
		{"openapi: ' 3.1.0 '", 0},
		{"openapi: 3.3.0", 1},
		{"openapi: 4.0.3", 1},
		{"openapi: latest", 1},
	}
	for _, tt := range tests {
		t.Run(tt.head, func(t *testing.T) {
			doc := mustLoad(t, tt.head+"\npaths: {/a: {get: {responses: {200: {description: ok}}}}}")
			if got := len(doc.Operations); got != 1 {
				t.Errorf("%d operations, want 1", got)
			}
			if got := len(doc.Problems); got != tt.problems {
				t.Errorf("problems = %v, want %d", doc.Problems, tt.problems)
			}
		})
	}
}

func TestLoadDocument(t *testing.T) {
	doc := mustLoad(t, `
openapi: 3.1.0
info: {title: Shop, version: 1.10, summary: Sells., description: "Sells *things*.  "}
servers:
  - url: https://{region}.example.com/{base}/
    description: live
    variables: {region: {default: eu, enum: [eu, us]}, base: {default: v1}}
  - url: /relative
components:
  securitySchemes:
    key: {type: apiKey, in: Header, name: X-Key, description: A key.}
    basic: {type: http, scheme: Basic}
    bearer: {type: http, scheme: bearer}
    oauth:
      type: oauth2
      flows:
        authorizationCode: {authorizationUrl: https://a.example/auth, tokenUrl: https://a.example/no}
        clientCredentials: {tokenUrl: https://a.example/token, scopes: {}}
    oidc: {type: openIdConnect, openIdConnectUrl: https://a.example/.well-known}
    mtls: {type: mutualTLS}
    alias: {$ref: '#/components/securitySchemes/bearer'}
    odd: {type: magic}
`)
	want := &Document{
		Title:       "Shop",
		Version:     "1.10",
		Summary:     "Sells.",
		Description: "Sells *things*.",
		BasePath:    "/v1",
		Servers: []Server{
			{URL: "https://{region}.example.com/{base}/", Description: "live", Variables: map[string]string{"region": "eu", "base": "v1"}, Enums: map[string][]string{"region": {"eu", "us"}}},
			{URL: "/relative"},
		},
		SecuritySchemes: map[string]SecurityScheme{
			"key":    {Type: "apiKey", In: "header", Name: "X-Key", Description: "A key."},
			"basic":  {Type: "http", Scheme: "basic"},
			"bearer": {Type: "http", Scheme: "bearer"},
			"oauth":  {Type: "oauth2", TokenURL: "https://a.example/token"},
			"oidc":   {Type: "openIdConnect", OpenIDConnectURL: "https://a.example/.well-known"},
			"mtls":   {Type: "mutualTLS"},
			"alias":  {Type: "http", Scheme: "bearer"},
			"odd":    {Type: "magic"},
		},
		Problems: []Problem{{
			Pointer: "/components/securitySchemes/odd",
			Message: `the type "magic" of the security scheme is not known`,
		}},
	}
	if diff := cmp.Diff(want, doc, schemaText()); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

func TestServerVariableDefault(t *testing.T) {
	doc := mustLoad(t, "openapi: 3.2.0\nservers: [{url: '/{v}', name: main, variables: {v: {default: v1, enum: [v2, v3]}}}]")
	want := []Server{{URL: "/{v}", Name: "main", Variables: map[string]string{"v": "v1"}, Enums: map[string][]string{"v": {"v2", "v3"}}}}
	if diff := cmp.Diff(want, doc.Servers); diff != "" {
		t.Errorf("Servers (-want +got):\n%s", diff)
	}
	problems := []Problem{{Pointer: "/servers/0/variables/v/default", Message: `the default of the server variable "v" is not one of its enum`}}
	if diff := cmp.Diff(problems, doc.Problems); diff != "" {
		t.Errorf("Problems (-want +got):\n%s", diff)
	}
}

func TestBasePath(t *testing.T) {
	tests := []struct {
		servers  string
		want     string
		problems int
	}{
		{"[]", "", 0},
		{"[{url: /}]", "", 0},
		{"[{url: ''}]", "", 0},
		{"[{url: https://a.example}]", "", 0},
		{"[{url: https://a.example/v1/}]", "/v1", 0},
		{"[{url: https://a.example/v1//x/}]", "/v1/x", 0},
		{"[{url: https://a.example/v1/../x}]", "/x", 0},
		{"[{url: 'https://a.example/v1?x=y#z'}]", "/v1", 0},
		{"[{url: v1}]", "/v1", 0},
		{"[{url: ./v1.0/api}]", "/v1.0/api", 0},
		{"[{url: v1.0/api}]", "/v1.0/api", 0},
		{"[{url: //a.example/v1}]", "/v1", 0},
		{"[{url: a.example/v1}]", "/v1", 1},
		{"[{url: 'localhost:8080/v1'}]", "/v1", 1},
		{"[{url: 'https://a.example/{v}/x', variables: {v: {default: '{w}'}, w: {default: no}}}]", "/%7Bw%7D/x", 0},
		{"[{url: 'https://a.example/{v}'}]", "", 1},
		{"[{url: 'https://a.example/%zz'}]", "", 1},
		{"[{url: 'https://a.example/a b'}]", "/a%20b", 0},
		{"{url: /v2}", "/v2", 1},
	}
	for _, tt := range tests {
		t.Run(tt.servers, func(t *testing.T) {
			doc := mustLoad(t, "openapi: 3.0.0\nservers: "+tt.servers)
			if doc.BasePath != tt.want {
				t.Errorf("BasePath = %q, want %q", doc.BasePath, tt.want)
			}
			if len(doc.Problems) != tt.problems {
				t.Errorf("problems = %v, want %d", doc.Problems, tt.problems)
			}
		})
	}
}

func TestLoadFile(t *testing.T) {
	fsys := fstest.MapFS{
		"api/openapi.yaml": {Data: []byte("openapi: 3.0.0\npaths: {/a: {get: {}}}")},
		"api/folder/x":     {},
	}
	doc, err := Load(Source{FS: fsys, Name: "api/openapi.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Operations) != 1 {
		t.Errorf("%d operations, want 1", len(doc.Operations))
	}
	for name, want := range map[string]string{
		"api/nothing.yaml": "api/nothing.yaml: there is no file",
		"api/folder":       "not a regular file",
		"../x":             "../x: ",
	} {
		if _, err := Load(Source{FS: fsys, Name: name}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load(%q) = %v, want an error with %q", name, err, want)
		}
	}
}
