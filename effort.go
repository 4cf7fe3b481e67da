package mcpmount

import "github.com/mcpmount/mcpmount/internal/tree"

// An effort foresees how much a validator has to do. It tries each alternative
// on each value, so that alternatives inside of alternatives multiply with every
// level of a value: a short document and a few hundred bytes of arguments can
// take hours. An effort is immutable.
type effort struct {
	schema *tree.Node
	texts  patterns
	whole  int                // how many schemas a value without arrays is checked against at most
	heavy  map[*tree.Node]int // the weights of schemas that weigh more than others
}

const (
	// maxInPlace bounds how many schemas may apply to one and the same value. A
	// document with more is not for checking, whatever the value.
	maxInPlace = 20_000

	// maxEffort bounds the schemas that one call is checked against: some
	// hundred milliseconds.
	maxEffort = 500_000

	// textUnit is how much text is as much as another value, and an instruction of a
	// pattern as much as another schema: of many patterns, each is tried at each byte.
	textUnit = 128

	// depthUnit is how many levels around a value are as much as another value: a mistake
	// in it has their names, and there may be as many as there are values.
	depthUnit = 16

	// namesUnit is how many names that must be there are as much as another schema: an
	// object is searched for each, and a mistake in it lists those that it lacks.
	namesUnit = 10
)

func newEffort(schema *tree.Node, texts patterns) *effort {
	m := measure{defs: schema.Get("$defs"), texts: texts, known: map[*tree.Node]int{}, most: maxEffort, heavy: map[*tree.Node]int{}}
	return &effort{schema: schema, texts: texts, whole: m.all(schema), heavy: m.heavy}
}

// inPlace returns the largest number of schemas that apply to one and the same
// value, at most a little more than maxInPlace.
func inPlace(schema *tree.Node) int {
	m := measure{defs: schema.Get("$defs"), known: map[*tree.Node]int{}, most: maxInPlace, inPlace: true}
	worst := m.worst(schema)
	if m.defs != nil {
		for _, d := range m.defs.Members {
			worst = max(worst, m.worst(d.Value))
		}
	}
	return worst
}

// affords reports whether value can be checked. Nearly always the size of the
// schema and of the value say so; else it is counted, each schema on each value
// once.
func (e *effort) affords(value *tree.Node) bool {
	most := maxEffort / max(e.whole, 1)
	if size(value, 0, most+1) <= most {
		return true
	}
	c := count{defs: e.schema.Get("$defs"), texts: e.texts, heavy: e.heavy, known: map[pair]int{}}
	return c.pair(e.schema, value, 0) <= maxEffort
}

// size returns the number of values in v, which is so deep in others: at most a little more
// than most. Long texts and deep values are several.
func size(v *tree.Node, depth, most int) int {
	n := 1 + len(v.Text)/textUnit + depth/depthUnit
	for _, item := range v.Items {
		if n > most {
			return n
		}
		n += size(item, depth+1, most-n)
	}
	for _, m := range v.Members {
		if n > most {
			return n
		}
		n += size(m.Value, depth+1, most-n) + len(m.Key)/textUnit
	}
	return n
}

// A measure counts schemas without a value: those reached through references
// and combinations, and unless inPlace through everything else too. A schema
// that reaches itself counts as most+1: its effort depends on the value.
type measure struct {
	defs    *tree.Node
	texts   patterns
	known   map[*tree.Node]int // -1 while it is being measured
	heavy   map[*tree.Node]int // unless inPlace, filled with the weights that are not 1
	most    int
	inPlace bool
}

func (m *measure) all(n *tree.Node) int {
	if have, ok := m.known[n]; ok {
		if have < 0 && !m.inPlace {
			return m.most + 1
		}
		return max(have, 0)
	}
	m.known[n] = -1
	total := weight(n)
	if !m.inPlace {
		if total != 1 {
			m.heavy[n] = total
		}
		total += m.texts.steps(n.Get("pattern").Str()) + m.texts.tried(n)
	}
	if name, ok := definitionName(n.Get("$ref").Str()); ok {
		total += m.all(m.defs.Get(name))
	}
	eachSubschema(n, func(key string, sub *tree.Node) {
		if !m.inPlace || combines(key) {
			total = min(total+m.all(sub), m.most+1)
		}
	})
	m.known[n] = min(total, m.most+1)
	return m.known[n]
}

// worst returns the largest measure of n and of the schemas inside it.
func (m *measure) worst(n *tree.Node) int {
	worst := m.all(n)
	eachSubschema(n, func(_ string, sub *tree.Node) { worst = max(worst, m.worst(sub)) })
	return worst
}

// combines reports whether the schemas of a keyword apply to the value that the
// schema around them applies to.
func combines(keyword string) bool {
	switch keyword {
	case "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas":
		return true
	}
	return false
}

// weight returns what checking a value against n costs without the schemas
// inside it. An enumeration is compared value by value, and what is no text part by part.
func weight(n *tree.Node) int {
	names := len(elements(n.Get("required")))
	for _, list := range n.Get("dependentRequired").All() {
		names += len(elements(list))
	}
	values := elements(n.Get("enum"))
	w := 1 + names/namesUnit + len(values)/50
	for _, v := range values {
		if !v.Is(tree.String) {
			w += valuesIn(v)
		}
	}
	if c := n.Get("const"); c.Is(tree.Array) || c.Is(tree.Object) {
		w += valuesIn(c)
	}
	return w
}

// A count counts schemas for a value.
type count struct {
	defs  *tree.Node
	texts patterns
	heavy map[*tree.Node]int
	known map[pair]int
}

type pair struct{ schema, value *tree.Node }

// pair returns the number of schemas that checking v against n tries, at most a
// little more than maxEffort. So many values are around v.
func (c *count) pair(n, v *tree.Node, depth int) int {
	if !n.Is(tree.Object) || v == nil {
		return 1
	}
	key := pair{n, v}
	if have, ok := c.known[key]; ok {
		return have
	}
	if len(c.known) > maxEffort {
		return maxEffort + 1
	}
	c.known[key] = 0 // a loop on one value ends in the validator too
	total := max(1, c.heavy[n])
	if v.Kind == tree.String {
		total += c.texts.steps(n.Get("pattern").Str()) * (1 + len(v.Text)/textUnit)
	}
	if steps := c.texts.tried(n); steps > 0 {
		for _, m := range v.Members {
			total += steps * (1 + len(m.Key)/textUnit)
		}
	}
	inPlace := func(sub *tree.Node) {
		if total <= maxEffort {
			total += c.pair(sub, v, depth)
		}
	}
	if name, ok := definitionName(n.Get("$ref").Str()); ok {
		inPlace(c.defs.Get(name))
	}
	eachSubschema(n, func(key string, sub *tree.Node) {
		if combines(key) {
			inPlace(sub)
		}
	})
	inside := func(sub, part *tree.Node) {
		if total <= maxEffort {
			total += c.pair(sub, part, depth+1) + depth/depthUnit
		}
	}
	c.members(n, v, inside)
	c.items(n, v, inside)
	c.known[key] = min(total, maxEffort+1)
	return c.known[key]
}

func (c *count) members(n, v *tree.Node, add func(sub, v *tree.Node)) {
	properties, patterns, names := n.Get("properties"), n.Get("patternProperties"), n.Get("propertyNames")
	for _, m := range v.Members {
		if names != nil {
			add(names, tree.NewString(m.Key))
		}
		if sub := properties.Get(m.Key); sub != nil {
			add(sub, m.Value)
		}
		if patterns != nil {
			for _, p := range patterns.Members {
				add(p.Value, m.Value)
			}
		}
		for _, keyword := range [...]string{"additionalProperties", "unevaluatedProperties"} {
			if sub := n.Get(keyword); sub.Is(tree.Object) {
				add(sub, m.Value)
			}
		}
	}
}

func (c *count) items(n, v *tree.Node, add func(sub, v *tree.Node)) {
	prefix := n.Get("prefixItems")
	for i, item := range v.Items {
		if prefix != nil && i < len(prefix.Items) {
			add(prefix.Items[i], item)
		}
		for _, keyword := range [...]string{"items", "contains", "unevaluatedItems"} {
			if sub := n.Get(keyword); sub.Is(tree.Object) {
				add(sub, item)
			}
		}
	}
}
