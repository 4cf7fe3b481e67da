package tree

// A builder builds the tree of one document from its values in order, inside
// of limits. It knows where in the document it is, and how large the tree is.
type builder struct {
	arena
	limits Limits
	size   size

	// problems, if not nil, receives what is an error otherwise.
	problems *problems

	// depth is how many arrays and objects are open, path leads to the value that
	// is built now, if there are problems to tell of.
	depth int
	path  path

	// items and members are those of all open arrays and objects, the innermost
	// last.
	items   []*Node
	members []Member
}

// start makes b, which is zero, ready to build a tree from an input of the given
// length.
func (b *builder) start(length int, l Limits, problems *problems) {
	b.arena.start(length)
	b.limits, b.problems = l, problems
}

// grow adds to the size, and reports whether the document may be as large.
func (b *builder) grow(by size) bool {
	b.size = b.size.plus(by)
	return b.size.values <= b.limits.MaxNodes && b.size.bytes <= b.limits.MaxBytes && b.used <= b.mostUsed
}

// tooDeep reports whether a value that is nested as deep as height may not be
// where the path leads.
func (b *builder) tooDeep(height int) bool {
	return b.depth+height > b.limits.MaxDepth
}

// An openArray is an array whose elements are still being read.
type openArray struct {
	base int // its first element in builder.items
}

func (b *builder) openArray() openArray {
	b.enter(0)
	return openArray{len(b.items)}
}

func (b *builder) append(n *Node) {
	b.items = append(b.items, n)
	b.advance()
}

// closeArray closes an array that has some elements before those that were appended.
func (b *builder) closeArray(a openArray, first ...*Node) *Node {
	n := b.array(first, b.items[a.base:])
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
	b.enter(-1)
	return openObject{base: len(b.members)}
}

// key makes the path lead to the member of the innermost object.
func (b *builder) key(key string) {
	if b.problems != nil {
		b.path[len(b.path)-1].key = key
	}
}

// set adds a member to o, the innermost object. If there is one with this key
// already, it replaces the value at its position and reports false.
func (b *builder) set(o *openObject, key string, value *Node) bool {
	if i := b.find(o, key); i >= 0 {
		b.members[o.base+i].Value = value
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

// find returns the position of the member of o, the innermost object, with the
// given key, or -1.
func (b *builder) find(o *openObject, key string) int {
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	return position(b.members[o.base:], key)
}

func (b *builder) closeObject(o openObject) *Node {
	n := b.object(b.members[o.base:], o.index)
	b.members = b.members[:o.base]
	b.leave()
	return n
}

// enter notes that an array or object is open, whose first element has the index.
func (b *builder) enter(index int) {
	b.depth++
	if b.problems != nil {
		b.path = append(b.path, step{index: index})
	}
}

// advance makes the path lead to the next element of the innermost array.
func (b *builder) advance() {
	if b.problems != nil {
		b.path[len(b.path)-1].index++
	}
}

// leave notes that the innermost array or object is closed.
func (b *builder) leave() {
	b.depth--
	if b.problems != nil {
		b.path = b.path[:len(b.path)-1]
	}
}

// duplicate adds the problem that the value at the path replaced another one.
func (b *builder) duplicate(key string) {
	b.problems.add(b.path, "the key %s is there more than once; the last value is used", quote(key))
}
