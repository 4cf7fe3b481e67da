package mcpmount

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	// maxPathText bounds one text in a path.
	maxPathText = 1 << 10

	// maxUnescape is how often an API could unescape a path: once as it should,
	// once in a proxy in front of it, once in its own code.
	maxUnescape = 3
)

// checkPathText refuses a text that is not the name of one thing in a path: one
// that is "." or "..", has a slash, a backslash or a control character, or
// becomes such a text when it is unescaped once too often. Escaping alone does
// not help: RFC 3986 section 6.2.2 has "%2E%2E" mean "..", and routers differ on
// "%2F".
func checkPathText(text string) error { return checkPath(text, false) }

// checkSegmentsText is checkPathText for a text of several segments, none of
// which may be empty or "..".
func checkSegmentsText(text string) error {
	if len(text) > maxPathText {
		return errLongPathText
	}
	for range maxUnescape + 1 {
		for segment := range strings.SplitSeq(text, "/") {
			if err := checkSegment(segment); err != nil {
				return err
			}
		}
		text, _ = unescapeOnce(text)
	}
	return nil
}

// checkJoinedPathText is checkPathText for a text that is followed by another
// one in its segment: its end must not begin an escape.
func checkJoinedPathText(text string) error { return checkPath(text, true) }

var errLongPathText = fmt.Errorf("must not be longer than %d bytes in a path", maxPathText)

func checkPath(text string, joined bool) error {
	if len(text) > maxPathText {
		return errLongPathText
	}
	for range maxUnescape {
		if err := checkSegment(text); err != nil {
			return err
		}
		if joined && endsInEscape(text) {
			return errors.New("must not end in the beginning of an escape: text follows it in the path")
		}
		var escaped bool
		if text, escaped = unescapeOnce(text); !escaped {
			return nil
		}
	}
	return checkSegment(text)
}

// checkSegment refuses a text that is not one plain path segment. What is after
// a semicolon does not count, nor do dots and spaces at the end: some servers
// drop them before they resolve "..".
func checkSegment(text string) error {
	name, _, _ := strings.Cut(text, ";")
	if strings.TrimRight(name, ". ") == "" {
		return errors.New(`must not be empty, or only of dots and spaces, in a path`)
	}
	if !utf8.ValidString(text) {
		return errors.New("must be UTF-8, also when it is unescaped")
	}
	for _, r := range text {
		switch {
		case r == '/' || r == '\\':
			return errors.New(`must not contain "/" or "\", escaped or not: it is one segment of the path`)
		case r < ' ' || 0x7f <= r && r < 0xa0:
			return errors.New("must not contain control characters, escaped or not")
		}
	}
	return nil
}

func isDotSegment(segment string) bool { return segment == "." || segment == ".." }

// endsInEscape reports whether text ends in '%', or in '%' and one digit.
func endsInEscape(text string) bool {
	i := strings.LastIndexByte(text, '%')
	if i < 0 || i < len(text)-2 {
		return false
	}
	_, digit := unhex(text[len(text)-1])
	return i == len(text)-1 || digit
}

// hasDotSegment reports whether a path has a segment that is "." or "..". A
// backslash separates segments for some servers.
func hasDotSegment(path string) bool {
	if strings.IndexByte(path, '.') < 0 {
		return false
	}
	isSeparator := func(r rune) bool { return r == '/' || r == '\\' }
	for segment := range strings.FieldsFuncSeq(path, isSeparator) {
		if isDotSegment(segment) {
			return true
		}
	}
	return false
}
