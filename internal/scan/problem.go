package scan

import (
	"cmp"
	"go/token"
	"slices"
)

// A Problem is a place in the source that was not understood, and what is missing
// from the document because of it.
type Problem struct {
	// Pos is the place; its Filename is empty where there is none, such as for a package
	// that does not load.
	Pos token.Position
	// Message says what was not understood, and what to do where something can be done.
	Message string
	// Other is a second place, which Message ends with where there is one.
	Other token.Position
	// Note says that nothing is missing: something was assumed, and Message says what.
	Note bool
}

// String is "file:line: message".
func (p Problem) String() string {
	message := p.Message
	if p.Other.Filename != "" {
		message += " " + fileAndLine(p.Other)
	}
	if p.Pos.Filename == "" {
		return message
	}
	return fileAndLine(p.Pos) + ": " + message
}

func fileAndLine(at token.Position) string {
	at.Column, at.Offset = 0, 0
	return at.String()
}

// sortProblems orders problems by place, each of them once.
func sortProblems(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.Filename, b.Pos.Filename), cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(problems, func(a, b Problem) bool {
		return a.Pos.Filename == b.Pos.Filename && a.Pos.Line == b.Pos.Line && a.Message == b.Message
	})
}
