package openapi

import (
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// bodySchema returns the schema of a body to send. Where that is a base with a
// discriminator, which the schemas that inherit from it extend with properties of
// their own, it is a choice between these and the base: the base alone does not
// say what can be sent.
//
// A response is read as it comes, and a part of a body may have properties that
// its schema does not list, so that nothing is lost there.
func (l *loader) bodySchema(p place) *Schema {
	base, ref := l.baseOf(p)
	if base.node.Get("discriminator") == nil || len(variants(base.node)) > 0 {
		return l.schema(p)
	}
	choice, known := l.choices[base.node]
	if !known {
		choice = l.choice(base, ref)
		l.choices[base.node] = choice
	}
	if choice == nil {
		return l.schema(p)
	}
	return l.schema(place{file: base.file, node: choice, trail: p.trail})
}

// baseOf returns the schema that p leads to, and the last reference to it.
func (l *loader) baseOf(p place) (base place, ref string) {
	for range maxHops {
		next, ok := reference(p.node)
		if !ok {
			return p, ref
		}
		to, err := l.files.locate(p.file, next)
		if err != nil {
			break // which is reported where the schema is used
		}
		p, ref = to, next
	}
	return place{}, ""
}

// choice returns the schema of a base or what inherits from it, nil if nothing
// does: one of the variants, each with the values that select it, or the base with
// any other value. Of very many variants it says nothing, and so allows them.
func (l *loader) choice(base place, ref string) *tree.Node {
	discriminator := base.node.Get("discriminator")
	property := discriminator.Get("propertyName").Str()
	if discriminator.Is(tree.String) { // Swagger 2.0
		property = discriminator.Text
	}
	mapping := l.mapping(base, ref, discriminator.Get("mapping"))
	if property == "" || len(mapping) == 0 {
		return nil
	}
	if len(mapping) > maxVariants {
		return object("anyOf", tree.NewArray(base.node))
	}
	var refs, values []*tree.Node
	seen := map[string]bool{}
	for _, m := range mapping {
		values = append(values, tree.NewString(m.Key))
		if !seen[m.Value.Text] {
			seen[m.Value.Text] = true
			refs = append(refs, object("$ref", m.Value))
		}
	}
	selected := object("anyOf", tree.NewArray(refs...)).With("discriminator",
		object("propertyName", tree.NewString(property)).With("mapping", tree.NewObject(mapping...)))
	other := object("not", object("properties", object(property, object("enum", tree.NewArray(values...)))).
		With("required", tree.NewArray(tree.NewString(property))))
	rest := object("allOf", tree.NewArray(base.node, other))
	return object("anyOf", tree.NewArray(selected, rest))
}

func object(key string, value *tree.Node) *tree.Node {
	return tree.NewObject(tree.Member{Key: key, Value: value})
}

// mapping returns the values of a discriminator with a reference for each. A
// mapping names a schema by a reference or by its name alone, and one that leads
// nowhere does not count. Without a mapping, the values are the names of what
// inherits from the base (OpenAPI 3.2, "Discriminator Object").
func (l *loader) mapping(base place, ref string, given *tree.Node) []tree.Member {
	var members []tree.Member
	for value, to := range given.All() {
		if len(members) > maxVariants {
			break
		}
		if found := l.schemaRef(base.file, to.Str()); found != "" {
			members = append(members, tree.Member{Key: value, Value: tree.NewString(found)})
		}
	}
	if given.Is(tree.Object) && len(given.Members) > 0 {
		return members
	}
	seen := map[string]bool{ref: true}
	for queue := []string{ref}; len(queue) > 0 && len(members) <= maxVariants; queue = queue[1:] {
		for _, name := range l.heirs()[queue[0]] {
			heir := l.schemasPointer() + tree.EscapePointer(name)
			if len(members) > maxVariants {
				break
			}
			if seen[heir] {
				continue
			}
			seen[heir] = true
			queue = append(queue, heir)
			members = append(members, tree.Member{Key: name, Value: tree.NewString(heir)})
		}
	}
	return members
}

// schemaRef returns the reference to the schema that a mapping names, "" if there
// is none.
func (l *loader) schemaRef(from *file, name string) string {
	for _, ref := range []string{l.schemasPointer() + tree.EscapePointer(name), name} {
		if p, err := l.files.locate(from, ref); name != "" && err == nil && isSchema(p.node) && !isDocument(p.node) {
			return ref
		}
	}
	return ""
}

// schemasPointer returns what a reference to a named schema starts with.
func (l *loader) schemasPointer() string {
	if l.version == swagger20 {
		return "#/definitions/"
	}
	return "#/components/schemas/"
}

// heirs returns the names of the schemas that inherit from another, by the
// reference to that in their allOf.
func (l *loader) heirs() map[string][]string {
	if l.inherited != nil {
		return l.inherited
	}
	l.inherited = make(map[string][]string)
	for name, schema := range l.namedSchemas().node.All() {
		all := schema.Get("allOf")
		if !all.Is(tree.Array) {
			continue
		}
		for _, part := range all.Items {
			if base, ok := reference(part); ok && strings.HasPrefix(base, l.schemasPointer()) {
				l.inherited[base] = append(l.inherited[base], name)
			}
		}
	}
	return l.inherited
}
