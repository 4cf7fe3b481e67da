package mcpmount

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// A structField is a field of a struct, or of a struct embedded in it, under the
// name that it has outside of Go.
type structField struct {
	fieldName
	reflect.StructField

	index    []int // of the field, through the embedded structs around it
	optional bool  // whether it is absent when an embedded pointer is nil
}

// A fieldName is what a field is called, and where.
type fieldName struct {
	in   string // of a parameter; "" in a body
	name string

	tagged  bool // whether a tag gives the name, which then wins over others
	skip    bool
	descend bool // whether the fields of the field take its place
	options string
}

// structFields returns the fields of the struct t, in their order. Where several
// have one name, the rules of encoding/json decide: the one that is embedded
// least deep is kept, then the one that is tagged, and else none.
func structFields(t reflect.Type, name func(reflect.StructField) fieldName) []structField {
	type embedded struct {
		structField
		t reflect.Type
	}
	var found []structField
	level := []embedded{{t: t}}
	seen := map[reflect.Type]bool{}
	for len(level) > 0 {
		var next []embedded
		times := map[reflect.Type]int{} // on this level
		for _, e := range level {
			times[e.t]++
		}
		for _, e := range level {
			if seen[e.t] {
				continue
			}
			seen[e.t] = true
			for i := range e.t.NumField() {
				sf := e.t.Field(i)
				f := structField{fieldName: name(sf), StructField: sf, index: append(slices.Clone(e.index), i), optional: e.optional}
				switch {
				case f.skip:
				case f.descend:
					f.optional = f.optional || sf.Type.Kind() == reflect.Pointer
					next = append(next, embedded{f, pointee(sf.Type)})
				default:
					found = append(found, f)
					if times[e.t] > 1 { // its copies annul each other
						found = append(found, f)
					}
				}
			}
		}
		level = next
	}
	return dominant(found)
}

// dominant returns one field for each name that has one, in their order.
func dominant(found []structField) []structField {
	type key struct{ in, name string }
	best := map[key][]structField{}
	for _, f := range found {
		k := key{f.in, f.name}
		have := best[k]
		order := -1
		if len(have) > 0 {
			order = cmp.Or(cmp.Compare(len(f.index), len(have[0].index)), compareBool(have[0].tagged, f.tagged))
		}
		switch {
		case order < 0:
			best[k] = []structField{f}
		case order == 0:
			best[k] = append(have, f)
		}
	}
	var fields []structField
	for _, list := range best {
		if len(list) == 1 {
			fields = append(fields, list[0])
		}
	}
	slices.SortFunc(fields, func(a, b structField) int { return slices.Compare(a.index, b.index) })
	return fields
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// pointee returns what t points to, if it is a pointer without a name.
func pointee(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer && t.Name() == "" {
		return t.Elem()
	}
	return t
}

// jsonName names a field as encoding/json does.
func jsonName(sf reflect.StructField) fieldName {
	t := pointee(sf.Type)
	tag := sf.Tag.Get("json")
	if !sf.IsExported() && (!sf.Anonymous || t.Kind() != reflect.Struct) || tag == "-" {
		return fieldName{skip: true}
	}
	name, options, _ := strings.Cut(tag, ",")
	if !isJSONName(name) {
		name = ""
	}
	if name == "" && sf.Anonymous && t.Kind() == reflect.Struct {
		return fieldName{descend: true}
	}
	return fieldName{name: cmp.Or(name, sf.Name), tagged: name != "", options: options}
}

// isJSONName reports whether encoding/json takes name from a tag.
func isJSONName(name string) bool {
	for _, r := range name {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return name != ""
}

// hasOption reports whether a comma-separated list has an option.
func (n fieldName) hasOption(option string) bool {
	return slices.Contains(strings.Split(n.options, ","), option)
}
