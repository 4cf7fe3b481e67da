package describe

import "go/types"

// A typeMap says which types stand for type parameters.
type typeMap map[*types.TypeParam]types.Type

// of returns t with type parameters replaced by what stands for them. Types that are
// declared in a generic function keep its type parameters.
func (m typeMap) of(t types.Type) types.Type {
	if len(m) == 0 || t == nil {
		return t
	}
	switch t := t.(type) {
	case *types.TypeParam:
		if actual := m[t]; actual != nil {
			return actual
		}
	case *types.Alias:
		return m.of(types.Unalias(t))
	case *types.Pointer:
		return types.NewPointer(m.of(t.Elem()))
	case *types.Slice:
		return types.NewSlice(m.of(t.Elem()))
	case *types.Array:
		return types.NewArray(m.of(t.Elem()), t.Len())
	case *types.Map:
		return types.NewMap(m.of(t.Key()), m.of(t.Elem()))
	case *types.Chan:
		return types.NewChan(t.Dir(), m.of(t.Elem()))
	case *types.Tuple:
		return m.tuple(t)
	case *types.Signature:
		return types.NewSignatureType(nil, nil, nil, m.tuple(t.Params()), m.tuple(t.Results()), t.Variadic())
	case *types.Struct:
		return m.structure(t)
	case *types.Named:
		return m.named(t)
	}
	return t
}

func (m typeMap) tuple(t *types.Tuple) *types.Tuple {
	vars := make([]*types.Var, t.Len())
	for i := range vars {
		v := t.At(i)
		vars[i] = types.NewParam(v.Pos(), v.Pkg(), v.Name(), m.of(v.Type()))
	}
	return types.NewTuple(vars...)
}

func (m typeMap) structure(t *types.Struct) types.Type {
	fields := make([]*types.Var, t.NumFields())
	tags := make([]string, t.NumFields())
	for i := range fields {
		f := t.Field(i)
		fields[i] = types.NewField(f.Pos(), f.Pkg(), f.Name(), m.of(f.Type()), f.Embedded())
		tags[i] = t.Tag(i)
	}
	return types.NewStruct(fields, tags)
}

func (m typeMap) named(t *types.Named) types.Type {
	args := t.TypeArgs()
	if args.Len() == 0 {
		return t
	}
	actual := make([]types.Type, args.Len())
	for i := range actual {
		actual[i] = m.of(args.At(i))
	}
	instance, err := types.Instantiate(nil, t.Origin(), actual, false)
	if err != nil {
		return t
	}
	return instance
}

// with returns m and what stands for params.
func (m typeMap) with(params *types.TypeParamList, args []types.Type) typeMap {
	if params.Len() == 0 || params.Len() != len(args) {
		return m
	}
	merged := typeMap{}
	for p, t := range m {
		merged[p] = t
	}
	for i := range params.Len() {
		merged[params.At(i)] = m.of(args[i])
	}
	return merged
}

// named returns the named type of t or of what t points to, or nil.
func namedOf(t types.Type) *types.Named {
	if t == nil {
		return nil
	}
	t = types.Unalias(t)
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, _ := t.(*types.Named)
	return n
}

// typeName returns the path of the package of t, or of what t points to, and its name:
// "net/http.Request"; "" for types without a name.
func typeName(t types.Type) string {
	n := namedOf(t)
	if n == nil {
		return ""
	}
	if n.Obj().Pkg() == nil {
		return n.Obj().Name()
	}
	return n.Obj().Pkg().Path() + "." + n.Obj().Name()
}

// deref returns what t points to, through any number of pointers.
func deref(t types.Type) types.Type {
	for t != nil {
		p, ok := t.Underlying().(*types.Pointer)
		if !ok {
			break
		}
		t = p.Elem()
	}
	return t
}
