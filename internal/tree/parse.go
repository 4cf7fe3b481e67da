package tree

import (
	"errors"
	"strings"
)

// Parse reads a document, which is JSON or else YAML: its content decides. It
// forgives what real documents get wrong, and says so in the problems: a key
// that an object has twice is used with its last value, for example.
//
// Equal scalars may be the same *Node, and so is every use of a YAML alias.
func Parse(data []byte, l Limits) (*Node, []Problem, error) {
	l = l.withDefaults()
	if err := l.checkBytes(len(data)); err != nil {
		return nil, nil, err
	}
	var found problems
	n, err := parse(decode(data, &found), l, &found)
	if err != nil {
		return nil, nil, err
	}
	return n, found.list(), nil
}

func parse(text string, l Limits, found *problems) (*Node, error) {
	before := *found
	n, wrongJSON := parseJSON(text, l, found)
	if wrongJSON == nil {
		return n, nil
	}
	*found = before
	if !looksLikeJSON(text) {
		return parseYAML(text, l, found)
	}
	if final(wrongJSON) {
		return nil, wrongJSON
	}
	n, err := parseYAML(text, l, found)
	if err != nil {
		return nil, wrongJSON
	}
	found.add(nil, "the document is not valid JSON (%v) and read as YAML", wrongJSON)
	return n, nil
}

// final reports whether an error of JSON would be one of YAML as well: that the
// document costs too much, or is cut.
func final(err error) bool {
	var limit *LimitError
	return errors.As(err, &limit) || errors.Is(err, errEnds)
}

// looksLikeJSON reports whether an error should be explained as one of JSON. One
// mistake is a comment of JavaScript.
func looksLikeJSON(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	for _, start := range [...]string{"{", "[", "//", "/*"} {
		if strings.HasPrefix(text, start) {
			return true
		}
	}
	return false
}
