package scan

import (
	"strings"
)

// fiber is gofiber/fiber, versions 2 and 3.
func fiber() *framework {
	f := &framework{name: "fiber", paths: []string{"github.com/gofiber/fiber/v2", "github.com/gofiber/fiber/v3"},
		types: []string{"App", "Group", "Router", "Registering", "Register"}, strips: true, join: fiberJoin, template: fiberTemplate}
	f.calls = map[string]action{
		"New":               newRouter(f),
		"NewWithCustomCtx":  newRouter(f),
		".Group":            groupAction,
		".Name":             itself,
		".Use":              fiberUse,
		".All":              func(m *machine, c *call) value { return fiberRegister(m, c, nil, 0) },
		".Add":              func(m *machine, c *call) value { return fiberAdd(m, c) },
		".Mount":            fiberMount,
		".Static":           files("/*"),
		".RouteChain":       groupAction,
		".Route":            fiberRoute,
		".Handler":          itself,
		"Registering.Route": groupAction,
		"Register.Route":    groupAction,
	}
	for _, method := range methods {
		f.calls["."+method] = func(m *machine, c *call) value {
			return fiberRegister(m, c, []string{strings.ToUpper(method)}, 0)
		}
	}
	return f
}

// fiberRegister registers the last handler for the path that is the i-th argument. Of a chain, which
// is for one path, all arguments are handlers.
func fiberRegister(m *machine, c *call, methods []string, i int) value {
	if name := receiverName(c.fn); name == "Register" || name == "Registering" {
		return m.register(c, methods, text(""), lastOf(c.tail(i)))
	}
	return m.register(c, methods, c.text(i), lastOf(c.tail(i+1)))
}

func fiberAdd(m *machine, c *call) value {
	methods := m.methodsOf(c, c.arg(0))
	return fiberRegister(m, c, methods, 1)
}

// fiberRoute makes a group for a function; in early versions of 3 it begins a chain.
func fiberRoute(m *machine, c *call) value {
	if len(c.args) < 2 {
		return groupAction(m, c)
	}
	return groupFunc(m, c)
}

// fiberUse mounts an app; all else that is used is middleware, whose checks count where it is for all paths.
func fiberUse(m *machine, c *call) value {
	path, args := value(text("")), c.args
	if t, ok := first[text](c.arg(0)); ok {
		path, args = t, c.args[1:]
	}
	if r := c.router(); r != nil && path == value(text("")) {
		r.checks = append(r.checks, m.checksOf(args)...)
	}
	for _, arg := range args {
		if sub, ok := first[*router](arg); ok {
			fiberMountAt(m, c, path, sub)
		}
	}
	return c.recv
}

func fiberMount(m *machine, c *call) value {
	fiberMountAt(m, c, c.text(0), c.arg(1))
	return c.recv
}

func fiberMountAt(m *machine, c *call, path, sub value) {
	r := c.router()
	if r == nil {
		return
	}
	for _, t := range paths(path) {
		m.add(c, r, &entry{path: t, handler: sub, mount: true, subtree: true})
	}
}

func fiberJoin(prefix, path string) string {
	if path == "" {
		return prefix
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return strings.TrimRight(prefix, "/") + path
}

// fiberTemplate reads a path with ":id", ":id?", ":id<int>", "*" and "+". It is two where
// its last variable is optional. A slash at the end makes no difference to fiber.
func fiberTemplate(path string) []template {
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if len(path) > 1 {
		path = strings.TrimRight(path, "/")
	}
	variants := []template{{}}
	each := func(add func(t *template)) {
		for i := range variants {
			add(&variants[i])
		}
	}
	for path != "" {
		i := strings.IndexAny(path, ":*+\\")
		if i < 0 {
			break
		}
		before, kind := path[:i], path[i]
		path = path[i+1:]
		each(func(t *template) { t.literal(before) })
		switch kind {
		case '\\':
			if path != "" {
				char := path[:1]
				each(func(t *template) { t.literal(char) })
				path = path[1:]
			}
		case '*', '+':
			each(func(t *template) { t.param(PathParam{Name: "rest", Key: wildcardKey(kind, t.params), Rest: true}) })
		default:
			var p PathParam
			var optional bool
			p, optional, path = fiberParam(path)
			if optional && len(variants) < 4 {
				without := make([]template, len(variants))
				for i, t := range variants {
					without[i] = template{path: strings.TrimSuffix(t.path, "/"), params: append([]PathParam{}, t.params...)}
				}
				each(func(t *template) { t.param(p) })
				variants = append(variants, without...)
				continue
			}
			each(func(t *template) { t.param(p) })
		}
	}
	each(func(t *template) {
		t.literal(path)
		if t.path == "" {
			t.path = "/"
		}
	})
	return variants
}

// wildcardKey is what the n-th wildcard of a kind is called: "*1", "*2".
func wildcardKey(kind byte, params []PathParam) string {
	n := 1
	for _, p := range params {
		if strings.HasPrefix(p.Key, string(kind)) {
			n++
		}
	}
	return string(kind) + string(rune('0'+min(n, 9)))
}

// fiberParam reads a variable, the text after its colon.
func fiberParam(path string) (p PathParam, optional bool, rest string) {
	end := strings.IndexAny(path, "/-.:*+?<")
	if end < 0 {
		end = len(path)
	}
	p.Name, rest = path[:end], path[end:]
	if strings.HasPrefix(rest, "<") {
		if close := strings.IndexByte(rest, '>'); close > 0 {
			p.Type, p.Pattern = fiberConstraint(rest[1:close])
			rest = rest[close+1:]
		}
	}
	if after, found := strings.CutPrefix(rest, "?"); found {
		return p, true, after
	}
	return p, false, rest
}

// fiberConstraint reads "int", "regex(\\d+)", or several with ";" between them, of which the first counts.
func fiberConstraint(s string) (typ, pattern string) {
	if inner, ok := strings.CutPrefix(s, "regex("); ok {
		return "", strings.TrimSuffix(inner, ")")
	}
	typ, _, _ = strings.Cut(s, ";")
	typ, _, _ = strings.Cut(typ, "(")
	return typ, ""
}
