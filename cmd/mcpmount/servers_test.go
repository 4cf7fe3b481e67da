package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/internal/shop"
)

// The same document gives the same list, byte for byte, in process and in front
// of the running API.
func TestListInProcessAndUpstream(t *testing.T) {
	app, _, err := newDemo(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app)
	defer server.Close()
	document := filepath.Join(t.TempDir(), "shop.yaml")
	if err := os.WriteFile(document, shop.Spec, 0o600); err != nil {
		t.Fatal(err)
	}
	remote := serveUntilEnd(t, "serve", "--listen", "127.0.0.1:0", "--upstream", server.URL, document)
	const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	inProcess, upstream := postJSON(t, server.URL+"/mcp", list), postJSON(t, remote, list)
	if string(inProcess) != string(upstream) || len(inProcess) < 1000 {
		t.Errorf("the lists differ:\n%s\n%s", inProcess, upstream)
	}
}

// Without --upstream every operation goes to the server that the document has
// for it; with one, to that.
func TestServersOfOperations(t *testing.T) {
	var seen []string
	api := func(name string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, name+" "+r.URL.Path+" "+r.Header.Get("X-Key"))
			io.WriteString(w, "ok")
		}))
		t.Cleanup(s.Close)
		return s
	}
	main, uploads, other := api("main"), api("uploads"), api("other")
	document := filepath.Join(t.TempDir(), "api.yaml")
	text := strings.NewReplacer("MAIN", main.URL, "UPLOADS", uploads.URL).Replace(`
openapi: 3.0.3
info: {title: API, version: "1"}
servers: [{url: MAIN/v1}]
paths:
  /a: {get: {operationId: a, responses: {"200": {description: ok}}}}
  /b:
    servers: [{url: /v2}]
    get: {operationId: b, responses: {"200": {description: ok}}}
  /c:
    get: {operationId: c, servers: [{url: UPLOADS/files}], responses: {"200": {description: ok}}}
`)
	if err := os.WriteFile(document, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		flags []string
		want  string
	}{
		{nil, "main /v1/a secret, main /v2/b secret, uploads /files/c "},
		{[]string{"--upstream", other.URL}, "other /v1/a secret, other /v2/b secret, other /files/c secret"},
		{[]string{"--upstream", other.URL + "/x"}, "other /x/a secret, other /x/b secret, other /x/c secret"},
	} {
		seen = nil
		for _, tool := range []string{"a", "b", "c"} {
			args := append([]string{"call", "--header", "X-Key: secret"}, tt.flags...)
			var stderr strings.Builder
			if code := run(t.Context(), append(args, document, tool), strings.NewReader(""), io.Discard, &stderr, os.LookupEnv); code != exitOK {
				t.Errorf("%v %s: exit code %d: %s", tt.flags, tool, code, &stderr)
			}
		}
		if got := strings.Join(seen, ", "); got != tt.want {
			t.Errorf("%v: the APIs saw %s\nwant %s", tt.flags, got, tt.want)
		}
	}
}

// The URL that is printed is the one that calls go to.
func TestPrintedUpstream(t *testing.T) {
	for server, want := range map[string]string{
		"https://api.example.com/api/v3":  "https://api.example.com/api/v3",
		"https://api.example.com/api/v3/": "https://api.example.com/api/v3",
		"https://api.example.com":         "https://api.example.com",
	} {
		src := &source{doc: &mcpmount.Document{Servers: []mcpmount.ServerURL{{URL: server}}}}
		src.doc.BasePath = strings.TrimRight(strings.TrimPrefix(server, "https://api.example.com"), "/")
		api, err := new(apiFlags).connect(src, nil, nil, &terminal{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if got := displayURL(api.url); strings.TrimRight(got, "/") != want {
			t.Errorf("%s is printed as %s", server, got)
		}
	}
}

// Where operations have a server of their own, the operator is told of it.
func TestNoticeOfOtherServers(t *testing.T) {
	doc := &mcpmount.Document{Servers: []mcpmount.ServerURL{{URL: "https://api.example.com/v1"}}}
	for i, server := range []string{"", "/v2", "https://API.example.com:443/v3", "http://127.0.0.1:2375", "https://files.example.com/a", "https://files.example.com/b"} {
		op := mcpmount.Operation{Method: http.MethodGet, Path: fmt.Sprintf("/%d", i)}
		if server != "" {
			op.Servers = []mcpmount.ServerURL{{URL: server}}
		}
		doc.Operations = append(doc.Operations, op)
	}
	for upstream, want := range map[string]string{"": "http://127.0.0.1:2375, https://files.example.com\n", "https://elsewhere.example.com": ""} {
		src := &source{doc: doc}
		flags := new(apiFlags)
		flags.Upstream = upstream
		api, err := flags.connect(src, nil, nil, &terminal{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		srv, err := mcpmount.New(doc, api.transport, nil)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		newNotice(src, api, srv).print(&b, slog.New(slog.DiscardHandler))
		if strings.Contains(b.String(), "other servers") != (want != "") || !strings.Contains(b.String(), want) {
			t.Errorf("with --upstream %q: %s, want %q", upstream, &b, want)
		}
	}
}
