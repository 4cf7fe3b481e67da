package tree

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Defaults of [Limits].
const (
	DefaultMaxBytes  = 128 << 20
	DefaultMaxNodes  = 20_000_000
	DefaultMaxDepth  = 1_000
	DefaultMaxDigits = 1_100 // any float64 exactly
)

// Limits bound what a document may cost. Fields that are zero or negative mean
// the defaults.
type Limits struct {
	// MaxBytes bounds the length of the input, and that of its text if every
	// alias of YAML were a copy of what it refers to. Default
	// [DefaultMaxBytes].
	MaxBytes int

	// MaxNodes bounds the number of values, counted in the same way. Default
	// [DefaultMaxNodes].
	MaxNodes int

	// MaxDepth bounds how many arrays and objects are inside of one another.
	// Default [DefaultMaxDepth].
	MaxDepth int

	// MaxDigits bounds the digits of a number when its exponent is written out:
	// 1e1000000 has a million. Computing with such a number takes long, and the
	// readers of a tree compute. A larger one is an error of [ParseJSON], and a
	// string for [Parse]. Default [DefaultMaxDigits].
	MaxDigits int
}

func (l Limits) withDefaults() Limits {
	if l.MaxBytes <= 0 {
		l.MaxBytes = DefaultMaxBytes
	}
	if l.MaxNodes <= 0 {
		l.MaxNodes = DefaultMaxNodes
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = DefaultMaxDepth
	}
	if l.MaxDigits <= 0 {
		l.MaxDigits = DefaultMaxDigits
	}
	return l
}

// A LimitError says that a document costs more than its [Limits] admit. No other
// reading of the same input can help.
type LimitError struct {
	// Place is the line and the column, "" for the document as a whole.
	Place string

	// Message says which limit it is.
	Message string
}

func (e *LimitError) Error() string {
	if e.Place == "" {
		return e.Message
	}
	return e.Place + ": " + e.Message
}

// A size is how large a part of a document is, with all aliases expanded.
type size struct{ values, bytes int }

func (s size) plus(o size) size  { return size{s.values + o.values, s.bytes + o.bytes} }
func (s size) minus(o size) size { return size{s.values - o.values, s.bytes - o.bytes} }

func (l Limits) checkBytes(n int) error {
	if n <= l.MaxBytes {
		return nil
	}
	return &LimitError{Message: fmt.Sprintf("the document has %d bytes; at most %d are read", n, l.MaxBytes)}
}

func (l Limits) tooLarge(place string) error {
	return &LimitError{place, fmt.Sprintf(
		"the document has more than %d values, or %d bytes in them, counting each use of an alias, or too many for its length", l.MaxNodes, l.MaxBytes)}
}

func (l Limits) nestedTooDeep(place string) error {
	return &LimitError{place, fmt.Sprintf("the document is nested more than %d levels deep", l.MaxDepth)}
}

func (l Limits) tooManyDigits(place string) error {
	return &LimitError{place, fmt.Sprintf("the number has more than %d digits when it is written out", l.MaxDigits)}
}

// A Problem is something wrong with a document that could be read all the same.
type Problem struct {
	// Pointer is the place as a JSON pointer (RFC 6901).
	Pointer string

	// Message says what is wrong and what follows from it.
	Message string
}

// What is kept of the problems of one document.
const (
	maxProblems     = 100
	maxProblemBytes = 64 << 10
)

// problems collects the problems of a document. A hostile one can have as many
// as it has bytes, so that only the first ones are kept, and the rest counted.
type problems struct {
	kept  []Problem
	bytes int
	more  int
}

func (p *problems) add(at path, format string, args ...any) {
	if len(p.kept) >= maxProblems || p.bytes >= maxProblemBytes {
		p.more++
		return
	}
	pointer := at.pointer()
	if len(pointer) > maxProblemBytes {
		pointer = ""
	}
	problem := Problem{pointer, fmt.Sprintf(format, args...)}
	p.bytes += len(problem.Pointer) + len(problem.Message)
	p.kept = append(p.kept, problem)
}

func (p *problems) list() []Problem {
	if p.more == 0 {
		return p.kept
	}
	return append(p.kept, Problem{Message: fmt.Sprintf("%d more problems are not listed", p.more)})
}

// quote returns s quoted and short enough for a message.
func quote(s string) string {
	const most = 80
	if len(s) <= most {
		return strconv.Quote(s)
	}
	cut := most
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strconv.Quote(s[:cut] + "…")
}
