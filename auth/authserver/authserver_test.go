package authserver_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

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

// A code verifier has to be one that nobody can guess (RFC 7636 section 4.1), and one that
// does not fit ends the session.
func TestCodeVerifier(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.client.Register(t)
	for verifier, want := range map[string]bool{
		strings.Repeat("v", 43): true, strings.Repeat("v", 128): true,
		"short": false, strings.Repeat("v", 42): false, strings.Repeat("v", 129): false, strings.Repeat("v", 50) + "+": false,
	} {
		sum := sha256.Sum256([]byte(verifier))
		at := s.client.AuthorizeURL("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		a := s.client.Redeem(t, s.browser(t).Login(t, at, redirect).Get("code"), "code_verifier", verifier)
		if (a.Status == http.StatusOK) != want || !want && a.Text("error") != "invalid_grant" {
			t.Errorf("%s: %d %s", verifier, a.Status, a.Body)
		}
	}
}

// A state without end is not sent back.
func TestLongState(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.client.Redirect = "http://127.0.0.1:1/cb"
	s.client.Register(t)
	for n, want := range map[int]bool{2048: true, 2049: false} {
		p := s.browser(t).Get(t, s.client.AuthorizeURL("state", strings.Repeat("s", n)))
		if p.Asks() != want || !want && (p.Next() == nil || p.Next().Query().Get("error") != "invalid_request" || p.Next().Query().Has("state")) {
			t.Errorf("%d bytes: %d %v", n, p.Status, p.Header)
		}
	}
}

// A refresh token in the hands of another client ends its session.
func TestRefreshTokenOfAnotherClient(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	a, own := s.login(t), s.client.ID
	s.client.Register(t)
	if b := s.client.Refresh(t, a.Text("refresh_token")); b.Text("error") != "invalid_grant" || s.valid(t, a.Text("access_token")) {
		t.Errorf("%d %s", b.Status, b.Body)
	}
	if b := s.client.Refresh(t, a.Text("refresh_token"), "client_id", own); b.Text("error") != "invalid_grant" {
		t.Errorf("afterwards: %d %s", b.Status, b.Body)
	}
}

// Clients have no secret here; one that brings one is told so as RFC 6749 section 5.2
// says.
func TestClientSecret(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.client.Register(t)
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	body := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}, "client_id": {s.client.ID}}.Encode()
	if a := s.client.Send(t, "/token", body, h); a.Text("error") != "invalid_grant" || a.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("without: %d %v %s", a.Status, a.Header, a.Body)
	}
	h.Set("Authorization", "Basic YTpi")
	if a := s.client.Send(t, "/token", body, h); a.Status != http.StatusUnauthorized || a.Text("error") != "invalid_client" || a.Header.Get("WWW-Authenticate") != `Basic realm="token"` {
		t.Errorf("with: %d %v %s", a.Status, a.Header, a.Body)
	}
}

// A client is told what it registered as.
func TestRegistration(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	register := func(field string, value any) *logintest.Answer {
		return s.client.RegisterAs(t, map[string]any{"redirect_uris": []string{redirect}, field: value})
	}
	for _, tt := range []struct {
		asked []string
		want  string // "" for a refusal
	}{
		{nil, "[authorization_code]"}, {[]string{"authorization_code"}, "[authorization_code]"},
		{[]string{"authorization_code", "refresh_token"}, "[authorization_code refresh_token]"},
		{[]string{"refresh_token"}, ""}, {[]string{"implicit"}, ""},
	} {
		a := register("grant_types", tt.asked)
		if got := fmt.Sprint(a.Fields["grant_types"]); a.Status == http.StatusCreated && got != tt.want || (a.Status == http.StatusCreated) != (tt.want != "") {
			t.Errorf("%q: %d %s", tt.asked, a.Status, a.Body)
		}
	}
	if a := register("response_types", []string{"token"}); a.Status != http.StatusBadRequest {
		t.Errorf("no code: %d %s", a.Status, a.Body)
	}
	if a := register("response_types", []string{"token", "code"}); a.Status != http.StatusCreated || a.Fields["client_id_issued_at"] == nil {
		t.Errorf("a code among others: %d %s", a.Status, a.Body)
	}
	for n, status := range map[int]int{10: http.StatusCreated, 11: http.StatusBadRequest} {
		if a := register("redirect_uris", slices.Repeat([]string{redirect}, n)); a.Status != status {
			t.Errorf("%d redirect URIs: %d", n, a.Status)
		}
	}
	// Who did not register for refresh tokens gets none.
	s.client.ID = register("client_name", "Test").Text("client_id")
	if a := s.login(t); a.Text("refresh_token") != "" {
		t.Error("a refresh token that nobody wants")
	}
}

func TestServerMetadata(t *testing.T) {
	t.Parallel()
	for scopes, want := range map[string]any{"": nil, "read": []any{"read"}} {
		s := newSite(t, func(c *authserver.Config) { c.Scopes = strings.Fields(scopes) })
		p := s.browser(t).Get(t, s.Issuer()+"/.well-known/oauth-authorization-server")
		var got map[string]any
		if err := json.Unmarshal([]byte(p.Body), &got); err != nil {
			t.Fatal(err)
		}
		wanted := map[string]any{
			"issuer": s.Issuer(), "authorization_endpoint": s.Issuer() + "/authorize", "token_endpoint": s.Issuer() + "/token",
			"revocation_endpoint": s.Issuer() + "/revoke", "registration_endpoint": s.Issuer() + "/register",
			"response_types_supported": []any{"code"}, "response_modes_supported": []any{"query"}, "grant_types_supported": []any{"authorization_code", "refresh_token"},
			"token_endpoint_auth_methods_supported": []any{"none"}, "revocation_endpoint_auth_methods_supported": []any{"none"},
			"code_challenge_methods_supported": []any{"S256"}, "authorization_response_iss_parameter_supported": true,
			"client_id_metadata_document_supported": true,
		}
		if want != nil {
			wanted["scopes_supported"] = want
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("metadata (-want +got):\n%s", diff)
		}
	}
}

// A client in a page of another site can use what no cookie matters to.
func TestPreflights(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, path := range []string{"/token", "/register", "/revoke"} {
		p := s.browser(t).Do(t, http.MethodOptions, s.Issuer()+path, nil, http.Header{"Origin": {"https://inspector.example"}, "Access-Control-Request-Method": {"POST"}})
		if p.Status != http.StatusNoContent || p.Header.Get("Access-Control-Allow-Origin") != "*" || p.Header.Get("Access-Control-Allow-Methods") != "POST, OPTIONS" ||
			!strings.Contains(p.Header.Get("Access-Control-Allow-Headers"), "Content-Type") {
			t.Errorf("%s: %d %v", path, p.Status, p.Header)
		}
	}
}

// Without a secret in the configuration, each server has one of its own.
func TestSecretsOfTheirOwn(t *testing.T) {
	t.Parallel()
	var config authserver.Config
	s := newSite(t, func(c *authserver.Config) { config = *c })
	s.client.Register(t)
	second, err := authserver.New(config)
	if err != nil {
		t.Fatal(err)
	}
	for want, server := range map[int]*authserver.Server{http.StatusOK: s.Server, http.StatusBadRequest: second} {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, s.client.AuthorizeURL(), nil))
		if w.Code != want {
			t.Errorf("%d %s, want %d", w.Code, w.Body, want)
		}
	}
}

// A browser remembers the last consents, in a cookie that it takes.
func TestConsentsAreBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	var redirects []string
	for i := range 10 {
		redirects = append(redirects, fmt.Sprintf("%s&n=%d", redirect, i))
	}
	s.client.ID = s.client.RegisterAs(t, map[string]any{"redirect_uris": redirects}).Text("client_id")
	b := s.browser(t)
	for _, scope := range []string{"read", "write", "read write"} {
		for _, to := range redirects {
			if q := b.Login(t, s.client.AuthorizeURL("redirect_uri", to, "scope", scope), to); q.Get("code") == "" {
				t.Fatalf("%s for %s: %v", scope, to, q)
			}
		}
	}
	first := b.Get(t, s.client.AuthorizeURL("redirect_uri", redirects[0], "scope", "read"))
	last := b.Get(t, s.client.AuthorizeURL("redirect_uri", redirects[9], "scope", "read write"))
	if !first.Asks() || last.Asks() {
		t.Errorf("asks for the first consent: %t, for the last one: %t", first.Asks(), last.Asks())
	}
	for _, cookie := range b.Answer(t, first, "allow").Header.Values("Set-Cookie") {
		if len(cookie) > 4096 {
			t.Errorf("a cookie of %d bytes", len(cookie))
		}
	}
}

// Who asks too often waits, from whichever address of their network.
func TestPaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testPaces)
}

func testPaces(t *testing.T) {
	for _, tt := range []struct{ path, body string }{{"/register", ""}, {"/token", "client_id=x"}, {"/revoke", "client_id=x&token=x"}} {
		c := sound()
		c.Logger = slog.New(slog.DiscardHandler)
		s, err := authserver.New(c)
		if err != nil {
			t.Fatal(err)
		}
		send := func(network int) *httptest.ResponseRecorder {
			r := httptest.NewRequest(http.MethodPost, tt.path, strings.NewReader(tt.body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.RemoteAddr = fmt.Sprintf("[2001:db8:0:%d::%x]:1", network, rand.N(1<<16))
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			return w
		}
		for range 300 {
			if w := send(0); w.Code == http.StatusTooManyRequests {
				t.Fatalf("%s: too early", tt.path)
			}
		}
		if w := send(0); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), "temporarily_unavailable") {
			t.Errorf("%s: %d %v %s", tt.path, w.Code, w.Header(), w.Body)
		}
		others := 0 // one or two can have the place of the first
		for n := range 10 {
			if w := send(1 + n); w.Code != http.StatusTooManyRequests {
				others++
			}
		}
		if others < 8 {
			t.Errorf("%s: %d of ten other networks may ask", tt.path, others)
		}
	}
}
