package scan

import (
	"go/ast"
	"go/token"
	"go/types"
)

// registration returns where something is registered: the call of the router, or where that is in
// a function that is given the path or in another module, the call of that function. Given are
// the functions that the latter call has as arguments; the handler is one of them.
func (f *frame) registration(x *ast.CallExpr) (pos token.Pos, given []*closure) {
	pos = calledAt(x)
	for range mostDepth {
		if f.caller == nil || f.site == nil || f.m.index.own[f.pkg] && !f.isWrapper(x) {
			break
		}
		args := f.args
		x, f = f.site, f.caller
		if !f.m.index.own[f.pkg] {
			continue
		}
		pos, given = calledAt(x), nil
		for _, arg := range flat(args) {
			if c, ok := first[*closure](arg); ok {
				given = append(given, c)
			}
		}
	}
	return pos, given
}

// calledAt returns the place of a call: that of the last name in a chain of calls.
func calledAt(x *ast.CallExpr) token.Pos {
	if sel, ok := ast.Unparen(x.Fun).(*ast.SelectorExpr); ok {
		return sel.Sel.Pos()
	}
	return x.Pos()
}

// isWrapper says whether a function registers for others: an argument that is a string comes
// from a parameter, or is nothing but a field of its receiver.
func (f *frame) isWrapper(x *ast.CallExpr) bool {
	for _, arg := range x.Args {
		tv := f.pkg.TypesInfo.Types[arg]
		if basic, ok := f.typeOf(arg).Underlying().(*types.Basic); !ok || basic.Kind() != types.String || tv.Value != nil {
			continue
		}
		if root := rootOf(arg); root != nil && f.recv != nil && f.pkg.TypesInfo.Uses[root] == f.recv {
			return true
		}
		if f.usesParam(arg) && !f.endsInConstant(arg) {
			return true
		}
	}
	return false
}

// endsInConstant says whether an expression is prefix + "/items": then the path is its own, below
// a prefix that is given.
func (f *frame) endsInConstant(e ast.Expr) bool {
	sum, ok := ast.Unparen(e).(*ast.BinaryExpr)
	return ok && f.pkg.TypesInfo.Types[sum.Y].Value != nil
}

// usesParam says whether an expression has a parameter in it, or a string made of one.
func (f *frame) usesParam(e ast.Expr) bool {
	uses := false
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && f.params[f.pkg.TypesInfo.Uses[id]] {
			uses = true
		}
		return !uses
	})
	return uses
}

// derive notes that a new variable is a string made of a parameter.
func (f *frame) derive(left, right ast.Expr) {
	id, ok := left.(*ast.Ident)
	if !ok {
		return
	}
	obj := f.pkg.TypesInfo.Defs[id]
	if obj == nil {
		return
	}
	if basic, ok := obj.Type().Underlying().(*types.Basic); ok && basic.Kind() == types.String && f.usesParam(right) {
		f.params[obj] = true
	}
}
