package scan

import (
	"go/ast"
	"go/constant"
	"go/token"
)

func (f *frame) switchStmt(s *ast.SwitchStmt) flow {
	outer := f.scope
	f.scope = newScope(outer)
	defer func() { f.scope = outer }()
	if s.Init != nil {
		f.exec(s.Init)
	}
	var tag value = scalar{constant.MakeBool(true)}
	if s.Tag != nil {
		tag = f.eval(s.Tag)
	}
	var fallback *ast.CaseClause
	certain := true
	for _, stmt := range s.Body.List {
		clause, ok := stmt.(*ast.CaseClause)
		if !ok {
			continue
		}
		if clause.List == nil {
			fallback = clause
		}
		for _, e := range clause.List {
			equal, ok := truth(compare(token.EQL, tag, f.eval(e)))
			certain = certain && ok
			if ok && equal && certain {
				return caught(f.block(clause.Body))
			}
		}
	}
	if certain {
		if fallback != nil {
			return caught(f.block(fallback.Body))
		}
		return falls
	}
	return f.branches(s.Body.List, func(ast.Stmt) {}, fallback != nil)
}

// caught is the flow after a switch that break leaves.
func caught(how flow) flow {
	if how == breaks {
		return falls
	}
	return how
}

// branches executes all clauses, of which one is taken; all says that one is for sure.
func (f *frame) branches(clauses []ast.Stmt, before func(ast.Stmt), all bool) flow {
	leaving := all && len(clauses) > 0
	var runs []func()
	for _, stmt := range clauses {
		runs = append(runs, func() {
			outer := f.scope
			f.scope = newScope(outer)
			defer func() { f.scope = outer }()
			before(stmt)
			how := falls
			switch clause := stmt.(type) {
			case *ast.CaseClause:
				how = f.block(clause.Body)
			case *ast.CommClause:
				if clause.Comm != nil {
					f.exec(clause.Comm)
				}
				how = f.block(clause.Body)
			}
			leaving = leaving && how == leaves
		})
	}
	f.m.either(all, runs...)
	if leaving {
		return leaves
	}
	return falls
}

func (f *frame) typeSwitch(s *ast.TypeSwitchStmt) flow {
	outer := f.scope
	f.scope = newScope(outer)
	defer func() { f.scope = outer }()
	if s.Init != nil {
		f.exec(s.Init)
	}
	var v value
	switch assign := s.Assign.(type) {
	case *ast.AssignStmt:
		if assert, ok := ast.Unparen(assign.Rhs[0]).(*ast.TypeAssertExpr); ok {
			v = f.eval(assert.X)
		}
	case *ast.ExprStmt:
		if assert, ok := ast.Unparen(assign.X).(*ast.TypeAssertExpr); ok {
			v = f.eval(assert.X)
		}
	}
	return f.branches(s.Body.List, func(clause ast.Stmt) {
		obj := f.pkg.TypesInfo.Implicits[clause]
		if obj == nil {
			return
		}
		f.scope.set(obj, &cell{value: f.m.asType(v, f.resolve(obj.Type())), branch: len(f.m.branches)})
	}, false)
}
