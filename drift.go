package mcpmount

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// Drift compares d with the routes that the app has, each written as for
// [Document.AddRoutes], and returns the differences: operations that the app does not
// have, and routes that d lacks although they are not Hidden. Names of parameters
// and a slash at the end make no difference, and d may lack HEAD, OPTIONS, CONNECT and
// TRACE. A route that takes the rest of a path covers everything below it, except for
// GET at the root, which usually serves a page for what is not found.
func (d *Document) Drift(routes []string) []Problem {
	added := []string{http.MethodHead, http.MethodOptions, http.MethodConnect, http.MethodTrace}
	list, err := parseRoutes(routes, added)
	var problems []Problem
	if err != nil {
		problems = append(problems, Problem{Message: err.Error()})
	}
	matched := make([]bool, len(list))
	problems = append(problems, d.summary(d.notInApp(func(method, path string) bool {
		found := false
		for i := range list {
			if list[i].covers(method, path) {
				matched[i], found = true, true
			}
		}
		return found
	}))...)
	for _, hidden := range d.Hidden {
		r, err := parseRoute(hidden)
		for i := range list {
			if err == nil && (list[i].covers(r.method, r.template) || list[i].covers(r.method, d.BasePath+r.template)) {
				matched[i] = true
			}
		}
	}
	for i, r := range list {
		if !matched[i] && !r.isFallback() && !slices.Contains(added, r.method) {
			problems = append(problems, Problem{Message: fmt.Sprintf("the app has %s, which the document misses", r)})
		}
	}
	return problems
}

// DriftMux compares d with the routes of an [net/http.ServeMux] and returns the
// operations that the mux does not have. A mux does not list its routes, so those that d
// lacks are not found. Patterns with a host are not seen.
func (d *Document) DriftMux(mux Mux) []Problem { return d.summary(d.notInMux(mux)) }

func (d *Document) notInMux(mux Mux) []Problem {
	return d.notInApp(func(method, path string) bool {
		r, err := http.NewRequestWithContext(context.Background(), method, fillPlaceholders(path, "1"), nil)
		if err != nil {
			return true // no route can be asked for
		}
		_, pattern := mux.Handler(r)
		return pattern != ""
	})
}

// A Mux says which handler it has for a request, as an [net/http.ServeMux] does.
type Mux interface {
	Handler(r *http.Request) (h http.Handler, pattern string)
}

// notInApp returns the operations of d that the app does not have.
func (d *Document) notInApp(has func(method, path string) bool) []Problem {
	var problems []Problem
	for i := range d.Operations {
		op := &d.Operations[i]
		if path := d.fullPath(op); !has(op.Method, path) {
			problems = append(problems, Problem{
				Pointer: op.Pointer,
				Message: fmt.Sprintf("the document names %s %s, which the app does not have", op.Method, path),
			})
		}
	}
	return problems
}

// summary returns missing, the operations that the app does not have. If the app has none
// at all, something else is wrong, and summary returns that as one problem.
func (d *Document) summary(missing []Problem) []Problem {
	if n := len(missing); n > 1 && n == len(d.Operations) {
		return []Problem{{Message: fmt.Sprintf("the app has none of the %d operations of the document: the base path %q may be another one there", n, d.BasePath)}}
	}
	return missing
}

// covers reports whether requests for the template of an operation get to r.
func (r *listedRoute) covers(method, template string) bool {
	if r.method != "" && r.method != method || r.isFallback() {
		return false
	}
	own := strings.Split(pathShape(r.template), "/")
	other := strings.Split(pathShape(template), "/")
	if n := len(own) - 1; r.takesRest() && len(other) >= n {
		own, other = own[:n], other[:n]
	}
	return slices.EqualFunc(own, other, func(a, b string) bool { return a == b || a == "{}" })
}

// takesRest reports whether the last segment of r takes the rest of a path.
func (r *listedRoute) takesRest() bool {
	return slices.ContainsFunc(r.params, func(p routeParam) bool {
		return p.rest && strings.HasSuffix(r.template, "/{"+p.name+"}")
	})
}

// isFallback reports whether r serves every GET that no other route serves.
func (r *listedRoute) isFallback() bool {
	return r.method == http.MethodGet && r.takesRest() && strings.LastIndexByte(r.template, '/') == 0
}

// A muxCheck compares the document with a mux once, at the first request: routes
// may be registered after mounting.
type muxCheck struct {
	mux  Mux
	done atomic.Bool
}

// checkMux logs how the mux that s is mounted into differs from the document, unless
// Options.Routes can say more. A mux that has none of the operations may not be the one that
// serves the API.
func (s *Server) checkMux() {
	check, set := s.mux.Load(), s.set.Load()
	if check == nil || set == nil || s.opts.Routes != nil || check.done.Load() || check.done.Swap(true) {
		return
	}
	if drift := set.doc.notInMux(check.mux); len(drift) < len(set.doc.Operations) {
		s.logDrift(drift)
	}
}

// logDrift logs how the document and the app differ.
func (s *Server) logDrift(drift []Problem) {
	const shown = 5
	if len(drift) == 0 {
		return
	}
	var list []string
	for _, p := range drift[:min(shown, len(drift))] {
		list = append(list, p.Message)
	}
	s.logger.Warn("the document and the app differ", "differences", len(drift), "first", shortList(list, len(drift)))
}
