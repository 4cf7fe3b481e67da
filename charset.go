package mcpmount

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeText returns data as valid UTF-8. A byte order mark decides over the
// charset, as the Encoding Standard (https://encoding.spec.whatwg.org/#decode)
// has it. Without one, what is not UTF-8 and has none of its longer sequences is
// windows-1252, which is what people forget to say. What cannot be decoded becomes
// U+FFFD.
func decodeText(data []byte, charset string) string {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data, charset = data[3:], ""
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return decodeUTF16(data[2:], binary.BigEndian)
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return decodeUTF16(data[2:], binary.LittleEndian)
	}
	switch strings.ToLower(charset) {
	case "iso-8859-1", "iso8859-1", "latin1", "windows-1252", "cp1252":
		return decodeWindows1252(data)
	case "utf-16", "utf-16le":
		return decodeUTF16(data, binary.LittleEndian)
	case "utf-16be":
		return decodeUTF16(data, binary.BigEndian)
	}
	switch {
	case utf8.Valid(data):
		return string(data)
	case charset == "" && !hasMultibyte(data):
		return decodeWindows1252(data)
	}
	return strings.ToValidUTF8(string(data), "\uFFFD")
}

// wholeCharacters returns data without the beginning of a character of UTF-8 at its
// end.
func wholeCharacters(data []byte) []byte {
	for i := len(data) - 1; i >= 0 && len(data)-i < utf8.UTFMax; i-- {
		if utf8.RuneStart(data[i]) {
			if !utf8.FullRune(data[i:]) {
				return data[:i]
			}
			break
		}
	}
	return data
}

// hasMultibyte reports whether data has a character that UTF-8 takes several
// bytes for.
func hasMultibyte(data []byte) bool {
	for len(data) > 0 {
		_, size := utf8.DecodeRune(data)
		if size > 1 {
			return true
		}
		data = data[size:]
	}
	return false
}

func decodeUTF16(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}

// decodeWindows1252 also decodes ISO-8859-1: the Encoding Standard makes one a
// label of the other, because what says it is the latter often is the former.
func decodeWindows1252(data []byte) string {
	const (
		first = 0x80
		high  = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"
	)
	runes := []rune(high)
	var b strings.Builder
	b.Grow(len(data) + len(data)/8)
	for _, c := range data {
		if i := int(c) - first; 0 <= i && i < len(runes) {
			b.WriteRune(runes[i])
		} else {
			b.WriteRune(rune(c))
		}
	}
	return b.String()
}

// xmlEncoding returns the encoding that an XML declaration names, or "": XML
// 1.0 section 4.3.3.
func xmlEncoding(data []byte) string {
	const longest = 128
	head, _, ok := bytes.Cut(data[:min(len(data), longest)], []byte("?>"))
	if !ok || !bytes.HasPrefix(head, []byte("<?xml")) {
		return ""
	}
	_, value, _ := bytes.Cut(head, []byte("encoding="))
	if len(value) == 0 {
		return ""
	}
	name, _, _ := bytes.Cut(value[1:], value[:1])
	return string(name)
}
