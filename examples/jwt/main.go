// Command jwt protects the tools of an API with the tokens of an identity
// provider: MCP clients find out where to log in, and do the rest.
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"log"
	"net/http"

	sdkauth "github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
	"github.com/mcpmount/mcpmount/examples/internal/server"
)

//go:embed openapi.yaml
var spec []byte

func main() {
	listen := flag.String("listen", "localhost:8080", "`HOST:PORT` to listen on")
	issuer := flag.String("issuer", "", "identity provider, as its tokens name it: a `URL`")
	public := flag.String("public", "http://localhost:8080/mcp", "`URL` by which clients know the MCP endpoint, and tokens their audience")
	flag.Parse()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders", orders)
	mux.HandleFunc("DELETE /orders/{id}", orders)
	srv, err := newServer(mux, *issuer, *public)
	if err != nil {
		log.Fatal(err)
	}
	if err := srv.Mount(mux, "/mcp"); err != nil { // and /.well-known/oauth-protected-resource/mcp
		log.Fatal(err)
	}
	if err := server.Run(*listen, mux, srv); err != nil {
		log.Fatal(err)
	}
}

func newServer(api http.Handler, issuer, public string) (*mcpmount.Server, error) {
	doc, err := mcpmount.ParseOpenAPI(spec)
	if err != nil {
		return nil, err
	}
	verifier, err := auth.NewJWT(auth.JWT{Issuer: issuer, Audiences: []string{public}})
	if err != nil {
		return nil, err
	}
	return mcpmount.New(doc, mcpmount.InProcess(api), &mcpmount.Options{
		PublicURL: public,
		Auth: &auth.Resource{
			Verifier:             verifier,
			AuthorizationServers: []string{issuer},
			Scopes:               []string{"orders:read"},                  // for every request
			ScopesSupported:      []string{"orders:read", "orders:delete"}, // per tool: as the document says
			StepUp:               true,                                     // show what a better token could do
		},
	})
}

// orders stands for the handlers of the API. It is reached by tools only if the
// caller has a token; callers of the API itself have none here.
func orders(w http.ResponseWriter, r *http.Request) {
	info := sdkauth.TokenInfoFromContext(r.Context())
	if info == nil {
		http.Error(w, "this API is for agents: use /mcp", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"subject": info.Extra["sub"], "did": r.Method + " " + r.URL.Path})
}
