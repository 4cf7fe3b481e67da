package mcpmount

import (
	"slices"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// An objectShape is an object schema seen as a list of properties.
type objectShape struct {
	source     schemaSource
	properties []tree.Member
	required   []string
}

// shapeKeywords are the keywords that a list of properties can do without, or
// that collect looks at.
var shapeKeywords = map[string]bool{
	"type": true, "properties": true, "required": true, "allOf": true, "$ref": true, "additionalProperties": true,
	"title": true, "description": true, "examples": true, "default": true, "deprecated": true,
	"readOnly": true, "writeOnly": true, "$comment": true, "$anchor": true, "$dynamicAnchor": true,
	"maxProperties": true, "minProperties": true,
}

// collect adds what the schema n says, and reports whether its properties are
// all that it says: no alternatives, no conditions and no further properties.
func (s *objectShape) collect(n *tree.Node, depth int) bool {
	if !n.Is(tree.Object) || depth > 16 {
		return false
	}
	for _, m := range n.Members {
		if !shapeKeywords[m.Key] {
			return false
		}
	}
	if list := types(n); len(list) > 0 && !slices.Contains(list, "object") {
		return false
	}
	if extra := n.Get("additionalProperties"); extra != nil && (!extra.Is(tree.Bool) || extra.True()) {
		return false
	}
	if ref := n.Get("$ref"); ref != nil {
		name, ok := definitionName(ref.Str())
		if !ok || !s.collect(s.source.Definition(name), depth+1) {
			return false
		}
	}
	for _, branch := range elements(n.Get("allOf")) {
		if !s.collect(branch, depth+1) {
			return false
		}
	}
	s.addProperties(n)
	return true
}

func (s *objectShape) addProperties(n *tree.Node) {
	if properties := n.Get("properties"); properties != nil {
		for _, p := range properties.Members {
			s.add(p)
		}
	}
	for _, name := range elements(n.Get("required")) {
		s.required = append(s.required, name.Str())
	}
}

// addRequired adds the properties that are required and nowhere described: they
// can have any value, but must be there.
func (s *objectShape) addRequired() {
	for _, name := range s.required {
		if !slices.ContainsFunc(s.properties, func(p tree.Member) bool { return p.Key == name }) {
			s.properties = append(s.properties, tree.Member{Key: name, Value: tree.NewObject()})
		}
	}
}

// add adds a property; one that is there already must satisfy both schemas.
func (s *objectShape) add(p tree.Member) {
	i := slices.IndexFunc(s.properties, func(have tree.Member) bool { return have.Key == p.Key })
	switch {
	case i < 0:
		s.properties = append(s.properties, p)
	case !s.properties[i].Value.Equal(p.Value):
		s.properties[i].Value = tree.NewObject(tree.Member{Key: "allOf", Value: tree.NewArray(s.properties[i].Value, p.Value)})
	}
}
