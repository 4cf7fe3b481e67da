// Package logintest has what tests of logins need: an identity provider that
// knows one client and registers no other, a browser, and an MCP client.
package logintest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Marker is in every secret of these tests, and must be in nothing that is logged
// or answered.
const Marker = "s3cr3t-"

// What the provider knows of its one client.
const (
	ClientID     = "mcpmount at the provider"
	ClientSecret = Marker + "client/+ secret"
)

// A Provider is an OpenID Connect provider. Whoever comes is Subject, and
// consents. It is strict: one client with a secret, one redirect URI, PKCE, codes
// and refresh tokens that are good once.
type Provider struct {
	*httptest.Server
	key jose.JSONWebKey

	mu sync.Mutex
	State
	codes   map[string]url.Values // what was asked for
	refresh map[string]bool
	access  map[string]bool
	seen    []url.Values // forms at the token endpoint
	revoked []string
}

// State is what a test can change about a [Provider].
type State struct {
	Redirect  string           // the redirect URI of the client; any if ""
	Subject   string           // who logs in
	Lifetime  time.Duration    // of access tokens; negative: the provider does not say
	NoRefresh bool             // there are no refresh tokens
	SameToken bool             // a refresh token is good for ever, and not sent again
	NamesSelf bool             // the metadata say that each answer names the issuer
	InBody    bool             // the secret comes in the form, and nowhere else
	Down      bool             // every request to the token endpoint fails
	Ended     bool             // nobody is logged in any more
	Claims    map[string]any   // further ones of ID tokens and of the userinfo, or others
	Answer    func(url.Values) // changes what users are sent back with
}

// NewProvider starts a Provider on loopback.
func NewProvider(t *testing.T) *Provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{
		key:   jose.JSONWebKey{Key: key, KeyID: "k1", Algorithm: "RS256", Use: "sig"},
		State: State{Subject: "alice", Lifetime: time.Hour},
		codes: map[string]url.Values{}, refresh: map[string]bool{}, access: map[string]bool{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.metadata)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /login", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.userinfo)
	mux.HandleFunc("POST /revoke", p.revoke)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// Set changes p.
func (p *Provider) Set(change func(*State)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.State)
}

// Seen returns the forms that the token endpoint got since the last call.
func (p *Provider) Seen() []url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen
	p.seen = nil
	return seen
}

// Issued returns the access tokens that were issued.
func (p *Provider) Issued() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.access))
}

// Revoked returns the tokens that were revoked.
func (p *Provider) Revoked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.revoked
}

func (p *Provider) metadata(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	reply(w, http.StatusOK, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/login", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"userinfo_endpoint": p.URL + "/userinfo", "response_types_supported": []string{"code"},
		"authorization_response_iss_parameter_supported": p.NamesSelf,
	})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{p.key.Public()}})
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := r.URL.Query()
	if q.Get("client_id") != ClientID || p.Redirect != "" && q.Get("redirect_uri") != p.Redirect || q.Get("code_challenge_method") != "S256" ||
		q.Get("response_type") != "code" || q.Has("nonce") != strings.Contains(q.Get("scope"), "openid") {
		http.Error(w, "not the client, its redirect URI, PKCE, a code, or a nonce", http.StatusBadRequest)
		return
	}
	code := Marker + rand.Text()
	p.codes[code] = q
	back := url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.URL}}
	if p.Answer != nil {
		p.Answer(back)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

// token is strict about what the client has to send.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = r.ParseForm()
	p.seen = append(p.seen, r.PostForm)
	id, secret, _ := r.BasicAuth()
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	if p.InBody && id == "" {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	texts := map[string]any{"error_description": `<script>alert("` + Marker + `provider")</script>`}
	switch {
	case p.Down:
		http.Error(w, Marker+"down", http.StatusServiceUnavailable)
		return
	case id != ClientID || secret != ClientSecret:
		texts["error"] = "invalid_client"
		reply(w, http.StatusUnauthorized, texts)
		return
	}
	q, ok := url.Values{}, false
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		code := r.PostForm.Get("code")
		q, ok = p.codes[code]
		delete(p.codes, code)
		sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
		ok = ok && q.Get("code_challenge") == base64.RawURLEncoding.EncodeToString(sum[:]) && q.Get("redirect_uri") == r.PostForm.Get("redirect_uri")
	case "refresh_token":
		token := r.PostForm.Get("refresh_token")
		if ok = p.refresh[token]; !p.SameToken {
			delete(p.refresh, token)
		}
	}
	if !ok || p.Ended {
		texts["error"] = "invalid_grant"
		reply(w, http.StatusBadRequest, texts)
		return
	}
	m := p.issue(q)
	if p.SameToken && r.PostForm.Get("grant_type") == "refresh_token" {
		delete(m, "refresh_token")
	}
	reply(w, http.StatusOK, m)
}

// issue returns tokens for a request.
func (p *Provider) issue(q url.Values) map[string]any {
	m := map[string]any{"access_token": Marker + "access-" + rand.Text(), "token_type": "Bearer"}
	if p.Lifetime >= 0 {
		m["expires_in"] = int(p.Lifetime.Seconds())
	}
	p.access[m["access_token"].(string)] = true
	if !p.NoRefresh {
		token := Marker + "refresh-" + rand.Text()
		m["refresh_token"], p.refresh[token] = token, true
	}
	if strings.Contains(q.Get("scope"), "openid") {
		m["id_token"] = p.idToken(q.Get("nonce"))
	}
	return m
}

func (p *Provider) idToken(nonce string) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: p.key}, nil)
	if err != nil {
		return err.Error()
	}
	now := time.Now()
	claims := map[string]any{"iss": p.URL, "sub": p.Subject, "aud": ClientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": nonce}
	for name, value := range p.Claims {
		claims[name] = value
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		return err.Error()
	}
	return token
}

func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.access[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")] || p.Ended {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	claims := map[string]any{"sub": p.Subject, "id": 4711}
	for name, value := range p.Claims {
		claims[name] = value
	}
	reply(w, http.StatusOK, claims)
}

func (p *Provider) revoke(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revoked = append(p.revoked, r.PostFormValue("token"))
	w.WriteHeader(http.StatusOK)
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
