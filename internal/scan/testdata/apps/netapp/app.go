// Package netapp is an app with net/http.
package netapp

import (
	"context"
	"net/http"
	"path"
)

type server struct {
	mux    *http.ServeMux
	prefix string
	items  *items
}

type items struct{}

type handlerFunc func(w http.ResponseWriter, r *http.Request) error

func (h handlerFunc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// New registers the app with http.DefaultServeMux.
func New() http.Handler {
	s := newServer("/api")
	http.HandleFunc("/healthz", health)
	http.Handle("/", logging(s))
	return http.DefaultServeMux
}

func newServer(prefix string) *server {
	s := &server{mux: http.NewServeMux(), prefix: prefix, items: &items{}}
	s.get("/items", s.items.list)
	s.handle("POST", "/items", handlerFunc(s.items.create))
	s.mux.HandleFunc("GET "+path.Join(s.prefix, "items", "{id}"), s.items.get)
	s.mux.HandleFunc("GET /files/{path...}", func(w http.ResponseWriter, r *http.Request) {})
	s.mux.HandleFunc("example.com/hosted/{$}", health)
	s.mux.Handle("DELETE /items/{id}", authorized(typed(s.items.remove)))
	s.mux.Handle("/v2/", http.StripPrefix("/v2", second()))
	s.mux.Handle("/v3/", third())
	s.mux.Handle("/assets/", http.FileServer(http.Dir("assets")))
	s.mux.Handle("/tree/", http.HandlerFunc(health))
	routes := map[string]http.HandlerFunc{"GET /mapped": health}
	for pattern, h := range routes {
		s.mux.HandleFunc(pattern, h)
	}
	for _, n := range []int{1, 2} {
		s.mux.HandleFunc([]string{"GET /zero", "GET /one", "GET /two"}[n], health)
	}
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Server", "netapp")
	s.mux.ServeHTTP(w, r)
}

func (s *server) get(path string, h http.HandlerFunc) { s.handle(http.MethodGet, path, h) }

func (s *server) handle(method, path string, h http.Handler) {
	s.mux.Handle(method+" "+s.prefix+path, authorized(h))
}

func second() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", health)
	return mux
}

func third() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v3/ping", health)
	return logging(mux)
}

func logging(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Logged", r.URL.Path)
		next.ServeHTTP(w, r)
	})
}

func authorized(next http.Handler) http.Handler { return logging(next) }

func typed[In, Out any](fn func(context.Context, *In) (Out, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in In
		_, _ = fn(r.Context(), &in)
	})
}

func health(w http.ResponseWriter, r *http.Request) {}

func (i *items) list(w http.ResponseWriter, r *http.Request)         {}
func (i *items) get(w http.ResponseWriter, r *http.Request)          {}
func (i *items) create(w http.ResponseWriter, r *http.Request) error { return nil }

type removeRequest struct{ Force bool }

func (i *items) remove(ctx context.Context, in *removeRequest) (int, error) { return 0, nil }
