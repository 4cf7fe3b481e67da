package scan

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// variable returns the cell of a variable, one of the package included; it makes one where
// there is none.
func (f *frame) variable(obj *types.Var) *cell {
	if c := f.scope.find(obj); c != nil {
		return c
	}
	if g := f.m.index.vars[obj]; g != nil {
		return f.m.global(obj, g)
	}
	c := f.m.globals[obj]
	if c == nil {
		c = &cell{}
		if obj.Pkg() != nil && obj.Pkg().Path() == "net/http" && obj.Name() == "DefaultServeMux" {
			c.value = f.m.defaultServeMux()
		}
		f.m.globals[obj] = c
	}
	return c
}

// global returns the cell of a package variable, initialized when it is first needed.
func (m *machine) global(obj types.Object, g *global) *cell {
	if c := m.globals[obj]; c != nil {
		return c
	}
	c := &cell{}
	m.globals[obj] = c
	if len(g.spec.Values) == 0 {
		if _, isStruct := obj.Type().Underlying().(*types.Struct); isStruct {
			c.value = m.newObject(obj.Type(), true)
		}
		return c
	}
	branches := m.branches
	m.branches = nil
	defer func() { m.branches = branches }()
	f := &frame{m: m, pkg: g.pkg, scope: newScope(nil), params: map[types.Object]bool{}}
	if len(g.spec.Values) == 1 && len(g.spec.Names) > 1 {
		if values := f.multi(g.spec.Values[0]); g.i < len(values) {
			c.value = values[g.i]
		}
	} else if g.i < len(g.spec.Values) {
		c.value = f.eval(g.spec.Values[g.i])
	}
	if lit, ok := c.value.(*closure); ok && lit.lit != nil && lit.name == "" {
		lit.name, lit.doc = obj.Name(), g.spec.Doc
	}
	c.value = unswitched(c.value, 0)
	return c
}

// unswitched returns the value of a package variable without the switches in it: a configuration may
// change them.
func unswitched(v value, depth int) value {
	if _, isBool := truth(v); isBool {
		return nil
	}
	if o, ok := v.(*object); ok && depth < 4 {
		o.unknown = true
		for _, c := range o.fields {
			c.value = unswitched(c.value, depth+1)
		}
	}
	return v
}

// read returns the value of a variable. One of which nothing is known becomes something with
// the properties of its type, and stays the same from then on.
func (f *frame) read(c *cell, t types.Type, name string) value {
	if c == nil {
		return nil
	}
	if _, isNull := c.value.(null); isNull && f.m.routerType(t) != nil {
		c.value = nil
	}
	if c.value == nil {
		c.value = f.unknown(t, name)
	}
	return c.value
}

// unknown returns what is known of any value of a type.
func (f *frame) unknown(t types.Type, name string) value {
	if fw := f.m.routerType(t); fw != nil {
		return f.m.assumeRouter(fw, name)
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if u.Kind() == types.String {
			return hole(name)
		}
	case *types.Struct:
		return f.m.newObject(t, true)
	case *types.Pointer:
		if _, ok := u.Elem().Underlying().(*types.Struct); ok {
			return f.m.newObject(t, true)
		}
	}
	return nil
}

// zero returns the zero value of a type.
func (f *frame) zero(t types.Type) value {
	t = f.resolve(t)
	if fw := f.m.routerType(t); fw != nil {
		if _, ok := t.Underlying().(*types.Struct); ok {
			return f.m.newRouter(fw, token.NoPos)
		}
		return null{}
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		switch {
		case u.Kind() == types.String:
			return text("")
		case u.Info()&types.IsBoolean != 0:
			return scalar{constant.MakeBool(false)}
		case u.Info()&types.IsNumeric != 0:
			return scalar{constant.MakeInt64(0)}
		}
	case *types.Struct:
		return f.m.newObject(t, false)
	case *types.Slice, *types.Map, *types.Array:
		return &list{typ: t}
	case *types.Pointer, *types.Interface, *types.Signature, *types.Chan:
		return null{}
	}
	return nil
}

// walk follows a path of embedded fields.
func (f *frame) walk(v value, t types.Type, path []int) (value, types.Type) {
	for _, i := range path {
		s := structType(t)
		if s == nil || i >= s.NumFields() {
			return nil, types.Typ[types.Invalid]
		}
		field := s.Field(i)
		if _, isRouter := v.(*router); isRouter {
			return v, field.Type() // gin.Engine and its RouterGroup are one
		}
		v = f.read(f.fieldOf(v, field), f.resolve(field.Type()), field.Name())
		t = field.Type()
	}
	return v, t
}

// structType returns the struct that t is or points to, or nil.
func structType(t types.Type) *types.Struct {
	if pointer, ok := t.Underlying().(*types.Pointer); ok {
		t = pointer.Elem()
	}
	s, _ := t.Underlying().(*types.Struct)
	return s
}

// fieldOf returns the cell of a field, or nil where v is no object.
func (f *frame) fieldOf(v value, field *types.Var) *cell {
	o, ok := first[*object](v)
	if !ok {
		return nil
	}
	c := o.fields[field.Name()]
	if c == nil {
		c = &cell{branch: o.branch}
		if !o.unknown {
			c.value = f.zero(field.Type())
		}
		if _, isBool := truth(c.value); isBool {
			c.value = nil // a switch that is set by what is not followed
		}
		o.fields[field.Name()] = c
	}
	return c
}

// place returns the cell that an expression denotes, or nil.
func (f *frame) place(e ast.Expr) *cell {
	switch x := ast.Unparen(e).(type) {
	case *ast.Ident:
		obj, ok := f.pkg.TypesInfo.ObjectOf(x).(*types.Var)
		if !ok {
			return nil
		}
		return f.variable(obj)
	case *ast.StarExpr:
		return f.place(x.X)
	case *ast.SelectorExpr:
		selection := f.pkg.TypesInfo.Selections[x]
		if selection == nil {
			if obj, ok := f.pkg.TypesInfo.Uses[x.Sel].(*types.Var); ok {
				return f.variable(obj)
			}
			return nil
		}
		index := selection.Index()
		v, t := f.walk(f.eval(x.X), f.typeOf(x.X), index[:len(index)-1])
		s := structType(t)
		last := index[len(index)-1]
		if s == nil || last >= s.NumFields() {
			return nil
		}
		if r, ok := first[*router](v); ok {
			return r.field(s.Field(last).Name())
		}
		return f.fieldOf(v, s.Field(last))
	case *ast.IndexExpr:
		return f.element(x)
	}
	return nil
}
