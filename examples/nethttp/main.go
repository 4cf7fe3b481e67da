// Command nethttp is an app of net/http that serves MCP beside its API: one
// process, one port, one log.
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"sync"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/examples/internal/server"
)

//go:embed openapi.yaml
var spec []byte

func main() {
	listen := flag.String("listen", "localhost:8080", "`HOST:PORT` to listen on")
	flag.Parse()
	app, srv, err := newApp()
	if err != nil {
		log.Fatal(err)
	}
	if err := server.Run(*listen, app, srv); err != nil {
		log.Fatal(err)
	}
}

// newApp returns the handler for http.Server, and the MCP server in it.
func newApp() (http.Handler, *mcpmount.Server, error) {
	orders := &orders{byID: map[string]Order{"1": {ID: "1", Item: "mug", Quantity: 2}}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", orders.get)
	mux.HandleFunc("PUT /orders/{id}", orders.put)
	app := logging(mux)

	doc, err := mcpmount.ParseOpenAPI(spec)
	if err != nil {
		return nil, nil, err
	}
	// Calls enter at app, not at mux, so that they are logged as all requests are.
	srv, err := mcpmount.New(doc, mcpmount.InProcess(app), nil)
	if err != nil {
		return nil, nil, err
	}
	return app, srv, srv.Mount(mux, "/mcp")
}

func logging(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.Print(r.RemoteAddr, " ", r.Method, " ", r.URL.Path)
		next.ServeHTTP(w, r)
	})
}

// An Order is a number of one item.
type Order struct {
	ID       string `json:"id"`
	Item     string `json:"item"`
	Quantity int    `json:"quantity"`
}

type orders struct {
	mu   sync.Mutex
	byID map[string]Order
}

func (o *orders) get(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	order, ok := o.byID[r.PathValue("id")]
	o.mu.Unlock()
	if !ok {
		http.Error(w, "there is no such order", http.StatusNotFound)
		return
	}
	writeJSON(w, order)
}

func (o *orders) put(w http.ResponseWriter, r *http.Request) {
	var order Order
	if err := json.NewDecoder(r.Body).Decode(&order); err != nil || order.Item == "" || order.Quantity < 1 {
		http.Error(w, "an order has an item and a quantity", http.StatusBadRequest)
		return
	}
	order.ID = r.PathValue("id")
	o.mu.Lock()
	o.byID[order.ID] = order
	o.mu.Unlock()
	writeJSON(w, order)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}
