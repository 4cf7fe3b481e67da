package describe

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/packages"

	"github.com/mcpmount/mcpmount/internal/scan"
)

// assignments finds the functions behind the fields, variables and parameters of a program whose type is a
// function.
type assignments struct {
	sources map[*types.Var][]source
	owners  map[*types.Var]*types.Func // of parameters
	values  map[*types.Func]bool       // functions that are not only called
	dynamic map[string]bool            // names of methods that interfaces are called with
	bodies  map[*types.Func]body
	known   map[*types.Var]assigned
}

// A source is what is assigned: result i of an expression. It is not known what where expr is nil.
type source struct {
	pkg  *packages.Package
	expr ast.Expr
	i    int
}

// A body is the declaration of a function.
type body struct {
	pkg  *packages.Package
	decl *ast.FuncDecl
}

// assigned is what is known of a variable: its only function, or that there are several, or nothing.
type assigned struct {
	fn      *closure
	several bool
}

func newAssignments(pkgs []*packages.Package) *assignments {
	a := &assignments{sources: map[*types.Var][]source{}, owners: map[*types.Var]*types.Func{}, values: map[*types.Func]bool{},
		dynamic: map[string]bool{}, bodies: map[*types.Func]body{}, known: map[*types.Var]assigned{}}
	for _, pkg := range pkgs {
		in := collected{assignments: a, pkg: pkg, called: map[*ast.Ident]bool{}}
		for _, file := range pkg.Syntax {
			ast.Inspect(file, in.node)
		}
	}
	return a
}

// collected is the assignments of one package, as far as they are read.
type collected struct {
	*assignments
	pkg    *packages.Package
	called map[*ast.Ident]bool // names of functions where they are called
}

// node notes what a node assigns. A call is visited before the name of what it calls.
func (in collected) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		in.declare(n)
	case *ast.AssignStmt:
		in.list(n.Lhs, n.Rhs)
	case *ast.ValueSpec:
		names := make([]ast.Expr, len(n.Names))
		for i, name := range n.Names {
			names[i] = name
		}
		in.list(names, n.Values)
	case *ast.CompositeLit:
		in.composite(n)
	case *ast.RangeStmt:
		in.add(in.variable(n.Key), source{})
		in.add(in.variable(n.Value), source{})
	case *ast.UnaryExpr:
		if n.Op == token.AND { // set by who gets the pointer
			in.add(in.variable(n.X), source{})
		}
	case *ast.CallExpr:
		in.call(n)
	case *ast.Ident:
		if fn, ok := in.pkg.TypesInfo.Uses[n].(*types.Func); ok && !in.called[n] {
			in.values[fn.Origin()] = true
		}
	}
	return true
}

func (in collected) declare(decl *ast.FuncDecl) {
	fn, ok := in.pkg.TypesInfo.Defs[decl.Name].(*types.Func)
	if !ok || decl.Body == nil {
		return
	}
	in.bodies[fn] = body{in.pkg, decl}
	for param := range fn.Signature().Params().Variables() {
		if isFunction(param.Type()) {
			in.owners[param] = fn
		}
	}
}

// list notes an assignment of some values to as many variables, or of the results of one.
func (in collected) list(to, from []ast.Expr) {
	for i, e := range to {
		switch {
		case len(from) == len(to):
			in.add(in.variable(e), source{in.pkg, from[i], 0})
		case len(from) == 1:
			in.add(in.variable(e), source{in.pkg, from[0], i})
		}
	}
}

func (in collected) composite(lit *ast.CompositeLit) {
	t := in.pkg.TypesInfo.TypeOf(lit)
	if t == nil {
		return
	}
	structure, ok := deref(t).Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i, element := range lit.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			in.add(in.variable(pair.Key), source{in.pkg, pair.Value, 0})
		} else if i < structure.NumFields() {
			in.add(structure.Field(i), source{in.pkg, element, 0})
		}
	}
}

// call notes what the parameters of a function get.
func (in collected) call(e *ast.CallExpr) {
	id := nameOf(e.Fun)
	if id == nil {
		return
	}
	in.called[id] = true
	fn, ok := in.pkg.TypesInfo.Uses[id].(*types.Func)
	if !ok || len(e.Args) == 0 {
		return
	}
	if recv := fn.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
		in.dynamic[fn.Name()] = true
		return
	}
	if selection := in.selection(e.Fun); selection != nil && selection.Kind() == types.MethodExpr {
		in.values[fn.Origin()] = true
		return
	}
	params := fn.Origin().Signature().Params()
	_, several := in.pkg.TypesInfo.TypeOf(e.Args[0]).(*types.Tuple)
	for i := range params.Len() {
		switch {
		case several:
			in.add(params.At(i), source{in.pkg, e.Args[0], i})
		case i < len(e.Args): // what is variadic is a slice
			in.add(params.At(i), source{in.pkg, e.Args[i], 0})
		}
	}
}

func (in collected) add(v *types.Var, s source) {
	if v == nil || !isFunction(v.Type()) {
		return
	}
	if s.expr != nil && in.pkg.TypesInfo.Types[ast.Unparen(s.expr)].IsNil() {
		return // that it may be missing tells nothing of what it is
	}
	in.sources[v.Origin()] = append(in.sources[v.Origin()], s)
}

// variable returns the variable or field that an expression denotes, or nil.
func (in collected) variable(e ast.Expr) *types.Var {
	if id := nameOf(e); id != nil {
		v, _ := in.pkg.TypesInfo.ObjectOf(id).(*types.Var)
		return v
	}
	return nil
}

// selection returns what x.y selects, or nil.
func (in collected) selection(e ast.Expr) *types.Selection {
	sel, _ := ast.Unparen(e).(*ast.SelectorExpr)
	return in.pkg.TypesInfo.Selections[sel]
}

// nameOf returns the name of the variable, field or function that an expression denotes, or nil.
func nameOf(e ast.Expr) *ast.Ident {
	if e == nil {
		return nil
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return e.Sel
	case *ast.IndexExpr:
		return nameOf(e.X)
	case *ast.IndexListExpr:
		return nameOf(e.X)
	}
	return nil
}

func isFunction(t types.Type) bool {
	_, ok := t.Underlying().(*types.Signature)
	return ok
}

// of returns what is known of a variable whose type is a function.
func (a *assignments) of(v *types.Var) assigned {
	v = v.Origin()
	if known, ok := a.known[v]; ok {
		return known
	}
	a.known[v] = assigned{} // so that what is assigned to itself ends
	if owner := a.owners[v]; owner != nil && (a.values[owner] || owner.Signature().Recv() != nil && a.dynamic[owner.Name()]) {
		return assigned{}
	}
	var all []assigned
	for _, s := range a.sources[v] {
		all = append(all, a.source(s))
	}
	a.known[v] = only(all)
	return a.known[v]
}

// only returns what is known of what is one of all.
func only(all []assigned) assigned {
	if len(all) == 0 {
		return assigned{}
	}
	found := all[0]
	for _, other := range all[1:] {
		switch {
		case found.fn == nil || other.fn == nil:
			found = assigned{several: found.several || other.several}
		case found.fn.fn.Body != other.fn.fn.Body || found.fn.object != other.fn.object:
			found = assigned{several: true}
		}
	}
	return found
}

// source returns what is known of what is assigned.
func (a *assignments) source(s source) assigned {
	if s.expr == nil {
		return assigned{}
	}
	switch e := ast.Unparen(s.expr).(type) {
	case *ast.FuncLit:
		return assigned{fn: &closure{fn: scan.Func{Pkg: s.pkg, Type: e.Type, Body: e.Body}, at: s.pkg.Fset.Position(e.Pos()).String()}}
	case *ast.CallExpr:
		return a.result(s, e)
	}
	id := nameOf(s.expr)
	if id == nil {
		return assigned{}
	}
	switch object := s.pkg.TypesInfo.Uses[id].(type) {
	case *types.Var:
		if _, indexed := ast.Unparen(s.expr).(*ast.IndexExpr); !indexed && isFunction(object.Type()) {
			return a.of(object)
		}
	case *types.Func:
		return assigned{fn: declaredIn(s, id, object)}
	}
	return assigned{}
}

// declaredIn returns a declared function, or a method value; nil for a method expression.
func declaredIn(s source, id *ast.Ident, fn *types.Func) *closure {
	c := &closure{object: fn}
	if sel, ok := ast.Unparen(s.expr).(*ast.SelectorExpr); ok {
		if selection := s.pkg.TypesInfo.Selections[sel]; selection != nil {
			if selection.Kind() != types.MethodVal {
				return nil
			}
			c.receiver = typed(selection.Recv())
		}
	}
	if instance, ok := s.pkg.TypesInfo.Instances[id]; ok {
		args := make([]types.Type, instance.TypeArgs.Len())
		for i := range args {
			args[i] = instance.TypeArgs.At(i)
		}
		c.fn.TypeArgs = typeMap{}.with(fn.Origin().Signature().TypeParams(), args)
	}
	return c
}

// result returns what is known of a result of a call: a conversion, or a function that returns one.
func (a *assignments) result(s source, e *ast.CallExpr) assigned {
	if s.pkg.TypesInfo.Types[e.Fun].IsType() && len(e.Args) == 1 {
		return a.source(source{s.pkg, e.Args[0], 0})
	}
	id := nameOf(e.Fun)
	if id == nil {
		return assigned{}
	}
	fn, ok := s.pkg.TypesInfo.Uses[id].(*types.Func)
	if !ok {
		return assigned{}
	}
	made, ok := a.bodies[fn.Origin()]
	if !ok {
		return assigned{}
	}
	var all []assigned
	for _, statement := range returnsOf(made.decl.Body) {
		if s.i >= len(statement.Results) {
			return assigned{}
		}
		returned := ast.Unparen(statement.Results[s.i])
		call, isCall := returned.(*ast.CallExpr)
		switch {
		case made.pkg.TypesInfo.Types[returned].IsNil():
			continue // with an error
		case isCall && !made.pkg.TypesInfo.Types[call.Fun].IsType():
			return assigned{} // constructors take one step
		}
		all = append(all, a.source(source{made.pkg, returned, 0}))
	}
	return only(all)
}

// returnsOf returns the return statements of a function, without those of literals in it.
func returnsOf(body *ast.BlockStmt) (all []*ast.ReturnStmt) {
	ast.Inspect(body, func(n ast.Node) bool {
		if s, ok := n.(*ast.ReturnStmt); ok {
			all = append(all, s)
		}
		_, literal := n.(*ast.FuncLit)
		return !literal
	})
	return all
}
