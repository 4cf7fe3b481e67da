package mcpmount

import (
	"slices"
	"strconv"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// An objectShape is an object schema seen as a list of properties.
type objectShape struct {
	source     schemaSource
	properties []tree.Member
	required   []string

	// least and most are the bounds of how many properties there are: 0 and
	// nil without bounds.
	least int
	most  *int

	position map[string]int // of each property
	visited  int            // schemas
}

// What an object may have to be a list of properties. No model would fill in as
// many arguments, and compositions of compositions multiply.
const (
	maxShapeProperties = 1_000
	maxShapeSchemas    = 1_000
)

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
	if s.visited++; !n.Is(tree.Object) || depth > 16 || s.visited > maxShapeSchemas {
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
	if properties := n.Get("properties"); properties != nil && len(s.properties)+len(properties.Members) > maxShapeProperties {
		return false
	}
	if len(s.required)+len(elements(n.Get("required"))) > maxShapeProperties {
		return false
	}
	s.addProperties(n)
	return true
}

func (s *objectShape) addProperties(n *tree.Node) {
	for key, value := range n.Get("properties").All() {
		s.add(tree.Member{Key: key, Value: value})
	}
	for _, name := range elements(n.Get("required")) {
		s.required = append(s.required, name.Str())
	}
	if least, err := strconv.Atoi(n.Get("minProperties").Str()); err == nil {
		s.least = max(s.least, least)
	}
	if most, err := strconv.Atoi(n.Get("maxProperties").Str()); err == nil && (s.most == nil || most < *s.most) {
		s.most = &most
	}
}

// bounded reports whether the bounds on the number of properties exclude anything that
// the list of properties and the required ones do not. An optional body without
// properties is not sent, so that one property at least is certain.
func (s *objectShape) bounded(required map[string]bool, optional bool) bool {
	must := 0
	for _, p := range s.properties {
		if required[p.Key] {
			must++
		}
	}
	if optional {
		must = max(must, 1)
	}
	return s.least > must || s.most != nil && *s.most < len(s.properties)
}

// addRequired adds the properties that are required and nowhere described: they
// can have any value, but must be there.
func (s *objectShape) addRequired() {
	for _, name := range s.required {
		if _, ok := s.position[name]; !ok {
			s.add(tree.Member{Key: name, Value: tree.NewObject()})
		}
	}
}

// add adds a property; one that is there already must satisfy both schemas.
func (s *objectShape) add(p tree.Member) {
	i, ok := s.position[p.Key]
	switch {
	case !ok:
		if s.position == nil {
			s.position = map[string]int{}
		}
		s.position[p.Key] = len(s.properties)
		s.properties = append(s.properties, p)
	case !s.properties[i].Value.Equal(p.Value):
		s.properties[i].Value = tree.NewObject(tree.Member{Key: "allOf", Value: tree.NewArray(s.properties[i].Value, p.Value)})
	}
}
