// Package tree holds documents as plain ordered data: what JSON and YAML have
// in common, with the order of members, the text of numbers and the place of
// mistakes kept. It reads hostile input inside budgets.
package tree

// A Kind is the kind of a [Node].
type Kind uint8

// The kinds of a node.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// A Node is a JSON value. Nodes are shared freely and must not be changed once
// built. All methods work on a nil *Node, which is an absent value.
type Node struct {
	Kind Kind

	// Text is the value of a String, the literal of a Number (always valid
	// JSON), and "true" or "false".
	Text string

	// Items are the elements of an Array.
	Items []*Node

	// Members are the members of an Object in their order. Keys are unique.
	Members []Member

	index map[string]int // position by key, for large objects
}

// A Member is a member of an object.
type Member struct {
	Key   string
	Value *Node
}

// Get returns the value of the member with the given key, or nil.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	if n.index != nil {
		if i, ok := n.index[key]; ok {
			return n.Members[i].Value
		}
		return nil
	}
	if i := position(n.Members, key); i >= 0 {
		return n.Members[i].Value
	}
	return nil
}

// position returns the position of the member with the given key, or -1.
func position(members []Member, key string) int {
	for i := range members {
		if members[i].Key == key {
			return i
		}
	}
	return -1
}

// Str returns the text of a String, Number or Bool, and "" for anything else.
func (n *Node) Str() string {
	if n == nil {
		return ""
	}
	return n.Text
}

// Is reports whether n is present and of the given kind.
func (n *Node) Is(k Kind) bool { return n != nil && n.Kind == k }

// True reports whether n is the value true.
func (n *Node) True() bool { return n.Is(Bool) && n.Text == "true" }

// NewString returns a String.
func NewString(s string) *Node { return &Node{Kind: String, Text: s} }

// NewNumber returns a Number with the given literal, which must be valid JSON.
func NewNumber(literal string) *Node { return &Node{Kind: Number, Text: literal} }

// NewBool returns a Bool.
func NewBool(b bool) *Node {
	if b {
		return &Node{Kind: Bool, Text: "true"}
	}
	return &Node{Kind: Bool, Text: "false"}
}

// NewArray returns an Array of items.
func NewArray(items ...*Node) *Node { return &Node{Kind: Array, Items: items} }

// NewObject returns an Object of members, whose keys must be unique. It keeps
// members.
func NewObject(members ...Member) *Node {
	n := &Node{Kind: Object, Members: members}
	n.buildIndex()
	return n
}

// indexFrom is the number of members from which an object has an index.
const indexFrom = 16

func (n *Node) buildIndex() {
	if len(n.Members) >= indexFrom {
		n.index = indexOf(n.Members)
	}
}

// indexOf returns the positions of members by key.
func indexOf(members []Member) map[string]int {
	index := make(map[string]int, len(members))
	for i := range members {
		index[members[i].Key] = i
	}
	return index
}
