package scan

import (
	"go/ast"
	"go/constant"
	"go/types"
)

// convert evaluates a conversion.
func (f *frame) convert(x *ast.CallExpr) value {
	if len(x.Args) != 1 {
		return nil
	}
	v := f.eval(x.Args[0])
	if s, ok := v.(scalar); ok && s.Kind() == constant.Int {
		if basic, ok := f.typeOf(x).Underlying().(*types.Basic); ok && basic.Kind() == types.String {
			return nil
		}
	}
	if o, ok := v.(*object); ok && o.typ != nil && !types.IsInterface(f.typeOf(x)) {
		return &object{typ: f.typeOf(x), fields: o.fields, unknown: o.unknown, branch: o.branch}
	}
	return v
}

// builtin evaluates a call of a predeclared function.
func (f *frame) builtin(name string, x *ast.CallExpr) value {
	args := f.arguments(asValues(name, x))
	switch name {
	case "append":
		l, ok := first[*list](firstOf(args))
		if !ok {
			l = &list{typ: f.typeOf(x), open: firstOf(args) == nil}
		}
		grown := &list{typ: l.typ, elems: append([]value{}, l.elems...), open: l.open}
		for _, arg := range args[min(1, len(args)):] {
			if s, ok := arg.(spread); ok {
				more, ok := first[*list](s.value)
				if !ok {
					grown.open = true
					continue
				}
				grown.elems = append(grown.elems, more.elems...)
				grown.open = grown.open || more.open
				continue
			}
			grown.elems = append(grown.elems, arg)
		}
		if len(grown.elems) > 10*mostRounds {
			return l
		}
		return grown
	case "new", "make":
		if len(x.Args) == 0 {
			return nil
		}
		v := f.zero(f.typeOf(x.Args[0]))
		if l, ok := v.(*list); ok && name == "make" {
			l.elems = make([]value, madeLength(l.typ, args))
		}
		return v
	case "len":
		switch v := firstOf(args).(type) {
		case text:
			if v.known() {
				return scalar{constant.MakeInt64(int64(len(v)))}
			}
		case *list:
			if !v.open {
				return scalar{constant.MakeInt64(int64(len(v.elems)))}
			}
		}
	case "copy":
		to, ok := first[*list](firstOf(args))
		from, okFrom := first[*list](lastOf(args))
		if ok && okFrom {
			to.elems = append([]value{}, from.elems...)
		}
	}
	return nil
}

// madeLength returns the length of a slice that is made, where it is known and not too large.
func madeLength(t types.Type, args []value) int64 {
	if _, isSlice := t.Underlying().(*types.Slice); !isSlice || len(args) == 0 {
		return 0
	}
	if s, ok := args[0].(scalar); ok && s.Kind() == constant.Int {
		if n, exact := constant.Int64Val(s.Value); exact && n > 0 && n <= mostRounds {
			return n
		}
	}
	return 0
}

// asValues returns the call without the type that make and new take.
func asValues(name string, x *ast.CallExpr) *ast.CallExpr {
	if (name != "make" && name != "new") || len(x.Args) == 0 {
		return x
	}
	without := *x
	without.Args = x.Args[1:]
	return &without
}
