package mcpmount

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// AddRoutes adds to d an operation for each route of an app that d does not have
// yet. Each is written "METHOD /path", as the router lists it; without a method it
// stands for all of them, and a host before the path is ignored, so that a pattern of
// [net/http.ServeMux] can be given as it is. Only the path of such an operation is
// known: its parameters are strings, and a body, if the method can have one, is any JSON.
//
// Only GET routes are added, unless methods names others: nobody knows what an
// undescribed route does, and agents would call it. The rest goes to
// Hidden, but for HEAD, OPTIONS, CONNECT and TRACE, which routers add by themselves.
// A path that has CONNECT and TRACE was registered for any method, and counts as
// one route: with the first of methods.
//
// The error names the routes that are not understood; the others are added.
func (d *Document) AddRoutes(routes []string, methods ...string) error {
	if len(methods) == 0 {
		methods = []string{http.MethodGet}
	}
	list, err := parseRoutes(routes, methods)
	for _, r := range list {
		if d.hasRoute(r) {
			continue
		}
		if r.method != "" && !slices.Contains(methods, r.method) {
			d.Hidden = append(d.Hidden, r.String())
			continue
		}
		d.Operations = append(d.Operations, d.pathOnly(r, methods[0]))
	}
	return err
}

// pathOnly returns the operation for a route of which only the path is known.
func (d *Document) pathOnly(r listedRoute, method string) Operation {
	if r.method != "" {
		method = r.method
	}
	none := reflect.TypeFor[None]()
	op := newRoute(method, r.written, none, none)
	if inside, ok := strings.CutPrefix(op.Path, d.BasePath); ok && strings.HasPrefix(inside, "/") {
		op.Path = inside
	} else {
		op.Servers = []ServerURL{{URL: "/"}}
	}
	if hasBody(op.Method) && op.Method != http.MethodDelete {
		op.RequestBody = &RequestBody{Content: []MediaType{{Type: "application/json"}}}
	}
	return op
}

// hasRoute reports whether d has an operation for r.
func (d *Document) hasRoute(r listedRoute) bool {
	shape := pathShape(r.template)
	return slices.ContainsFunc(d.Operations, func(op Operation) bool {
		return (r.method == "" || r.method == op.Method) && pathShape(d.fullPath(&op)) == shape
	})
}

// fullPath returns the path of op with what precedes it.
func (d *Document) fullPath(op *Operation) string {
	path, _ := splitTemplate(op.Path)
	return d.basePathOf(op) + path
}

// basePathOf returns what precedes the path of op: the path of its own server, or that of
// the document.
func (d *Document) basePathOf(op *Operation) string {
	if len(op.Servers) > 0 {
		return op.Servers[0].path()
	}
	return d.BasePath
}

// pathShape returns a path without the names of its parameters, and without a
// slash at its end.
func pathShape(template string) string {
	return strings.TrimRight(fillPlaceholders(template, "{}"), "/")
}

// A listedRoute is a route that an app has.
type listedRoute struct {
	method  string // "" for all of them
	written string // the path in the router's spelling
	routePath
}

func (r listedRoute) String() string { return strings.TrimLeft(r.method+" "+r.template, " ") }

// parseRoutes reads routes as [Document.AddRoutes] takes them: each once, and without
// those that routers add by themselves, unless their method is in wanted.
func parseRoutes(routes, wanted []string) ([]listedRoute, error) {
	var list []listedRoute
	var errs []error
	methods := map[string][]string{} // by path
	for _, text := range routes {
		r, err := parseRoute(text)
		switch {
		case err != nil:
			errs = append(errs, err)
		case r.written != "" && !slices.Contains(methods[r.template], r.method):
			methods[r.template] = append(methods[r.template], r.method)
			list = append(list, r)
		}
	}
	var distinct []listedRoute
	for _, r := range list {
		all := methods[r.template]
		switch {
		case slices.Contains(all, ""), slices.Contains(all, http.MethodConnect) && slices.Contains(all, http.MethodTrace):
			if all[0] != r.method {
				continue
			}
			r.method = ""
		case slices.Contains(wanted, r.method):
		case slices.Contains([]string{http.MethodHead, http.MethodOptions, http.MethodConnect, http.MethodTrace}, r.method):
			continue
		}
		distinct = append(distinct, r)
	}
	return distinct, errors.Join(errs...)
}

// parseRoute reads one route. It returns the zero route for an empty text, and for what
// echo lists as the handler of requests that match nothing.
func parseRoute(text string) (r listedRoute, err error) {
	text = strings.TrimSpace(text)
	method, path, ok := strings.Cut(text, " ")
	if !ok || strings.Contains(method, "/") {
		method, path = "", text
	}
	switch method {
	case "echo_route_not_found":
		return r, nil
	case "echo_route_any", "*", "ANY", "ALL":
		method = ""
	}
	path = strings.TrimSpace(path)
	if slash := strings.IndexByte(path, '/'); slash > 0 && !strings.ContainsAny(path[:slash], "{:*") {
		path = path[slash:] // a host
	}
	if text == "" {
		return r, nil
	}
	if method != "" && !isToken(method) {
		return r, fmt.Errorf("route %q: %q is not an HTTP method; write it as \"GET /path\"", text, method)
	}
	r = listedRoute{method: canonicalMethod(method), written: path}
	if r.routePath, err = parseRoutePath(path); err != nil {
		return r, fmt.Errorf("route %q: %w", text, err)
	}
	return r, nil
}
