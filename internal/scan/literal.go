package scan

import (
	"go/ast"
	"go/constant"
	"go/types"
)

// literal makes a closure of a function literal.
func (f *frame) literal(x *ast.FuncLit) value {
	return f.m.kept(&closure{typ: x.Type, body: x.Body, pkg: f.pkg, env: f.scope, targs: f.scope.targs, lit: x})
}

// element returns the cell of an element of a list, made for an assignment.
func (f *frame) element(x *ast.IndexExpr) *cell {
	l, ok := first[*list](f.eval(x.X))
	key := f.eval(x.Index)
	if !ok {
		return nil
	}
	if _, isMap := f.typeOf(x.X).Underlying().(*types.Map); isMap {
		for i, have := range l.keys {
			if same(have, key) {
				c := &cell{value: settled(l.elems[i]), branch: len(f.m.branches)}
				l.elems[i] = deferred{c}
				return c
			}
		}
		c := &cell{branch: len(f.m.branches)}
		l.keys, l.elems = append(l.keys, key), append(l.elems, deferred{c})
		return c
	}
	c := &cell{branch: len(f.m.branches)}
	if s, ok := key.(scalar); ok && s.Kind() == constant.Int {
		if i, exact := constant.Int64Val(s.Value); exact && i >= 0 && i < int64(len(l.elems)) {
			c.value = settled(l.elems[i])
			l.elems[i] = deferred{c}
			return c
		}
	}
	if len(l.elems) < mostRounds {
		l.elems = append(l.elems, deferred{c})
	}
	return c
}

// A deferred value is that of a cell.
type deferred struct{ cell *cell }

func (f *frame) indexed(x *ast.IndexExpr) value {
	if tv := f.pkg.TypesInfo.Types[x.Index]; tv.IsType() {
		return f.instance(x.X)
	}
	l, ok := first[*list](f.eval(x.X))
	key := f.eval(x.Index)
	if !ok {
		return nil
	}
	if l.keys != nil {
		for i, have := range l.keys {
			if same(have, key) {
				return settled(l.elems[i])
			}
		}
	} else if s, ok := key.(scalar); ok && s.Kind() == constant.Int {
		if i, exact := constant.Int64Val(s.Value); exact && i >= 0 && i < int64(len(l.elems)) {
			return settled(l.elems[i])
		}
	}
	var all value
	for i, elem := range l.elems {
		if i < mostChoices {
			all = join(all, settled(elem))
		}
	}
	return all
}

// settled returns the value that an element has now.
func settled(v value) value {
	if d, ok := v.(deferred); ok {
		return d.cell.value
	}
	return v
}

func (f *frame) slice(x *ast.SliceExpr) value {
	v := f.eval(x.X)
	bound := func(e ast.Expr, otherwise int) (int, bool) {
		if e == nil {
			return otherwise, true
		}
		s, ok := f.eval(e).(scalar)
		if !ok || s.Kind() != constant.Int {
			return 0, false
		}
		n, exact := constant.Int64Val(s.Value)
		return int(n), exact && n >= 0 && n <= int64(otherwise)
	}
	switch v := v.(type) {
	case text:
		low, ok := bound(x.Low, len(v))
		if x.Low == nil {
			low = 0
		}
		high, okHigh := bound(x.High, len(v))
		if v.known() && ok && okHigh && low <= high {
			return v[low:high]
		}
	case *list:
		low, ok := bound(x.Low, len(v.elems))
		if x.Low == nil {
			low = 0
		}
		high, okHigh := bound(x.High, len(v.elems))
		if ok && okHigh && low <= high && v.keys == nil {
			return &list{typ: v.typ, elems: v.elems[low:high:high], open: v.open}
		}
		return v
	}
	return nil
}

// composite evaluates a literal of a struct, an array, a slice or a map.
func (f *frame) composite(x *ast.CompositeLit, t types.Type) value {
	if pointer, ok := t.Underlying().(*types.Pointer); ok {
		t = pointer.Elem()
	}
	if fw := f.m.routerType(t); fw != nil {
		return f.m.newRouter(fw, x.Pos())
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		o := f.m.newObject(t, false)
		for i, elem := range x.Elts {
			name, e := "", elem
			if kv, ok := elem.(*ast.KeyValueExpr); ok {
				if id, ok := kv.Key.(*ast.Ident); ok {
					name, e = id.Name, kv.Value
				}
			} else if i < u.NumFields() {
				name = u.Field(i).Name()
			}
			o.fields[name] = &cell{value: f.elem(e, fieldType(u, name)), branch: len(f.m.branches)}
		}
		return o
	case *types.Slice:
		return f.listOf(x, t, u.Elem())
	case *types.Array:
		return f.listOf(x, t, u.Elem())
	case *types.Map:
		l := &list{typ: t, keys: []value{}}
		for _, elem := range x.Elts {
			if kv, ok := elem.(*ast.KeyValueExpr); ok {
				l.keys = append(l.keys, f.elem(kv.Key, u.Key()))
				l.elems = append(l.elems, f.elem(kv.Value, u.Elem()))
			}
		}
		return l
	}
	return nil
}

func fieldType(s *types.Struct, name string) types.Type {
	for i := range s.NumFields() {
		if s.Field(i).Name() == name {
			return s.Field(i).Type()
		}
	}
	return types.Typ[types.Invalid]
}

func (f *frame) listOf(x *ast.CompositeLit, t, elem types.Type) value {
	l := &list{typ: t}
	for _, e := range x.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		l.elems = append(l.elems, f.elem(e, elem))
	}
	return l
}

// elem evaluates an element of a literal, whose type may be left out.
func (f *frame) elem(e ast.Expr, t types.Type) value {
	if lit, ok := e.(*ast.CompositeLit); ok && lit.Type == nil {
		return f.composite(lit, f.resolve(t))
	}
	return f.eval(e)
}
