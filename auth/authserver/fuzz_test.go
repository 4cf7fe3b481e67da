package authserver_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/auth/authserver"
	"github.com/mcpmount/mcpmount/internal/logintest"
)

// newFuzzed returns a server without a network, and a client that is registered.
func newFuzzed(f *testing.F) (*authserver.Server, string) {
	f.Helper()
	c := sound()
	c.Logger, c.Scopes, c.RedirectSchemes = slog.New(slog.DiscardHandler), []string{"read", "write"}, []string{"cursor"}
	c.Upstream.AuthorizationEndpoint, c.Upstream.TokenEndpoint = "https://login.example.com/a", "https://login.example.com/t"
	c.Documents = &http.Client{Transport: noNetwork{}}
	c.Upstream.Client = c.Documents
	s, err := authserver.New(c)
	if err != nil {
		f.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/register", strings.NewReader(`{"redirect_uris":["`+redirect+`","http://127.0.0.1/cb","cursor://app/cb"]}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	_, rest, _ := strings.Cut(w.Body.String(), `"client_id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return s, id
}

type noNetwork struct{}

func (noNetwork) RoundTrip(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

// serve sends a request from one of many addresses, so that none is at its limit.
func serve(s http.Handler, r *http.Request, n *int) *http.Response {
	*n++
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", *n>>16&255, *n>>8&255, *n&255)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

// redirectsOf returns the redirect URIs of a registration.
func redirectsOf(t *testing.T, answer []byte) []string {
	t.Helper()
	var m struct {
		Redirects []string `json:"redirect_uris"`
	}
	if err := json.Unmarshal(answer, &m); err != nil {
		t.Fatal(err)
	}
	return m.Redirects
}

// Whatever the parameters are, a browser is sent to a redirect URI of the client only,
// with nothing but an error, and pages have no script.
func FuzzAuthorize(f *testing.F) {
	s, id := newFuzzed(f)
	n := 0
	good := url.Values{"response_type": {"code"}, "redirect_uri": {redirect}, "state": {"s"}, "code_challenge": {logintest.Challenge()}, "code_challenge_method": {"S256"}, "scope": {"read"}}
	f.Add(good.Encode(), true)
	for name, value := range map[string]string{
		"redirect_uri": "https://client.example@evil.example/back", "response_type": "token", "state": "\"><script>", "scope": "x", "code_challenge": "x", "resource": "https://evil.example/",
	} {
		q, err := url.ParseQuery(good.Encode())
		if err != nil {
			f.Fatal(err)
		}
		q.Set(name, value)
		f.Add(q.Encode(), true)
	}
	f.Add("client_id=https://client.example/c.json&redirect_uri=http://127.0.0.1:1/cb", false)
	f.Add("redirect_uri=cursor://app/cb&state=%0d%0aSet-Cookie:x", true)
	f.Fuzz(func(t *testing.T, query string, known bool) {
		if known {
			query += "&client_id=" + id
		}
		r := httptest.NewRequest(http.MethodGet, "/authorize", nil)
		r.URL.RawQuery = query
		res := serve(s, r, &n)
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode >= 500 {
			t.Fatalf("%d for %q", res.StatusCode, query)
		}
		if strings.Contains(strings.ToLower(string(body)), "<script") {
			t.Fatalf("a script for %q: %s", query, body)
		}
		to := res.Header.Get("Location")
		u, err := url.Parse(to)
		if to == "" {
			return
		}
		if err != nil || u.Scheme == "https" || u.User != nil || u.Fragment != "" || u.Query().Get("error") == "" || u.Query().Get("iss") != s.Issuer() ||
			u.Scheme+"://"+u.Hostname()+u.Path != "http://127.0.0.1/cb" && u.Scheme+"://"+u.Host+u.Path != "cursor://app/cb" {
			t.Fatalf("%q is sent to %q", query, to)
		}
	})
}

// Whatever a form is, nobody gets a token without a login.
func FuzzToken(f *testing.F) {
	s, id := newFuzzed(f)
	n := 0
	f.Add("grant_type=authorization_code&code=x&code_verifier="+logintest.Verifier+"&redirect_uri="+url.QueryEscape(redirect), "application/x-www-form-urlencoded")
	f.Add("grant_type=refresh_token&refresh_token="+id[4:], "application/x-www-form-urlencoded")
	f.Add("token=x", "application/x-www-form-urlencoded; charset=utf-8")
	f.Add(`{"grant_type":"refresh_token"}`, "application/json")
	f.Fuzz(func(t *testing.T, form, contentType string) {
		for _, path := range []string{"/token", "/revoke", "/consent"} {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form+"&client_id="+id))
			r.Header.Set("Content-Type", contentType)
			res := serve(s, r, &n)
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode >= 500 || path == "/token" && res.StatusCode < 400 || path == "/consent" && res.StatusCode < 400 || strings.Contains(string(body), "access_token\"") {
				t.Fatalf("%s: %d %s for %q", path, res.StatusCode, body, form)
			}
		}
	})
}

// Whatever somebody registers, redirect URIs are such as browsers read alike.
func FuzzRegister(f *testing.F) {
	s, _ := newFuzzed(f)
	n := 0
	for _, to := range []string{redirect, "http://127.0.0.1:1/cb", "cursor://app/cb", "javascript:alert(1)", "https://a@b/", "https://a\\b/", "http://localhost.evil/", "https:///x", "HTTPS://A/", "http://[::1%25eth0]/"} {
		f.Add(`{"client_name":"x","redirect_uris":["` + strings.ReplaceAll(to, `\`, `\\`) + `"]}`)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/register", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		res := serve(s, r, &n)
		text, _ := io.ReadAll(res.Body)
		if res.StatusCode >= 500 {
			t.Fatalf("%d for %q", res.StatusCode, body)
		}
		if res.StatusCode != http.StatusCreated {
			return
		}
		for _, to := range redirectsOf(t, text) {
			u, err := url.Parse(to)
			if err != nil || u.User != nil || strings.ContainsAny(to, "#\\ \n\r\t") || u.Host == "" && u.Scheme != "cursor" {
				t.Fatalf("%q is registered", to)
			}
			switch host := u.Hostname(); {
			case u.Scheme == "https", u.Scheme == "cursor":
			case u.Scheme == "http" && (host == "localhost" || strings.HasPrefix(host, "127.") || host == "::1" || strings.HasPrefix(host, "::ffff:127.") || strings.HasPrefix(host, "::ffff:7f")):
			default:
				t.Fatalf("%q is registered", to)
			}
		}
	})
}
