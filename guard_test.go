package mcpmount

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	public := Options{PublicURL: "https://api.example.com/mcp"}
	tests := []struct {
		name   string
		opts   Options
		local  bool // the connection arrived on loopback
		host   string
		origin []string
		want   int
	}{
		{name: "loopback name on loopback", local: true, host: "localhost:8080", want: 200},
		{name: "loopback address on loopback", local: true, host: "127.0.0.1:8080", want: 200},
		{name: "IPv6 loopback", local: true, host: "[::1]:8080", want: 200},
		{name: "another IPv4 loopback", local: true, host: "127.1.2.3", want: 200},
		{name: "localhost as a full name", local: true, host: "LOCALHOST.", want: 200},
		{name: "address of another machine", local: true, host: "192.0.2.1:8080", want: 403},
		{name: "rebinding", local: true, host: "evil.example:8080", want: 403},
		{name: "a name that only begins like loopback", local: true, host: "127.0.0.1.evil.example", want: 403},
		{name: "proxy on the same machine, not configured", local: true, host: "api.example.com", want: 403},
		{name: "proxy on the same machine, configured", opts: public, local: true, host: "api.example.com", want: 200},
		{name: "allowed host", opts: Options{AllowedHosts: []string{"API.internal"}}, host: "api.internal:443", want: 200},
		{name: "allowed host with port", opts: Options{AllowedHosts: []string{"api.internal:8443"}}, host: "api.internal:8443", want: 200},
		{name: "allowed host with another port", opts: Options{AllowedHosts: []string{"api.internal:8443"}}, host: "api.internal:1", want: 403},
		{name: "other host when configured", opts: public, host: "other.example.com", want: 403},
		{name: "any host elsewhere when not configured", host: "whatever.example", want: 200},

		{name: "no origin", host: "a.example", want: 200},
		{name: "evil origin", host: "a.example", origin: []string{"https://evil.example"}, want: 403},
		{name: "same host is not enough", host: "evil.example", origin: []string{"http://evil.example"}, want: 403},
		{name: "null origin", host: "a.example", origin: []string{"null"}, want: 403},
		{name: "null origin with star", opts: Options{AllowedOrigins: []string{"*"}}, host: "a.example", origin: []string{"null"}, want: 403},
		{name: "two origins", opts: Options{AllowedOrigins: []string{"*"}}, host: "a.example", origin: []string{"https://a.example", "https://b.example"}, want: 403},
		{name: "public origin", opts: public, host: "api.example.com", origin: []string{"https://api.example.com"}, want: 200},
		{name: "public origin, other scheme", opts: public, host: "api.example.com", origin: []string{"http://api.example.com"}, want: 403},
		{name: "allowed origin", opts: Options{AllowedOrigins: []string{"https://chat.example.com"}}, host: "a.example", origin: []string{"https://chat.example.com"}, want: 200},
		{name: "loopback origin on loopback", local: true, host: "localhost", origin: []string{"http://localhost:6274"}, want: 200},
		{name: "loopback origin of an app", local: true, host: "localhost", origin: []string{"app://localhost"}, want: 403},
		{name: "loopback origin with a path", local: true, host: "localhost", origin: []string{"http://localhost/x"}, want: 403},
		{name: "loopback origin with a user", local: true, host: "localhost", origin: []string{"http://me@localhost"}, want: 403},
		{name: "loopback origin elsewhere", host: "a.example", origin: []string{"http://localhost:6274"}, want: 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, err := newGuard(&tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodPost, "/mcp", nil)
			r.Host = tt.host
			r.Header["Origin"] = tt.origin
			if tt.local {
				r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}))
			}
			w, head := httptest.NewRecorder(), readLetterhead(r.Header)
			admitted := g.admit(w, r, &head)
			if admitted != (tt.want == 200) || w.Code != tt.want {
				t.Errorf("admitted = %v with status %d, want %d", admitted, w.Code, tt.want)
			}
			if cors := w.Header().Get("Access-Control-Allow-Origin"); (cors != "") != (admitted && len(tt.origin) > 0) {
				t.Errorf("Access-Control-Allow-Origin = %q", cors)
			}
		})
	}
}

func TestGuardPreflight(t *testing.T) {
	g, err := newGuard(&Options{AllowedOrigins: []string{"https://chat.example.com"}, ForwardHeaders: []string{"X-Tenant"}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodOptions, "/mcp", nil)
	r.Header.Set("Origin", "https://chat.example.com")
	r.Header.Set("Access-Control-Request-Method", "POST")
	r.Header.Set("Access-Control-Request-Headers", "content-type, mcp-param-region,x-other, x-another-header, mcp-param-")
	w := httptest.NewRecorder()
	head := readLetterhead(r.Header)
	if g.admit(w, r, &head) {
		t.Error("a preflight went further than the guard")
	}
	if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Origin") != "https://chat.example.com" {
		t.Errorf("preflight answered %d with %v", w.Code, w.Header())
	}
	if w.Header().Get("Vary") != "Origin" || w.Header().Get("Access-Control-Max-Age") != "600" {
		t.Errorf("preflight answered with %v", w.Header())
	}
	for _, name := range []string{
		"Authorization", "Content-Type", "Accept", "Last-Event-ID", "Mcp-Protocol-Version", "Mcp-Session-Id", "Mcp-Method", "Mcp-Name",
		"X-API-Key", "X-Tenant", "mcp-param-region",
	} {
		if allowed := strings.Split(w.Header().Get("Access-Control-Allow-Headers"), ", "); !slices.Contains(allowed, name) {
			t.Errorf("Access-Control-Allow-Headers = %q, want %s among them", allowed, name)
		}
	}
	if got := w.Header().Get("Access-Control-Allow-Headers"); strings.Contains(got, "other") || strings.HasSuffix(got, "-") {
		t.Errorf("Access-Control-Allow-Headers = %q, with one that was only asked for", got)
	}
	if w.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Error("credentials of the browser are allowed")
	}
}

func TestGuardOptions(t *testing.T) {
	for _, opts := range []Options{
		{PublicURL: "api.example.com/mcp"},
		{PublicURL: "ftp://api.example.com"},
		{PublicURL: "https://api.example.com/mcp?x=1"},
		{PublicURL: "https://api.example.com/mcp#x"},
		{PublicURL: "https://api example.com"},
		{PublicURL: "https:///mcp"},
		{AllowedHosts: []string{"https://api.example.com"}},
		{AllowedHosts: []string{""}},
		{AllowedOrigins: []string{"chat.example.com"}},
		{AllowedOrigins: []string{"//chat.example.com"}},
		{AllowedOrigins: []string{"https://"}},
		{AllowedOrigins: []string{"https://chat example.com"}},
		{AllowedOrigins: []string{"https://chat.example.com/app"}},
	} {
		if _, err := newGuard(&opts); err == nil {
			t.Errorf("%+v: no error", opts)
		}
	}
}
