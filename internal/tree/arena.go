package tree

import "hash/maphash"

// An arena makes the nodes of one document. It takes them from slabs, and makes
// one node of scalars that are equal: a document of a million values has few
// different ones, and nodes do not change.
type arena struct {
	nodes   slab[Node]
	items   slab[*Node]
	members slab[Member]

	// used estimates the memory of the tree in bytes, mostUsed bounds it.
	used, mostUsed int

	null, yes, no *Node

	// recent holds scalars by hash, a later one in the place of an earlier. It
	// is nil for a small document.
	recent []*Node
	seed   maphash.Seed
}

// What parts of a tree take, in bytes.
const (
	nodeBytes   = 80
	itemBytes   = 8
	memberBytes = 24
	indexBytes  = 48
)

// A tree may take so much, and so much for each byte of its document. That of a
// large real document takes up to 3 for each byte.
const (
	freeBytes    = 64 << 20
	bytesPerByte = 4
)

const (
	recentFrom = 4 << 10 // bytes of a document from which scalars are shared
	recentSize = 1 << 11
	recentText = 40 // bytes of text up to which scalars are shared
)

// start makes a, which is zero, ready for an input of the given length.
func (a *arena) start(length int) {
	a.mostUsed = freeBytes + bytesPerByte*length
	a.nodes.next = min(length/bytesPerNode, minSlab) // half of what the first block has
	a.members.next = a.nodes.next
	if length >= recentFrom {
		a.recent = make([]*Node, recentSize)
		a.seed = maphash.MakeSeed()
	}
}

func (a *arena) node(kind Kind, text string) *Node {
	n := &a.nodes.take(1)[0]
	a.used += nodeBytes
	n.Kind, n.Text, n.Items, n.Members, n.index = kind, text, nil, nil, nil // faster than all at once
	return n
}

func (a *arena) nullNode() *Node {
	if a.null == nil {
		a.null = a.node(Null, "")
	}
	return a.null
}

func (a *arena) boolNode(value bool) *Node {
	if value {
		if a.yes == nil {
			a.yes = a.node(Bool, "true")
		}
		return a.yes
	}
	if a.no == nil {
		a.no = a.node(Bool, "false")
	}
	return a.no
}

// scalar returns a String or a Number.
func (a *arena) scalar(kind Kind, text string) *Node {
	if a.recent == nil {
		return a.node(kind, text)
	}
	return a.shared(kind, text)
}

func (a *arena) shared(kind Kind, text string) *Node {
	if len(text) > recentText {
		return a.node(kind, text)
	}
	at := &a.recent[maphash.String(a.seed, text)%recentSize]
	if n := *at; n != nil && n.Kind == kind && n.Text == text {
		return n
	}
	*at = a.node(kind, text)
	return *at
}

// array returns an Array of a copy of items, and of those that follow.
func (a *arena) array(items, more []*Node) *Node {
	n := a.node(Array, "")
	if length := len(items) + len(more); length > 0 {
		n.Items = a.items.take(length)
		a.used += itemBytes * length
		copy(n.Items, items)
		copy(n.Items[len(items):], more)
	}
	return n
}

// object returns an Object of a copy of members. The index is that of members,
// or nil if there are few of them.
func (a *arena) object(members []Member, index map[string]int) *Node {
	n := a.node(Object, "")
	if len(members) > 0 {
		n.Members = a.members.take(len(members))
		a.used += memberBytes * len(members)
		copy(n.Members, members)
	}
	if index != nil {
		n.index = index
		a.used += indexBytes * len(index)
	}
	return n
}

// blocks are those that an arena took its nodes from last.
type blocks struct {
	nodes   block[Node]
	items   block[*Node]
	members block[Member]
}

// blocks returns those of a.
func (a *arena) blocks() blocks { return blocks{a.nodes.block, a.items.block, a.members.block} }

// reuse gives a blocks to begin with, of which nobody uses anything.
func (a *arena) reuse(b *blocks) {
	a.nodes.block, a.items.block, a.members.block = b.nodes, b.items, b.members
}

// free says that nobody uses what is in b, and forgets it if asked to.
func (b *blocks) free(forget bool) {
	b.nodes.free(forget)
	b.items.free(forget)
	b.members.free(forget)
}

// A block is some elements, the first of which are in use.
type block[T any] struct {
	elements []T
	used     int
}

// maxReused bounds the elements of a block that is kept to be used again.
const maxReused = 128

func (b *block[T]) free(forget bool) {
	if len(b.elements) > maxReused {
		b.elements = nil
	}
	if forget {
		clear(b.elements)
	}
	b.used = 0
}

// A slab hands out the elements of a block in order, and makes another block when
// there are none. Blocks grow, so that a small document has a small one.
type slab[T any] struct {
	block[T]
	next int
}

const (
	minSlab = 8
	maxSlab = 1 << 10

	// bytesPerNode is what a value of a message takes, or more.
	bytesPerNode = 16
)

// take returns n elements, in which anything may be. Many at once are allocated by themselves, so
// that little of a block is lost when it is replaced.
func (s *slab[T]) take(n int) []T {
	if n > maxSlab/8 {
		return make([]T, n)
	}
	if n > len(s.elements)-s.used {
		s.next = min(max(2*s.next, 2*len(s.elements), minSlab, n), maxSlab)
		s.block = block[T]{elements: make([]T, s.next)}
	}
	s.used += n
	return s.elements[s.used-n : s.used : s.used]
}
