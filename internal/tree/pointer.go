package tree

import (
	"strconv"
	"strings"
)

// Lookup returns the value that the JSON pointer names inside of n, or nil if
// there is none or the pointer is not well-formed (RFC 6901). Percent-encoding
// of a URI fragment must have been decoded before.
func (n *Node) Lookup(pointer string) *Node {
	if pointer == "" {
		return n
	}
	if pointer[0] != '/' {
		return nil
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		if n = n.child(token); n == nil {
			return nil
		}
	}
	return n
}

// child returns the member or element that one token of a pointer names.
func (n *Node) child(token string) *Node {
	switch {
	case n.Is(Object):
		key, ok := unescapePointer(token)
		if !ok {
			return nil
		}
		return n.Get(key)
	case n.Is(Array):
		i, ok := arrayIndex(token)
		if !ok || i >= len(n.Items) {
			return nil
		}
		return n.Items[i]
	}
	return nil
}

// arrayIndex reads an index as RFC 6901 section 4 has it: digits without
// leading zeros.
func arrayIndex(token string) (int, bool) {
	i, err := strconv.ParseUint(token, 10, 31)
	if err != nil || (token[0] == '0' && len(token) > 1) {
		return 0, false
	}
	return int(i), true
}

// unescapePointer undoes [EscapePointer]. It reports false for a '~' that is
// not part of an escape.
func unescapePointer(token string) (string, bool) {
	if !strings.Contains(token, "~") {
		return token, true
	}
	if strings.Count(token, "~") != strings.Count(token, "~0")+strings.Count(token, "~1") {
		return "", false
	}
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~"), true
}

// EscapePointer returns a key as a token of a JSON pointer: '~' becomes "~0",
// and '/' becomes "~1" (RFC 6901 section 3).
func EscapePointer(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
}

// A path leads from the root of a document to a value that is being read: a
// step for each open array and object.
type path []step

// A step is the position inside of one array or object.
type step struct {
	key   string
	index int // -1 in an object
}

func (p path) pointer() string {
	var b strings.Builder
	for _, s := range p {
		b.WriteByte('/')
		if s.index >= 0 {
			b.WriteString(strconv.Itoa(s.index))
		} else {
			b.WriteString(EscapePointer(s.key))
		}
	}
	return b.String()
}
