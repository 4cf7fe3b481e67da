package scan

import (
	"go/ast"
	"go/constant"
	"go/token"
)

func (f *frame) unary(x *ast.UnaryExpr) value {
	v := f.eval(x.X)
	switch x.Op {
	case token.AND:
		return v
	case token.NOT:
		if known, ok := truth(v); ok {
			return scalar{constant.MakeBool(!known)}
		}
	case token.SUB:
		if s, ok := v.(scalar); ok && (s.Kind() == constant.Int || s.Kind() == constant.Float) {
			return scalar{constant.UnaryOp(token.SUB, s.Value, 0)}
		}
	}
	return nil
}

func (f *frame) binary(x *ast.BinaryExpr) value {
	left := f.eval(x.X)
	switch x.Op {
	case token.LAND, token.LOR:
		if known, ok := truth(left); ok {
			if known == (x.Op == token.LOR) {
				return left
			}
			return f.eval(x.Y)
		}
		var right value
		f.m.maybe(func() { right = f.eval(x.Y) })
		if known, ok := truth(right); ok && known == (x.Op == token.LOR) {
			return right
		}
		return nil
	case token.ADD:
		return f.add(left, f.eval(x.Y))
	case token.SUB, token.MUL:
		return arithmetic(x.Op, left, f.eval(x.Y))
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		return compare(x.Op, left, f.eval(x.Y))
	}
	f.eval(x.Y)
	return nil
}

// add puts texts together, each alternative with each, and adds numbers.
func (f *frame) add(left, right value) value {
	return combine(left, right, func(a, b value) value {
		if a, ok := a.(text); ok {
			if b, ok := b.(text); ok && len(a)+len(b) < 4096 {
				return a + b
			}
			return nil
		}
		return arithmetic(token.ADD, a, b)
	})
}

func arithmetic(op token.Token, a, b value) value {
	left, ok := a.(scalar)
	right, isScalar := b.(scalar)
	if !ok || !isScalar || left.Kind() != constant.Int || right.Kind() != constant.Int ||
		constant.BitLen(left.Value) > 64 || constant.BitLen(right.Value) > 64 {
		return nil
	}
	return scalar{constant.BinaryOp(left.Value, op, right.Value)}
}

// combine applies fn to each alternative of a with each of b.
func combine(a, b value, fn func(a, b value) value) value {
	var all value
	n := 0
	for _, left := range alternatives(a) {
		for _, right := range alternatives(b) {
			v := fn(left, right)
			if n == 0 {
				all = v
			} else {
				all = join(all, v)
			}
			n++
		}
	}
	return all
}

// compare compares two values, and returns nil where it is not known how they compare.
func compare(op token.Token, a, b value) value {
	switch left := a.(type) {
	case text:
		right, ok := b.(text)
		if !ok || !left.known() || !right.known() {
			return nil
		}
		return scalar{constant.MakeBool(constant.Compare(constant.MakeString(string(left)), op, constant.MakeString(string(right))))}
	case scalar:
		right, ok := b.(scalar)
		if !ok || left.Kind() == constant.Unknown || right.Kind() == constant.Unknown {
			return nil
		}
		if (left.Kind() == constant.Bool) != (right.Kind() == constant.Bool) ||
			left.Kind() == constant.Bool && op != token.EQL && op != token.NEQ {
			return nil
		}
		return scalar{constant.MakeBool(constant.Compare(left.Value, op, right.Value))}
	case null:
		return isNil(op, b)
	}
	if _, ok := b.(null); ok {
		return isNil(op, a)
	}
	return nil
}

// isNil compares a value with nil.
func isNil(op token.Token, v value) value {
	var equal bool
	switch v := v.(type) {
	case null:
		equal = true
	case *closure:
		if v.body == nil {
			return nil // what a function outside the loaded source returned may be nil
		}
	case *router, *entry, *wrapped:
	case *object:
		if v.unknown {
			return nil
		}
	default:
		return nil
	}
	return scalar{constant.MakeBool(equal == (op == token.EQL))}
}
