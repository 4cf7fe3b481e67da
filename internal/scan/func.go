package scan

import (
	"go/ast"
	"go/constant"
	"go/types"
)

// funcOf returns the function that a closure is.
func (m *machine) funcOf(c *closure, depth int) *Func {
	fn := &Func{Name: c.name, Doc: c.doc, Pkg: c.pkg, Type: c.typ, Body: c.body, TypeArgs: c.targs}
	if c.fn != nil && c.lit == nil {
		fn.Name = funcName(c.fn)
		if c.body == nil && c.fn.Pkg() != nil && c.fn.Signature().Recv() == nil {
			fn.Name = c.fn.Pkg().Name() + "." + c.fn.Name()
		}
	}
	if c.lit == nil || c.env == nil || depth > 2 {
		return fn
	}
	ast.Inspect(c.body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		obj, ok := c.pkg.TypesInfo.Uses[id].(*types.Var)
		if !ok || fn.Bound[obj] != (Value{}) {
			return true
		}
		bound := c.env.find(obj)
		if bound == nil {
			return true
		}
		if v := m.boundValue(bound.value, obj.Type(), depth); v != (Value{}) {
			if fn.Bound == nil {
				fn.Bound = map[types.Object]Value{}
			}
			fn.Bound[obj] = v
		}
		return true
	})
	return fn
}

// boundValue returns what is known of a captured variable.
func (m *machine) boundValue(v value, t types.Type, depth int) Value {
	switch v := v.(type) {
	case text:
		if v.known() {
			return Value{Const: types.TypeAndValue{Type: t, Value: constant.MakeString(string(v))}}
		}
	case scalar:
		return Value{Const: types.TypeAndValue{Type: t, Value: v.Value}}
	case *closure:
		return Value{Func: m.funcOf(v, depth+1)}
	case *wrapped:
		return m.boundValue(v.inner, t, depth+1)
	}
	return Value{}
}

// funcName is "GetItem" or "(*API).GetItem".
func funcName(fn *types.Func) string {
	recv := fn.Signature().Recv()
	if recv == nil {
		return fn.Name()
	}
	named := namedType(recv.Type())
	if named == nil {
		return fn.Name()
	}
	if _, isPointer := types.Unalias(recv.Type()).(*types.Pointer); isPointer {
		return "(*" + named.Obj().Name() + ")." + fn.Name()
	}
	return named.Obj().Name() + "." + fn.Name()
}
