package main

import (
	"regexp/syntax"
	"strings"
	"unicode"
)

// match returns a string that a regular expression matches, if the expression
// has no conditions on what is around it. It is at least about as long as least
// where the expression lets it.
func match(pattern string, least, variant int) (string, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", err
	}
	m := &matcher{least: least, variant: variant}
	m.write(re)
	return m.String(), nil
}

// A matcher writes what a regular expression matches.
type matcher struct {
	strings.Builder
	least   int
	variant int
}

func (m *matcher) write(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		m.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		m.WriteRune(m.oneOf(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		m.WriteByte('a')
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			m.write(sub)
		}
	case syntax.OpAlternate:
		m.write(re.Sub[m.variant%len(re.Sub)])
	case syntax.OpStar:
		m.repeat(re.Sub[0], 0, -1)
	case syntax.OpPlus:
		m.repeat(re.Sub[0], 1, -1)
	case syntax.OpQuest:
		m.repeat(re.Sub[0], 0, 1)
	case syntax.OpRepeat:
		m.repeat(re.Sub[0], re.Min, re.Max)
	}
}

// repeat writes what re matches often enough for the length that is wanted.
func (m *matcher) repeat(re *syntax.Regexp, from, to int) {
	for i := 0; i < from || (to < 0 || i < to) && m.Len() < m.least; i++ {
		before := m.Len()
		m.write(re)
		if m.Len() == before && i >= from {
			return
		}
	}
}

// oneOf returns a rune of a class: a letter or a digit if there is one.
func (m *matcher) oneOf(ranges []rune) rune {
	var good []rune
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= min(ranges[i+1], unicode.MaxASCII); r++ {
			if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
				good = append(good, r)
			}
		}
	}
	if len(good) > 0 {
		return good[(m.variant+m.Len())%len(good)]
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		if r := max(ranges[i], '!'); r <= ranges[i+1] {
			return r
		}
	}
	return ranges[0]
}
