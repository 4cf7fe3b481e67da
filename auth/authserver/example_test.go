package authserver_test

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
	"github.com/mcpmount/mcpmount/auth/authserver"
)

// An API that takes tokens of the identity provider, behind an MCP server whose
// users log in there.
func Example() {
	doc, err := mcpmount.ParseOpenAPI([]byte(`{"openapi":"3.1.0","info":{"title":"Orders","version":"1"},"paths":{}}`))
	if err != nil {
		log.Fatal(err)
	}
	api, err := mcpmount.Upstream("https://orders.example.com", nil)
	if err != nil {
		log.Fatal(err)
	}
	logins, err := authserver.New(authserver.Config{
		Issuer:   "https://api.example.com",
		Resource: "https://api.example.com/mcp",
		Scopes:   []string{"orders:read", "orders:write"},
		Upstream: authserver.Upstream{
			Issuer: "https://login.example.com", ClientID: "mcp", ClientSecret: os.Getenv("LOGIN_SECRET"),
			Scopes: []string{"openid", "offline_access", "orders"},
		},
		Admit: func(_ context.Context, user authserver.Identity, asked []string) ([]string, error) {
			if user.Subject == "blocked" {
				return nil, errors.New("blocked")
			}
			return asked, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	srv, err := mcpmount.New(doc, api, &mcpmount.Options{
		PublicURL: logins.Resource(),
		Auth:      &auth.Resource{Verifier: logins.Verify, AuthorizationServers: []string{logins.Issuer()}},
		Credentials: func(ctx context.Context, _ string) (mcpmount.Credential, error) {
			token, err := logins.UpstreamToken(ctx)
			return mcpmount.Credential{Secret: mcpmount.Secret(token)}, err
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	if err := errors.Join(srv.Mount(mux, "/mcp"), logins.Mount(mux)); err != nil {
		log.Fatal(err)
	}
}
