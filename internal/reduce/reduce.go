// Package reduce makes JSON smaller: by what is selected, by what is empty, and by
// a budget in bytes. It works on the text, so that numbers, keys that are there
// twice and escapes stay as they are, in time and memory linear in its length.
package reduce

import (
	"bytes"
	"encoding/json"
)

// A Value is JSON without white space between its tokens. The zero Value is of no
// use: [Parse] makes one.
type Value struct{ data []byte }

// Parse returns the value that data is. It keeps nothing of data. Arrays and objects
// may be nested as deep as [json.Valid] takes them; everything here is recursive.
func Parse(data []byte) (Value, error) {
	var b bytes.Buffer
	b.Grow(len(data))
	if err := json.Compact(&b, data); err != nil {
		return Value{}, err
	}
	return Value{b.Bytes()}, nil
}

// JSON returns the text of v, which must not be changed.
func (v Value) JSON() []byte { return v.data }

// stringEnd returns where the string ends that starts at pos.
func stringEnd(data []byte, pos int) int {
	for pos++; ; pos++ {
		pos += bytes.IndexByte(data[pos:], '"')
		slashes := 0
		for data[pos-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return pos + 1
		}
	}
}

// scalarEnd returns where the text, number or literal ends that starts at pos.
func scalarEnd(data []byte, pos int) int {
	if data[pos] == '"' {
		return stringEnd(data, pos)
	}
	for pos < len(data) {
		switch data[pos] {
		case ',', ']', '}':
			return pos
		}
		pos++
	}
	return pos
}

// valueEnd returns where the value ends that starts at pos.
func valueEnd(data []byte, pos int) int {
	if !isContainer(data[pos]) {
		return scalarEnd(data, pos)
	}
	for depth := 0; ; {
		switch data[pos] {
		case '"':
			pos = stringEnd(data, pos)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		pos++
		if depth == 0 {
			return pos
		}
	}
}

func isContainer(c byte) bool { return c == '{' || c == '[' }

// keyText returns the text of a key, which is given with its quotes.
func keyText(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var text string
	_ = json.Unmarshal(quoted, &text) // it is a string
	return text
}
