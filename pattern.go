package mcpmount

import (
	"cmp"
	"regexp"
	"regexp/syntax"
	"slices"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// maxProgram bounds the instructions that the patterns of a schema are compiled to. A few
// bytes can make very many, "(...){1000}", and each takes forty bytes and more. In real
// documents a pattern has 200 at most.
const maxProgram = 20_000

// maxCopied bounds the room of classes of characters that a program of package regexp may
// have for each of its instructions: in one that needs no choice they are not shared, and
// forty patterns such as "^\\pL{900}$" would take hundreds of megabytes.
const maxCopied = 1000

// patterns are the regular expressions of a schema by their text. They do not change.
type patterns map[string]*pattern

// A pattern is a regular expression. One that is none of Go (ECMA-262 has look-ahead), or
// has no room, matches everything: the API decides.
type pattern struct {
	text  string
	match *regexp.Regexp // nil matches everything
	steps int            // instructions, each of which may be tried at each byte of a text
}

// MatchString reports whether s has what the pattern describes.
func (p *pattern) MatchString(s string) bool { return p.match == nil || p.match.MatchString(s) }

// String returns the text of the pattern.
func (p *pattern) String() string { return p.text }

// newPatterns compiles the patterns of schema, the smaller ones first: which are left out
// does not depend on their order.
func newPatterns(schema *tree.Node) patterns {
	type sized struct {
		*pattern
		size, copied int
	}
	var list []sized
	ps := patterns{}
	eachPattern(schema, map[*tree.Node]bool{}, func(text string) {
		if ps[text] != nil {
			return
		}
		p := &pattern{text: text}
		ps[text] = p
		if parsed, err := syntax.Parse(text, syntax.Perl); err == nil {
			var tables int
			p.steps, tables = program(parsed)
			list = append(list, sized{p, p.steps + tables, p.steps * tables})
		}
	})
	slices.SortFunc(list, func(a, b sized) int { return cmp.Or(a.size-b.size, cmp.Compare(a.text, b.text)) })
	room := maxProgram
	for _, p := range list {
		if room -= p.size; room >= 0 {
			p.match = compiled(p.text, p.copied > maxCopied)
		}
		if p.match == nil {
			p.steps = 0
		}
	}
	return ps
}

// compiled returns the regular expression text, nil if it is none. One that is plain does
// without the program that package regexp has for what begins at the start of a text, which
// something before the start, if only nothing, keeps it from making.
func compiled(text string, plain bool) *regexp.Regexp {
	if plain {
		text = "(?:)" + text
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil
	}
	return re
}

// eachPattern calls f with each pattern in the schema n, except what was seen before.
func eachPattern(n *tree.Node, seen map[*tree.Node]bool, f func(text string)) {
	if !n.Is(tree.Object) || seen[n] {
		return
	}
	seen[n] = true
	if p := n.Get("pattern"); p.Is(tree.String) {
		f(p.Text)
	}
	if byName := n.Get("patternProperties"); byName != nil {
		for _, m := range byName.Members {
			f(m.Key)
		}
	}
	if defs := n.Get("$defs"); defs != nil {
		for _, m := range defs.Members {
			eachPattern(m.Value, seen, f)
		}
	}
	eachSubschema(n, func(_ string, sub *tree.Node) { eachPattern(sub, seen, f) })
}

// of returns the pattern with a text.
func (ps patterns) of(text string) *pattern {
	if p := ps[text]; p != nil {
		return p
	}
	return &pattern{text: text} // of a schema where nobody looked for one
}

// tried returns how many instructions the patterns have together that the schema n has for
// the members of an object.
func (ps patterns) tried(n *tree.Node) (steps int) {
	if byName := n.Get("patternProperties"); byName != nil {
		for _, m := range byName.Members {
			steps += ps.steps(m.Key)
		}
	}
	return steps
}

// steps returns how many instructions the pattern with a text has.
func (ps patterns) steps(text string) int {
	if p := ps[text]; p != nil {
		return p.steps
	}
	return 0
}

// program returns how many instructions re is compiled to, about, and how many would take as
// much room as its classes of characters, which repetitions share. What is repeated inside
// of repetitions is repeated 1,000 times at most.
func program(re *syntax.Regexp) (steps, tables int) {
	for _, sub := range re.Sub {
		s, t := program(sub)
		steps, tables = steps+s, tables+t
	}
	switch re.Op {
	case syntax.OpLiteral:
		steps = len(re.Rune)
	case syntax.OpCharClass:
		steps, tables = 1, len(re.Rune)/10
	case syntax.OpConcat:
	case syntax.OpAlternate:
		steps += len(re.Sub) - 1
	case syntax.OpRepeat:
		steps *= max(re.Max, re.Min, 1)
		steps += max(re.Max-re.Min, 1) // choices to go on or not
	default:
		steps++
	}
	return steps, tables
}
