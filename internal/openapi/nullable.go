package openapi

import "github.com/mcpmount/mcpmount/internal/tree"

// withNull makes out admit null if n is nullable, as OpenAPI 3.0 and, with
// x-nullable, Swagger 2.0 say it. Strictly, nullable changes the type beside it
// only (OpenAPI 3.0.4, Schema Object); what is meant beside a reference or an
// allOf is null all the same.
func withNull(n, out *tree.Node) *tree.Node {
	if !isNullable(n) {
		return out
	}
	out = typeWithNull(out)
	out = valuesWithNull(out)
	return combinationsWithNull(out)
}

func isNullable(n *tree.Node) bool {
	return n.Get("nullable").Str() == "true" || n.Get("x-nullable").Str() == "true"
}

func typeWithNull(n *tree.Node) *tree.Node {
	types := n.Get("type")
	null := tree.NewString("null")
	switch {
	case types == nil || admitsNull(n):
		return n
	case types.Is(tree.String):
		return n.With("type", tree.NewArray(types, null))
	}
	return n.With("type", appended(types, null))
}

// admitsNull reports whether the type of a schema has null among it.
func admitsNull(n *tree.Node) bool {
	types := n.Get("type")
	if types.Is(tree.String) {
		return types.Text == "null"
	}
	if types.Is(tree.Array) {
		for _, item := range types.Items {
			if item.Str() == "null" {
				return true
			}
		}
	}
	return false
}

// valuesWithNull adds null to the values of enum and const.
func valuesWithNull(n *tree.Node) *tree.Node {
	if value := n.Get("const"); value != nil && !value.Is(tree.Null) {
		n = renamed(n.Without("enum"), "const", "enum").With("enum", tree.NewArray(value))
	}
	values := n.Get("enum")
	if values == nil {
		return n
	}
	for _, item := range values.Items {
		if item.Is(tree.Null) {
			return n
		}
	}
	return n.With("enum", appended(values, &tree.Node{Kind: tree.Null}))
}

// combinationsWithNull lets null past the schemas that a schema combines: as
// one more alternative where there are alternatives, beside all of them where
// there are not.
func combinationsWithNull(n *tree.Node) *tree.Node {
	var combined []tree.Member
	for key, v := range n.All() {
		switch key {
		case "$ref", "allOf", "anyOf", "oneOf":
			combined = append(combined, tree.Member{Key: key, Value: v})
		}
	}
	if len(combined) == 0 {
		return n
	}
	null := tree.NewObject(tree.Member{Key: "type", Value: tree.NewString("null")})
	alternatives := tree.NewArray(tree.NewObject(combined...), null)
	if key := combined[0].Key; len(combined) == 1 && (key == "anyOf" || key == "oneOf") {
		alternatives = combined[0].Value
		if !anyAdmitsNull(alternatives) {
			alternatives = appended(alternatives, null)
		}
	}
	// Under oneOf, null would be refused if one of the others admits it too.
	first := combined[0].Key
	for _, m := range combined[1:] {
		n = n.Without(m.Key)
	}
	return renamed(n, first, "anyOf").With("anyOf", alternatives)
}

func anyAdmitsNull(alternatives *tree.Node) bool {
	for _, item := range alternatives.Items {
		if admitsNull(item) {
			return true
		}
	}
	return false
}

// appended returns an array with one more item.
func appended(array, item *tree.Node) *tree.Node {
	items := make([]*tree.Node, 0, len(array.Items)+1)
	return tree.NewArray(append(append(items, array.Items...), item)...)
}
