package overlay

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mcpmount/mcpmount/internal/jsonpath"
	"github.com/mcpmount/mcpmount/internal/tree"
)

// An edit are the places of a document that an action selected, as a tree of the
// ways to them: so that all are changed in one walk, each once.
type edit struct {
	selected bool
	below    map[step]*edit
}

// A step leads to a member of an object or to an element of an array.
type step struct {
	key   string
	index int // 0 in an object
}

// at returns the edit of a place.
func (e *edit) at(place *jsonpath.Location) *edit {
	if place.Parent == nil {
		return e
	}
	parent := e.at(place.Parent)
	s := step{index: place.Index}
	if place.Parent.Node.Is(tree.Object) {
		s = step{key: place.Key}
	}
	if parent.below == nil {
		parent.below = map[step]*edit{}
	}
	if parent.below[s] == nil {
		parent.below[s] = &edit{}
	}
	return parent.below[s]
}

// rebuild returns a copy of n in which its children are what change returns, and
// which lacks those for which that is nil. Nodes are shared where nothing changes.
func (e *edit) rebuild(n *tree.Node, change func(*tree.Node, *edit) (*tree.Node, error)) (*tree.Node, error) {
	if len(e.below) == 0 {
		return n, nil
	}
	if n.Is(tree.Object) {
		members := make([]tree.Member, 0, len(n.Members))
		for _, m := range n.Members {
			if below := e.below[step{key: m.Key}]; below != nil {
				var err error
				if m.Value, err = change(m.Value, below); err != nil {
					return nil, err
				}
			}
			if m.Value != nil {
				members = append(members, m)
			}
		}
		return tree.NewObject(members...), nil
	}
	items := make([]*tree.Node, 0, len(n.Items))
	for i, item := range n.Items {
		if below := e.below[step{index: i}]; below != nil {
			var err error
			if item, err = change(item, below); err != nil {
				return nil, err
			}
		}
		if item != nil {
			items = append(items, item)
		}
	}
	return tree.NewArray(items...), nil
}

// remove returns n without what e has selected, nil if that is n itself.
func remove(n *tree.Node, e *edit) *tree.Node {
	if e.selected {
		return nil
	}
	kept, _ := e.rebuild(n, func(child *tree.Node, below *edit) (*tree.Node, error) { return remove(child, below), nil })
	return kept
}

// update returns n with value merged into what e has selected, from the inside
// out.
func update(n *tree.Node, e *edit, value *tree.Node) (*tree.Node, error) {
	n, err := e.rebuild(n, func(child *tree.Node, below *edit) (*tree.Node, error) { return update(child, below, value) })
	if err != nil || !e.selected {
		return n, err
	}
	switch {
	case n.Is(tree.Object) && value.Is(tree.Object):
		return merge(n, value, "")
	case n.Is(tree.Object):
		return nil, fmt.Errorf("it selects a map, into which %s cannot be merged", shape(value))
	case n.Is(tree.Array) && value.Is(tree.Array):
		return tree.NewArray(slices.Concat(n.Items, value.Items)...), nil
	case n.Is(tree.Array):
		return tree.NewArray(append(slices.Clone(n.Items), value)...), nil
	case value.Is(tree.Object) || value.Is(tree.Array):
		return nil, fmt.Errorf("it selects a single value, which %s cannot replace", shape(value))
	}
	return value, nil
}

// merge returns the object n with the members of value: Overlay 1.1, Action Object.
// The place is that of n as seen from the target.
func merge(n, value *tree.Node, place string) (*tree.Node, error) {
	members := slices.Clone(n.Members)
	index := make(map[string]int, len(members))
	for i, m := range members {
		index[m.Key] = i
	}
	for _, m := range value.Members {
		i, both := index[m.Key]
		if !both {
			members = append(members, m)
			continue
		}
		merged, err := mergeValue(members[i].Value, m.Value, place+"/"+tree.EscapePointer(m.Key))
		if err != nil {
			return nil, err
		}
		members[i].Value = merged
	}
	return tree.NewObject(members...), nil
}

func mergeValue(n, value *tree.Node, place string) (*tree.Node, error) {
	switch {
	case shape(n) != shape(value):
		return nil, errors.New("at " + quote(place) + " is " + shape(n) + ", which " + shape(value) + " cannot replace; remove it first")
	case n.Is(tree.Object):
		return merge(n, value, place)
	case n.Is(tree.Array):
		return tree.NewArray(slices.Concat(n.Items, value.Items)...), nil
	}
	return value, nil
}
