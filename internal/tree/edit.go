package tree

import (
	"iter"
	"slices"
)

// All returns the members of an Object in their order, and nothing for any
// other node.
func (n *Node) All() iter.Seq2[string, *Node] {
	return func(yield func(string, *Node) bool) {
		if n == nil {
			return
		}
		for i := range n.Members {
			if !yield(n.Members[i].Key, n.Members[i].Value) {
				return
			}
		}
	}
}

// With returns a copy of the object n in which the member key is v: at its
// position if n has the key, else as the last member. The values are shared
// with n. A node that is not an Object is taken as an empty one.
func (n *Node) With(key string, v *Node) *Node {
	var members []Member
	if n.Is(Object) {
		members = make([]Member, len(n.Members), len(n.Members)+1)
		copy(members, n.Members)
	}
	for i := range members {
		if members[i].Key == key {
			members[i].Value = v
			return &Node{Kind: Object, Members: members, index: n.index}
		}
	}
	return NewObject(append(members, Member{key, v})...)
}

// Without returns a copy of the object n without the members that have one of
// keys. The values are shared with n. A node that is not an Object is taken as
// an empty one.
func (n *Node) Without(keys ...string) *Node {
	var members []Member
	if n.Is(Object) {
		members = make([]Member, 0, len(n.Members))
		for _, m := range n.Members {
			if !slices.Contains(keys, m.Key) {
				members = append(members, m)
			}
		}
	}
	return NewObject(members...)
}

// Equal reports whether n and m are the same value. The order of members does
// not matter. Numbers are equal if their literals are: 1.0 is not 1.
func (n *Node) Equal(m *Node) bool {
	if n == m {
		return true
	}
	if n == nil || m == nil || n.Kind != m.Kind {
		return false
	}
	switch n.Kind {
	case Array:
		return slices.EqualFunc(n.Items, m.Items, (*Node).Equal)
	case Object:
		return n.equalMembers(m)
	}
	return n.Text == m.Text
}

func (n *Node) equalMembers(m *Node) bool {
	if len(n.Members) != len(m.Members) {
		return false
	}
	for i, member := range n.Members {
		// Most objects that are equal have the same order.
		other := m.Members[i].Value
		if m.Members[i].Key != member.Key {
			other = m.Get(member.Key)
		}
		if !member.Value.Equal(other) {
			return false
		}
	}
	return true
}
