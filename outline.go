package mcpmount

import (
	"bytes"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// An outline is a loose output schema as [fit] understands it, ready to be
// compared with JSON that has not been decoded. A nil outline is that of any value.
// It is immutable.
type outline struct {
	kinds      kindSet // 0 for any
	never      bool
	properties []outlineProperty
	first      []*outline // of the first items
	items      *outline   // of the others
	all        []*outline // of the value, too
	some       []*outline // one of them is of the value, too, if there are any
}

type outlineProperty struct {
	key   string
	value *outline
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
	o := &outline{never: n.Is(tree.Bool) && !n.True()}
	m.made[n] = o
	if len(types(n)) > 0 {
		kinds, known := kindsOf(n.Get("type"))
		o.kinds, o.never = kinds, o.never || !known
	}
	if properties := n.Get("properties"); properties != nil {
		for _, p := range properties.Members {
			o.properties = append(o.properties, outlineProperty{p.Key, m.schema(p.Value)})
		}
	}
	for _, item := range elements(n.Get("prefixItems")) {
		o.first = append(o.first, m.schema(item))
	}
	o.items = m.schema(n.Get("items"))
	for _, part := range elements(n.Get("allOf")) {
		o.all = append(o.all, m.schema(part))
	}
	if name, ok := definitionName(n.Get("$ref").Str()); ok {
		o.all = append(o.all, m.schema(m.defs.Get(name)))
	}
	for _, part := range elements(n.Get("anyOf")) {
		o.some = append(o.some, m.schema(part))
	}
	return o
}

// property returns the outline of a property.
func (o *outline) property(key string) *outline {
	next := 0
	return o.at([]byte(key), &next)
}

// An outlineScan is one pass over a JSON text that finds out whether it is valid,
// and whether it conforms to an outline: for certain, or else it may conform.
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
	s.peek()
	start := s.pos
	if !s.own(o) {
		return false
	}
	for _, part := range o.all {
		s.again(start, part)
	}
	if len(o.some) > 0 && !s.misfit {
		s.misfit = !s.fitsSome(start, o.some)
	}
	return true
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

// own reads a value, and compares it with what o says of it by itself.
func (s *outlineScan) own(o *outline) bool {
	if o.never {
		s.misfit = true
	}
	switch c := s.peek(); c {
	case '{':
		s.wants(o, setObject)
		return s.members(o)
	case '[':
		s.wants(o, setArray)
		return s.elements(o)
	case '"':
		s.wants(o, setString)
	case 't', 'f':
		s.wants(o, setBool)
	case 'n':
		s.wants(o, setNull)
	default:
		start := s.pos
		_, ok := s.element()
		if o.kinds != 0 && o.kinds&setNumber == 0 && (o.kinds&setInteger == 0 || !isIntegral(string(s.data[start:s.pos]))) {
			s.misfit = true
		}
		return ok
	}
	_, ok := s.element()
	return ok
}

func (s *outlineScan) wants(o *outline, kind kindSet) {
	if o.kinds != 0 && o.kinds&kind == 0 {
		s.misfit = true
	}
}

func (s *outlineScan) members(o *outline) bool {
	next := 0
	opened, ok := s.container('}')
	for ok && opened {
		if !s.outlined(o.at(s.lastKey(), &next)) {
			return false
		}
		var closed bool
		closed, ok = s.separator()
		opened = !closed
	}
	return ok
}

// lastKey returns the key that was read last.
func (s *outlineScan) lastKey() []byte {
	quoted := s.data[s.keyAt:s.keyEnd]
	if bytes.IndexByte(quoted, '\\') >= 0 {
		return []byte(unquoted(quoted))
	}
	return quoted[1 : len(quoted)-1]
}

// at returns the outline of a property. Most objects have their properties in the
// order of the schema: next is the place to look at first.
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
	opened, ok := s.container(']')
	for i := 0; ok && opened; i++ {
		value := o.items
		if i < len(o.first) {
			value = o.first[i]
		}
		if !s.outlined(value) {
			return false
		}
		var closed bool
		closed, ok = s.separator()
		opened = !closed
	}
	return ok
}
