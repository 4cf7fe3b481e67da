package shop

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"time"
)

// A NewOrder is what a customer sends to order something.
type NewOrder struct {
	Customer string `json:"customer"`
	Items    []Item `json:"items"`
	Note     string `json:"note,omitempty"`
}

// An Item is a number of one product.
type Item struct {
	ProductID string `json:"product_id"`
	Quantity  int    `json:"quantity"`
}

// An Order is an order that was placed.
type Order struct {
	ID string `json:"id"`
	NewOrder
	Total    float64   `json:"total"`
	PlacedAt time.Time `json:"placed_at"`
}

// validate returns what is wrong with o, or nil.
func (s *Shop) validate(o NewOrder) error {
	if _, err := mail.ParseAddress(o.Customer); err != nil {
		return errors.New("customer must be an email address")
	}
	if len(o.Items) < 1 || len(o.Items) > 20 {
		return errors.New("items must have 1 to 20 entries")
	}
	for i, item := range o.Items {
		if s.product(item.ProductID) == nil {
			return fmt.Errorf("items[%d].product_id: there is no product %q", i, item.ProductID)
		}
		if item.Quantity < 1 || item.Quantity > 100 {
			return fmt.Errorf("items[%d].quantity must be from 1 to 100", i)
		}
	}
	return nil
}

// place adds a valid order.
func (s *Shop) place(o NewOrder, now time.Time) Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	order := Order{ID: strconv.Itoa(s.serial), NewOrder: o, PlacedAt: now.UTC().Truncate(time.Second)}
	for _, item := range o.Items {
		order.Total += s.product(item.ProductID).Price * float64(item.Quantity)
	}
	const keep = 1000 // the demo must not grow for ever
	if len(s.orders) == keep {
		s.orders = slices.Delete(s.orders, 0, 1)
	}
	s.orders = append(s.orders, order)
	return order
}

func (s *Shop) createOrder(w http.ResponseWriter, r *http.Request) {
	var o NewOrder
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	body.DisallowUnknownFields()
	if err := body.Decode(&o); err != nil {
		writeProblem(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := s.validate(o); err != nil {
		writeProblem(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	order := s.place(o, time.Now())
	w.Header().Set("Location", "/orders/"+order.ID)
	writeJSON(w, http.StatusCreated, order)
}

func (s *Shop) listOrders(w http.ResponseWriter, r *http.Request) {
	customer := r.URL.Query().Get("customer")
	found := []Order{}
	s.mu.Lock()
	for _, o := range s.orders {
		if customer == "" || o.Customer == customer {
			found = append(found, o)
		}
	}
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, found)
}

func (s *Shop) getOrder(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.mu.Lock()
	i := slices.IndexFunc(s.orders, func(o Order) bool { return o.ID == id })
	var order Order
	if i >= 0 {
		order = s.orders[i]
	}
	s.mu.Unlock()
	if i < 0 {
		writeProblem(w, http.StatusNotFound, "there is no order "+strconv.Quote(id))
		return
	}
	writeJSON(w, http.StatusOK, order)
}

func (s *Shop) cancelOrder(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.mu.Lock()
	before := len(s.orders)
	s.orders = slices.DeleteFunc(s.orders, func(o Order) bool { return o.ID == id })
	gone := len(s.orders) < before
	s.mu.Unlock()
	if !gone {
		writeProblem(w, http.StatusNotFound, "there is no order "+strconv.Quote(id))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// export sends 20 lines, one every 50 milliseconds, each as soon as it is
// there.
func (s *Shop) export(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	lines := json.NewEncoder(w)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for n := range 20 {
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
		p := s.products[n%len(s.products)]
		lines.Encode(map[string]any{"line": n + 1, "product_id": p.ID, "price": p.Price})
		http.NewResponseController(w).Flush()
	}
}
