package mcpmount

import (
	"html"
	"strings"
	"unicode"
)

// pageText returns what an HTML page says: its text without markup, one line
// for each block.
func pageText(page string) string {
	var b strings.Builder
	for {
		text, rest, found := strings.Cut(page, "<")
		b.WriteString(text)
		if !found {
			return collapsed(html.UnescapeString(b.String()))
		}
		if rest == "" || !strings.ContainsRune("!/?", rune(rest[0])) && !isLower(rest[0]) && !isUpper(rest[0]) {
			b.WriteByte('<') // not a tag
			page = rest
			continue
		}
		name := tagName(rest)
		if !isInline(strings.TrimPrefix(name, "/")) {
			b.WriteByte('\n')
		}
		page = afterTag(rest, name)
	}
}

// tagName returns the name of the tag that s begins with, in lower case, with
// the slash of an end tag.
func tagName(s string) string {
	end := strings.IndexFunc(s[1:], func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end < 0 {
		end = len(s) - 1
	}
	return strings.ToLower(s[:1+end])
}

// afterTag returns what follows the tag that s begins with, and its content if
// that is not for reading.
func afterTag(s, name string) string {
	if strings.HasPrefix(s, "!--") {
		_, s, _ = strings.Cut(s, "-->")
		return s
	}
	_, s, _ = strings.Cut(s, ">")
	switch name {
	case "script", "style", "svg", "template", "noscript":
		return afterElement(s, name)
	}
	return s
}

func afterElement(s, name string) string {
	for {
		_, rest, found := strings.Cut(s, "</")
		if !found {
			return ""
		}
		if len(rest) >= len(name) && strings.EqualFold(rest[:len(name)], name) {
			_, rest, _ = strings.Cut(rest, ">")
			return rest
		}
		s = rest
	}
}

func isInline(name string) bool {
	switch name {
	case "a", "abbr", "b", "cite", "code", "em", "font", "i", "kbd", "mark", "q", "s", "small", "span",
		"strong", "sub", "sup", "tt", "u", "var":
		return true
	}
	return false
}

// collapsed returns plain text with single spaces. A line that repeats the one
// before is left out: the title of an error page is mostly its heading.
func collapsed(text string) string {
	var b strings.Builder
	last := ""
	for line := range strings.Lines(plainText(text)) {
		if line = strings.Join(strings.Fields(line), " "); line == last {
			continue
		}
		last = line
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// plainText returns text without control characters, without empty lines, and
// with lines that do not end in white space.
func plainText(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) && r != '\t' {
				return -1
			}
			return r
		}, line)
		if line = strings.TrimRightFunc(line, unicode.IsSpace); line != "" {
			b.WriteString(line)
			b.WriteByte('\n')
		}
	}
	return b.String()
}
