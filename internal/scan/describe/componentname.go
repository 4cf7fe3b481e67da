package describe

import (
	"cmp"
	"fmt"
	"go/types"
	"path"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// componentNames returns what the component of a type is called: its name, with those of its
// type arguments before it ("Page[Item]" is "ItemPage"), without and with its package.
func componentNames(n *types.Named) (short, long string) {
	short = capital(n.Obj().Name())
	for i := n.TypeArgs().Len() - 1; i >= 0; i-- {
		short = argumentName(n.TypeArgs().At(i)) + short
	}
	short = componentText(short)
	if pkg := n.Obj().Pkg(); pkg != nil {
		return short, componentText(packageName(pkg)) + "." + short
	}
	return short, short
}

// argumentName returns the name of a type argument.
func argumentName(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		short, _ := componentNames(t)
		return short
	case *types.Pointer:
		return argumentName(t.Elem())
	case *types.Slice:
		return argumentName(t.Elem()) + "List"
	case *types.Array:
		return argumentName(t.Elem()) + "List"
	case *types.Map:
		return argumentName(t.Elem()) + "Map"
	case *types.Basic:
		return capital(t.Name())
	case *types.Interface:
		return "Any"
	}
	return "Object"
}

// packageName returns the name of a package, or for one that has that of its version, that
// of its path.
func packageName(pkg *types.Package) string {
	return cmp.Or(pkg.Name(), path.Base(pkg.Path()))
}

// componentText returns s with the characters only that names of components may have.
func componentText(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.' {
			return r
		}
		return -1
	}, s)
}

// finish names the components, writes the names into the references, and returns the
// components in the order of their names. Nothing may be added afterwards.
func (s *schemas) finish() *tree.Node {
	s.unite()
	s.name()
	slices.SortFunc(s.order, func(a, b *component) int { return cmp.Compare(a.name, b.name) })
	members := make([]tree.Member, 0, len(s.order))
	for _, c := range s.order {
		for _, ref := range c.refs {
			ref.Text = "#/components/schemas/" + c.name
		}
		members = append(members, tree.Member{Key: c.name, Value: c.node})
	}
	return tree.NewObject(members...)
}

// unite makes one component of a type that is read and of the same that is written, where they
// differ in null at most: the one that is written, which allows it.
func (s *schemas) unite() {
	different := map[string]bool{}
	uses := map[string][]string{}
	for _, c := range s.order {
		written := s.components[componentKey{c.key, true}]
		if c.output || written == nil {
			continue
		}
		different[c.key] = !sameButNull(c.node, written.node)
		uses[c.key] = references(c.node, references(written.node, nil))
	}
	for changed := true; changed; {
		changed = false
		for key, used := range uses {
			if !different[key] && slices.ContainsFunc(used, func(k string) bool { return different[k] }) {
				different[key], changed = true, true
			}
		}
	}
	s.order = slices.DeleteFunc(s.order, func(c *component) bool {
		written := s.components[componentKey{c.key, true}]
		if c.output || written == nil {
			return false
		}
		if different[c.key] {
			c.short, c.long = c.short+"Input", c.long+"Input"
			return false
		}
		written.refs = append(written.refs, c.refs...)
		return true
	})
}

// sameButNull reports whether two schemas are the same, but for null.
func sameButNull(a, b *tree.Node) bool {
	if a.Is(tree.Object) && b.Is(tree.Object) {
		a, b = notNull(a), notNull(b)
		if len(a.Members) != len(b.Members) {
			return false
		}
		for key, value := range a.All() {
			if other := b.Get(key); other == nil || !sameButNull(value, other) {
				return false
			}
		}
		return true
	}
	if a.Is(tree.Array) && b.Is(tree.Array) {
		return slices.EqualFunc(a.Items, b.Items, sameButNull)
	}
	return a.Equal(b)
}

// references adds the types that a schema refers to.
func references(n *tree.Node, keys []string) []string {
	if ref := n.Get("$ref"); ref != nil {
		keys = append(keys, ref.Text)
	}
	for _, value := range n.All() {
		keys = references(value, keys)
	}
	if n.Is(tree.Array) {
		for _, item := range n.Items {
			keys = references(item, keys)
		}
	}
	return keys
}

// name gives the components their names: short ones, those with the package where short ones
// collide, and numbers where these do. Which ones collide does not depend on the order.
func (s *schemas) name() {
	short, long := map[string]int{}, map[string]int{}
	for _, c := range s.order {
		short[c.short]++
		long[c.long]++
	}
	numbers := map[string]int{}
	for _, c := range s.order {
		switch {
		case short[c.short] == 1:
			c.name = c.short
		case long[c.long] == 1:
			c.name = c.long
		default:
			numbers[c.long]++
			c.name = fmt.Sprint(c.long, numbers[c.long])
		}
	}
}
