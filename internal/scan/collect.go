package scan

import (
	"cmp"
	"fmt"
	"go/token"
	"slices"
	"strings"
)

// A collector turns registrations into routes.
type collector struct {
	m       *machine
	routes  []Route
	seen    map[string]bool
	active  []*router
	visited map[*router]bool
	// prefixes are the registrations whose prefix is not known, by what is written for it.
	prefixes map[string][]token.Pos
}

// A site is where a router is served.
type site struct {
	base    template // what has been taken off the path before the router sees it
	within  string   // what all paths below base have to begin with, or empty
	methods []string
	hidden  string
	checks  []*Check
}

// guarding returns the checks of a registration that is served there.
func (at site) guarding(e *entry) []*Check {
	return slices.Concat(at.checks, e.router.guarding(true), e.checks)
}

// collect returns the routes of all routers.
func (m *machine) collect() []Route {
	c := &collector{m: m, seen: map[string]bool{}, visited: map[*router]bool{}, prefixes: map[string][]token.Pos{}}
	for _, r := range m.routers {
		c.mark(r)
	}
	for _, r := range m.routers {
		if !r.mounted {
			c.router(r, site{})
		}
	}
	// Those that lead to each other only are left.
	for _, r := range m.routers {
		if r.mounted && !c.visited[r] {
			c.router(r, site{})
		}
	}
	for expression, at := range c.prefixes {
		others := ""
		if len(at) > 1 {
			others = fmt.Sprintf(", nor that of %d others", len(at)-1)
		}
		m.problem(at[0], true, "the prefix of this path"+others+" is not known, it is taken to be empty: "+expression)
	}
	slices.SortStableFunc(c.routes, func(a, b Route) int {
		return cmp.Or(cmp.Compare(a.Pos.Filename, b.Pos.Filename), cmp.Compare(a.Pos.Offset, b.Pos.Offset),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return c.routes
}

// mark finds out which routers others lead to.
func (c *collector) mark(r *router) {
	for _, e := range r.entries {
		if t := c.m.resolve(e.handler, 0); t.router != nil && t.router.top() != r.top() && !c.m.rooted(e, t) {
			t.router.top().mounted = true
		}
	}
	for _, g := range r.groups {
		c.mark(g)
	}
}

// top returns the router of a group.
func (r *router) top() *router {
	for r.parent != nil {
		r = r.parent
	}
	return r
}

// router adds the routes of a router and its groups.
func (c *collector) router(r *router, at site) {
	if len(c.active) > 30 || slices.Contains(c.active, r) {
		return
	}
	c.visited[r] = true
	c.active = append(c.active, r)
	defer func() { c.active = c.active[:len(c.active)-1] }()
	before := len(c.routes)
	for _, e := range r.entries {
		c.entry(e, at)
	}
	for _, g := range r.groups {
		c.router(g, at)
	}
	if r.assumed != "" && len(c.routes) > before {
		where := "where " + r.assumed + " comes from is not known"
		if r.entry != "" {
			where = "no call of " + r.entry + " is seen"
		}
		pos := firstPos(r)
		c.m.problem(pos, true, where+", so the paths of these routes are taken to be from the root")
	}
}

// firstPos returns where the first route of a router is registered.
func firstPos(r *router) token.Pos {
	for _, e := range r.entries {
		return e.pos
	}
	for _, g := range r.groups {
		if pos := firstPos(g); pos.IsValid() {
			return pos
		}
	}
	return r.pos
}

// entry adds the routes of a registration.
func (c *collector) entry(e *entry, at site) {
	if e.drop {
		return
	}
	target := c.m.handler(e)
	raw, ok := c.settle(e, target.router != nil)
	if !ok {
		return
	}
	if len(at.methods) > 0 && len(e.methods) == 0 {
		e.methods = at.methods
	}
	for _, t := range e.router.fw.template(raw) {
		t.subtree = t.subtree || e.subtree
		t = trimSub(e.router.fw, t, at)
		full := t.under(at.base)
		switch {
		case target.router != nil && c.m.rooted(e, target):
			if within(full.path, "/debug") { // where packages register by being imported
				c.add(e, full, target, site{hidden: "profiling"})
			}
			continue
		case target.router != nil && target.router.top() != e.router.top():
			c.mounted(e, t, target, at)
			continue
		}
		if at.within != "" && !within(full.path, at.within) {
			c.m.problem(e.pos, true, fmt.Sprintf("%s is not reached: its router is served below %s", full.path, at.within))
			continue
		}
		c.add(e, full, target, at)
	}
}

// trimSub is the path of a route that answers at the root of where its router is mounted.
func trimSub(fw *framework, t template, at site) template {
	if fw.strips && t.path == "/" && at.base.path != "" {
		t.path = ""
	}
	return t
}

// within says whether a path is below another.
func within(path, prefix string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	return strings.HasPrefix(path, prefix) && (len(path) == len(prefix) || path[len(prefix)] == '/')
}

// settle returns the path of a registration where it is known, from the root of the router.
func (c *collector) settle(e *entry, leads bool) (string, bool) {
	raw := e.router.path(string(e.path))
	if text(raw).known() {
		return raw, true
	}
	rest := strings.TrimPrefix(raw, "/")
	if strings.HasPrefix(rest, holeStart) {
		expression := text(raw).holes()[0]
		_, rest, _ = strings.Cut(rest, holeEnd)
		if text(rest).known() && (leads || len(rest) > 1 || rest == "/" && e.router.fw.name != "net/http" || string(e.path) == rest) {
			c.prefixes[expression] = append(c.prefixes[expression], e.pos)
			if !strings.HasPrefix(rest, "/") {
				rest = "/" + rest
			}
			return rest, true
		}
	}
	if e.idle != "" {
		c.m.problem(e.pos, true, "no call of "+e.idle+" is seen, which registers what it is given")
		return "", false
	}
	c.m.problem(e.pos, false, "the path of this registration is not known: "+strings.Join(text(raw).holes(), ", "))
	return "", false
}

// rooted says whether a registration below a path leads to http.DefaultServeMux, with the whole path. What
// that serves there is among its routes from the root, where others serve it.
func (m *machine) rooted(e *entry, t target) bool {
	if t.router != m.defaultMux || t.strip != "" || t.around {
		return false
	}
	return !slices.ContainsFunc(e.router.fw.template(e.router.path(string(e.path))), func(t template) bool {
		return strings.Trim(t.withoutRest().path, "/") == ""
	})
}

// mounted adds the routes of a router that another one leads to.
func (c *collector) mounted(e *entry, t template, target target, at site) {
	full := t.withoutRest().under(at.base) // what follows the prefix is for the router that is mounted
	sub := target.router.top()
	inner := site{base: at.base, within: full.path, methods: e.methods, hidden: cmp.Or(e.hidden, at.hidden), checks: at.guarding(e)}
	if strings.Trim(inner.within, "/") == "" {
		inner.within = at.within
	}
	switch {
	case e.mount && (sub.fw == e.router.fw && sub.fw.strips):
		inner.base, inner.within = full, ""
	case target.strip != "":
		strip := target.strip
		if !strip.known() {
			inner.base, inner.within = full, ""
			break
		}
		inner.base = bracedTemplate(strings.TrimSuffix(string(strip), "/"), false).under(at.base)
	case target.around && inner.within != "" && !c.anyWithin(sub, at.base, inner.within, 0):
		// Something that is not understood is around it, and may take the prefix off.
		inner.base, inner.within = full, ""
	}
	c.router(sub, inner)
}

// anyWithin says whether a router has a path below a prefix.
func (c *collector) anyWithin(r *router, base template, prefix string, depth int) bool {
	if depth > 20 {
		return false
	}
	for _, e := range r.entries {
		for _, t := range r.fw.template(r.path(string(e.path))) {
			if within(t.under(base).path, prefix) {
				return true
			}
		}
	}
	for _, g := range r.groups {
		if c.anyWithin(g, base, prefix, depth+1) {
			return true
		}
	}
	return false
}

// add adds a route for each method, once.
func (c *collector) add(e *entry, t template, target target, at site) {
	fn, hidden := target.fn, cmp.Or(e.hidden, at.hidden)
	if fn == nil && hidden == "" {
		c.m.problem(e.pos, false, "the handler of "+strings.TrimSpace(strings.Join(e.methods, "|")+" "+t.path)+" is not known")
	}
	if fn == nil {
		fn = &Func{}
	}
	methods := e.methods
	if len(methods) == 0 {
		methods = []string{""}
	}
	for _, method := range methods {
		key := fmt.Sprint(method, " ", t.path, " ", c.m.fset.Position(e.pos), " ", fn.Name)
		if c.seen[key] || len(c.routes) >= mostRoutes {
			continue
		}
		c.seen[key] = true
		c.routes = append(c.routes, Route{Framework: e.router.fw.name, Method: method, Path: t.path, PathParams: t.params,
			Handler: *fn, Pos: c.m.fset.Position(e.pos), Subtree: t.subtree, Checks: distinct(at.guarding(e)), Hidden: cmp.Or(hidden, target.hidden)})
	}
}
