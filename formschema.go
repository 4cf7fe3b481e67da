package mcpmount

import "github.com/mcpmount/mcpmount/internal/tree"

// formProperties returns the schemas of the properties of s, in whatever branch
// of a composition they are: what each field of a form holds.
func formProperties(s Schema) map[string]*tree.Node {
	properties := make(map[string]*tree.Node)
	if s.IsZero() {
		return properties
	}
	for n := range variants(s.source, s.source.Root()) {
		for name, property := range n.Get("properties").All() {
			if _, ok := properties[name]; !ok {
				properties[name] = fieldSchema(s.source, property)
			}
		}
	}
	return properties
}

// fieldSchema returns the file that property is, perhaps in an array or as a
// variant beside null, or else what it is: for an array, what its items are.
func fieldSchema(source schemaSource, property *tree.Node) *tree.Node {
	for n := range variants(source, property) {
		if isFile(n) {
			return n
		}
		if file := fileIn(source, n.Get("items")); file != nil {
			return file
		}
	}
	property = follow(source, property)
	if items := follow(source, property.Get("items")); items != nil {
		return items
	}
	return property
}

// fileIn returns the file that n describes, perhaps by reference or as a variant,
// or nil.
func fileIn(source schemaSource, n *tree.Node) *tree.Node {
	for n := range variants(source, n) {
		if isFile(n) {
			return n
		}
	}
	return nil
}
