package mcpmount

import (
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// FuzzShortcut checks that the library finds nothing wrong with what a shortcut
// admits.
func FuzzShortcut(f *testing.F) {
	for _, seed := range []struct{ schema, value string }{
		{`{"type":"object","properties":{"a":{"type":"integer","minimum":1,"maximum":9}},"required":["a"],"additionalProperties":false}`, `{"a":5}`},
		{`{"type":"object","properties":{"a":{"type":["string","null"],"minLength":2,"maxLength":3}}}`, `{"a":"äöü"}`},
		{`{"type":"array","items":{"type":"number"},"minItems":1,"maxItems":2}`, `[1.5,2]`},
		{`{"enum":["a","b",null,1]}`, `"a"`}, {`{"enum":["a"],"type":"integer"}`, `"a"`},
		{`{"type":"integer"}`, `1.0`}, {`{"type":"number","minimum":1.5}`, `1`}, {`{"minimum":1}`, `0.5`}, {`{"minimum":1}`, `"x"`},
		{`{"type":"string","pattern":"^[^\\x00-\\x1f/\\x7f-\\x9f\\\\]+$"}`, `"a/b"`}, {`{"type":"string","pattern":"^[ -~]*$"}`, `"é"`},
		{`{"type":"string","pattern":"^[^\\x00-\\x1f\\x7f-\\x9f\\\\]+$"}`, `"a/b\u0085"`}, {`{"pattern":"(?=a)"}`, `"b"`}, {`{"pattern":"^a"}`, `"b"`},
		{`{"$ref":"#/$defs/N","$defs":{"N":{"type":"object","properties":{"n":{"$ref":"#/$defs/N"}},"additionalProperties":{"type":"string"}}}}`, `{"n":{"n":{},"x":"y"}}`},
		{`{"$ref":"#/$defs/N","type":"string","$defs":{"N":true}}`, `1`}, {`{"type":"object","minProperties":1,"maxProperties":1}`, `{}`},
		{`{"type":"object","unevaluatedProperties":false}`, `{"a":1}`}, {`{"not":{}}`, `1`}, {`false`, `1`}, {`true`, `1`}, {`{"additionalProperties":true}`, `{"a":1}`},
		{`{"type":"string","format":"date-time"}`, `"x"`}, {`{"properties":{"a":false}}`, `{"a":1}`}, {`{"items":[{}]}`, `[1]`}, {`{"required":[]}`, `{}`},
		{`{"enum":["a"],"type":["string","integer"]}`, `5`}, {`{"minimum":1,"type":"number"}`, `0.5`},
		{`{"anyOf":[{"type":"integer"},{"type":"string","maxLength":2}]}`, `"abc"`}, {`{"anyOf":[{"type":"integer"},{"maxLength":2}],"type":"string"}`, `"ab"`},
		{`{"anyOf":[{"$ref":"#"},{"anyOf":[{"$ref":"#"}]},{"type":"null"}]}`, `null`}, {`{"oneOf":[{"required":["a"]},{"required":["b"]}]}`, `{"a":1}`},
		{`{"oneOf":[{"required":["a"]},{"required":["b"]}],"type":"object"}`, `{"a":1,"b":2}`}, {`{"oneOf":[{"required":["a"]},{"required":["b"]}]}`, `"x"`},
		{`{"oneOf":[{"required":["a"]},{"required":["a"]}]}`, `{"a":1}`}, {string(fileSchema("").JSON()), `{"base64":"AA==","filename":"a"}`},
		{`{"minLength":1e1}`, `"a"`}, {`{"enum":["a"],"enum2":1}`, `"a"`}, {`{"type":"object","properties":{"a":{"enum":[1,"x"]}}}`, `{"a":1}`},
	} {
		f.Add([]byte(seed.schema), []byte(seed.value))
	}
	f.Fuzz(func(t *testing.T, schema, value []byte) {
		s, err := tree.ParseJSON(schema, tree.Limits{MaxDepth: 20, MaxNodes: 200})
		if err != nil {
			return
		}
		v, err := tree.ParseJSON(value, tree.Limits{MaxDepth: 20, MaxNodes: 200})
		if err != nil {
			return
		}
		full, err := newValidator(s)
		if err != nil || !full.quick.admits(v) {
			return
		}
		full.quick = nil
		if err := full.validate(v); err != nil && err != errTooComplex {
			t.Errorf("%s admits %s, but: %v", schema, value, err)
		}
	})
}

// The arguments that agents send are admitted without the library.
func TestShortcut(t *testing.T) {
	for schema, values := range map[string][]string{
		string(fileSchema("").JSON()): {`"AAAA"`, `{"base64":"AA==","filename":"a.png","contentType":"image/png"}`, `{"text":""}`},
		`{"type":"object","properties":{"id":{"type":"string","pattern":"^[^\\x00-\\x1f/\\x7f-\\x9f\\\\]+$"},"limit":{"type":"integer","minimum":1,"maximum":100}},"required":["id"],"additionalProperties":false}`: {`{"id":"17","limit":5}`, `{"id":"ä"}`},
		`{"type":"object","properties":{"body":{"$ref":"#/$defs/Pet"}},"$defs":{"Pet":{"type":"object","properties":{"tags":{"type":"array","items":{"enum":["a","b"]}},"price":{"type":"number"}}}}}`:              {`{"body":{"tags":["a","b"],"price":1.5,"more":null}}`},
	} {
		s, err := tree.ParseJSON([]byte(schema), tree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		quick := newShortcut(s, newPatterns(s))
		for _, value := range values {
			v, err := tree.ParseJSON([]byte(value), tree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if !quick.admits(v) {
				t.Errorf("%s does not admit %s", schema, value)
			}
		}
	}
}
