package tree

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decode returns the text of a document as valid UTF-8 without a byte order
// mark. It knows UTF-8 and UTF-16, which JSON and YAML may be written in
// (YAML 1.2 section 5.2), and the encoding of old Windows editors.
func decode(data []byte, problems *problems) string {
	if order := utf16Order(data); order != nil {
		return decodeUTF16(data, order, problems)
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	if utf8.ValidString(text) {
		return text
	}
	where := place(text, invalidAt(text))
	if !hasMultibyte(text) {
		problems.add(nil, "%s: the document is not UTF-8; it is read as Windows-1252 (Latin-1)", where)
		return decodeWindows1252(text)
	}
	problems.add(nil, "%s: the document is not UTF-8; what is wrong is replaced by U+FFFD", where)
	return strings.ToValidUTF8(text, "\ufffd")
}

// utf16Order returns the byte order of UTF-16, or nil if data is not UTF-16.
// Without a byte order mark, the first two characters tell: they are ASCII in
// any document.
func utf16Order(data []byte) binary.ByteOrder {
	if len(data) < 2 {
		return nil
	}
	if data[0] == 0xfe && data[1] == 0xff {
		return binary.BigEndian
	}
	if data[0] == 0xff && data[1] == 0xfe {
		return binary.LittleEndian
	}
	if len(data) < 4 {
		return nil
	}
	switch zero := [4]bool{data[0] == 0, data[1] == 0, data[2] == 0, data[3] == 0}; zero {
	case [4]bool{true, false, true, false}:
		return binary.BigEndian
	case [4]bool{false, true, false, true}:
		return binary.LittleEndian
	}
	return nil
}

func decodeUTF16(data []byte, order binary.ByteOrder, problems *problems) string {
	var b strings.Builder
	b.Grow(len(data) / 2)
	broken := len(data)%2 != 0
	unit := func(i int) rune {
		if i+1 < len(data) {
			return rune(order.Uint16(data[i:]))
		}
		return 0
	}
	for i := 0; i+1 < len(data); i += 2 {
		r := unit(i)
		if utf16.IsSurrogate(r) {
			if r = utf16.DecodeRune(r, unit(i+2)); r == utf8.RuneError {
				broken = true
			} else {
				i += 2
			}
		}
		b.WriteRune(r)
	}
	if broken {
		problems.add(nil, "the document is not valid UTF-16; what is wrong is replaced by U+FFFD")
	}
	return strings.TrimPrefix(b.String(), "\ufeff")
}

// hasMultibyte reports whether text, which is not valid UTF-8 as a whole, has
// any character beyond ASCII that is. Text in Latin-1 hardly ever does.
func hasMultibyte(text string) bool {
	for i := 0; i < len(text); {
		_, size := utf8.DecodeRuneInString(text[i:])
		if size > 1 {
			return true
		}
		i += size
	}
	return false
}

// decodeWindows1252 decodes what differs from Latin-1 only in 0x80 to 0x9f,
// where Latin-1 has control characters that no document means.
func decodeWindows1252(text string) string {
	const c1 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"
	table := []rune(c1)
	var b strings.Builder
	b.Grow(len(text) + len(text)/8)
	for i := range len(text) {
		r := rune(text[i])
		if 0x80 <= r && r < 0xa0 {
			r = table[r-0x80]
		}
		b.WriteRune(r)
	}
	return b.String()
}
