package openapi

import (
	"strings"
	"unicode/utf8"
)

// clean returns text without what a person does not see and a model reads all
// the same: comments, terminal escapes, controls and invisible characters. A
// description comes from whoever wrote the document, and ends in a prompt.
func clean(text string) string {
	if isClean(text) {
		return strings.TrimSpace(text)
	}
	return strings.TrimSpace(withoutComments(visible(text)))
}

func isClean(text string) bool {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c >= utf8.RuneSelf:
			return isCleanRunes(text[i:])
		case c < ' ' && c != '\n' && c != '\t', c == 0x7f:
			return false
		case c == '<' && strings.HasPrefix(text[i:], "<!--"):
			return false
		}
	}
	return true
}

func isCleanRunes(text string) bool {
	for _, r := range text {
		if hidden(r) {
			return false
		}
	}
	return !strings.Contains(text, "<!--")
}

// hidden reports whether r is one of the characters that are left out.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < ' ', r >= 0x7f && r < 0xa0: // C0, DEL, C1
		return true
	case r == 0xad, r == 0x61c, r == 0x180e, r == 0xfeff: // soft hyphen, Arabic letter mark, Mongolian vowel separator, BOM
		return true
	case r >= 0x200b && r <= 0x200f: // zero width, direction marks
		return true
	case r >= 0x202a && r <= 0x202e: // bidi embedding and override
		return true
	case r >= 0x2060 && r <= 0x206f: // word joiner, invisible operators, bidi isolates
		return true
	case r >= 0xfe00 && r <= 0xfe0d: // variation selectors, but for text and emoji style
		return true
	case r >= 0xfff9 && r <= 0xfffb: // interlinear annotation
		return true
	case r >= 0xe0000 && r <= 0xe0fff: // tags, more variation selectors
		return true
	}
	return false
}

// visible returns text without terminal escapes and hidden characters.
func visible(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for len(text) > 0 {
		if n := escapeSequence(text); n > 0 {
			text = text[n:]
			continue
		}
		r, n := utf8.DecodeRuneInString(text)
		if !hidden(r) {
			b.WriteRune(r)
		}
		text = text[n:]
	}
	return b.String()
}

// escapeSequence returns the length of the terminal escape that text starts
// with (ECMA-48 section 5.4), or 0.
func escapeSequence(text string) int {
	switch {
	case strings.HasPrefix(text, "\x1b["):
		return controlSequence(text, len("\x1b["))
	case strings.HasPrefix(text, "\u009b"):
		return controlSequence(text, len("\u009b"))
	case strings.HasPrefix(text, "\x1b]"):
		return controlString(text)
	}
	return 0
}

// controlSequence returns where the sequence ends whose parameters start at i.
func controlSequence(text string, i int) int {
	for i < len(text) && text[i] >= 0x20 && text[i] <= 0x3f {
		i++
	}
	if i < len(text) && text[i] >= 0x40 && text[i] <= 0x7e {
		i++
	}
	return i
}

// maxControlString bounds what a control string without an end can hide.
const maxControlString = 4096

// controlString returns where the string ends that an introducer of two bytes
// starts: at a bell, a string terminator, or before a line end. Without an end,
// only the introducer is part of it.
func controlString(text string) int {
	const intro, bell, terminator = 2, "\a", "\x1b\\"
	head := text[intro:min(len(text), maxControlString)]
	end := strings.IndexAny(head, "\a\x1b\n")
	if end < 0 {
		return intro
	}
	for _, mark := range []string{bell, terminator} {
		if strings.HasPrefix(head[end:], mark) {
			end += len(mark)
			break
		}
	}
	return intro + end
}

// withoutComments returns text without HTML comments, even if taking one out
// makes another. The mark of a comment that does not end is left out alone.
func withoutComments(text string) string {
	const open, shut = "<!--", "-->"
	if !strings.Contains(text, open) {
		return text
	}
	out := make([]byte, 0, len(text))
	endless := false
	for i := 0; i < len(text); i++ {
		out = append(out, text[i])
		if text[i] != '-' || !strings.HasSuffix(string(out[max(0, len(out)-len(open)):]), open) {
			continue
		}
		out = out[:len(out)-len(open)]
		if endless {
			continue
		}
		if n := strings.Index(text[i+1:], shut); n >= 0 {
			i += n + len(shut)
		} else {
			endless = true
		}
	}
	return string(out)
}
