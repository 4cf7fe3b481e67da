package mcpmount

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mcpmount/mcpmount/internal/tree"
)

const (
	alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

	// unreserved are the characters that mean the same escaped and not: RFC
	// 3986 section 2.3.
	unreserved = alphanumeric + "-._~"

	// queryReserved are the reserved characters of RFC 3986 section 2.2 that
	// cannot end a value in a query: without '#', '[' and ']', which are not
	// allowed there, '&' and '+', which mean something to a form, and ';', which
	// separates pairs for some servers and is an error for others.
	queryReserved = ":/?@!$'()*,="

	// pathLiteral are the characters that can stand in a path as they are: RFC
	// 3986 section 3.3, "pchar" and the slash.
	pathLiteral = unreserved + "!$&'()*+,;=:@/"

	// queryLiteral are those that can stand in a query: RFC 3986 section 3.4.
	queryLiteral = pathLiteral + "?"

	// formLiteral is what stays as it is in a form: WHATWG URL, section
	// "application/x-www-form-urlencoded percent-encode set".
	formLiteral = alphanumeric + "*-._"

	// tokenCharacters are those of a token: RFC 9110 section 5.6.2.
	tokenCharacters = alphanumeric + "!#$%&'*+-.^_`|~"

	upperHex = "0123456789ABCDEF"
)

// An escaping is how a text is written in its place: what stays as it is, what
// is percent-encoded, and what cannot be written at all.
type escaping struct {
	keep   byteSet
	plus   bool                    // a space becomes '+'
	banned string                  // ASCII characters that would separate values
	check  func(text string) error // nil allows any text
}

// append appends text. The error is a predicate of the text: "must not …".
func (e *escaping) append(dst []byte, text string) ([]byte, error) {
	if e.check != nil {
		if err := e.check(text); err != nil {
			return dst, err
		}
	}
	if e.banned != "" && strings.ContainsAny(text, e.banned) {
		return dst, fmt.Errorf("must not contain any of %q here: they separate values", e.banned)
	}
	for i := range len(text) {
		switch c := text[i]; {
		case e.keep.has(c):
			dst = append(dst, c)
		case c == ' ' && e.plus:
			dst = append(dst, '+')
		default:
			dst = appendEscape(dst, c)
		}
	}
	return dst, nil
}

// escapeText returns text with everything outside of keep percent-encoded.
func escapeText(text string, keep byteSet) string {
	e := escaping{keep: keep}
	escaped, _ := e.append(nil, text)
	return string(escaped)
}

// appendEscape percent-encodes c: RFC 3986 section 2.1.
func appendEscape(dst []byte, c byte) []byte {
	return append(dst, '%', upperHex[c>>4], upperHex[c&15])
}

// appendLiteral appends text of a document: characters in keep and escapes that
// are complete stay as they are, the rest is percent-encoded.
func appendLiteral(dst []byte, text string, keep byteSet) []byte {
	for i := range len(text) {
		_, escaped := unhexPair(text[i:])
		if c := text[i]; escaped || keep.has(c) {
			dst = append(dst, c)
		} else {
			dst = appendEscape(dst, c)
		}
	}
	return dst
}

// unescapeOnce decodes the complete escapes in text and leaves the rest. It
// reports whether there were any.
func unescapeOnce(text string) (string, bool) {
	if strings.IndexByte(text, '%') < 0 {
		return text, false
	}
	decoded := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c, ok := unhexPair(text[i:])
		if ok {
			i += 2
		} else {
			c = text[i]
		}
		decoded = append(decoded, c)
	}
	return string(decoded), len(decoded) < len(text)
}

// unhexPair decodes the escape that text begins with, if it does.
func unhexPair(text string) (byte, bool) {
	if len(text) < 3 || text[0] != '%' {
		return 0, false
	}
	high, ok1 := unhex(text[1])
	low, ok2 := unhex(text[2])
	return high<<4 | low, ok1 && ok2
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// A byteSet is a set of ASCII characters.
type byteSet [2]uint64

func newByteSet(characters string) byteSet {
	var s byteSet
	for i := range len(characters) {
		c := characters[i]
		s[c>>6] |= 1 << (c & 63)
	}
	return s
}

func (s byteSet) has(c byte) bool {
	return c < utf8.RuneSelf && s[c>>6]&(1<<(c&63)) != 0
}

func (s byteSet) without(characters string) byteSet {
	remove := newByteSet(characters)
	return byteSet{s[0] &^ remove[0], s[1] &^ remove[1]}
}

// isToken reports whether s is a token: RFC 9110 section 5.6.2.
func isToken(s string) bool {
	token := newByteSet(tokenCharacters)
	for i := range len(s) {
		if !token.has(s[i]) {
			return false
		}
	}
	return s != ""
}

// checkFieldText refuses what cannot be part of a header field: RFC 9110
// section 5.5. Characters outside of ASCII are refused too, because there is no
// rule that says how they would be read.
func checkFieldText(text string) error {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c == 0x7f:
			return errors.New("must not contain line breaks or other control characters")
		case c >= utf8.RuneSelf:
			return errors.New("must be ASCII: a header cannot carry other characters")
		}
	}
	if text != strings.Trim(text, " ") {
		return errors.New("must not begin or end with a space: a header cannot carry it")
	}
	return nil
}

// checkCookieText refuses what is not a cookie-octet: RFC 6265 section 4.1.1.
func checkCookieText(text string) error {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`",;\`, c) >= 0 {
			return errors.New(`must be ASCII without control characters, spaces, and any of " , ; \ in a cookie; escape it the way the API expects`)
		}
	}
	return nil
}

// asciiJSON returns v as JSON with nothing outside of printable ASCII, which is
// what a header can carry.
func asciiJSON(v *tree.Node) string {
	var dst []byte
	for _, r := range string(v.JSON()) {
		switch {
		case r < 0x7f:
			dst = append(dst, byte(r))
		case r <= 0xffff:
			dst = appendUnicodeEscape(dst, r)
		default:
			high, low := utf16.EncodeRune(r)
			dst = appendUnicodeEscape(appendUnicodeEscape(dst, high), low)
		}
	}
	return string(dst)
}

func appendUnicodeEscape(dst []byte, r rune) []byte {
	return append(dst, '\\', 'u', upperHex[r>>12&15], upperHex[r>>8&15], upperHex[r>>4&15], upperHex[r&15])
}

// quoteShort quotes s for a message, cut to a readable length.
func quoteShort(s string) string {
	const most = 40
	if len(s) <= most {
		return strconv.Quote(s)
	}
	return strconv.Quote(strings.ToValidUTF8(s[:most], "") + "…")
}
