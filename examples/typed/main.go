// Command typed has no document: the structs that its handlers decode and encode
// describe the tools as well, so that there is one definition for both.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"strconv"
	"sync"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/examples/internal/server"
)

// NewItem is what PUT takes.
type NewItem struct {
	SKU   string `path:"sku"`
	Name  string `json:"name" validate:"required,min=1,max=40" description:"As on the label"`
	Stock int    `json:"stock" validate:"min=0"`
}

// Item is what is answered.
type Item struct {
	SKU   string `json:"sku"`
	Name  string `json:"name"`
	Stock int    `json:"stock"`
}

// Filter is what a list can be narrowed by.
type Filter struct {
	MinStock int `query:"min_stock" validate:"min=0"`
}

func main() {
	listen := flag.String("listen", "localhost:8080", "`HOST:PORT` to listen on")
	flag.Parse()
	items := &items{bySKU: map[string]Item{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", items.list)
	mux.HandleFunc("PUT /items/{sku}", items.put)

	list := mcpmount.Route[Filter, []Item]("GET", "/items")
	list.Name, list.Summary = "list_items", "Lists the items of which there are enough."
	put := mcpmount.Route[NewItem, Item]("PUT", "/items/{sku}")
	put.Name, put.Summary = "put_item", "Stores an item."
	srv, err := mcpmount.New(&mcpmount.Document{
		Info:       mcpmount.Info{Title: "Stock", Version: "1"},
		Operations: []mcpmount.Operation{list, put},
	}, mcpmount.InProcess(mux), nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		log.Fatal(err)
	}
	if err := server.Run(*listen, mux, srv); err != nil {
		log.Fatal(err)
	}
}

type items struct {
	mu    sync.Mutex
	bySKU map[string]Item
}

func (s *items) list(w http.ResponseWriter, r *http.Request) {
	least, _ := strconv.Atoi(r.FormValue("min_stock"))
	s.mu.Lock()
	found := []Item{}
	for _, item := range s.bySKU {
		if item.Stock >= least {
			found = append(found, item)
		}
	}
	s.mu.Unlock()
	writeJSON(w, found)
}

func (s *items) put(w http.ResponseWriter, r *http.Request) {
	in := NewItem{SKU: r.PathValue("sku")}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Name == "" || len(in.Name) > 40 || in.Stock < 0 {
		http.Error(w, "an item has a name, and a stock that is not negative", http.StatusBadRequest)
		return
	}
	item := Item(in)
	s.mu.Lock()
	s.bySKU[item.SKU] = item
	s.mu.Unlock()
	writeJSON(w, item)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}
