package scan

import (
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A router is one of the program, or a group of one.
type router struct {
	fw  *framework
	pos token.Pos
	// parent is the router whose group it is, and prefix the path of the group.
	parent *router
	prefix text
	// methods are those to which a group is limited.
	methods []string
	groups  []*router
	entries []*entry
	checks  []*Check // of the middleware that it uses
	// mounted says that another router leads to it.
	mounted bool
	// assumed is the expression that gives a router of which nothing is known.
	assumed string
	entry   string // the function that took it, which nobody is seen to call
	fields  map[string]*cell
}

// An entry is a registration. Those of gorilla are built in steps.
type entry struct {
	router  *router
	methods []string
	path    text
	handler value
	pos     token.Pos
	// given are the functions among which the handler is, where a wrapper registers.
	given []*closure
	// idle is the function that registers what it is given, where nobody is seen to call it.
	idle string
	// mount says that what is below path goes to handler, subtree that it is for all
	// paths below path.
	mount   bool
	subtree bool
	hidden  string
	checks  []*Check
	// drop says that it is no route by itself.
	drop bool
}

func (m *machine) newRouter(fw *framework, pos token.Pos) *router {
	r := &router{fw: fw, pos: pos}
	m.routers = append(m.routers, r)
	return r
}

// assumeRouter makes a router for an expression of which nothing is known but its type.
func (m *machine) assumeRouter(fw *framework, name string) *router {
	r := m.newRouter(fw, token.NoPos)
	r.assumed, r.entry = name, m.entry
	return r
}

// defaultServeMux returns http.DefaultServeMux.
func (m *machine) defaultServeMux() *router {
	if m.defaultMux == nil {
		m.defaultMux = m.newRouter(m.byPath["net/http"], token.NoPos)
	}
	return m.defaultMux
}

// group makes a group of a router.
func (r *router) group(prefix text) *router {
	g := &router{fw: r.fw, parent: r, prefix: prefix, methods: r.methods}
	r.groups = append(r.groups, g)
	return g
}

// path returns the path of a registration on r, with those of the groups around it.
func (r *router) path(p string) string {
	for ; r != nil; r = r.parent {
		if r.parent != nil {
			p = r.fw.join(string(r.prefix), p)
		}
	}
	return p
}

// field returns the cell of a field of the router: they say nothing about routes.
func (r *router) field(name string) *cell {
	if r.fields == nil {
		r.fields = map[string]*cell{}
	}
	if r.fields[name] == nil {
		r.fields[name] = &cell{}
	}
	return r.fields[name]
}

// add adds the registration that a call makes.
func (m *machine) add(c *call, r *router, e *entry) *entry {
	e.router = r
	e.checks = append(r.guarding(false), m.checksOf(c.tail(0))...)
	e.pos, e.given = c.f.registration(c.expr)
	if c.idle() {
		e.idle = m.entry
	}
	if m.entries++; m.entries == mostRoutes {
		m.problem(e.pos, false, "more registrations than are followed, routes are missing: scan fewer packages")
	}
	if m.entries >= mostRoutes {
		return e
	}
	r.entries = append(r.entries, e)
	return e
}

// idle says whether a call is in a function that registers what it is given, and that nobody is
// seen to call.
func (c *call) idle() bool { return c.f.caller == nil && c.f.m.entry != "" && c.f.isWrapper(c.expr) }

// complain notes what is not understood of a registration.
func (m *machine) complain(c *call, message string) {
	if !c.idle() {
		m.problem(c.pos(), false, message)
	}
}

// register adds a registration for each path that it may be for. Without methods it is for
// any.
func (m *machine) register(c *call, methods []string, path value, handler value) value {
	r := c.router()
	if r == nil {
		m.problem(c.pos(), false, "the router of this registration is not known: "+types.ExprString(c.expr.Fun))
		return c.recv
	}
	for _, p := range paths(path) {
		m.add(c, r, &entry{path: p, methods: methods, handler: handler})
	}
	return r
}

// paths returns the texts that a path may be. That it may be empty says nothing where it may also be
// something that is not known: it is what the variable was before.
func paths(v value) []text {
	var all []text
	unknown := false
	for _, one := range alternatives(v) {
		t, _ := one.(text)
		all = append(all, t)
		unknown = unknown || !t.known()
	}
	if unknown {
		all = slices.DeleteFunc(all, func(t text) bool { return t == "" })
	}
	return all
}

// methodsOf returns the methods that a value names, a string or a list of them.
func (m *machine) methodsOf(c *call, v value) []string {
	var all []string
	for _, one := range alternatives(v) {
		switch one := one.(type) {
		case text:
			if one.known() {
				all = append(all, strings.ToUpper(string(one)))
				continue
			}
			m.complain(c, "the method of this registration is not known: "+strings.Join(one.holes(), ", "))
		case *list:
			for _, elem := range one.elems {
				all = append(all, m.methodsOf(c, settled(elem))...)
			}
		default:
			m.complain(c, "the methods of this registration are not known")
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// groupAction makes a group of the path that is the first argument.
func groupAction(m *machine, c *call) value {
	r := c.router()
	if r == nil {
		return nil
	}
	var all value
	for i, p := range paths(c.text(0)) {
		g := r.group(p)
		g.checks = m.checksOf(c.tail(1))
		if i == 0 {
			all = g
		} else {
			all = join(all, g)
		}
	}
	return all
}

// groupFunc makes a group of the path that is the first argument and gives it to the function
// that is the second.
func groupFunc(m *machine, c *call) value {
	g := groupAction(m, c)
	m.callWith(c, c.arg(1), g)
	return g
}

// callWith calls a function with a value.
func (m *machine) callWith(c *call, fn value, arg value) {
	for _, one := range alternatives(fn) {
		closure, ok := one.(*closure)
		switch {
		case ok:
			for _, a := range alternatives(arg) {
				c.f.apply(c.expr, closure, []value{a})
			}
		default:
			m.problem(c.pos(), false, "the function that registers routes here is not known")
		}
	}
}
