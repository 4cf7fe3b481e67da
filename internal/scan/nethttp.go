package scan

import (
	"go/types"
	"strings"
)

// netHTTP is http.ServeMux.
func netHTTP() *framework {
	f := &framework{name: "net/http", paths: []string{"net/http"}, types: []string{"ServeMux"}, template: plain(muxTemplate),
		join: func(prefix, path string) string { return prefix + path }}
	onDefault := func(m *machine, c *call) value {
		c.recv = m.defaultServeMux()
		return muxHandle(m, c)
	}
	f.calls = map[string]action{
		"NewServeMux":         newRouter(f),
		"HandleFunc":          onDefault,
		"Handle":              onDefault,
		"ServeMux.Handle":     muxHandle,
		"ServeMux.HandleFunc": muxHandle,
		"ServeMux.Handler":    func(*machine, *call) value { return nil },
	}
	return f
}

// muxHandle registers a pattern as "GET host/items/{id}".
func muxHandle(m *machine, c *call) value {
	r := c.router()
	if r == nil {
		m.problem(c.pos(), false, "the mux of this registration is not known: "+types.ExprString(c.expr.Fun))
		return nil
	}
	for _, t := range paths(c.text(0)) {
		method, path := splitMethod(string(t))
		if !text(method).known() {
			m.complain(c, "the method of this registration is not known: "+strings.Join(text(method).holes(), ", "))
			method = ""
		}
		e := &entry{path: text(withoutHost(path)), handler: c.arg(1)}
		if method != "" {
			e.methods = []string{method}
		}
		m.add(c, r, e)
	}
	return nil
}

// splitMethod takes the method off a pattern. The source of an expression has spaces too.
func splitMethod(pattern string) (method, path string) {
	inside := false
	for i, r := range pattern {
		switch {
		case string(r) == holeStart:
			inside = true
		case string(r) == holeEnd:
			inside = false
		case (r == ' ' || r == '\t') && !inside:
			return pattern[:i], strings.TrimLeft(pattern[i:], " \t")
		}
	}
	return "", pattern
}

// withoutHost takes the host off a pattern.
func withoutHost(path string) string {
	if i := strings.IndexByte(path, '/'); i > 0 && !strings.Contains(path[:i], holeStart) {
		return path[i:]
	}
	return path
}

// muxTemplate reads the path of a pattern.
func muxTemplate(path string) template {
	exact, found := strings.CutSuffix(path, "{$}")
	t := bracedTemplate(exact, false)
	t.subtree = !found && strings.HasSuffix(path, "/")
	return t
}
