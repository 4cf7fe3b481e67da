// Command bearer has an app whose middleware checks bearer tokens of its own,
// and an MCP server that shows each caller the tools they may use. A token is
// checked once: the handlers get the user that was found.
package main

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"slices"

	sdkauth "github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
	"github.com/mcpmount/mcpmount/examples/internal/server"
)

//go:embed openapi.yaml
var spec []byte

// users are known by the SHA-256 of their tokens: "token-of-alice", "token-of-bob".
var users = map[string]sdkauth.TokenInfo{
	"19c28a50b1a09097592e7ceddb7e0771ff4d469747541a7536579eef857e05ce": {UserID: "alice", Scopes: []string{"invoices:read"}},
	"800480042268218663feef3ea54d81ed3f976c98c38d5fd7afbe22810ec16334": {UserID: "bob", Scopes: []string{"invoices:read", "invoices:pay"}},
}

// verify is the app's own check of a token. It is an auth.Verifier.
func verify(_ context.Context, token string, _ *http.Request) (*sdkauth.TokenInfo, error) {
	digest := sha256.Sum256([]byte(token))
	info, ok := users[hex.EncodeToString(digest[:])]
	if !ok {
		return nil, auth.ErrInvalid
	}
	return &info, nil
}

func main() {
	listen := flag.String("listen", "localhost:8080", "`HOST:PORT` to listen on")
	flag.Parse()
	api := http.NewServeMux()
	api.Handle("GET /invoices", need("invoices:read", show))
	api.Handle("POST /invoices/{id}/payment", need("invoices:pay", show))
	doc, err := mcpmount.ParseOpenAPI(spec)
	if err != nil {
		log.Fatal(err)
	}
	// The scopes of a tool are those that the document's security names. A tool
	// that a caller has not the scopes for is not listed, and unknown to calls.
	srv, err := mcpmount.New(doc, mcpmount.InProcess(api), &mcpmount.Options{Auth: &auth.Resource{Verifier: verify}})
	if err != nil {
		log.Fatal(err)
	}
	if err := srv.Mount(api, "/mcp"); err != nil {
		log.Fatal(err)
	}
	if err := server.Run(*listen, api, srv); err != nil {
		log.Fatal(err)
	}
}

// need is the middleware of the app: it lets through who has the scope. In a
// call of a tool the caller was verified at the MCP endpoint, and is handed over
// in the context; what they may do is for the app to say, whichever way they came.
func need(scope string, next http.HandlerFunc) http.Handler {
	allowed := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(sdkauth.TokenInfoFromContext(r.Context()).Scopes, scope) {
			http.Error(w, "you lack "+scope, http.StatusForbidden)
			return
		}
		next(w, r)
	})
	verified := sdkauth.RequireBearerToken(verify, &sdkauth.RequireBearerTokenOptions{AllowMissingExpiration: true})(allowed)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sdkauth.TokenInfoFromContext(r.Context()) != nil {
			allowed(w, r)
			return
		}
		verified.ServeHTTP(w, r)
	})
}

// show stands for the handlers of the API: it says who does what.
func show(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{
		"user": sdkauth.TokenInfoFromContext(r.Context()).UserID,
		"did":  r.Method + " " + r.URL.Path,
	})
}
