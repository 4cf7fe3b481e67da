package tree

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// JSON returns n as compact JSON, with no room behind it. A nil node is null.
func (n *Node) JSON() []byte { return n.AppendJSON(make([]byte, 0, n.JSONLength(math.MaxInt))) }

// JSONLength returns the length of n as compact JSON, if that is at most most, and else
// a number that is larger than most. It costs no more than that, however large n is; but
// a single text is read whole.
func (n *Node) JSONLength(most int) int {
	switch {
	case n == nil || n.Kind == Null:
		return len("null")
	case n.Kind == String:
		return stringLength(n.Text)
	case n.Kind != Array && n.Kind != Object:
		return len(n.Text)
	}
	length := 2 + max(len(n.Items)+len(n.Members)-1, 0)
	for i := 0; i < len(n.Items) && length <= most; i++ {
		length += n.Items[i].JSONLength(most - length)
	}
	for i := 0; i < len(n.Members) && length <= most; i++ {
		length += stringLength(n.Members[i].Key) + len(":")
		length += n.Members[i].Value.JSONLength(most - length)
	}
	return length
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
	if !utf8.ValidString(s) {
		s = repaired(s)
	}
	begin := plain(s)
	return appendQuoted(append(append(dst, '"'), s[:begin]...), s[begin:])
}

// AppendUTF8 is AppendString for bytes that are known to be UTF-8.
func AppendUTF8(dst, s []byte) []byte { return appendQuoted(append(dst, '"'), s) }

// appendQuoted appends s and a quote.
func appendQuoted[T string | []byte](dst []byte, s T) []byte {
	for len(s) >= 8 {
		part := s[:min(len(s), stringPart)&^7]
		dst = appendWords(dst, part)
		s = s[len(part):]
	}
	return append(appendBytes(dst, s), '"')
}

// stringPart is how much of a string is written between looks at the room for it.
const stringPart = 512

// appendWords appends what s, which has whole words, is in a JSON string.
func appendWords[T string | []byte](dst []byte, s T) []byte {
	if cap(dst)-len(dst) < 2*len(s)+8 { // no room to write in words
		return appendBytes(dst, s)
	}
	room := dst[len(dst):cap(dst)]
	at := 0
	for ; len(s) >= 8; s = s[8:] {
		w := word(s)
		if controls(w) != 0 {
			return appendWords(appendBytes(dst[:len(dst)+at], s[:8]), s[8:])
		}
		done := 0
		for special := quotes(w); special != 0; special &= special - 1 {
			n := bits.TrailingZeros64(special) / 8
			binary.LittleEndian.PutUint64(room[at:], w>>(8*done&63))
			at += n - done
			room[at] = '\\'
			at, done = at+1, n
		}
		binary.LittleEndian.PutUint64(room[at:], w>>(8*done&63))
		at += 8 - done
	}
	return dst[:len(dst)+at]
}

// appendBytes is appendWords for any string, and any dst.
func appendBytes[T string | []byte](dst []byte, s T) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			dst = appendEscape(dst, c)
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

// stringLength returns the length of s as a JSON string.
func stringLength(s string) int {
	if !utf8.ValidString(s) {
		s = repaired(s)
	}
	length := len(s) + 2
	for len(s) >= 8 && Special(word(s)) == 0 {
		s = s[8:]
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"', c == '\\', '\b' <= c && c <= '\r' && c != '\v':
			length++
		case c < ' ':
			length += len(`\u00xx`) - 1
		}
	}
	return length
}

// repaired returns s with U+FFFD for each byte that is not UTF-8.
func repaired(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
	}
	return b.String()
}

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
