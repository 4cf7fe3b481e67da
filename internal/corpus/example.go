package main

// An example in a document may show what only a response has: what a property
// is called that is read-only, for instance. An input schema does not have
// these properties, and a client that knows it would not send them.

// described returns v without members that the schemas do not describe, as far
// as they describe any.
func (g *generator) described(parts []schema, v any, depth int) any {
	if depth > maxDepth {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		f := g.everything(parts)
		if len(f.properties) == 0 {
			return v
		}
		object := make(map[string]any, len(v))
		for name, member := range v {
			if p := f.properties[name]; p != nil {
				object[name] = g.described(p, member, depth+1)
			} else if len(f.additional) > 0 {
				object[name] = member
			}
		}
		return object
	case []any:
		f := g.everything(parts)
		array := make([]any, len(v))
		for i, item := range v {
			array[i] = g.described(f.items, item, depth+1)
		}
		return array
	}
	return v
}

// everything returns the facts of parts with those of all alternatives.
func (g *generator) everything(parts []schema) facts {
	c := newCollector(g.root, nil)
	c.all = true
	for _, part := range parts {
		c.add(part)
	}
	return c.facts
}
