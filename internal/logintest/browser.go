package logintest

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A Browser is that of one user: it has cookies, and goes where it is sent only if
// it is told to.
type Browser struct {
	client *http.Client
	server string    // what comes from here is written to said
	said   io.Writer // nil for nothing
}

// NewBrowser returns a Browser. What the server whose URL begins with server answers is
// written to said.
func NewBrowser(t *testing.T, transport http.RoundTripper, server string, said io.Writer) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Browser{client: &http.Client{Transport: transport, Jar: jar, CheckRedirect: stay, Timeout: 20 * time.Second}, server: server, said: said}
}

// A Page is what a browser got.
type Page struct {
	URL    *url.URL
	Status int
	Header http.Header
	Body   string
}

// Get gets a page.
func (b *Browser) Get(t *testing.T, address string) *Page {
	t.Helper()
	return b.Do(t, http.MethodGet, address, nil, nil)
}

// Do sends a request, with a form if there is one.
func (b *Browser) Do(t *testing.T, method, address string, form url.Values, header http.Header) *Page {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range header {
		r.Header[name] = values
	}
	res, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b.said != nil && strings.HasPrefix(address, b.server) {
		fmt.Fprintln(b.said, method, address[:min(len(address), len(b.server)+12)], res.Status, res.Header, string(text))
	}
	return &Page{r.URL, res.StatusCode, res.Header, string(text)}
}

var formField = regexp.MustCompile(`name="request" value="([^"]*)"`)

// Asks reports whether a page asks for consent.
func (p *Page) Asks() bool { return p.Status == http.StatusOK && formField.MatchString(p.Body) }

// Form returns the form of a page that asks, answered.
func (p *Page) Form(answer string) url.Values {
	m := formField.FindStringSubmatch(p.Body)
	if m == nil {
		return url.Values{"answer": {answer}}
	}
	return url.Values{"request": {html.UnescapeString(m[1])}, "answer": {answer}}
}

var formAction = regexp.MustCompile(`<form method="post" action="([^"]+)"`)

// Answer answers a page that asks.
func (b *Browser) Answer(t *testing.T, p *Page, answer string) *Page {
	t.Helper()
	m := formAction.FindStringSubmatch(p.Body)
	if m == nil {
		t.Fatalf("%s does not ask: %d %.500s", p.URL.Path, p.Status, p.Body)
	}
	to, err := p.URL.Parse(html.UnescapeString(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return b.Do(t, http.MethodPost, to.String(), p.Form(answer), http.Header{"Origin": {p.URL.Scheme + "://" + p.URL.Host}})
}

// Next returns where a page sends the browser, nil if it does not.
func (p *Page) Next() *url.URL {
	to := p.Header.Get("Location")
	if to == "" {
		_, to, _ = strings.Cut(p.Header.Get("Refresh"), ";url=")
	}
	if to == "" {
		return nil
	}
	u, err := p.URL.Parse(to)
	if err != nil {
		return nil
	}
	return u
}

// Login goes to address, consents to everything, and returns what the browser is sent to
// redirect with.
func (b *Browser) Login(t *testing.T, address, redirect string) url.Values {
	t.Helper()
	p := b.Get(t, address)
	for range 10 {
		if next := p.Next(); next != nil {
			if strings.HasPrefix(next.String(), redirect) {
				return next.Query()
			}
			p = b.Get(t, next.String())
			continue
		}
		p = b.Answer(t, p, "allow")
	}
	t.Fatalf("no end at %s", p.URL)
	return nil
}
