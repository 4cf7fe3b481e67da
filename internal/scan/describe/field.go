package describe

import (
	"cmp"
	"fmt"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// A field is a field of a struct as encoding/json sees it.
type field struct {
	name     string // in JSON
	object   *types.Var
	tag      reflect.StructTag
	optional bool // left out when empty or zero
	quoted   bool // a number or boolean in a string

	index  []int
	tagged bool
}

// mostFields bounds the fields of a struct, those of embedded structs included.
const mostFields = 5_000

// jsonFields returns the fields of t that encoding/json knows, in their order: promoted
// ones included, hidden and ambiguous ones not.
func jsonFields(t *types.Struct) []field {
	type level struct {
		t     *types.Struct
		key   string
		index []int
	}
	next := []level{{t: t}}
	visited := map[string]bool{}
	counts := map[string]int{}
	var all []field
	for len(next) > 0 && len(all) < mostFields {
		current, currentCounts := next, counts
		next, counts = nil, map[string]int{}
		for _, at := range current {
			if at.key != "" && visited[at.key] {
				continue
			}
			visited[at.key] = true
			for i := range at.t.NumFields() {
				f, embedded := jsonField(at.t, i)
				f.index = append(slices.Clone(at.index), i)
				switch {
				case embedded != nil:
					key := typeKey(deref(f.object.Type()))
					if counts[key]++; counts[key] == 1 {
						next = append(next, level{embedded, key, f.index})
					}
				case f.name != "":
					all = append(all, f)
					if currentCounts[at.key] > 1 { // twice at this depth, so it hides itself
						all = append(all, f)
					}
				}
			}
		}
	}
	return dominant(all)
}

// jsonField returns a field of t, without a name if encoding/json ignores it, or the
// struct that is embedded there.
func jsonField(t *types.Struct, i int) (f field, embedded *types.Struct) {
	object, tag := t.Field(i), reflect.StructTag(t.Tag(i))
	f = field{object: object, tag: tag}
	structure, isStruct := pointed(object.Type()).Underlying().(*types.Struct)
	if !object.Exported() && (!object.Embedded() || !isStruct) {
		return f, nil
	}
	text := tag.Get("json")
	if text == "-" {
		return f, nil
	}
	name, options, _ := strings.Cut(text, ",")
	if !validName(name) {
		name = ""
	}
	if name == "" && object.Embedded() && isStruct {
		return f, structure
	}
	f.tagged = name != ""
	f.name = cmp.Or(name, object.Name())
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "omitempty", "omitzero":
			f.optional = true
		case "string":
			basic, ok := pointed(object.Type()).Underlying().(*types.Basic)
			f.quoted = ok && basic.Info()&(types.IsBoolean|types.IsNumeric|types.IsString) != 0
		}
	}
	return f, nil
}

// pointed returns what a pointer type without a name points to, and any other type.
func pointed(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// validName reports whether encoding/json takes the name of a tag.
func validName(name string) bool {
	if name == "" {
		return false
	}
	for _, c := range name {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return false
		}
	}
	return true
}

// dominant returns of the fields with the same name the one that Go's rules for embedding
// and tags choose, if they do.
func dominant(all []field) []field {
	slices.SortStableFunc(all, func(a, b field) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(len(a.index), len(b.index)),
			compareBool(b.tagged, a.tagged), slices.Compare(a.index, b.index))
	})
	var kept []field
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[j].name == all[i].name {
			j++
		}
		if j == i+1 || len(all[i].index) != len(all[i+1].index) || all[i].tagged != all[i+1].tagged {
			kept = append(kept, all[i])
		}
		i = j
	}
	slices.SortFunc(kept, func(a, b field) int { return slices.Compare(a.index, b.index) })
	return kept
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// typeKey returns what tells t from other types. Types of functions may have the same
// name, so it has their place.
func typeKey(t types.Type) string {
	key := types.TypeString(t, nil)
	if n := namedOf(t); n != nil && n.Obj().Pkg() != nil && n.Obj().Parent() != n.Obj().Pkg().Scope() {
		key += fmt.Sprint("@", n.Obj().Pos())
	}
	return key
}
