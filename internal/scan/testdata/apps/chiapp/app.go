// Package chiapp is an app with chi.
package chiapp

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

const version = "/v1"

type Item struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

type store interface {
	Find(ctx context.Context, id int) (*Item, error)
}

// An API has its router in a field.
type API struct {
	router chi.Router
	items  store
	admin  *admin
}

type admin struct{ users map[string]string }

// New returns the app.
func New() *chi.Mux {
	api := &API{router: chi.NewRouter(), admin: &admin{}}
	api.routes()
	root := chi.NewRouter()
	root.Use(middleware.Logger)
	root.Mount("/api"+version, api.router)
	root.Mount("/admin", api.admin.router())
	root.Get("/", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("hello")) })
	root.Group(func(r chi.Router) {
		r.Use(middleware.Recoverer)
		r.Method(http.MethodPut, "/settings", http.HandlerFunc(putSettings))
		r.Handle("/any", logged(http.HandlerFunc(putSettings)))
		r.HandleFunc("POST /hooks/{name}", putSettings)
	})
	root.Handle("/static/*", http.StripPrefix("/static", http.FileServer(http.Dir("static"))))
	return root
}

func (a *API) routes() {
	a.router.Route("/items", func(r chi.Router) {
		r.Get("/", a.list)
		r.With(paginate).Post("/", a.create)
		r.Route("/{id:[0-9]+}", a.itemRoutes)
	})
	a.router.Get("/files/*", a.list)
}

func (a *API) itemRoutes(r chi.Router) {
	r.Use(a.load)
	r.Get("/", a.get)
	r.Delete("/", wrap(a.remove))
	r.Patch("/tags/{tag}", logged(wrap(a.remove)).ServeHTTP)
}

func (a *API) list(w http.ResponseWriter, r *http.Request)   { json.NewEncoder(w).Encode([]Item{}) }
func (a *API) create(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusCreated) }

func (a *API) get(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(chi.URLParam(r, "id"))
	item, _ := a.items.Find(r.Context(), id)
	json.NewEncoder(w).Encode(item)
}

func (a *API) remove(w http.ResponseWriter, r *http.Request) error { return nil }

func (a *API) load(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
}

func paginate(next http.Handler) http.Handler { return next }

// wrap makes a handler of one that returns an error.
func wrap(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

func logged(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) })
}

func putSettings(w http.ResponseWriter, r *http.Request) {}

func (a *admin) router() http.Handler {
	r := chi.NewRouter()
	for _, resource := range []struct {
		name string
		h    http.HandlerFunc
	}{{"users", a.userNames}, {"roles", roles(2)}} {
		r.Get("/"+resource.name, resource.h)
	}
	return r
}

func (a *admin) userNames(w http.ResponseWriter, r *http.Request) {}

// roles returns a handler.
func roles(most int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(strconv.Itoa(most))) }
}
