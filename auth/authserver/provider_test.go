package authserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
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

// The userinfo has to be that of the user who logged in, and the ID token one for this
// client.
func TestUserIsTheSame(t *testing.T) {
	t.Parallel()
	var userinfo atomic.Value
	info := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { json.NewEncoder(w).Encode(userinfo.Load()) }))
	t.Cleanup(info.Close)
	s := newSite(t, func(c *authserver.Config) { c.Upstream.UserinfoEndpoint = info.URL })
	s.client.Register(t)
	for _, tt := range []struct {
		name             string
		userinfo, claims map[string]any
		want             bool
	}{
		{"the same", map[string]any{"sub": "alice"}, map[string]any{"azp": logintest.ClientID}, true},
		{"userinfo of another user", map[string]any{"sub": "mallory"}, nil, false},
		{"userinfo of nobody", map[string]any{}, nil, false},
		{"userinfo without end", map[string]any{"sub": "alice", "x": strings.Repeat("x", 64<<10)}, nil, false},
		{"ID token for another client", map[string]any{"sub": "alice"}, map[string]any{"azp": "another"}, false},
	} {
		userinfo.Store(tt.userinfo)
		s.provider.Set(func(p *logintest.State) { p.Claims = tt.claims })
		q := s.browser(t).Login(t, s.client.AuthorizeURL(), redirect)
		if (q.Get("code") != "") != tt.want || !tt.want && q.Get("error") != "server_error" {
			t.Errorf("%s: sent back with %v", tt.name, q)
		}
	}
}

// Where the provider says that its answers name it, one that does not is another's
// (RFC 9207 section 2.4).
func TestProviderNamesItself(t *testing.T) {
	t.Parallel()
	for _, names := range []bool{true, false} {
		s := newSite(t, nil)
		s.client.Register(t)
		s.provider.Set(func(p *logintest.State) {
			p.NamesSelf, p.Answer = names, func(back url.Values) { back.Del("iss") }
		})
		if q := s.browser(t).Login(t, s.client.AuthorizeURL(), redirect); (q.Get("code") != "") == names {
			t.Errorf("an answer of nobody, where there is to be a name is %t: %v", names, q)
		}
	}
}

// What a provider says of an error is not repeated, in the log either.
func TestProviderRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.client.Register(t)
	for code, want := range map[string]string{
		"access_denied": "access_denied", "login_required": "server_error", logintest.Marker + "Error": "server_error", strings.Repeat("x", 1000): "server_error",
	} {
		s.provider.Set(func(p *logintest.State) {
			p.Answer = func(back url.Values) { back.Del("code"); back.Set("error", code) }
		})
		if q := s.browser(t).Login(t, s.client.AuthorizeURL(), redirect); q.Get("error") != want || strings.Contains(q.Get("error_description"), code) {
			t.Errorf("%s: sent back with %v", code, q)
		}
	}
	if said := s.said.String(); !strings.Contains(said, "code=login_required") || strings.Contains(said, "xxxx") {
		t.Errorf("log: %s", said)
	}
}

// A refresh token of the provider that is not replaced stays good.
func TestUpstreamTokenStays(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.provider.Set(func(p *logintest.State) { p.SameToken = true })
	a := s.login(t)
	for range 3 {
		if a = s.client.Refresh(t, a.Text("refresh_token")); a.Status != http.StatusOK {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	if seen := s.provider.Seen(); len(seen) != 4 {
		t.Errorf("the provider was asked %d times, want 4", len(seen))
	}
}

// An error of a provider that says 200, as GitHub does, is one, and only one about the grant
// ends a session.
func TestProviderAnswersErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status     int
		body, want string
	}{
		{200, `{"error":"bad_refresh_token"}`, "invalid_grant"},
		{400, `{"error":"invalid_grant"}`, "invalid_grant"},
		{200, `{"error":"slow_down","access_token":"x"}`, "temporarily_unavailable"},
		{200, `{"token_type":"Bearer"}`, "temporarily_unavailable"},
		{400, `<html>`, "temporarily_unavailable"},
		{429, `{"error":"invalid_grant"}`, "temporarily_unavailable"},
		{503, `{"error":"invalid_grant"}`, "temporarily_unavailable"},
	} {
		var fails atomic.Bool
		s := newSite(t, func(c *authserver.Config) {
			c.Upstream.Client = &http.Client{Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path != "/token" || !fails.Load() {
					return http.DefaultTransport.RoundTrip(r)
				}
				return &http.Response{StatusCode: tt.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(tt.body)), Request: r}, nil
			})}
		})
		a := s.login(t)
		fails.Store(true)
		b := s.client.Refresh(t, a.Text("refresh_token"))
		if b.Text("error") != tt.want || s.valid(t, a.Text("access_token")) != (tt.want != "invalid_grant") {
			t.Errorf("%d %s: %d %s", tt.status, tt.body, b.Status, b.Body)
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

// A session about which the provider said nothing, and can be asked nothing, is short.
func TestLifetimeOfUnknown(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *authserver.Config) {
		u := &c.Upstream
		u.AuthorizationEndpoint, u.TokenEndpoint = u.Issuer+"/login", u.Issuer+"/token"
		c.AccessLifetime = 24 * time.Hour
	})
	s.provider.Set(func(p *logintest.State) { p.Lifetime, p.NoRefresh = -1, true })
	if a := s.login(t); a.Fields["expires_in"].(float64) > 3600 {
		t.Errorf("%v", a.Fields)
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
