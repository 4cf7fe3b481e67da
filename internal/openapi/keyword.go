package openapi

import (
	"iter"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A shape says which schemas the value of a keyword holds.
type shape uint8

const (
	noSchema shape = iota
	oneSchema
	schemaList
	schemaMap
)

// shapeOf returns which schemas the value of a keyword holds, and whether they
// apply to the value that the schema itself applies to (JSON Schema 2020-12
// Core, section 10).
func shapeOf(key string, value *tree.Node) (s shape, inPlace bool) {
	switch key {
	case "properties", "patternProperties":
		return schemaMap, false
	case "dependentSchemas", "dependencies":
		return schemaMap, true
	case "allOf", "anyOf", "oneOf":
		return schemaList, true
	case "prefixItems":
		return schemaList, false
	case "not", "if", "then", "else":
		return oneSchema, true
	case "items":
		if value.Is(tree.Array) { // before 2020-12
			return schemaList, false
		}
		return oneSchema, false
	case "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "additionalItems",
		"contains", "propertyNames", "contentSchema":
		return oneSchema, false
	}
	return noSchema, false
}

// subschemas returns the schemas directly inside of the one at p, and whether
// each applies to the same value.
func subschemas(p place) iter.Seq2[bool, place] {
	return func(yield func(bool, place) bool) {
		for key, value := range p.node.All() {
			shape, inPlace := shapeOf(key, value)
			for sub := range schemasIn(shape, p, key, value) {
				if !yield(inPlace, sub) {
					return
				}
			}
		}
	}
}

func schemasIn(s shape, p place, key string, value *tree.Node) iter.Seq[place] {
	return func(yield func(place) bool) {
		switch s {
		case oneSchema:
			yield(p.child(key, value))
		case schemaList:
			p.child(key, value).elements()(yield)
		case schemaMap:
			for _, sub := range p.child(key, value).members() {
				if !yield(sub) {
					return
				}
			}
		}
	}
}

// withoutInPlace returns a schema without what it says by way of other schemas
// that apply to the same value.
func withoutInPlace(n *tree.Node) *tree.Node {
	return n.Without("$ref", "$dynamicRef", "$recursiveRef", "allOf", "anyOf", "oneOf", "not",
		"if", "then", "else", "dependentSchemas", "dependencies")
}

// keyword returns the value of a keyword in JSON Schema 2020-12, or nil to leave
// it out: it has no meaning there, its value has the wrong kind, or another
// keyword takes its place.
func (s *schemaSet) keyword(key string, v *tree.Node) *tree.Node {
	if shape, _ := shapeOf(key, v); shape != noSchema {
		return s.applicator(key, shape, v)
	}
	switch key {
	case "type":
		return typeNames(v)
	case "enum":
		return distinctValues(v)
	case "required":
		return distinctNames(v)
	case "dependentRequired":
		return nameLists(v)
	case "title", "description":
		return cleanText(v)
	case "format", "contentEncoding", "contentMediaType":
		return only(v.Is(tree.String), v)
	case "pattern":
		return only(v.Is(tree.String) && isPattern(v.Text), v)
	case "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum":
		return number(v)
	case "multipleOf":
		return positive(v)
	case "maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties",
		"maxContains", "minContains":
		return count(v)
	case "uniqueItems", "deprecated", "readOnly", "writeOnly":
		return only(v.Is(tree.Bool), v)
	case "examples":
		return only(v.Is(tree.Array), v)
	case "const", "default", "x-mcp-header":
		return v
	}
	return only(!isMeaningless(key), v)
}

// isMeaningless reports whether a keyword is for the authors and tools of an
// OpenAPI document only. What is unknown may be known to a reader.
func isMeaningless(key string) bool {
	switch key {
	case "nullable", "discriminator", "xml", "externalDocs", "example", "collectionFormat",
		"definitions", "allowEmptyValue":
		return true
	}
	return strings.HasPrefix(key, "$") || strings.HasPrefix(key, "x-")
}

// only returns v if ok, and nil otherwise.
func only(ok bool, v *tree.Node) *tree.Node {
	if ok {
		return v
	}
	return nil
}
