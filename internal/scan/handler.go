package scan

import (
	"go/ast"
	"go/types"
)

// A target is what a registration leads to: a function, or another router.
type target struct {
	fn     *Func
	router *router
	strip  text   // what is taken off the path before
	around bool   // there is something around the router that is not understood
	hidden string // why it is no operation
}

// resolve returns what a handler leads to, with what wraps it taken off.
func (m *machine) resolve(v value, depth int) target {
	if depth > 12 {
		return target{}
	}
	switch v := v.(type) {
	case *router:
		return target{router: v}
	case *wrapped:
		if r, ok := first[*router](v.outer); ok {
			return target{router: r}
		}
		t := m.resolve(v.inner, depth+1)
		if t.router == nil && t.fn == nil {
			return m.resolve(v.outer, depth+1)
		}
		if v.strip != "" {
			t.strip = v.strip + t.strip
		} else if t.router != nil {
			t.around = true
		}
		return t
	case *closure:
		return m.resolveClosure(v, depth)
	case *object:
		return m.resolveObject(v, depth)
	case choice:
		var best target
		for _, one := range v {
			t := m.resolve(one, depth+1)
			if t.router != nil || t.fn != nil && (best.fn == nil || best.fn.Body == nil && t.fn.Body != nil) {
				best = t
			}
			if best.router != nil {
				break
			}
		}
		return best
	}
	return target{}
}

// handler returns what a registration leads to. A wrapper that makes a handler in a way that is not
// understood, as with package reflect, makes it of the last function it is given.
func (m *machine) handler(e *entry) target {
	t := m.resolve(e.handler, 0)
	if t.router != nil || t.hidden != "" || len(e.given) == 0 || t.fn != nil && t.fn.Body == nil {
		return t
	}
	var last target
	for _, c := range e.given {
		given := m.resolve(c, 0)
		if given.fn == nil || given.fn.Body == nil {
			continue
		}
		if t.fn != nil && given.fn.Body == t.fn.Body {
			return t
		}
		last = given
	}
	if last.fn != nil && (t.fn == nil || m.adapts(e, t.fn)) {
		return last
	}
	return t
}

// adapts says whether a handler is a literal of a wrapper rather than one that was made for
// the route.
func (m *machine) adapts(e *entry, fn *Func) bool {
	pos := fn.Body.Pos()
	return m.fset.Position(pos).Filename != m.fset.Position(e.pos).Filename
}

func (m *machine) resolveClosure(c *closure, depth int) target {
	if c.fn != nil && c.fn.Name() == "ServeHTTP" && c.recv != nil {
		if r, ok := first[*router](c.recv); ok {
			return target{router: r}
		}
		if _, isObject := c.recv.(*object); !isObject {
			return m.resolve(c.recv, depth+1)
		}
	}
	if c.fn != nil && c.body == nil {
		return target{fn: m.funcOf(c, 0), hidden: hiddenFunc(c.fn)}
	}
	if inner := m.delegate(c); inner != nil {
		t := m.resolve(inner, depth+1)
		if t.router != nil {
			t.around = true
		}
		if t.router != nil || t.fn != nil {
			return t
		}
	}
	return target{fn: m.funcOf(c, 0), hidden: m.hiddenBody(c)}
}

// resolveObject finds the ServeHTTP of a type.
func (m *machine) resolveObject(o *object, depth int) target {
	if o.typ == nil {
		return target{}
	}
	t := o.typ
	if _, isPointer := t.Underlying().(*types.Pointer); !isPointer && !types.IsInterface(t) {
		t = types.NewPointer(t)
	}
	obj, _, _ := types.LookupFieldOrMethod(t, true, nil, "ServeHTTP")
	fn, ok := obj.(*types.Func)
	if !ok {
		return target{}
	}
	found, recv := m.dispatch(fn, o)
	if r, ok := first[*router](recv); ok {
		return target{router: r}
	}
	if recv != nil && recv != value(o) {
		if _, isObject := recv.(*object); !isObject {
			return m.resolve(recv, depth+1)
		}
	}
	c := m.closureOf(found, recv)
	if c.body == nil {
		// A handler of another module that has one of ours inside.
		for _, field := range o.fields {
			if inner := m.resolve(field.value, depth+1); inner.router != nil || inner.fn != nil {
				inner.around = true
				return inner
			}
		}
	}
	return m.resolveClosure(c, depth+1)
}

// delegate returns the handler that a closure hands its request on to: one it captured
// or has in a field, as middleware does.
func (m *machine) delegate(c *closure) value {
	serves := c.fn != nil && c.fn.Name() == "ServeHTTP"
	if c.body == nil || c.lit == nil && !serves {
		return nil
	}
	f := &frame{m: m, pkg: c.pkg, scope: newScope(c.env)}
	if len(c.targs) > 0 {
		f.scope.targs = c.targs
	}
	if c.recvName != nil && c.recv != nil {
		f.scope.set(c.recvName, &cell{value: c.recv})
	}
	var found value
	ast.Inspect(c.body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found != nil {
			return found == nil
		}
		if v := f.delegated(c, call); v != nil {
			found = v
		}
		return true
	})
	return found
}

// delegated returns the handler that a call hands on to, or nil.
func (f *frame) delegated(c *closure, call *ast.CallExpr) value {
	fun := ast.Unparen(call.Fun)
	served := false
	if sel, ok := fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "ServeHTTP" {
		fun, served = ast.Unparen(sel.X), true
	}
	root := rootOf(fun)
	if root == nil {
		return nil
	}
	obj, ok := f.pkg.TypesInfo.Uses[root].(*types.Var)
	if !ok || f.scope.find(obj) == nil {
		return nil // a variable of the function itself, or of the package
	}
	if !served {
		sig, isFunc := f.typeOf(fun).Underlying().(*types.Signature)
		if !isFunc || signatureGrade(sig) < 2 || isHelper(sig, f.m.gives(c, obj, fun)) {
			return nil
		}
		if sel, ok := fun.(*ast.SelectorExpr); ok {
			if s := f.pkg.TypesInfo.Selections[sel]; s == nil || s.Kind() != types.FieldVal {
				return nil
			}
		}
	}
	var v value
	f.m.maybe(func() { v = f.eval(fun) })
	for _, one := range alternatives(v) {
		switch one := one.(type) {
		case *router, *wrapped:
			return v
		case *object:
			if served {
				return v
			}
		case *closure:
			if one.body != c.body {
				return v
			}
		}
	}
	return nil
}

// isHelper says whether a function that is reached through a variable of the function around a
// handler helps it rather than takes its place: it answers with what it is given, or is a
// function of the program that is no handler. What a wrapper was given is what it wraps.
func isHelper(sig *types.Signature, given bool) bool {
	answers, request, others := false, false, false
	for i := range sig.Params().Len() {
		switch t := sig.Params().At(i).Type(); {
		case isContext(t):
			answers = true
			request = request || namedType(t).Obj().Name() != "ResponseWriter"
		case isRequest(t):
			request = true
		case isPlain(t):
			others = true
		default:
			request = request || given // which may be in it
		}
	}
	if !answers {
		return !given
	}
	return !request || others && !given
}

// gives says whether what a variable leads to was given to the function around a literal in order to be
// wrapped: it is a parameter itself, or in the receiver of a type that makes one handler. Fields of
// other parameters, and of a server with many handlers, are what these work with.
func (m *machine) gives(c *closure, root *types.Var, fun ast.Expr) bool {
	_, direct := fun.(*ast.Ident)
	switch root.Kind() {
	case types.LocalVar:
		return false
	case types.RecvVar:
		return c.lit == nil || !m.makesHandlers(root.Type())
	}
	return direct
}

// makesHandlers says whether several methods of a type are handlers, or return some that they are not
// given.
func (m *machine) makesHandlers(t types.Type) bool {
	n := 0
	for _, method := range methodsOf(t) {
		sig := method.Signature()
		handles := signatureGrade(sig) == 3 && !isHelper(sig, false) && method.Name() != "ServeHTTP"
		if sig.Results().Len() > 0 && grade(sig.Results().At(0).Type()) > 0 {
			handles = true
		}
		for param := range sig.Params().Variables() {
			handles = handles && grade(param.Type()) == 0
		}
		if handles {
			n++
		}
	}
	return n > 1
}

// methodsOf returns the methods that are declared for a type, or for pointers to it.
func methodsOf(t types.Type) (all []*types.Func) {
	if named := namedType(t); named != nil {
		for method := range named.Methods() {
			all = append(all, method)
		}
	}
	return all
}

// isRequest says whether a type is *http.Request.
func isRequest(t types.Type) bool {
	named := namedType(t)
	return named != nil && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "net/http" && named.Obj().Name() == "Request"
}

// isPlain says whether a type is that of a text, a number, an error or anything: of what a
// handler answers, and not of a request.
func isPlain(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return true
	case *types.Interface:
		return u.NumMethods() == 0 || types.Identical(t, types.Universe.Lookup("error").Type())
	}
	return false
}

// rootOf returns the variable that x.y.z begins with.
func rootOf(e ast.Expr) *ast.Ident {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		default:
			return nil
		}
	}
}
