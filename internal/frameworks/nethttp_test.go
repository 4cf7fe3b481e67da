package frameworks

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"

	"github.com/mcpmount/mcpmount"
)

func startServeMux(t *testing.T, s *service, doc *mcpmount.Document) (*mcpmount.Server, string) {
	mux := http.NewServeMux()
	for route, h := range s.handlers(func(r *http.Request, name string) string { return r.PathValue(strings.Replace(name, "*", "path", 1)) }) {
		mux.HandleFunc(strings.Replace(route, "*", "{path...}", 1), h)
	}
	srv, app, err := mountServeMux(mux, s.middleware, doc)
	if err != nil {
		t.Fatal(err)
	}
	if problems := doc.DriftMux(mux); len(problems) > 0 {
		t.Error(problems)
	}
	return srv, listen(t, app)
}

func mountServeMux(mux *http.ServeMux, middleware func(http.Handler) http.Handler, doc *mcpmount.Document) (*mcpmount.Server, http.Handler, error) {
	// recipe: net/http
	app := middleware(mux)
	srv, err := mcpmount.New(doc, mcpmount.InProcess(app), nil)
	if err == nil {
		err = srv.Mount(mux, "/mcp")
	}
	// end
	return srv, app, err
}

func startChi(t *testing.T, s *service, doc *mcpmount.Document) (*mcpmount.Server, string) {
	r := chi.NewRouter()
	r.Use(s.middleware)
	for route, h := range s.handlers(chi.URLParam) {
		method, path, _ := strings.Cut(route, " ")
		r.MethodFunc(method, path, h)
	}
	if problems := doc.Drift(chiRoutes(r)); len(problems) > 0 {
		t.Error(problems)
	}
	srv, err := mountChi(r, doc)
	if err != nil {
		t.Fatal(err)
	}
	return srv, listen(t, r)
}

func mountChi(r chi.Router, doc *mcpmount.Document) (*mcpmount.Server, error) {
	// recipe: chi
	srv, err := mcpmount.New(doc, mcpmount.InProcess(r), nil)
	if err == nil {
		r.Handle("/mcp", srv)
		r.Handle("/mcp/*", srv)
	}
	// end
	return srv, err
}

func chiRoutes(r chi.Router) []string {
	// recipe: routes of chi
	var routes []string
	chi.Walk(r, func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes = append(routes, method+" "+path)
		return nil
	})
	// end
	return routes
}

func startGorilla(t *testing.T, s *service, doc *mcpmount.Document) (*mcpmount.Server, string) {
	r := mux.NewRouter()
	r.Use(s.middleware)
	for route, h := range s.handlers(func(r *http.Request, name string) string { return mux.Vars(r)[strings.Replace(name, "*", "path", 1)] }) {
		method, path, _ := strings.Cut(route, " ")
		r.HandleFunc(strings.Replace(path, "*", "{path:.*}", 1), h).Methods(method)
	}
	if problems := doc.Drift(gorillaRoutes(r)); len(problems) > 0 {
		t.Error(problems)
	}
	srv, err := mountGorilla(r, doc)
	if err != nil {
		t.Fatal(err)
	}
	return srv, listen(t, r)
}

func mountGorilla(r *mux.Router, doc *mcpmount.Document) (*mcpmount.Server, error) {
	// recipe: gorilla/mux
	srv, err := mcpmount.New(doc, mcpmount.InProcess(r), nil)
	if err == nil {
		r.Handle("/mcp", srv)
		r.PathPrefix("/mcp/").Handler(srv)
	}
	// end
	return srv, err
}

func gorillaRoutes(r *mux.Router) []string {
	// recipe: routes of gorilla/mux
	var routes []string
	r.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, _ := route.GetPathTemplate()
		methods, _ := route.GetMethods()
		for _, method := range methods {
			routes = append(routes, method+" "+path)
		}
		return nil
	})
	// end
	return routes
}
