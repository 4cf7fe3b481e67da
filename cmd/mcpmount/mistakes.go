package main

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// mistakes are what is wrong with a configuration, several errors in the order of the file.
type mistakes []error

// Error returns a line for each.
func (m mistakes) Error() string { return errors.Join(m...).Error() }

func (m mistakes) Unwrap() []error { return m }

// mistakesOf returns errors as one, each of them once: nil for none, and one by itself.
func mistakesOf(errs ...error) error {
	all := mistakes{}
	for _, err := range errs {
		if several := (mistakes)(nil); errors.As(err, &several) {
			all = append(all, several...)
		} else if err != nil {
			all = append(all, err)
		}
	}
	slices.SortStableFunc(all, func(a, b error) int { return placeOf(a).compare(placeOf(b)) })
	all = slices.CompactFunc(all, func(a, b error) bool { return a.Error() == b.Error() })
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

// A position is a place in a configuration file. Line and column count from 1, and are 0 for
// the file as a whole; no file is no place.
type position struct {
	file         string
	line, column int
}

func (p position) String() string {
	if p.line == 0 {
		return p.file
	}
	return fmt.Sprintf("%s:%d:%d", p.file, p.line, p.column)
}

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.line, q.line), cmp.Compare(p.column, q.column))
}

// placeOf returns the place that an error is about.
func placeOf(err error) position {
	if f := new(failure); errors.As(err, &f) {
		return f.at
	}
	return position{}
}

func (r *configReader) place(n *yaml.Node) position { return position{r.name, n.Line, n.Column} }

// mistake returns an error about a place in the file.
func (r *configReader) mistake(n *yaml.Node, hint, format string, args ...any) error {
	return &failure{err: fmt.Errorf(format, args...), hint: hint, at: r.place(n)}
}

// wrong notes a mistake at a place in the file.
func (r *configReader) wrong(n *yaml.Node, hint, format string, args ...any) {
	r.mistakes = append(r.mistakes, r.mistake(n, hint, format, args...))
}

const sharedHint = "keys that several APIs share go below " + keyDefaults

func (r *configReader) wrongAlias(n *yaml.Node) { r.wrong(n, sharedHint, "aliases are not read") }

// syntaxError returns an error of the parser with the place as other errors have it.
func (r *configReader) syntaxError(err error) error {
	text, at := strings.TrimPrefix(err.Error(), "yaml: "), r.name
	place := regexp.MustCompile(`line (\d+)(?:, column (\d+))?: *`)
	if m := place.FindStringSubmatch(text); m != nil {
		if at += ":" + m[1]; m[2] != "" {
			at += ":" + m[2]
		}
		text = strings.Replace(text, m[0], "", 1)
	}
	hint := "keys of one mapping are indented alike; a value with a colon or a brace in it needs quotes"
	if strings.Contains(text, "cannot start any token") {
		hint = "indent with spaces, not with tabs; a value that begins with @, % or ` needs quotes"
	}
	return fail(hint, "%s: %s", at, text)
}

// explain returns an error about flags as one about the keys of this API in the
// file. What was typed is the user's own.
func (s *apiSettings) explain(err error) error {
	if err == nil || s.place.file == "" {
		return err
	}
	text := asKeys(err.Error())
	at := cmp.Or(s.places[regexp.MustCompile(`^[a-z-]*`).FindString(text)], s.place)
	hint := ""
	if f := new(failure); errors.As(err, &f) {
		if hint = f.hint; !strings.Contains(hint, "mcpmount ") { // a command, which has flags
			hint = asLines(hint)
		}
	}
	if s.name != "" {
		text = s.name + ": " + text
	}
	return &failure{err: errors.New(s.without(text)), hint: s.without(hint), at: at}
}

// without returns a text without what was put in for a ${…}: in which key a secret
// belongs, only its author knows.
func (s *apiSettings) without(text string) string {
	for _, value := range s.put {
		if len(value) >= minHidden {
			text = strings.ReplaceAll(text, value, "${…}")
		}
	}
	return text
}

// minHidden is the length in bytes of values that are hidden: shorter ones are parts of words.
const minHidden = 6

// asLines returns a hint that shows flags with their values as lines of a file.
func asLines(hint string) string {
	return asKeys(regexp.MustCompile(`(^|\s)(--[a-z-]+) (['"A-Z0-9:/]|https?:)`).ReplaceAllString(hint, "$1$2: $3"))
}

// asKeys returns a text that names flags with the keys that they are.
func asKeys(text string) string {
	return regexp.MustCompile(`(^|[\s'"(])--([a-z])`).ReplaceAllString(text, "$1$2")
}
