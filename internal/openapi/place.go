package openapi

import (
	"iter"
	"slices"
	"strconv"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A place is a value of a document, and where it is. The node is nil if the
// document has no value there.
type place struct {
	file *file
	node *tree.Node
	trail

	// shared is the trail for the places inside, once there are any.
	shared *trail
}

// A trail leads to a value. Most values are sound and nobody asks for their
// pointer, so that it is put together only for a message or a name.
type trail struct {
	up    *trail
	token string // a whole pointer if there is no up
}

// at returns the place of a value whose pointer is known.
func at(f *file, n *tree.Node, pointer string) place {
	return place{file: f, node: n, trail: trail{token: pointer}}
}

// child returns the place of a value in p.
func (p place) child(token string, n *tree.Node) place {
	return place{file: p.file, node: n, trail: trail{p.settled().shared, token}}
}

// settled returns p ready for many calls of child.
func (p place) settled() place {
	if p.shared == nil {
		own := p.trail
		p.shared = &own
	}
	return p
}

// get returns the member of p with the given key.
func (p place) get(key string) place {
	n := p.node.Get(key)
	if n == nil {
		return place{file: p.file}
	}
	return p.child(key, n)
}

// members returns the members of p if it is an object.
func (p place) members() iter.Seq2[string, place] {
	p = p.settled()
	return func(yield func(string, place) bool) {
		for key, n := range p.node.All() {
			if !yield(key, p.child(key, n)) {
				return
			}
		}
	}
}

// elements returns the elements of p if it is an array.
func (p place) elements() iter.Seq[place] {
	p = p.settled()
	return func(yield func(place) bool) {
		if !p.node.Is(tree.Array) {
			return
		}
		for i, n := range p.node.Items {
			if !yield(p.child(strconv.Itoa(i), n)) {
				return
			}
		}
	}
}

// maxPointer bounds the length of a pointer: a document can have very long keys.
const maxPointer = 2 << 10

// pointer returns the JSON pointer to the end of the trail, cut where it gets
// too long.
func (t trail) pointer() string {
	var tokens []string
	for ; t.up != nil; t = *t.up {
		tokens = append(tokens, t.token)
	}
	pointer := []byte(t.token)
	for _, token := range slices.Backward(tokens) {
		if len(pointer)+len(token) > maxPointer {
			break
		}
		pointer = append(append(pointer, '/'), tree.EscapePointer(token)...)
	}
	return string(pointer)
}
