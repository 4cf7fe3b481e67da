package reduce

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What [ParsePaths] takes at most.
const (
	MaxPaths    = 64
	maxPath     = 1024 // bytes
	maxSegments = 64
)

// Paths are what of a value is selected. They are immutable.
//
// Where a value is read, the segments at which paths are there have no common
// descendants: an object leads each of them to its children, an array to itself or to
// one child. So there are never more of them than paths.
type Paths struct {
	root  *segment
	texts []string
	ends  []int // the numbers of those that are not inside of another one
}

// A segment is where the paths that begin alike go on.
type segment struct {
	named map[string]*segment
	every *segment // for *
	last  int      // the number of the path that ends here, from 1 on
}

// ParsePaths reads paths: JSON Pointers (RFC 6901), without the first slash if that is
// easier, in which * stands for each item of an array or each member of an object. It
// may be left out for the items of an array. A member that is called * is "~2".
func ParsePaths(texts []string) (*Paths, error) {
	if len(texts) > MaxPaths {
		return nil, fmt.Errorf("there are %d paths; at most %d are taken", len(texts), MaxPaths)
	}
	p := &Paths{root: &segment{}, texts: texts}
	for i, text := range texts {
		if err := p.add(text, i+1); err != nil {
			return nil, err
		}
	}
	p.ends = p.root.numbers(nil)
	slices.Sort(p.ends)
	return p, nil
}

// numbers adds to ends the numbers of the paths through s that are not inside of
// another one.
func (s *segment) numbers(ends []int) []int {
	if s.last > 0 {
		return append(ends, s.last)
	}
	for _, next := range s.named {
		ends = next.numbers(ends)
	}
	if s.every != nil {
		ends = s.every.numbers(ends)
	}
	return ends
}

func (p *Paths) add(text string, number int) error {
	if len(text) > maxPath {
		return fmt.Errorf("the path %.40q… has more than %d bytes", text, maxPath)
	}
	if text == "" {
		return errors.New(`a path is empty; one is like "items/*/name"`)
	}
	tokens := strings.Split(strings.TrimPrefix(text, "/"), "/")
	if len(tokens) > maxSegments {
		return fmt.Errorf("the path %.40q… has more than %d parts", text, maxSegments)
	}
	at := p.root
	for _, token := range tokens {
		at = at.child(token)
	}
	if at.last == 0 {
		at.last = number
	}
	return nil
}

var unescape = strings.NewReplacer("~0", "~", "~1", "/", "~2", "*")

// child returns what a token leads to.
func (s *segment) child(token string) *segment {
	if token == "*" {
		if s.every == nil {
			s.every = &segment{}
		}
		return s.every
	}
	key := unescape.Replace(token)
	next := s.named[key]
	if next == nil {
		next = &segment{}
		if s.named == nil {
			s.named = map[string]*segment{}
		}
		s.named[key] = next
	}
	return next
}
