package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcpmount/mcpmount"
)

func TestNotice(t *testing.T) {
	n := notice{title: "Shop\x1b[2J", url: "http://127.0.0.1:8080/mcp", document: "shop.yaml", upstream: "https://api.example.com/v1", tools: 1, served: "1 tool", problems: 2}
	const want = `mcpmount: serving Shop[2J at http://127.0.0.1:8080/mcp
mcpmount: 1 tool, each a call of https://api.example.com/v1
mcpmount: 2 problems in the document; run mcpmount check shop.yaml
mcpmount: for a client: {"mcpServers":{"shop-2j":{"type":"http","url":"http://127.0.0.1:8080/mcp"}}}
`
	var b strings.Builder
	log := slog.New(slog.NewTextHandler(&b, nil))
	n.print(&b, log)
	printClients(&b, log, map[string]client{slug(n.title): {"http", n.url, nil}})
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("notice (-want +got):\n%s", diff)
	}
}

// Who serves an API that needs credentials, and gives none, learns it before the
// first call fails.
func TestNoticeOfLack(t *testing.T) {
	get := func(path string, security ...mcpmount.SecurityRequirement) mcpmount.Operation {
		return mcpmount.Operation{Method: "GET", Path: path, Security: security}
	}
	key, anonymous := mcpmount.SecurityRequirement{"key": nil}, mcpmount.SecurityRequirement{}
	other := mcpmount.SecurityRequirement{"key": nil, "other": nil}
	some := &apiFlags{credentialFlags: credentialFlags{Credential: []string{"key=env:KEY"}}}
	const refused = "1 operation cannot be called, for want of credentials: --credential other=env:NAME"
	for _, tt := range []struct {
		operations []mcpmount.Operation
		flags      *apiFlags
		want       string
	}{
		{[]mcpmount.Operation{get("/a", key), get("/b", key), get("/c")}, &apiFlags{}, "there are no credentials for 2 operations: --credential key=env:NAME"},
		{[]mcpmount.Operation{get("/a", key)}, some, ""},
		{[]mcpmount.Operation{get("/a", key)}, &apiFlags{Header: []string{"X-API-Key: x"}}, ""},
		{[]mcpmount.Operation{get("/a", key, anonymous)}, &apiFlags{}, ""},
		{[]mcpmount.Operation{get("/a")}, &apiFlags{}, ""},
		{[]mcpmount.Operation{get("/a", key), get("/b", other)}, some, refused},
		{[]mcpmount.Operation{get("/a", key), get("/b", other)}, &apiFlags{credentialFlags: some.credentialFlags, Header: []string{"X-Other: x"}}, refused},
		{[]mcpmount.Operation{get("/a", key), get("/b", other, key)}, some, ""},
	} {
		doc := &mcpmount.Document{Operations: tt.operations, SecuritySchemes: map[string]mcpmount.SecurityScheme{
			"key":   {Type: "apiKey", In: mcpmount.InHeader, Name: "X-API-Key"},
			"other": {Type: "apiKey", In: mcpmount.InHeader, Name: "X-Other"},
		}}
		srv, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), nil)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		newNotice(&source{doc: doc}, &upstream{url: &url.URL{}, lack: tt.flags.lacking(doc, nil)}, srv).print(&b, slog.New(slog.DiscardHandler))
		if got := b.String(); !strings.Contains(got, tt.want) || strings.Contains(got, "credential") != (tt.want != "") {
			t.Errorf("%v, %v: %s\nwant %q", tt.operations, tt.flags, got, tt.want)
		}
	}
}

// A client that has to send a key is told where to put it.
func TestClientConfigOfKeys(t *testing.T) {
	for _, tt := range []struct {
		flags authFlags
		want  string
	}{
		{authFlags{}, `{"mcpServers":{"shop":{"type":"http","url":"http://x/mcp"}}}`},
		{authFlags{Auth: []string{"jwt"}}, `{"mcpServers":{"shop":{"type":"http","url":"http://x/mcp"}}}`},
		{authFlags{Auth: []string{"keys"}}, `{"mcpServers":{"shop":{"type":"http","url":"http://x/mcp","headers":{"Authorization":"Bearer YOUR-KEY"}}}}`},
		{authFlags{Auth: []string{"jwt", "keys"}, AuthHeader: "X-Key"}, `{"mcpServers":{"shop":{"type":"http","url":"http://x/mcp","headers":{"X-Key":"YOUR-KEY"}}}}`},
	} {
		if got := clientConfig(map[string]client{"shop": {"http", "http://x/mcp", tt.flags.headers()}}); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.flags.Auth, got, tt.want)
		}
	}
}

func TestServedText(t *testing.T) {
	tests := []struct {
		health mcpmount.Health
		want   string
	}{
		{mcpmount.Health{Tools: 1}, "1 tool"},
		{mcpmount.Health{Resources: 1, ResourceTemplates: 2}, "0 tools, 1 resource, 2 resource templates"},
	}
	for _, tt := range tests {
		if got := servedText(tt.health); got != tt.want {
			t.Errorf("servedText(%+v) = %q, want %q", tt.health, got, tt.want)
		}
	}
}

// A list of tools that fills the context of a model is not served without a word.
func TestNoticeOfManyTokens(t *testing.T) {
	for _, tools := range []int{10, 1000} {
		doc := &mcpmount.Document{}
		for i := range tools {
			doc.Operations = append(doc.Operations, mcpmount.Operation{Method: "GET", Path: fmt.Sprintf("/%d", i)})
		}
		srv, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), nil)
		if err != nil {
			t.Fatal(err)
		}
		n := newNotice(&source{doc: doc, name: "api.yaml"}, &upstream{url: &url.URL{}}, srv)
		var b strings.Builder
		n.print(&b, slog.New(slog.DiscardHandler))
		if got, want := strings.Contains(b.String(), "--include-tag"), n.tokens > 50_000; got != want || want != (tools == 1000) {
			t.Errorf("%d tools of about %d tokens: %s", tools, n.tokens, &b)
		}
	}
}

func TestNoticeAsJSON(t *testing.T) {
	var text, log strings.Builder
	notice{url: "http://x/mcp"}.print(&text, slog.New(slog.NewJSONHandler(&log, nil)))
	if text.Len() > 0 || !strings.Contains(log.String(), `"url":"http://x/mcp"`) {
		t.Errorf("text = %q, log = %q, want a record only", &text, &log)
	}
}

func TestSlug(t *testing.T) {
	tests := []struct{ title, want string }{
		{"Shop", "shop"},
		{"Pet Store 3.0", "pet-store-3-0"},
		{"  ", "api"},
		{"日本", "api"},
	}
	for _, tt := range tests {
		if got := slug(tt.title); got != tt.want {
			t.Errorf("slug(%q) = %q, want %q", tt.title, got, tt.want)
		}
	}
}

func TestReachable(t *testing.T) {
	tests := []struct {
		address net.TCPAddr
		want    string
	}{
		{net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, "127.0.0.1:80"},
		{net.TCPAddr{IP: net.IPv4zero, Port: 80}, "localhost:80"},
		{net.TCPAddr{IP: net.IPv6unspecified, Port: 80}, "localhost:80"},
		{net.TCPAddr{IP: net.IPv6loopback, Port: 80}, "[::1]:80"},
	}
	for _, tt := range tests {
		if got := reachable(&tt.address); got != tt.want {
			t.Errorf("reachable(%v) = %q, want %q", &tt.address, got, tt.want)
		}
	}
}
