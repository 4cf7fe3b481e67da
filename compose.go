package mcpmount

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A composer puts the schema of one tool together: its parts, and the
// definitions they reach, each once. Names stay distinct even where the parts
// come from different documents.
type composer struct {
	mode      schemaMode
	fragments fragments

	defs    map[string]definition // by final name
	renamed map[definition]string // final names that differ
}

// A definition is where the schema of a name comes from.
type definition struct {
	source schemaSource
	node   *tree.Node
	name   string // in source
}

// A fragment is a schema rewritten for a mode.
type fragment struct {
	node *tree.Node
	refs []string // the names it refers to, in order, each once
	size int      // bytes of node as JSON
}

// fragments remembers rewritten definitions, which the tools of one document
// share. It is not safe for concurrent use.
type fragments map[fragmentKey]*fragment

type fragmentKey struct {
	node *tree.Node
	mode schemaMode
}

func newComposer(mode schemaMode, shared fragments) *composer {
	return &composer{mode: mode, fragments: shared, defs: map[string]definition{}, renamed: map[definition]string{}}
}

// part returns n, a part of the schema of source, rewritten so that it can
// become a part of the result.
func (c *composer) part(source schemaSource, n *tree.Node) *tree.Node {
	return c.transform(source).schema(n, 0)
}

func (c *composer) transform(source schemaSource) *transform {
	return &transform{
		mode:    c.mode,
		resolve: source.Definition,
		rename:  func(name string) string { return c.define(source, name) },
	}
}

// define returns the final name of a definition of source.
func (c *composer) define(source schemaSource, name string) string {
	d := definition{source: source, node: source.Definition(name), name: name}
	if d.node == nil {
		d.node = tree.NewObject()
	}
	final := cmp.Or(c.renamed[d], name)
	for i := 2; ; i++ {
		have, taken := c.defs[final]
		if !taken {
			c.defs[final] = d
		}
		if !taken || have.node == d.node || have.node.Equal(d.node) {
			if final != name {
				c.renamed[d] = final
			}
			return final
		}
		final = name + "_" + strconv.Itoa(i)
	}
}

// fragment returns the definition with the given final name, rewritten.
func (c *composer) fragment(final string) *fragment {
	d := c.defs[final]
	key := fragmentKey{d.node, c.mode}
	if p := c.fragments[key]; p != nil && c.keepsNames(d.source, p.refs) {
		return p
	}
	p := newFragment(c.transform(d.source).schema(d.node, 0))
	if c.keepsNames(d.source, p.refs) {
		c.fragments[key] = p
	}
	return p
}

// keepsNames defines the names that source gives, and reports whether all of
// them are final.
func (c *composer) keepsNames(source schemaSource, names []string) bool {
	keeps := true
	for _, name := range names {
		keeps = c.define(source, name) == name && keeps
	}
	return keeps
}

func newFragment(n *tree.Node) *fragment {
	p := &fragment{node: n, size: len(n.JSON())}
	seen := map[string]bool{}
	visitRefs(n, func(ref string) {
		if name, ok := definitionName(ref); ok && !seen[name] {
			seen[name] = true
			p.refs = append(p.refs, name)
		}
	})
	return p
}

// compose returns schema, made of parts, with the definitions it reaches, and
// its size. If that is more than budget, only the first levels of definitions
// are kept, and then only the first levels of schema itself; cut says so. It
// returns nil if nothing fits.
func (c *composer) compose(schema *tree.Node, budget int) (result *tree.Node, cut bool) {
	root := newFragment(schema)
	levels, complete := c.levels(root, budget)
	if complete {
		return withDefinitions(root.node, levels), false
	}
	for n := len(levels); n >= 0; n-- {
		if small := c.cut(root.node, levels[:n], 0, false); len(small.JSON()) <= budget {
			return small, true
		}
	}
	for _, bare := range []bool{false, true} {
		for depth := 4; depth > 0; depth-- {
			if small := c.cut(root.node, nil, depth, bare); len(small.JSON()) <= budget {
				return small, true
			}
		}
	}
	return nil, true
}

// A level holds definitions that are equally many references away.
type level []named

type named struct {
	name     string
	fragment *fragment
}

// levels returns the definitions that root reaches, level by level, as long as
// they stay within budget; complete says whether they are all.
func (c *composer) levels(root *fragment, budget int) (levels []level, complete bool) {
	size := root.size
	if len(root.refs) > 0 {
		size += len(`,"$defs":{}`)
	}
	seen := map[string]bool{}
	refs := root.refs
	for {
		var next level
		var nextRefs []string
		for _, name := range refs {
			if seen[name] {
				continue
			}
			seen[name] = true
			p := c.fragment(name)
			if size += p.size + len(name) + len(`"":,`); size > budget {
				return levels, false
			}
			next = append(next, named{name, p})
			nextRefs = append(nextRefs, p.refs...)
		}
		if len(next) == 0 {
			return levels, size <= budget
		}
		levels = append(levels, next)
		refs = nextRefs
	}
}

// cut returns root with the definitions of levels, everything beyond them, and
// beyond depth if that is not 0, replaced by stubs, which may be bare.
func (c *composer) cut(root *tree.Node, levels []level, depth int, bare bool) *tree.Node {
	kept := map[string]bool{}
	for _, l := range levels {
		for _, d := range l {
			kept[d.name] = true
		}
	}
	t := &transform{
		mode:     schemaMode{},
		resolve:  func(name string) *tree.Node { return c.fragment(name).node },
		keep:     func(name string) bool { return kept[name] },
		maxDepth: depth,
		bare:     bare,
	}
	trimmed := make([]level, len(levels))
	for i, l := range levels {
		for _, d := range l {
			trimmed[i] = append(trimmed[i], named{d.name, &fragment{node: t.schema(d.fragment.node, 0)}})
		}
	}
	return withDefinitions(t.schema(root, 0), trimmed)
}

func withDefinitions(schema *tree.Node, levels []level) *tree.Node {
	var members []tree.Member
	for _, l := range levels {
		for _, d := range l {
			members = append(members, tree.Member{Key: d.name, Value: d.fragment.node})
		}
	}
	if len(members) == 0 {
		return schema
	}
	slices.SortFunc(members, func(a, b tree.Member) int { return cmp.Compare(a.Key, b.Key) })
	return schema.With("$defs", tree.NewObject(members...))
}
