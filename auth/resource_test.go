package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"github.com/mcpmount/mcpmount/auth"
)

const key = "0123456789abcdef"

func newResource(t testing.TB) *auth.Resource {
	verify, err := auth.NewKeys([]auth.Key{{Name: "alice", SHA256: digest(t, key), Scopes: []string{"mcp", "orders:read"}}})
	if err != nil {
		t.Fatal(err)
	}
	return &auth.Resource{
		Verifier: verify, URL: audience, AuthorizationServers: []string{issuer},
		Scopes: []string{"mcp"}, ScopeNames: map[string]string{"mcp": "api://x/mcp"}, KeyHeader: "X-API-Key",
	}
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	r := newResource(t)
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	const metadata = `resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/mcp"`
	const invalid = `Bearer error="invalid_token", error_description="the access token is not valid here", scope="api://x/mcp", ` + metadata
	const missing = `Bearer scope="api://x/mcp", ` + metadata
	for _, c := range []struct {
		name      string
		header    http.Header
		status    int // 0: may pass
		challenge string
	}{
		{"nothing", nil, 401, missing},
		{"bearer", http.Header{"Authorization": {"Bearer " + key}}, 0, ""},
		{"case of the scheme", http.Header{"Authorization": {"bEARER  " + key + " "}}, 0, ""},
		{"key header", http.Header{"X-Api-Key": {key}}, 0, ""},
		{"empty", http.Header{"Authorization": {"Bearer "}}, 401, missing},
		{"basic", http.Header{"Authorization": {"Basic YTpi"}}, 401, missing},
		{"wrong", http.Header{"Authorization": {"Bearer " + key + "x"}}, 401, invalid},
		{"two", http.Header{"Authorization": {"Bearer " + key, "Bearer other"}}, 400, ""},
		{"two kinds", http.Header{"Authorization": {"Bearer " + key}, "X-Api-Key": {key}}, 400, ""},
		{"two in one", http.Header{"Authorization": {"Bearer " + key + ", Bearer x"}}, 400, ""},
		{"not ASCII", http.Header{"Authorization": {"Bearer schl\u00fcssel"}}, 400, ""},
		{"control character", http.Header{"Authorization": {"Bearer a\x00b"}}, 400, ""},
		{"endless", http.Header{"Authorization": {"Bearer " + strings.Repeat("x", 1<<20)}}, 401, strings.Replace(invalid, "not valid here", "too long", 1)},
	} {
		req := httptest.NewRequest("POST", "/mcp?access_token="+key, nil)
		for name, values := range c.header {
			req.Header[name] = values
		}
		info, refusal, _ := r.Authenticate(req)
		if c.status == 0 {
			if refusal != nil || info == nil || info.UserID != "key|alice" {
				t.Errorf("%s: refused with %v", c.name, refusal)
			}
			continue
		}
		if refusal == nil || info != nil || refusal.Status != c.status {
			t.Errorf("%s: got %+v, %+v; want status %d", c.name, info, refusal, c.status)
			continue
		}
		h := http.Header{}
		refusal.WriteHeader(h)
		if got := h.Get("WWW-Authenticate"); c.challenge != "" && got != c.challenge {
			t.Errorf("%s: challenge\n%s, want\n%s", c.name, got, c.challenge)
		}
		if parsed, err := oauthex.ParseWWWAuthenticate(h.Values("WWW-Authenticate")); err != nil || len(parsed) != 1 {
			t.Errorf("%s: the challenge cannot be parsed: %v", c.name, err)
		}
	}
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	r := newResource(t)
	info := &sdk.TokenInfo{Scopes: []string{"mcp", "orders:read"}}
	if refusal := r.Authorize(info, []string{"orders:read"}); refusal != nil {
		t.Errorf("a scope that is there: %v", refusal)
	}
	refusal := r.Authorize(info, []string{"orders:read", "orders:write"})
	if refusal == nil || refusal.Status != http.StatusForbidden || !slices.Equal(refusal.Scopes, []string{"orders:read", "orders:write"}) {
		t.Fatalf("got %+v", refusal)
	}
	h := http.Header{}
	refusal.WriteHeader(h)
	if got := h.Get("WWW-Authenticate"); !strings.HasPrefix(got, `Bearer error="insufficient_scope", `) || !strings.Contains(got, `scope="orders:read orders:write"`) {
		t.Errorf("challenge %s", got)
	}
	r.Implies = func(have, need string) bool { return have == "mcp" && strings.HasPrefix(need, "orders:") }
	if refusal := r.Authorize(info, []string{"orders:write"}); refusal != nil {
		t.Errorf("an implied scope: %v", refusal)
	}
}

// What a verifier says is for the operator.
func TestRefusalsKeepSecrets(t *testing.T) {
	t.Parallel()
	const secret = "postgres://user:hunter2@db"
	for name, err := range map[string]error{
		"failure": errors.New(secret),
		"invalid": errors.Join(auth.ErrInvalid, errors.New(secret)),
		"expired": errors.Join(auth.ErrExpired, errors.New(secret)),
	} {
		r := newResource(t)
		r.Verifier = func(_ context.Context, _ string, _ *http.Request) (*sdk.TokenInfo, error) { return nil, err }
		req := httptest.NewRequest("POST", "/mcp", nil)
		req.Header.Set("Authorization", "Bearer "+key)
		_, refusal, cause := r.Authenticate(req)
		if refusal == nil || cause == nil {
			t.Fatalf("%s: got %v, %v", name, refusal, cause)
		}
		if name == "failure" && refusal.Status != http.StatusServiceUnavailable {
			t.Errorf("status %d when nobody can tell", refusal.Status)
		}
		h := http.Header{}
		refusal.WriteHeader(h)
		if said, _ := json.Marshal([]any{refusal, h}); strings.Contains(string(said), "hunter2") || strings.Contains(string(said), key) {
			t.Errorf("%s: a caller learns %s", name, said)
		}
	}
	r := newResource(t)
	r.Verifier = func(context.Context, string, *http.Request) (*sdk.TokenInfo, error) { return nil, nil }
	req := httptest.NewRequest("POST", "/mcp", nil)
	req.Header.Set("Authorization", "Bearer "+key)
	if info, refusal, _ := r.Authenticate(req); info != nil || refusal == nil {
		t.Error("a verifier that returns nothing lets everybody in")
	}
}

func TestResourceCheck(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*auth.Resource){
		"no verifier":        func(r *auth.Resource) { r.Verifier = nil },
		"no URL":             func(r *auth.Resource) { r.URL = "" },
		"relative URL":       func(r *auth.Resource) { r.URL = "/mcp" },
		"plain http":         func(r *auth.Resource) { r.URL = "http://api.example.com/mcp" },
		"query":              func(r *auth.Resource) { r.URL += "?a=b" },
		"fragment":           func(r *auth.Resource) { r.URL += "#a" },
		"plain http issuer":  func(r *auth.Resource) { r.AuthorizationServers = []string{"http://login.example.com"} },
		"scope with a space": func(r *auth.Resource) { r.Scopes = []string{"a b"} },
		"scope with a quote": func(r *auth.Resource) { r.ScopesSupported = []string{`a"`} },
		"no header":          func(r *auth.Resource) { r.KeyHeader = "X API Key" },
		"not ASCII":          func(r *auth.Resource) { r.KeyHeader = "X-Schl\u00fcssel" },
		"Authorization":      func(r *auth.Resource) { r.KeyHeader = "authorization" },
	} {
		r := newResource(t)
		change(r)
		if err := r.Check(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	local := newResource(t)
	local.URL, local.AuthorizationServers = "http://localhost:8080/mcp", []string{"http://127.0.0.1:9000"}
	if err := local.Check(); err != nil {
		t.Errorf("on loopback: %v", err)
	}
	if err := (&auth.Resource{Verifier: local.Verifier}).Check(); err != nil {
		t.Errorf("with a verifier alone: %v", err)
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	r := newResource(t)
	r.ScopesSupported = []string{"mcp", "orders:read"}
	get := func(method string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r.Metadata().ServeHTTP(w, httptest.NewRequest(method, auth.WellKnown+"/mcp", nil))
		return w
	}
	w := get(http.MethodGet)
	var m oauthex.ProtectedResourceMetadata
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
		t.Fatal(err)
	}
	if m.Resource != audience || !slices.Equal(m.AuthorizationServers, []string{issuer}) ||
		!slices.Equal(m.ScopesSupported, []string{"api://x/mcp", "orders:read"}) || !slices.Equal(m.BearerMethodsSupported, []string{"header"}) {
		t.Errorf("metadata %s", w.Body)
	}
	if w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("header %v", w.Header())
	}
	if w := get(http.MethodOptions); w.Code != http.StatusNoContent {
		t.Errorf("OPTIONS: %d", w.Code)
	}
	if w := get(http.MethodPost); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
		t.Errorf("POST: %d", w.Code)
	}
	r.AuthorizationServers = nil
	if w := get(http.MethodGet); w.Code != http.StatusNotFound {
		t.Errorf("without authorization servers: %d", w.Code)
	}
}

func FuzzChallenge(f *testing.F) {
	f.Add("a b", `x", evil="1`, "https://api.example.com/mcp")
	f.Add("a", "\"", "https://api.example.com/mcp") // nothing is left of it
	f.Add("a", "b\x00\x1b\x7f\u00e9c", "https://api.example.com/mcp")
	f.Fuzz(func(t *testing.T, scope, name, resource string) {
		r := auth.Resource{
			URL: resource, AuthorizationServers: []string{issuer}, Scopes: []string{scope}, ScopeNames: map[string]string{scope: name},
			Verifier: func(context.Context, string, *http.Request) (*sdk.TokenInfo, error) { return nil, auth.ErrInvalid },
		}
		req := httptest.NewRequest("POST", "/mcp", nil)
		req.Header.Set("Authorization", "Bearer x")
		_, refusal, _ := r.Authenticate(req)
		h := http.Header{}
		refusal.WriteHeader(h)
		challenges, err := oauthex.ParseWWWAuthenticate(h.Values("WWW-Authenticate"))
		if err != nil || len(challenges) != 1 {
			t.Fatalf("challenge %q: %v, %v", h, challenges, err)
		}
		for param := range challenges[0].Params {
			if !slices.Contains([]string{"error", "error_description", "scope", "resource_metadata"}, param) {
				t.Errorf("challenge %q has the parameter %q", h, param)
			}
		}
		if strings.ContainsFunc(h.Get("WWW-Authenticate"), func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("challenge %q has characters that are not printable ASCII", h)
		}
	})
}

// The SDK's verifiers leave the time of expiry to whoever asked them.
func TestAuthenticateChecksExpiry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		expires time.Time
		status  int
	}{
		"never":   {time.Time{}, 0},
		"later":   {time.Now().Add(time.Hour), 0},
		"earlier": {time.Now().Add(-time.Hour), 401},
	} {
		r := &auth.Resource{Verifier: func(context.Context, string, *http.Request) (*sdk.TokenInfo, error) {
			return &sdk.TokenInfo{UserID: "alice", Expiration: c.expires}, nil
		}}
		req := httptest.NewRequest("POST", "/mcp", nil)
		req.Header.Set("Authorization", "Bearer "+key)
		info, refusal, _ := r.Authenticate(req)
		switch {
		case c.status == 0 && (refusal != nil || info == nil):
			t.Errorf("%s: refused: %v", name, refusal)
		case c.status != 0 && (refusal == nil || refusal.Status != c.status || refusal.Code != "invalid_token" || !strings.Contains(refusal.Description, "has expired")):
			t.Errorf("%s: passes: %+v", name, refusal)
		}
	}
}
