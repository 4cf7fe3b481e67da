package scan

import (
	"go/ast"
	"go/types"
)

// opaque is a call of a function that is not in the loaded source.
func (f *frame) opaque(x *ast.CallExpr, fn *types.Func, args []value) []value {
	results := make([]value, resultCount(f.pkg.TypesInfo.TypeOf(x)))
	for i, arg := range args {
		for _, one := range alternatives(unspread(arg)) {
			switch one := one.(type) {
			case *object:
				one.unknown = true
			case *router:
				f.escapes(x, fn, i)
			}
		}
	}
	if fn != nil && len(results) > 0 {
		results[0] = f.m.externalHandler(fn, f.pkg.TypesInfo.TypeOf(x))
	}
	return f.wrapping(x, results, args)
}

func unspread(v value) value {
	if s, ok := v.(spread); ok {
		return s.value
	}
	return v
}

// escapes notes that a router is given to a function that may register routes, and
// is not in the loaded source. One that takes any handler does not.
func (f *frame) escapes(x *ast.CallExpr, fn *types.Func, arg int) {
	if fn == nil || fn.Pkg() == nil || f.m.byPath[fn.Pkg().Path()] != nil {
		return
	}
	params := fn.Signature().Params()
	if params.Len() == 0 {
		return
	}
	t := params.At(min(arg, params.Len()-1)).Type()
	iface, isInterface := t.Underlying().(*types.Interface)
	if f.m.routerType(t) == nil && (!isInterface || iface.NumMethods() <= 1) {
		return
	}
	f.m.problem(x.Pos(), false, "routes that "+fn.FullName()+" registers are not seen: it is outside the scanned packages")
}

func resultCount(t types.Type) int {
	switch t := t.(type) {
	case nil:
		return 0
	case *types.Tuple:
		return t.Len()
	}
	return 1
}
