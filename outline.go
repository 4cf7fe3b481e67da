package mcpmount

import "github.com/mcpmount/mcpmount/internal/tree"

// An outline is a loose output schema as [fit] understands it, ready to be
// compared with JSON that has not been decoded. A nil outline is that of any value.
// It is immutable.
type outline struct {
	kinds      kindSet // 0 for any
	never      bool
	properties []outlineProperty
	first      []*outline // of the first items
	items      *outline   // of the other items
	all        []*outline // the value must conform to all of them as well
	some       []*outline // and to one of these, if there are any
}

type outlineProperty struct {
	key     string
	value   *outline
	written string // the key and its colon as most write them; "" if that has escapes
}

// newOutline returns the outline of a schema that stands on its own.
func newOutline(schema *tree.Node) *outline {
	m := outlineMaker{defs: schema.Get("$defs"), made: map[*tree.Node]*outline{}}
	return m.schema(schema)
}

type outlineMaker struct {
	defs *tree.Node
	made map[*tree.Node]*outline
}

func (m *outlineMaker) schema(n *tree.Node) *outline {
	if n == nil {
		return nil
	}
	if o, ok := m.made[n]; ok {
		return o
	}
	name, refers := definitionName(n.Get("$ref").Str())
	if refers && !saysMore(n) {
		m.made[n] = &outline{never: true} // if it refers to itself in the end
		m.made[n] = m.schema(m.defs.Get(name))
		return m.made[n]
	}
	o := &outline{never: n.Is(tree.Bool) && !n.True()}
	m.made[n] = o
	if len(types(n)) > 0 {
		kinds, known := kindsOf(n.Get("type"))
		o.kinds, o.never = kinds, o.never || !known
	}
	if properties := n.Get("properties"); properties != nil {
		for _, p := range properties.Members {
			o.properties = append(o.properties, outlineProperty{p.Key, m.schema(p.Value), writtenKey(p.Key)})
		}
	}
	for _, item := range elements(n.Get("prefixItems")) {
		o.first = append(o.first, m.schema(item))
	}
	o.items = m.schema(n.Get("items"))
	for _, part := range elements(n.Get("allOf")) {
		o.all = append(o.all, m.schema(part))
	}
	if refers {
		o.all = append(o.all, m.schema(m.defs.Get(name)))
	}
	for _, part := range elements(n.Get("anyOf")) {
		o.some = append(o.some, m.schema(part))
	}
	return o
}

// saysMore reports whether a schema says something that an outline has, besides its
// reference.
func saysMore(n *tree.Node) bool {
	for _, keyword := range [...]string{"type", "properties", "prefixItems", "items", "allOf", "anyOf"} {
		if n.Get(keyword) != nil {
			return true
		}
	}
	return false
}

// writtenKey returns a key as it stands in an object, with its colon, "" if some of it
// has to be escaped.
func writtenKey(key string) string {
	written := tree.AppendString(nil, key)
	if len(written) != len(key)+2 {
		return ""
	}
	return string(append(written, ':'))
}

// property returns the outline of a property.
func (o *outline) property(key string) *outline {
	next := 0
	return o.at([]byte(key), &next)
}

// An outlineScan is one pass over a JSON text that finds out whether it is valid, and whether
// it certainly conforms to an outline. If it is not certain, the text may conform all the same.
type outlineScan struct {
	jsonScan
	misfit bool
	effort int // how often a value may be looked at again
}

// scanOutlined reports whether data is one JSON text, as [isJSON] does, and
// whether it conforms to o for certain.
func scanOutlined(data []byte, o *outline) (valid, conforms bool) {
	s := outlineScan{jsonScan: jsonScan{data: data}, effort: len(data)}
	valid = s.outlined(o) && s.atEnd()
	return valid, valid && !s.misfit
}

// outlined reads a value, and reports whether it is valid.
func (s *outlineScan) outlined(o *outline) bool {
	if o == nil || s.misfit {
		return s.value()
	}
	kind := s.next()
	if o = o.of(kind); o == nil {
		return s.value()
	}
	start := s.pos
	if o.never || kind&o.kinds == 0 && o.kinds != 0 && kind != setNumber {
		s.misfit = true
	}
	var ok bool
	switch kind {
	case setObject:
		ok = s.members(o)
	case setArray:
		ok = s.elements(o)
	case setString:
		ok = s.text()
	case setNumber:
		ok = s.number()
		if o.kinds != 0 && o.kinds&setNumber == 0 && (o.kinds&setInteger == 0 || ok && !s.integer && !isIntegral(string(s.data[start:s.pos]))) {
			s.misfit = true
		}
	default:
		ok = s.literal(s.peek())
	}
	if !ok || len(o.all) == 0 && len(o.some) == 0 {
		return ok
	}
	for _, part := range o.all {
		s.again(start, part)
	}
	if len(o.some) > 0 && !s.misfit {
		s.misfit = !s.fitsSome(start, o.some)
	}
	return true
}

// of returns the outline for values of a kind: if o is a mere choice and only one of its
// alternatives admits that kind, that one; else o.
func (o *outline) of(kind kindSet) *outline {
	if len(o.some) == 0 || o.kinds != 0 || o.never || len(o.properties)+len(o.first)+len(o.all) > 0 || o.items != nil {
		return o
	}
	var found *outline
	for _, choice := range o.some {
		if choice == nil {
			return nil // which is that of any value
		}
		if choice.never || choice.kinds != 0 && choice.kinds&kind == 0 && kind != setNumber {
			continue
		}
		if found != nil {
			return o
		}
		found = choice
	}
	if found == nil {
		return o
	}
	return found
}

// next returns the kind of the value that is next, as its first byte says it.
func (s *outlineScan) next() kindSet {
	switch c := s.peek(); c {
	case '{':
		return setObject
	case '[':
		return setArray
	case '"':
		return setString
	case 't', 'f':
		return setBool
	default:
		if isNumberByte(c) {
			return setNumber
		}
		return setNull // or nothing
	}
}

// again looks at the value at start, which is valid and has just been read, again.
func (s *outlineScan) again(start int, o *outline) {
	end := s.pos
	if s.effort -= end - start; s.effort < 0 {
		s.misfit = true
	}
	if s.misfit {
		return
	}
	s.pos = start
	s.outlined(o)
	s.pos = end
}

// fitsSome reports whether the value at start conforms to one of the outlines.
func (s *outlineScan) fitsSome(start int, some []*outline) bool {
	for _, o := range some {
		s.misfit = false
		if s.again(start, o); !s.misfit {
			return true
		}
		if s.effort < 0 {
			return false
		}
	}
	return false
}

func (s *outlineScan) members(o *outline) bool {
	if empty, ok := s.enter('}'); empty || !ok {
		return ok
	}
	for next := 0; ; {
		value, ok := s.member(o, &next)
		if !ok || !s.outlined(value) {
			return false
		}
		if more, ok := s.more('}'); !more {
			return ok
		}
	}
}

// enter goes into an object or an array, to its first value or behind it if it is
// empty.
func (s *outlineScan) enter(closing byte) (empty, ok bool) {
	if s.depth == maxJSONDepth {
		return false, false
	}
	s.pos++
	if s.peek() == closing {
		s.pos++
		return true, true
	}
	s.depth++
	return false, true
}

// more goes on to the next value of an object or an array, or leaves it.
func (s *outlineScan) more(closing byte) (more, ok bool) {
	switch s.peek() {
	case ',':
		s.pos++
		return true, true
	case closing:
		s.pos++
		s.depth--
		return false, true
	}
	return false, false
}

// member reads a key and its colon, and returns the outline of its value. Most
// objects have their properties in the order of the schema: next is the place to
// look at first.
func (s *outlineScan) member(o *outline, next *int) (value *outline, ok bool) {
	s.peek()
	if *next < len(o.properties) {
		p := &o.properties[*next]
		if end := s.pos + len(p.written); end <= len(s.data) && string(s.data[s.pos:end]) == p.written && p.written != "" {
			s.pos = end
			*next++
			return p.value, true
		}
	}
	if !s.key() {
		return nil, false
	}
	return o.at(s.lastKey(), next), true
}

// lastKey returns the key that was read last.
func (s *outlineScan) lastKey() []byte {
	quoted := s.data[s.keyAt:s.keyEnd]
	if s.escapes {
		return []byte(unquoted(quoted))
	}
	return quoted[1 : len(quoted)-1]
}

// at returns the outline of a property. It looks at next first, and leaves there where
// to look for the property that follows.
func (o *outline) at(key []byte, next *int) *outline {
	for range o.properties {
		if *next >= len(o.properties) {
			*next = 0
		}
		p := &o.properties[*next]
		*next++
		if p.key == string(key) {
			return p.value
		}
	}
	return nil
}

func (s *outlineScan) elements(o *outline) bool {
	if empty, ok := s.enter(']'); empty || !ok {
		return ok
	}
	for i := 0; ; i++ {
		value := o.items
		if i < len(o.first) {
			value = o.first[i]
		}
		if !s.outlined(value) {
			return false
		}
		if more, ok := s.more(']'); !more {
			return ok
		}
	}
}
