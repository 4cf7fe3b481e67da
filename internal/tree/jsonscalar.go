package tree

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// parseString reads a string, which is a part of the text unless it has escapes.
func (p *jsonParser) parseString() (string, error) {
	start := p.pos + 1
	end := start + plain(p.text[start:])
	switch {
	case end == len(p.text):
		return "", p.noEnd(p.pos)
	case p.text[end] == '"':
		p.pos = end + 1
		return p.text[start:end], nil
	}
	p.pos = end
	return p.unescape(start)
}

// plain returns how many bytes text begins with that stand for themselves in a string.
func plain(text string) int {
	i := 0
	for ; len(text)-i >= 8; i += 8 {
		if special := Special(word(text[i:])); special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	for i < len(text) && text[i] >= ' ' && text[i] != '"' && text[i] != '\\' {
		i++
	}
	return i
}

// unescape reads the rest of the string that begins at start and has its first
// escape at the current position.
func (p *jsonParser) unescape(start int) (string, error) {
	var b strings.Builder
	b.Grow(rawLength(p.text[start:]))
	b.WriteString(p.text[start:p.pos])
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			return b.String(), nil
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
		case c < ' ':
			return "", p.errorAt(p.pos, "unexpected %q in a string; write it as an escape", rune(c))
		default:
			n := plain(p.text[p.pos:])
			b.WriteString(p.text[p.pos : p.pos+n])
			p.pos += n
		}
	}
	return "", p.noEnd(start - 1)
}

// rawLength returns the length of the string that text begins with, up to its
// closing quote.
func rawLength(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return 0
}

// noEnd returns the error that a string which begins at start does not end.
func (p *jsonParser) noEnd(start int) error {
	return fmt.Errorf("%s: %w inside of a string", place(p.text, start), errEnds)
}

// escape reads one escape, or the two that make a surrogate pair.
func (p *jsonParser) escape() (rune, error) {
	rest := p.text[p.pos+1:]
	if rest == "" {
		return 0, p.noEnd(p.pos)
	}
	if i := strings.IndexByte(`"\/bfnrt`, rest[0]); i >= 0 {
		p.pos += 2
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	r, ok := hexEscape(p.text[p.pos:])
	if !ok {
		return 0, p.errorAt(p.pos, "invalid escape in a string")
	}
	p.pos += 6
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	low, _ := hexEscape(p.text[p.pos:])
	pair := utf16.DecodeRune(r, low)
	if pair != utf8.RuneError {
		p.pos += 6
	}
	return pair, nil
}

// hexEscape reads the escape \uXXXX at the start of text.
func hexEscape(text string) (rune, bool) {
	if len(text) < 6 || text[:2] != `\u` {
		return 0, false
	}
	// ParseUint takes no sign, and no underscore in base 16.
	v, err := strconv.ParseUint(text[2:6], 16, 32)
	return rune(v), err == nil
}

// numberLength returns the length of the JSON number at the start of text, or 0
// if there is none (RFC 8259 section 6).
func numberLength(text string) int {
	i := 0
	if strings.HasPrefix(text, "-") {
		i++
	}
	whole := digits(text[i:])
	if whole == 0 {
		return 0
	}
	if text[i] == '0' {
		whole = 1
	}
	i += whole
	if strings.HasPrefix(text[i:], ".") {
		fraction := digits(text[i+1:])
		if fraction == 0 {
			return i
		}
		i += 1 + fraction
	}
	return i + exponentLength(text[i:])
}

func exponentLength(text string) int {
	if text == "" || text[0]|0x20 != 'e' {
		return 0
	}
	i := 1
	if len(text) > 1 && (text[1] == '+' || text[1] == '-') {
		i++
	}
	n := digits(text[i:])
	if n == 0 {
		return 0
	}
	return i + n
}

// digits returns the number of digits at the start of text.
func digits(text string) int {
	i := 0
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		i++
	}
	return i
}

// writtenOut returns how many digits a number has at most when its exponent is
// written out.
func writtenOut(literal string) int64 {
	for i := range len(literal) {
		if literal[i]|0x20 == 'e' {
			exponent, err := strconv.ParseInt(literal[i+1:], 10, 32)
			if err != nil {
				return math.MaxInt64
			}
			return int64(i) + max(exponent, -exponent)
		}
	}
	return int64(len(literal))
}
