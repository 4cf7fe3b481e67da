package mcpmount

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A composer puts the schema of one tool together: its parts, and the
// definitions they reach, each once. Names stay distinct even where the parts
// come from different documents.
type composer struct {
	mode      schemaMode
	fragments *fragments

	defs    map[string]definition // by final name
	renamed map[definition]string // final names that differ
	finals  map[sourceName]string // all final names
	made    map[string]*fragment  // by final name

	// cut says that a part was too large to be rewritten whole.
	cut bool
}

// A definition is where the schema of a name comes from.
type definition struct {
	source schemaSource
	node   *tree.Node
	name   string // in source
}

type sourceName struct {
	source schemaSource
	name   string
}

// A fragment is a schema rewritten for a mode.
type fragment struct {
	node *tree.Node
	refs []string // the names it refers to, in order, each once
	size int      // bytes of node as JSON
	cut  bool     // see composer
}

// fragments remembers rewritten schemas, which the tools of one document share.
// It is not safe for concurrent use.
type fragments struct {
	known map[fragmentKey]*fragment

	// effort is what is left for putting schemas together, of all the tools. When it is
	// spent, what is large is cut without looking at it.
	effort int
}

// spent reports whether there is no effort left.
func (f *fragments) spent() bool { return f.effort <= 0 }

type fragmentKey struct {
	node *tree.Node
	mode schemaMode
}

// What putting the schemas of a document together may cost, in schemas and
// references looked at. Real documents need up to 100 for an operation.
const (
	leastEffort     = 200_000
	operationEffort = 500
	mostEffort      = 1_000_000

	// Without effort, definitions have few bytes, and tools few arguments.
	spentBytes     = 2_000
	bytesPerEffort = 100 // of JSON
	spentArguments = 200

	// maxPart bounds the schemas inside of one that is a part.
	maxPart = 100_000
)

// newFragments returns the fragments for a number of operations.
func newFragments(operations int) *fragments {
	return &fragments{known: map[fragmentKey]*fragment{}, effort: min(leastEffort+operations*operationEffort, mostEffort)}
}

func newComposer(mode schemaMode, shared *fragments) *composer {
	return &composer{
		mode:      mode,
		fragments: shared,
		defs:      map[string]definition{},
		renamed:   map[definition]string{},
		finals:    map[sourceName]string{},
		made:      map[string]*fragment{},
	}
}

// part returns n, a part of the schema of source, rewritten so that it can
// become a part of the result.
func (c *composer) part(source schemaSource, n *tree.Node) *tree.Node {
	return c.rewritten(source, n).node
}

// rewritten returns the schema n of source as a fragment.
func (c *composer) rewritten(source schemaSource, n *tree.Node) *fragment {
	key := fragmentKey{n, c.mode}
	p := c.fragments.known[key]
	if p == nil || !c.keepsNames(source, p.refs) {
		t := c.transform(source)
		rewritten := t.schema(n, 0)
		cut := t.left < 0
		if cut {
			t.left = maxPart
			rewritten = t.stub(n, 0)
		}
		p = newFragment(rewritten)
		p.cut = cut
		if c.keepsNames(source, p.refs) {
			c.fragments.known[key] = p
		}
	}
	c.cut = c.cut || p.cut
	return p
}

func (c *composer) transform(source schemaSource) *transform {
	return &transform{
		mode:    c.mode,
		resolve: source.Definition,
		rename:  func(name string) string { return c.define(source, name) },
		left:    maxPart,
	}
}

// define returns the final name of a definition of source.
func (c *composer) define(source schemaSource, name string) string {
	key := sourceName{source, name}
	final, ok := c.finals[key]
	if !ok {
		final = c.finalName(source, name)
		c.finals[key] = final
	}
	return final
}

func (c *composer) finalName(source schemaSource, name string) string {
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
	p := c.made[final]
	if p == nil {
		d := c.defs[final]
		p = c.rewritten(d.source, d.node)
		c.made[final] = p
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
	p := &fragment{node: n, size: n.JSONLength(math.MaxInt)}
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
	var levels []level
	most := budget
	if c.fragments.spent() {
		most = min(most, 4*spentBytes)
	}
	size := schema.JSONLength(most)
	c.fragments.effort -= min(size, most) / bytesPerEffort
	if size <= most {
		var complete bool
		if levels, complete = c.levels(newFragment(schema), budget); complete {
			return withDefinitions(schema, slices.Concat(levels...)), c.cut
		}
	}
	for n := len(levels); n >= 0; n-- {
		if small := c.trimmed(schema, levels[:n], 0, false, budget); small != nil {
			return small, true
		}
	}
	for _, bare := range []bool{false, true} {
		for depth := 4; depth > 0; depth-- {
			if small := c.trimmed(schema, nil, depth, bare, budget); small != nil {
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
	if c.fragments.spent() {
		budget = min(budget, root.size+spentBytes)
	}
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
			size += p.size + len(name) + len(`"":,`)
			if c.fragments.effort -= len(p.refs) + 1; size > budget {
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

// trimmed returns root with the definitions of levels, everything beyond them, and
// beyond depth if that is not 0, replaced by stubs, which may be bare. It
// returns nil if the result has more than budget bytes, or the effort is spent
// and there is a cheaper way.
func (c *composer) trimmed(root *tree.Node, levels []level, depth int, bare bool, budget int) *tree.Node {
	most := budget // schemas: more of them have more bytes
	if c.fragments.spent() {
		if depth != 1 {
			return nil
		}
		most = min(most, spentArguments)
	}
	definitions, kept := slices.Concat(levels...), map[string]bool{}
	for _, d := range definitions {
		kept[d.name] = true
	}
	t := &transform{
		resolve:  func(name string) *tree.Node { return c.fragment(name).node },
		keep:     func(name string) bool { return kept[name] },
		maxDepth: depth,
		bare:     bare,
		left:     most,
	}
	for i, d := range definitions {
		if slices.ContainsFunc(d.fragment.refs, func(name string) bool { return !kept[name] }) {
			definitions[i].fragment = &fragment{node: t.schema(d.fragment.node, 0)}
		}
	}
	small := withDefinitions(t.schema(root, 0), definitions)
	c.fragments.effort -= most - t.left
	if small.JSONLength(budget) > budget || t.left < 0 {
		return nil
	}
	return small
}

// withDefinitions returns schema with definitions, sorted by name, for it to refer to.
func withDefinitions(schema *tree.Node, definitions level) *tree.Node {
	if len(definitions) == 0 {
		return schema
	}
	members := make([]tree.Member, len(definitions))
	for i, d := range definitions {
		members[i] = tree.Member{Key: d.name, Value: d.fragment.node}
	}
	slices.SortFunc(members, func(a, b tree.Member) int { return cmp.Compare(a.Key, b.Key) })
	return schema.With("$defs", tree.NewObject(members...))
}
