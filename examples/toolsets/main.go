// Command toolsets serves several sets of tools of one API, each at a path of
// its own: one that only reads, one for support, one for everything, with a key.
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"path"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
	"github.com/mcpmount/mcpmount/examples/internal/server"
)

//go:embed openapi.yaml
var spec []byte

// AdminDigest is the SHA-256 of the key for /mcp/admin. Of a key that you make,
// keep the digest only; this one is of "admin-key-of-the-example".
const AdminDigest = "e33b20b3499a44b7cbf3f9a0931f60b4b00ce8a9c5e70caa544aab44c2ac99c1"

func main() {
	listen := flag.String("listen", "localhost:8080", "`HOST:PORT` to listen on")
	flag.Parse()
	mux := http.NewServeMux()
	for _, route := range []string{"GET /tickets", "POST /tickets", "GET /users", "DELETE /users/{id}"} {
		mux.HandleFunc(route, echo)
	}
	servers, err := mountAll(mux)
	if err != nil {
		log.Fatal(err)
	}
	if err := server.Run(*listen, mux, servers...); err != nil {
		log.Fatal(err)
	}
}

// mountAll mounts the sets into mux. What a set does not list cannot be called
// at its path.
func mountAll(mux *http.ServeMux) ([]*mcpmount.Server, error) {
	all, err := mcpmount.ParseOpenAPI(spec)
	if err != nil {
		return nil, err
	}
	keys, err := auth.NewKeys([]auth.Key{{Name: "admin", SHA256: AdminDigest}})
	if err != nil {
		return nil, err
	}
	var servers []*mcpmount.Server
	for _, set := range []struct {
		path   string
		choose mcpmount.Select
		opts   mcpmount.Options
	}{
		{"/mcp/read", mcpmount.Select{ReadOnly: true}, mcpmount.Options{}},
		{"/mcp/support", mcpmount.Select{IncludeTags: []string{"tickets"}}, mcpmount.Options{}},
		{"/mcp/admin", mcpmount.Select{}, mcpmount.Options{Auth: &auth.Resource{Verifier: keys}}},
	} {
		doc, err := set.choose.Apply(all)
		if err != nil {
			return nil, err
		}
		set.opts.Info.Name = "desk-" + path.Base(set.path)
		srv, err := mcpmount.New(doc, mcpmount.InProcess(mux), &set.opts)
		if err != nil {
			return nil, err
		}
		if err := srv.Mount(mux, set.path); err != nil {
			return nil, err
		}
		servers = append(servers, srv)
	}
	return servers, nil
}

// echo stands for the handlers of the API.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{"did": r.Method + " " + r.URL.Path})
}
