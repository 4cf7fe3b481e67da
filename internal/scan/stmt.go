package scan

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// A flow is how a statement ends.
type flow int

const (
	falls     flow = iota // to the next one
	breaks                // out of the loop or switch
	continues             // with the next round
	leaves                // the function
)

// block executes statements in a scope of their own.
func (f *frame) block(stmts []ast.Stmt) flow {
	outer := f.scope
	f.scope = newScope(outer)
	defer func() { f.scope = outer }()
	for _, stmt := range stmts {
		if how := f.exec(stmt); how != falls {
			return how
		}
	}
	return falls
}

// exec executes a statement.
func (f *frame) exec(stmt ast.Stmt) flow {
	if !f.m.step() {
		return leaves
	}
	switch s := stmt.(type) {
	case *ast.BlockStmt:
		return f.block(s.List)
	case *ast.ExprStmt:
		f.eval(s.X)
		if f.neverReturns(s.X) {
			return leaves
		}
	case *ast.AssignStmt:
		f.assignment(s)
	case *ast.DeclStmt:
		f.declaration(s)
	case *ast.ReturnStmt:
		f.returnStmt(s)
		return leaves
	case *ast.IfStmt:
		return f.ifStmt(s)
	case *ast.ForStmt:
		return f.forStmt(s)
	case *ast.RangeStmt:
		return f.rangeStmt(s)
	case *ast.SwitchStmt:
		return f.switchStmt(s)
	case *ast.TypeSwitchStmt:
		return f.typeSwitch(s)
	case *ast.SelectStmt:
		return f.branches(s.Body.List, func(ast.Stmt) {}, true)
	case *ast.GoStmt:
		f.eval(s.Call)
	case *ast.DeferStmt:
		f.eval(s.Call)
	case *ast.LabeledStmt:
		return f.exec(s.Stmt)
	case *ast.SendStmt:
		f.eval(s.Value)
	case *ast.IncDecStmt:
		f.incDec(s)
	case *ast.BranchStmt:
		switch s.Tok {
		case token.BREAK:
			return breaks
		case token.CONTINUE:
			return continues
		}
	}
	return falls
}

// neverReturns says whether a call ends the program.
func (f *frame) neverReturns(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return false
	}
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		_, builtin := f.pkg.TypesInfo.Uses[fun].(*types.Builtin)
		return builtin && fun.Name == "panic"
	case *ast.SelectorExpr:
		if fn, ok := f.pkg.TypesInfo.Uses[fun.Sel].(*types.Func); ok {
			switch fn.FullName() {
			case "os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln", "runtime.Goexit":
				return true
			}
		}
	}
	return false
}

func (f *frame) incDec(s *ast.IncDecStmt) {
	c := f.place(s.X)
	if c == nil {
		return
	}
	op := token.ADD
	if s.Tok == token.DEC {
		op = token.SUB
	}
	if n, ok := c.value.(scalar); ok && n.Kind() == constant.Int {
		f.m.assign(c, scalar{constant.BinaryOp(n.Value, op, constant.MakeInt64(1))})
		return
	}
	f.m.assign(c, nil)
}

// assignment executes = := += and the like.
func (f *frame) assignment(s *ast.AssignStmt) {
	if s.Tok != token.ASSIGN && s.Tok != token.DEFINE {
		c := f.place(s.Lhs[0])
		right := f.eval(s.Rhs[0])
		if c != nil && s.Tok == token.ADD_ASSIGN {
			f.m.assign(c, f.add(f.eval(s.Lhs[0]), right))
		} else if c != nil {
			f.m.assign(c, nil)
		}
		return
	}
	var values []value
	if len(s.Rhs) == 1 && len(s.Lhs) > 1 {
		values = f.multi(s.Rhs[0])
	} else {
		for _, e := range s.Rhs {
			values = append(values, f.eval(e))
		}
	}
	for i, left := range s.Lhs {
		var v value
		if i < len(values) {
			v = values[i]
		}
		f.store(left, v, s.Tok == token.DEFINE)
		if len(s.Rhs) == len(s.Lhs) {
			f.derive(left, s.Rhs[i])
		}
	}
}

// store assigns a value to what an expression denotes.
func (f *frame) store(left ast.Expr, v value, define bool) {
	if id, ok := left.(*ast.Ident); ok {
		if id.Name == "_" {
			return
		}
		if obj := f.pkg.TypesInfo.Defs[id]; define && obj != nil {
			f.scope.set(obj, &cell{value: v, branch: len(f.m.branches)})
			return
		}
	}
	if c := f.place(left); c != nil {
		f.m.assign(c, v)
	}
}

func (f *frame) declaration(s *ast.DeclStmt) {
	decl, ok := s.Decl.(*ast.GenDecl)
	if !ok || decl.Tok != token.VAR {
		return
	}
	for _, spec := range decl.Specs {
		spec, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		var values []value
		if len(spec.Values) == 1 && len(spec.Names) > 1 {
			values = f.multi(spec.Values[0])
		} else {
			for _, e := range spec.Values {
				values = append(values, f.eval(e))
			}
		}
		for i, name := range spec.Names {
			obj := f.pkg.TypesInfo.Defs[name]
			if obj == nil {
				continue
			}
			c := &cell{branch: len(f.m.branches)}
			switch {
			case i < len(values):
				c.value = values[i]
			case len(spec.Values) == 0:
				c.value = f.zero(obj.Type())
			}
			f.scope.set(obj, c)
		}
	}
}

func (f *frame) returnStmt(s *ast.ReturnStmt) {
	switch {
	case len(s.Results) == 0:
		f.returns(f.namedResults())
	case len(s.Results) == 1:
		f.returns(f.multi(s.Results[0]))
	default:
		var values []value
		for _, e := range s.Results {
			values = append(values, f.eval(e))
		}
		f.returns(values)
	}
}

func (f *frame) ifStmt(s *ast.IfStmt) flow {
	outer := f.scope
	f.scope = newScope(outer)
	defer func() { f.scope = outer }()
	if s.Init != nil {
		f.exec(s.Init)
	}
	if known, ok := truth(f.eval(s.Cond)); ok {
		if known {
			return f.block(s.Body.List)
		}
		if s.Else != nil {
			return f.exec(s.Else)
		}
		return falls
	}
	then, otherwise := falls, falls
	f.m.either(true, func() { then = f.block(s.Body.List) }, func() {
		if s.Else != nil {
			otherwise = f.exec(s.Else)
		}
	})
	if then == otherwise {
		return then
	}
	return falls
}

// truth returns a known boolean.
func truth(v value) (known, ok bool) {
	if s, isScalar := v.(scalar); isScalar && s.Kind() == constant.Bool {
		return constant.BoolVal(s.Value), true
	}
	return false, false
}
