package openapi

import "fmt"

// A Problem is something wrong with a document.
type Problem struct {
	// File is the file of the document, "" for the entry document.
	File string

	// Pointer is the place as a JSON pointer (RFC 6901).
	Pointer string

	// Message says what is wrong and what follows from it.
	Message string
}

// maxProblems bounds the problems of a document. A generated one tends to have
// the same mistake everywhere, and nobody reads beyond the first few hundred.
const maxProblems = 500

// problems collects the problems of a document.
type problems struct {
	kept []Problem
	seen map[Problem]bool
	more int
}

// add adds a problem at the given place, unless it is known.
func (s *problems) add(at place, format string, args ...any) {
	if len(s.kept) >= maxProblems {
		s.more++
		return
	}
	p := Problem{Pointer: at.pointer(), Message: fmt.Sprintf(format, args...)}
	if at.file != nil {
		p.File = at.file.label
	}
	s.put(p)
}

// put adds a problem. It may end up on a terminal, so that what is quoted from
// the document must not control one.
func (s *problems) put(p Problem) {
	p.Pointer, p.Message = visible(p.Pointer), visible(p.Message)
	switch {
	case len(s.kept) >= maxProblems:
		s.more++
	case !s.seen[p]:
		s.seen[p] = true
		s.kept = append(s.kept, p)
	}
}

func (s *problems) list() []Problem {
	if s.more == 0 {
		return s.kept
	}
	return append(s.kept, Problem{Message: fmt.Sprintf("%d more problems are not listed", s.more)})
}
