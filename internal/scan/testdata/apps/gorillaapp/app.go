// Package gorillaapp is an app with gorilla/mux.
package gorillaapp

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/gorilla/mux"
)

type app struct {
	*mux.Router
	store map[string]string
}

type request struct {
	Name string `json:"name"`
}

type response struct {
	ID string `json:"id"`
}

// New returns the app.
func New() *mux.Router {
	a := &app{Router: mux.NewRouter().StrictSlash(true)}
	a.HandleFunc("/", a.index).Methods("GET").Name("index")
	api := a.PathPrefix("/api").Subrouter()
	api.Use(func(next http.Handler) http.Handler { return next })
	api.HandleFunc("/items", a.index).Methods(http.MethodGet, http.MethodPost)
	api.Methods("PUT").Path("/items/{id:[0-9]{1,4}}").Queries("force", "{force}").HandlerFunc(a.index)
	api.Path("/typed").Methods("POST").Handler(adapt(a.create))
	sub := api.NewRoute().Path("/deep").Subrouter()
	sub.Handle("/{rest:.*}", http.HandlerFunc(a.index))
	users(api.PathPrefix("/users").Methods("GET").Subrouter())
	a.PathPrefix("/static/").Handler(http.StripPrefix("/static/", http.FileServer(http.Dir("."))))
	a.get("/wrapped", a.index)
	return a.Router
}

func (a *app) get(path string, h http.HandlerFunc) {
	a.Handle(path, a.wrap(h)).Methods("GET")
}

func (a *app) wrap(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h(w, r) })
}

func users(r *mux.Router) {
	r.HandleFunc("", http.NotFound)
	r.HandleFunc("/{name}", func(w http.ResponseWriter, r *http.Request) {})
}

func adapt[In, Out any](fn func(context.Context, *In) (*Out, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := new(In)
		_ = json.NewDecoder(r.Body).Decode(in)
		out, _ := fn(r.Context(), in)
		_ = json.NewEncoder(w).Encode(out)
	})
}

func (a *app) index(w http.ResponseWriter, r *http.Request) {}

func (a *app) create(ctx context.Context, in *request) (*response, error) { return nil, nil }
