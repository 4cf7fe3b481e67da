// Package shop is a small shop: an ordinary net/http application and the
// OpenAPI document that describes it. It is what "mcpmount demo" serves, and an
// example of the kind of application that mcpmount is mounted into. It knows
// nothing of MCP.
package shop

import (
	_ "embed"
	"net/http"
	"sync"
	"time"
)

// Spec is the OpenAPI document of the shop.
//
//go:embed shop.yaml
var Spec []byte

// AdminKey is what the X-API-Key header must be for GET /admin/stats.
const AdminKey = "demo-key"

// A Shop sells a few products. Everything is in memory. It is safe for
// concurrent use.
type Shop struct {
	products []Product // never changes

	mu     sync.Mutex
	orders []Order
	photos int
	serial int // of the last order
}

// New returns a shop with products and one order.
func New() *Shop {
	s := &Shop{products: catalogue()}
	s.place(NewOrder{Customer: "ada@example.com", Items: []Item{{ProductID: "mug", Quantity: 2}}}, time.Now())
	return s
}

// Register adds the routes of the shop to mux.
func (s *Shop) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /products", s.listProducts)
	mux.HandleFunc("GET /products/{id}", s.getProduct)
	mux.HandleFunc("GET /products/{id}/image", s.getImage)
	mux.HandleFunc("POST /products/{id}/photos", s.addPhoto)
	mux.HandleFunc("GET /orders", s.listOrders)
	mux.HandleFunc("POST /orders", s.createOrder)
	mux.HandleFunc("GET /orders/{id}", s.getOrder)
	mux.HandleFunc("DELETE /orders/{id}", s.cancelOrder)
	mux.HandleFunc("GET /export", s.export)
	mux.Handle("GET /admin/stats", requireKey(http.HandlerFunc(s.stats)))
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		w.Write(Spec)
	})
}

// Stats counts what the shop has and has sold.
type Stats struct {
	Products int     `json:"products"`
	Orders   int     `json:"orders"`
	Photos   int     `json:"photos"`
	Revenue  float64 `json:"revenue"`
}

func (s *Shop) stats(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := Stats{Products: len(s.products), Orders: len(s.orders), Photos: s.photos}
	for _, o := range s.orders {
		stats.Revenue += o.Total
	}
	writeJSON(w, http.StatusOK, stats)
}
