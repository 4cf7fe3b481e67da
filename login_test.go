package mcpmount_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
	"github.com/mcpmount/mcpmount/auth/authserver"
	"github.com/mcpmount/mcpmount/internal/logintest"
)

// A client that knows nothing but the URL logs a user in at a provider that does
// not know the client, by registration and by its metadata document; the API gets
// the user's token of the provider.
func TestLogin(t *testing.T) {
	t.Parallel()
	provider := logintest.NewProvider(t)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "+logintest.Marker+"access-") {
			http.Error(w, "not the user's token", http.StatusUnauthorized)
			return
		}
		io.WriteString(w, "ok")
	}))
	t.Cleanup(api.Close)
	documents := newClientDocument(t, "http://localhost:1/callback")

	mux := http.NewServeMux()
	ts := httptest.NewServer(mux)
	t.Cleanup(ts.Close)
	logins, err := authserver.New(authserver.Config{
		Issuer: ts.URL, Resource: ts.URL + "/mcp", Scopes: []string{"read", "write"}, Admit: authserver.Everyone,
		Upstream:       authserver.Upstream{Issuer: provider.URL, ClientID: logintest.ClientID, ClientSecret: logintest.ClientSecret},
		AccessLifetime: 9 * time.Second, // which is so short for the client that it renews tokens before each call
		Documents:      documents.Client(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	provider.Set(func(p *logintest.State) { p.Redirect = logins.RedirectURI() })
	upstream, err := mcpmount.Upstream(api.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	srv, err := mcpmount.New(parse(t, scopedSpec), upstream, &mcpmount.Options{
		PublicURL: ts.URL + "/mcp", Logger: slog.New(slog.DiscardHandler),
		Auth: &auth.Resource{Verifier: logins.Verify, AuthorizationServers: []string{logins.Issuer()}, Scopes: []string{"read"}, StepUp: true},
		Credentials: func(ctx context.Context, _ string) (mcpmount.Credential, error) {
			token, err := logins.UpstreamToken(ctx)
			return mcpmount.Credential{Secret: mcpmount.Secret(token)}, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		t.Fatal(err)
	}
	if err := logins.Mount(mux); err != nil {
		t.Fatal(err)
	}

	for way, change := range map[string]func(*sdk.AuthorizationCodeHandlerConfig){
		"registration": func(c *sdk.AuthorizationCodeHandlerConfig) {
			c.DynamicClientRegistrationConfig.Metadata.GrantTypes = []string{"authorization_code", "refresh_token"}
		},
		"metadata document": func(c *sdk.AuthorizationCodeHandlerConfig) {
			c.DynamicClientRegistrationConfig = nil
			c.ClientIDMetadataDocumentConfig = &sdk.ClientIDMetadataDocumentConfig{URL: documents.URL + "/client.json"}
		},
	} {
		session := connectOAuth(t, ts.URL+"/mcp", change)
		for _, tool := range []string{"read", "write", "read"} {
			if got := text(call(t, session, tool, nil)); got != "ok" {
				t.Errorf("%s: %s: %q", way, tool, got)
			}
		}
		logins, renewals := 0, 0
		for _, form := range provider.Seen() {
			switch form.Get("grant_type") {
			case "authorization_code":
				logins++
			case "refresh_token":
				renewals++
			}
		}
		if logins != 2 || renewals == 0 {
			t.Errorf("%s: %d logins, of which one is for a further scope, and %d renewals", way, logins, renewals)
		}
	}

	provider.Set(func(p *logintest.State) { p.Subject, p.Ended = "bob", true })
	session := connectOAuthError(t, ts.URL+"/mcp")
	if !strings.Contains(session, "server_error") {
		t.Errorf("a login that the provider refuses: %s", session)
	}
}

// newClientDocument serves a Client ID Metadata Document at /client.json.
func newClientDocument(t *testing.T, redirects ...string) *httptest.Server {
	t.Helper()
	var ts *httptest.Server
	ts = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{
			"client_id": ts.URL + "/client.json", "client_name": "Documented", "redirect_uris": redirects,
			"grant_types": []string{"authorization_code", "refresh_token"}, "token_endpoint_auth_method": "none",
		})
	}))
	t.Cleanup(ts.Close)
	return ts
}

// connectOAuthError returns what a login ends with that fails.
func connectOAuthError(t *testing.T, endpoint string) string {
	t.Helper()
	c := &logintest.Client{Issuer: strings.TrimSuffix(endpoint, "/mcp"), Resource: endpoint, Redirect: "http://localhost:1/callback"}
	c.Register(t)
	return logintest.NewBrowser(t, nil, "", nil).Login(t, c.AuthorizeURL(), c.Redirect).Get("error")
}
