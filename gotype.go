package mcpmount

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A typeReader describes Go types as encoding/json writes or reads them. Structs
// inside of others, and types that contain themselves, become definitions.
type typeReader struct {
	written bool // whether values are written; else they are read

	defs  []tree.Member
	names map[reflect.Type]string
	open  map[reflect.Type]bool // being described: true if a reference needs a definition
	taken map[string]bool       // names of definitions

	faults []string
}

func newTypeReader(written bool) *typeReader {
	return &typeReader{
		written: written,
		names:   map[reflect.Type]string{},
		open:    map[reflect.Type]bool{},
		taken:   map[string]bool{},
	}
}

// schema returns root with the definitions that there are.
func (r *typeReader) schema(root *tree.Node) Schema {
	s := &rawSchema{root: root}
	if len(r.defs) > 0 {
		s.defs = tree.NewObject(r.defs...)
	}
	return Schema{source: s}
}

func (r *typeReader) fault(at, format string, args ...any) {
	r.faults = append(r.faults, at+": "+fmt.Sprintf(format, args...))
}

// root describes t as a whole value: a pointer is what it points to.
func (r *typeReader) root(t reflect.Type) *tree.Node {
	for range maxPointers {
		t = pointee(t)
	}
	n := r.named(t, t.String(), true)
	if r.written && hasNil(t) {
		return orNull(n)
	}
	return n
}

// maxPointers is more pointers to pointers than anybody writes.
const maxPointers = 8

// typeNode returns a schema that says a type, and a format if that is not "".
func typeNode(kind, format string) *tree.Node {
	n := tree.NewObject(tree.Member{Key: "type", Value: tree.NewString(kind)})
	if format != "" {
		n = n.With("format", tree.NewString(format))
	}
	return n
}

// value describes a value of type t at a place, for messages, inside of another.
func (r *typeReader) value(t reflect.Type, at string) *tree.Node {
	n := r.named(t, at, false)
	if r.written && hasNil(t) {
		return orNull(n)
	}
	return n
}

// hasNil reports whether t has a value that is written as null.
func hasNil(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		return true
	}
	return false
}

// orNull returns a schema for what n allows and for null.
func orNull(n *tree.Node) *tree.Node {
	switch kinds := types(n); {
	case len(n.Members) == 0, slices.Contains(kinds, "null"):
		return n
	case len(kinds) == 1 && !hasKeyword(n, "$ref", "enum", "const"):
		return n.With("type", tree.NewArray(tree.NewString(kinds[0]), tree.NewString("null")))
	}
	if alternatives := n.Get("anyOf"); alternatives != nil {
		return n
	}
	return tree.NewObject(tree.Member{Key: "anyOf", Value: tree.NewArray(n, typeNode("null", ""))})
}

// named describes t, by a reference if it has a definition or is inside of itself.
func (r *typeReader) named(t reflect.Type, at string, root bool) *tree.Node {
	if n := r.known(t); n != nil {
		return n
	}
	composite := t.Kind() == reflect.Struct || t.Kind() == reflect.Slice || t.Kind() == reflect.Map ||
		t.Kind() == reflect.Array || t.Kind() == reflect.Pointer
	if t.Name() == "" || !composite {
		return r.kind(t, at)
	}
	if _, open := r.open[t]; open {
		r.open[t] = true
		return r.reference(t)
	}
	if _, defined := r.names[t]; defined {
		return r.reference(t)
	}
	r.open[t] = false
	if t.Kind() == reflect.Struct {
		at = t.String()
	}
	n := r.kind(t, at)
	recursive := r.open[t]
	delete(r.open, t)
	if !recursive && (root || t.Kind() != reflect.Struct) {
		return n
	}
	ref := r.reference(t)
	r.defs = append(r.defs, tree.Member{Key: r.names[t], Value: n})
	return ref
}

// reference returns a reference to the definition of t, which gets a name.
func (r *typeReader) reference(t reflect.Type) *tree.Node {
	name, ok := r.names[t]
	if !ok {
		plain := definitionNameOf(t)
		name = plain
		for n := 2; r.taken[name]; n++ {
			name = plain + "_" + strconv.Itoa(n)
		}
		r.names[t], r.taken[name] = name, true
	}
	return tree.NewObject(tree.Member{Key: "$ref", Value: tree.NewString(reference(name))})
}

// definitionNameOf returns the name of a type without packages: "Page_Item" for
// Page[example.com/shop.Item].
func definitionNameOf(t reflect.Type) string {
	words := strings.FieldsFunc(t.Name(), func(c rune) bool { return strings.ContainsRune("[],*{}; ", c) })
	for i, word := range words {
		word = word[strings.LastIndexByte(word, '/')+1:]
		words[i] = word[strings.IndexByte(word, '.')+1:]
	}
	return wordsOf(strings.Join(words, "_"))
}

// known returns the schema of a type that encoding/json does not treat by its kind alone,
// or nil.
func (r *typeReader) known(t reflect.Type) *tree.Node {
	switch t {
	case reflect.TypeFor[time.Time]():
		return typeNode("string", "date-time")
	case reflect.TypeFor[json.Number]():
		return typeNode("number", "")
	case reflect.TypeFor[big.Int]():
		return typeNode("integer", "")
	}
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return nil // as what it points to
	}
	if r.hasMethods(t, reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.Unmarshaler]()) != methodsNone {
		return tree.NewObject()
	}
	switch r.hasMethods(t, reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()) {
	case methodsNone:
		return nil
	case methodsPointer: // written so only where there is a pointer to it
		return tree.NewObject()
	}
	if t.Name() == "UUID" && t.Kind() == reflect.Array && t.Len() == 16 {
		return typeNode("string", "uuid")
	}
	return typeNode("string", "")
}

// A methods says who has the methods by which a type writes or reads itself.
type methods uint8

const (
	methodsNone    methods = iota
	methodsPointer         // only a pointer to it, for writing
	methodsValue
)

func (r *typeReader) hasMethods(t, write, read reflect.Type) methods {
	pointer := reflect.PointerTo(t)
	switch {
	case !r.written && pointer.Implements(read), r.written && t.Implements(write):
		return methodsValue
	case r.written && pointer.Implements(write):
		return methodsPointer
	}
	return methodsNone
}

// kind describes t by its kind.
func (r *typeReader) kind(t reflect.Type, at string) *tree.Node {
	switch t.Kind() {
	case reflect.Bool:
		return typeNode("boolean", "")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return typeNode("integer", "")
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return typeNode("integer", "").With("minimum", tree.NewNumber("0"))
	case reflect.Float32, reflect.Float64:
		return typeNode("number", "")
	case reflect.String:
		return typeNode("string", "")
	case reflect.Interface:
		return tree.NewObject()
	case reflect.Pointer:
		return r.value(t.Elem(), at)
	case reflect.Struct:
		return r.object(structFields(t, jsonName), func(f structField) (*tree.Node, bool) {
			return r.field(f, at), r.written && !f.optional && !isOmitted(f.fieldName)
		})
	case reflect.Map:
		return r.mapping(t, at)
	case reflect.Slice:
		if isBytes(t) {
			return typeNode("string", "").With("contentEncoding", tree.NewString("base64"))
		}
		return arrayOf(r.value(t.Elem(), at+"[]"))
	case reflect.Array:
		length := tree.NewNumber(strconv.Itoa(t.Len()))
		return arrayOf(r.value(t.Elem(), at+"[]")).With("minItems", length).With("maxItems", length)
	}
	r.fault(at, "encoding/json has no value for the type %s; give the field another type, or the tag `json:\"-\"`", t)
	return tree.NewObject()
}

// isOmitted reports whether a field is left out where it is empty or zero.
func isOmitted(n fieldName) bool { return n.hasOption("omitempty") || n.hasOption("omitzero") }

// isBytes reports whether encoding/json writes the slice t as base64.
func isBytes(t reflect.Type) bool {
	if t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Uint8 {
		return false
	}
	p := reflect.PointerTo(t.Elem())
	return !p.Implements(reflect.TypeFor[json.Marshaler]()) && !p.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// mapping describes a map, whose keys are texts in JSON.
func (r *typeReader) mapping(t reflect.Type, at string) *tree.Node {
	switch kind := t.Key().Kind(); {
	case kind == reflect.String, kind >= reflect.Int && kind <= reflect.Uintptr:
	case t.Key().Implements(reflect.TypeFor[encoding.TextMarshaler]()):
	case !r.written && reflect.PointerTo(t.Key()).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
	default:
		r.fault(at, "encoding/json has no keys of the type %s; use strings or integers", t.Key())
	}
	n := typeNode("object", "")
	if values := r.value(t.Elem(), at+"[]"); len(values.Members) > 0 {
		return n.With("additionalProperties", values)
	}
	return n
}

// object describes a struct by its fields: describe returns the schema of one,
// and whether it is required.
func (r *typeReader) object(fields []structField, describe func(structField) (*tree.Node, bool)) *tree.Node {
	n := typeNode("object", "")
	var properties []tree.Member
	var required []*tree.Node
	for _, f := range fields {
		property, must := describe(f)
		properties = append(properties, tree.Member{Key: f.name, Value: property})
		if must = must || !r.written && isRequired(f.Tag); must {
			required = append(required, tree.NewString(f.name))
		}
	}
	if len(properties) > 0 {
		n = n.With("properties", tree.NewObject(properties...))
	}
	if len(required) > 0 {
		n = n.With("required", tree.NewArray(required...))
	}
	return n
}

// field describes a field of a struct as JSON.
func (r *typeReader) field(f structField, at string) *tree.Node {
	at += "." + f.Name
	quoted := f.hasOption("string") && r.isQuotable(pointee(f.Type))
	var n *tree.Node
	switch {
	case quoted:
		n = typeNode("string", "")
		if f.Type.Kind() == reflect.Pointer && r.written {
			n = orNull(n)
		}
	case isOmitted(f.fieldName):
		n = r.named(f.Type, at, false)
	default:
		n = r.value(f.Type, at)
	}
	return r.annotate(n, f, at, quoted)
}

// isQuotable reports whether the option "string" of a tag has an effect on t.
func (r *typeReader) isQuotable(t reflect.Type) bool {
	switch kind := t.Kind(); {
	case t == reflect.TypeFor[json.Number]():
		return true
	case kind == reflect.String, kind >= reflect.Bool && kind <= reflect.Float64:
		return r.known(t) == nil
	}
	return false
}
