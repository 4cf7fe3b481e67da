package jsonpath

import (
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// logical reads a logical expression: RFC 9535 section 2.3.5.1.
func (p *parser) logical() (logical, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.fail("it is nested too deep")
	}
	defer func() { p.depth-- }()
	var all or
	for {
		operand, err := p.conjunction()
		if err != nil {
			return nil, err
		}
		all = append(all, operand)
		if p.blanks(); !p.skip("||") {
			return all, nil
		}
		p.blanks()
	}
}

func (p *parser) conjunction() (logical, error) {
	var all and
	for {
		operand, err := p.basic()
		if err != nil {
			return nil, err
		}
		all = append(all, operand)
		if p.blanks(); !p.skip("&&") {
			return all, nil
		}
		p.blanks()
	}
}

// basic reads an operand: one in parentheses, a comparison or a test.
func (p *parser) basic() (logical, error) {
	negated := p.skip("!")
	p.blanks()
	if p.skip("(") {
		p.blanks()
		inner, err := p.logical()
		if err != nil {
			return nil, err
		}
		if p.blanks(); !p.skip(")") {
			return nil, p.fail("a ) is expected")
		}
		return negate(inner, negated), nil
	}
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	before := p.at
	p.blanks()
	operator := p.operator()
	if operator == "" {
		p.at = before
		test, err := p.test(left)
		return negate(test, negated), err
	}
	if negated {
		return nil, p.fail("a comparison after ! needs parentheses")
	}
	p.blanks()
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	c := comparison{operator: operator}
	if c.left, err = p.comparable(left); err != nil {
		return nil, err
	}
	c.right, err = p.comparable(right)
	return c, err
}

func negate(l logical, negated bool) logical {
	if negated {
		return not{l}
	}
	return l
}

func (p *parser) operator() string {
	for _, operator := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if p.skip(operator) {
			return operator
		}
	}
	return ""
}

// test returns an operand that stands alone.
func (p *parser) test(operand any) (logical, error) {
	switch o := operand.(type) {
	case *query:
		return exists{o}, nil
	case *matcher:
		return o, nil
	}
	return nil, p.fail("a comparison is expected")
}

// comparable returns an operand of a comparison, or an argument that is a value.
func (p *parser) comparable(operand any) (comparable, error) {
	switch o := operand.(type) {
	case *query:
		if o.isSingular() {
			return o, nil
		}
		return nil, p.fail("a path that may select several nodes is no value; value(…) makes one of it")
	case comparable:
		return o, nil
	}
	return nil, p.fail("match and search are true or false, and no value")
}

// operand reads a literal, a query or a function.
func (p *parser) operand() (any, error) {
	switch c := p.peek(); {
	case c == '@' || c == '$':
		p.at++
		segments, err := p.segments()
		return &query{c == '$', segments}, err
	case c == '\'' || c == '"':
		text, err := p.quoted()
		return literal{tree.NewString(text)}, err
	case c >= 'a' && c <= 'z':
		return p.word()
	}
	n, err := p.number()
	return literal{n}, err
}

// word reads a literal or a function.
func (p *parser) word() (any, error) {
	start := p.at
	for c := p.peek(); c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_'; c = p.peek() {
		p.at++
	}
	word := p.text[start:p.at]
	if p.skip("(") {
		return p.function(word)
	}
	switch word {
	case "true", "false":
		return literal{tree.NewBool(word == "true")}, nil
	case "null":
		return literal{&tree.Node{}}, nil
	}
	p.at = start
	return nil, p.fail("%s is neither true, false, null nor a function", word)
}

// function reads the arguments of a function: section 2.4.
func (p *parser) function(name string) (any, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.fail("it is nested too deep")
	}
	defer func() { p.depth-- }()
	wanted := map[string]int{"length": 1, "count": 1, "value": 1, "match": 2, "search": 2}[name]
	if wanted == 0 {
		return nil, p.fail("there is no function %s; the functions are length, count, match, search and value", name)
	}
	var args []any
	for p.blanks(); !p.skip(")"); p.blanks() {
		if len(args) > 0 {
			if !p.skip(",") {
				return nil, p.fail("a comma or a ) is expected")
			}
			p.blanks()
		}
		arg, err := p.operand()
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
	}
	if len(args) != wanted {
		return nil, p.fail("%s has %d arguments", name, wanted)
	}
	return p.call(name, args)
}

// call returns a function of its arguments, which must be of the right types.
func (p *parser) call(name string, args []any) (any, error) {
	if name == "count" || name == "value" {
		of, ok := args[0].(*query)
		switch {
		case !ok:
			return nil, p.fail("%s is of a path", name)
		case name == "count":
			return countOf{of}, nil
		}
		return valueOf{of}, nil
	}
	first, err := p.comparable(args[0])
	if err != nil || name == "length" {
		return lengthOf{first}, err
	}
	m := &matcher{whole: name == "match", text: first}
	if m.pattern, err = p.comparable(args[1]); err != nil {
		return nil, err
	}
	if l, ok := m.pattern.(literal); ok && l.node.Is(tree.String) {
		if m.compiled = compile(l.node.Text, m.whole); m.compiled == nil {
			return nil, p.fail("%s is no regular expression", strings.TrimSpace(l.node.Text))
		}
	}
	return m, nil
}
