package mcpmount

import (
	"bufio"
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

func TestSettableHeader(t *testing.T) {
	for _, name := range []string{
		"X-Request-ID", "x-client-version", "Idempotency-Key", "Accept-Language", "Prefer", "User-Agent", "Date", "Xi-Api",
		"If-Match", "If-None-Match", "If-Modified-Since", "Range", "X-Tenant", "trace", "Notion-Version", "X-Forward", "Mcp",
	} {
		if !settableHeader(name) {
			t.Errorf("settableHeader(%q) = false, want true", name)
		}
	}
	for _, name := range []string{
		"Accept", "accept", "Content-Type", "AUTHORIZATION", "Proxy-Authorization", "proxy-connection",
		"Host", "Content-Length", "Content-Encoding", "Accept-Encoding", "Expect", "Connection", "Keep-Alive", "TE", "Trailer",
		"Transfer-Encoding", "Upgrade", "HTTP2-Settings", "Via",
		"Cookie", "Set-Cookie", "Origin", "Referer", "Last-Event-ID", "Sec-Fetch-Site", "Mcp-Session-Id", "mcp-protocol-version",
		"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "x-forwarded-anything", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP",
		"X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method", "X-Original-URL", "X-Rewrite-URL", "Client-Cert", "X-SSL-Client-Cert",
		"X-Forwarded", "X-Original-Forwarded-For", "X-Client-IP", "X-Cluster-Client-IP", "X-Envoy-External-Address", "X-Remote-User", "Remote-User",
		"Client-Cert-Chain", "X-Client-Cert", "X-Original-Host", "X-Original-Method", "X-Host", "X_Remote_User",
		"", "a b", "a:b", "a\r\nb", "é",
	} {
		if settableHeader(name) {
			t.Errorf("settableHeader(%q) = true, want false", name)
		}
	}
}

func TestRefusedHeaderValues(t *testing.T) {
	const (
		control = `argument "v" must not contain line breaks or other control characters`
		ascii   = `argument "v" must be ASCII: a header cannot carry other characters`
		space   = `argument "v" must not begin or end with a space: a header cannot carry it`
		comma   = `argument "v" must not contain any of "," here: they separate values`
	)
	tests := []struct{ name, value, want string }{
		{"CR LF", `"a\r\nX-Admin: 1"`, control},
		{"LF", `"a\nb"`, control},
		{"NUL", `"a\u0000"`, control},
		{"tab", `"a\tb"`, control},
		{"DEL", `"a\u007f"`, control},
		{"unicode", `"é"`, ascii},
		{"space before", `" a"`, space},
		{"space after", `"a "`, space},
		{"comma in a list", `["a,b"]`, comma},
		{"comma in an object", `{"k":"a,b"}`, `argument "v" member "k" must not contain any of "," here: they separate values`},
		{"line break in a list", `["a","b\nc"]`, control},
		{"line break in a key", `{"a\nb":1}`, `argument "v" member "a\nb" must not contain line breaks or other control characters`},
		{"line break in nested JSON", `[{"a":"b"},["é"]]`, ascii},
	}
	for _, tt := range tests {
		_, err := buildParameters(t, "/", []Parameter{{Name: "v", In: InHeader}}, `{"v":`+tt.value+`}`)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: error = %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestHeaderValues(t *testing.T) {
	tests := []struct {
		name  string
		param Parameter
		value string
		want  []string
	}{
		{"comma alone", Parameter{}, `"a, b"`, []string{"a, b"}},
		{"quotes", Parameter{}, `"W/\"x\""`, []string{`W/"x"`}},
		{"percent stays", Parameter{}, `"a%20b"`, []string{"a%20b"}},
		{"empty", Parameter{}, `""`, []string{""}},
		{"number", Parameter{}, `9007199254740993`, []string{"9007199254740993"}},
		{"boolean", Parameter{}, `true`, []string{"true"}},
		{"int64 array", Parameter{}, `[12345678,90099]`, []string{"12345678,90099"}},
		{"null", Parameter{}, `null`, nil},
		{"only null", Parameter{}, `[null]`, nil},
		{"JSON", Parameter{MediaType: "application/json"}, `{"path":"/é😀"}`, []string{`{"path":"/\u00E9\uD83D\uDE00"}`}},
		{"JSON of nothing", Parameter{MediaType: "application/json"}, `{}`, []string{`{}`}},
		{"JSON with a DEL", Parameter{MediaType: "application/json"}, `"\u007f\n"`, []string{`"\u007F\n"`}},
	}
	for _, tt := range tests {
		tt.param.Name, tt.param.In = "v", InHeader
		r, err := buildParameters(t, "/", []Parameter{tt.param}, `{"v":`+tt.value+`}`)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := r.Header["V"]; strings.Join(got, "|") != strings.Join(tt.want, "|") || len(got) != len(tt.want) {
			t.Errorf("%s: header = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestUserAgentParameter(t *testing.T) {
	r, err := buildParameters(t, "/", []Parameter{{Name: "user-agent", In: InHeader}}, `{"user-agent":"mine/1"}`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(r.Header["User-Agent"], ","), "mine/1"; got != want {
		t.Errorf("User-Agent = %q, want %q", got, want)
	}
}

func TestCookies(t *testing.T) {
	form := Parameter{Name: "v", In: InCookie}
	raw := Parameter{Name: "v", In: InCookie, Style: "cookie", Explode: true}
	other := Parameter{Name: "sid", In: InCookie}
	const octets = `must be ASCII without control characters, spaces, and any of " , ; \ in a cookie; escape it the way the API expects`
	tests := []struct {
		name   string
		params []Parameter
		values string
		want   string // the Cookie header, or the error
	}{
		{"escaped", []Parameter{form}, `{"v":"Hello, world!"}`, "v=Hello%2C%20world%21"},
		{"injection", []Parameter{form}, `{"v":"a; admin=1\r\nX: y"}`, "v=a%3B%20admin%3D1%0D%0AX%3A%20y"},
		{"document order", []Parameter{form, other}, `{"sid":1,"v":2}`, "v=2; sid=1"},
		{"one absent", []Parameter{form, other}, `{"sid":1}`, "sid=1"},
		{"empty array", []Parameter{form, other}, `{"v":[],"sid":1}`, "sid=1"},
		{"name escaped", []Parameter{{Name: "a b", In: InCookie}}, `{"a b":1}`, "a%20b=1"},
		{"JSON", []Parameter{{Name: "v", In: InCookie, MediaType: "application/json"}}, `{"v":{"a":1}}`, "v=%7B%22a%22%3A1%7D"},
		{"as is", []Parameter{raw}, `{"v":{"greeting":"Hello%2C%20world!","code":42}}`, "greeting=Hello%2C%20world!; code=42"},
		{"as is, semicolon", []Parameter{raw}, `{"v":"a; admin=1"}`, `argument "v" ` + octets},
		{"as is, comma", []Parameter{raw}, `{"v":"a,b"}`, `argument "v" ` + octets},
		{"as is, quote", []Parameter{raw}, `{"v":"\"a\""}`, `argument "v" ` + octets},
		{"as is, backslash", []Parameter{raw}, `{"v":"a\\b"}`, `argument "v" ` + octets},
		{"as is, unicode", []Parameter{raw}, `{"v":"é"}`, `argument "v" ` + octets},
		{"as is, line break", []Parameter{raw}, `{"v":["a\n"]}`, `argument "v" ` + octets},
		{"as is, key", []Parameter{raw}, `{"v":{"a=b":"c"}}`, `argument "v" member "a=b" must not contain any of "=" here: they separate values`},
		{"second cookie by key", []Parameter{form, other}, `{"v":{"sid":"evil"}}`, `argument "v" member "sid" is another parameter of the operation; give it in its own argument`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := buildParameters(t, "/", tt.params, tt.values)
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = strings.Join(r.Header["Cookie"], "\n")
			}
			if got != tt.want {
				t.Errorf("Cookie = %q, want %q", got, tt.want)
			}
		})
	}
}

// What is sent over the wire has exactly the header and the cookie of the
// arguments, or nothing is sent.
func FuzzHeaderCookie(f *testing.F) {
	for _, seed := range []string{"", "a", "a b", "a; b=c", "a\r\nX: y", "\x00", "é", ",", `"q"`, " a", "a\t", "%3B", "a=b", `\`} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, value string, raw bool) {
		params := []Parameter{{Name: "X-Value", In: InHeader}, {Name: "first", In: InCookie}, {Name: "sid", In: InCookie}, {Name: "last", In: InCookie}}
		if raw {
			params[2].Style = "cookie"
		}
		for _, only := range []string{"X-Value", "sid"} {
			fuzzField(t, params, only, value, raw)
		}
	})
}

func fuzzField(t *testing.T, params []Parameter, name, value string, raw bool) {
	p, err := newRequestPlan(&Operation{Method: "GET", Path: "/"}, parameterArguments(params), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.build(t.Context(), "", tree.NewObject(
		tree.Member{Key: "first", Value: tree.NewString("1")},
		tree.Member{Key: name, Value: tree.NewString(value)},
		tree.Member{Key: "last", Value: tree.NewString("2")},
	))
	if err != nil {
		if _, ok := err.(*argumentError); !ok {
			t.Fatalf("error = %v, want an *argumentError", err)
		}
		return
	}
	sent := received(t, r)
	var names []string
	for name := range sent.Header {
		names = append(names, name)
	}
	cookies := sent.Cookies()
	if name == "X-Value" {
		if got := sent.Header["X-Value"]; len(got) != 1 || got[0] != value || len(names) != 4 || len(cookies) != 2 {
			t.Fatalf("header = %q of %q, want %q", got, names, value)
		}
		return
	}
	if len(names) != 3 || len(cookies) != 3 || cookies[1].Name != "sid" {
		t.Fatalf("headers %q, cookies %q, want one Cookie header with three", names, cookies)
	}
	got := cookies[1].Value
	if !raw {
		if got, err = url.PathUnescape(got); err != nil {
			t.Fatal(err)
		}
	}
	if got != value {
		t.Fatalf("cookie = %q, want %q", got, value)
	}
}

// received returns r as a server reads it.
func received(t *testing.T, r *http.Request) *http.Request {
	t.Helper()
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatalf("write request: %v", err)
	}
	text := wire.String()
	got, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		t.Fatalf("read %q: %v", text, err)
	}
	return got
}
