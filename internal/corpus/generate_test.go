package main

import (
	"encoding/json"
	"testing"
)

func TestGenerate(t *testing.T) {
	tests := []struct{ name, schema, required, full string }{
		{"types", `{"properties":{"s":{"type":"string"},"i":{"type":"integer"},"n":{"type":"number"},"b":{"type":"boolean"},"z":{"type":"null"}},"required":["s"]}`,
			`{"s":"text"}`, `{"b":true,"i":1,"n":1,"s":"text","z":null}`},
		{"the first type that is not null", `{"properties":{"a":{"type":["null","integer"]}}}`, `{}`, `{"a":1}`},
		{"bounds", `{"properties":{"a":{"type":"integer","minimum":10,"multipleOf":4},"b":{"type":"number","exclusiveMaximum":1,"minimum":0.5},"d":{"type":"integer","maximum":-3}}}`,
			`{}`, `{"a":12,"b":0.75,"d":-3}`},
		{"lengths", `{"properties":{"a":{"type":"string","minLength":6},"b":{"type":"string","maxLength":2}}}`, `{}`, `{"a":"xxtext","b":"xt"}`},
		{"formats", `{"properties":{"a":{"type":"string","format":"date-time"},"b":{"type":"string","format":"uuid"},"c":{"type":"string","format":"ipv4"}}}`,
			`{}`, `{"a":"2024-05-10T10:20:30Z","b":"3fa85f64-5717-4562-b3fc-2c963f66afa0","c":"192.0.2.10"}`},
		{"examples and defaults", `{"properties":{"a":{"type":"string","examples":["from"]},"b":{"type":"integer","default":7},"c":{"type":"string","examples":[5]},"d":{"type":"string","default":""}}}`,
			`{}`, `{"a":"from","b":7,"c":"text","d":"text"}`},
		{"what only a response has", `{"properties":{"a":{"type":"object","properties":{"n":{"type":"string"}},"examples":[{"n":"x","id":5}]}}}`, `{}`, `{"a":{"n":"x"}}`},
		{"constants", `{"properties":{"a":{"const":5},"b":{"enum":["","x"]}}}`, `{}`, `{"a":5,"b":"x"}`},
		{"alternatives", `{"properties":{"a":{"oneOf":[{"type":"null"},{"type":"object","required":["k"],"properties":{"k":{"const":"v"}}}]},"b":{"anyOf":[{"type":"string","minLength":3,"maxLength":2},{"type":"integer"}]}}}`,
			`{}`, `{"a":{"k":"v"},"b":1}`},
		{"one of two properties", `{"properties":{"f":{"type":"object","properties":{"x":{"type":"string"},"y":{"type":"string"},"z":{"type":"string"}},"oneOf":[{"required":["x"]},{"required":["y"]}]}}}`,
			`{}`, `{"f":{"x":"text","z":"text"}}`},
		{"parts", `{"properties":{"a":{"allOf":[{"type":"object","properties":{"p":{"type":"string"}}},{"required":["p"],"properties":{"p":{"maxLength":2}}}]}}}`, `{}`, `{"a":{"p":"xt"}}`},
		{"recursion", `{"properties":{"n":{"$ref":"#/$defs/N"}},"required":["n"],"$defs":{"N":{"type":"object","required":["v"],"properties":{"v":{"type":"string"},"n":{"$ref":"#/$defs/N"}}}}}`,
			`{"n":{"v":"text"}}`, `{"n":{"n":{"n":{"n":{"v":"text"},"v":"text"},"v":"text"},"v":"text"}}`},
		{"lists", `{"properties":{"a":{"type":"array","items":{"type":"string"}},"b":{"type":"array","items":{"enum":["x","y","z"]},"uniqueItems":true,"minItems":3},"c":{"type":"array","maxItems":1,"items":{"type":"integer"}}},"required":["a"]}`,
			`{"a":["text"]}`, `{"a":["text","text1"],"b":["x","y","z"],"c":[1]}`},
		{"maps", `{"properties":{"m":{"type":"object","additionalProperties":{"type":"integer"}}}}`, `{}`, `{"m":{"key":1}}`},
		{"a pattern", `{"properties":{"p":{"type":"string","pattern":"^[a-c]{2}-\\d+$","minLength":6}}}`, `{}`, `{"p":"ab-3456"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := newValidator(json.RawMessage(`{"type":"object",` + tt.schema[1:]))
			if err != nil {
				t.Fatal(err)
			}
			for want, full := range map[string]bool{tt.required: false, tt.full: true} {
				g := &generator{validator: v, full: full}
				got, err := g.arguments()
				if err != nil || string(got) != want {
					t.Errorf("full %t: arguments = %s, %v, want %s", full, got, err, want)
				}
			}
		})
	}
}

func TestGenerateNothing(t *testing.T) {
	for name, schema := range map[string]string{
		"a contradiction":  `{"properties":{"a":{"type":"string","minLength":3,"maxLength":2}},"required":["a"]}`,
		"endless":          `{"required":["n"],"properties":{"n":{"$ref":"#/$defs/N"}},"$defs":{"N":{"type":"object","required":["n"],"properties":{"n":{"$ref":"#/$defs/N"}}}}}`,
		"two of one":       `{"properties":{"a":{"oneOf":[{"type":"string"},{"type":"string"}]}},"required":["a"]}`,
		"nothing is valid": `{"properties":{"a":{"not":{}}},"required":["a"]}`,
	} {
		v, err := newValidator(json.RawMessage(`{"type":"object",` + schema[1:]))
		if err != nil {
			t.Fatal(err)
		}
		for _, full := range []bool{false, true} {
			g := &generator{validator: v, full: full}
			if got, err := g.arguments(); err == nil {
				t.Errorf("%s: arguments = %s, want an error", name, got)
			}
		}
	}
}

func TestMatch(t *testing.T) {
	for _, pattern := range []string{
		`^(0|[1-9][0-9]*)$`, `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`, `^\d{4}-\d{2}$`, `^#[0-9A-F]{6}$`, `^(?:a|b)+c?$`, `^[^/]+/[^/]+$`,
		`^\s*\S+$`, `^.{3,5}$`, `^AC[0-9a-fA-F]{32}$`, `^\+?[1-9]\d{1,14}$`, ``,
	} {
		for variant := range 2 {
			for _, least := range []int{0, 5} {
				f := facts{patterns: []string{pattern}, maxChars: unbounded}
				got, err := match(pattern, least, variant)
				if err != nil || !f.fits(got) {
					t.Errorf("match(%q, %d, %d) = %q, %v, which does not match", pattern, least, variant, got, err)
				}
			}
		}
	}
}
