package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mcpmount/mcpmount/internal/logintest"
)

const siteRedirect = "https://client.example/back"

// client returns one that is registered, and logs nobody in yet.
func (s *site) client(t *testing.T) *logintest.Client {
	t.Helper()
	c := &logintest.Client{Issuer: strings.TrimSuffix(s.url, defaultPath), Resource: s.url, Redirect: siteRedirect, Said: s.said}
	c.Register(t)
	return c
}

func (s *site) browser(t *testing.T) *logintest.Browser {
	t.Helper()
	return logintest.NewBrowser(t, nil, strings.TrimSuffix(s.url, defaultPath), s.said)
}

// code logs a user in and returns a client and its code.
func (s *site) code(t *testing.T) (*logintest.Client, string) {
	t.Helper()
	c := s.client(t)
	q := s.browser(t).Login(t, c.AuthorizeURL(), siteRedirect)
	if q.Get("code") == "" || q.Get("state") != "my state&<>" || q.Get("iss") != c.Issuer {
		t.Fatalf("sent back with %v", q)
	}
	return c, q.Get("code")
}

// tokens logs a user in and returns a client and its tokens.
func (s *site) tokens(t *testing.T) (*logintest.Client, *logintest.Answer) {
	t.Helper()
	c, code := s.code(t)
	a := c.Redeem(t, code)
	if a.Status != http.StatusOK || !s.accepts(t, a.Text("access_token")) {
		t.Fatalf("tokens: %d %s", a.Status, a.Body)
	}
	return c, a
}

// accepts reports whether a token is good for MCP.
func (s *site) accepts(t *testing.T, token string) bool {
	t.Helper()
	return s.post(t, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, bearer(token)).status == http.StatusOK
}

// turnedAway checks that a page tells a person, and sends nobody anywhere.
func turnedAway(t *testing.T, what string, p *logintest.Page) {
	t.Helper()
	if p.Status < 400 || p.Next() != nil || p.Asks() || !strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%s: %d %v %.200s", what, p.Status, p.Header, p.Body)
	}
}

// rejected checks an error of the token endpoint or of registration.
func rejected(t *testing.T, what string, a *logintest.Answer, status int, codes ...string) {
	t.Helper()
	for _, code := range codes {
		if a.Status == status && a.Text("error") == code && a.Header.Get("Cache-Control") == "no-store" {
			return
		}
	}
	t.Errorf("%s: %d %v %s, want %d and %v", what, a.Status, a.Header, a.Body, status, codes)
}

// loginRules are those about users who log in at a provider.
func loginRules() []rule {
	return append(append(clientRules(), consentRules()...), append(providerRules(), tokenRules()...)...)
}

// clientRules are about who asks, and what for.
func clientRules() []rule {
	return []rule{
		{"login-metadata", func(t *testing.T, s *site) {
			for _, h := range []http.Header{nil, {"X-Forwarded-Host": {"evil.example"}, "X-Forwarded-Proto": {"https"}}, {"Host": {"evil.example"}}} {
				a := s.send(t, http.MethodGet, "/.well-known/oauth-authorization-server", "", h)
				var m map[string]any
				issuer := strings.TrimSuffix(s.url, defaultPath)
				if err := json.Unmarshal([]byte(a.body), &m); err != nil || a.status != http.StatusOK || m["issuer"] != issuer ||
					m["authorization_endpoint"] != issuer+"/authorize" || m["token_endpoint"] != issuer+"/token" || m["registration_endpoint"] != issuer+"/register" ||
					m["client_id_metadata_document_supported"] != true || m["authorization_response_iss_parameter_supported"] != true ||
					strings.Contains(a.body, "plain") || !strings.Contains(a.body, `"code_challenge_methods_supported":["S256"]`) {
					t.Errorf("metadata for %v: %d %s", h, a.status, a.body)
				}
			}
		}},
		{"login-client-known", func(t *testing.T, s *site) {
			c, b := s.client(t), s.browser(t)
			for _, id := range []string{"", "unknown", "mcp-", "mcp-AAAA", c.ID[:len(c.ID)-4] + "AAAA", c.ID + "A", "https://", "https://client.example", "http://client.example/c.json", "https://user@client.example/c.json", "https://client.example/a/../c.json", "https://client.example/c.json#x"} {
				turnedAway(t, id, b.Get(t, c.AuthorizeURL("client_id", id)))
			}
			turnedAway(t, "two", b.Get(t, c.AuthorizeURL()+"&client_id=another"))
		}},
		{"login-redirect-exact", func(t *testing.T, s *site) {
			c, b := s.client(t), s.browser(t)
			for _, redirect := range []string{
				"", "https://client.example/back/", "https://client.example/Back", "https://client.example/back/../back", "https://client.example/%62ack",
				"https://client.example/back?x=1", "https://client.example/back#x", "https://client.example:443/back", "https://client.example:8443/back", "https://CLIENT.example/back",
				"https://user@client.example/back", "https://client.example@evil.example/back", "https://evil.example/back", "https://client.example.evil.example/back",
				"http://client.example/back", "//client.example/back", "/back", "https://client.example\\@evil.example/back", "https://client.example/back\n", "javascript:alert(1)",
			} {
				turnedAway(t, redirect, b.Get(t, c.AuthorizeURL("redirect_uri", redirect)))
			}
			turnedAway(t, "two", b.Get(t, c.AuthorizeURL()+"&redirect_uri=https://evil.example/"))
			turnedAway(t, "two errors", b.Get(t, c.AuthorizeURL("redirect_uri", "https://evil.example/", "response_type", "token")))
		}},
		{"login-redirect-loopback", func(t *testing.T, s *site) {
			for registered, asked := range map[string]map[string]bool{
				"http://127.0.0.1:1234/cb": {"http://127.0.0.1:9999/cb": true, "http://127.0.0.1/cb": false, "http://127.0.0.1:9999/": false, "http://127.0.0.1:9999/cb?x": false, "http://127.0.0.1:9999@evil.example/cb": false, "http://127.0.0.2:9999/cb": false, "http://localhost:1234/cb": false, "https://127.0.0.1:1234/cb": false},
				"http://[::1]/cb":          {"http://[::1]:9999/cb": true, "http://127.0.0.1:9999/cb": false},
				"http://localhost/cb":      {"http://localhost:9999/cb": true, "http://localhost.evil.example:9999/cb": false},
				"http://localhost:1234/cb": {"http://localhost:1234/cb": true, "http://localhost:9999/cb": false},
				"https://127.0.0.1:1/cb":   {"https://127.0.0.1:2/cb": false},
			} {
				c := s.client(t)
				c.Redirect = registered
				c.Register(t)
				for redirect, want := range asked {
					p := s.browser(t).Get(t, c.AuthorizeURL("redirect_uri", redirect))
					if p.Asks() != want {
						t.Errorf("%s for %s: %d %v", redirect, registered, p.Status, p.Header)
					}
				}
			}
		}},
		{"login-register-redirects", func(t *testing.T, s *site) {
			c := s.client(t)
			for _, redirects := range [][]string{
				nil, {}, {"javascript:alert(1)"}, {"data:text/html,x"}, {"http://client.example/back"}, {"https://client.example/back#x"}, {"https://client.example/#"}, {"https://user:pw@client.example/"},
				{"cursor://app/back"}, {"file:///etc/passwd"}, {"/back"}, {"https:back"}, {"https:///back"}, {"https://client.example/a b"}, {"https://client.example/\u202e"}, {"https://client.example\\@evil.example/"},
				{"https://client.example/back", "javascript:alert(1)"}, {"https://client.example/" + strings.Repeat("x", 2000)}, strings.Fields(strings.Repeat("https://client.example/ ", 11)),
			} {
				rejected(t, strings.Join(redirects, " "), c.RegisterAs(t, map[string]any{"redirect_uris": redirects}), http.StatusBadRequest, "invalid_client_metadata", "invalid_redirect_uri")
			}
			rejected(t, "too long", c.RegisterAs(t, map[string]any{"redirect_uris": []string{siteRedirect}, "client_name": strings.Repeat("x", 20000)}), http.StatusBadRequest, "invalid_client_metadata")
			rejected(t, "no JSON", c.Send(t, "/register", "redirect_uris=x", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}), http.StatusBadRequest, "invalid_client_metadata")
		}},
		{"login-register-public", func(t *testing.T, s *site) {
			a := s.client(t).RegisterAs(t, map[string]any{"redirect_uris": []string{siteRedirect}, "token_endpoint_auth_method": "client_secret_basic", "client_id": "mine", "client_secret": "mine"})
			if a.Status != http.StatusCreated || a.Fields["client_secret"] != nil || a.Text("token_endpoint_auth_method") != "none" || a.Text("client_id") == "mine" || a.Text("client_id") == logintest.ClientID {
				t.Errorf("%d %s", a.Status, a.Body)
			}
		}},
		{"login-documents-private", func(t *testing.T, s *site) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			var connections atomic.Int32
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					connections.Add(1)
					conn.Close()
				}
			}()
			_, port, _ := net.SplitHostPort(listener.Addr().String())
			c, b := s.client(t), s.browser(t)
			for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "2130706433", "127.1"} {
				p := b.Get(t, c.AuthorizeURL("client_id", "https://"+host+":"+port+"/client.json"))
				turnedAway(t, host, p)
				if strings.Contains(p.Body, "refused") || strings.Contains(p.Body, "dial") {
					t.Errorf("%s: the page says what is there: %s", host, p.Body)
				}
			}
			if n := connections.Load(); n != 0 {
				t.Errorf("%d connections to this machine", n)
			}
			for _, host := range []string{"169.254.169.254", "10.0.0.1", "192.168.0.1", "100.64.0.1", "[fd00::1]", "[64:ff9b::7f00:1]"} {
				turnedAway(t, host, b.Get(t, c.AuthorizeURL("client_id", "https://"+host+"/client.json")))
			}
		}},
		{"login-pkce", func(t *testing.T, s *site) {
			c := s.client(t)
			c.Redirect = "http://127.0.0.1:1/cb"
			c.Register(t)
			for what, changes := range map[string][]string{
				"no challenge": {"code_challenge", ""}, "no method": {"code_challenge_method", ""}, "plain": {"code_challenge_method", "plain", "code_challenge", logintest.Verifier},
				"plain with a digest": {"code_challenge_method", "plain"}, "a short challenge": {"code_challenge", "abc"}, "padding": {"code_challenge", logintest.Challenge()[:42] + "="},
			} {
				sentBack(t, what, s.browser(t).Get(t, c.AuthorizeURL(changes...)), c, "invalid_request")
			}
		}},
		{"login-parameters", func(t *testing.T, s *site) {
			c := s.client(t)
			c.Redirect = "http://127.0.0.1:1/cb"
			c.Register(t)
			for code, changes := range map[string][]string{
				"unsupported_response_type": {"response_type", "token"}, "invalid_request": {"response_type", ""}, "request_not_supported": {"request_uri", "https://evil.example/"},
				"invalid_target": {"resource", "https://evil.example/mcp"}, "invalid_scope": {"scope", "everything"},
			} {
				sentBack(t, code, s.browser(t).Get(t, c.AuthorizeURL(changes...)), c, code)
			}
			sentBack(t, "response_mode", s.browser(t).Get(t, c.AuthorizeURL("response_mode", "fragment")), c, "invalid_request")
			sentBack(t, "twice", s.browser(t).Get(t, c.AuthorizeURL()+"&code_challenge="+logintest.Challenge()), c, "invalid_request")
		}},
		{"login-open-redirect", func(t *testing.T, s *site) {
			c := s.client(t)
			turnedAway(t, "an error for a site that anybody registered", s.browser(t).Get(t, c.AuthorizeURL("response_type", "token")))
		}},
	}
}

// sentBack checks that a client gets an error, with its state and our name.
func sentBack(t *testing.T, what string, p *logintest.Page, c *logintest.Client, code string) {
	t.Helper()
	to := p.Next()
	if to == nil || !strings.HasPrefix(to.String(), c.Redirect) || to.Query().Get("error") != code || to.Query().Get("iss") != c.Issuer || to.Query().Get("state") != "my state&<>" || to.Query().Has("code") {
		t.Errorf("%s: %d %v %.300s, want %s", what, p.Status, p.Header, p.Body, code)
	}
}

// consentRules are about who is asked, and who answers.
func consentRules() []rule {
	return []rule{
		{"consent-first", func(t *testing.T, s *site) {
			b, c := s.browser(t), s.client(t)
			p := b.Get(t, c.AuthorizeURL())
			for _, text := range []string{"client.example", "Test", s.url, "<code>read</code>", strings.TrimPrefix(s.provider.URL, "http://")} {
				if !p.Asks() || !strings.Contains(p.Body, text) {
					t.Errorf("the page does not say %s: %d %s", text, p.Status, p.Body)
				}
			}
			b.Login(t, c.AuthorizeURL(), siteRedirect)
			if p := b.Get(t, c.AuthorizeURL()); p.Next() == nil || !strings.HasPrefix(p.Next().String(), s.provider.URL) {
				t.Errorf("the same client again: %d %v", p.Status, p.Header)
			}
			if p := b.Get(t, c.AuthorizeURL("scope", "read")); !p.Asks() {
				t.Errorf("other scopes: %d %v", p.Status, p.Header)
			}
			if p := b.Get(t, s.client(t).AuthorizeURL()); !p.Asks() {
				t.Errorf("another client: %d %v", p.Status, p.Header)
			}
			if p := s.browser(t).Get(t, c.AuthorizeURL()); !p.Asks() {
				t.Errorf("another browser: %d %v", p.Status, p.Header)
			}
			local := s.client(t)
			local.Redirect = "http://127.0.0.1:1/cb"
			local.Register(t)
			b.Login(t, local.AuthorizeURL(), local.Redirect)
			if p := b.Get(t, local.AuthorizeURL()); !p.Asks() {
				t.Errorf("a program on the same machine again: %d %v", p.Status, p.Header)
			}
		}},
		{"consent-forged", func(t *testing.T, s *site) {
			c, b, other := s.client(t), s.browser(t), s.browser(t)
			p := b.Get(t, c.AuthorizeURL())
			other.Get(t, c.AuthorizeURL()) // it has a cookie of its own
			to := c.Issuer + "/consent"
			origin := http.Header{"Origin": {c.Issuer}}
			turnedAway(t, "another browser", other.Do(t, http.MethodPost, to, p.Form("allow"), origin))
			turnedAway(t, "no cookie", s.browser(t).Do(t, http.MethodPost, to, p.Form("allow"), origin))
			turnedAway(t, "another page", b.Do(t, http.MethodPost, to, p.Form("allow"), http.Header{"Origin": {"https://evil.example"}}))
			turnedAway(t, "a page without a name", b.Do(t, http.MethodPost, to, p.Form("allow"), http.Header{"Origin": {"null"}}))
			turnedAway(t, "another site", b.Do(t, http.MethodPost, to, p.Form("allow"), http.Header{"Sec-Fetch-Site": {"cross-site"}}))
			turnedAway(t, "no answer", b.Do(t, http.MethodPost, to, p.Form(""), origin))
			turnedAway(t, "in the URL", b.Do(t, http.MethodPost, to+"?"+p.Form("allow").Encode(), url.Values{}, origin))
			forged := p.Form("allow")
			text := []byte(forged.Get("request"))
			text[20] = map[bool]byte{true: 'B', false: 'A'}[text[20] == 'A']
			forged.Set("request", string(text))
			turnedAway(t, "changed", b.Do(t, http.MethodPost, to, forged, origin))
		}},
		{"consent-denied", func(t *testing.T, s *site) {
			c, b := s.client(t), s.browser(t)
			sentBack(t, "denied", b.Answer(t, b.Get(t, c.AuthorizeURL()), "deny"), c, "access_denied")
			if p := b.Get(t, c.AuthorizeURL()); !p.Asks() {
				t.Error("a denial was taken for consent")
			}
		}},
		{"consent-framed", func(t *testing.T, s *site) {
			c, b := s.client(t), s.browser(t)
			for _, p := range []*logintest.Page{b.Get(t, c.AuthorizeURL()), b.Get(t, c.AuthorizeURL("client_id", "x")), b.Answer(t, b.Get(t, c.AuthorizeURL()), "allow")} {
				policy := p.Header.Get("Content-Security-Policy")
				for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
					if !strings.Contains(policy, part) || p.Header.Get("X-Frame-Options") != "DENY" || p.Header.Get("Cache-Control") != "no-store" || p.Header.Get("Access-Control-Allow-Origin") != "" {
						t.Errorf("%s: %v", p.URL.Path, p.Header)
					}
				}
			}
		}},
		{"consent-texts", func(t *testing.T, s *site) {
			c := s.client(t)
			a := c.RegisterAs(t, map[string]any{"redirect_uris": []string{siteRedirect}, "client_name": "<script>alert(1)</script>\u202egood\u0000\n\n" + strings.Repeat("x", 500)})
			c.ID = a.Text("client_id")
			p := s.browser(t).Get(t, c.AuthorizeURL("state", `"><script>alert(2)</script>`))
			if !p.Asks() || strings.Contains(p.Body, "<script") || strings.ContainsAny(p.Body, "\u202e\u0000") || strings.Contains(p.Body, strings.Repeat("x", 100)) {
				t.Errorf("%d %s", p.Status, p.Body)
			}
		}},
		{"consent-cookies", func(t *testing.T, s *site) {
			c, b := s.client(t), s.browser(t)
			p := b.Get(t, c.AuthorizeURL())
			cookies := append(p.Header.Values("Set-Cookie"), b.Answer(t, p, "allow").Header.Values("Set-Cookie")...)
			for _, cookie := range cookies {
				if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") || strings.Contains(cookie, "Domain=") || !strings.Contains(cookie, "Path=/") {
					t.Errorf("cookie %s", cookie)
				}
			}
			if len(cookies) != 2 {
				t.Errorf("cookies %q", cookies)
			}
		}},
	}
}
