package main

import (
	"fmt"
	"strings"
	"unicode"
)

// slug returns title as a short name of lower case letters, digits and dashes.
func slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	if len(words) == 0 {
		return "api"
	}
	return strings.Join(words, "-")
}

// count returns a number and a noun, in the plural unless n is 1.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// shorten joins names, the first ten of them.
func shorten(names []string) string { return firstOf(names, 10) }

// firstOf joins the first names of a list, and says how many more there are.
func firstOf(names []string, most int) string {
	text := strings.Join(names[:min(most, len(names))], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// first joins the first three of a list, as they can be printed.
func first(list []string) string { return printable(firstOf(list, 3)) }

// printable returns s on one line and without what could move the cursor or
// change the colours of a terminal: documents and APIs are not to be trusted.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return -1
	}, strings.TrimSpace(s))
}
