package tree

// A builder builds the tree of one document from its values in order, inside
// of limits. It knows the place in the document, and how large it is.
type builder struct {
	arena
	limits Limits
	size   size

	// path leads to the value that is built now.
	path path

	// problems, if not nil, receives what is an error otherwise.
	problems *problems

	// items and members are those of all open arrays and objects, the innermost
	// last.
	items   []*Node
	members []Member

	// What these have at first.
	firstPath    [8]step
	firstItems   [8]*Node
	firstMembers [16]Member
}

// start makes b, which is zero or has built a tree to its end, ready to build one
// from an input of the given length. b must not be copied afterwards.
func (b *builder) start(length int, l Limits, problems *problems) {
	b.arena, b.limits, b.size, b.problems = newArena(length), l, size{}, problems
	b.path, b.items, b.members = b.firstPath[:0], b.firstItems[:0], b.firstMembers[:0]
}

// grow adds to the size, and reports whether the document may be as large.
func (b *builder) grow(by size) bool {
	b.size = b.size.plus(by)
	return b.size.values <= b.limits.MaxNodes && b.size.bytes <= b.limits.MaxBytes && b.used <= b.mostUsed
}

// tooDeep reports whether a value that is nested as deep as height may not be
// where the path leads.
func (b *builder) tooDeep(height int) bool {
	return len(b.path)+height > b.limits.MaxDepth
}

// An openArray is an array whose elements are still being read.
type openArray struct {
	base int // its first element in builder.items
}

func (b *builder) openArray() openArray {
	b.path = append(b.path, step{})
	return openArray{len(b.items)}
}

func (b *builder) append(n *Node) {
	b.items = append(b.items, n)
	b.path[len(b.path)-1].index++
}

func (b *builder) closeArray(a openArray) *Node {
	n := b.array(b.items[a.base:])
	clear(b.items[a.base:])
	b.items = b.items[:a.base]
	b.leave()
	return n
}

// An openObject is an object whose members are still being read.
type openObject struct {
	base  int // its first member in builder.members
	index map[string]int
}

func (b *builder) openObject() openObject {
	b.path = append(b.path, step{index: -1})
	return openObject{base: len(b.members)}
}

// key makes the path lead to the member of the innermost object.
func (b *builder) key(key string) { b.path[len(b.path)-1].key = key }

// set adds a member to o, the innermost object. If there is one with this key
// already, it replaces the value at its position and reports false.
func (b *builder) set(o *openObject, key string, value *Node) bool {
	if i := b.find(o, key); i >= 0 {
		b.members[i].Value = value
		return false
	}
	b.members = append(b.members, Member{key, value})
	own := b.members[o.base:]
	switch {
	case o.index != nil:
		o.index[key] = len(own) - 1
	case len(own) == indexFrom:
		o.index = indexOf(own)
	}
	return true
}

// find returns the position in b.members of the member of o with the given
// key, or -1.
func (b *builder) find(o *openObject, key string) int {
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return o.base + i
		}
		return -1
	}
	for i := o.base; i < len(b.members); i++ {
		if b.members[i].Key == key {
			return i
		}
	}
	return -1
}

func (b *builder) closeObject(o openObject) *Node {
	n := b.object(b.members[o.base:], o.index)
	clear(b.members[o.base:])
	b.members = b.members[:o.base]
	b.leave()
	return n
}

// leave makes the path end one step before, and forgets that one: a builder may be
// used again.
func (b *builder) leave() {
	last := len(b.path) - 1
	b.path[last] = step{}
	b.path = b.path[:last]
}

// duplicate adds the problem that the value at the path replaced another one.
func (b *builder) duplicate(key string) {
	b.problems.add(b.path, "the key %s is there more than once; the last value is used", quote(key))
}
