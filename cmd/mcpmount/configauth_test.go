package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// Each API has its own callers, credentials, limits and metadata, though one port
// serves all of them.
func TestEachAPIHasItsCallers(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "key="+r.Header.Get("X-Key"))
	}))
	t.Cleanup(backend.Close)
	file := writeConfig(t, fmt.Sprintf(`
listen: 127.0.0.1:0
access-log: true
defaults: {upstream: %q, auth: keys, auth-keys: one.yaml}
apis:
  one: {document: api.yaml, header: {X-Key: first}}
  two: {document: api.yaml, auth-keys: two.yaml, header: {X-Key: "${file:second}"}}
  sso: {document: api.yaml, auth: [keys, jwt], auth-issuer: https://login.example.com, public-url: https://tools.example.com/mcp/sso}
  open: {document: api.yaml, auth: none, auth-keys: "", calls-per-minute: 1}
`, backend.URL))
	folder := filepath.Dir(file)
	keys := func(name, key string) {
		replaceFile(t, filepath.Join(folder, name), fmt.Sprintf("- {name: x, sha256: %x}\n", sha256.Sum256([]byte(key))))
	}
	keys("one.yaml", "key-of-one")
	keys("two.yaml", "key-of-two")
	replaceFile(t, filepath.Join(folder, "api.yaml"), minimal)
	replaceFile(t, filepath.Join(folder, "second"), "from a file\n")
	endpoint, log := serveLogged(t, "serve", "--config", file)
	base := strings.TrimSuffix(endpoint, "/mcp/one")
	ask := func(method, path, key, body string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if strings.Contains(path, "sso") {
			r.Host = "tools.example.com"
		}
		if key != "" {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		answer, _ := io.ReadAll(res.Body)
		return fmt.Sprint(res.StatusCode, " ", string(answer))
	}
	const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getX"}}`
	for _, tt := range []struct{ path, key, want string }{
		{"/mcp/one", "key-of-one", "200 key=first"},
		{"/mcp/one", "key-of-two", "401"},
		{"/mcp/one", "", "401"},
		{"/mcp/two", "key-of-two", "200 key=from ***"},
		{"/mcp/two", "key-of-one", "401"},
		{"/mcp/sso", "key-of-one", "200 key="},
		{"/mcp/sso", "key-of-two", "401"},
		{"/mcp/open", "", "200 key="},
		{"/mcp/open", "", "you may make 1 a minute"},
		{"/mcp/one", "key-of-one", "200 key=first"},
	} {
		got := ask("POST", tt.path, tt.key, call)
		for _, part := range strings.SplitN(tt.want, " ", 2) {
			if tt.want == "you may make 1 a minute" {
				part = tt.want
			}
			if !strings.Contains(got, part) {
				t.Errorf("%s with %q: %s, want %s", tt.path, tt.key, got, tt.want)
			}
		}
	}
	if got := ask("GET", "/.well-known/oauth-protected-resource/mcp/sso", "", ""); !strings.HasPrefix(got, "200") || !strings.Contains(got, `"https://login.example.com"`) {
		t.Errorf("metadata: %s", got)
	}
	if got := ask("GET", "/.well-known/oauth-protected-resource", "", ""); !strings.HasPrefix(got, "404") {
		t.Errorf("metadata of which API? %s", got)
	}
	if got := ask("GET", healthPath, "", ""); !strings.HasPrefix(got, `200 {"ok":true,"tools":4,"resources":0,"resourceTemplates":0,"apis":{"one":{"ok":true,"tools":1,`) {
		t.Errorf("health: %s", got)
	}
	lines := strings.Join(until(t, log, "api=open"), "")
	if !strings.Contains(lines, "msg=call api=two") || strings.Contains(lines, "from a file") || strings.Contains(lines, "key-of") {
		t.Errorf("the log of calls:\n%s", lines)
	}
}

// Callers of several APIs log in at this process, each API having a login of its own.
func TestEachAPIHasItsLogin(t *testing.T) {
	file := writeConfig(t, `
listen: 127.0.0.1:0
defaults:
  upstream: http://127.0.0.1:9
  auth: oauth
  auth-issuer: https://login.example.com
  auth-client: tools=file:client
  auth-user: hd=example.com
apis:
  one: {document: api.yaml, public-url: https://tools.example.com/mcp/one}
  two: {document: api.yaml, public-url: https://tools.example.com/mcp/two}
`)
	folder := filepath.Dir(file)
	replaceFile(t, filepath.Join(folder, "api.yaml"), minimal)
	replaceFile(t, filepath.Join(folder, "client"), "secret-of-the-client\n")
	listener, err := net.Listen("tcp", "127.0.0.1:0") // the first URL told is the public one
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	endpoint := "http://" + address
	serveLogged(t, "serve", "--config", file, "--listen", address)
	for _, name := range []string{"one", "two"} {
		issuer := "https://tools.example.com/mcp/" + name
		for path, want := range map[string]string{
			"/.well-known/oauth-protected-resource/mcp/" + name:   `"authorization_servers":["` + issuer + `"]`,
			"/.well-known/oauth-authorization-server/mcp/" + name: `"issuer":"` + issuer + `"`,
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, endpoint+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = "tools.example.com"
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if !strings.Contains(string(body), want) {
				t.Errorf("%s: %s %s, want %s", path, res.Status, body, want)
			}
		}
	}
}
