package describe

import (
	"go/types"
	"reflect"
	"strconv"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// schemas makes JSON Schemas 2020-12 of Go types: of what encoding/json writes for their
// values, and reads into them. Structs with a name are components, so that recursive types
// end and are written once.
type schemas struct {
	comments comments
	// output says that the schemas are of what is written, not of what is read: nil slices and
	// maps are written as null, which nobody has to send, and rules are not checked.
	output bool

	components map[componentKey]*component
	order      []*component
	depth      int
}

// A componentKey is a type, and whether it is written.
type componentKey struct {
	key    string
	output bool
}

// A component is a schema that others refer to.
type component struct {
	short  string // the name without that of the package
	long   string // with it
	node   *tree.Node
	refs   []*tree.Node // texts of references, written when the names are known
	name   string       // the final one
	key    string       // of the type
	output bool         // of what is written
}

// deepest bounds how deep types without names are nested.
const deepest = 40

func newSchemas(c comments) *schemas {
	return &schemas{comments: c, components: map[componentKey]*component{}}
}

// object returns an object of the given pairs of a key and a *tree.Node, string, bool or
// int. Pairs without a value, a nil node or an empty string, are left out.
func object(pairs ...any) *tree.Node {
	var members []tree.Member
	for i := 0; i+1 < len(pairs); i += 2 {
		var value *tree.Node
		switch v := pairs[i+1].(type) {
		case *tree.Node:
			value = v
		case string:
			if v != "" {
				value = tree.NewString(v)
			}
		case bool:
			value = tree.NewBool(v)
		case int:
			value = tree.NewNumber(strconv.Itoa(v))
		}
		if value != nil {
			members = append(members, tree.Member{Key: pairs[i].(string), Value: value})
		}
	}
	return tree.NewObject(members...)
}

// anything returns the schema of every value.
func anything() *tree.Node { return object() }

// of returns the schema of t.
func (s *schemas) of(t types.Type) *tree.Node {
	if s.depth++; s.depth > deepest {
		s.depth--
		return anything()
	}
	defer func() { s.depth-- }()
	t = types.Unalias(t)
	if known, ok := knownSchema(t); ok {
		return known
	}
	if custom := customSchema(t); custom != nil {
		return s.withEnum(custom, t)
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return nullable(s.of(u.Elem()))
	case *types.Basic:
		return s.withEnum(basicSchema(u), t)
	case *types.Slice:
		return s.orNil(s.list(t, u.Elem()))
	case *types.Array:
		return object("type", "array", "items", s.of(u.Elem()), "minItems", int(u.Len()), "maxItems", int(u.Len()))
	case *types.Map:
		return s.orNil(object("type", "object", "additionalProperties", s.of(u.Elem())))
	case *types.Struct:
		return s.structure(t, u)
	}
	return anything()
}

// list returns the schema of a slice of type t.
func (s *schemas) list(t, elem types.Type) *tree.Node {
	if b, ok := elem.Underlying().(*types.Basic); ok && b.Kind() == types.Byte && customSchema(elem) == nil {
		return object("type", "string", "contentEncoding", "base64")
	}
	if n, ok := types.Unalias(t).(*types.Named); ok && s.recursive(n) {
		c, ref := s.component(n)
		if c.node == nil {
			c.node = anything()
			c.node = object("type", "array", "items", s.of(elem))
		}
		return ref
	}
	return object("type", "array", "items", s.of(elem))
}

// recursive reports whether the slice or map type n has itself as an element.
func (s *schemas) recursive(n *types.Named) bool {
	elem := n.Underlying()
	for range deepest {
		switch u := elem.(type) {
		case *types.Slice:
			elem = u.Elem()
		case *types.Map:
			elem = u.Elem()
		case *types.Pointer:
			elem = u.Elem()
		default:
			return false
		}
		if m, ok := types.Unalias(elem).(*types.Named); ok {
			if m == n {
				return true
			}
			elem = m.Underlying()
		}
	}
	return false
}

// orNil adds null where a nil slice or map is written.
func (s *schemas) orNil(schema *tree.Node) *tree.Node {
	if s.output {
		return nullable(schema)
	}
	return schema
}

// nullable returns schema with null.
func nullable(schema *tree.Node) *tree.Node {
	if len(schema.Members) == 0 {
		return schema
	}
	if kind := schema.Get("type"); kind.Is(tree.String) && schema.Get("enum") == nil && schema.Get("const") == nil {
		return schema.With("type", tree.NewArray(kind, tree.NewString("null")))
	} else if kind.Is(tree.Array) && kind.Items[len(kind.Items)-1].Text == "null" {
		return schema
	}
	if any := schema.Get("anyOf"); any != nil && any.Items[len(any.Items)-1].Get("type").Str() == "null" {
		return schema
	}
	return object("anyOf", tree.NewArray(schema, object("type", "null")))
}

// notNull undoes nullable.
func notNull(schema *tree.Node) *tree.Node {
	if kind := schema.Get("type"); kind.Is(tree.Array) && len(kind.Items) == 2 && kind.Items[1].Text == "null" {
		return schema.With("type", kind.Items[0])
	}
	if any := schema.Get("anyOf"); any != nil && len(any.Items) == 2 && any.Items[1].Get("type").Str() == "null" {
		return any.Items[0]
	}
	return schema
}

func basicSchema(b *types.Basic) *tree.Node {
	switch {
	case b.Info()&types.IsBoolean != 0:
		return object("type", "boolean")
	case b.Info()&types.IsString != 0:
		return object("type", "string")
	case b.Info()&types.IsFloat != 0:
		return object("type", "number")
	case b.Info()&types.IsInteger != 0:
		return integerSchema(b.Kind())
	}
	return anything()
}

func integerSchema(kind types.BasicKind) *tree.Node {
	limited := func(least, most string) *tree.Node {
		return object("type", "integer", "minimum", tree.NewNumber(least), "maximum", tree.NewNumber(most))
	}
	switch kind {
	case types.Int8:
		return limited("-128", "127")
	case types.Int16:
		return limited("-32768", "32767")
	case types.Int32:
		return object("type", "integer", "format", "int32")
	case types.Int64:
		return object("type", "integer", "format", "int64")
	case types.Uint8:
		return limited("0", "255")
	case types.Uint16:
		return limited("0", "65535")
	case types.Uint32:
		return limited("0", "4294967295")
	case types.Uint, types.Uint64, types.Uintptr:
		return object("type", "integer", "minimum", 0)
	}
	return object("type", "integer")
}

// structure returns a reference to the component of a struct with a name, and the schema
// of another one.
func (s *schemas) structure(t types.Type, u *types.Struct) *tree.Node {
	n, ok := t.(*types.Named)
	if !ok {
		return s.fields(u, nil)
	}
	c, ref := s.component(n)
	if c.node == nil {
		c.node = anything() // what refers to it meanwhile ends here
		depth := s.depth
		s.depth = 0
		c.node = s.fields(u, nil)
		s.depth = depth
		if text := s.comments.of(n.Obj()); text != "" {
			c.node = c.node.With("description", tree.NewString(text))
		}
	}
	return ref
}

// fields returns the schema of a struct, of those of its fields that keep returns true for,
// or all if it is nil.
func (s *schemas) fields(t *types.Struct, keep func(field) bool) *tree.Node {
	var properties []tree.Member
	var required []*tree.Node
	for _, f := range jsonFields(t) {
		if keep != nil && !keep(f) || !encodable(f.object.Type()) {
			continue
		}
		schema, must := s.field(f)
		properties = append(properties, tree.Member{Key: f.name, Value: schema})
		if must {
			required = append(required, tree.NewString(f.name))
		}
	}
	schema := object("type", "object")
	if len(properties) > 0 {
		schema = schema.With("properties", tree.NewObject(properties...))
	}
	if len(required) > 0 {
		schema = schema.With("required", tree.NewArray(required...))
	}
	return schema
}

// encodable reports whether encoding/json knows values of type t.
func encodable(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Chan, *types.Signature:
		return false
	case *types.Basic:
		return u.Info()&types.IsComplex == 0
	}
	return true
}

// field returns the schema of a property, and whether it is required.
func (s *schemas) field(f field) (schema *tree.Node, required bool) {
	t := f.object.Type()
	schema = s.of(t)
	if f.quoted {
		schema = quotedSchema(schema)
	}
	if f.optional { // nil is left out
		schema = notNull(schema)
	}
	if rules := rulesOf(f.tag); !s.output {
		if !f.quoted {
			schema = rules.apply(schema, t)
		}
		if rules.required(t) {
			schema, required = notNull(schema), true
		}
	}
	return s.annotate(schema, f.object, f.tag), required
}

// quotedSchema returns the schema of a scalar that is written in a string.
func quotedSchema(schema *tree.Node) *tree.Node {
	kind := notNull(schema).Get("type").Str()
	quoted := object("type", "string")
	switch kind {
	case "boolean":
		quoted = object("type", "string", "enum", stringNodes("true", "false"))
	case "integer":
		quoted = object("type", "string", "pattern", "^-?[0-9]+$")
	}
	if notNull(schema) != schema {
		return nullable(quoted)
	}
	return quoted
}

func stringNodes(texts ...string) *tree.Node {
	items := make([]*tree.Node, len(texts))
	for i, text := range texts {
		items[i] = tree.NewString(text)
	}
	return tree.NewArray(items...)
}

// annotate adds what the comment and the tags of a field say of it.
func (s *schemas) annotate(schema *tree.Node, v *types.Var, tag reflect.StructTag) *tree.Node {
	text := firstOf(tag, "description", "doc")
	if text == "" && v != nil {
		text = s.comments.of(v)
	}
	if text != "" {
		schema = schema.With("description", tree.NewString(text))
	}
	if v == nil {
		return schema
	}
	if values := firstOf(tag, "enum", "enums"); values != "" && schema.Get("enum") == nil && schema.Get("$ref") == nil {
		if nodes := literals(values, v.Type()); len(nodes) > 0 {
			schema = schema.With("enum", tree.NewArray(nodes...))
		}
	}
	for _, keyword := range []string{"default", "example"} {
		node := literal(tag.Get(keyword), v.Type())
		if node == nil {
			continue
		}
		if keyword == "example" {
			keyword, node = "examples", tree.NewArray(node)
		}
		schema = schema.With(keyword, node)
	}
	return schema
}

// component returns the component of n and a reference to it, which has the key of the type until
// the components have names.
func (s *schemas) component(n *types.Named) (*component, *tree.Node) {
	key := typeKey(n)
	c := s.components[componentKey{key, s.output}]
	if c == nil {
		c = &component{key: key, output: s.output}
		c.short, c.long = componentNames(n)
		s.components[componentKey{key, s.output}] = c
		s.order = append(s.order, c)
	}
	text := tree.NewString(key)
	c.refs = append(c.refs, text)
	return c, object("$ref", text)
}
