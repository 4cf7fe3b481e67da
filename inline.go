package mcpmount

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// An inliner puts the definitions of one schema in the place of the references
// to them: some clients do not look into "$defs". A definition stays where it
// contains itself, and where copies of it would make the schema too large or too
// deep. Sizes are computed before anything is built, since a few definitions
// that refer to each other twice can stand for more than any memory holds.
type inliner struct {
	root  *inlinable
	defs  map[string]*inlinable // by name
	order []*inlinable          // those that are reached, and root; each after what it refers to
}

// An inlinable is a definition, or the root, and what becomes of it.
type inlinable struct {
	name   string
	node   *tree.Node
	bytes  int // of node as JSON
	height int // how deep schemas are nested in it
	links  []link

	uses      int  // how many references lead here
	recursive bool // it contains itself
	fixed     bool // it has an anchor, which must not be there twice
	visited   bool
	open      bool // while what it refers to is visited

	kept  bool // copies of it would cost too much
	size  int  // an upper bound of its bytes with what is inlined into it
	depth int  // its height then

	built *tree.Node
}

// A link is a reference in an inlinable.
type link struct {
	to    string
	bytes int // of the reference as JSON
	depth int // of the schema that has it
}

// maxInlinedDepth bounds how deep a definition may be nested once others are
// inlined into it. Clients have limits of their own.
const maxInlinedDepth = 64

// newInliner looks at a schema that stands on its own, as composer.compose
// returns it. It returns nil if it has no definitions.
func newInliner(schema *tree.Node) *inliner {
	defs := schema.Get("$defs")
	if !defs.Is(tree.Object) || len(defs.Members) == 0 {
		return nil
	}
	in := &inliner{root: newInlinable("", schema.Without("$defs")), defs: make(map[string]*inlinable, len(defs.Members))}
	for _, d := range defs.Members {
		in.defs[d.Key] = newInlinable(d.Key, d.Value)
	}
	in.visit(in.root)
	return in
}

func newInlinable(name string, node *tree.Node) *inlinable {
	s := &inlinable{name: name, node: node, bytes: node.JSONLength(math.MaxInt)}
	s.scan(node, 1)
	return s
}

// scan finds the references in n.
func (s *inlinable) scan(n *tree.Node, depth int) {
	s.height = max(s.height, depth)
	if !n.Is(tree.Object) {
		return
	}
	if n.Get("$anchor") != nil || n.Get("$dynamicAnchor") != nil || n.Get("$id") != nil {
		s.fixed = true
	}
	ref := n.Get("$ref")
	if name, ok := definitionName(ref.Str()); ok {
		s.links = append(s.links, link{name, len(`"$ref":`) + ref.JSONLength(math.MaxInt), depth})
	}
	eachSubschema(n, func(_ string, sub *tree.Node) { s.scan(sub, depth+1) })
}

// visit puts what s reaches into order, and finds the definitions that contain
// themselves: of each loop, the one that is reached first.
func (in *inliner) visit(s *inlinable) {
	s.visited, s.open = true, true
	for _, l := range s.links {
		to := in.defs[l.to]
		if to == nil {
			continue
		}
		to.uses++
		to.recursive = to.recursive || to.open
		if !to.visited {
			in.visit(to)
		}
	}
	s.open = false
	in.order = append(in.order, s)
}

// stays reports whether references to s stay.
func (s *inlinable) stays() bool { return s.recursive || s.fixed || s.kept }

// fit decides what stays, so that the schema has at most budget bytes: first
// those definitions whose copies would cost more than that, then those whose
// copies would cost half as much, and so on. If all stay, nothing changes. It
// returns an upper bound of the size.
func (in *inliner) fit(budget int) int {
	budget = min(budget, maxSchemaBytes)
	for most := budget; most > 0; most /= 2 {
		if size := in.measure(most, budget); size <= budget {
			return size
		}
	}
	return in.measure(-1, budget)
}

// measure lets those definitions stay whose copies would cost more than most
// bytes, and returns the size of the schema then. Sizes beyond ceiling are not
// told apart.
func (in *inliner) measure(most, ceiling int) int {
	total := len(`,"$defs":{}`)
	for _, s := range in.order {
		s.size, s.depth = s.bytes, s.height
		for _, l := range s.links {
			if to := in.defs[l.to]; to != nil && !to.stays() {
				s.size = min(s.size+to.size+len(`"allOf":[],`)-l.bytes, ceiling+1)
				s.depth = max(s.depth, l.depth+to.depth)
			}
		}
		s.kept = s != in.root && (s.depth > maxInlinedDepth || (s.uses-1)*s.size > most)
		if s == in.root || s.stays() {
			total = min(total+s.size+tree.NewString(s.name).JSONLength(math.MaxInt)+len(`:,`), ceiling+1)
		}
	}
	return total
}

// build returns the schema after fit.
func (in *inliner) build() *tree.Node {
	t := &transform{left: math.MaxInt, inline: func(name string) *tree.Node {
		if s := in.defs[name]; s != nil && !s.stays() {
			return s.built
		}
		return nil
	}}
	var kept level
	for _, s := range in.order {
		s.built = t.schema(s.node, 0)
		if s != in.root && s.stays() {
			kept = append(kept, named{s.name, &fragment{node: s.built}})
		}
	}
	return withDefinitions(in.root.built, kept)
}

// left says which definitions stay: those that contain themselves, and others.
func (in *inliner) left() (recursive, others bool) {
	for _, s := range in.order {
		recursive = recursive || s.recursive
		others = others || !s.recursive && s.stays()
	}
	return recursive, others
}

// inPlaceOf returns what says the same as target and the keywords that were
// beside a reference to it.
func inPlaceOf(target *tree.Node, beside []tree.Member) *tree.Node {
	n := target
	for _, m := range beside {
		if !annotates(m.Key) || !target.Is(tree.Object) {
			n = tree.NewObject(beside...)
			return n.With("allOf", tree.NewArray(append(slices.Clone(elements(n.Get("allOf"))), target)...))
		}
		n = n.With(m.Key, m.Value) // the nearer one is meant
	}
	return n
}

// annotates reports whether a keyword only tells about values.
func annotates(keyword string) bool {
	switch keyword {
	case "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment":
		return true
	}
	return strings.HasPrefix(keyword, "x-")
}

// An inlining is a schema of a tool whose references are inlined.
type inlining struct {
	tool   *tool
	what   string // in a message
	schema *any   // of tool.mcp, a json.RawMessage
	budget int
	growth int // at most
}

// inlineRefs inlines references in what the tools list, where Options.InlineRefs
// says so and the list has room: first where it costs least. Arguments and results
// are checked against the schemas as they were.
func (m *toolMaker) inlineRefs(tools []*tool) {
	if !m.opts.InlineRefs {
		return
	}
	room := m.limits.MaxListBytes
	var list []inlining
	for _, t := range tools {
		room -= listedSize(t.mcp)
		for _, i := range []inlining{
			{tool: t, what: "input", schema: &t.mcp.InputSchema, budget: m.limits.MaxInputSchemaBytes},
			{tool: t, what: "output", schema: &t.mcp.OutputSchema, budget: m.limits.MaxOutputSchemaBytes},
		} {
			if in, size := i.inliner(); in != nil {
				i.growth = in.fit(i.budget) - size
				list = append(list, i)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b inlining) int { return a.growth - b.growth })
	for _, i := range list {
		room -= m.inlineSchema(i, max(room, 0))
	}
}

// inliner returns the inliner of the schema, or nil if it has no definitions, and
// its size.
func (i *inlining) inliner() (in *inliner, size int) {
	raw, _ := (*i.schema).(json.RawMessage)
	if len(raw) == 0 {
		return nil, 0
	}
	schema, err := tree.ParseJSON(raw, tree.Limits{})
	if err != nil {
		return nil, 0 // it stays as it is
	}
	return newInliner(schema), len(raw)
}

// inlineSchema inlines references so that a schema grows by at most room bytes,
// and returns by how many it did.
func (m *toolMaker) inlineSchema(i inlining, room int) (growth int) {
	in, size := i.inliner()
	in.fit(min(i.budget, size+min(room, maxSchemaBytes)))
	before := *i.schema
	*i.schema = json.RawMessage(in.build().JSON())
	if refusal(i.tool.mcp) != nil {
		*i.schema = before
		return 0
	}
	recursive, others := in.left()
	if recursive {
		m.note(&i.tool.op, "some definitions stay in $defs of the %s schema: they contain themselves", i.what)
	}
	if others {
		m.note(&i.tool.op, "some definitions stay in $defs of the %s schema: inlined, it would be too large or too deep", i.what)
	}
	after, _ := (*i.schema).(json.RawMessage)
	return len(after) - size
}
