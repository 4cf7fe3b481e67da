package examples_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const listTools = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`

func TestEchoAPIKey(t *testing.T) {
	p := start(t, "echoapikey")
	checkREST(t, p, "GET", "/me", "", 200, `{"user":"bob"}`, "X-API-Key", "key-of-bob")
	checkREST(t, p, "GET", "/me", "", 401, "")
	checkREST(t, p, "POST", "/mcp", listTools, 401, "", "X-API-Key", "key-of-nobody")
	for _, era := range eras {
		for _, user := range []string{"alice", "bob"} {
			session := p.connect(t, "/mcp", era, nil, "X-API-Key", "key-of-"+user)
			checkTools(t, session, "whoAmI")
			checkCall(t, session, "whoAmI", nil, `{"user":"`+user+`"}`)
		}
	}
	// A session is its user's.
	session := p.connect(t, "/mcp", eras[0], nil, "X-API-Key", "key-of-alice")
	checkREST(t, p, "POST", "/mcp", listTools, 404, "", "X-API-Key", "key-of-bob", "Mcp-Session-Id", session.ID(), "Accept", "application/json, text/event-stream")
	p.stop(t)
}

func TestBearer(t *testing.T) {
	p := start(t, "bearer")
	alice, bob := []string{"Authorization", "Bearer token-of-alice"}, []string{"Authorization", "Bearer token-of-bob"}
	checkREST(t, p, "GET", "/invoices", "", 200, `"user":"alice"`, alice...)
	checkREST(t, p, "POST", "/invoices/7/payment", "", 403, "invoices:pay", alice...)
	checkREST(t, p, "GET", "/invoices", "", 401, "")
	checkREST(t, p, "POST", "/mcp", listTools, 401, "")
	for _, era := range eras {
		session := p.connect(t, "/mcp", era, nil, alice...)
		checkTools(t, session, "listInvoices")
		checkCall(t, session, "listInvoices", nil, `{"did":"GET /invoices","user":"alice"}`)
		checkFails(t, session, "payInvoice", map[string]any{"id": "7"}, "unknown tool")
		session = p.connect(t, "/mcp", era, nil, bob...)
		checkTools(t, session, "listInvoices", "payInvoice")
		checkCall(t, session, "payInvoice", map[string]any{"id": "7"}, `{"did":"POST /invoices/7/payment","user":"bob"}`)
	}
	p.stop(t)
}

func TestJWT(t *testing.T) {
	const public = "http://127.0.0.1:8080/mcp"
	idp := newProvider(t)
	p := start(t, "jwt", "-issuer", idp.URL, "-public", public)
	checkREST(t, p, "GET", "/.well-known/oauth-protected-resource/mcp", "", 200, `"`+idp.URL+`"`)
	res, err := http.Post(p.url+"/mcp", "application/json", strings.NewReader(listTools))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if challenge := res.Header.Get("WWW-Authenticate"); res.StatusCode != 401 || !strings.Contains(challenge, `resource_metadata="http://127.0.0.1:8080/.well-known/oauth-protected-resource/mcp"`) {
		t.Errorf("without a token: %d %s", res.StatusCode, challenge)
	}
	checkREST(t, p, "GET", "/orders", "", 401, "")
	for name, claims := range map[string]map[string]any{
		"of another audience": {"aud": "https://elsewhere.example.com"},
		"of another issuer":   {"iss": "https://elsewhere.example.com"},
		"expired":             {"exp": time.Now().Add(-time.Hour).Unix()},
	} {
		if status, _ := p.rest(t, "POST", "/mcp", listTools, "Authorization", "Bearer "+idp.token(t, public, "orders:read", claims)); status != 401 {
			t.Errorf("a token %s: %d", name, status)
		}
	}
	for _, era := range eras {
		session := p.connect(t, "/mcp", era, nil, "Authorization", "Bearer "+idp.token(t, public, "orders:read", nil))
		checkTools(t, session, "deleteOrder", "listOrders")
		checkCall(t, session, "listOrders", nil, `{"did":"GET /orders","subject":"alice"}`)
		if got, isError := call(t.Context(), t, session, "deleteOrder", map[string]any{"id": "7"}); !isError {
			t.Errorf("deleteOrder without its scope: %s", got)
		}
		session = p.connect(t, "/mcp", era, nil, "Authorization", "Bearer "+idp.token(t, public, "orders:read orders:delete", nil))
		checkCall(t, session, "deleteOrder", map[string]any{"id": "7"}, `{"did":"DELETE /orders/7","subject":"alice"}`)
	}
	p.stop(t)
}

// A provider is an identity provider on loopback.
type provider struct {
	*httptest.Server
	key *ecdsa.PrivateKey
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"issuer": p.URL, "jwks_uri": p.URL + "/keys"})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// token returns a token of alice, with some claims replaced.
func (p *provider) token(t *testing.T, audience, scope string, replaced map[string]any) string {
	t.Helper()
	claims := map[string]any{
		"iss": p.URL, "sub": "alice", "aud": audience, "scope": scope,
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	for name, value := range replaced {
		claims[name] = value
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.key, KeyID: "1"}}, (&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
