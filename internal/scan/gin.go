package scan

import (
	"path"
	"strings"
)

// gin is gin-gonic/gin.
func gin() *framework {
	f := &framework{name: "gin", paths: []string{"github.com/gin-gonic/gin"},
		types: []string{"Engine", "RouterGroup", "IRouter", "IRoutes"}, join: ginJoin, template: plain(colonTemplate)}
	f.calls = map[string]action{
		"New":     newRouter(f),
		"Default": newRouter(f),
		".Group":  groupAction,
		".Use":    uses,
		".Any":    func(m *machine, c *call) value { return m.register(c, nil, c.text(0), lastOf(c.tail(1))) },
		".Handle": func(m *machine, c *call) value {
			return m.register(c, m.methodsOf(c, c.text(0)), c.text(1), lastOf(c.tail(2)))
		},
		".Match": func(m *machine, c *call) value {
			return m.register(c, m.methodsOf(c, c.arg(0)), c.text(1), lastOf(c.tail(2)))
		},
		".StaticFile":   files(""),
		".StaticFileFS": files(""),
		".Static":       files("/*filepath"),
		".StaticFS":     files("/*filepath"),
		".BasePath":     basePath,
		".Handler":      itself,

		"WrapH": wraps,
		"WrapF": wraps,
	}
	verbs(f.calls, strings.ToUpper, lastOf)
	return f
}

func ginJoin(prefix, p string) string {
	if p == "" {
		return prefix
	}
	joined := path.Join("/", prefix, p)
	if strings.HasSuffix(p, "/") && !strings.HasSuffix(joined, "/") {
		joined += "/"
	}
	return joined
}

// files registers a directory or a file below the path that is the first argument. A slash between
// both is not doubled; echo puts its star right behind.
func files(suffix string) action {
	return func(m *machine, c *call) value {
		r := c.router()
		if r == nil {
			return c.recv
		}
		for _, t := range paths(c.text(0)) {
			path := string(t)
			if suffix != "*" {
				path = strings.TrimSuffix(path, "/")
			}
			m.add(c, r, &entry{methods: []string{"GET"}, path: text(path + suffix), hidden: "files"})
		}
		return c.recv
	}
}

// basePath returns the path of a group.
func basePath(_ *machine, c *call) value {
	r := c.router()
	if r == nil {
		return nil
	}
	return text(r.path(""))
}
