package jsonpath

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// maxLength bounds a query, in bytes, and maxNesting the brackets in it.
const (
	maxLength  = 16 << 10
	maxNesting = 100
)

// Parse reads a query. Its errors say where it is wrong.
func Parse(text string) (*Path, error) {
	p := &parser{text: text}
	if len(text) > maxLength {
		return nil, fmt.Errorf("it has more than %d bytes", maxLength)
	}
	if !utf8.ValidString(text) {
		return nil, errors.New("it is not UTF-8")
	}
	if !p.skip("$") {
		return nil, p.fail("a path begins with $")
	}
	segments, err := p.segments()
	if err == nil && p.at < len(text) {
		err = p.fail("a segment such as .name or ['name'] is expected")
	}
	if err != nil {
		return nil, err
	}
	return &Path{segments}, nil
}

type parser struct {
	text  string
	at    int
	depth int
}

func (p *parser) fail(format string, args ...any) error {
	return fmt.Errorf("at character %d: %s", utf8.RuneCountInString(p.text[:p.at])+1, fmt.Sprintf(format, args...))
}

func (p *parser) rest() string { return p.text[p.at:] }

// skip goes beyond a token, if it is there.
func (p *parser) skip(token string) bool {
	if !strings.HasPrefix(p.rest(), token) {
		return false
	}
	p.at += len(token)
	return true
}

func (p *parser) blanks() {
	p.at += len(p.rest()) - len(strings.TrimLeft(p.rest(), " \t\r\n"))
}

func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// segments reads those of a query: RFC 9535 section 2.5.
func (p *parser) segments() ([]segment, error) {
	var list []segment
	for {
		before := p.at
		p.blanks()
		var s segment
		var err error
		switch {
		case p.skip(".."):
			s.descendant = true
			if p.peek() == '[' {
				s.selectors, err = p.bracketed()
			} else {
				s.selectors, err = p.shorthand()
			}
		case p.skip("."):
			s.selectors, err = p.shorthand()
		case p.peek() == '[':
			s.selectors, err = p.bracketed()
		default:
			p.at = before
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
}

// shorthand reads what follows a dot.
func (p *parser) shorthand() ([]selector, error) {
	if p.skip("*") {
		return []selector{wildcard{}}, nil
	}
	start := p.at
	for i, r := range p.rest() {
		if r != '_' && r < 0x80 && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			break
		}
		p.at = start + i + utf8.RuneLen(r)
	}
	if p.at == start {
		return nil, p.fail("a name is expected; other names than words are written ['…']")
	}
	return []selector{nameSelector(p.text[start:p.at])}, nil
}

// bracketed reads selectors in brackets.
func (p *parser) bracketed() ([]selector, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.fail("it is nested too deep")
	}
	defer func() { p.depth-- }()
	p.skip("[")
	var list []selector
	for {
		p.blanks()
		s, err := p.selector()
		if err != nil {
			return nil, err
		}
		list = append(list, s)
		p.blanks()
		switch {
		case p.skip("]"):
			return list, nil
		case !p.skip(","):
			return nil, p.fail("a ] or a comma is expected")
		}
	}
}

func (p *parser) selector() (selector, error) {
	switch c := p.peek(); {
	case c == '\'' || c == '"':
		name, err := p.quoted()
		return nameSelector(name), err
	case p.skip("*"):
		return wildcard{}, nil
	case p.skip("?"):
		p.blanks()
		test, err := p.logical()
		return filter{test}, err
	}
	return p.indexOrSlice()
}

func (p *parser) indexOrSlice() (selector, error) {
	start, err := p.optionalInt()
	if err != nil {
		return nil, err
	}
	after := p.at
	p.blanks()
	if !p.skip(":") {
		p.at = after
		if start == nil {
			return nil, p.fail("a selector is expected: 'name', *, 0, 0:2 or ?…")
		}
		return indexSelector(*start), nil
	}
	p.blanks()
	s := slice{start: start}
	if s.end, err = p.optionalInt(); err != nil {
		return nil, err
	}
	after = p.at
	p.blanks()
	if !p.skip(":") {
		p.at = after
		return s, nil
	}
	p.blanks()
	after = p.at
	if s.step, err = p.optionalInt(); s.step == nil {
		p.at = after
	}
	return s, err
}

// optionalInt reads a whole number as section 2.1 has it, nil if there is none.
func (p *parser) optionalInt() (*int, error) {
	start := p.at
	p.skip("-")
	digits := p.digits()
	text := p.text[start:p.at]
	if digits == "" {
		if text != "" {
			return nil, p.fail("a number is expected")
		}
		return nil, nil
	}
	const most = 1<<53 - 1
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > most || n < -most || digits[0] == '0' && text != "0" {
		p.at = start
		return nil, p.fail("%s is no whole number up to 2^53", text)
	}
	i := int(n)
	return &i, nil
}

func (p *parser) digits() string {
	start := p.at
	for p.peek() >= '0' && p.peek() <= '9' {
		p.at++
	}
	return p.text[start:p.at]
}

// quoted reads a string literal: section 2.3.1.1.
func (p *parser) quoted() (string, error) {
	quote := p.peek()
	p.at++
	var b strings.Builder
	for {
		r, size := utf8.DecodeRuneInString(p.rest())
		switch {
		case size == 0:
			return "", p.fail("a quote is missing")
		case r < ' ':
			return "", p.fail("a text must not have control characters")
		case r == rune(quote):
			p.at++
			return b.String(), nil
		case r == '\\':
			escaped, err := p.escape(quote)
			if err != nil {
				return "", err
			}
			b.WriteRune(escaped)
		default:
			b.WriteRune(r)
			p.at += size
		}
	}
}

func (p *parser) escape(quote byte) (rune, error) {
	p.at++
	c := p.peek()
	if c == 'u' {
		return p.unicode()
	}
	i := strings.IndexByte(`bfnrt/\`, c)
	switch {
	case c == quote:
		p.at++
		return rune(c), nil
	case c == 0 || i < 0:
		return 0, p.fail("there is no such escape")
	}
	p.at++
	return rune("\b\f\n\r\t/\\"[i]), nil
}

// unicode reads \uXXXX, or a pair of them.
func (p *parser) unicode() (rune, error) {
	high, err := p.hex()
	if err != nil {
		return 0, err
	}
	if high < 0xd800 || high > 0xdfff {
		return high, nil
	}
	if high > 0xdbff || !p.skip(`\`) {
		return 0, p.fail("half of a surrogate pair")
	}
	low, err := p.hex()
	if err == nil && (low < 0xdc00 || low > 0xdfff) {
		err = p.fail("half of a surrogate pair")
	}
	return 0x10000 + (high-0xd800)<<10 + (low - 0xdc00), err
}

func (p *parser) hex() (rune, error) {
	if !p.skip("u") || len(p.rest()) < 4 {
		return 0, p.fail("four hexadecimal digits are expected")
	}
	n, err := strconv.ParseUint(p.rest()[:4], 16, 16)
	if err != nil {
		return 0, p.fail("four hexadecimal digits are expected")
	}
	p.at += 4
	return rune(n), nil
}

// number reads a literal of JSON.
func (p *parser) number() (*tree.Node, error) {
	start := p.at
	p.skip("-")
	whole := p.digits()
	valid := whole != "" && (whole[0] != '0' || len(whole) == 1)
	if p.skip(".") {
		valid = p.digits() != "" && valid
	}
	if p.skip("e") || p.skip("E") {
		if !p.skip("-") {
			p.skip("+")
		}
		exponent := p.digits()
		valid = exponent != "" && len(exponent) < 4 && valid
	}
	if !valid {
		p.at = start
		return nil, p.fail("a value is expected: a path that begins with @ or $, a text in quotes, a number, true, false or null")
	}
	return tree.NewNumber(p.text[start:p.at]), nil
}
