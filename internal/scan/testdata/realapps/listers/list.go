// The files of this directory list the routes of applications, for the lists beside it. Each goes,
// with this one, as a test into the package of the application that its first line names, and runs
// there: ROUTES_OUT=FILE go test -run TestList.

package lister

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// writeList writes "METHOD /path" lines, sorted, with {} for each variable.
func writeList(t *testing.T, routes []string) {
	variable := regexp.MustCompile(`\{[^{}]*(\{[^{}]*\}[^{}]*)*\}|:[A-Za-z_][A-Za-z0-9_]*(<[^>]*>)?\??|\*[A-Za-z0-9_]*`)
	for i, r := range routes {
		r = strings.ReplaceAll(r, "{$}", "")
		routes[i] = variable.ReplaceAllString(r, "{}")
	}
	slices.Sort(routes)
	if err := os.WriteFile(os.Getenv("ROUTES_OUT"), []byte(strings.Join(routes, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// muxPatterns reads the patterns of an http.ServeMux, which has no list.
func muxPatterns(mux any) (patterns []string) {
	seen := map[uintptr]bool{}
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if v.IsNil() || seen[v.Pointer()] {
				return
			}
			seen[v.Pointer()] = true
			visit(v.Elem())
		case reflect.Struct:
			if v.Type().String() == "http.pattern" {
				s := v.FieldByName("str").String()
				if !strings.Contains(s, " ") {
					s = "ANY " + s
				}
				patterns = append(patterns, s)
				return
			}
			for i := range v.NumField() {
				if v.Field(i).Kind() != reflect.Interface {
					visit(v.Field(i))
				}
			}
		case reflect.Map:
			for it := v.MapRange(); it.Next(); {
				visit(it.Value())
			}
		case reflect.Slice:
			for i := range v.Len() {
				visit(v.Index(i))
			}
		}
	}
	visit(reflect.ValueOf(mux))
	return patterns
}

// httprouterRoutes reads the trees of a httprouter.Router, which has no list.
func httprouterRoutes(router reflect.Value) (routes []string) {
	var visit func(method, prefix string, node reflect.Value)
	visit = func(method, prefix string, node reflect.Value) {
		node = node.Elem()
		prefix += node.FieldByName("path").String()
		if !node.FieldByName("handle").IsNil() {
			routes = append(routes, method+" "+prefix)
		}
		for children, i := node.FieldByName("children"), 0; i < children.Len(); i++ {
			visit(method, prefix, children.Index(i))
		}
	}
	for it := router.Elem().FieldByName("trees").MapRange(); it.Next(); {
		visit(it.Key().String(), "", it.Value())
	}
	return routes
}
