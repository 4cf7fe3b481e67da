package describe

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/mcpmount/mcpmount/internal/scan"
)

// An API is what the routes of a program take and write.
type API struct {
	// Operations are ordered by path and method, which are unique.
	Operations []*Operation
	// Problems are what could not be understood, with the place.
	Problems []scan.Problem
	// Coverage counts routes.
	Coverage Coverage

	comments comments
}

// An Operation is a route with one method, and what its handler takes and writes.
type Operation struct {
	*Description
	ID            string
	Summary, Text string
	Tags          []string
	Deprecated    bool
	annotated     annotations
}

// Coverage says of how many routes what is known.
type Coverage struct {
	// Routes are all that were found; the others are parts of them: Typed those of which
	// everything is known, Partly those with a Problem, PathOnly those whose handler is not in
	// the source, Hidden those that are no operations of an API.
	Routes, Typed, Partly, PathOnly, Hidden int
}

// String is "38 routes: 31 typed, 5 by path only, 2 hidden".
func (c Coverage) String() string {
	parts := []string{fmt.Sprint(c.Typed, " typed")}
	for _, part := range []struct {
		n    int
		text string
	}{{c.Partly, "typed in part"}, {c.PathOnly, "by path only"}, {c.Hidden, "hidden"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprint(part.n, " ", part.text))
		}
	}
	noun := "routes"
	if c.Routes == 1 {
		noun = "route"
	}
	return fmt.Sprintf("%d %s: %s", c.Routes, noun, strings.Join(parts, ", "))
}

// Routes describes routes of the packages. Hidden ones are counted only. The packages are only
// read, so that several calls may use them at once.
func Routes(pkgs []*packages.Package, routes []scan.Route) *API {
	api := &API{comments: newComments(pkgs)}
	p := newProgram(pkgs)
	taken := map[string]*Operation{}
	for i := range routes {
		route := &routes[i]
		if route.Hidden != "" {
			api.Coverage.Routes++
			api.Coverage.Hidden++
			continue
		}
		operations := p.operations(route)
		for _, d := range operations {
			api.add(d, taken)
		}
		if len(operations) == 0 {
			api.Coverage.Routes++
			api.Coverage.Hidden++
		}
	}
	slices.SortFunc(api.Operations, func(a, b *Operation) int {
		return cmp.Or(cmp.Compare(a.Route.Path, b.Route.Path), cmp.Compare(methodRank(a.Method), methodRank(b.Method)), cmp.Compare(a.Method, b.Method))
	})
	for _, op := range api.Operations {
		op.describe()
	}
	nameOperations(api.Operations)
	return api
}

// add adds an operation, unless another one has its method and path.
func (a *API) add(d *Description, taken map[string]*Operation) {
	key := d.Method + " " + variable.ReplaceAllString(d.Route.Path, "{}")
	if other := taken[key]; other != nil {
		if other.Route.Handler.Body != d.Route.Handler.Body {
			a.Problems = append(a.Problems, scan.Problem{Pos: d.Route.Pos, Other: other.Route.Pos,
				Message: fmt.Sprintf("%s %s is registered already, and described as it is at", d.Method, d.Route.Path)})
		}
		return
	}
	op := &Operation{Description: d}
	taken[key] = op
	a.Operations = append(a.Operations, op)
	a.Coverage.Routes++
	*a.Coverage.of(op)++
	for _, p := range d.Problems {
		a.Problems = append(a.Problems, scan.Problem{Pos: p.Pos, Message: op.label() + p.Message})
	}
}

// Keep leaves the operations for which keep returns true. The others count as hidden, and their
// problems are nobody's.
func (a *API) Keep(keep func(*Operation) bool) {
	var kept []*Operation
	for _, op := range a.Operations {
		if keep(op) {
			kept = append(kept, op)
			continue
		}
		*a.Coverage.of(op)--
		a.Coverage.Hidden++
		a.Problems = slices.DeleteFunc(a.Problems, func(p scan.Problem) bool { return strings.HasPrefix(p.Message, op.label()) })
	}
	a.Operations = kept
}

// label is what a message about the operation begins with.
func (op *Operation) label() string { return op.Method + " " + op.Route.Path + ": " }

// of returns the number that an operation is counted in.
func (c *Coverage) of(op *Operation) *int {
	switch {
	case op.Route.Handler.Body == nil:
		return &c.PathOnly
	case len(op.Problems) > 0:
		return &c.Partly
	}
	return &c.Typed
}

var variable = regexp.MustCompile(`\{[^{}]*\}`)

// operations reads the handler of a route for each method that it serves.
func (p *program) operations(route *scan.Route) []*Description {
	if route.Method != "" {
		d, _ := p.read(route, route.Method)
		return []*Description{d}
	}
	d, methods := p.read(route, "")
	if d.notAllowed {
		return nil
	}
	if len(methods) == 0 || route.Handler.Body == nil {
		d.Method = http.MethodGet
		if len(d.Bodies) > 0 {
			d, _ = p.read(route, http.MethodPost)
		}
		return []*Description{d}
	}
	methods[http.MethodGet] = true // what it does for others
	var all []*Description
	for _, method := range allMethods {
		if !methods[method] || method == http.MethodOptions || method == http.MethodHead {
			continue
		}
		if d, _ := p.read(route, method); !d.refuses() {
			all = append(all, d)
		}
	}
	return all
}

// allMethods are the methods of OpenAPI, in the order of a document.
var allMethods = []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodOptions, http.MethodHead, http.MethodPatch, http.MethodTrace}

func methodRank(method string) int {
	if i := slices.Index(allMethods, method); i >= 0 {
		return i
	}
	return len(allMethods)
}

// refuses reports whether every answer is an error.
func (d *Description) refuses() bool {
	return !slices.ContainsFunc(d.Responses, func(r *Response) bool { return r.Status < http.StatusBadRequest })
}
