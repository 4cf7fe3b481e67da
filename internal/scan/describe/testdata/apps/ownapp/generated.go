package ownapp

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/oapi-codegen/runtime"

	"example.com/handlers/model"
)

// A shelf is what generated handlers call: one type implements it, another stands in for it,
// and a third wraps it.
type shelf interface {
	Find(w http.ResponseWriter, r *http.Request, id int64, params findParams)
	Put(w http.ResponseWriter, r *http.Request)
}

type findParams struct {
	Tags  *[]string
	Limit *int32
}

type mockShelf struct{}

func (mockShelf) Find(http.ResponseWriter, *http.Request, int64, findParams) {}
func (mockShelf) Put(http.ResponseWriter, *http.Request)                     {}

type loggedShelf struct{ shelf }

func (l loggedShelf) Put(w http.ResponseWriter, r *http.Request) { l.shelf.Put(w, r) }

type memoryShelf struct{}

func (*memoryShelf) Find(w http.ResponseWriter, r *http.Request, id int64, params findParams) {
	if id == 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	json.NewEncoder(w).Encode([]model.Item{})
}

func (*memoryShelf) Put(w http.ResponseWriter, r *http.Request) {
	var item model.CreateItem
	if err := json.NewDecoder(r.Body).Decode(&item); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(model.Item{})
}

type shelfWrapper struct{ handler shelf }

func (s *shelfWrapper) Find(w http.ResponseWriter, r *http.Request) {
	var id int64
	if err := runtime.BindStyledParameterWithOptions("simple", "id", r.PathValue("id"), &id, runtime.BindStyledParameterOptions{}); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var params findParams
	if err := runtime.BindQueryParameter("form", true, true, "tags", r.URL.Query(), &params.Tags); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := runtime.BindQueryParameter("form", true, false, "limit", r.URL.Query(), &params.Limit); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.handler.Find(w, r, id, params)
}

func (s *shelfWrapper) Put(w http.ResponseWriter, r *http.Request) { s.handler.Put(w, r) }

// saveText saves a text.
func saveText(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	if err != nil || len(string(data)) > 100 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func notAllowed(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) }
