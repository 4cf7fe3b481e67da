package scan

import (
	"go/types"
	"strings"
)

// A framework is what is known of a router: which functions make one, and which methods
// register something.
type framework struct {
	// name is that of Route.Framework.
	name string
	// paths are the import paths of its packages.
	paths []string
	// types are the names of the types whose values are routers.
	types []string
	// calls says what functions and methods do. A function is "New", a method "Type.Method",
	// or ".Method" for that of any type of the package.
	calls map[string]action
	// join puts the path of a group before that of a route.
	join func(prefix, path string) string
	// template makes a template of OpenAPI out of a path.
	template func(path string) []template
	// before says that middleware which a router uses is for what was registered before as well; nil
	// that it never is.
	before func(r *router) bool
	// strips says that a router mounted in a router of the same framework sees the path without the
	// prefix.
	strips bool
}

// An action is what a call of a function of a framework does, and returns.
type action func(m *machine, c *call) value

// frameworks returns all frameworks.
func frameworks() []*framework {
	return []*framework{netHTTP(), chi(), gin(), echo(), fiber(), gorilla(), httprouter()}
}

// routerPaths returns the import paths of all frameworks but net/http.
func routerPaths() map[string]bool {
	all := map[string]bool{}
	for _, f := range frameworks() {
		for _, path := range f.paths {
			all[path] = f.name != "net/http"
		}
	}
	return all
}

// find returns what a function of a framework does, or nil.
func (m *machine) find(fn *types.Func) action {
	if fn.Pkg() == nil {
		return nil
	}
	f := m.byPath[fn.Pkg().Path()]
	if f == nil {
		return nil
	}
	name := fn.Name()
	if owner := receiverName(fn); owner != "" {
		if a := f.calls[owner+"."+name]; a != nil {
			return a
		}
		if m.routerType(fn.Signature().Recv().Type()) != nil {
			return f.calls["."+name]
		}
		return nil
	}
	return f.calls[name]
}

// receiverName returns the name of the type whose method a function is, or "".
func receiverName(fn *types.Func) string {
	recv := fn.Signature().Recv()
	if recv == nil {
		return ""
	}
	if named := namedType(recv.Type()); named != nil {
		return named.Obj().Name()
	}
	return ""
}

// namedType returns the named type that t or what it points to is, or nil.
func namedType(t types.Type) *types.Named {
	t = types.Unalias(t)
	if pointer, ok := t.(*types.Pointer); ok {
		t = types.Unalias(pointer.Elem())
	}
	named, _ := t.(*types.Named)
	return named
}

// routerType returns the framework whose routers have type t, or nil.
func (m *machine) routerType(t types.Type) *framework {
	named := namedType(t)
	if named == nil || named.Obj().Pkg() == nil {
		return nil
	}
	f := m.byPath[named.Obj().Pkg().Path()]
	if f == nil {
		return nil
	}
	for _, name := range f.types {
		if name == named.Obj().Name() {
			return f
		}
	}
	return nil
}

// methods are those that routers have a function each for.
var methods = []string{"Get", "Head", "Post", "Put", "Patch", "Delete", "Options", "Connect", "Trace"}

// verbs adds an action for each method of HTTP, spelled as the framework does.
func verbs(calls map[string]action, spell func(string) string, handler func(args []value) value) {
	for _, method := range methods {
		calls["."+spell(method)] = func(m *machine, c *call) value {
			return m.register(c, []string{strings.ToUpper(method)}, c.text(0), handler(c.tail(1)))
		}
	}
}

// firstOf and lastOf pick the handler of a list.
func firstOf(args []value) value {
	if len(args) == 0 {
		return nil
	}
	return args[0]
}

func lastOf(args []value) value {
	if len(args) == 0 {
		return nil
	}
	return args[len(args)-1]
}

// itself returns the router that a method is called on: for those that only
// change how it serves.
func itself(_ *machine, c *call) value { return c.recv }

// wraps returns a handler of net/http that was made one of the framework, and sees the same path.
func wraps(_ *machine, c *call) value { return c.arg(0) }

// newRouter makes a router.
func newRouter(f *framework) action {
	return func(m *machine, c *call) value { return m.newRouter(f, c.pos()) }
}
