package authserver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcpmount/mcpmount/auth/authserver"
)

// A client whose id is the URL of its metadata can be used, and no other one in its
// name.
func TestDocuments(t *testing.T) {
	t.Parallel()
	var fetched atomic.Int32
	var host string
	documents := map[string]func() (contentType, body string){
		"/client.json": func() (string, string) {
			return "application/json", `{"client_id":"https://` + host + `/client.json","client_name":"Documented","redirect_uris":["` + redirect + `","https://` + host + `/back"],"grant_types":["authorization_code","refresh_token"]}`
		},
		"/other.json": func() (string, string) {
			return "application/json", `{"client_id":"https://` + host + `/client.json","redirect_uris":["` + redirect + `"]}`
		},
		"/unnamed.json": func() (string, string) { return "application/json", `{"redirect_uris":["` + redirect + `"]}` },
		"/page.json": func() (string, string) {
			return "text/html", `{"client_id":"https://` + host + `/page.json","redirect_uris":["` + redirect + `"]}`
		},
		"/secret.json": func() (string, string) {
			return "application/json", `{"client_id":"https://` + host + `/secret.json","client_secret":"x","redirect_uris":["` + redirect + `"]}`
		},
		"/key.json": func() (string, string) {
			return "application/json", `{"client_id":"https://` + host + `/key.json","token_endpoint_auth_method":"private_key_jwt","redirect_uris":["` + redirect + `"]}`
		},
		"/huge.json": func() (string, string) {
			return "application/json", `{"client_id":"https://` + host + `/huge.json","redirect_uris":["` + redirect + `"],"x":"` + strings.Repeat("x", 6000) + `"}`
		},
		"/endless.json": func() (string, string) { return "application/json", strings.Repeat("[", 1<<20) },
		"/script.json": func() (string, string) {
			return "application/json", `{"client_id":"https://` + host + `/script.json","redirect_uris":["` + redirect + `","javascript:alert(1)"]}`
		},
	}
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fetched.Add(1)
		if r.URL.Path == "/moved.json" {
			http.Redirect(w, r, "/client.json", http.StatusFound)
			return
		}
		document, ok := documents[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		contentType, body := document()
		w.Header().Set("Content-Type", contentType)
		w.Write([]byte(body))
	}))
	t.Cleanup(web.Close)
	host = strings.TrimPrefix(web.URL, "https://")
	s := newSite(t, func(c *authserver.Config) { c.Documents, c.ClientHosts = web.Client(), []string{host} })

	s.client.ID = web.URL + "/client.json"
	a := s.login(t)
	if b := s.client.Refresh(t, a.Text("refresh_token")); b.Status != http.StatusOK {
		t.Errorf("renewal: %d %s", b.Status, b.Body)
	}
	if p := s.browser(t).Get(t, s.client.AuthorizeURL()); !p.Asks() || !strings.Contains(p.Body, "<code>"+host+"</code>") || !strings.Contains(p.Body, "“Documented”") {
		t.Errorf("the page: %d %s", p.Status, p.Body)
	}
	if n := fetched.Load(); n != 1 {
		t.Errorf("the document was fetched %d times", n)
	}
	if p := s.browser(t).Get(t, s.client.AuthorizeURL("redirect_uri", web.URL+"/elsewhere")); p.Status != http.StatusBadRequest || p.Next() != nil {
		t.Errorf("a redirect that is not in the document: %d %v", p.Status, p.Header)
	}
	// An error goes back at once to the site that the document is of, and to no other one.
	for to, want := range map[string]bool{web.URL + "/back": true, redirect: false} {
		if next := s.browser(t).Get(t, s.client.AuthorizeURL("redirect_uri", to, "response_type", "token")).Next(); (next != nil) != want {
			t.Errorf("an error for %s: %v", to, next)
		}
	}
	for _, path := range []string{"/other.json", "/unnamed.json", "/page.json", "/secret.json", "/key.json", "/huge.json", "/endless.json", "/script.json", "/moved.json", "/none.json"} {
		p := s.browser(t).Get(t, s.client.AuthorizeURL("client_id", web.URL+path))
		if p.Status != http.StatusBadRequest || p.Next() != nil || p.Asks() {
			t.Errorf("%s: %d %v %s", path, p.Status, p.Header, p.Body)
		}
	}
	n := fetched.Load()
	s.browser(t).Get(t, s.client.AuthorizeURL("client_id", web.URL+"/none.json"))
	if fetched.Load() != n {
		t.Error("what is not there was looked for again at once")
	}
	if p := s.browser(t).Get(t, s.client.AuthorizeURL("client_id", "https://"+strings.Replace(host, "127.0.0.1", "localhost", 1)+"/client.json")); p.Status != http.StatusBadRequest || fetched.Load() != n {
		t.Errorf("a host that is not allowed: %d", p.Status)
	}
}

// Nothing is fetched for an id that is not the URL of a document, and each fetch makes room
// for another one.
func TestDocumentFetches(t *testing.T) {
	t.Parallel()
	fetched := 0
	s := newSite(t, func(c *authserver.Config) {
		c.Documents = &http.Client{Transport: transportFunc(func(*http.Request) (*http.Response, error) {
			fetched++
			return nil, errors.New("nothing there")
		})}
	})
	addresses := 0
	get := func(id string) int {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, s.client.AuthorizeURL("client_id", id), nil)
		return serve(s.Server, r, &addresses).StatusCode
	}
	for _, id := range []string{
		"https:client.example/c.json", "https:///c.json", "https://client.example", "https://client.example/", "https://user@client.example/c.json",
		"https://client.example/c.json?x=1", "https://client.example/c.json#x", "https://client.example/a/../c.json", "https://client.example//c.json",
		"https://client.example/c d.json", `https://client.example\c.json`, "https://client.example/" + strings.Repeat("c", 600),
	} {
		if status := get(id); status != http.StatusBadRequest || fetched > 0 {
			t.Errorf("%s: %d, %d fetches", id, status, fetched)
		}
	}
	for i := range 200 {
		if get(fmt.Sprintf("https://client.example/%d.json", i)); fetched != i+1 {
			t.Fatalf("%d of %d documents were fetched", fetched, i+1)
		}
	}
}

// A login can be asked to send users to apps and hosts that the operator allows,
// and to no others.
func TestRedirectRules(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *authserver.Config) {
		c.RedirectSchemes, c.RedirectHosts = []string{"cursor"}, []string{"client.example"}
	})
	for to, want := range map[string]int{
		"cursor://app/back": 201, "vscode://app/back": 400, "vscode://localhost/back": 400, "cursor:back": 400, "https://client.example/": 201,
		"https://other.example/": 400, "https://client.example:8443/": 400, "http://127.0.0.1/": 201, "https://localhost/": 201,
	} {
		if a := s.client.RegisterAs(t, map[string]any{"redirect_uris": []string{to}}); a.Status != want {
			t.Errorf("%s: %d %s", to, a.Status, a.Body)
		}
	}
	s.client.Redirect = "cursor://app/back"
	s.client.Register(t)
	if p := s.browser(t).Get(t, s.client.AuthorizeURL()); !p.Asks() || !strings.Contains(p.Body, "the app for cursor: links") {
		t.Errorf("the page: %d %s", p.Status, p.Body)
	}
	q := s.browser(t).Login(t, s.client.AuthorizeURL(), s.client.Redirect)
	if a := s.client.Redeem(t, q.Get("code")); a.Status != http.StatusOK {
		t.Errorf("an app: %v %d %s", q, a.Status, a.Body)
	}
}

// This machine has more names than one: whoever is sent there is told, each time. Numbers
// that browsers take for addresses are none of them.
func TestRedirectsToThisMachine(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, host := range []string{"localhost", "LOCALHOST:8443", "localhost.", "app.localhost", "127.0.0.9", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"} {
		s.client.ID, s.client.Redirect = "", "https://"+host+"/back"
		s.client.Register(t)
		if p := s.browser(t).Get(t, s.client.AuthorizeURL()); p.Status != http.StatusOK || !strings.Contains(p.Body, "Any program there") || !strings.Contains(p.Body, "on your computer") {
			t.Errorf("%s: %d %s", host, p.Status, p.Body)
		}
	}
	for _, host := range []string{"127.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.0.0.1.", "client.example.0x7f", "127.0.0.1.2", "256.1.1.1"} {
		if a := s.client.RegisterAs(t, map[string]any{"redirect_uris": []string{"https://" + host + "/back"}}); a.Status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", host, a.Status, a.Body)
		}
	}
}

// Where clients cannot register, nothing says that they can.
func TestNoRegistration(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.client.Register(t)
	known := s.client.ID
	s = newSite(t, func(c *authserver.Config) { c.NoRegistration = true })
	if a := s.client.RegisterAs(t, map[string]any{"redirect_uris": []string{redirect}}); a.Status != http.StatusNotFound {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if p := s.browser(t).Get(t, s.Issuer()+"/.well-known/oauth-authorization-server"); strings.Contains(p.Body, "registration_endpoint") {
		t.Errorf("metadata %s", p.Body)
	}
	s.client.ID = known
	if p := s.browser(t).Get(t, s.client.AuthorizeURL()); p.Status != http.StatusBadRequest {
		t.Errorf("an id of another server: %d", p.Status)
	}
	if a := s.client.Form(t, "/token", url.Values{"grant_type": {"authorization_code"}, "client_id": {known}}); a.Text("error") != "invalid_client" {
		t.Errorf("an id of another server: %d %s", a.Status, a.Body)
	}
}
