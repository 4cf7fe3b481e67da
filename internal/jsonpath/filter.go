package jsonpath

import (
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A logical is an expression that is true or false of a node.
type logical interface {
	holds(e *evaluation, at *Location) bool
}

type (
	or     []logical
	and    []logical
	not    struct{ operand logical }
	exists struct{ query *query }
)

func (o or) holds(e *evaluation, at *Location) bool {
	for _, operand := range o {
		if operand.holds(e, at) {
			return true
		}
	}
	return false
}

func (a and) holds(e *evaluation, at *Location) bool {
	for _, operand := range a {
		if !operand.holds(e, at) {
			return false
		}
	}
	return true
}

func (n not) holds(e *evaluation, at *Location) bool { return !n.operand.holds(e, at) }

func (x exists) holds(e *evaluation, at *Location) bool { return len(x.query.nodes(e, at)) > 0 }

// A query is one inside of a filter, from the node or from the root.
type query struct {
	absolute bool
	segments []segment
}

func (q *query) nodes(e *evaluation, at *Location) []*Location {
	if q.absolute {
		at = e.root
	}
	return e.query(q.segments, at)
}

// isSingular reports whether q selects one node at most: section 2.3.5.1.
func (q *query) isSingular() bool {
	for _, s := range q.segments {
		if s.descendant || len(s.selectors) != 1 {
			return false
		}
		switch s.selectors[0].(type) {
		case nameSelector, indexSelector:
		default:
			return false
		}
	}
	return true
}

// A comparable is what can be compared: a literal, a singular query or a function.
// Its value is nil if there is none.
type comparable interface {
	value(e *evaluation, at *Location) *tree.Node
}

type literal struct{ node *tree.Node }

func (l literal) value(*evaluation, *Location) *tree.Node { return l.node }

func (q *query) value(e *evaluation, at *Location) *tree.Node {
	if nodes := q.nodes(e, at); len(nodes) == 1 {
		return nodes[0].Node
	}
	return nil
}

// A comparison is one of section 2.3.5.2.2.
type comparison struct {
	left, right comparable
	operator    string
}

func (c comparison) holds(e *evaluation, at *Location) bool {
	l, r := c.left.value(e, at), c.right.value(e, at)
	switch c.operator {
	case "==":
		return e.equal(l, r)
	case "!=":
		return !e.equal(l, r)
	case "<":
		return less(l, r)
	case "<=":
		return less(l, r) || e.equal(l, r)
	case ">":
		return less(r, l)
	}
	return less(r, l) || e.equal(l, r)
}

// equal compares values; numbers by what they are, not how they are written.
func (e *evaluation) equal(l, r *tree.Node) bool {
	if !e.spend(1) {
		return false
	}
	if l == r {
		return true
	}
	if l == nil || r == nil || l.Kind != r.Kind {
		return false
	}
	switch l.Kind {
	case tree.Number:
		return l.Text == r.Text || number(l).Cmp(number(r)) == 0
	case tree.Array:
		if len(l.Items) != len(r.Items) {
			return false
		}
		for i := range l.Items {
			if !e.equal(l.Items[i], r.Items[i]) {
				return false
			}
		}
		return true
	case tree.Object:
		if len(l.Members) != len(r.Members) {
			return false
		}
		for _, m := range l.Members {
			if other := r.Get(m.Key); other == nil || !e.equal(m.Value, other) {
				return false
			}
		}
		return true
	}
	return l.Text == r.Text
}

func less(l, r *tree.Node) bool {
	switch {
	case l.Is(tree.Number) && r.Is(tree.Number):
		return number(l).Cmp(number(r)) < 0
	case l.Is(tree.String) && r.Is(tree.String):
		return l.Text < r.Text // bytes of UTF-8 have the order of code points
	}
	return false
}

// number returns what a node is. The parser of documents has bounded its digits.
func number(n *tree.Node) *big.Rat {
	if r, ok := new(big.Rat).SetString(n.Text); ok {
		return r
	}
	return new(big.Rat)
}

// A matcher is the function match or search: section 2.4.6.
type matcher struct {
	whole         bool
	text, pattern comparable
	compiled      *regexp.Regexp // of a literal
}

func (m *matcher) holds(e *evaluation, at *Location) bool {
	text := m.text.value(e, at)
	if !text.Is(tree.String) {
		return false
	}
	cost := 1 + len(text.Text)/64
	if m.compiled != nil {
		return e.spend(cost) && m.compiled.MatchString(text.Text)
	}
	p := m.pattern.value(e, at) // which whoever wrote the document may have chosen
	if !p.Is(tree.String) || len(p.Text) > maxPattern {
		return false
	}
	cost *= 1 + len(p.Text)
	if strings.Contains(p.Text, "{") {
		cost *= mostRepeated
	}
	if !e.spend(cost) {
		return false
	}
	expression := compile(p.Text, m.whole)
	return expression != nil && expression.MatchString(text.Text)
}

const (
	maxPattern = 1 << 10 // bytes

	// mostRepeated is how often a part of an expression can be repeated by numbers:
	// so much larger may it be when it is compiled.
	mostRepeated = 1000
)

// compile returns the regular expression of RFC 9485, nil if it is none. In it a
// dot is no line break, and ^ and $ are refused or match themselves nowhere.
func compile(pattern string, whole bool) *regexp.Regexp {
	if len(pattern) > maxPattern {
		return nil
	}
	pattern = dotted(pattern)
	if whole {
		pattern = `\A(?:` + pattern + `)\z`
	}
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return nil
	}
	return expression
}

// dotted returns a pattern in which each dot outside of a class excludes both
// kinds of line break.
func dotted(pattern string) string {
	var b strings.Builder
	class, escaped := false, false
	for _, r := range pattern {
		switch {
		case escaped:
			escaped = false
		case r == '\\':
			escaped = true
		case r == '[':
			class = true
		case r == ']':
			class = false
		case r == '.' && !class:
			b.WriteString(`[^\n\r]`)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// lengthOf is the function length: section 2.4.4.
type lengthOf struct{ of comparable }

func (l lengthOf) value(e *evaluation, at *Location) *tree.Node {
	n := l.of.value(e, at)
	switch {
	case n.Is(tree.String):
		return integer(utf8.RuneCountInString(n.Text))
	case n.Is(tree.Array):
		return integer(len(n.Items))
	case n.Is(tree.Object):
		return integer(len(n.Members))
	}
	return nil
}

// countOf is the function count: section 2.4.5.
type countOf struct{ of *query }

func (c countOf) value(e *evaluation, at *Location) *tree.Node {
	return integer(len(c.of.nodes(e, at)))
}

// valueOf is the function value: section 2.4.8.
type valueOf struct{ of *query }

func (v valueOf) value(e *evaluation, at *Location) *tree.Node { return v.of.value(e, at) }

func integer(n int) *tree.Node { return tree.NewNumber(big.NewInt(int64(n)).String()) }
