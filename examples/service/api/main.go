// Command api is an API in a process of its own, which knows nothing of MCP.
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/mcpmount/mcpmount/examples/internal/server"
)

//go:embed openapi.yaml
var spec []byte

func main() {
	listen := flag.String("listen", "localhost:9000", "`HOST:PORT` to listen on")
	key := flag.String("key", "api.key", "`FILE` of the key that callers must send")
	flag.Parse()
	secret, err := os.ReadFile(*key)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) { w.Write(spec) })
	mux.HandleFunc("GET /weather/{city}", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-API-Key") != strings.TrimSpace(string(secret)) {
			http.Error(w, "send the key as X-API-Key", http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"city": r.PathValue("city"), "weather": "sunny"})
	})
	if err := server.Run(*listen, mux); err != nil {
		log.Fatal(err)
	}
}
