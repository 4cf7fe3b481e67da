package openapi

import (
	"path"
	"strconv"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// definitionNames gives each definition a name of its own. Names depend on the
// document alone, since a survey visits it in order.
type definitionNames struct {
	known map[definition]string
	taken map[string]bool
	last  map[string]int // the last number that a name got

	// named are the schemas that are called what the document calls them.
	named *tree.Node
}

func newDefinitionNames(named *tree.Node) *definitionNames {
	return &definitionNames{
		known: make(map[definition]string),
		taken: make(map[string]bool),
		last:  make(map[string]int),
		named: named,
	}
}

// of returns the name of the definition d, which is at p, and whether it had it
// before.
func (s *definitionNames) of(d definition, p place) (name string, known bool) {
	if name, known = s.known[d]; known {
		return name, true
	}
	name = s.unique(definitionName(p, d.own), d)
	s.known[d] = name
	s.taken[name] = true
	return name, false
}

func (s *definitionNames) unique(name string, d definition) string {
	if s.free(name, d) {
		return name
	}
	for i := max(2, s.last[name]+1); ; i++ {
		s.last[name] = i
		if numbered := name + "_" + strconv.Itoa(i); s.free(numbered, d) {
			return numbered
		}
	}
}

// free reports whether d can have the name: nothing else has it, or will.
func (s *definitionNames) free(name string, d definition) bool {
	if s.taken[name] {
		return false
	}
	n := s.named.Get(name)
	return n == nil || n == d.node && !d.own
}

// maxDefinitionName bounds the length of a name before it is made unique.
const maxDefinitionName = 100

// definitionName returns what the schema at p is best called: its own name
// among the schemas of a document, the name of its file, or the last words of
// its pointer.
func definitionName(p place, own bool) string {
	pointer := p.pointer()
	name := legalName(strings.Join(tellingWords(pointer), "_"))
	if pointer == "" {
		name = legalName(strings.TrimSuffix(path.Base(p.file.name), path.Ext(p.file.name)))
	}
	if name == "" {
		name = "schema"
	}
	if own {
		name += "_own"
	}
	return name
}

// tellingWords returns what a pointer says about a schema.
func tellingWords(pointer string) []string {
	for _, prefix := range []string{"/components/schemas/", "/definitions/", "/$defs/"} {
		if name, ok := strings.CutPrefix(pointer, prefix); ok && !strings.Contains(name, "/") {
			return []string{unescape(name)}
		}
	}
	var words []string
	for token := range strings.SplitSeq(pointer, "/") {
		if token = unescape(token); isTelling(token) {
			words = append(words, token)
		}
	}
	return words[max(0, len(words)-2):]
}

func unescape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}

// isTelling reports whether a token of a pointer says what a schema is, and not
// only where it is.
func isTelling(token string) bool {
	switch token {
	case "", "components", "schemas", "definitions", "$defs", "schema", "properties",
		"items", "additionalProperties", "allOf", "anyOf", "oneOf", "not",
		"paths", "content", "responses", "parameters", "requestBody", "requestBodies":
		return false
	}
	_, err := strconv.Atoi(token)
	return err != nil && !strings.Contains(token, "/")
}

// legalName returns s with only letters, digits, dots, dashes and underscores:
// such a name needs no escape in a pointer, a URI or JSON.
func legalName(s string) string {
	var b strings.Builder
	gap := false
	for i := 0; i < len(s) && b.Len() < maxDefinitionName; i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._-", c) >= 0 {
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			gap = false
			b.WriteByte(c)
		} else {
			gap = true
		}
	}
	return b.String()
}
