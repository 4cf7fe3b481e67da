package scan

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A program is Go source of one file, without its package clause and imports, and what is
// found in it: routes as "METHOD path handler", then problems as "line: message", notes with
// "note: " before.
type program struct {
	name, source string
	want         []string
}

// scanPrograms loads each program as a package of one module, and scans it alone.
func scanPrograms(t *testing.T, programs []program) [][]string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.com/programs\n\ngo 1.25\n")
	for i, p := range programs {
		write(t, filepath.Join(dir, fmt.Sprintf("p%03d", i), "main.go"), withImports(p.source))
	}
	pkgs, problems, err := Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Log(p)
	}
	all := make([][]string, len(programs))
	for _, pkg := range pkgs {
		var i int
		if _, err := fmt.Sscanf(filepath.Base(pkg.PkgPath), "p%d", &i); err != nil {
			t.Fatal(err)
		}
		routes, problems := Routes(append(pkgs[:0:0], pkg))
		for _, r := range routes {
			all[i] = append(all[i], strings.TrimSpace(fmt.Sprintf("%s %s %s", cmpOr(r.Method, "ANY"), r.Path, r.Handler.Name)))
		}
		for _, p := range problems {
			note := ""
			if p.Note {
				note = "note: "
			}
			all[i] = append(all[i], note+p.Message)
		}
	}
	return all
}

// withImports adds the package clause and imports of what the source mentions.
func withImports(source string) string {
	imports := ""
	for _, path := range []string{"context", "fmt", "net/http", "path", "strings", "sync", "slices", "os", "flag", "encoding/json"} {
		if strings.Contains(source, path[strings.LastIndex(path, "/")+1:]+".") {
			imports += fmt.Sprintf("import %q\n", path)
		}
	}
	return "package main\n" + imports + source
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestPrograms(t *testing.T) {
	programs := []program{{
		name: "the mux of net/http below a path, where it sees the whole path",
		source: `
func main() {
	http.HandleFunc("GET /x", h)
	http.HandleFunc("GET /debug/own", h)
	mux := http.NewServeMux()
	mux.Handle("/debug/", http.DefaultServeMux)
	mux.Handle("/v1/", http.StripPrefix("/v1", sub()))
	go http.ListenAndServe("localhost:6060", nil)
	http.ListenAndServe("localhost:8080", mux)
}
func sub() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /y", h)
	return mux
}
func h(w http.ResponseWriter, r *http.Request) {}`,
		want: []string{"GET /x h", "GET /debug/own h", "ANY /debug/", "GET /v1/y h"},
	}, {
		name: "a prefix that is a choice",
		source: `
func main() {
	mux := http.NewServeMux()
	prefix := "/v1"
	if len(os.Args) > 1 { prefix = "/v2" }
	mux.HandleFunc("GET "+prefix+"/x", h)
}
func h(w http.ResponseWriter, r *http.Request) {}`,
		want: []string{"GET /v1/x h", "GET /v2/x h"},
	}, {
		name: "both branches assign",
		source: `
func main() {
	mux := http.NewServeMux()
	var prefix string
	if len(os.Args) > 1 { prefix = "/a" } else { prefix = "/b" }
	mux.HandleFunc(prefix+"/x", h)
}
func h(w http.ResponseWriter, r *http.Request) {}`,
		want: []string{"ANY /a/x h", "ANY /b/x h"},
	}, {
		name: "a prefix that is not known",
		source: `
func main() {
	mux := http.NewServeMux()
	base := flag.String("base", "", "")
	flag.Parse()
	mux.HandleFunc("POST "+*base+"/x", h)
	mux.HandleFunc(os.Getenv("P"), h)
	mux.HandleFunc("/a/"+os.Getenv("P")+"/x", h)
	mux.HandleFunc(os.Getenv("M")+" /m", h)
}
func h(w http.ResponseWriter, r *http.Request) {}`,
		want: []string{"POST /x h", "ANY /m h",
			"note: the prefix of this path is not known, it is taken to be empty: *base",
			`the path of this registration is not known: os.Getenv("P")`,
			`the path of this registration is not known: os.Getenv("P")`,
			`the method of this registration is not known: os.Getenv("M")`},
	}, {
		name: "a group by a field that is put back",
		source: `
type R struct { mux *http.ServeMux; prefix string }
func (r *R) group(p string, fn func()) { before := r.prefix; r.prefix += p; fn(); r.prefix = before }
func (r *R) get(p string, h ...any) { r.mux.Handle("GET "+r.prefix+p, adapt(h[len(h)-1])) }
func adapt(h any) http.Handler { return nil }
func main() {
	r := &R{mux: http.NewServeMux()}
	r.group("/a", func() {
		r.get("/x", one)
		if len(os.Args) > 3 { r.group("/b", func() { r.get("/y", one, two) }) }
		r.get("/z", two)
	})
	r.get("/w", one)
}
func one(n int) string { return "" }
func two(s string) error { return nil }`,
		want: []string{"GET /a/x one", "GET /a/b/y two", "GET /a/z two", "GET /w one"},
	}, {
		name: "an interface with two implementations that a list has",
		source: `
type part interface { register(mux *http.ServeMux) }
type a struct{ name string }
type b struct{}
func (p a) register(mux *http.ServeMux) { mux.HandleFunc("/a/"+p.name, h) }
func (*b) register(mux *http.ServeMux) { mux.HandleFunc("/b", h) }
func parts() []part { return []part{a{"one"}, a{name: "two"}, &b{}} }
func main() {
	mux := http.NewServeMux()
	for _, p := range parts() { p.register(mux) }
}
func h(w http.ResponseWriter, r *http.Request) {}`,
		want: []string{"ANY /a/one h", "ANY /a/two h", "ANY /b h"},
	}, {
		name: "an interface whose values are not known",
		source: `
type part interface { register(mux *http.ServeMux) }
type a struct{}
type b struct{}
func (a) register(mux *http.ServeMux) { mux.HandleFunc("/a", h) }
func (*b) register(mux *http.ServeMux) { mux.HandleFunc("/b", h) }
var parts []part
func main() {
	mux := http.NewServeMux()
	for _, p := range parts { p.register(mux) }
}
func h(w http.ResponseWriter, r *http.Request) {}`,
		want: []string{"ANY /a h", "ANY /b h"},
	}, {
		name: "nobody calls it",
		source: `
type server struct { base string }
func (s *server) register(mux *http.ServeMux) { mux.HandleFunc("/lost", s.h); mux.Handle("/typed", s) }
func (s *server) h(w http.ResponseWriter, r *http.Request) {}
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {}
func main() {}`,
		want: []string{"ANY /lost (*server).h", "ANY /typed (*server).ServeHTTP",
			"note: no call of register is seen, so the paths of these routes are taken to be from the root"},
	}, {
		name: "a command that is a field",
		source: `
type command struct { Name string; Run func(args []string) error }
func main() { run(&command{Name: "serve", Run: serve}) }
func run(c *command) { fmt.Println(c.Name) }
func serve(args []string) error {
	http.HandleFunc("/served", func(w http.ResponseWriter, r *http.Request) {})
	return nil
}`,
		want: []string{"ANY /served"},
	}, {
		name: "middleware of every shape",
		source: `
type middleware func(http.Handler) http.Handler
func chain(ms ...middleware) middleware {
	return func(h http.Handler) http.Handler { for _, m := range slices.Backward(ms) { h = m(h) }; return h }
}
func log(h http.Handler) http.Handler { return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }) }
type limited struct { next http.Handler; n int }
func (l limited) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.next.ServeHTTP(w, r) }
type errorHandler func(http.ResponseWriter, *http.Request) error
func (e errorHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) { _ = e(w, r) }
type api struct{}
func (api) get(w http.ResponseWriter, r *http.Request) error { return nil }
func (api) create(ctx context.Context, in *struct{ Name string }) (*int, error) { return nil, nil }
func do[I, O any](fn func(context.Context, *I) (*O, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { var in I; _ = json.NewDecoder(r.Body).Decode(&in); _, _ = fn(r.Context(), &in) }
}
func named(name string) http.HandlerFunc { return func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, name) } }
func main() {
	var a api
	mux := http.NewServeMux()
	mux.Handle("/1", chain(log, log)(errorHandler(a.get)))
	mux.Handle("/2", limited{next: log(do(a.create)), n: 2})
	mux.Handle("/3", http.TimeoutHandler(http.AllowQuerySemicolons(named("x")), 1, ""))
	mux.Handle("/4", log(log(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.get(w, r) }))))
}`,
		want: []string{"ANY /1 api.get", "ANY /2 api.create", "ANY /3 named", "ANY /4"},
	}, {
		name: "muxes in muxes",
		source: `
func main() {
	inner := http.NewServeMux()
	inner.HandleFunc("/in/x", h)
	inner.HandleFunc("/elsewhere", h)
	outer := http.NewServeMux()
	outer.Handle("/in/", inner)
	stripped := http.NewServeMux()
	stripped.HandleFunc("GET /y", h)
	outer.Handle("/s/", http.StripPrefix("/s", stripped))
	own := http.NewServeMux()
	own.HandleFunc("/z", h)
	outer.Handle("/own/", strip("/own", own))
	_ = http.ListenAndServe("", outer)
}
func strip(p string, next http.Handler) http.Handler { return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { r.URL.Path = strings.TrimPrefix(r.URL.Path, p); next.ServeHTTP(w, r) }) }
func h(w http.ResponseWriter, r *http.Request) {}`,
		want: []string{"ANY /in/x h", "GET /s/y h", "ANY /own/z h",
			"note: /elsewhere is not reached: its router is served below /in/"},
	}, {
		name: "loops, tables and switches",
		source: `
type def struct { method, path string; h http.HandlerFunc }
var table = map[string][]def{"users": {{"GET", "", list}, {"POST", "", create}}, "items": {{method: "GET", path: "/{id}", h: list}}}
func main() {
	mux := http.NewServeMux()
	for name, defs := range table {
		for i := 0; i < len(defs); i++ { d := defs[i]; add(mux, d.method, fmt.Sprintf("/%s%s", name, d.path), d.h) }
	}
	for i := range 3 { mux.HandleFunc(fmt.Sprintf("/n%d", i), list) }
	for _, d := range strings.Split("a,b", ",") { mux.HandleFunc("/"+d, list) }
}
func add(mux *http.ServeMux, method, path string, h http.HandlerFunc) {
	switch method {
	case "GET": mux.HandleFunc("GET "+path, h)
	case "POST": mux.HandleFunc("POST "+path, h)
	default: panic(method)
	}
}
func list(w http.ResponseWriter, r *http.Request) {}
func create(w http.ResponseWriter, r *http.Request) {}`,
		want: []string{"GET /users list", "POST /users create", "GET /items/{id} list", "ANY /n0 list", "ANY /n1 list",
			"ANY /n2 list", "ANY /a list", "ANY /b list"},
	}, {
		name: "an interface of the app that a router has",
		source: `
type router interface { Handle(pattern string, h http.Handler) }
type adder struct{ r router }
func (a adder) add(p string, h http.HandlerFunc) { a.r.Handle(p, h) }
func routes(r router) { r.Handle("/x", http.HandlerFunc(h)); adder{r}.add("/y", h) }
func main() { mux := http.NewServeMux(); routes(mux) }
func h(w http.ResponseWriter, r *http.Request) {}`,
		want: []string{"ANY /x h", "ANY /y h"},
	}, {
		name: "a number that prints as a word",
		source: `
type kind int
const ( user kind = iota; order )
func (k kind) String() string { switch k { case user: return "users"; case order: return "orders" }; return "?" }
func main() {
	for _, k := range []kind{user, order} { http.HandleFunc(fmt.Sprintf("/%s/%d", k, 1), h) }
}
func h(w http.ResponseWriter, r *http.Request) {}`,
		want: []string{"ANY /users/1 h", "ANY /orders/1 h"},
	}, {
		name: "switches of a configuration",
		source: `
var setting = struct { Metrics, Docs bool; Base string }{Metrics: false}
type server struct { debug bool; mux *http.ServeMux }
func main() {
	s := &server{mux: http.NewServeMux()}
	if setting.Metrics { s.mux.HandleFunc("/metrics", h) }
	if setting.Docs { s.mux.HandleFunc("/docs", h) } else { s.mux.HandleFunc("/nodocs", h) }
	if s.debug { s.mux.HandleFunc("/debug", h) }
	for _, d := range []struct{ path string; on bool }{{"/on", true}, {path: "/off"}, {"/never", false}} {
		if d.on { s.mux.HandleFunc(d.path, h) }
	}
}
func h(w http.ResponseWriter, r *http.Request) {}`,
		want: []string{"ANY /metrics h", "ANY /docs h", "ANY /nodocs h", "ANY /debug h", "ANY /on h", "ANY /off h"},
	}, {
		name: "a handler that is not known",
		source: `
var handlers map[string]http.HandlerFunc
func main() { http.HandleFunc("/x", handlers["x"]); http.Handle("/y", http.RedirectHandler("/", 301)) }`,
		want: []string{"ANY /x", "ANY /y http.RedirectHandler", "the handler of /x is not known"},
	}}
	for i, got := range scanPrograms(t, programs) {
		t.Run(programs[i].name, func(t *testing.T) {
			if diff := cmp.Diff(sorted(programs[i].want), sorted(got)); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

func sorted(lines []string) []string { return slices.Sorted(slices.Values(lines)) }
