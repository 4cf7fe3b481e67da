package reduce

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const ellipsis = "…"

// text writes the beginning of a text, which is given with its quotes and does not fit
// into room, and what is missing of it.
func (r *reducer) text(quoted []byte, room int) {
	inside := quoted[1 : len(quoted)-1]
	total := 0
	for pos := 0; pos < len(inside); total++ {
		pos += unit(inside[pos:])
	}
	room -= len(`""`)
	mark := func(missing int) string { return ellipsis + " (" + strconv.Itoa(missing) + " more characters)" }
	if len(mark(total)) > room/2 {
		mark = func(int) string { return ellipsis }
	}
	end, kept := 0, 0
	for end < len(inside) {
		size := unit(inside[end:])
		if end+size > room-len(mark(total)) {
			break
		}
		end += size
		kept++
	}
	r.out = append(r.out, '"')
	r.out = append(r.out, inside[:end]...)
	if len(mark(total)) <= room {
		r.out = append(r.out, mark(total-kept)...)
	}
	r.out = append(r.out, '"')
	r.report.add(r.path, Texts, kept, total)
}

// unit returns the length of the first character of a JSON text: what must not
// be cut apart.
func unit(text []byte) int {
	size := 1
	switch {
	case text[0] >= utf8.RuneSelf:
		_, size = utf8.DecodeRune(text)
	case text[0] == '\\' && text[1] == 'u':
		size = len(`\u0000`)
		if isSurrogate(text, "89abAB") && isSurrogate(text[size:], "cdefCDEF") {
			size *= 2
		}
	case text[0] == '\\':
		size = 2
	}
	return size
}

// isSurrogate reports whether text begins with the escape of a surrogate whose second
// digit is one of those given.
func isSurrogate(text []byte, second string) bool {
	const form = `\ud000`
	return len(text) >= len(form) && text[0] == '\\' && text[1] == 'u' && text[2]|' ' == 'd' &&
		strings.IndexByte(second, text[3]) >= 0
}

// Text returns the beginning of a text that is no JSON: at most most bytes of whole
// characters, and whole lines where that does not cost more than a quarter.
func Text(text string, most int) string {
	if len(text) <= most {
		return text
	}
	end := most
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	text = text[:end]
	if line := strings.LastIndexByte(text, '\n') + 1; line >= end-end/4 {
		return text[:line]
	}
	return text
}
