package describe

import (
	"cmp"
	"go/constant"
	"go/types"
	"slices"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// payload returns the schema of what is known of a value that is encoded or decoded.
func (s *schemas) payload(v *val) *tree.Node {
	if v == nil {
		return anything()
	}
	var choices []*tree.Node
	for _, w := range v.all() {
		one := s.one(w)
		if len(one.Members) == 0 && isNil(w) {
			continue
		}
		if !slices.ContainsFunc(choices, one.Equal) {
			choices = append(choices, one)
		}
	}
	switch len(choices) {
	case 0:
		return anything()
	case 1:
		return choices[0]
	}
	if slices.ContainsFunc(choices, func(n *tree.Node) bool { return len(n.Members) == 0 }) {
		return anything()
	}
	return object("anyOf", tree.NewArray(choices...))
}

func isNil(v *val) bool { return v.typ == types.Typ[types.UntypedNil] }

// one returns the schema of a value without its alternatives.
func (s *schemas) one(v *val) *tree.Node {
	if s.depth++; s.depth > deepest {
		s.depth--
		return anything()
	}
	defer func() { s.depth-- }()
	if v.part == encoded && v.of != nil { // json.RawMessage(data)
		return s.payload(v.of)
	}
	if v.typ == nil {
		return anything()
	}
	t := deref(types.Unalias(v.typ))
	if _, known := knownSchema(t); v.lit != nil && !known && customSchema(t) == nil {
		switch u := t.Underlying().(type) {
		case *types.Map:
			if node := s.mapLiteral(v.lit, u); node != nil {
				return node
			}
		case *types.Struct:
			if node := s.structLiteral(v.lit, u); node != nil {
				return node
			}
		case *types.Slice:
			if node := s.listLiteral(v.lit, u); node != nil {
				return node
			}
		}
	}
	if b, ok := t.(*types.Basic); ok && b.Kind() == types.UntypedNil {
		return anything()
	}
	if types.IsInterface(t) && v.con != nil {
		return constantSchema(v.con)
	}
	schema := s.of(t)
	if v.lit != nil {
		schema = notNull(schema)
	}
	return schema
}

func constantSchema(c constant.Value) *tree.Node {
	switch c.Kind() {
	case constant.String:
		return object("type", "string")
	case constant.Bool:
		return object("type", "boolean")
	case constant.Int:
		return object("type", "integer")
	case constant.Float:
		return object("type", "number")
	}
	return anything()
}

// mapLiteral returns the schema of a map that is written out, nil if its keys are not known.
func (s *schemas) mapLiteral(l *literalVal, t *types.Map) *tree.Node {
	if len(l.keys) == 0 || kindOf(t.Key()) != "string" {
		return nil
	}
	var properties []tree.Member
	for _, key := range l.keys {
		properties = append(properties, tree.Member{Key: key, Value: s.element(l.values[key], t.Elem())})
	}
	slices.SortFunc(properties, func(a, b tree.Member) int { return cmp.Compare(a.Key, b.Key) })
	return object("type", "object", "properties", tree.NewObject(properties...))
}

// element returns the schema of a value in a map, list or field of type t.
func (s *schemas) element(v *val, t types.Type) *tree.Node {
	if v == nil || isNil(v) && len(v.more) == 0 {
		return s.of(t)
	}
	if v.lit == nil && v.typ != nil && len(v.more) == 0 {
		return s.of(v.typ)
	}
	return s.payload(v)
}

// structLiteral returns the schema of a struct that is written out where a field that can hold
// anything holds something that is known; else nil.
func (s *schemas) structLiteral(l *literalVal, t *types.Struct) *tree.Node {
	known := map[string]*tree.Node{}
	for i := range t.NumFields() {
		f := t.Field(i)
		v := l.values[f.Name()]
		if v == nil || isNil(v) && len(v.more) == 0 || !isOpen(f.Type()) {
			continue
		}
		if node := s.payload(v); len(node.Members) > 0 {
			known[f.Name()] = node
		}
	}
	if len(known) == 0 {
		return nil
	}
	node := s.fields(t, nil)
	properties := node.Get("properties")
	for _, f := range jsonFields(t) {
		if better := known[f.object.Name()]; better != nil {
			properties = properties.With(f.name, better)
		}
	}
	return node.With("properties", properties)
}

// listLiteral returns the schema of a list of values that are known better than their type.
func (s *schemas) listLiteral(l *literalVal, t *types.Slice) *tree.Node {
	if !isOpen(t.Elem()) || len(l.items) == 0 {
		return nil
	}
	var item *val
	for _, v := range l.items {
		if v == nil {
			return nil
		}
		item = either(item, v)
	}
	return object("type", "array", "items", s.payload(item))
}

// body returns the schema of a body.
func (s *schemas) body(b *Body) *tree.Node {
	if b.payload == nil {
		return anything()
	}
	if t := structOf(b.payload); t != nil && b.skip != nil {
		return s.fields(t, func(f field) bool { return !b.skip(f) })
	}
	return s.payload(b.payload)
}

// param returns the schema of a parameter.
func (s *schemas) param(p *Param) *tree.Node {
	if p.File {
		file := object("type", "string", "format", "binary")
		if p.List {
			return object("type", "array", "items", file)
		}
		return file
	}
	schema := s.paramType(p)
	if p.object != nil {
		rules := rulesOf(p.tag)
		schema = rules.apply(schema, p.object.Type())
		schema = s.annotate(schema, p.object, p.tag)
	}
	if p.Default != nil {
		if node := defaultNode(p, schema); node != nil {
			schema = schema.With("default", node)
		}
	}
	return schema
}

// paramType returns the schema of the type of a parameter, which is never null.
func (s *schemas) paramType(p *Param) *tree.Node {
	if p.Type == nil {
		schema := formatSchema(p.Format)
		if p.List {
			schema = object("type", "array", "items", schema)
		}
		return schema
	}
	schema := notNull(s.of(p.Type))
	if kind := schema.Get("type").Str(); kind == "" && schema.Get("$ref") == nil || typeName(p.Type) == "time.Duration" {
		schema = object("type", "string")
	}
	if p.List && schema.Get("type").Str() != "array" {
		schema = object("type", "array", "items", schema)
	}
	return schema
}

// formatSchema returns the schema of a text with a format.
func formatSchema(format string) *tree.Node {
	switch format {
	case "duration":
		return object("type", "string", "description", "A duration such as 30s or 1h30m")
	case "ip":
		return object("type", "string", "description", "An IP address")
	case "time":
		return object("type", "string", "description", "A time")
	}
	if layout, found := cutLayout(format); found {
		return object("type", "string", "description", "A time written as "+layout)
	}
	return object("type", "string", "format", format)
}

func cutLayout(format string) (string, bool) {
	if len(format) > len(layoutPrefix) && format[:len(layoutPrefix)] == layoutPrefix {
		return format[len(layoutPrefix):], true
	}
	return "", false
}

// defaultNode returns the default of a parameter as a value of its schema, or nil.
func defaultNode(p *Param, schema *tree.Node) *tree.Node {
	text := p.Default.ExactString()
	if p.Default.Kind() == constant.String {
		text = constant.StringVal(p.Default)
	}
	switch schema.Get("type").Str() {
	case "string":
		return tree.NewString(text)
	case "integer", "number":
		return number(text, schema.Get("type").Str() == "integer")
	case "boolean":
		if text == "true" || text == "false" {
			return tree.NewBool(text == "true")
		}
	}
	return nil
}
