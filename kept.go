package mcpmount

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// keptSchema returns a function that reads the schema in raw, which this package has
// written, when it is first called: as a tree it takes several times the memory, and
// most tools of a large API are never called.
func keptSchema(raw json.RawMessage) func() *tree.Node {
	return sync.OnceValue(func() *tree.Node {
		schema, err := tree.ParseJSON(raw, tree.Limits{MaxDepth: 2 * tree.DefaultMaxDepth})
		if err != nil {
			return tree.NewObject() // which allows anything
		}
		return schema
	})
}

// detach replaces each string in d, which must be a clone, by a copy, equal strings by the
// same one. The strings of a document that was parsed are parts of its text: any one of
// them would keep all of it in memory.
func (d *Document) detach() { detacher{}.value(reflect.ValueOf(d).Elem()) }

// A detacher has the copy of each string.
type detacher map[string]string

func (own detacher) text(s string) string {
	kept, ok := own[s]
	if !ok {
		kept = strings.Clone(s)
		own[kept] = kept
	}
	return kept
}

// value replaces the strings in v, which must be settable. A schema stays as it is.
func (own detacher) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(own.text(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			own.value(v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			own.value(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Schema]() {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				own.value(v.Field(i))
			}
		}
	case reflect.Map:
		own.members(v)
	}
}

func (own detacher) members(v reflect.Value) {
	if v.IsNil() {
		return
	}
	detached := reflect.MakeMapWithSize(v.Type(), v.Len())
	for key, value := range v.Seq2() {
		pair := [...]reflect.Value{reflect.New(key.Type()).Elem(), reflect.New(value.Type()).Elem()}
		pair[0].Set(key)
		pair[1].Set(value)
		own.value(pair[0])
		own.value(pair[1])
		detached.SetMapIndex(pair[0], pair[1])
	}
	v.Set(detached)
}

// release drops what is no longer needed once the tools are made, above all the schemas,
// which the tools have as JSON.
func (d *Document) release() {
	for i := range d.Operations {
		op := &d.Operations[i]
		for j := range op.Parameters {
			p := &op.Parameters[j]
			p.Schema, p.Example, p.Description = Schema{}, nil, ""
		}
		if op.RequestBody != nil {
			releaseContent(op.RequestBody.Content)
		}
		for _, response := range op.Responses {
			releaseContent(response.Content)
		}
	}
}

func releaseContent(content []MediaType) {
	for i := range content {
		content[i] = MediaType{Type: content[i].Type}
	}
}
