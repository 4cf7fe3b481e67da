package describe

import (
	"go/ast"
	"go/token"
	"net/http"
)

// ifElse reads an if. One that refuses a request because a parameter is missing makes it
// required; one that does something else makes it optional.
func (r *reader) ifElse(f *frame, s *ast.IfStmt) (ends bool) {
	if s.Init != nil {
		r.statement(f, s.Init)
	}
	cond := r.eval(f, s.Cond)
	if value, known := cond.truth(); known {
		if value {
			return r.block(f, s.Body.List)
		}
		return s.Else != nil && r.statement(f, s.Else)
	}
	if cond == nil {
		cond = &val{}
	}
	certain := r.uncertain == 0
	before := r.flow
	then := r.branch(cond.absent, func() bool { return r.block(f, s.Body.List) })
	then.returnsError = endsWithError(f, s.Body)
	afterThen := r.flow
	r.flow = before
	var otherwise branch
	if s.Else != nil {
		otherwise = r.branch(cond.present, func() bool { return r.statement(f, s.Else) })
	}
	switch {
	case then.ends && otherwise.ends:
	case then.ends: // r.flow is that of the other
	case otherwise.ends:
		r.flow = afterThen
	default:
		r.flow = afterThen.or(r.flow)
	}
	r.judge(cond.absent, then, certain)
	r.judge(cond.present, otherwise, certain && s.Else != nil)
	handedOn := then.ends && then.silent && cond.refused // if !ok { return }, where what returned ok has answered
	if then.ends != otherwise.ends && !then.fails() && !otherwise.fails() && !handedOn {
		r.uncertain++ // until the function ends
	}
	return then.ends && otherwise.ends && s.Else != nil
}

// A branch is what became of one.
type branch struct {
	ends         bool
	refuses      bool // it answers with an error, and nothing else
	returnsError bool
	silent       bool // it answers nothing
}

func (b branch) fails() bool { return b.ends && (b.refuses || b.returnsError) }

func (r *reader) branch(missing []*Param, read func() bool) branch {
	responses, outer := r.out.Responses, r.missing
	r.out.Responses, r.missing = nil, append(outer[:len(outer):len(outer)], missing...)
	r.uncertain++
	var b branch
	b.ends = read()
	r.uncertain--
	added := r.out.Responses
	r.out.Responses, r.missing = responses, outer
	b.refuses, b.silent = len(added) > 0, len(added) == 0
	for _, response := range added {
		if response.Status != 0 && response.Status < http.StatusBadRequest {
			b.refuses = false
		}
		r.out.respond(response)
	}
	return b
}

// judge says of parameters whether they are required, from what happens without them.
func (r *reader) judge(params []*Param, b branch, certain bool) {
	for _, p := range params {
		switch {
		case b.ends && b.refuses:
			if certain {
				p.Required = true
			}
		case b.ends && b.returnsError:
		default:
			p.optional = true
		}
	}
}

// endsWithError reports whether a block ends by returning an error, or false.
func endsWithError(f *frame, body *ast.BlockStmt) bool {
	if len(body.List) == 0 {
		return false
	}
	s, ok := body.List[len(body.List)-1].(*ast.ReturnStmt)
	if !ok || len(s.Results) == 0 {
		return false
	}
	last := f.pkg.TypesInfo.Types[s.Results[len(s.Results)-1]]
	if last.Type == nil {
		return false
	}
	if last.Value != nil {
		return last.Value.String() == "false"
	}
	return isError(last.Type)
}

func (r *reader) switches(f *frame, s *ast.SwitchStmt) (ends bool) {
	if s.Init != nil {
		r.statement(f, s.Init)
	}
	tag := boolVal(true)
	if s.Tag != nil {
		tag = r.eval(f, s.Tag)
	}
	chosen, known := r.chosen(f, s, tag)
	if known {
		return chosen != nil && r.block(f, withFallthrough(s.Body.List, chosen)) && !hasBreak(s.Body)
	}
	before := r.flow
	var after *flow
	exhaustive, all := false, true
	for _, clause := range s.Body.List {
		c, ok := clause.(*ast.CaseClause)
		if !ok {
			continue
		}
		exhaustive = exhaustive || c.List == nil
		r.flow = before
		if b := r.branch(nil, func() bool { return r.block(f, c.Body) }); !b.ends {
			all = false
			joined := r.flow
			if after != nil {
				joined = joined.or(*after)
			}
			after = &joined
		}
	}
	for _, p := range tag.params() {
		p.optional = p.optional || !exhaustive
	}
	r.flow = before
	if after != nil && exhaustive {
		r.flow = *after
	} else if after != nil {
		r.flow = before.or(*after)
	}
	return exhaustive && all && !hasBreak(s.Body)
}

// chosen returns the clause of a switch that is taken, if it is known.
func (r *reader) chosen(f *frame, s *ast.SwitchStmt, tag *val) (chosen *ast.CaseClause, known bool) {
	var fallback *ast.CaseClause
	known = true
	for _, clause := range s.Body.List {
		c, ok := clause.(*ast.CaseClause)
		if !ok {
			continue
		}
		if c.List == nil {
			fallback = c
		}
		for _, e := range c.List {
			switch value, sure := r.equal(tag, r.eval(f, e)).truth(); {
			case !sure:
				known = false
			case value && known:
				return c, true
			}
		}
	}
	return fallback, known
}

// withFallthrough returns the statements of a clause, and of those it falls through to.
func withFallthrough(clauses []ast.Stmt, chosen *ast.CaseClause) []ast.Stmt {
	var body []ast.Stmt
	through := false
	for _, clause := range clauses {
		c, ok := clause.(*ast.CaseClause)
		if !ok || c != chosen && !through {
			continue
		}
		body = append(body, c.Body...)
		through = false
		if n := len(c.Body); n > 0 {
			if b, ok := c.Body[n-1].(*ast.BranchStmt); ok && b.Tok == token.FALLTHROUGH {
				through = true
			}
		}
	}
	return body
}

// hasBreak reports whether a switch may be left by a break.
func hasBreak(body *ast.BlockStmt) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt, *ast.RangeStmt, *ast.FuncLit, *ast.SelectStmt:
			return false
		case *ast.SwitchStmt:
			return n.Body == body
		case *ast.BranchStmt:
			found = found || n.Tok == token.BREAK
		}
		return true
	})
	return found
}

func (r *reader) typeSwitch(f *frame, s *ast.TypeSwitchStmt) {
	if s.Init != nil {
		r.statement(f, s.Init)
	}
	var x *val
	switch a := s.Assign.(type) {
	case *ast.AssignStmt:
		x = r.eval(f, a.Rhs[0])
	case *ast.ExprStmt:
		x = r.eval(f, a.X)
	}
	before := r.flow
	after := before
	for _, clause := range s.Body.List {
		c, ok := clause.(*ast.CaseClause)
		if !ok {
			continue
		}
		if object := f.pkg.TypesInfo.Implicits[c]; object != nil {
			f.define(object, x.as(f.types.of(object.Type())))
		}
		r.flow = before
		if b := r.branch(nil, func() bool { return r.block(f, c.Body) }); !b.ends {
			after = after.or(r.flow)
		}
	}
	r.flow = after
}
