package mcpmount

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// The leading system escapes most of these. That is not enough: "%2E%2E" still
// means "..", and some routers take "%2F" for a slash, so that a tool for
// /users/{id} would reach /users/{id}/admin.
func TestRefusedPathValues(t *testing.T) {
	tests := []struct{ name, value string }{
		{"empty", ""},
		{"dot", "."},
		{"dots", ".."},
		{"three dots", "..."},
		{"dots that a server may trim", ".. "},
		{"a space", " "},
		{"escaped space after dots", "..%20"},
		{"parent", "../admin"},
		{"three parents", "../../../admin"},
		{"slash", "a/b"},
		{"slash only", "/"},
		{"backslash", `..\admin`},
		{"escaped dots", "%2e%2e"},
		{"escaped dot", "%2E"},
		{"half escaped dots", ".%2e"},
		{"escaped twice", "%252e%252E"},
		{"escaped three times", "%25252e%25252e"},
		{"escaped slash", "..%2F..%2Fadmin"},
		{"escaped slash alone", "7%2fadmin"},
		{"slash escaped twice", "7%252Fadmin"},
		{"escaped backslash", "..%5cadmin"},
		{"dots before a semicolon", "..;"},
		{"parameters only", ";a=b"},
		{"escaped semicolon", "..%3bx"},
		{"overlong slash", "..%c0%af"},
		{"overlong dots", "%c0%ae%c0%ae"},
		{"NUL", "a\x00"},
		{"escaped NUL", "a%00"},
		{"line break", "a\r\nX: y"},
		{"escaped line break", "a%0d%0aX:%20y"},
		{"DEL", "a\x7f"},
		{"C1", "a\u0085"},
		{"escaped C1", "a%c2%85"},
		{"not UTF-8", "a\xff"},
		{"too long", strings.Repeat("a", 1025)},
	}
	params := []Parameter{{Name: "id", In: InPath}}
	p, err := newRequestPlan(&Operation{Method: "GET", Path: "/a/{id}/b"}, parameterArguments(params), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for kind, v := range map[string]*tree.Node{
				"alone":        tree.NewString(tt.value),
				"in an array":  tree.NewArray(tree.NewString("x"), tree.NewString(tt.value)),
				"in an object": tree.NewObject(tree.Member{Key: "x", Value: tree.NewString(tt.value)}),
				"as a key":     tree.NewObject(tree.Member{Key: tt.value, Value: tree.NewString("x")}),
			} {
				r, err := p.build(t.Context(), "", tree.NewObject(tree.Member{Key: "id", Value: v}))
				if _, ok := err.(*argumentError); !ok {
					t.Errorf("%s: build = %v, %v, want an *argumentError", kind, r, err)
				}
			}
		})
	}
}

// A value of several segments leads below its place in the path and nowhere
// else.
func TestSegmentedPathValues(t *testing.T) {
	params := []Parameter{{Name: "path", In: InPath, MultiSegment: true}}
	for value, want := range map[string]string{
		"docs/readme.md": "/files/docs%2Freadme.md",
		"a/b/.c":         "/files/a%2Fb%2F.c",
		"a":              "/files/a",
		"a%2Fb":          "/files/a%252Fb",
		"":               "", "/": "", "/a": "", "a/": "", "a//b": "", "..": "", "a/../b": "", "a/./b": "", "a/..%2Fb": "", "a%2F%2e%2E": "",
		`a\b`: "", "a/..;x/b": "", "a/\x00": "", "a%252F..": "", strings.Repeat("a/", 1000) + "a": "",
	} {
		values := tree.NewObject(tree.Member{Key: "path", Value: tree.NewString(value)})
		r, err := buildParameters(t, "/files/{path}", params, string(values.JSON()))
		switch {
		case want == "" && err == nil:
			t.Errorf("build(%q) = %s, want an error", value, r.URL)
		case want != "" && err != nil:
			t.Errorf("build(%q): %v", value, err)
		case want != "" && r.URL.EscapedPath() != want:
			t.Errorf("EscapedPath(%q) = %q, want %q", value, r.URL.EscapedPath(), want)
		}
	}
}

func TestMissingPathValues(t *testing.T) {
	for _, values := range []string{`{}`, `{"id":null}`, `{"id":[]}`, `{"id":{}}`, `{"id":[null]}`} {
		_, err := buildParameters(t, "/a/{id}", []Parameter{{Name: "id", In: InPath}}, values)
		want := `argument "id" is part of the path: it must be given and must not be empty`
		if err == nil || err.Error() != want {
			t.Errorf("error for %s = %v, want %q", values, err, want)
		}
	}
}

func TestAcceptedPathValues(t *testing.T) {
	tests := []struct{ value, want string }{
		{"user-123", "user-123"},
		{"..a", "..a"},
		{"a..", "a.."},
		{".hidden", ".hidden"},
		{"100%", "100%25"},
		{"50%25", "50%2525"},
		{"%1G%g1", "%251G%25g1"},
		{"a;b", "a%3Bb"},
		{"a b", "a%20b"},
		{"{id}", "%7Bid%7D"},
		{"日本", "%E6%97%A5%E6%9C%AC"},
		{strings.Repeat("a", 1024), strings.Repeat("a", 1024)},
	}
	for _, tt := range tests {
		r, err := buildParameters(t, "/{id}", []Parameter{{Name: "id", In: InPath}}, string(tree.NewObject(tree.Member{Key: "id", Value: tree.NewString(tt.value)}).JSON()))
		if err != nil {
			t.Errorf("build(%q): %v", tt.value, err)
			continue
		}
		if got := r.URL.EscapedPath(); got != "/"+tt.want {
			t.Errorf("EscapedPath(%q) = %q, want %q", tt.value, got, "/"+tt.want)
		}
	}
}

// Values of one segment must not be harmless alone and an escape together.
func TestJoinedPathValues(t *testing.T) {
	tests := []struct {
		path, a, b string
		refused    bool
	}{
		{"/{a}{b}", "%2", "e", true},
		{"/{a}{b}", "%", "2e", true},
		{"/{a}{b}", "%25", "2e", true},
		{"/{a}{b}", "x%252", "f", true},
		{"/{a}.{b}", "%", "x", true},
		{"/{a}.{b}", "1", "%", false},
		{"/{a}.{b}", "1%20", "2", false},
		{"/{a}/{b}", "%", "2e", false},
		{"/{a}{b}", ".", "x", true},
		{"/v{a}-{b}", "1.0", "..x", false},
	}
	params := []Parameter{{Name: "a", In: InPath}, {Name: "b", In: InPath}}
	for _, tt := range tests {
		r, err := buildParameters(t, tt.path, params, `{"a":"`+tt.a+`","b":"`+tt.b+`"}`)
		if refused := err != nil; refused != tt.refused {
			t.Errorf("%s with %q and %q: %v, %v, want refused = %t", tt.path, tt.a, tt.b, r, err, tt.refused)
		}
	}
}

// Any string arrives unchanged at the handler it was meant for, or is refused.
func FuzzPathValue(f *testing.F) {
	for _, seed := range []string{
		"7", "a b", "é", "100%", "a+b", "..", "%2e%2e", "a/b", "..;", "x;y", "%", "%2", "{id}", "*", "a?b#c", "//", "b", "a%252fb", "\u0085", "\xff",
	} {
		f.Add(seed, uint8(0))
		f.Add(seed, uint8(5))
	}
	styles := []string{"simple", "label", "matrix"}
	f.Fuzz(func(t *testing.T, value string, choice uint8) {
		style := styles[int(choice)%len(styles)]
		param := Parameter{Name: "id", In: InPath, Style: style, Explode: choice >= 128}
		p, err := newRequestPlan(&Operation{Method: "GET", Path: "/a/{id}/b"}, []argument{{name: "id", param: &param}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.build(t.Context(), "", tree.NewObject(tree.Member{Key: "id", Value: tree.NewString(value)}))
		if err != nil {
			if _, ok := err.(*argumentError); !ok {
				t.Fatalf("error = %v, want an *argumentError", err)
			}
			return
		}
		prefix := map[string]string{"simple": "", "label": ".", "matrix": ";id="}[style]
		if got := routed(t, r); got != prefix+value {
			t.Fatalf("handler got %q, want %q", got, prefix+value)
		}
	})
}

// routed returns the value of {id} at the handler for /a/{id}/b.
func routed(t *testing.T, r *http.Request) string {
	t.Helper()
	got, reached := "", false
	mux := http.NewServeMux()
	mux.HandleFunc("GET /a/{id}/b", func(_ http.ResponseWriter, r *http.Request) { got, reached = r.PathValue("id"), true })
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {})
	received, err := http.NewRequest(r.Method, r.URL.String(), nil)
	if err != nil {
		t.Fatalf("URL %q: %v", r.URL, err)
	}
	if received.URL.EscapedPath() != r.URL.EscapedPath() {
		t.Fatalf("EscapedPath = %q on arrival, want %q", received.URL.EscapedPath(), r.URL.EscapedPath())
	}
	mux.ServeHTTP(httptest.NewRecorder(), received)
	if !reached {
		t.Fatalf("path %q did not reach its handler", r.URL.EscapedPath())
	}
	return got
}

// Every value of a query comes back from the parser of net/url, alone and
// beside another parameter.
func FuzzQueryValue(f *testing.F) {
	for _, seed := range []string{"", "a b", "a&b=c", "a+b", "100%", "%41", "#", ";", "é", "[x]", "a,b", "\x00", "\xff", "a=b", "?"} {
		f.Add(seed, seed, false)
		f.Add(seed, "k", true)
	}
	f.Fuzz(func(t *testing.T, value, key string, reserved bool) {
		params := []Parameter{
			{Name: "v", In: InQuery, Style: "form", AllowReserved: reserved},
			{Name: "list", In: InQuery, Style: "form", Explode: true, AllowReserved: reserved},
			{Name: "deep", In: InQuery, Style: "deepObject", AllowReserved: reserved},
		}
		p, err := newRequestPlan(&Operation{Method: "GET", Path: "/"}, parameterArguments(params), nil)
		if err != nil {
			t.Fatal(err)
		}
		text := tree.NewString(value)
		r, err := p.build(t.Context(), "", tree.NewObject(
			tree.Member{Key: "v", Value: text},
			tree.Member{Key: "list", Value: tree.NewArray(text, text)},
			tree.Member{Key: "deep", Value: tree.NewObject(tree.Member{Key: key, Value: text})},
		))
		if err != nil {
			if !strings.ContainsAny(key, "[]") && len(value)+len(key) < maxURL/12 {
				t.Fatalf("build: %v", err)
			}
			return
		}
		got, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			t.Fatalf("query %q: %v", r.URL.RawQuery, err)
		}
		want := url.Values{"v": {value}, "list": {value, value}, "deep[" + key + "]": {value}}
		if got.Encode() != want.Encode() {
			t.Fatalf("query = %q, want %q", got.Encode(), want.Encode())
		}
	})
}
