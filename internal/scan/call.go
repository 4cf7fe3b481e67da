package scan

import (
	"go/ast"
	"go/token"
	"go/types"
)

// A call is one of a function of a framework.
type call struct {
	f    *frame
	expr *ast.CallExpr
	fn   *types.Func
	recv value
	args []value
}

func (c *call) pos() token.Pos {
	pos, _ := c.f.registration(c.expr)
	return pos
}

// arg returns an argument, or nil.
func (c *call) arg(i int) value {
	if i < len(c.args) {
		return c.args[i]
	}
	return nil
}

// tail returns the arguments from the i-th on, a list that is spread included.
func (c *call) tail(i int) []value {
	var all []value
	for ; i < len(c.args); i++ {
		if s, ok := c.args[i].(spread); ok {
			if l, ok := first[*list](s.value); ok {
				for _, elem := range l.elems {
					all = append(all, settled(elem))
				}
				continue
			}
			all = append(all, nil)
			continue
		}
		all = append(all, c.args[i])
	}
	return all
}

// text returns an argument that is a string.
func (c *call) text(i int) value {
	v := c.arg(i)
	if _, ok := first[text](v); ok {
		return v
	}
	if c.expr != nil && i < len(c.expr.Args) {
		return hole(types.ExprString(c.expr.Args[i]))
	}
	return hole("?")
}

// router returns the router that a method is called on.
func (c *call) router() *router {
	r, _ := first[*router](c.recv)
	return r
}

// call evaluates a call.
func (f *frame) call(x *ast.CallExpr) []value {
	fun := ast.Unparen(x.Fun)
	tv := f.pkg.TypesInfo.Types[fun]
	if tv.IsType() {
		return []value{f.convert(x)}
	}
	if id, ok := fun.(*ast.Ident); ok {
		if builtin, ok := f.pkg.TypesInfo.Uses[id].(*types.Builtin); ok {
			return []value{f.builtin(builtin.Name(), x)}
		}
	}
	if sel, ok := fun.(*ast.SelectorExpr); ok {
		if selection := f.pkg.TypesInfo.Selections[sel]; selection != nil && selection.Kind() == types.MethodVal {
			if fn, ok := selection.Obj().(*types.Func); ok {
				return f.callMethod(x, fn, f.receiver(sel, selection))
			}
		}
	}
	callee := f.eval(fun)
	args := f.arguments(x)
	var results []value
	called := false
	for _, one := range alternatives(callee) {
		c, ok := one.(*closure)
		if !ok {
			continue
		}
		results = merge(results, f.apply(x, c, args), called)
		called = true
	}
	if !called {
		return f.opaque(x, nil, args)
	}
	return results
}

// merge joins the results of calls.
func merge(a, b []value, both bool) []value {
	if !both {
		return b
	}
	for i := range b {
		if i < len(a) {
			a[i] = join(a[i], b[i])
		} else {
			a = append(a, b[i])
		}
	}
	return a
}

// callMethod calls a method on each of the values that its receiver may be.
func (f *frame) callMethod(x *ast.CallExpr, fn *types.Func, recv value) []value {
	args := f.arguments(x)
	var results []value
	for i, one := range alternatives(recv) {
		results = merge(results, f.callOn(x, fn, one, args), i > 0)
	}
	return results
}

// callOn calls a method on a value.
func (f *frame) callOn(x *ast.CallExpr, fn *types.Func, recv value, args []value) []value {
	fn, recv = f.m.dispatch(fn, recv)
	if lit, ok := recv.(*closure); ok && fn.Name() == "ServeHTTP" {
		return f.apply(x, lit, args)
	}
	if types.IsInterface(fn.Signature().Recv().Type()) && f.m.index.find(fn) == nil {
		if f.m.find(fn) == nil || recv == nil {
			if impls := f.m.index.implementations(fn); len(impls) > 0 && recv == nil {
				return f.callAll(x, impls, args)
			}
		}
	}
	return f.apply(x, f.m.closureOf(fn, recv), args)
}

// callAll calls all methods that implement that of an interface, on receivers of which nothing is
// known.
func (f *frame) callAll(x *ast.CallExpr, impls []*types.Func, args []value) []value {
	const most = 200
	var results []value
	n := 0
	for _, impl := range impls {
		c := f.m.closureOf(impl, nil)
		if len(impls) > 1 && !f.m.index.registers(c) || n >= most {
			continue
		}
		results = merge(results, f.apply(x, c, args), n > 0)
		n++
	}
	if n == 0 {
		return f.opaque(x, nil, args)
	}
	return results
}

// dispatch finds the method that is called on a value: that of its own type rather than
// of an interface, and that of an embedded field rather than of the struct around it.
func (m *machine) dispatch(fn *types.Func, recv value) (*types.Func, value) {
	for range 8 {
		o, ok := recv.(*object)
		if !ok || o.typ == nil || m.index.find(fn) != nil && !types.IsInterface(fn.Signature().Recv().Type()) {
			return fn, recv
		}
		t := o.typ
		if _, isPointer := t.Underlying().(*types.Pointer); !isPointer && !types.IsInterface(t) {
			t = types.NewPointer(t)
		}
		obj, path, _ := types.LookupFieldOrMethod(t, true, fn.Pkg(), fn.Name())
		found, ok := obj.(*types.Func)
		if !ok {
			return fn, recv
		}
		if len(path) <= 1 {
			return found, recv
		}
		f := &frame{m: m, scope: newScope(nil)}
		inner, _ := f.walk(recv, t, path[:len(path)-1])
		fn, recv = found, inner
		if recv == nil {
			return fn, nil
		}
	}
	return fn, recv
}

// apply calls a function with arguments.
func (f *frame) apply(x *ast.CallExpr, c *closure, args []value) []value {
	fn := c.fn
	if fn != nil {
		action := f.m.find(fn)
		if action == nil {
			action = actionOf(c.recv, fn.Name())
		}
		if action != nil {
			if c.expand && len(args) > 0 {
				c = f.m.closureOf(fn, args[0])
				args = args[1:]
			}
			return f.act(x, action, c, args)
		}
		if v, ok := f.library(x, fn, args); ok {
			return v
		}
		if check := f.m.checkOf(fn, args); check != nil {
			return []value{check}
		}
	}
	if c.body == nil {
		return f.opaque(x, fn, args)
	}
	if fn != nil && len(c.targs) == 0 {
		c = f.inferred(x, c)
	}
	if c.recvName != nil && c.recv == nil && !c.expand {
		c.recv = f.unknown(c.recvName.Type(), c.recvName.Name())
	}
	return f.wrapping(x, f.m.invoke(c, args, f, x), args)
}

// actionOf returns what a method does that is called through an interface of the program: nil
// unless recv is a router, or a route of one.
func actionOf(recv value, name string) action {
	switch recv := recv.(type) {
	case *router:
		if a := recv.fw.calls["."+name]; a != nil {
			return a
		}
		for _, typ := range recv.fw.types {
			if a := recv.fw.calls[typ+"."+name]; a != nil {
				return a
			}
		}
	case *entry:
		return recv.router.fw.calls["Route."+name]
	}
	return nil
}

// inferred adds the type arguments of a call that leaves them out.
func (f *frame) inferred(x *ast.CallExpr, c *closure) *closure {
	if c.fn.Signature().TypeParams().Len() == 0 {
		return c
	}
	if with, ok := f.instance(x.Fun).(*closure); ok && len(with.targs) > 0 {
		inferred := *c
		inferred.targs = with.targs
		return &inferred
	}
	return c
}

// act does what a function of a framework does.
func (f *frame) act(x *ast.CallExpr, action action, c *closure, args []value) []value {
	var all value
	recvs := alternatives(c.recv)
	for i, recv := range recvs {
		if recv == nil && c.fn.Signature().Recv() != nil {
			recv = f.unknownOnce(c.fn.Signature().Recv().Type(), x)
		}
		v := action(f.m, &call{f: f, expr: x, fn: c.fn, recv: recv, args: args})
		if i == 0 {
			all = v
		} else {
			all = join(all, v)
		}
	}
	return []value{all}
}

// arguments evaluates the arguments of a call.
func (f *frame) arguments(x *ast.CallExpr) []value {
	args := []value{}
	if len(x.Args) == 1 {
		if tuple, ok := f.pkg.TypesInfo.TypeOf(x.Args[0]).(*types.Tuple); ok && tuple.Len() > 1 {
			args = append(args, f.multi(x.Args[0])...)
			for len(args) < tuple.Len() {
				args = append(args, nil)
			}
			return args
		}
	}
	for i, e := range x.Args {
		v := f.eval(e)
		if x.Ellipsis.IsValid() && i == len(x.Args)-1 {
			v = spread{v}
		}
		args = append(args, v)
	}
	return args
}
