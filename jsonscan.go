package mcpmount

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// maxJSONDepth is how deeply arrays and objects may be nested in JSON that is
// passed on as JSON. The decoders of clients have limits of their own.
const maxJSONDepth = 512

// isJSON reports whether data is one JSON text (RFC 8259), not nested too
// deeply.
func isJSON(data []byte) bool {
	s := jsonScan{data: data}
	return s.value() && s.atEnd()
}

// cutJSON completes JSON that was cut off. What it returns is valid: the value
// that data is the beginning of, up to the last element that is there in full.
// It returns nil if nothing can be saved, or if data is not JSON.
func cutJSON(data []byte) []byte {
	s := jsonScan{data: data}
	if s.value() {
		// A number at the top may have had more digits.
		if s.atEnd() && !isNumberByte(bytes.TrimSpace(data)[0]) {
			return data
		}
		return nil
	}
	if s.wrong || s.safe == 0 {
		return nil
	}
	cut := make([]byte, 0, s.safe+s.depth)
	cut = append(cut, data[:s.safe]...)
	for ; s.depth > 0; s.depth-- {
		cut = append(cut, s.open[s.depth-1])
	}
	return cut
}

// A jsonScan is one pass over a JSON text, without recursion or copies. It
// finds out whether the text is valid and, where it ends too early, up to where
// it could have ended.
type jsonScan struct {
	data []byte
	pos  int

	// wrong is set when no continuation would make the text valid.
	wrong bool

	// open has the closing bracket of each of the depth containers that are
	// open.
	open  [maxJSONDepth]byte
	depth int

	// safe is the end of the last element that is complete, or of the last
	// opening bracket if that is further on; 0 outside of containers. Where it
	// is, the same containers are open as where the text ends.
	safe int

	keyAt, keyEnd int  // where the last key is, with its quotes
	escapes       bool // the last string has escapes
	integer       bool // the last number has neither fraction nor exponent
}

// value reads one value, and reports whether it is complete.
func (s *jsonScan) value() bool {
	outer := s.depth
	for {
		opened, ok := s.element()
		if !ok {
			return false
		}
		for !opened {
			if s.depth == outer {
				return true
			}
			closed, ok := s.separator()
			if !ok {
				return false
			}
			opened = !closed
		}
	}
}

// element reads a scalar, an empty container, or the opening of a container up
// to where its first value must start.
func (s *jsonScan) element() (opened, ok bool) {
	switch c := s.peek(); {
	case c == '{', c == '[':
		return s.container(c + 2) // the closing brackets of ASCII
	case c == '"':
		ok = s.text()
	case isNumberByte(c):
		ok = s.number()
		if s.pos == len(s.data) {
			return false, ok // more digits may have followed: not safe
		}
	default:
		ok = s.literal(c)
	}
	if ok && s.depth > 0 {
		s.safe = s.pos
	}
	return false, ok
}

func (s *jsonScan) container(closing byte) (opened, ok bool) {
	if s.depth == maxJSONDepth {
		return false, s.fail()
	}
	s.open[s.depth] = closing
	s.depth++
	s.pos++
	s.safe = s.pos
	if s.peek() == closing {
		s.close()
		return false, true
	}
	return true, closing == ']' || s.key()
}

func (s *jsonScan) close() {
	s.depth--
	s.pos++
	s.safe = s.pos
}

// separator reads what follows a value in a container.
func (s *jsonScan) separator() (closed, ok bool) {
	closing := s.open[s.depth-1]
	switch s.peek() {
	case closing:
		s.close()
		return true, true
	case ',':
		s.pos++
		return false, closing == ']' || s.key()
	}
	return false, s.fail()
}

// key reads the name of a member and its colon.
func (s *jsonScan) key() bool {
	if s.peek() != '"' {
		return s.fail()
	}
	s.keyAt = s.pos
	if !s.text() {
		return false
	}
	s.keyEnd = s.pos
	if s.peek() != ':' {
		return s.fail()
	}
	s.pos++
	return true
}

// text reads a string.
func (s *jsonScan) text() bool {
	data, i := s.data, s.pos+1
	s.escapes = false
	for {
		for len(data)-i >= 8 {
			if special := tree.Special(binary.LittleEndian.Uint64(data[i:])); special != 0 {
				i += bits.TrailingZeros64(special) / 8
				break
			}
			i += 8
		}
		if i == len(data) {
			s.pos = i
			return false
		}
		switch c := data[i]; {
		case c == '"':
			s.pos = i + 1
			return true
		case c == '\\':
			s.pos, s.escapes = i, true
			if !s.escape() {
				return false
			}
			i = s.pos
		case c < ' ':
			s.pos = i
			return s.fail()
		default:
			i++
		}
	}
}

// escape reads a backslash and what it escapes.
func (s *jsonScan) escape() bool {
	s.pos++
	if s.pos == len(s.data) {
		return false
	}
	c := s.data[s.pos]
	s.pos++
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
	default:
		return s.reject()
	}
	for range 4 {
		if s.pos == len(s.data) {
			return false
		}
		if _, ok := unhex(s.data[s.pos]); !ok {
			return s.reject()
		}
		s.pos++
	}
	return true
}

// number reads a number: RFC 8259 section 6.
func (s *jsonScan) number() bool {
	s.skip('-')
	if !s.skip('0') && !s.digits() {
		return false
	}
	s.integer = true
	if s.skip('.') {
		if s.integer = false; !s.digits() {
			return false
		}
	}
	if s.skip('e') || s.skip('E') {
		s.integer = false
		_ = s.skip('+') || s.skip('-')
		return s.digits()
	}
	return true
}

func (s *jsonScan) digits() bool {
	start, i := s.pos, s.pos
	for i < len(s.data) && s.data[i]-'0' < 10 {
		i++
	}
	s.pos = i
	return i > start || s.fail()
}

func (s *jsonScan) skip(c byte) bool {
	if s.pos < len(s.data) && s.data[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *jsonScan) literal(c byte) bool {
	word := ""
	switch c {
	case 't':
		word = "true"
	case 'f':
		word = "false"
	case 'n':
		word = "null"
	}
	for i := range len(word) {
		if !s.skip(word[i]) {
			return s.fail()
		}
	}
	return word != "" || s.fail()
}

// peek returns the next byte that is not white space, or 0 at the end.
func (s *jsonScan) peek() byte {
	if s.pos < len(s.data) && s.data[s.pos] > ' ' {
		return s.data[s.pos]
	}
	return s.pastSpace()
}

func (s *jsonScan) pastSpace() byte {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

func (s *jsonScan) atEnd() bool {
	s.peek()
	return s.pos == len(s.data)
}

// fail returns false, and marks the text as wrong unless it only ended early.
func (s *jsonScan) fail() bool {
	if s.pos < len(s.data) {
		s.wrong = true
	}
	return false
}

func (s *jsonScan) reject() bool {
	s.wrong = true
	return false
}

func isNumberByte(c byte) bool { return c == '-' || '0' <= c && c <= '9' }

// memberText returns the JSON of the member that keys lead to, from the object data on
// inwards, or nil if there is none. data must be valid, and no object may have a key twice.
func memberText(data []byte, keys ...string) []byte {
	s := jsonScan{data: data}
	for _, key := range keys {
		if !s.enter(key) {
			return nil
		}
	}
	s.peek()
	start := s.pos
	s.value()
	return data[start:s.pos]
}

// enter goes to the member of an object, and reports whether there is one.
func (s *jsonScan) enter(key string) bool {
	if s.peek() != '{' {
		return false
	}
	s.pos++
	for s.peek() == '"' {
		start := s.pos
		s.text()
		name := s.data[start:s.pos]
		s.peek() // the colon
		s.pos++
		if string(name[1:len(name)-1]) == key || bytes.IndexByte(name, '\\') >= 0 && unquoted(name) == key {
			return true
		}
		s.value()
		if s.peek() == ',' {
			s.pos++
			s.peek()
		}
	}
	return false
}

// unquoted returns the text of a JSON string.
func unquoted(quoted []byte) (text string) {
	_ = json.Unmarshal(quoted, &text) // it is valid
	return text
}
