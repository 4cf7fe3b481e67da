package openapi

import (
	"iter"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// absent reports whether the document says nothing at p: null says nothing.
func absent(p place) bool { return p.node == nil || p.node.Is(tree.Null) }

// text returns the text at p for people and models to read. A reference is
// followed: some documents keep their texts in files.
func (l *loader) text(p place) string {
	if p.node.Is(tree.Object) && p.node.Get("$ref") != nil {
		p = l.follow(p)
	}
	if !p.node.Is(tree.String) {
		return l.word(p)
	}
	if s, ok := l.texts[p.node]; ok {
		return s
	}
	s := clean(p.node.Text)
	if len(s) > longText || s != p.node.Text {
		l.texts[p.node] = s
	}
	return s
}

// longText is the length from which a text is cleaned only once.
const longText = 256

// word returns the text at p exactly as it is.
func (l *loader) word(p place) string {
	if p.node.Is(tree.Object) || p.node.Is(tree.Array) {
		l.problems.add(p, "a text is wanted here; it is ignored")
	}
	return p.node.Str()
}

// flag returns the truth value at p.
func (l *loader) flag(p place) bool {
	switch {
	case absent(p) || p.node.Is(tree.Bool):
		return p.node.True()
	case p.node.Is(tree.String) && (p.node.Text == "true" || p.node.Text == "false"):
		return p.node.Text == "true"
	}
	l.problems.add(p, "true or false is wanted here; it is ignored")
	return false
}

// object reports whether p is an object, and adds a problem if it is anything
// else.
func (l *loader) object(p place) bool {
	if p.node.Is(tree.Object) {
		return true
	}
	if !absent(p) {
		l.problems.add(p, "a map is wanted here; it is ignored")
	}
	return false
}

// fields returns the members of the map at p without its extensions.
func (l *loader) fields(p place) iter.Seq2[string, place] {
	return func(yield func(string, place) bool) {
		if !l.object(p) {
			return
		}
		for key, member := range p.members() {
			if !l.spend(1) || !strings.HasPrefix(key, "x-") && !yield(key, member) {
				return
			}
		}
	}
}

// list returns the elements of the list at p. Anything else than a list is
// taken as the only element of one.
func (l *loader) list(p place) iter.Seq[place] {
	return func(yield func(place) bool) {
		switch {
		case p.node.Is(tree.Array):
			for element := range p.elements() {
				if !l.spend(1) || !yield(element) {
					return
				}
			}
		case !absent(p):
			l.problems.add(p, "a list is wanted here; it is read as a list of one")
			yield(p)
		}
	}
}

// words returns the texts of a list.
func (l *loader) words(p place) []string {
	var words []string
	for element := range l.list(p) {
		if s := l.word(element); s != "" {
			words = append(words, s)
		}
	}
	return words
}

// maxExample is the length from which an example is no help any more.
const maxExample = 64 << 10

// example returns the example of a parameter or media type as JSON: the one at
// "example", or else the first one of "examples".
func (l *loader) example(p place) []byte {
	if e := p.get("example"); e.node != nil {
		return l.encoded(e.node)
	}
	if examples := p.get("examples"); examples.node.Is(tree.Object) {
		for _, e := range examples.members() {
			return l.exampleObject(l.follow(e))
		}
	}
	return nil
}

// exampleObject returns the value of an Example Object; dataValue is the name
// of OpenAPI 3.2 for the value before serialization.
func (l *loader) exampleObject(p place) []byte {
	for _, key := range []string{"value", "dataValue"} {
		if v := p.node.Get(key); v != nil {
			return l.encoded(v)
		}
	}
	return nil
}

func (l *loader) encoded(n *tree.Node) []byte {
	data, ok := l.examples[n]
	if !ok {
		if data = n.JSON(); len(data) > maxExample {
			data = nil
		}
		l.examples[n] = data
	}
	return data
}
