package logintest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Verifier is that of PKCE of every client here.
const Verifier = "a-code-verifier-of-the-tests-0123456789-._~abcdef"

// Challenge is that of Verifier.
func Challenge() string {
	sum := sha256.Sum256([]byte(Verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// A Client is an MCP client without a user interface.
type Client struct {
	Issuer, Resource, ID, Redirect string
	Transport                      http.RoundTripper
	Said                           io.Writer
}

// An Answer is that of an endpoint.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	Fields map[string]any
}

// Text returns a field of the answer.
func (a *Answer) Text(name string) string {
	s, _ := a.Fields[name].(string)
	return s
}

// Register gets an id.
func (c *Client) Register(t *testing.T) *Answer {
	t.Helper()
	a := c.RegisterAs(t, map[string]any{"client_name": "Test", "redirect_uris": []string{c.Redirect}, "grant_types": []string{"authorization_code", "refresh_token"}})
	if c.ID = a.Text("client_id"); a.Status != http.StatusCreated || c.ID == "" {
		t.Fatalf("registration: %d %s", a.Status, a.Body)
	}
	return a
}

// RegisterAs sends metadata.
func (c *Client) RegisterAs(t *testing.T, metadata any) *Answer {
	t.Helper()
	body, err := json.Marshal(metadata)
	if err != nil {
		t.Fatal(err)
	}
	return c.Send(t, "/register", string(body), http.Header{"Content-Type": {"application/json"}})
}

// AuthorizeURL returns where a login begins; changes are pairs of names and values, where ""
// stands for no parameter.
func (c *Client) AuthorizeURL(changes ...string) string {
	q := url.Values{
		"response_type": {"code"}, "client_id": {c.ID}, "redirect_uri": {c.Redirect}, "state": {"my state&<>"},
		"code_challenge": {Challenge()}, "code_challenge_method": {"S256"}, "resource": {c.Resource},
	}
	change(q, changes)
	return c.Issuer + "/authorize?" + q.Encode()
}

func change(q url.Values, changes []string) {
	for i := 0; i+1 < len(changes); i += 2 {
		if q.Set(changes[i], changes[i+1]); changes[i+1] == "" {
			q.Del(changes[i])
		}
	}
}

// Redeem sends a code to the token endpoint.
func (c *Client) Redeem(t *testing.T, code string, changes ...string) *Answer {
	t.Helper()
	q := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "client_id": {c.ID}, "redirect_uri": {c.Redirect},
		"code_verifier": {Verifier}, "resource": {c.Resource},
	}
	change(q, changes)
	return c.Form(t, "/token", q)
}

// Refresh sends a refresh token to the token endpoint.
func (c *Client) Refresh(t *testing.T, token string, changes ...string) *Answer {
	t.Helper()
	q := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {c.ID}, "resource": {c.Resource}}
	change(q, changes)
	return c.Form(t, "/token", q)
}

// Revoke revokes a token.
func (c *Client) Revoke(t *testing.T, token string) *Answer {
	t.Helper()
	return c.Form(t, "/revoke", url.Values{"token": {token}, "client_id": {c.ID}})
}

// Form sends a form to an endpoint.
func (c *Client) Form(t *testing.T, path string, form url.Values) *Answer {
	t.Helper()
	return c.Send(t, path, form.Encode(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
}

// Send sends a body to an endpoint.
func (c *Client) Send(t *testing.T, path, body string, header http.Header) *Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, c.Issuer+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	res, err := (&http.Client{Transport: c.Transport, Timeout: 20 * time.Second}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if c.Said != nil {
		fmt.Fprintln(c.Said, path, res.Status, res.Header, string(text))
	}
	a := &Answer{Status: res.StatusCode, Header: res.Header, Body: string(text)}
	_ = json.Unmarshal(text, &a.Fields) // an answer without any is one
	return a
}
