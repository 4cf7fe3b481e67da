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

// newArena returns an arena for an input of the given length.
func newArena(length int) arena {
	a := arena{mostUsed: freeBytes + bytesPerByte*length}
	a.nodes.next = min(length/bytesPerNode, minSlab) // half of what the first block has
	a.members.next = a.nodes.next
	if length >= recentFrom {
		a.recent = make([]*Node, recentSize)
		a.seed = maphash.MakeSeed()
	}
	return a
}

func (a *arena) node(kind Kind, text string) *Node {
	n := &a.nodes.take(1)[0]
	a.used += nodeBytes
	n.Kind, n.Text = kind, text
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
	if a.recent == nil || len(text) > recentText {
		return a.node(kind, text)
	}
	at := &a.recent[maphash.String(a.seed, text)%recentSize]
	if n := *at; n != nil && n.Kind == kind && n.Text == text {
		return n
	}
	*at = a.node(kind, text)
	return *at
}

// array returns an Array of a copy of items.
func (a *arena) array(items []*Node) *Node {
	n := a.node(Array, "")
	if len(items) > 0 {
		n.Items = a.items.take(len(items))
		a.used += itemBytes * len(items)
		copy(n.Items, items)
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
	n.index = index
	a.used += indexBytes * len(index)
	return n
}

// blocks are those that an arena took its nodes from last.
type blocks struct {
	nodes   []Node
	members []Member
}

// blocks returns those of a, all of which may be in use.
func (a *arena) blocks() blocks { return blocks{a.nodes.block, a.members.block} }

// reuse gives a blocks to begin with, which nobody uses.
func (a *arena) reuse(b blocks) {
	a.nodes.block, a.nodes.free = b.nodes, b.nodes
	a.members.block, a.members.free = b.members, b.members
}

// maxReused bounds the elements of a block that is kept to be used again.
const maxReused = 128

// clear forgets what is in b.
func (b *blocks) clear() {
	if len(b.nodes) > maxReused || len(b.members) > maxReused {
		*b = blocks{}
	}
	clear(b.nodes)
	clear(b.members)
}

// A slab is a block of elements that are handed out in order. Blocks grow, so
// that a small document has a small one.
type slab[T any] struct {
	block []T // the last one
	free  []T // of it
	next  int
}

const (
	minSlab = 8
	maxSlab = 1 << 10

	// bytesPerNode is what a value of a message takes, or more.
	bytesPerNode = 16
)

// take returns n zero elements. Many at once are allocated by themselves, so
// that little of a block is lost when it is replaced.
func (s *slab[T]) take(n int) []T {
	if n > maxSlab/8 {
		return make([]T, n)
	}
	if n > len(s.free) {
		s.next = min(max(2*s.next, minSlab, n), maxSlab)
		s.block = make([]T, s.next)
		s.free = s.block
	}
	taken := s.free[:n:n]
	s.free = s.free[n:]
	return taken
}
