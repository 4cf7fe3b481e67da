package mcpmount

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// FuzzFit checks that a client accepts what a tool with a loose output schema
// makes of any JSON, and that nothing is left out which conforms as it is.
func FuzzFit(f *testing.F) {
	for _, schema := range []string{
		`{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"array","items":{"type":"string"}},"result":{"type":"boolean"}}}`,
		`{"type":"array","items":{"anyOf":[{"type":"string"},{"type":"object","properties":{"a":{"type":"number"}}}]}}`,
		`{"$ref":"#/$defs/a","$defs":{"a":{"type":"object","properties":{"a":{"$ref":"#/$defs/a"},"b":{"allOf":[{"type":"string"},{"type":["string","integer"]}]}}}}}`,
		`{"type":"object","oneOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"a":{"type":"array","prefixItems":[{"type":"null"}],"items":{"type":"boolean"}}}}]}`,
	} {
		for _, value := range []string{
			`{"a":1,"b":["x",1,null],"result":3}`, `[{"a":"x"},"y",3,[]]`, `{"a":{"a":{"a":1,"b":2},"b":true}}`, `{"a":[null,1,true]}`,
			`{"a":1.0e3,"b":{}}`, `7`, `null`, `{"a":1.5}`,
		} {
			f.Add(schema, value)
		}
	}
	f.Fuzz(func(t *testing.T, schema, value string) {
		described, err := NewSchema(json.RawMessage(schema))
		if err != nil {
			t.Skip()
		}
		op := &Operation{Responses: []Response{{Status: "200", Content: []MediaType{{Type: "application/json", Schema: described}}}}}
		loose, wrap, _ := newOutput(op, OutputSchemasLoose, newFragments(1), DefaultMaxOutputSchemaBytes)
		v, err := tree.ParseJSON([]byte(value), tree.Limits{MaxDepth: maxJSONDepth})
		if loose == nil || err != nil {
			t.Skip()
		}
		check, err := newValidator(loose)
		if err != nil {
			t.Skip()
		}
		if wrap || !v.Is(tree.Object) {
			v = tree.NewObject(tree.Member{Key: "result", Value: v})
		}
		if !check.effort.affords(v) {
			t.Skip()
		}
		before := check.schema.Validate(v.Any())
		fitted, out := fit(loose, v)
		if err := check.schema.Validate(fitted.Any()); err != nil {
			t.Errorf("%s does not fit %s: %v", fitted.JSON(), loose.JSON(), err)
		}
		if before == nil && out.count > 0 {
			t.Errorf("%s fits %s, but %q were left out", v.JSON(), loose.JSON(), out.pointers)
		}
	})
}

// What was left out of a large answer is counted, and the first of it named: a million places,
// each of which is 500 names, would be a gigabyte.
func TestFitNamesFew(t *testing.T) {
	const schema = `{"$ref":"#/$defs/C","$defs":{"C":{"type":["object","null"],"properties":{"c":{"$ref":"#/$defs/C"},
		"t":{"type":["array","null"],"items":{"anyOf":[{"type":["string","null"]},{"type":["object","null"]}]}}}}}}`
	const depth, items = 500, 50_000
	v := parsed(t, strings.Repeat(`{"c":`, depth)+`{"t":[`+strings.Repeat("1,", items-1)+`1]}`+strings.Repeat("}", depth))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, out := fit(parsed(t, schema), v)
	runtime.ReadMemStats(&after)
	first := strings.Repeat("/c", depth) + "/t/0"
	if out.count != items || len(out.pointers) != maxOmissions || out.pointers[0] != first {
		t.Errorf("%d left out, of which %d named, the first %.20s", out.count, len(out.pointers), out.pointers[0])
	}
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 32 {
		t.Errorf("took %d MB", took)
	}
}
