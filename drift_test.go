package mcpmount_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcpmount/mcpmount"
)

func routesOf(doc *mcpmount.Document) (list []string) {
	for _, op := range doc.Operations {
		list = append(list, op.Method+" "+op.Path)
	}
	return list
}

func messages(problems []mcpmount.Problem) (list []string) {
	for _, p := range problems {
		list = append(list, p.String())
	}
	return list
}

// anyMethod is what chi lists for one HandleFunc.
func anyMethod(path string) (routes []string) {
	for _, method := range []string{"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"} {
		routes = append(routes, method+" "+path)
	}
	return routes
}

// Of routes without types only GET is served, unless asked otherwise; the rest is
// counted.
func TestAddRoutes(t *testing.T) {
	listed := append([]string{
		"GET /items/:id", "HEAD /items/:id", "DELETE /items/:id", "POST /items", "GET /files/*path", "/pages/{name}",
		"GET api.example.com/hosts", "GET /items/:id", "echo_route_not_found /*", "",
	}, anyMethod("/any")...)
	typed := mcpmount.Route[createItem, item]("POST", "/items")
	for _, c := range []struct {
		name             string
		doc              *mcpmount.Document
		methods          []string
		want, wantHidden []string
		coverage         string
	}{
		{"GET only", &mcpmount.Document{}, nil,
			[]string{"GET /items/{id}", "GET /files/{path}", "GET /pages/{name}", "GET /hosts", "GET /any"},
			[]string{"DELETE /items/{id}", "POST /items"}, "7 routes: 0 typed, 5 by path only, 2 hidden"},
		{"beside a typed one", &mcpmount.Document{Operations: []mcpmount.Operation{typed}}, nil,
			[]string{"POST /items", "GET /items/{id}", "GET /files/{path}", "GET /pages/{name}", "GET /hosts", "GET /any"},
			[]string{"DELETE /items/{id}"}, "7 routes: 1 typed, 5 by path only, 1 hidden"},
		{"more methods", &mcpmount.Document{}, []string{"POST", "DELETE", "HEAD"},
			[]string{"HEAD /items/{id}", "DELETE /items/{id}", "POST /items", "POST /pages/{name}", "POST /any"},
			[]string{"GET /items/{id}", "GET /files/{path}", "GET /hosts"}, "8 routes: 0 typed, 5 by path only, 3 hidden"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.doc.AddRoutes(listed, c.methods...); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, routesOf(c.doc)); diff != "" {
				t.Errorf("operations: %s", diff)
			}
			if diff := cmp.Diff(c.wantHidden, c.doc.Hidden); diff != "" {
				t.Errorf("hidden: %s", diff)
			}
			if got := c.doc.Coverage().String(); got != c.coverage {
				t.Errorf("coverage = %q, want %q", got, c.coverage)
			}
			if drift := c.doc.Drift(listed); len(drift) > 0 {
				t.Errorf("drift: %v", drift)
			}
			if _, err := mcpmount.New(c.doc, mcpmount.InProcess(http.NotFoundHandler()), nil); err != nil {
				t.Error(err)
			}
		})
	}
	err := new(mcpmount.Document).AddRoutes([]string{"GET items", "GET /fine", "G(T /x"})
	if err == nil || !strings.Contains(err.Error(), `route "GET items": the path "items" must start with a slash`) || !strings.Contains(err.Error(), `"G(T" is not an HTTP method`) {
		t.Errorf("AddRoutes = %v", err)
	}
}

// Routes outside of the base path of a document are called where they are.
func TestAddRoutesBasePath(t *testing.T) {
	var got string
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.RequestURI })
	doc := &mcpmount.Document{BasePath: "/v1"}
	if err := doc.AddRoutes([]string{"GET /v1/inside", "GET /outside"}); err != nil {
		t.Fatal(err)
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(app), nil)
	if err != nil {
		t.Fatal(err)
	}
	session := connect(t, srv)
	for name, want := range map[string]string{"get_inside": "/v1/inside", "get_outside": "/outside"} {
		if res := call(t, session, name, nil); res.IsError || got != want {
			t.Errorf("%s: %s, want %s; %s", name, got, want, text(res))
		}
	}
}

const driftSpec = `
openapi: 3.1.0
info: {title: Drift, version: "1"}
servers: [{url: /v1}]
paths:
  /items: {get: {responses: {"200": {description: ok}}}, post: {responses: {"201": {description: ok}}}}
  /items/{itemId}: {get: {responses: {"200": {description: ok}}}, delete: {x-mcp: {hidden: true}}}
  /users/me: {get: {responses: {"200": {description: ok}}}}
  /gone: {get: {responses: {"200": {description: ok}}}}
  /files/{a}/{b}: {get: {responses: {"200": {description: ok}}}}
`

// Names of parameters are no drift, nor are catch-alls, hidden operations and
// what a selection leaves out.
func TestDrift(t *testing.T) {
	routes := append(anyMethod("/v1/files/*"), "GET /v1/items", "POST /v1/items", "GET /v1/items/:id", "HEAD /v1/items/:id", "DELETE /v1/items/:id",
		"GET /v1/users/:id", "POST /v1/new", "GET /*")
	doc := parse(t, driftSpec)
	want := []string{
		"/paths/~1gone/get: the document names GET /v1/gone, which the app does not have",
		"the app has POST /v1/new, which the document misses",
	}
	if diff := cmp.Diff(want, messages(doc.Drift(routes))); diff != "" {
		t.Error(diff)
	}
	selected, err := mcpmount.Select{ReadOnly: true, ExcludePaths: []string{"/gone"}}.Apply(doc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[1:], messages(selected.Drift(routes))); diff != "" {
		t.Error(diff)
	}
	if got, want := selected.Coverage().String(), "7 routes: 4 typed, 0 by path only, 3 hidden"; got != want {
		t.Errorf("coverage = %s, want %s", got, want)
	}
	if got := messages(doc.Drift([]string{"GET /other"})); !strings.Contains(got[0], `none of the 6 operations`) || len(got) != 2 {
		t.Errorf("another app: %q", got)
	}
}

// Drift and coverage are told when a document is first served: the problems of the
// server have what Options.Routes differs in.
func TestDriftAtStart(t *testing.T) {
	var log bytes.Buffer
	srv, err := mcpmount.New(parse(t, driftSpec), mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Routes: func() []string { return []string{"GET /v1/items", "PATCH /v1/odd"} },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(messages(srv.Problems()), "\n"); !strings.Contains(got, "names GET /v1/gone,") || !strings.Contains(got, "has PATCH /v1/odd,") {
		t.Errorf("problems: %s", got)
	}
	for _, want := range []string{`coverage="7 routes: 6 typed, 0 by path only, 1 hidden"`, "the document and the app differ", "differences=6", "and 1 more"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %s:\n%s", want, &log)
		}
	}
}

// A ServeMux is asked at the first request, when all routes are there.
func TestDriftMux(t *testing.T) {
	var log bytes.Buffer
	mux := http.NewServeMux()
	srv, err := mcpmount.New(parse(t, driftSpec), mcpmount.InProcess(mux), &mcpmount.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"GET /v1/items", "GET /v1/items/{id}", "/v1/users/", "/v1/files/{rest...}"} {
		mux.Handle(pattern, http.NotFoundHandler())
	}
	request := func() {
		r := httptest.NewRequest("POST", "/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Fatal(w.Code, w.Body)
		}
	}
	request()
	request()
	want := "the document names POST /v1/items, which the app does not have, the document names GET /v1/gone, which the app does not have"
	if got := log.String(); strings.Count(got, want) != 1 || !strings.Contains(got, "differences=2") {
		t.Errorf("the log does not have %q once:\n%s", want, got)
	}
	if got := len(parse(t, driftSpec).DriftMux(mux)); got != 2 {
		t.Errorf("DriftMux returns %d problems", got)
	}
}

// The mux that a server is mounted into need not be the one that serves the API.
func TestDriftOfAnotherMux(t *testing.T) {
	var log bytes.Buffer
	mux := http.NewServeMux()
	srv, err := mcpmount.New(parse(t, driftSpec), mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	mux.ServeHTTP(httptest.NewRecorder(), r)
	if strings.Contains(log.String(), "differ") {
		t.Errorf("logged:\n%s", &log)
	}
}

// A mux in front of an API elsewhere says nothing of its routes, even if both have one path.
func TestDriftOfUpstream(t *testing.T) {
	var log bytes.Buffer
	mux := http.NewServeMux()
	mux.Handle("GET /v1/items", http.NotFoundHandler())
	api, err := mcpmount.Upstream("http://127.0.0.1:9", nil)
	if err != nil {
		t.Fatal(err)
	}
	srv, err := mcpmount.New(parse(t, driftSpec), api, &mcpmount.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	if w.Code != http.StatusOK || strings.Contains(log.String(), "differ") {
		t.Errorf("%d, and logged:\n%s", w.Code, &log)
	}
}
