package describe

import (
	"go/ast"
	"go/token"
	"go/types"
)

// block reads statements in their order, and reports whether what follows them is not
// reached.
func (r *reader) block(f *frame, list []ast.Stmt) (ends bool) {
	for _, s := range list {
		if r.left <= 0 {
			return true
		}
		if r.statement(f, s) {
			return true
		}
	}
	return false
}

func (r *reader) statement(f *frame, s ast.Stmt) (ends bool) {
	switch s := s.(type) {
	case *ast.ExprStmt:
		r.eval(f, s.X)
		return panics(f, s.X)
	case *ast.AssignStmt:
		r.assign(f, s)
	case *ast.DeclStmt:
		r.declare(f, s)
	case *ast.ReturnStmt:
		r.returns(f, s)
		return true
	case *ast.BranchStmt:
		return s.Tok != token.FALLTHROUGH
	case *ast.BlockStmt:
		return r.block(f, s.List)
	case *ast.LabeledStmt:
		return r.statement(f, s.Stmt)
	case *ast.IfStmt:
		return r.ifElse(f, s)
	case *ast.SwitchStmt:
		return r.switches(f, s)
	case *ast.TypeSwitchStmt:
		r.typeSwitch(f, s)
	case *ast.SelectStmt:
		r.maybe(func() {
			for _, clause := range s.Body.List {
				if c, ok := clause.(*ast.CommClause); ok {
					if c.Comm != nil {
						r.statement(f, c.Comm)
					}
					r.block(f, c.Body)
				}
			}
		})
	case *ast.ForStmt:
		if s.Init != nil {
			r.statement(f, s.Init)
		}
		r.eval(f, s.Cond)
		r.maybe(func() { r.block(f, s.Body.List) })
	case *ast.RangeStmt:
		r.rangeOver(f, s)
	case *ast.DeferStmt:
		r.maybe(func() { r.eval(f, s.Call) })
	case *ast.GoStmt:
		r.maybe(func() { r.eval(f, s.Call) })
	case *ast.SendStmt:
		r.eval(f, s.Value)
	case *ast.IncDecStmt:
		r.assignTo(f, s.X, typed(f.typeOf(s.X)), false)
	}
	return false
}

// maybe reads what may not happen.
func (r *reader) maybe(read func()) {
	before := r.flow
	r.uncertain++
	read()
	r.uncertain--
	r.flow = before.or(r.flow)
}

// or returns what is known after one of two ways.
func (a flow) or(b flow) flow {
	joined := flow{status: union(a.status, b.status), media: a.media}
	if a.media != b.media {
		joined.media = ""
	}
	return joined
}

// panics reports whether a statement does not return.
func panics(f *frame, e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		_, builtin := f.pkg.TypesInfo.Uses[fun].(*types.Builtin)
		return builtin && fun.Name == "panic"
	case *ast.SelectorExpr:
		fn, ok := f.pkg.TypesInfo.Uses[fun.Sel].(*types.Func)
		return ok && (fn.FullName() == "os.Exit" || fn.FullName() == "log.Fatal" || fn.FullName() == "log.Fatalf")
	}
	return false
}

func (r *reader) assign(f *frame, s *ast.AssignStmt) {
	define := s.Tok == token.DEFINE
	if s.Tok != token.DEFINE && s.Tok != token.ASSIGN { // +=
		r.eval(f, s.Rhs[0])
		r.assignTo(f, s.Lhs[0], typed(f.typeOf(s.Lhs[0])), false)
		return
	}
	values := make([]*val, len(s.Lhs))
	if len(s.Rhs) == 1 && len(s.Lhs) > 1 {
		v := r.eval(f, s.Rhs[0])
		copy(values, v.spread(len(values)))
	} else {
		for i := range min(len(s.Rhs), len(values)) {
			values[i] = r.eval(f, s.Rhs[i])
		}
	}
	for i, to := range s.Lhs {
		r.assignTo(f, to, values[i], define)
	}
}

// spread returns n results of v: those of a tuple, or those of an expression with a comma
// and ok.
func (v *val) spread(n int) []*val {
	values := make([]*val, n)
	if v == nil {
		return values
	}
	if v.tuple != nil {
		copy(values, v.tuple)
		return values
	}
	values[0] = v
	if n == 2 {
		values[1] = &val{typ: types.Typ[types.Bool], present: v.params()}
	}
	return values
}

func (r *reader) assignTo(f *frame, to ast.Expr, v *val, define bool) {
	switch to := ast.Unparen(to).(type) {
	case *ast.Ident:
		if object := f.pkg.TypesInfo.Defs[to]; object != nil && define {
			f.define(object, v)
		} else if object := f.pkg.TypesInfo.Uses[to]; object != nil {
			f.set(object, v)
		}
	case *ast.SelectorExpr: // x.Data = v
		holder := r.eval(f, to.X)
		r.setMember(f, to.X, holder, to.Sel.Name, v)
	case *ast.IndexExpr: // m["data"] = v; header["Content-Type"] = v
		holder := r.eval(f, to.X)
		if keys, _ := r.eval(f, to.Index).strings(); len(keys) == 1 {
			r.setMember(f, to.X, holder, keys[0], v)
		}
	case *ast.StarExpr:
		r.eval(f, to.X)
	}
}

// setMember records a field or an element of a variable that is written out.
func (r *reader) setMember(f *frame, holder ast.Expr, v *val, name string, member *val) {
	id, ok := ast.Unparen(holder).(*ast.Ident)
	if !ok || v == nil || member == nil {
		return
	}
	object := f.pkg.TypesInfo.Uses[id]
	if object == nil {
		return
	}
	lit := &literalVal{values: map[string]*val{}}
	if v.lit != nil {
		lit.keys, lit.items, lit.node = append([]string(nil), v.lit.keys...), v.lit.items, v.lit.node
		for key, value := range v.lit.values {
			lit.values[key] = value
		}
	}
	if old, seen := lit.values[name]; seen {
		member = either(old, member)
	} else {
		lit.keys = append(lit.keys, name)
	}
	lit.values[name] = member
	changed := *v
	changed.lit, changed.more = lit, nil
	for at := f; at != nil; at = at.up {
		if _, ok := at.vars[object]; ok {
			at.vars[object] = &changed
			return
		}
	}
}

func (r *reader) declare(f *frame, s *ast.DeclStmt) {
	decl, ok := s.Decl.(*ast.GenDecl)
	if !ok || decl.Tok != token.VAR {
		return
	}
	for _, spec := range decl.Specs {
		spec, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		var values []*val
		for _, e := range spec.Values {
			values = append(values, r.eval(f, e))
		}
		if len(values) == 1 && len(spec.Names) > 1 {
			values = values[0].spread(len(spec.Names))
		}
		for i, name := range spec.Names {
			object := f.pkg.TypesInfo.Defs[name]
			if object == nil {
				continue
			}
			if i < len(values) {
				f.define(object, values[i])
				continue
			}
			f.vars[object] = &val{typ: f.types.of(object.Type()), zero: true}
		}
	}
}

func (r *reader) returns(f *frame, s *ast.ReturnStmt) {
	var values []*val
	for _, e := range s.Results {
		v := r.eval(f, e)
		r.returnsError(f, e)
		if len(s.Results) == 1 && v != nil && v.tuple != nil {
			values = v.tuple
			break
		}
		values = append(values, r.failed(v, f.typeOf(e)))
	}
	r.fallBack(values)
	if len(s.Results) == 0 {
		for _, object := range f.results {
			values = append(values, f.look(object))
		}
	}
	if f.returned == nil {
		f.returned = &val{tuple: values}
		return
	}
	merged := make([]*val, max(len(values), len(f.returned.tuple)))
	for i := range merged {
		merged[i] = either(at(f.returned.tuple, i), at(values, i))
	}
	f.returned = &val{tuple: merged}
}

// fallBack records that a helper that reads a parameter returns a constant without it.
func (r *reader) fallBack(values []*val) {
	if len(r.calls) == 0 || len(r.missing) != 1 || r.missing[0].In == "path" || len(values) == 0 || values[0] == nil || values[0].con == nil || r.missing[0].Default != nil {
		return
	}
	if text := values[0].con.ExactString(); text != `""` && text != "0" && text != "false" {
		r.missing[0].Default = values[0].con
	}
}

func at(values []*val, i int) *val {
	if 0 <= i && i < len(values) {
		return values[i]
	}
	return nil
}

// failed returns v, which is returned: an error that is returned because a parameter is
// missing says so.
func (r *reader) failed(v *val, t types.Type) *val {
	if len(r.missing) == 0 || v == nil || t == nil || len(v.absent) > 0 || !isError(t) {
		return v
	}
	w := *v
	w.absent = r.missing
	return &w
}

func isError(t types.Type) bool {
	if b, ok := t.(*types.Basic); ok && b.Kind() == types.UntypedNil {
		return false
	}
	return types.Implements(t, types.Universe.Lookup("error").Type().Underlying().(*types.Interface))
}

// rangeOver reads a loop over what is written out once for all elements.
func (r *reader) rangeOver(f *frame, s *ast.RangeStmt) {
	x := r.eval(f, s.X)
	var element *val
	if x != nil && x.lit != nil {
		for _, item := range x.lit.items {
			element = either(element, item)
		}
	}
	if element == nil && x != nil && x.param != nil {
		element = &val{typ: types.Typ[types.String], param: x.param}
	}
	if x != nil && x.part == fileSet { // of any name
		r.out.param("form", "file").File = true
	}
	define := s.Tok == token.DEFINE
	if s.Key != nil {
		r.assignTo(f, s.Key, typed(f.typeOf(s.Key)), define)
	}
	if s.Value != nil {
		if element == nil {
			element = typed(f.typeOf(s.Value))
		}
		r.assignTo(f, s.Value, element, define)
	}
	r.maybe(func() { r.block(f, s.Body.List) })
}
