package openapi

import (
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// survey visits, once, every schema that the operations use. It finds out where
// references lead, names what they lead to, and adds a problem for each target
// that is not there.
func (l *loader) survey() {
	l.schemas.siblings = l.version >= openapi31
	l.schemas.files = l.version != swagger20
	s := surveyor{
		schemaSet: l.schemas,
		files:     l.files,
		problems:  l.problems,
		visits:    make(map[*tree.Node]*visit),
		listed:    make(map[*tree.Node]map[*tree.Node]bool),
		names:     newDefinitionNames(l.namedSchemas().node),
		dead:      make(map[string]bool),
	}
	for _, root := range l.schemas.roots {
		s.queue = append(s.queue, unit{root, root})
		s.run()
	}
	l.schemas.roots, l.schemas.schemas = nil, nil
	for name, d := range s.definitions {
		if d.own && s.inherits(d.node) {
			d.allOf = true
			s.definitions[name] = d
		}
	}
}

// namedSchemas returns the map in which the document names its schemas.
func (l *loader) namedSchemas() place {
	if l.version == swagger20 {
		return l.follow(l.root.get("definitions"))
	}
	return l.follow(l.follow(l.root.get("components")).get("schemas"))
}

type surveyor struct {
	*schemaSet
	files    *files
	problems *problems
	names    *definitionNames
	queue    []unit
	visits   map[*tree.Node]*visit
	listed   map[*tree.Node]map[*tree.Node]bool // see lists
	dead     map[string]bool
}

// A unit is a schema and the whole that it belongs to.
type unit struct {
	place
	whole place
}

// A visit is what is known of a schema that is, or has been, visited.
type visit struct {
	// serial counts the visits. Those of schemas that apply to the same value
	// are nested: what began first ends last.
	serial int

	// open says that the visit has not ended.
	open bool

	// meets is the schema with the lowest serial that was open when it turned
	// out to be a part of this one that applies to the same value. This is
	// possible where a reference led to the part first.
	meets *visit
}

// meet notes that inner is a part that applies to the same value.
func (v *visit) meet(inner *visit) {
	if inner == nil {
		return
	}
	for _, other := range []*visit{inner, inner.meets} {
		if other != nil && other.open && (v.meets == nil || other.serial < v.meets.serial) {
			v.meets = other
		}
	}
}

// closes reports whether a reference to the schema closes a circle of schemas
// that apply to the same value.
func (v *visit) closes() bool { return v.open || v.meets != nil && v.meets.open }

// maxInPlace bounds how many schemas apply to one value by way of one another:
// from there on, references are cut as if they closed a circle.
const maxInPlace = 1_000

func (s *surveyor) run() {
	for len(s.queue) > 0 {
		u := s.queue[0]
		s.queue = s.queue[1:]
		s.visit(u, 0)
	}
}

// visit visits a schema and all that applies to the same value. Schemas of
// parts of the value have their turn later.
func (s *surveyor) visit(u unit, depth int) *visit {
	if known := s.visits[u.node]; known != nil || !u.node.Is(tree.Object) {
		return known
	}
	s.visitBases(u, depth)
	if known := s.visits[u.node]; known != nil {
		return known
	}
	v := &visit{serial: len(s.visits), open: true}
	s.visits[u.node] = v
	defer func() { v.open = false }()
	if ref, ok := reference(u.node); ok {
		s.link(u, ref, depth)
		if !s.siblings {
			return v
		}
	}
	for inPlace, p := range subschemas(u.place) {
		if inPlace {
			v.meet(s.visit(unit{p, u.whole}, depth+1))
		} else {
			s.queue = append(s.queue, unit{p, u.whole})
		}
	}
	return v
}

// visitBases visits what a schema inherits from before the schema itself, where
// that lists it among its variants. So the circle is always cut where the variant
// refers to the base. Cut where the base refers to the variant, the variant there
// would say nothing, and any value would be one.
func (s *surveyor) visitBases(u unit, depth int) {
	if depth >= maxInPlace {
		return
	}
	looks := 0
	for queue := []unit{u}; len(queue) > 0; queue = queue[1:] {
		for base := range s.parents(queue[0]) {
			if looks++; looks > maxAdmits {
				return
			}
			queue = append(queue, base)
			if s.lists(base, u.node) {
				s.visit(base, depth+1)
			}
		}
	}
}

// parents yields the schemas that a schema refers to in its allOf.
func (s *surveyor) parents(u unit) iter.Seq[unit] {
	return func(yield func(unit) bool) {
		all := u.node.Get("allOf")
		if !all.Is(tree.Array) {
			return
		}
		for _, part := range all.Items {
			if ref, ok := reference(part); ok {
				if base, err := s.resolve(u, ref); err == nil && !yield(base) {
					return
				}
			}
		}
	}
}

// lists reports whether a schema is among the variants of base.
func (s *surveyor) lists(base unit, schema *tree.Node) bool {
	listed, known := s.listed[base.node]
	if !known {
		listed = make(map[*tree.Node]bool)
		for _, variant := range variants(base.node) {
			if ref, ok := reference(variant); ok {
				if p, err := s.resolve(base, ref); err == nil {
					listed[p.node] = true
				}
			}
		}
		s.listed[base.node] = listed
	}
	return listed[schema]
}

// reference returns the reference that a schema is. A dynamic reference is
// taken as a static one: there is no other document to override it.
func reference(n *tree.Node) (string, bool) {
	for _, key := range []string{"$ref", "$dynamicRef", "$recursiveRef"} {
		if ref := n.Get(key); ref.Is(tree.String) || ref.Is(tree.Number) {
			return ref.Text, true
		}
	}
	return "", false
}

// link finds out where a reference leads. A schema that, by way of references,
// applies to the very value it is applied to already would never end. Real
// documents do that: a Pet is one of Cat and Dog, and a Cat is all of Pet and
// something else. So the reference that closes the circle leads to what the Pet
// itself says, without its oneOf.
func (s *surveyor) link(u unit, ref string, depth int) {
	target, err := s.resolve(u, ref)
	if err == nil && (!isSchema(target.node) || isDocument(target.node)) {
		err = errors.New("there is no schema")
	}
	if err != nil {
		s.reportDead(u, ref, err)
		s.links[u.node] = ""
		return
	}
	own := s.circular(target, depth)
	if own && s.saysNothing(target.node) {
		s.reportDead(u, ref, errCircle)
		s.links[u.node] = ""
		return
	}
	s.links[u.node] = s.define(target.place, own)
}

// circular visits the target of a reference, and reports whether the reference
// closes a circle. One that is followed too deep is taken as such.
func (s *surveyor) circular(target unit, depth int) bool {
	if depth >= maxInPlace {
		s.queue = append(s.queue, target)
		return true
	}
	v := s.visit(target, depth+1)
	return v != nil && v.closes()
}

// saysNothing reports whether a schema is a reference and nothing else.
func (s *surveyor) saysNothing(n *tree.Node) bool {
	_, ok := reference(n)
	return ok && (!s.siblings || len(withoutInPlace(n).Members) == 0)
}

// resolve returns where a reference leads: in the document or, as JSON Schema
// has it for a schema with an $id and generators for one without, in the
// schema that the reference is a part of.
func (s *surveyor) resolve(u unit, ref string) (unit, error) {
	if ref == "" {
		return unit{}, errors.New("it is empty")
	}
	pointer, local := strings.CutPrefix(ref, "#")
	local = local && (pointer == "" || pointer[0] == '/')
	if local && u.whole.node.Get("$id") != nil {
		if p, err := s.files.fragment(u.whole, pointer); err == nil {
			return unit{p, u.whole}, nil
		}
	}
	p, err := s.files.locate(u.file, ref)
	if local && (err != nil || isDocument(p.node)) {
		if p, err := s.files.fragment(u.whole, pointer); err == nil {
			return unit{p, u.whole}, nil
		}
	}
	return unit{p, p}, err
}

// isDocument reports whether n is a whole OpenAPI document: "#" as a reference
// never means that.
func isDocument(n *tree.Node) bool {
	return n.Get("paths") != nil && (n.Get("openapi") != nil || n.Get("swagger") != nil)
}

func (s *surveyor) reportDead(u unit, ref string, err error) {
	key := ref
	if !strings.HasPrefix(ref, "#") || u.file.label != "" {
		key = u.file.label + " " + ref
	}
	if !s.dead[key] {
		s.dead[key] = true
		s.problems.add(u.place, "%s leads nowhere: %v; any value is allowed", quote(ref), err)
	}
}

// inherits reports whether a schema has an allOf that does not lead back to it, as
// far as it can be seen.
func (s *surveyor) inherits(n *tree.Node) bool {
	all := n.Get("allOf")
	if !all.Is(tree.Array) {
		return false
	}
	seen := map[*tree.Node]bool{}
	for queue := slices.Clone(all.Items); len(queue) > 0; queue = queue[1:] {
		part := queue[0]
		if seen[part] {
			continue
		}
		seen[part] = true
		if name := s.links[part]; name != "" {
			queue = append(queue, s.definitions[name].node)
		}
		for inPlace, p := range subschemas(place{node: part}) {
			if inPlace {
				queue = append(queue, p.node)
			}
		}
		if slices.Contains(queue, n) || len(queue) > maxAdmits || len(seen) > maxAdmits {
			return false
		}
	}
	return true
}

// define returns the name of the definition for the schema at p.
func (s *surveyor) define(p place, own bool) string {
	d := definition{node: p.node, own: own}
	name, known := s.names.of(d, p)
	if !known {
		s.definitions[name] = d
	}
	return name
}
