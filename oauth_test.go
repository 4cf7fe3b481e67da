package mcpmount_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
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
	sdk "github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
	"github.com/mcpmount/mcpmount/internal/logintest"
)

// An authorizationServer issues tokens to everybody who asks properly.
type authorizationServer struct {
	*httptest.Server

	mu       sync.Mutex
	keys     []jose.JSONWebKey // the first one signs
	codes    map[string]url.Values
	asked    []string      // scopes of the authorization requests
	lifetime time.Duration // of tokens
}

func newAuthorizationServer(t *testing.T) *authorizationServer {
	t.Helper()
	s := &authorizationServer{codes: map[string]url.Values{}, lifetime: time.Hour}
	for _, id := range []string{"k1", "k2"} {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		s.keys = append(s.keys, jose.JSONWebKey{Key: key, KeyID: id, Algorithm: "RS256", Use: "sig"})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", s.metadata)
	mux.HandleFunc("GET /keys", s.keySet)
	mux.HandleFunc("POST /register", s.register)
	mux.HandleFunc("GET /authorize", s.authorize)
	mux.HandleFunc("POST /token", s.token)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *authorizationServer) metadata(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{
		"issuer": s.URL, "authorization_endpoint": s.URL + "/authorize", "token_endpoint": s.URL + "/token",
		"registration_endpoint": s.URL + "/register", "jwks_uri": s.URL + "/keys",
		"response_types_supported": []string{"code"}, "grant_types_supported": []string{"authorization_code"},
		"code_challenge_methods_supported": []string{"S256"}, "token_endpoint_auth_methods_supported": []string{"none"},
		"authorization_response_iss_parameter_supported": true,
	})
}

func (s *authorizationServer) keySet(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var set jose.JSONWebKeySet
	for _, k := range s.keys {
		set.Keys = append(set.Keys, k.Public())
	}
	json.NewEncoder(w).Encode(set)
}

func (s *authorizationServer) register(w http.ResponseWriter, r *http.Request) {
	var client map[string]any
	json.NewDecoder(r.Body).Decode(&client)
	client["client_id"] = "client"
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(client)
}

func (s *authorizationServer) authorize(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, code := r.URL.Query(), rand.Text()
	s.codes[code] = q
	s.asked = append(s.asked, q.Get("scope"))
	back := url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {s.URL}}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (s *authorizationServer) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.codes[r.FormValue("code")]
	delete(s.codes, r.FormValue("code"))
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	w.Header().Set("Content-Type", "application/json")
	if !ok || q.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) || q.Get("resource") != r.FormValue("resource") {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"error":"invalid_grant"}`)
		return
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: s.keys[0]}, (&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	now := time.Now()
	token, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": s.URL, "sub": "alice", "aud": r.FormValue("resource"), "client_id": "client", "scope": q.Get("scope"),
		"iat": now.Unix(), "exp": float64(now.Add(s.lifetime).UnixMilli()) / 1000,
	}).Serialize()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": q.Get("scope")})
}

// rotate retires the key that signs.
func (s *authorizationServer) rotate(t *testing.T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.keys) < 2 {
		t.Fatal("no key to go on with")
	}
	s.keys = s.keys[1:]
}

func (s *authorizationServer) setLifetime(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lifetime = d
}

// scopes returns what was asked for since the last call.
func (s *authorizationServer) scopes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

// A client that knows nothing but the URL gets a token, a better one when a
// tool needs it, and a new one when it has expired.
func TestOAuth(t *testing.T) {
	t.Parallel()
	issuer := newAuthorizationServer(t)
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") })
	mux := http.NewServeMux()
	ts := httptest.NewServer(mux)
	t.Cleanup(ts.Close)
	verify, err := auth.NewJWT(auth.JWT{Issuer: issuer.URL, Audiences: []string{ts.URL + "/mcp"}, Type: "at+jwt", Leeway: -1})
	if err != nil {
		t.Fatal(err)
	}
	srv, err := mcpmount.New(parse(t, scopedSpec), mcpmount.InProcess(api), &mcpmount.Options{
		PublicURL: ts.URL + "/mcp", Logger: slog.New(slog.DiscardHandler),
		Auth: &auth.Resource{Verifier: verify, AuthorizationServers: []string{issuer.URL}, Scopes: []string{"read"}, StepUp: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		t.Fatal(err)
	}

	session := connectOAuth(t, ts.URL+"/mcp")
	if asked := issuer.scopes(); !slices.Equal(asked, []string{"read"}) {
		t.Errorf("asked for %q, want the scope of the challenge", asked)
	}
	for tool, want := range map[string][]string{"read": nil, "write": {"read write"}, "open": nil} {
		if got := text(call(t, session, tool, nil)); got != "ok" {
			t.Errorf("%s: %q", tool, got)
		}
		asked := issuer.scopes()
		for i, scopes := range asked { // in whatever order the client puts them
			asked[i] = strings.Join(slices.Sorted(strings.FieldsSeq(scopes)), " ")
		}
		if !slices.Equal(asked, want) {
			t.Errorf("%s: asked for %q, want %q", tool, asked, want)
		}
	}

	issuer.rotate(t) // its successor is known already
	issuer.setLifetime(4 * time.Second)
	session = connectOAuth(t, ts.URL+"/mcp")
	if got := text(call(t, session, "read", nil)); got != "ok" {
		t.Errorf("after a rotation: %q", got)
	}
	issuer.scopes()
	time.Sleep(4 * time.Second) // tokens tell the time of the issuer
	issuer.setLifetime(time.Hour)
	if got := text(call(t, session, "read", nil)); got != "ok" {
		t.Errorf("after the token has expired: %q", got)
	}
	if asked := issuer.scopes(); len(asked) != 1 {
		t.Errorf("an expired token made the client ask %d times", len(asked))
	}
}

// connectOAuth connects a client of the MCP SDK, whose user consents to
// everything.
func connectOAuth(t *testing.T, endpoint string, changes ...func(*sdk.AuthorizationCodeHandlerConfig)) *mcp.ClientSession {
	t.Helper()
	const redirect = "http://localhost:1/callback"
	browser := logintest.NewBrowser(t, nil, "", nil)
	config := &sdk.AuthorizationCodeHandlerConfig{
		RedirectURL: redirect,
		Client:      http.DefaultClient,
		DynamicClientRegistrationConfig: &sdk.DynamicClientRegistrationConfig{
			Metadata: &oauthex.ClientRegistrationMetadata{ClientName: "test", RedirectURIs: []string{redirect}},
		},
		AuthorizationCodeFetcher: func(_ context.Context, args *sdk.AuthorizationArgs) (*sdk.AuthorizationResult, error) {
			q := browser.Login(t, args.URL, redirect)
			return &sdk.AuthorizationResult{Code: q.Get("code"), State: q.Get("state"), Iss: q.Get("iss")}, nil
		},
	}
	for _, change := range changes {
		change(config)
	}
	handler, err := sdk.NewAuthorizationCodeHandler(config)
	if err != nil {
		t.Fatal(err)
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: endpoint, OAuthHandler: handler}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	return session
}
