package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/internal/logintest"
)

// atProvider begins a login that everybody consents to, and returns where the provider
// sends the browser back to.
func (s *site) atProvider(t *testing.T, b *logintest.Browser, c *logintest.Client) *url.URL {
	t.Helper()
	p := b.Answer(t, b.Get(t, c.AuthorizeURL()), "allow")
	back := b.Get(t, p.Next().String()).Next()
	if back == nil || !strings.HasPrefix(back.String(), c.Issuer+"/callback?") {
		t.Fatalf("the provider sends the browser to %v", back)
	}
	return back
}

// providerRules are about the provider, and about who comes back from it.
func providerRules() []rule {
	return []rule{
		{"callback-browser", func(t *testing.T, s *site) {
			c, attacker, victim := s.client(t), s.browser(t), s.browser(t)
			back := s.atProvider(t, attacker, c)
			victim.Get(t, c.AuthorizeURL()) // it has a cookie of its own
			turnedAway(t, "another browser", victim.Get(t, back.String()))
			turnedAway(t, "afterwards", attacker.Get(t, back.String()))
			turnedAway(t, "no cookie", s.browser(t).Get(t, s.atProvider(t, attacker, s.client(t)).String()))
		}},
		{"callback-state", func(t *testing.T, s *site) {
			c, b := s.client(t), s.browser(t)
			back := s.atProvider(t, b, c)
			q := back.Query()
			s.provider.Seen()
			for what, state := range map[string]string{"none": "", "the client's": "my state&<>", "made up": strings.Repeat("A", 43)} {
				turnedAway(t, what, b.Get(t, c.Issuer+"/callback?"+url.Values{"code": q["code"], "state": {state}, "iss": q["iss"]}.Encode()))
			}
			turnedAway(t, "two", b.Get(t, back.String()+"&state="+q.Get("state")))
			if next := b.Get(t, back.String()).Next(); next == nil || next.Query().Get("code") == "" {
				t.Errorf("the right one: %v", next)
			}
			turnedAway(t, "again", b.Get(t, back.String()))
			if n := len(s.provider.Seen()); n != 1 {
				t.Errorf("the provider was asked %d times", n)
			}
		}},
		{"callback-issuer", func(t *testing.T, s *site) {
			c, b := s.client(t), s.browser(t)
			s.provider.Seen()
			s.provider.Set(func(p *logintest.State) { p.Answer = func(q url.Values) { q.Set("iss", "https://evil.example") } })
			defer s.provider.Set(func(p *logintest.State) { p.Answer = nil })
			sentBack(t, "another issuer", b.Get(t, s.atProvider(t, b, c).String()), c, "server_error")
			if n := len(s.provider.Seen()); n != 0 {
				t.Errorf("the code went to the provider %d times", n)
			}
		}},
		{"callback-errors", func(t *testing.T, s *site) {
			defer s.provider.Set(func(p *logintest.State) { p.Answer = nil })
			for code, want := range map[string]string{"access_denied": "access_denied", "temporarily_unavailable": "temporarily_unavailable", "invalid_client": "server_error", marker + "<script>": "server_error"} {
				c, b := s.client(t), s.browser(t)
				s.provider.Set(func(p *logintest.State) {
					p.Answer = func(q url.Values) {
						q.Del("code")
						q.Set("error", code)
						q.Set("error_description", "<script>alert(1)</script>"+marker+"description")
						q.Set("error_uri", "https://evil.example/")
					}
				})
				p := b.Get(t, s.atProvider(t, b, c).String())
				sentBack(t, code, p, c, want)
				if text := p.Header.Get("Location") + p.Body; strings.Contains(text, "alert") || strings.Contains(text, marker) || strings.Contains(text, "error_uri") {
					t.Errorf("the client is told %s", text)
				}
			}
		}},
		{"id-tokens", func(t *testing.T, s *site) {
			defer s.provider.Set(func(p *logintest.State) { p.Claims = map[string]any{"team": "good"} })
			for what, claims := range map[string]map[string]any{
				"another login": {"nonce": "other"}, "another client": {"aud": "other"}, "another presenter": {"azp": "other"}, "another issuer": {"iss": "https://evil.example"},
				"expired": {"exp": 1}, "nobody": {"sub": ""}, "a subject by another name": {"sub": nil, "SUB": "alice"},
			} {
				claims["team"] = "good"
				s.provider.Set(func(p *logintest.State) { p.Claims = claims })
				c, b := s.client(t), s.browser(t)
				sentBack(t, what, b.Get(t, s.atProvider(t, b, c).String()), c, "server_error")
			}
		}},
		{"users-admitted", func(t *testing.T, s *site) {
			defer s.provider.Set(func(p *logintest.State) { p.Claims = map[string]any{"team": "good"} })
			for _, claims := range []map[string]any{{}, {"team": "bad"}, {"team": []string{"bad"}}, {"TEAM": "good"}, {"team": nil}} {
				s.provider.Set(func(p *logintest.State) { p.Claims = claims })
				c, b := s.client(t), s.browser(t)
				sentBack(t, "not of the team", b.Get(t, s.atProvider(t, b, c).String()), c, "access_denied")
			}
		}},
	}
}

// tokenRules are about codes and tokens.
func tokenRules() []rule {
	const grant = "invalid_grant"
	return []rule{
		{"code-once", func(t *testing.T, s *site) {
			c, code := s.code(t)
			a := c.Redeem(t, code)
			if !s.accepts(t, a.Text("access_token")) {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			rejected(t, "again", c.Redeem(t, code), http.StatusBadRequest, grant)
			if s.accepts(t, a.Text("access_token")) {
				t.Error("the token of a code that came twice is good")
			}
			rejected(t, "its refresh token", c.Refresh(t, a.Text("refresh_token")), http.StatusBadRequest, grant)
		}},
		{"code-verifier", func(t *testing.T, s *site) {
			for what, verifier := range map[string]string{"none": "", "another": strings.Repeat("a", 43), "the challenge": logintest.Challenge(), "short": "a", "long": strings.Repeat("a", 129)} {
				c, code := s.code(t)
				rejected(t, what, c.Redeem(t, code, "code_verifier", verifier), http.StatusBadRequest, grant)
				rejected(t, what+", then the right one", c.Redeem(t, code), http.StatusBadRequest, grant)
			}
		}},
		{"code-bound", func(t *testing.T, s *site) {
			for what, changes := range map[string]func() []string{
				"another client":      func() []string { return []string{"client_id", s.client(t).ID} },
				"a documented client": func() []string { return []string{"client_id", "https://client.example/c.json"} },
				"another redirect":    func() []string { return []string{"redirect_uri", "https://evil.example/"} },
				"no redirect":         func() []string { return []string{"redirect_uri", ""} },
			} {
				c, code := s.code(t)
				rejected(t, what, c.Redeem(t, code, changes()...), http.StatusBadRequest, grant)
				rejected(t, what+", then the right one", c.Redeem(t, code), http.StatusBadRequest, grant)
			}
			c, code := s.code(t)
			rejected(t, "another resource", c.Redeem(t, code, "resource", "https://evil.example/mcp"), http.StatusBadRequest, "invalid_target")
			rejected(t, "no client", c.Redeem(t, code, "client_id", ""), http.StatusUnauthorized, "invalid_client")
			rejected(t, "an unknown client", c.Redeem(t, code, "client_id", "unknown"), http.StatusUnauthorized, "invalid_client")
			rejected(t, "as a refresh token", c.Refresh(t, code), http.StatusBadRequest, grant)
		}},
		{"refresh-once", func(t *testing.T, s *site) {
			c, a := s.tokens(t)
			b := c.Refresh(t, a.Text("refresh_token"))
			if b.Status != http.StatusOK || b.Text("refresh_token") == a.Text("refresh_token") || !s.accepts(t, b.Text("access_token")) {
				t.Fatalf("%d %s", b.Status, b.Body)
			}
			rejected(t, "again", c.Refresh(t, a.Text("refresh_token")), http.StatusBadRequest, grant)
			if s.accepts(t, b.Text("access_token")) {
				t.Error("the token of a session whose refresh token came twice is good")
			}
			rejected(t, "the newer one", c.Refresh(t, b.Text("refresh_token")), http.StatusBadRequest, grant)
		}},
		{"refresh-bound", func(t *testing.T, s *site) {
			c, a := s.tokens(t)
			rejected(t, "further scopes", c.Refresh(t, a.Text("refresh_token"), "resource", "https://evil.example/mcp"), http.StatusBadRequest, "invalid_target")
			rejected(t, "an access token", c.Refresh(t, a.Text("access_token")), http.StatusBadRequest, grant)
			rejected(t, "as a code", c.Redeem(t, a.Text("refresh_token")), http.StatusBadRequest, grant)
			other := s.client(t)
			rejected(t, "another client", other.Refresh(t, a.Text("refresh_token")), http.StatusBadRequest, grant)
			rejected(t, "then the right one", c.Refresh(t, a.Text("refresh_token")), http.StatusBadRequest, grant)
			if s.accepts(t, a.Text("access_token")) {
				t.Error("the token of a session whose refresh token somebody else had is good")
			}
		}},
		{"refresh-scopes", func(t *testing.T, s *site) {
			c := s.client(t)
			q := s.browser(t).Login(t, c.AuthorizeURL("scope", "read offline_access"), siteRedirect)
			a := c.Redeem(t, q.Get("code"), "scope", "read admin")
			if a.Text("scope") != "read" {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			rejected(t, "a further scope", c.Refresh(t, a.Text("refresh_token"), "scope", "read admin"), http.StatusBadRequest, "invalid_scope")
			if b := c.Refresh(t, a.Text("refresh_token")); b.Text("scope") != "read" || strings.Contains(s.tools(t, bearer(b.Text("access_token"))), "administer") {
				t.Errorf("%d %s", b.Status, b.Body)
			}
		}},
		{"session-ends-upstream", func(t *testing.T, s *site) {
			c, a := s.tokens(t)
			s.provider.Set(func(p *logintest.State) { p.Down = true })
			rejected(t, "while the provider is down", c.Refresh(t, a.Text("refresh_token")), http.StatusServiceUnavailable, "temporarily_unavailable")
			s.provider.Set(func(p *logintest.State) { p.Down = false })
			b := c.Refresh(t, a.Text("refresh_token"))
			if b.Status != http.StatusOK {
				t.Fatalf("afterwards: %d %s", b.Status, b.Body)
			}
			s.provider.Set(func(p *logintest.State) { p.Ended = true })
			defer s.provider.Set(func(p *logintest.State) { p.Ended = false })
			rejected(t, "after the provider ended it", c.Refresh(t, b.Text("refresh_token")), http.StatusBadRequest, grant)
			if s.accepts(t, b.Text("access_token")) {
				t.Error("the token of a session that the provider ended is good")
			}
		}},
		{"revocation", func(t *testing.T, s *site) {
			for _, kind := range []string{"access_token", "refresh_token"} {
				c, a := s.tokens(t)
				if r := s.client(t).Revoke(t, a.Text(kind)); r.Status != http.StatusOK || !s.accepts(t, a.Text("access_token")) {
					t.Errorf("another client revokes the %s: %d", kind, r.Status)
				}
				if r := c.Revoke(t, a.Text(kind)); r.Status != http.StatusOK || s.accepts(t, a.Text("access_token")) {
					t.Errorf("after revoking the %s: %d", kind, r.Status)
				}
				rejected(t, kind, c.Refresh(t, a.Text("refresh_token")), http.StatusBadRequest, grant)
				if r := c.Revoke(t, "unknown"); r.Status != http.StatusOK {
					t.Errorf("an unknown token: %d", r.Status)
				}
			}
		}},
		{"token-requests", func(t *testing.T, s *site) {
			c, code := s.code(t)
			form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
			q := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "client_id": {c.ID}, "redirect_uri": {siteRedirect}, "code_verifier": {logintest.Verifier}}
			rejected(t, "in the URL", c.Send(t, "/token?"+q.Encode(), "", form), http.StatusUnauthorized, "invalid_client")
			rejected(t, "as JSON", c.Send(t, "/token", `{}`, http.Header{"Content-Type": {"application/json"}}), http.StatusBadRequest, "invalid_request")
			rejected(t, "twice", c.Send(t, "/token", q.Encode()+"&code=x", form), http.StatusBadRequest, "invalid_request")
			rejected(t, "too long", c.Send(t, "/token", q.Encode()+"&x="+strings.Repeat("x", 1<<20), form), http.StatusBadRequest, "invalid_request")
			rejected(t, "no grant", c.Redeem(t, code, "grant_type", ""), http.StatusBadRequest, "invalid_request")
			rejected(t, "another grant", c.Redeem(t, code, "grant_type", "password"), http.StatusBadRequest, "unsupported_grant_type")
			rejected(t, "a client's credentials", c.Redeem(t, code, "grant_type", "client_credentials"), http.StatusBadRequest, "unsupported_grant_type")
			basic := http.Header{"Content-Type": form["Content-Type"], "Authorization": {"Basic bWNwOg=="}}
			rejected(t, "with a password", c.Send(t, "/token", q.Encode(), basic), http.StatusUnauthorized, "invalid_client")
			if a := c.Redeem(t, code); a.Status != http.StatusOK || a.Header.Get("Pragma") != "no-cache" {
				t.Errorf("after all that: %d %v %s", a.Status, a.Header, a.Body)
			}
		}},
		{"token-pages", func(t *testing.T, s *site) {
			page := http.Header{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"POST"}}
			for _, path := range []string{"/token", "/register", "/revoke", "/.well-known/oauth-authorization-server"} {
				a := s.send(t, http.MethodOptions, path, "", page)
				if a.status != http.StatusNoContent || a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s: %d %v", path, a.status, a.header)
				}
			}
			for _, path := range []string{"/authorize", "/consent", "/callback"} {
				if a := s.send(t, http.MethodOptions, path, "", page); a.header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("%s: %d %v", path, a.status, a.header)
				}
			}
		}},
		{"token-ours", func(t *testing.T, s *site) {
			_, a := s.tokens(t)
			for _, form := range s.provider.Seen() {
				if s.accepts(t, form.Get("code")) || s.accepts(t, form.Get("code_verifier")) {
					t.Error("something of the provider is a token here")
				}
			}
			for _, token := range s.provider.Issued() {
				if s.accepts(t, token) {
					t.Error("a token of the provider is one here")
				}
			}
			if s.accepts(t, a.Text("refresh_token")) || s.accepts(t, a.Text("access_token")+"A") {
				t.Error("a refresh token, or a changed token, is an access token")
			}
		}},
		{"register-flood", func(t *testing.T, s *site) { // the last one: it takes all that an address may do
			c := &logintest.Client{Issuer: strings.TrimSuffix(s.url, defaultPath), Redirect: siteRedirect, Said: s.said}
			for range 1000 {
				if a := c.RegisterAs(t, map[string]any{"redirect_uris": []string{siteRedirect}}); a.Status == http.StatusTooManyRequests && a.Header.Get("Retry-After") != "" {
					return
				}
			}
			t.Error("an address may register a thousand clients")
		}},
	}
}
