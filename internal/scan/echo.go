package scan

import (
	"strings"
)

// echo is labstack/echo, versions 4 and 5.
func echo() *framework {
	f := &framework{name: "echo", paths: []string{"github.com/labstack/echo/v4", "github.com/labstack/echo/v5", "github.com/labstack/echo"},
		types: []string{"Echo", "Group"}, join: func(prefix, path string) string { return prefix + path }, template: plain(echoTemplate),
		before: func(r *router) bool { return r.parent == nil }}
	f.calls = map[string]action{
		"New":           newRouter(f),
		"NewWithConfig": newRouter(f),
		".Group":        groupAction,
		".Host":         itself,
		".Use":          uses,
		".Pre":          uses,
		".Any":          func(m *machine, c *call) value { return m.register(c, nil, c.text(0), c.arg(1)) },
		".Add": func(m *machine, c *call) value {
			return m.register(c, m.methodsOf(c, c.text(0)), c.text(1), c.arg(2))
		},
		".Match": func(m *machine, c *call) value {
			return m.register(c, m.methodsOf(c, c.arg(0)), c.text(1), c.arg(2))
		},
		".QUERY":    func(m *machine, c *call) value { return m.register(c, []string{"QUERY"}, c.text(0), c.arg(1)) },
		".File":     files(""),
		".FileFS":   files(""),
		".Static":   files("*"),
		".StaticFS": files("*"),
		".AddRoute": echoAddRoute,

		"WrapHandler": wraps,
	}
	verbs(f.calls, strings.ToUpper, firstOf)
	return f
}

// echoAddRoute registers an echo.Route of version 5.
func echoAddRoute(m *machine, c *call) value {
	o, ok := first[*object](c.arg(0))
	if !ok {
		m.problem(c.pos(), false, "the route that is added here is not known")
		return nil
	}
	field := func(name string) value {
		if cell := o.fields[name]; cell != nil {
			return cell.value
		}
		return nil
	}
	return m.register(c, m.methodsOf(c, field("Method")), field("Path"), field("Handler"))
}

// echoTemplate reads a path; one that does not begin with a slash is given one.
func echoTemplate(path string) template {
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return colonTemplate(path)
}
