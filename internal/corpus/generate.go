package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// A generator makes arguments that are valid against the input schema of a
// tool.
type generator struct {
	*validator
	full  bool // all properties, not only those that are required
	built int  // values made for the argument so far, with those thrown away
}

// Bounds of a generator.
const (
	fullDepth = 4    // below it, only what is required
	fullSize  = 400  // after so many values, only what is required
	maxDepth  = 16   // a schema that requires more requires itself
	maxBuilt  = 2000 // after so many values, no argument is found
)

var errNoValue = errors.New("no value found")

// arguments returns arguments for the whole schema.
func (g *generator) arguments() (json.RawMessage, error) {
	value, err := g.value([]schema{g.root}, 0, 0)
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// value returns a value that is valid against all parts. Different variants are
// different values where the schemas admit it.
func (g *generator) value(parts []schema, depth, variant int) (any, error) {
	if depth == 1 {
		g.built = 0
	}
	if depth > maxDepth || g.built > maxBuilt {
		return nil, errNoValue
	}
	f := collect(g.root, parts, nil)
	if v, ok := g.given(parts, f, variant); ok {
		return v, nil
	}
	v, err := g.solve(parts, map[string]int{}, depth, variant)
	if err != nil && g.full {
		return g.minimal().value(parts, depth, variant)
	}
	return v, err
}

// minimal returns g for what is required only.
func (g *generator) minimal() *generator {
	return &generator{validator: g.validator, built: g.built}
}

// given returns a default or an example that says something and is valid.
func (g *generator) given(parts []schema, f facts, variant int) (any, bool) {
	var good []any
	for _, v := range f.values {
		if v = g.described(parts, v, 0); says(v) && g.valid(parts, v) == nil {
			good = append(good, v)
		}
	}
	if variant >= len(good) {
		return nil, false
	}
	g.built++
	return good[variant], true
}

// says reports whether v is something that a request can carry anywhere: null
// and what is empty are "undefined" in most of its places (RFC 6570 section
// 2.3).
func says(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

func (g *generator) valid(parts []schema, v any) error {
	for _, part := range parts {
		if err := g.check(part, v); err != nil {
			return err
		}
	}
	return nil
}

// solve decides on one branch of each oneOf and anyOf: the first ones that work.
func (g *generator) solve(parts []schema, choices map[string]int, depth, variant int) (any, error) {
	f := collect(g.root, parts, choices)
	if f.open == nil {
		v, err := g.build(&f, depth, variant)
		if err != nil {
			return nil, err
		}
		return v, g.valid(parts, v)
	}
	var failed error
	for _, i := range byPromise(f.open.branches) {
		if g.built > maxBuilt {
			break
		}
		with := maps.Clone(choices)
		with[f.open.pointer] = i
		v, err := g.solve(parts, with, depth, variant)
		if err == nil {
			return v, nil
		}
		failed = err
	}
	return nil, cmpError(failed, errNoValue)
}

func cmpError(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// byPromise returns the indexes of branches, those that say nothing last.
func byPromise(branches []schema) []int {
	var first, last []int
	for i, b := range branches {
		enum, _ := b.keyword("enum").([]any)
		if slices.Equal(stringsOf(b.keyword("type")), []string{"null"}) || len(enum) > 0 && !slices.ContainsFunc(enum, says) {
			last = append(last, i)
		} else {
			first = append(first, i)
		}
	}
	return append(first, last...)
}

// build makes a value from facts.
func (g *generator) build(f *facts, depth, variant int) (any, error) {
	g.built++
	if f.enum != nil {
		return pick(f.enum, variant)
	}
	switch f.kind() {
	case "object":
		return g.object(f, depth, variant)
	case "array":
		return g.array(f, depth)
	case "boolean":
		return variant%2 == 0, nil
	case "integer":
		return f.number(true, variant)
	case "number":
		return f.number(false, variant)
	case "null":
		return nil, nil
	case "string":
		return f.text(variant)
	}
	return nil, fmt.Errorf("no type is left: %w", errNoValue)
}

// pick returns one of the values, one that says something if there is any.
func pick(values []any, variant int) (any, error) {
	if good := slices.DeleteFunc(slices.Clone(values), func(v any) bool { return !says(v) }); len(good) > 0 {
		return good[variant%len(good)], nil
	}
	if len(values) > 0 {
		return values[0], nil
	}
	return nil, fmt.Errorf("no constant is left: %w", errNoValue)
}

// kind returns the type to make: the first that is not null, or what the
// keywords speak of.
func (f *facts) kind() string {
	switch {
	case f.types != nil:
		for _, t := range f.types {
			if t != "null" {
				return t
			}
		}
		if len(f.types) > 0 {
			return "null"
		}
		return ""
	case len(f.properties) > 0 || len(f.additional) > 0 || len(f.required) > 0:
		return "object"
	case len(f.items) > 0 || len(f.prefix) > 0:
		return "array"
	case f.low != nil || f.high != nil || f.multiple > 0:
		return "number"
	}
	return "string"
}

func (g *generator) object(f *facts, depth, variant int) (any, error) {
	object := map[string]any{}
	for _, name := range f.required {
		v, err := g.value(f.property(name), depth+1, variant)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		object[name] = v
	}
	all := g.full && (depth == 0 || depth < fullDepth && g.built < fullSize)
	for _, name := range f.order {
		_, have := object[name]
		if have || f.avoided[name] || !all && len(object) >= g.least(f, depth) {
			continue
		}
		if v, err := g.value(f.properties[name], depth+1, variant); err == nil {
			object[name] = v
		}
	}
	return object, g.fill(object, f, depth, variant)
}

// least returns how many members an object has at least: one if it is an
// argument, because an empty one is undefined in many places, and one elsewhere
// as long as there is more than what is required.
func (g *generator) least(f *facts, depth int) int {
	if depth == 1 || g.full && 0 < depth && depth <= fullDepth+2 {
		return max(f.minMembers, 1)
	}
	return f.minMembers
}

// fill adds members with made-up names to an object that is a map, or that must
// have more members.
func (g *generator) fill(object map[string]any, f *facts, depth, variant int) error {
	least := g.least(f, depth)
	if len(f.properties) == 0 && depth > 0 && depth < fullDepth {
		least = max(least, 1)
	}
	for i := 0; len(object) < least && !f.closed && i < 2*least; i++ {
		name := "key"
		if i > 0 {
			name += strconv.Itoa(i)
		}
		v, err := g.value(f.additional, depth+1, variant+i)
		if err != nil {
			return nil // the check of the object decides
		}
		object[name] = v
	}
	return nil
}

// property returns the schemas of a property.
func (f *facts) property(name string) []schema {
	if parts := f.properties[name]; parts != nil {
		return parts
	}
	return f.additional
}

func (g *generator) array(f *facts, depth int) (any, error) {
	n := 1
	if g.full && depth < fullDepth {
		n = 2
	}
	n = min(max(n, f.minItems, len(f.prefix)), f.maxItems)
	array := []any{}
	for i := range n {
		parts := f.items
		if i < len(f.prefix) {
			parts = f.prefix[i]
		}
		v, err := g.value(parts, depth+1, i)
		if err != nil && i >= f.minItems {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
		if f.unique && slices.ContainsFunc(array, func(w any) bool { return sameValue(v, w) }) {
			continue
		}
		array = append(array, v)
	}
	return array, nil
}

func number(n int) string { return strconv.Itoa(n) }
