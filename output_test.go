package mcpmount

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOutput(t *testing.T) {
	json := func(status, schema string) Response {
		return Response{Status: status, Content: []MediaType{{Type: "application/json; charset=utf-8", Schema: schemaOf(t, schema)}}}
	}
	object := `{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"w":{"writeOnly":true}}}`
	tests := []struct {
		name      string
		kind      OutputSchemas
		responses []Response
		want      string
		wrap      bool
	}{
		{"object", OutputSchemasLoose, []Response{json("200", object)}, `{"type":"object","properties":{"a":{"type":["string","null"]}}}`, false},
		{"loose is the default", OutputSchemasDefault, []Response{json("2XX", object)}, `{"type":"object","properties":{"a":{"type":["string","null"]}}}`, false},
		{"strict", OutputSchemasStrict, []Response{json("200", object)}, `{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}}`, false},
		{"none", OutputSchemasNone, []Response{json("200", object)}, ``, false},
		{"array", OutputSchemasLoose, []Response{json("200", `{"type":"array","items":{"type":"string"}}`)},
			`{"type":"object","properties":{"result":{"type":["array","null"],"items":{"type":["string","null"]}}}}`, true},
		{"strict array", OutputSchemasStrict, []Response{json("200", `{"type":"array"}`)},
			`{"type":"object","properties":{"result":{"type":"array"}},"required":["result"]}`, true},
		{"untyped is wrapped", OutputSchemasLoose, []Response{json("200", `{"description":"anything"}`)},
			`{"type":"object","properties":{"result":{"description":"anything"}}}`, true},
		{"two objects", OutputSchemasLoose, []Response{json("200", `{"type":"object","title":"A"}`), json("201", `{"type":"object","title":"B"}`)},
			`{"type":"object","anyOf":[{"type":["object","null"],"title":"A"},{"type":["object","null"],"title":"B"}]}`, false},
		{"a keyword is there once", OutputSchemasLoose, []Response{json("200", `{"type":"object","anyOf":[{"title":"A"}],"oneOf":[{"title":"B"}]}`)},
			`{"type":"object","anyOf":[{"title":"A"}]}`, false},
		{"the body may be missing when loose", OutputSchemasLoose, []Response{json("200", `{"type":"object"}`), {Status: "204"}}, `{"type":"object"}`, false},
		{"but not when strict", OutputSchemasStrict, []Response{json("200", `{"type":"object"}`), {Status: "204"}}, ``, false},
		{"one response is not JSON", OutputSchemasLoose, []Response{json("200", `{"type":"object"}`), {Status: "202", Content: []MediaType{{Type: "text/plain"}}}}, ``, false},
		{"errors do not count", OutputSchemasLoose, []Response{json("404", object), {Status: "204"}}, ``, false},
		{"default counts alone", OutputSchemasLoose, []Response{json("default", `{"type":"object"}`)}, `{"type":"object"}`, false},
		{"default does not count beside a success", OutputSchemasLoose, []Response{json("default", object), json("200", `{"type":"object"}`)}, `{"type":"object"}`, false},
		{"a reference is followed at the root", OutputSchemasLoose,
			[]Response{json("200", `{"$ref":"#/$defs/N","$defs":{"N":{"type":"object","properties":{"next":{"$ref":"#/$defs/N"}}}}}`)},
			`{"type":"object","properties":{"next":{"$ref":"#/$defs/N"}},"$defs":{"N":{"type":["object","null"],"properties":{"next":{"$ref":"#/$defs/N"}}}}}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			schema, wrap, cut := newOutput(&Operation{Responses: tt.responses}, tt.kind, newFragments(1), 1<<20)
			got := ""
			if schema != nil {
				got = string(schema.JSON())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || wrap != tt.wrap || cut {
				t.Errorf("wrap %v, cut %v (-want +got):\n%s", wrap, cut, diff)
			}
		})
	}
}
