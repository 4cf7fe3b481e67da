package scan

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

func (f *frame) forStmt(s *ast.ForStmt) flow {
	outer := f.scope
	f.scope = newScope(outer)
	defer func() { f.scope = outer }()
	if s.Init != nil {
		f.exec(s.Init)
	}
	for round := 0; round < mostRounds; round++ {
		var known, ok bool
		if s.Cond != nil {
			known, ok = truth(f.eval(s.Cond))
		}
		if ok && !known {
			return falls
		}
		if !ok {
			how := falls
			f.m.maybe(func() { how = f.block(s.Body.List) })
			if s.Cond == nil && how == leaves {
				return leaves
			}
			return falls
		}
		// Each round has variables of its own, which literals may capture.
		scope := newScope(f.scope.parent)
		for obj, c := range f.scope.vars {
			scope.set(obj, &cell{value: c.value, branch: c.branch})
		}
		how := f.block(s.Body.List)
		for obj := range scope.vars {
			scope.vars[obj].value = f.scope.vars[obj].value
		}
		f.scope = scope
		if how == leaves {
			return leaves
		}
		if how == breaks || !f.m.step() {
			return falls
		}
		if s.Post != nil {
			f.exec(s.Post)
		}
	}
	return falls
}

func (f *frame) rangeStmt(s *ast.RangeStmt) flow {
	over := f.eval(s.X)
	round := func(key, elem value) flow {
		outer := f.scope
		f.scope = newScope(outer)
		defer func() { f.scope = outer }()
		if s.Key != nil {
			f.store(s.Key, key, s.Tok == token.DEFINE)
		}
		if s.Value != nil {
			f.derive(s.Value, s.X)
			f.store(s.Value, elem, s.Tok == token.DEFINE)
		}
		return f.block(s.Body.List)
	}
	if s.Key != nil {
		f.derive(s.Key, s.X)
	}
	if yieldsOne(f.typeOf(s.X)) {
		both := round
		round = func(_, elem value) flow { return both(elem, nil) }
	}
	unknown := func() flow {
		f.m.maybe(func() { round(nil, nil) })
		return falls
	}
	switch over := over.(type) {
	case *list:
		for i, elem := range over.elems {
			if i >= mostRounds || !f.m.step() {
				break
			}
			var key value = scalar{constant.MakeInt64(int64(i))}
			if over.keys != nil {
				key = over.keys[i]
			}
			how := round(key, settled(elem))
			if how == leaves {
				return leaves
			}
			if how == breaks {
				return falls
			}
		}
		if over.open {
			return unknown()
		}
		return falls
	case scalar:
		if n, exact := constant.Int64Val(constant.ToInt(over.Value)); exact {
			for i := int64(0); i < min(n, mostRounds) && f.m.step(); i++ {
				if how := round(scalar{constant.MakeInt64(i)}, nil); how == leaves {
					return leaves
				} else if how == breaks {
					return falls
				}
			}
			return falls
		}
	case choice:
		for _, one := range over {
			if l, ok := one.(*list); ok {
				for _, elem := range l.elems {
					f.m.maybe(func() { round(nil, settled(elem)) })
				}
			}
		}
		return falls
	}
	return unknown()
}

// yieldsOne says whether a type is that of an iterator over single values.
func yieldsOne(t types.Type) bool {
	sig, ok := t.Underlying().(*types.Signature)
	if !ok || sig.Params().Len() != 1 {
		return false
	}
	yield, ok := sig.Params().At(0).Type().Underlying().(*types.Signature)
	return ok && yield.Params().Len() == 1
}
