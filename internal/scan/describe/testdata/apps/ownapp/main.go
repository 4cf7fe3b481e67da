// Package ownapp has handlers of a shape of its own.
package ownapp

import (
	"context"
	"encoding/json"
	"net/http"

	"example.com/handlers/model"
)

type getRequest struct {
	ID     string `path:"id"`
	Expand bool   `query:"expand"`
	Trace  string `header:"X-Trace"`
}

type updateRequest struct {
	ID   string `path:"id"`
	Name string `json:"name" validate:"required"`
}

type bodyRequest struct {
	Shop string `query:"shop"`
	Body model.CreateItem
}

type service struct{}

// New returns the app.
func New() http.Handler {
	s := &service{}
	mux := http.NewServeMux()
	mux.Handle("GET /items/{id}", handle(s.Get))
	mux.Handle("PUT /items/{id}", handle(s.Update))
	mux.Handle("POST /items", handle(s.Create))
	mux.Handle("GET /health", answer(health))
	mux.Handle("DELETE /items/{id}", answer(s.remove))
	mux.HandleFunc("POST /notes", bound[model.Error](saveNote))
	mux.HandleFunc("PUT /notes", bound[model.CreateItem](saveOther))
	mux.HandleFunc("POST /me", whoami)
	generated := &shelfWrapper{handler: loggedShelf{&memoryShelf{}}}
	mux.HandleFunc("GET /shelves/{id}", generated.Find)
	mux.HandleFunc("POST /shelves", generated.Put)
	mux.HandleFunc("PUT /texts", saveText)
	mux.HandleFunc("/texts", notAllowed)
	return mux
}

// Get returns an item.
func (s *service) Get(ctx context.Context, req *getRequest) (*model.Item, error) {
	return &model.Item{}, ctx.Err()
}

func (s *service) Update(ctx context.Context, req *updateRequest) (model.Envelope, error) {
	return model.Envelope{Data: model.Item{Name: req.Name}}, nil
}

func (s *service) Create(ctx context.Context, req *bodyRequest) (*model.Item, error) {
	return nil, nil
}

func (s *service) remove(r *http.Request) (int, any) {
	if r.PathValue("id") == "" {
		return http.StatusNotFound, model.Error{}
	}
	return http.StatusOK, nil
}

func health(r *http.Request) (int, any) {
	return http.StatusOK, map[string]any{"ok": true, "load": 0.5}
}

func answer(h func(*http.Request) (int, any)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, v := h(r)
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(v)
	})
}

func handle[In, Out any](h func(context.Context, *In) (Out, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out, err := h(r.Context(), &in)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		json.NewEncoder(w).Encode(out)
	})
}

type key string

const bodyKey key = "body"

// form returns what bound decoded.
func form(r *http.Request) any { return r.Context().Value(bodyKey) }

func bound[T any](next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var v T
		if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		next(w, r.WithContext(context.WithValue(r.Context(), bodyKey, &v)))
	}
}

func saveNote(w http.ResponseWriter, r *http.Request) {
	note := form(r).(*model.Error)
	json.NewEncoder(w).Encode(note)
}

func saveOther(w http.ResponseWriter, r *http.Request) {
	note, ok := r.Context().Value(bodyKey).(*model.CreateItem)
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	json.NewEncoder(w).Encode(note)
}

func whoami(w http.ResponseWriter, r *http.Request) {
	user := r.Context().Value(key("user")).(*model.Item)
	json.NewEncoder(w).Encode(user)
}
