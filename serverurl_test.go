package mcpmount_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount"
)

const serversSpec = `
openapi: 3.2.0
info: {title: T, version: "1"}
servers:
  - url: https://{region}.example.com/{version}
    description: Live
    variables:
      region: {default: eu, enum: [eu, us]}
      version: {default: v1}
  - {url: https://test.example.com/t/, name: test, description: For trying things}
  - {url: https://old.example.com, description: For trying things}
  - {url: /relative}
paths:
  /x: {get: {operationId: x, responses: {"200": {description: ok}}}}
  /files:
    get:
      operationId: files
      servers: [{url: "https://{region}-files.example.com/{bucket}", variables: {region: {default: eu, enum: [eu, us]}, bucket: {default: b}}}]
      responses: {"200": {description: ok}}
`

func TestUseServer(t *testing.T) {
	type values = map[string]string
	tests := []struct {
		name, server string
		variables    values
		url, base    string // of the first server
		files        string
		err          string
	}{
		{"as it is", "", nil, "https://eu.example.com/v1", "/v1", "https://eu-files.example.com/b", ""},
		{"variables", "", values{"version": "v2"}, "https://eu.example.com/v2", "/v2", "https://eu-files.example.com/b", ""},
		{"variables of several servers", "", values{"region": "us"}, "https://us.example.com/v1", "/v1", "https://us-files.example.com/b", ""},
		{"variable of an operation only", "2", values{"bucket": "c"}, "https://test.example.com/t/", "/t", "https://eu-files.example.com/c", ""},
		{"number", "4", nil, "/relative", "/relative", "https://eu-files.example.com/b", ""},
		{"name", "TEST", nil, "https://test.example.com/t/", "/t", "https://eu-files.example.com/b", ""},
		{"description", "live", nil, "https://eu.example.com/v1", "/v1", "https://eu-files.example.com/b", ""},
		{"URL", "https://old.example.com/", nil, "https://old.example.com", "", "https://eu-files.example.com/b", ""},
		{"URL with variables", "https://{region}.example.com/{version}", values{"version": ""}, "https://eu.example.com/", "", "https://eu-files.example.com/b", ""},
		{"URL with values", "https://eu.example.com/v1", nil, "https://eu.example.com/v1", "/v1", "https://eu-files.example.com/b", ""},

		{name: "unknown server", server: "5", err: `server "5": there is none; the servers are 1: https://{region}.example.com/{version} ("Live"), 2: https://test.example.com/t/ ("test"), ` +
			`3: https://old.example.com ("For trying things"), 4: /relative`},
		{name: "zero", server: "0", err: `server "0": there is none`},
		{name: "two servers", server: "for trying things", err: `2 servers are called so; use the number of one, such as 2`},
		{name: "unknown variable", variables: values{"regoin": "us"}, err: `there is no server variable "regoin"; did you mean "region"?; there is "bucket", "region", "version"`},
		{name: "not in the enum", variables: values{"region": "moon"}, err: `server variable "region" cannot be "moon"; it can be "eu", "us"`},
		{name: "variable of another server", server: "3", variables: values{"version": "v2"}, err: `there is no server variable "version"`},
		{name: "not a URL", variables: values{"version": "%zz"}, err: `the server "https://eu.example.com/%zz" is not a URL`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := parse(t, serversSpec)
			err := doc.UseServer(tt.server, tt.variables)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("UseServer = %v, want %s", err, tt.err)
				}
				tt.url, tt.base, tt.files = "https://eu.example.com/v1", "/v1", "https://eu-files.example.com/b"
			} else if err != nil {
				t.Fatal(err)
			}
			if got := doc.Servers[0].Resolve(); got != tt.url {
				t.Errorf("the first server is %s, want %s", got, tt.url)
			}
			if doc.BasePath != tt.base {
				t.Errorf("BasePath = %q, want %q", doc.BasePath, tt.base)
			}
			if got := doc.Operation("files").Servers[0].Resolve(); got != tt.files {
				t.Errorf("the server of files is %s, want %s", got, tt.files)
			}
			if len(doc.Servers) != 4 {
				t.Errorf("%d servers are left", len(doc.Servers))
			}
		})
	}
	none := &mcpmount.Document{BasePath: "/b"}
	if err := none.UseServer("", nil); err != nil || none.BasePath != "/b" {
		t.Errorf("a document without servers: %v, base path %q", err, none.BasePath)
	}
	if err := none.UseServer("1", nil); err == nil || !strings.Contains(err.Error(), "names no servers") {
		t.Errorf("a document without servers: %v", err)
	}
	if err := none.UseServer("", values{"a": "b"}); err == nil || !strings.Contains(err.Error(), "the server has none") {
		t.Errorf("a document without servers: %v", err)
	}
}

// Values of variables come from the configuration: a call cannot change them.
func TestServerVariablesAreNoArguments(t *testing.T) {
	doc := parse(t, serversSpec)
	if err := doc.UseServer("", map[string]string{"version": "v2"}); err != nil {
		t.Fatal(err)
	}
	var path string
	srv := newServer(t, doc, func(_ http.ResponseWriter, r *http.Request) { path = r.URL.Path })
	if got := callPlain(t, srv, "x", `{"version":"v1"}`); path != "" {
		t.Errorf("an argument that is a server variable: %s, request %s", got, path)
	}
	if got := callPlain(t, srv, "x", `{}`); path != "/v2/x" {
		t.Errorf("the API got %s, want /v2/x: %s", path, got)
	}
}
