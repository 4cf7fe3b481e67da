package openapi

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// maxPattern bounds the length of a regular expression.
const maxPattern = 16 << 10

// isPattern reports whether a regular expression is one that a reader may
// understand: Go does, or would if it had what ECMA-262 has beyond it.
func isPattern(pattern string) bool {
	if len(pattern) > maxPattern {
		return false
	}
	if _, err := syntax.Parse(pattern, syntax.Perl); err == nil {
		return true
	}
	_, err := syntax.Parse(simplified(pattern), syntax.Perl)
	return err == nil
}

// simplified returns a pattern with what Go lacks of ECMA-262 replaced by
// something that has the same place in the grammar.
func simplified(pattern string) string {
	pattern = strings.NewReplacer(`\\`, `\\`, `(?=`, `(?:`, `(?!`, `(?:`, `(?<=`, `(?:`, `(?<!`, `(?:`, `[^]`, `.`).Replace(pattern)
	pattern = regexp.MustCompile(
		`\\(?:u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|c[A-Za-z]|k<[^>]*>|[pP]\{[^}]*\}|[0-9]+|.)`,
	).ReplaceAllStringFunc(pattern, simplifiedEscape)
	// Go refuses to repeat more than 1,000 times.
	return regexp.MustCompile(`\{[0-9]+(?:,[0-9]*)?\}`).ReplaceAllString(pattern, `+`)
}

// simplifiedEscape keeps an escape that says that a character is meant
// literally, or that stands for a class, and makes a character of others.
func simplifiedEscape(escape string) string {
	if len(escape) == 2 && strings.Contains(`\[](){}-^$.*+?|/dDwWsSbB`, escape[1:]) {
		return escape
	}
	return "x"
}
