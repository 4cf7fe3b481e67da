package openapi

import (
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// maxVariants bounds the variants that a description lists.
const maxVariants = 50

// Bounds of what becomes constants: variants and values of a mapping, and the
// schemas that are looked at for one variant.
const (
	maxSelectors = 200
	maxAdmits    = 50
)

// withVariants says what a discriminator says, which JSON Schema has no keyword
// for, unless the variants say it: as constants of the variants if its mapping
// is complete, and else in the description.
func (s *schemaSet) withVariants(n, out *tree.Node) *tree.Node {
	discriminator := n.Get("discriminator")
	if discriminator == nil {
		return out
	}
	property := discriminator.Get("propertyName").Str()
	if discriminator.Is(tree.String) { // Swagger 2.0
		property = discriminator.Text
	}
	values := s.variantNames(n, discriminator.Get("mapping"))
	if property == "" || len(values) == 0 || s.variantsSay(n, property) {
		return out
	}
	if selected := s.withSelectors(n, out, property, discriminator.Get("mapping")); selected != nil {
		return selected
	}
	if len(values) > maxVariants {
		values = append(values[:maxVariants], "…")
	}
	note := clean(property + " selects the variant: " + strings.Join(values, ", "))
	if text := out.Get("description").Str(); text != "" {
		note = text + "\n\n" + note
	}
	return out.With("description", tree.NewString(note))
}

// variantNames returns the values of a discriminator: those of its mapping, or
// else the names of the variants.
func (s *schemaSet) variantNames(n, mapping *tree.Node) []string {
	var names []string
	for value := range mapping.All() {
		names = append(names, value)
	}
	if len(names) > 0 {
		return names
	}
	for _, variant := range variants(n) {
		if name := s.links[variant]; name != "" {
			names = append(names, name)
		}
	}
	return names
}

// withSelectors returns out with each variant bound to the values of the
// property that the mapping has for it. It returns nil if the mapping has none
// for one of the variants, or one that the variant itself does not admit.
func (s *schemaSet) withSelectors(n, out *tree.Node, property string, mapping *tree.Node) *tree.Node {
	key := "oneOf"
	if !n.Get(key).Is(tree.Array) {
		key = "anyOf"
	}
	list, converted := n.Get(key), out.Get(key)
	if !list.Is(tree.Array) || !converted.Is(tree.Array) || len(list.Items) != len(converted.Items) ||
		len(list.Items) > maxSelectors || !mapping.Is(tree.Object) || len(mapping.Members) > maxSelectors {
		return nil
	}
	bound := make([]*tree.Node, len(list.Items))
	for i, variant := range list.Items {
		values := selectors(variant, mapping)
		looks := maxAdmits
		if len(values) == 0 || converted.Items[i].Get("properties") != nil || !s.admits(variant, property, values, &looks) {
			return nil
		}
		constant := tree.Member{Key: "enum", Value: tree.NewArray(values...)}
		if len(values) == 1 {
			constant = tree.Member{Key: "const", Value: values[0]}
		}
		bound[i] = converted.Items[i].
			With("properties", tree.NewObject(tree.Member{Key: property, Value: tree.NewObject(constant)})).
			With("required", tree.NewArray(tree.NewString(property)))
	}
	return out.With(key, tree.NewArray(bound...))
}

// selectors returns the values that a mapping has for a variant. It names a
// schema by a reference or by its name alone (OpenAPI 3.2, "Discriminator
// Object").
func selectors(variant, mapping *tree.Node) []*tree.Node {
	ref, ok := reference(variant)
	if !ok {
		return nil
	}
	var values []*tree.Node
	for value, to := range mapping.All() {
		if to.Is(tree.String) && lastSegment(to.Text) == lastSegment(ref) {
			values = append(values, tree.NewString(value))
		}
	}
	return values
}

func lastSegment(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// admits reports whether the schema n, as far as it lists values for the
// property, lists all of these. It takes looks for how many schemas it may look
// at.
func (s *schemaSet) admits(n *tree.Node, property string, values []*tree.Node, looks *int) bool {
	if *looks--; *looks < 0 {
		return false
	}
	if name := s.links[n]; name != "" {
		n = s.definitions[name].node
	}
	schema := n.Get("properties").Get(property)
	if name := s.links[schema]; name != "" {
		schema = s.definitions[name].node
	}
	allowed := schema.Get("enum")
	if constant := schema.Get("const"); constant != nil {
		allowed = tree.NewArray(constant)
	}
	for _, v := range values {
		if allowed.Is(tree.Array) && !slices.ContainsFunc(allowed.Items, v.Equal) {
			return false
		}
	}
	if all := n.Get("allOf"); all.Is(tree.Array) {
		for _, part := range all.Items {
			if !s.admits(part, property, values, looks) {
				return false
			}
		}
	}
	return true
}

func variants(n *tree.Node) []*tree.Node {
	for _, key := range []string{"oneOf", "anyOf"} {
		if list := n.Get(key); list.Is(tree.Array) {
			return list.Items
		}
	}
	return nil
}

// variantsSay reports whether each variant has the one value of the property by
// which it is selected.
func (s *schemaSet) variantsSay(n *tree.Node, property string) bool {
	list := variants(n)
	for _, variant := range list {
		if name := s.links[variant]; name != "" {
			variant = s.definitions[name].node
		}
		schema := variant.Get("properties").Get(property)
		if values := schema.Get("enum"); schema.Get("const") == nil && (values == nil || len(values.Items) != 1) {
			return false
		}
	}
	return len(list) > 0
}
