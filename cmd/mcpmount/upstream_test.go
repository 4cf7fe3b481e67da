package main

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcpmount/mcpmount"
)

func TestParseHeaders(t *testing.T) {
	env := map[string]string{"KEY": "k1", "B": "b", "EMPTY": "", "LINES": "a\nb"}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	tests := []struct {
		name  string
		lines []string
		want  http.Header
		err   string
	}{
		{"none", nil, http.Header{}, ""},
		{"plain", []string{"x-api-key: 1"}, http.Header{"X-Api-Key": {"1"}}, ""},
		{"value with a colon", []string{"Time: 10:30"}, http.Header{"Time": {"10:30"}}, ""},
		{"variable", []string{"Authorization: Bearer ${KEY}"}, http.Header{"Authorization": {"Bearer k1"}}, ""},
		{"two variables", []string{"X: ${KEY}-${B}"}, http.Header{"X": {"k1-b"}}, ""},
		{"dollar alone", []string{"X: $KEY 5$"}, http.Header{"X": {"$KEY 5$"}}, ""},
		{"same name twice", []string{"X: 1", "x: 2"}, http.Header{"X": {"1", "2"}}, ""},
		{"unset variable", []string{"X: ${NONE}"}, nil, "--header X: the environment variable NONE is not set or empty"},
		{"empty variable", []string{"X: ${EMPTY}"}, nil, "EMPTY is not set or empty"},
		{"variable without an end", []string{"X: ${KEY"}, nil, "--header X: a ${ has no }"},
		{"line break", []string{"X: ${LINES}"}, nil, "--header X: the value has a control character"},
		{"no colon", []string{"secret"}, nil, "--header must have the form"},
		{"name with a space", []string{"X Y: 1"}, nil, "--header must have the form"},
		{"name with a line break", []string{"X\r\nY: 1"}, nil, "--header must have the form"},
		{"host", []string{"host: example.com"}, nil, "--header must not set Host"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseHeaders(tt.lines, lookup)
			checkError(t, err, tt.err)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "a\nb")) {
				t.Errorf("error %q shows a value", err)
			}
		})
	}
}

func TestBase(t *testing.T) {
	servers := func(url string) []mcpmount.ServerURL { return []mcpmount.ServerURL{{URL: url}} }
	const at = "https://example.com/docs/openapi.json"
	tests := []struct {
		name     string
		upstream string
		servers  []mcpmount.ServerURL
		url      string // of the document
		secrets  bool
		want     string
		err      string
	}{
		{name: "flag", upstream: "http://10.0.0.1:9/v1", servers: servers("https://example.com"), want: "http://10.0.0.1:9/v1"},
		{name: "flag without a scheme", upstream: "api.example.com/v1", err: "--upstream needs http:// or https:// and a host"},
		{name: "flag with another scheme", upstream: "ftp://example.com", err: "--upstream needs http://"},
		{name: "flag that is a port", upstream: "localhost:8080", err: "--upstream needs http://"},
		{name: "flag with a password", upstream: "https://a:b@example.com", err: "must not hold a password"},
		{name: "flag with a query", upstream: "https://example.com?key=1", err: "must not have a query"},
		{name: "flag with a fragment", upstream: "https://example.com#key", err: "must not have a query"},
		{name: "flag that is no URL", upstream: "https://a b", err: "--upstream is not a valid URL"},
		{name: "server", servers: servers("https://api.example.com/v1"), want: "https://api.example.com/v1"},
		{name: "relative server of a file", servers: servers("/v1"), err: "the document names no absolute server URL"},
		{name: "no server of a file", err: "the document names no absolute server URL"},
		{name: "other scheme", servers: servers("wss://example.com"), err: "the document names no absolute server URL"},
		{name: "server that is no URL", servers: servers("https://{host}/"), err: "is not valid"},
		{name: "no server of a URL", url: at, want: "https://example.com/"},
		{name: "server relative to the document", url: at, servers: servers("../v1"), want: "https://example.com/v1"},
		{name: "server relative to the host", url: at, servers: servers("/v1"), want: "https://example.com/v1"},
		{name: "other origin without secrets", url: at, servers: servers("https://evil.example/"), want: "https://evil.example/"},
		{name: "other origin with secrets", url: at, servers: servers("https://evil.example/"), secrets: true, err: "headers would go to https://evil.example, because a document from https://example.com says so"},
		{name: "other scheme with secrets", url: at, servers: servers("http://example.com/"), secrets: true, err: "headers would go to"},
		{name: "same origin with secrets", url: at, servers: servers("https://EXAMPLE.com:443/v1"), secrets: true, want: "https://EXAMPLE.com:443/v1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := &source{doc: &mcpmount.Document{Servers: tt.servers}}
			if tt.url != "" {
				src.url = mustParse(t, tt.url)
			}
			got, err := (&apiFlags{Upstream: tt.upstream}).base(src, tt.secrets)
			checkError(t, err, tt.err)
			if err == nil && got.String() != tt.want {
				t.Errorf("base = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBasePath(t *testing.T) {
	tests := []struct{ path, want, err string }{
		{"/api/v1", "/api/v1", ""},
		{"/api/", "/api", ""},
		{"/", "", ""},
		{"api", "", "--base-path must be a path"},
		{"//evil.example/api", "", "--base-path must be a path"},
		{"/api?x=1", "", "--base-path must be a path"},
		{"https://example.com/", "", "--base-path must be a path"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			got, err := basePath(tt.path)
			checkError(t, err, tt.err)
			if got != tt.want {
				t.Errorf("basePath = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOriginTransport(t *testing.T) {
	tests := []struct{ url, want string }{
		{"https://api.example.com/v1/orders", "the API, key"},
		{"https://API.example.com:443/", "the API, key"},
		{"https://api.example.com:8443/", "others"},
		{"http://api.example.com/", "others"},
		{"https://example.com/", "others"},
		{"https://api.example.com.evil.example/", "others"},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			var got string
			send := func(to string) http.RoundTripper {
				return roundTripper(func(r *http.Request) (*http.Response, error) {
					got = to + r.Header.Get("X-Api-Key")
					return nil, errors.New("not needed")
				})
			}
			transport := &originTransport{
				api:    send("the API, "),
				others: send("others"),
				origin: mustParse(t, "https://api.example.com"),
				header: http.Header{"X-Api-Key": {"key"}},
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tt.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			transport.RoundTrip(r)
			if got != tt.want {
				t.Errorf("sent to %q, want %q", got, tt.want)
			}
			if len(r.Header) > 0 {
				t.Errorf("the request itself was changed: %v", r.Header)
			}
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// checkError checks that err contains want, or is nil if want is "".
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Fatalf("error = %v, want none", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Fatalf("error = %v, want it to contain %q", err, want)
	}
}

func TestCompleted(t *testing.T) {
	tests := []struct{ address, want string }{
		{"127.0.0.1:9093", "http://127.0.0.1:9093"},
		{"localhost:9093/api", "http://localhost:9093/api"},
		{"api.example.com/v1", "https://api.example.com/v1"},
		{"user:secret@api.example.com", "https://…"},
		{"api.example.com?key=secret", "https://…"},
		{"/v1", "https://…"},
		{"a b", "https://…"},
	}
	for _, tt := range tests {
		if got := completed(tt.address); got != tt.want {
			t.Errorf("completed(%q) = %q, want %q", tt.address, got, tt.want)
		}
	}
}
