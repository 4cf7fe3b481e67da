package scan

import (
	"strings"
)

// httprouter is julienschmidt/httprouter, which other routers are made of.
func httprouter() *framework {
	f := &framework{name: "httprouter", paths: []string{"github.com/julienschmidt/httprouter"}, types: []string{"Router"},
		join: ginJoin, template: plain(colonTemplate)}
	handle := func(m *machine, c *call) value {
		return m.register(c, m.methodsOf(c, c.text(0)), c.text(1), c.arg(2))
	}
	f.calls = map[string]action{
		"New":          newRouter(f),
		".Handle":      handle,
		".Handler":     handle,
		".HandlerFunc": handle,
		".ServeFiles":  files(""),
	}
	verbs(f.calls, strings.ToUpper, firstOf)
	return f
}
