// Package gorillaapp has handlers of gorilla/mux.
package gorillaapp

import (
	"encoding/json"
	"net/http"

	"github.com/gorilla/mux"

	"example.com/handlers/model"
)

// New returns the app.
func New() http.Handler {
	r := mux.NewRouter()
	r.HandleFunc("/items/{id:[0-9]+}", get).Methods("GET")
	return r
}

// respond is how every handler answers.
type respond struct {
	w http.ResponseWriter
	r *http.Request
}

func (s respond) ok(v any)   { json.NewEncoder(s.w).Encode(v) }
func (s respond) id() string { return mux.Vars(s.r)["id"] }
func (s respond) fail(n int) { s.w.WriteHeader(n) }

func get(w http.ResponseWriter, r *http.Request) {
	s := respond{w, r}
	if s.id() == "0" {
		s.fail(http.StatusNotFound)
		return
	}
	s.ok(model.Item{Status: model.StatusPaid})
}
