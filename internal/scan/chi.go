package scan

import (
	"strings"
)

// chi is go-chi/chi.
func chi() *framework {
	f := &framework{name: "chi", paths: []string{"github.com/go-chi/chi/v5", "github.com/go-chi/chi", "github.com/go-chi/chi/v4"},
		types: []string{"Mux", "Router"}, strips: true, join: chiJoin, template: plain(chiTemplate)}
	f.calls = map[string]action{
		"NewRouter":   newRouter(f),
		"NewMux":      newRouter(f),
		".Handle":     chiHandle,
		".HandleFunc": chiHandle,
		".Method":     chiMethod,
		".MethodFunc": chiMethod,
		".Use":        uses,
		".With":       with,
		".Group": func(m *machine, c *call) value {
			inner := *c
			inner.args = nil
			g := with(m, &inner)
			m.callWith(c, c.arg(0), g)
			return g
		},
		".Route": func(m *machine, c *call) value {
			g := groupAction(m, c)
			m.callWith(c, c.arg(1), g)
			return g
		},
		".Mount": chiMount,
	}
	verbs(f.calls, func(s string) string { return s }, firstOf)
	return f
}

// chiJoin puts the path of a sub-router before one of its own.
func chiJoin(prefix, path string) string {
	prefix = strings.TrimSuffix(strings.TrimSuffix(prefix, "*"), "/")
	if path == "/" && prefix != "" {
		return prefix
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return prefix + path
}

func chiTemplate(path string) template { return bracedTemplate(path, true) }

// chiHandle registers a handler for all methods, or for the one before the path.
func chiHandle(m *machine, c *call) value {
	r := c.router()
	for _, t := range paths(c.text(0)) {
		method, path := splitMethod(string(t))
		var methods []string
		if method != "" {
			methods = m.methodsOf(c, text(method))
		}
		m.register(c, methods, text(path), c.arg(1))
	}
	return r
}

func chiMethod(m *machine, c *call) value {
	return m.register(c, m.methodsOf(c, c.text(0)), c.text(1), c.arg(2))
}

// chiMount hands all paths below a prefix to a handler.
func chiMount(m *machine, c *call) value {
	r := c.router()
	if r == nil {
		return m.register(c, nil, c.text(0), c.arg(1))
	}
	for _, t := range paths(c.text(0)) {
		m.add(c, r, &entry{path: t, handler: c.arg(1), mount: true, subtree: true})
	}
	return nil
}
