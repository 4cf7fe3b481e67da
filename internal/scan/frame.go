package scan

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/packages"
)

// A frame is an active function.
type frame struct {
	m       *machine
	pkg     *packages.Package
	scope   *scope
	caller  *frame
	site    *ast.CallExpr // the call in caller, or nil
	args    []value
	recv    types.Object
	params  map[types.Object]bool
	named   []*types.Var
	results []value
}

// typeOf returns the type of an expression, with the type parameters of the frame resolved.
func (f *frame) typeOf(e ast.Expr) types.Type {
	t := f.pkg.TypesInfo.TypeOf(e)
	if t == nil {
		return types.Typ[types.Invalid]
	}
	return f.resolve(t)
}

// resolve replaces a type parameter by its argument.
func (f *frame) resolve(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.TypeParam); ok && f.scope != nil {
		if arg := f.scope.targs[p]; arg != nil {
			return arg
		}
	}
	return t
}

// bind declares the parameters and the named results.
func (f *frame) bind(typ *ast.FuncType, args []value) {
	i := 0
	for _, field := range typ.Params.List {
		_, variadic := field.Type.(*ast.Ellipsis)
		for _, name := range field.Names {
			obj := f.pkg.TypesInfo.Defs[name]
			var v value
			switch {
			case variadic && args == nil:
				v = &list{open: true}
			case variadic:
				v = f.variadic(args, i)
			case i < len(args):
				v = args[i]
			}
			if obj != nil {
				f.scope.set(obj, &cell{value: v, branch: len(f.m.branches)})
				f.params[obj] = true
			}
			i++
		}
		if len(field.Names) == 0 {
			i++
		}
	}
	if typ.Results == nil {
		return
	}
	for _, field := range typ.Results.List {
		for _, name := range field.Names {
			if obj, ok := f.pkg.TypesInfo.Defs[name].(*types.Var); ok {
				f.scope.set(obj, &cell{value: f.zero(obj.Type()), branch: len(f.m.branches)})
				f.named = append(f.named, obj)
			}
		}
	}
}

// A spread is the argument of a call f(list...).
type spread struct{ value }

// variadic returns the arguments from the i-th on as a list.
func (f *frame) variadic(args []value, i int) value {
	if i >= len(args) {
		return &list{}
	}
	if s, ok := args[i].(spread); ok {
		if s.value == nil {
			return &list{open: true}
		}
		return s.value
	}
	return &list{elems: args[i:]}
}

// namedResults returns the values of the named results.
func (f *frame) namedResults() []value {
	var all []value
	for _, obj := range f.named {
		var v value
		if c := f.scope.find(obj); c != nil {
			v = c.value
		}
		all = append(all, v)
	}
	return all
}

// returns adds what a return statement returns to the results.
func (f *frame) returns(values []value) {
	if f.results == nil {
		f.results = values
		return
	}
	for i, v := range values {
		if i < len(f.results) {
			f.results[i] = join(f.results[i], v)
		} else {
			f.results = append(f.results, v)
		}
	}
}
