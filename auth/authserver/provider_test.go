package authserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/mcpmount/mcpmount/auth/authserver"
	"github.com/mcpmount/mcpmount/internal/logintest"
)

// A provider without ID tokens and refresh tokens says at each renewal whether
// a user is still there.
func TestUserinfo(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *authserver.Config) {
		u := &c.Upstream
		u.AuthorizationEndpoint, u.TokenEndpoint, u.UserinfoEndpoint, u.Subject = u.Issuer+"/login", u.Issuer+"/token", u.Issuer+"/userinfo", "id"
		u.Issuer, u.SecretInBody = "", true
	})
	s.provider.Set(func(p *logintest.State) { p.NoRefresh, p.InBody = true, true })
	a := s.login(t)
	info, err := s.Verify(t.Context(), a.Text("access_token"), nil)
	if err != nil || info.UserID != s.provider.URL+" 4711" {
		t.Fatalf("%+v %v", info, err)
	}
	b := s.client.Refresh(t, a.Text("refresh_token"))
	if b.Status != http.StatusOK {
		t.Fatalf("renewal: %d %s", b.Status, b.Body)
	}
	s.provider.Set(func(p *logintest.State) { p.Ended = true })
	if c := s.client.Refresh(t, b.Text("refresh_token")); c.Text("error") != "invalid_grant" || s.valid(t, b.Text("access_token")) {
		t.Errorf("a user who is gone: %d %s", c.Status, c.Body)
	}
	s.provider.Set(func(p *logintest.State) { p.Ended, p.Claims = false, map[string]any{"id": ""} })
	if q := s.browser(t).Login(t, s.client.AuthorizeURL(), redirect); q.Get("error") != "server_error" {
		t.Errorf("a user without a name: %v", q)
	}
}

// What the userinfo says of one address does not vouch for another one, in the ID token.
func TestVerifiedElsewhere(t *testing.T) {
	t.Parallel()
	for address, admitted := range map[string]bool{"mallory@example.com": false, "alice@example.com": true} {
		info := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			json.NewEncoder(w).Encode(map[string]any{"sub": "alice", "email": address, "email_verified": true, "hd": "example.com"})
		}))
		t.Cleanup(info.Close)
		s := newSite(t, func(c *authserver.Config) {
			c.Upstream.UserinfoEndpoint = info.URL
			admit, err := authserver.MatchClaims([]string{"email=alice@example.com"})
			if err != nil {
				t.Fatal(err)
			}
			c.Admit = admit
		})
		s.provider.Set(func(p *logintest.State) { p.Claims = map[string]any{"email": "alice@example.com"} })
		s.client.Register(t)
		if q := s.browser(t).Login(t, s.client.AuthorizeURL(), redirect); (q.Get("code") != "") != admitted {
			t.Errorf("%s is verified: %v", address, q)
		}
	}
}

// A token is valid no longer than that of the provider.
func TestLifetimes(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.provider.Set(func(p *logintest.State) { p.Lifetime = time.Minute })
	if a := s.login(t); a.Fields["expires_in"].(float64) > 60 {
		t.Errorf("%v", a.Fields)
	}
	s.provider.Set(func(p *logintest.State) { p.Lifetime, p.NoRefresh = 2*time.Second, true })
	a := s.login(t)
	for range 100 { // the session ends with what the provider said
		if !s.valid(t, a.Text("access_token")) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if b := s.client.Refresh(t, a.Text("refresh_token")); b.Text("error") != "invalid_grant" || s.valid(t, a.Text("access_token")) {
		t.Errorf("%d %s", b.Status, b.Body)
	}
}

// The tokens of the provider are there for the program, for who is logged in only.
func TestUpstreamToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	token := func(credential string) (got string, err error) {
		r := httptest.NewRequest(http.MethodPost, "/mcp", nil)
		r.Header.Set("Authorization", "Bearer "+credential)
		sdk.RequireBearerToken(s.Verify, nil)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got, err = s.UpstreamToken(r.Context())
		})).ServeHTTP(httptest.NewRecorder(), r)
		return got, err
	}
	a := s.login(t)
	first, err := token(a.Text("access_token"))
	if err != nil || !strings.HasPrefix(first, logintest.Marker+"access-") {
		t.Fatalf("%.10s %v", first, err)
	}
	b := s.client.Refresh(t, a.Text("refresh_token"))
	if second, err := token(b.Text("access_token")); err != nil || second == first {
		t.Errorf("after a renewal: %v", err)
	}
	if _, err := s.UpstreamToken(t.Context()); err == nil {
		t.Error("somebody who is not logged in has one")
	}
}

// A cookie is for this host only, and for https.
func TestCookies(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.client.Register(t)
	b := s.browser(t)
	p := b.Get(t, s.client.AuthorizeURL())
	cookies := append(p.Header.Values("Set-Cookie"), b.Answer(t, p, "allow").Header.Values("Set-Cookie")...)
	for _, cookie := range cookies {
		if !strings.HasPrefix(cookie, "__Host-") || !strings.Contains(cookie, "; Secure") || !strings.Contains(cookie, "Path=/;") {
			t.Errorf("cookie %s", cookie)
		}
	}
	if len(cookies) != 2 {
		t.Errorf("cookies %q", cookies)
	}
}

// Below a path, the metadata are where RFC 8414 says.
func TestIssuerWithPath(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *authserver.Config) { c.Issuer += "/login" })
	if p := s.browser(t).Get(t, s.web.URL+"/.well-known/oauth-authorization-server/login"); p.Status != http.StatusOK || !strings.Contains(p.Body, s.web.URL+"/login/authorize") {
		t.Errorf("%d %s", p.Status, p.Body)
	}
	s.login(t)
}

// Who is not admitted any more is logged out at the next renewal, and scopes that
// are not granted any more are gone.
func TestAdmitAgain(t *testing.T) {
	t.Parallel()
	rules := make(chan string, 1)
	rules <- "all"
	s := newSite(t, func(c *authserver.Config) {
		c.Admit = func(_ context.Context, _ authserver.Identity, asked []string) ([]string, error) {
			rule := <-rules
			rules <- rule
			switch rule {
			case "all":
				return asked, nil
			case "read":
				return []string{"read", "never asked for"}, nil
			}
			return nil, errors.New("out")
		}
	})
	a := s.login(t)
	<-rules
	rules <- "read"
	b := s.client.Refresh(t, a.Text("refresh_token"))
	if b.Text("scope") != "read" {
		t.Errorf("%d %s", b.Status, b.Body)
	}
	<-rules
	rules <- "none"
	if c := s.client.Refresh(t, b.Text("refresh_token")); c.Text("error") != "invalid_grant" || s.valid(t, b.Text("access_token")) {
		t.Errorf("%d %s", c.Status, c.Body)
	}
}
