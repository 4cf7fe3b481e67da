package scan

import (
	"go/ast"
	"go/constant"
	"go/types"
	"strconv"
	"strings"
)

// eval evaluates an expression. A string that is not known is a text with a hole.
func (f *frame) eval(e ast.Expr) value {
	if !f.m.step() {
		return nil
	}
	if tv, ok := f.pkg.TypesInfo.Types[e]; ok && tv.Value != nil {
		return constantValue(tv.Value)
	}
	v := f.evalExpr(e)
	if v == nil {
		if basic, ok := f.typeOf(e).Underlying().(*types.Basic); ok && basic.Kind() == types.String {
			return hole(types.ExprString(e))
		}
	}
	return v
}

// constantValue returns the value of a constant.
func constantValue(c constant.Value) value {
	if c.Kind() != constant.String {
		return scalar{c}
	}
	s := constant.StringVal(c)
	if strings.Contains(s, holeStart) || strings.Contains(s, holeEnd) {
		return hole(strconv.Quote(s))
	}
	return text(s)
}

// multi evaluates an expression of several values.
func (f *frame) multi(e ast.Expr) []value {
	switch x := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		return f.call(x)
	case *ast.TypeAssertExpr:
		return []value{f.eval(x), nil}
	case *ast.IndexExpr:
		v := f.eval(x)
		return []value{v, nil}
	}
	return []value{f.eval(e)}
}

func (f *frame) evalExpr(e ast.Expr) value {
	switch x := e.(type) {
	case *ast.Ident:
		return f.ident(x)
	case *ast.ParenExpr:
		return f.eval(x.X)
	case *ast.StarExpr:
		return f.eval(x.X)
	case *ast.UnaryExpr:
		return f.unary(x)
	case *ast.BinaryExpr:
		return f.binary(x)
	case *ast.SelectorExpr:
		return f.selector(x)
	case *ast.CallExpr:
		if results := f.call(x); len(results) > 0 {
			return results[0]
		}
	case *ast.CompositeLit:
		return f.composite(x, f.typeOf(x))
	case *ast.FuncLit:
		return f.literal(x)
	case *ast.IndexExpr:
		return f.indexed(x)
	case *ast.IndexListExpr:
		return f.instance(x.X)
	case *ast.SliceExpr:
		return f.slice(x)
	case *ast.TypeAssertExpr:
		v := f.eval(x.X)
		if x.Type == nil {
			return v
		}
		return f.m.asType(v, f.typeOf(x.Type))
	}
	return nil
}

// ident evaluates a name.
func (f *frame) ident(id *ast.Ident) value {
	obj := f.pkg.TypesInfo.Uses[id]
	if obj == nil {
		obj = f.pkg.TypesInfo.Defs[id]
	}
	switch obj := obj.(type) {
	case *types.Nil:
		return null{}
	case *types.Func:
		return f.instance(id)
	case *types.Var:
		return f.read(f.variable(obj), f.resolve(obj.Type()), obj.Name())
	}
	return nil
}

// instance evaluates the name of a function, with the type arguments it has here.
func (f *frame) instance(e ast.Expr) value {
	var id *ast.Ident
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		id = e
	case *ast.SelectorExpr:
		id = e.Sel
	default:
		return nil
	}
	fn, ok := f.pkg.TypesInfo.Uses[id].(*types.Func)
	if !ok {
		return nil
	}
	c := f.m.closureOf(fn, nil)
	if instance, ok := f.pkg.TypesInfo.Instances[id]; ok {
		params := fn.Origin().Signature().TypeParams()
		targs := map[*types.TypeParam]types.Type{}
		for i := range min(params.Len(), instance.TypeArgs.Len()) {
			targs[params.At(i)] = f.resolve(instance.TypeArgs.At(i))
		}
		c.targs = targs
	}
	return f.m.kept(c)
}

// closureOf returns the value of a declared function, with the receiver of a method value.
func (m *machine) closureOf(fn *types.Func, recv value) *closure {
	c := &closure{fn: fn, recv: recv, name: fn.Name()}
	found := m.index.find(fn)
	if found == nil {
		return c
	}
	c.typ, c.body, c.pkg, c.doc = found.decl.Type, found.decl.Body, found.pkg, found.decl.Doc
	if found.decl.Recv != nil && len(found.decl.Recv.List) > 0 && len(found.decl.Recv.List[0].Names) > 0 {
		c.recvName, _ = found.pkg.TypesInfo.Defs[found.decl.Recv.List[0].Names[0]].(*types.Var)
	}
	if recvType := fn.Signature().Recv(); recvType != nil {
		if named := namedType(recvType.Type()); named != nil && named.TypeArgs().Len() > 0 {
			params := fn.Origin().Signature().RecvTypeParams()
			c.targs = map[*types.TypeParam]types.Type{}
			for i := range min(params.Len(), named.TypeArgs().Len()) {
				c.targs[params.At(i)] = named.TypeArgs().At(i)
			}
		}
	}
	return c
}

// selector evaluates x.y: a field, a method value or expression, a name of a package.
func (f *frame) selector(x *ast.SelectorExpr) value {
	selection := f.pkg.TypesInfo.Selections[x]
	if selection == nil {
		return f.ident(x.Sel)
	}
	switch selection.Kind() {
	case types.FieldVal:
		return f.read(f.place(x), f.resolve(selection.Type()), types.ExprString(x))
	case types.MethodVal:
		fn, ok := selection.Obj().(*types.Func)
		if !ok {
			return nil
		}
		recv := f.receiver(x, selection)
		fn, recv = f.m.dispatch(fn, recv)
		return f.m.kept(f.m.closureOf(fn, recv))
	case types.MethodExpr:
		fn, ok := selection.Obj().(*types.Func)
		if !ok {
			return nil
		}
		c := f.m.closureOf(fn, nil)
		c.expand = true
		return c
	}
	return nil
}

// receiver evaluates what a method is called on, embedded fields included.
func (f *frame) receiver(x *ast.SelectorExpr, selection *types.Selection) value {
	v := f.eval(x.X)
	index := selection.Index()
	t := f.typeOf(x.X)
	v, t = f.walk(v, t, index[:len(index)-1])
	if v == nil {
		v = f.unknownOnce(t, x)
	}
	return v
}

// unknownOnce is unknown for the result of an expression.
func (f *frame) unknownOnce(t types.Type, at ast.Expr) value {
	fw := f.m.routerType(t)
	if fw == nil {
		return nil
	}
	if r := f.m.assumed[at]; r != nil {
		return r
	}
	r := f.m.assumeRouter(fw, types.ExprString(at))
	f.m.assumed[at] = r
	return r
}

// asType returns what of v has the type t, as an assertion does.
func (m *machine) asType(v value, t types.Type) value {
	var all value
	for _, one := range alternatives(v) {
		if o, ok := one.(*object); ok && o.typ != nil {
			if _, isInterface := t.Underlying().(*types.Interface); !isInterface && !m.sameNamed(o.typ, t) {
				continue
			}
		}
		if r, ok := one.(*router); ok {
			if fw := m.routerType(t); fw != nil && fw != r.fw {
				continue
			}
		}
		all = join(all, one)
	}
	return all
}

// sameNamed says whether two types are, or point to, the same named type.
func (m *machine) sameNamed(a, b types.Type) bool {
	left, right := namedType(a), namedType(b)
	if left == nil || right == nil {
		return types.Identical(a, b)
	}
	return left.Obj().Name() == right.Obj().Name() && left.Obj().Pkg() == right.Obj().Pkg()
}
