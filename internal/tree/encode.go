package tree

import (
	"encoding/json"
	"unicode/utf8"
)

// JSON returns n as compact JSON. A nil node is null.
func (n *Node) JSON() []byte { return n.AppendJSON(nil) }

// JSONWithin returns n as compact JSON if that has at most most bytes. It costs
// no more than that, however large n is; but a single text is read whole.
func (n *Node) JSONWithin(most int) (data []byte, ok bool) {
	data = n.appendWithin(nil, most)
	return data, len(data) <= most
}

// appendWithin is AppendJSON, but it ends soon after dst is longer than most.
func (n *Node) appendWithin(dst []byte, most int) []byte {
	if n == nil || n.Kind != Array && n.Kind != Object {
		return n.AppendJSON(dst)
	}
	open, end := byte('['), byte(']')
	if n.Kind == Object {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	for i := 0; i < len(n.Items) && len(dst) <= most; i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = n.Items[i].appendWithin(dst, most)
	}
	for i := 0; i < len(n.Members) && len(dst) <= most; i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, n.Members[i].Key), ':')
		dst = n.Members[i].Value.appendWithin(dst, most)
	}
	return append(dst, end)
}

// AppendJSON appends n to dst as compact JSON: members in their order, numbers
// as their literal, and in strings only what RFC 8259 section 7 has escaped. A
// nil node is null.
func (n *Node) AppendJSON(dst []byte) []byte {
	if n == nil {
		return append(dst, "null"...)
	}
	switch n.Kind {
	case Bool, Number:
		return append(dst, n.Text...)
	case String:
		return AppendString(dst, n.Text)
	case Array:
		dst = append(dst, '[')
		for i, item := range n.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst)
		}
		return append(dst, ']')
	case Object:
		return n.appendMembers(dst)
	}
	return append(dst, "null"...)
}

func (n *Node) appendMembers(dst []byte) []byte {
	dst = append(dst, '{')
	for i := range n.Members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, n.Members[i].Key)
		dst = append(dst, ':')
		dst = n.Members[i].Value.AppendJSON(dst)
	}
	return append(dst, '}')
}

// AppendString appends s to dst as a JSON string, in which only what RFC 8259
// section 7 says is escaped. Bytes that are not UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[done:i]...)
			dst = appendEscape(dst, c)
			i++
			done = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[done:i]...)
			dst = utf8.AppendRune(dst, utf8.RuneError)
			done = i + 1
		}
		i += size
	}
	dst = append(dst, s[done:]...)
	return append(dst, '"')
}

// plain has the bytes that stand for themselves in a JSON string, whatever is
// around them.
var plain = func() (set [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		set[c] = c != '"' && c != '\\'
	}
	return set
}()

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
}

// Any returns n as map[string]any, []any, string, [json.Number], bool or nil.
func (n *Node) Any() any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case Bool:
		return n.Text == "true"
	case Number:
		return json.Number(n.Text)
	case String:
		return n.Text
	case Array:
		items := make([]any, len(n.Items))
		for i, item := range n.Items {
			items[i] = item.Any()
		}
		return items
	case Object:
		members := make(map[string]any, len(n.Members))
		for i := range n.Members {
			members[n.Members[i].Key] = n.Members[i].Value.Any()
		}
		return members
	}
	return nil
}
