// Package shopapp has handlers that return errors, with chi and its package render.
package shopapp

import (
	"context"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/render"

	"example.com/handlers/shopapp/httpx"
)

// A Product is for sale.
type Product struct {
	ID    int64   `json:"id"`
	Name  string  `json:"name"`
	Price float64 `json:"price"`
}

// CreateProductRequest is what a product is made of.
type CreateProductRequest struct {
	Name  string  `json:"name" validate:"required"`
	Price float64 `json:"price" validate:"gte=0"`
}

// Service keeps products.
type Service interface {
	Create(ctx context.Context, in CreateProductRequest) (*Product, error)
	Find(ctx context.Context, id int64) (*Product, error)
}

type service struct{}

func (service) Create(_ context.Context, in CreateProductRequest) (*Product, error) {
	return &Product{ID: 1, Name: in.Name, Price: in.Price}, nil
}

func (service) Find(_ context.Context, id int64) (*Product, error) {
	return &Product{ID: id}, nil
}

// Handler serves products.
type Handler struct {
	service Service
	out     *httpx.Responder
	parseID func(string) (int64, error)
}

func parse(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }

// NewHandler returns a handler.
func NewHandler(s Service) *Handler {
	return &Handler{s, &httpx.Responder{Encode: httpx.JSON, OnError: writeError}, parse}
}

func writeError(w http.ResponseWriter, r *http.Request, err error) {
	render.Status(r, http.StatusInternalServerError)
	render.JSON(w, r, map[string]string{"error": err.Error()})
}

// Create adds a product.
func (h *Handler) Create(w http.ResponseWriter, r *http.Request) error {
	var in CreateProductRequest
	if err := httpx.Read(r, &in); err != nil {
		return err
	}
	p, err := h.service.Create(r.Context(), in)
	if err != nil {
		return err
	}
	return httpx.Created(w, p)
}

// Show returns a product.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	id, err := h.parseID(chi.URLParam(r, "id"))
	if err != nil {
		return httpx.BadRequest("id is no number")
	}
	p, err := h.service.Find(r.Context(), id)
	if err != nil {
		return httpx.NotFound("no such product")
	}
	return h.out.Encode(w, http.StatusOK, httpx.Envelope[*Product]{Data: p})
}

// Price returns the price of a product.
func (h *Handler) Price(w http.ResponseWriter, r *http.Request) {
	id, err := h.parseID(chi.URLParam(r, "id"))
	if err != nil {
		h.out.OnError(w, r, err)
		return
	}
	render.JSON(w, r, render.M{"id": id, "price": 3.5})
}

// New returns the app.
func New() http.Handler {
	r := chi.NewRouter()
	h := NewHandler(service{})
	r.Route("/products", func(r chi.Router) {
		r.Post("/", httpx.Handle(h.Create))
		r.Method(http.MethodGet, "/{id}", h.out.Adapt(h.Show))
		r.Get("/{id}/price", h.Price)
	})
	return r
}
