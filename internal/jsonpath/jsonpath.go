// Package jsonpath selects nodes of a document by the query language of RFC 9535.
package jsonpath

import (
	"errors"
	"fmt"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A Path is a query. It is immutable, and safe for concurrent use.
type Path struct {
	segments []segment
}

// A Location is a node that was selected, and the way to it. Two locations of a
// document are different places, even if an alias makes their nodes one.
type Location struct {
	Node *tree.Node

	// Parent is the array or object that has the node; nil for the root.
	Parent *Location

	// Key is the key of the node in an object.
	Key string

	// Index is the position of the node in an array or object.
	Index int
}

// Pointer returns the place as a JSON pointer (RFC 6901).
func (l *Location) Pointer() string {
	switch {
	case l.Parent == nil:
		return ""
	case l.Parent.Node.Is(tree.Array):
		return fmt.Sprintf("%s/%d", l.Parent.Pointer(), l.Index)
	}
	return l.Parent.Pointer() + "/" + tree.EscapePointer(l.Key)
}

// Select returns what p selects in root, in the order of RFC 9535, the same place
// several times if selectors overlap. It looks at no more values than steps, of
// which it takes what it needs; it is an error if these are too few.
func (p *Path) Select(root *tree.Node, steps *int) ([]*Location, error) {
	e := &evaluation{root: &Location{Node: root}, left: *steps}
	found := e.query(p.segments, e.root)
	*steps = e.left
	if e.left < 0 {
		return nil, errors.New("it would look at too many values; name the way to what is meant instead of searching for it")
	}
	return found, nil
}

// A segment takes each node that was selected so far to others.
type segment struct {
	descendant bool
	selectors  []selector
}

// A selector selects children of a node.
type selector interface {
	selectFrom(e *evaluation, at *Location, found []*Location) []*Location
}

// An evaluation is one use of a query.
type evaluation struct {
	root *Location
	left int // steps
}

// spend counts n steps, and reports whether there are any left.
func (e *evaluation) spend(n int) bool {
	e.left -= n
	return e.left >= 0
}

func (e *evaluation) query(segments []segment, from *Location) []*Location {
	nodes := []*Location{from}
	for _, s := range segments {
		var next []*Location
		for _, at := range nodes {
			if next = e.apply(s, at, next); e.left < 0 {
				return nil
			}
		}
		nodes = next
	}
	return nodes
}

// apply adds what s selects from at to found.
func (e *evaluation) apply(s segment, at *Location, found []*Location) []*Location {
	for _, selector := range s.selectors {
		if !e.spend(1) {
			return found
		}
		found = selector.selectFrom(e, at, found)
	}
	if s.descendant {
		for child := range e.children(at) {
			found = e.apply(s, child, found)
		}
	}
	return found
}

// children returns the children of a node.
func (e *evaluation) children(at *Location) func(func(*Location) bool) {
	return func(yield func(*Location) bool) {
		switch {
		case at.Node.Is(tree.Array):
			for i, item := range at.Node.Items {
				if !e.spend(1) || !yield(&Location{Node: item, Parent: at, Index: i}) {
					return
				}
			}
		case at.Node.Is(tree.Object):
			for i, m := range at.Node.Members {
				if !e.spend(1) || !yield(&Location{Node: m.Value, Parent: at, Key: m.Key, Index: i}) {
					return
				}
			}
		}
	}
}

// A nameSelector selects the member of an object: RFC 9535 section 2.3.1.
type nameSelector string

func (s nameSelector) selectFrom(_ *evaluation, at *Location, found []*Location) []*Location {
	if n := at.Node.Get(string(s)); n != nil {
		found = append(found, &Location{Node: n, Parent: at, Key: string(s)})
	}
	return found
}

// A wildcard selects all children: section 2.3.2.
type wildcard struct{}

func (wildcard) selectFrom(e *evaluation, at *Location, found []*Location) []*Location {
	for child := range e.children(at) {
		found = append(found, child)
	}
	return found
}

// An indexSelector selects an element of an array, from the end if it is
// negative: section 2.3.3.
type indexSelector int

func (s indexSelector) selectFrom(_ *evaluation, at *Location, found []*Location) []*Location {
	i := int(s)
	if !at.Node.Is(tree.Array) {
		return found
	}
	if i < 0 {
		i += len(at.Node.Items)
	}
	if i >= 0 && i < len(at.Node.Items) {
		found = append(found, &Location{Node: at.Node.Items[i], Parent: at, Index: i})
	}
	return found
}

// A slice selects elements of an array: section 2.3.4. What is nil is the default.
type slice struct {
	start, end, step *int
}

func (s slice) selectFrom(e *evaluation, at *Location, found []*Location) []*Location {
	if !at.Node.Is(tree.Array) {
		return found
	}
	n, step := len(at.Node.Items), 1
	if s.step != nil {
		step = *s.step
	}
	if step == 0 {
		return found
	}
	lower, upper := s.bounds(n, step)
	if step > 0 {
		for i := lower; i < upper && e.spend(1); i += min(step, n) {
			found = append(found, &Location{Node: at.Node.Items[i], Parent: at, Index: i})
		}
		return found
	}
	for i := upper; lower < i && e.spend(1); i += max(step, -n) {
		found = append(found, &Location{Node: at.Node.Items[i], Parent: at, Index: i})
	}
	return found
}

// bounds returns those of section 2.3.4.2.2 for an array of n elements.
func (s slice) bounds(n, step int) (lower, upper int) {
	start, end := 0, n
	if step < 0 {
		start, end = n-1, -n-1
	}
	if s.start != nil {
		start = *s.start
	}
	if s.end != nil {
		end = *s.end
	}
	normal := func(i int) int {
		if i < 0 {
			return n + i
		}
		return i
	}
	if step > 0 {
		return min(max(normal(start), 0), n), min(max(normal(end), 0), n)
	}
	return min(max(normal(end), -1), n-1), min(max(normal(start), -1), n-1)
}

// A filter selects the children for which an expression is true: section 2.3.5.
type filter struct{ test logical }

func (f filter) selectFrom(e *evaluation, at *Location, found []*Location) []*Location {
	for child := range e.children(at) {
		if f.test.holds(e, child) {
			found = append(found, child)
		}
	}
	return found
}
