package authserver_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/mcpmount/mcpmount/auth/authserver"
	"github.com/mcpmount/mcpmount/internal/logintest"
)

// A transcript is what was logged and answered.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// A site is a Server in front of a provider, with a client that is registered.
type site struct {
	*authserver.Server
	provider *logintest.Provider
	client   *logintest.Client
	web      *httptest.Server
	said     *transcript
}

const redirect = "https://client.example/back?from=mcp"

// newSite starts a site; change adapts what it is.
func newSite(t *testing.T, change func(*authserver.Config)) *site {
	t.Helper()
	s := &site{provider: logintest.NewProvider(t), said: new(transcript)}
	mux := http.NewServeMux()
	s.web = httptest.NewTLSServer(mux)
	t.Cleanup(s.web.Close)
	c := authserver.Config{
		Issuer: s.web.URL, Resource: s.web.URL + "/mcp", Scopes: []string{"read", "write"}, Admit: authserver.Everyone,
		Upstream: authserver.Upstream{Issuer: s.provider.URL, ClientID: logintest.ClientID, ClientSecret: logintest.ClientSecret},
		Logger:   slog.New(slog.NewTextHandler(s.said, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&c)
	}
	var err error
	if s.Server, err = authserver.New(c); err != nil {
		t.Fatal(err)
	}
	if err := s.Mount(mux); err != nil {
		t.Fatal(err)
	}
	s.provider.Set(func(p *logintest.State) { p.Redirect = s.RedirectURI() })
	s.client = &logintest.Client{Issuer: s.Issuer(), Resource: s.Resource(), Redirect: redirect, Transport: s.web.Client().Transport, Said: s.said}
	t.Cleanup(func() {
		if text := s.said.String(); strings.Contains(text, logintest.Marker) {
			i := strings.Index(text, logintest.Marker)
			t.Errorf("a secret was told: …%s", text[max(0, i-300):min(len(text), i+60)])
		}
	})
	return s
}

func (s *site) browser(t *testing.T) *logintest.Browser {
	return logintest.NewBrowser(t, s.web.Client().Transport, s.web.URL, s.said)
}

// login registers and logs in, and returns what the token endpoint gave.
func (s *site) login(t *testing.T) *logintest.Answer {
	t.Helper()
	if s.client.ID == "" {
		s.client.Register(t)
	}
	q := s.browser(t).Login(t, s.client.AuthorizeURL(), redirect)
	if q.Get("code") == "" || q.Get("state") != "my state&<>" || q.Get("iss") != s.Issuer() || q.Get("from") != "mcp" {
		t.Fatalf("sent back with %v", q)
	}
	a := s.client.Redeem(t, q.Get("code"))
	if a.Status != http.StatusOK {
		t.Fatalf("token: %d %s", a.Status, a.Body)
	}
	return a
}

// valid reports whether an access token is valid.
func (s *site) valid(t *testing.T, token string) bool {
	t.Helper()
	_, err := s.Verify(context.Background(), token, nil)
	return err == nil
}

// A client that registers logs a user in, renews its tokens, and logs the user
// out.
func TestLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *authserver.Config) { c.Upstream.RevocationEndpoint = c.Upstream.Issuer + "/revoke" })
	a := s.login(t)
	if a.Text("token_type") != "Bearer" || a.Text("scope") != "read write" || a.Fields["expires_in"].(float64) < 590 || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v %v", a.Fields, a.Header)
	}
	info, err := s.Verify(t.Context(), a.Text("access_token"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if info.UserID != s.provider.URL+" alice" || strings.Join(info.Scopes, " ") != "read write" || info.Extra["client_id"] != s.client.ID || info.Extra["sub"] != "alice" {
		t.Errorf("%+v", info)
	}
	b := s.client.Refresh(t, a.Text("refresh_token"))
	if b.Status != http.StatusOK || !s.valid(t, b.Text("access_token")) || s.valid(t, a.Text("access_token")) {
		t.Fatalf("renewal: %d %s", b.Status, b.Body)
	}
	if c := s.client.Refresh(t, b.Text("refresh_token"), "scope", "read unknown"); c.Text("scope") != "read" {
		t.Errorf("fewer scopes: %d %s", c.Status, c.Body)
	} else if b = s.client.Refresh(t, c.Text("refresh_token")); b.Text("scope") != "read write" {
		t.Errorf("and all again: %d %s", b.Status, b.Body)
	}
	seen := s.provider.Seen()
	if len(seen) != 4 || seen[1].Get("grant_type") != "refresh_token" {
		t.Errorf("the provider was asked for %v", seen)
	}
	if r := s.client.Revoke(t, b.Text("refresh_token")); r.Status != http.StatusOK || s.valid(t, b.Text("access_token")) {
		t.Errorf("after a logout the token is valid: %d", r.Status)
	}
	if c := s.client.Refresh(t, b.Text("refresh_token")); c.Status != http.StatusBadRequest || c.Text("error") != "invalid_grant" {
		t.Errorf("after a logout: %d %s", c.Status, c.Body)
	}
	if revoked := s.provider.Revoked(); len(revoked) != 1 || !strings.HasPrefix(revoked[0], logintest.Marker+"refresh-") {
		t.Errorf("revoked at the provider: %d", len(revoked))
	}
}
