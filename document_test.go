package mcpmount_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/mcpmount/mcpmount"
)

func TestServerURLResolve(t *testing.T) {
	tests := []struct {
		url       string
		variables map[string]string
		want      string
	}{
		{"https://api.example.com/v1", nil, "https://api.example.com/v1"},
		{"https://{host}:{port}/{path}", map[string]string{"host": "a.example", "port": "8443", "path": "v1"}, "https://a.example:8443/v1"},
		{"https://{a}{b}{c}", map[string]string{"a": "{b}", "b": "{c}", "c": "{a}"}, "https://{b}{c}{a}"},
		{"https://{host}/{unknown}", map[string]string{"host": "a.example"}, "https://a.example/{unknown}"},
		{"https://{v}/{v}", map[string]string{"v": "1"}, "https://1/1"},
		{"https://{ab}/{a}", map[string]string{"a": "1", "ab": "2"}, "https://2/1"},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			if got := (mcpmount.ServerURL{URL: tt.url, Variables: tt.variables}).Resolve(); got != tt.want {
				t.Errorf("Resolve = %q, want %q", got, tt.want)
			}
		})
	}
}

// BasePath is data of its own: it stays when the servers are edited.
func TestBasePathStays(t *testing.T) {
	doc := parse(t, `{"openapi":"3.1.0","info":{"title":"T","version":"1"},"servers":[{"url":"/{v}","variables":{"v":{"default":"v1"}}}],"paths":{}}`)
	doc.Servers[0].Variables["v"] = "v2"
	if doc.BasePath != "/v1" || doc.Servers[0].Resolve() != "/v2" {
		t.Errorf("BasePath = %q, server %q, want /v1 and /v2", doc.BasePath, doc.Servers[0].Resolve())
	}
}

// A method that was written by hand in lower case is the method it says.
func TestLowerCaseMethod(t *testing.T) {
	var got string
	doc := &mcpmount.Document{Info: mcpmount.Info{Title: "T"}, Operations: []mcpmount.Operation{{Method: "get", Path: "/x", Name: "x"}}}
	srv := newServer(t, doc, func(_ http.ResponseWriter, r *http.Request) { got = r.Method })
	tool := srv.Tools()[0]
	if a := tool.Annotations; !a.ReadOnlyHint || *a.DestructiveHint {
		raw, err := json.Marshal(a)
		t.Errorf("annotations %s (%v), want those of GET", raw, err)
	}
	if call := callPlain(t, srv, "x", `{}`); got != http.MethodGet {
		t.Errorf("the API got method %q, want GET; result %s", got, call)
	}
	if doc.Operations[0].Method != "get" {
		t.Errorf("the document's method became %q", doc.Operations[0].Method)
	}
}
