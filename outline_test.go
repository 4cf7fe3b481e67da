package mcpmount

import (
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// FuzzOutline checks that what conforms to an outline is not changed by fit, and
// that a scan finds valid what isJSON does.
func FuzzOutline(f *testing.F) {
	for _, seed := range []struct{ schema, value string }{
		{`{"type":"object","properties":{"a":{"type":["integer","null"]},"b":{"type":"array","items":{"type":"string"}}}}`, `{"b":["x"], "a" : 1.0,"c":[{}]}`},
		{`{"type":"object","properties":{"a":{"type":["integer","null"]}}}`, `{"a":1.5}`},
		{`{"type":"object","properties":{"a\"":{"type":"string"}}}`, `{"a\"":1}`},
		{`{"type":"object","properties":{"a":{"$ref":"#/$defs/N"}},"$defs":{"N":{"anyOf":[{"type":"null"},{"type":"object","properties":{"a":{"$ref":"#/$defs/N"}}}]}}}`, `{"a":{"a":{"a":null}}}`},
		{`{"type":"object","allOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"a":{"type":"null"}}}]}`, `{"a":"x"}`},
		{`{"type":"object","properties":{"t":{"prefixItems":[{"type":"string"},false],"items":{"type":"boolean"}}}}`, `{"t":["x",1,true]}`},
		{`{"type":["file"]}`, `{}`}, {`{"type":[]}`, `{}`}, {`false`, `{}`}, {`{"anyOf":[false,{"type":"string"}]}`, `{}`}, {`{}`, `{"a":1,"a":2}`},
		{`{"type":"object"}`, `{"a":1e999999}`}, {`{"type":"object"}`, `{"a":}`}, {`{"type":"object"}`, `{"a":01}`}, {`{"type":"object"}`, `[]`}, {`{"type":"object"}`, `{} x`},
	} {
		f.Add([]byte(seed.schema), []byte(seed.value))
	}
	f.Fuzz(func(t *testing.T, schema, value []byte) {
		s, err := tree.ParseJSON(schema, tree.Limits{MaxDepth: 20, MaxNodes: 200})
		if err != nil {
			return
		}
		valid, conforms := scanOutlined(value, newOutline(s))
		if valid != isJSON(value) {
			t.Fatalf("%q is valid: %v, want %v", value, valid, !valid)
		}
		v, err := tree.ParseJSON(value, tree.Limits{})
		if err != nil || !conforms {
			return
		}
		if fitted, out := fit(s, v); fitted != v {
			t.Errorf("%s conforms to %s, but fit leaves out %q", value, schema, out.pointers)
		}
	})
}

// What conforms is found to, and what does not is not.
func TestOutline(t *testing.T) {
	schema, err := tree.ParseJSON([]byte(`{"type":"object","properties":{"id":{"type":"integer"},"next":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/Item"}]}},
		"$defs":{"Item":{"type":"object","properties":{"tags":{"type":"array","items":{"type":"string"}}}}}}`), tree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]bool{
		`{"id":1,"next":{"tags":["a"]},"more":{"id":"x"}}`: true, `{"next":null,"id":2.0}`: true,
		`{"id":"1"}`: false, `{"next":{"tags":["a",1]}}`: false, `{"next":[]}`: false,
	} {
		if _, conforms := scanOutlined([]byte(value), newOutline(schema)); conforms != want {
			t.Errorf("%s conforms: %v, want %v", value, conforms, want)
		}
	}
}

func BenchmarkOutline(b *testing.B) {
	schema, err := tree.ParseJSON([]byte(`{"type":"object","properties":{"items":{"type":"array","items":{"type":"object","properties":{
		"id":{"type":"integer"},"name":{"type":["string","null"]},"price":{"type":"number"},"tags":{"type":"array","items":{"type":"string"}}}}}}}`), tree.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	item := `{"id":1017,"name":"walnut shelf, oiled","price":129.5,"view":"full","tags":["walnut","wood","furniture"]}`
	data := []byte(`{"items":[` + strings.Repeat(item+",", 999) + item + `]}`)
	o := newOutline(schema)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, conforms := scanOutlined(data, o); !conforms {
			b.Fatal("does not conform")
		}
	}
}
