package scan

import (
	"strings"
	"testing"
)

// TestHostile scans programs that a machine may follow forever, or that take what it follows too
// far. What is found matters less than that it ends.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	const handler = "\nfunc h(w http.ResponseWriter, r *http.Request) {}\n"
	wide := strings.Repeat("\tgrow(n)\n", 40)
	deep := strings.Repeat("func() any { return ", 300) + "nil" + strings.Repeat(" }()", 300)
	sources := map[string]string{
		"recursion": `
func main() { grow(http.NewServeMux(), "/a") }
func grow(mux *http.ServeMux, p string) { mux.HandleFunc(p, h); grow(mux, p+p); grow(mux, p+"/x"); grow(mux, p+"/y") }`,
		"recursion aside": `
func main() { http.HandleFunc(grow(3), h) }
func grow(n int) string {
` + wide + `	return grow(n+1) + grow(n+2) }`,
		"mutual recursion": `
func main() { a(nil) }
func a(f func()) { http.HandleFunc("/a", h); b(func() { a(f) }) }
func b(f func()) { f(); a(f); b(f) }`,
		"itself as a parameter": `
type self func(self) self
func main() { var y self; y = func(x self) self { http.HandleFunc("/y", h); return x(x) }; y(y) }`,
		"loops": `
func main() {
	for { http.HandleFunc("/forever", h); if len(os.Args) > 0 { continue } }
	for i := 0; i < 1<<40; i++ { http.HandleFunc(fmt.Sprint("/", i), h) }
}`,
		"a range that is too long": `func main() { for i := range 1 << 60 { for j := range 1 << 60 { http.HandleFunc(fmt.Sprint(i, j), h) } } }`,
		"strings that grow": `
func main() { s := "/x"; for i := 0; i < 1000; i++ { s += s }; http.HandleFunc(s, h); http.HandleFunc(strings.ReplaceAll(s, "x", s), h) }`,
		"lists that grow": `
func main() { l := []string{"/a"}; for i := 0; i < 1000; i++ { l = append(l, l...) }; for _, p := range l { http.HandleFunc(p, h) } }`,
		"choices that grow": `
func main() {
	p := ""
	for i := 0; i < 100; i++ { if len(os.Args) > i { p += fmt.Sprint(i) } else { p += "x" } }
	http.HandleFunc("/"+p, h)
}`,
		"a mux in itself": `
func main() {
	a, b := http.NewServeMux(), http.NewServeMux()
	a.Handle("/", b); b.Handle("/", a); a.Handle("/a", a); a.Handle("/s/", http.StripPrefix("/s", http.StripPrefix("/s", a)))
	a.HandleFunc("/x", h)
	_ = http.ListenAndServe("", a)
}`,
		"a handler in itself": `
type wrap struct { next http.Handler }
func (x *wrap) ServeHTTP(w http.ResponseWriter, r *http.Request) { x.next.ServeHTTP(w, r) }
func main() {
	x := &wrap{}; x.next = x
	http.Handle("/x", x)
	var f http.HandlerFunc
	f = func(w http.ResponseWriter, r *http.Request) { f(w, r) }
	http.Handle("/f", f)
}`,
		"variables that need each other": `
var a = func() string { return b() }
func b() string { http.HandleFunc("/b", h); return c }
var c = os.Getenv(d)
var d = func() string { return "" }()
func main() { http.HandleFunc(a(), h) }`,
		"patterns that are none": `
func main() {
	for _, p := range []string{"", " ", "GET", "GET ", "{", "}", "/{", "/{}", "/{a", "/{a}{a}{a...}{$}", "/{a:}", "{}{}{}", "GET GET /", "\x00/\x01",
		"/\xff/{\xff}", "//", "/{a}/{a}", "host", "host/{x}", "/%7B", "/*", "/:", "/:a:b*c", "/{a:{b:{c}}}", "/}{"} {
		http.HandleFunc(p, h)
	}
	http.HandleFunc("/\x00x\x01/"+os.Args[0], h)
	http.HandleFunc(fmt.Sprintf("%", 1), h)
	http.HandleFunc(fmt.Sprintf("%d%d%[3]*.[2]*[1]f %!", "/x"), h)
	http.HandleFunc("/x"[1:], h)
	http.HandleFunc(strings.Split("", "")[3], h)
	var none []string
	http.HandleFunc(none[-0], h)
	http.HandleFunc("/x"[5-3:1+1], h)
}`,
		"nil and zero": `
type s struct { *s; mux *http.ServeMux; Handler http.Handler }
func main() {
	var mux *http.ServeMux
	mux.HandleFunc("/nil", h)
	var x s
	x.mux.HandleFunc("/zero", h)
	x.s.s.s.mux.Handle("/far", x.s.s.Handler)
	var f func(*http.ServeMux)
	f(mux)
	http.Handle("/h", nil)
	(*http.ServeMux).HandleFunc(mux, "/expression", h)
	register := mux.HandleFunc
	register("/value", h)
	defer func() { recover() }()
	go mux.HandleFunc("/go", h)
	var any any = mux
	any.(*http.ServeMux).HandleFunc("/any", h)
	switch v := any.(type) { case *http.ServeMux: v.HandleFunc("/switch", h) }
}`,
		"does not compile": `
func main() {
	mux := http.NewServeMux(
	mux.HandleFunc("/x", h, 3, undefined)
	mux.Nothing("/y")
	undefined.HandleFunc("/z")
	mux.HandleFunc()
	http.HandleFunc(1, 2)
	for _, x := range mux { x() }
	var t unknown[int, string]
	t.f.g.HandleFunc("/x", func(
}`,
		"does not type-check": `
func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/x", h, 3, undefined)
	mux.HandleFunc()
	mux.Nothing("/y", h)
	undefined.HandleFunc("/z", h)
	http.HandleFunc(1, 2)
	http.Handle(h, "/")
	for _, x := range mux { x() }
	var t unknown[int, string]
	t.f.g.HandleFunc("/x", h)
	x, y, z := mux, 1
	y.HandleFunc(z, x)
	mux.HandleFunc("/still", h)
	return 1, 2, mux
}
func (r *missing[T]) m(mux *http.ServeMux) { mux.HandleFunc("/m", h); r.m(mux, r) }
func main() { http.HandleFunc("/again", h) }
func () {}`,
		"deep": `
var deep = ` + deep + `
func main() { _ = deep; http.HandleFunc("/deep", h) }`,
		"many": `func main() { for i := range 2000 { for j := range 2000 { http.HandleFunc(fmt.Sprintf("/%d/%d", i, j), h) } } }`,
	}
	var programs []program
	for name, source := range sources {
		programs = append(programs, program{name: name, source: source + handler})
	}
	for i, found := range scanPrograms(t, programs) {
		if len(found) == 0 && !strings.HasPrefix(programs[i].name, "does not") {
			t.Errorf("%s: nothing is found, no problem either", programs[i].name)
		}
		t.Logf("%s: %d routes and problems", programs[i].name, len(found))
	}
}
