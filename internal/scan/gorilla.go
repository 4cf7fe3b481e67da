package scan

import (
	"go/types"
)

// gorilla is gorilla/mux. Its routes are built in steps, in any order, so that an entry is a value
// of the program.
func gorilla() *framework {
	f := &framework{name: "gorilla", paths: []string{"github.com/gorilla/mux"}, types: []string{"Router"},
		join: func(prefix, path string) string { return prefix + path }, template: plain(gorillaTemplate),
		before: func(*router) bool { return true }}
	f.calls = map[string]action{"NewRouter": newRouter(f), "Router.Use": uses}
	for _, name := range []string{"StrictSlash", "SkipClean", "UseEncodedPath", "OmitRouteFromContext", "OmitRouterFromContext"} {
		f.calls["Router."+name] = itself
	}
	steps := map[string]func(m *machine, c *call, e *entry){
		"Path":       func(_ *machine, c *call, e *entry) { e.path = gorillaPath(c, e) },
		"PathPrefix": func(_ *machine, c *call, e *entry) { e.path, e.subtree = gorillaPath(c, e), true },
		"Methods": func(m *machine, c *call, e *entry) {
			for _, arg := range c.tail(0) {
				e.methods = append(e.methods, m.methodsOf(c, arg)...)
			}
		},
		"Handler":     func(_ *machine, c *call, e *entry) { e.handler, e.drop = c.arg(0), false },
		"HandlerFunc": func(_ *machine, c *call, e *entry) { e.handler, e.drop = c.arg(0), false },
	}
	for _, name := range []string{"Name", "Host", "Headers", "HeadersRegexp", "Queries", "Schemes", "MatcherFunc", "BuildVarsFunc",
		"NewRoute", "SkipClean"} {
		steps[name] = func(*machine, *call, *entry) {}
	}
	for name, step := range steps {
		f.calls["Route."+name] = gorillaStep(step)
		if name != "Handler" && name != "HandlerFunc" && name != "SkipClean" {
			f.calls["Router."+name] = gorillaBegin(step)
		}
	}
	f.calls["Route.BuildOnly"] = gorillaStep(func(_ *machine, _ *call, e *entry) { e.drop = true })
	handle := gorillaBegin(func(_ *machine, c *call, e *entry) {
		e.path, e.handler, e.drop = gorillaPath(c, e), c.arg(1), false
	})
	f.calls["Router.Handle"], f.calls["Router.HandleFunc"] = handle, handle
	f.calls["Route.Subrouter"] = gorillaSubrouter
	return f
}

// gorillaPath returns the path that is the first argument. Of several that it may be
// the first is taken.
func gorillaPath(c *call, e *entry) text {
	t, _ := first[text](c.text(0))
	return e.path + t
}

// gorillaBegin begins a route of a router.
func gorillaBegin(step func(m *machine, c *call, e *entry)) action {
	return func(m *machine, c *call) value {
		r := c.router()
		if r == nil {
			m.problem(c.pos(), false, "the router of this registration is not known: "+types.ExprString(c.expr.Fun))
			return nil
		}
		e := m.add(c, r, &entry{drop: true, methods: append([]string{}, r.methods...)})
		step(m, c, e)
		return e
	}
}

// gorillaStep adds to a route.
func gorillaStep(step func(m *machine, c *call, e *entry)) action {
	return func(m *machine, c *call) value {
		if e, ok := c.recv.(*entry); ok {
			step(m, c, e)
		}
		return c.recv
	}
}

// gorillaSubrouter makes a group of a route that is not registered itself.
func gorillaSubrouter(_ *machine, c *call) value {
	e, ok := c.recv.(*entry)
	if !ok {
		return nil
	}
	g := e.router.group(e.path)
	g.methods = e.methods
	return g
}

func gorillaTemplate(path string) template { return bracedTemplate(path, false) }
