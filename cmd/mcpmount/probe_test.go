package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/internal/logintest"
)

// testProvider starts an identity provider that answers as f does.
func testProvider(t *testing.T, f http.HandlerFunc) string {
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return server.URL
}

// What is wrong with an identity provider is known before a caller comes, and nothing is said of a
// good one.
func TestProbes(t *testing.T) {
	good := logintest.NewProvider(t).URL
	inactive := testProvider(t, func(w http.ResponseWriter, r *http.Request) {
		if _, secret, _ := r.BasicAuth(); secret != "right" || r.FormValue("token") == "" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		io.WriteString(w, `{"active": false}`)
	})
	for name, tt := range map[string]struct {
		flags  authFlags
		secret string
		want   string // "" for nothing
	}{
		"jwt":                  {authFlags{Auth: []string{"jwt"}, AuthIssuer: good}, "", ""},
		"jwt, keys":            {authFlags{Auth: []string{"jwt"}, AuthIssuer: "https://login.example.com", AuthJwks: good + "/keys"}, "", ""},
		"jwt, another name":    {authFlags{Auth: []string{"jwt"}, AuthIssuer: good + "/"}, "", `names the issuer "` + good + `", not "` + good + `/"`},
		"jwt, no keys":         {authFlags{Auth: []string{"jwt"}, AuthIssuer: good, AuthJwks: good + "/jwks"}, "", "/jwks answered 404"},
		"jwt, nobody":          {authFlags{Auth: []string{"jwt"}, AuthIssuer: "http://127.0.0.1:1"}, "", "connection refused"},
		"introspection":        {authFlags{Auth: []string{"introspection"}, AuthEndpoint: inactive, AuthClient: "me=env:SECRET"}, "right", ""},
		"introspection, other": {authFlags{Auth: []string{"introspection"}, AuthEndpoint: inactive, AuthClient: "me=env:SECRET"}, "wrong", "answered 401"},
		"introspection, page":  {authFlags{Auth: []string{"introspection"}, AuthEndpoint: good + "/nothing", AuthClient: "me=env:SECRET"}, "right", "answered 404"},
		"oauth":                {authFlags{Auth: []string{"oauth"}, AuthIssuer: good}, "", ""},
		"oauth, nobody":        {authFlags{Auth: []string{"oauth"}, AuthIssuer: "http://127.0.0.1:1"}, "", "connection refused"},
	} {
		list, err := tt.flags.probes("https://api.example.com/mcp", &terminal{env: func(string) (string, bool) { return tt.secret, true }})
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %d probes, %v", name, len(list), err)
			continue
		}
		checkError(t, list[0].ask(t.Context()), tt.want)
	}
	for _, flags := range []authFlags{{}, {Auth: []string{"none"}}, {Auth: []string{"keys"}}, {Auth: []string{"oauth"}, loginFlags: loginFlags{AuthTokenEndpoint: good}}} {
		if list, err := flags.probes("", &terminal{}); err != nil || len(list) > 0 {
			t.Errorf("%v: %d probes, %v", flags.Auth, len(list), err)
		}
	}
}

// A provider that is wrong is in the log, with the keys that say so, and one that does not answer
// delays neither the start nor the end.
func TestServeProbes(t *testing.T) {
	silent := testProvider(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	folder := t.TempDir()
	for name, content := range map[string]string{
		"api.json": minimal,
		"mcpmount.yaml": `listen: 127.0.0.1:0
defaults: {auth: jwt, upstream: "http://127.0.0.1:9"}
apis:
  wrong: {document: api.json, auth-issuer: "http://127.0.0.1:1/realm", public-url: "https://api.example.com/wrong"}
  slow: {document: api.json, auth-issuer: "` + silent + `", public-url: "https://api.example.com/slow"}
`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, log := serveLogged(t, "serve", "--config", filepath.Join(folder, "mcpmount.yaml"))
	for line := range log {
		if !strings.Contains(line, "identity provider") {
			continue
		}
		for _, want := range []string{"level=WARN", "api=wrong", "auth=jwt", "keys of http://127.0.0.1:1/realm", "connection refused; ", `hint="is it up, and auth-issuer exactly`} {
			if !strings.Contains(line, want) {
				t.Errorf("the log lacks %s: %s", want, line)
			}
		}
		return
	}
	t.Error("the log does not say that the provider is not there")
}
