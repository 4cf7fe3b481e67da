package openapi

import (
	"encoding/json"
	"fmt"
	"testing"
)

// A body that is a base can be what inherits from it, with all that this says,
// and nothing is demanded of one that nobody knows.
func TestBodyInheritance(t *testing.T) {
	const cat = `{allOf: [{$ref: '#/components/schemas/Pet'}, {required: [meow], properties: {meow: {type: integer}}}]}`
	const kitten = `{allOf: [{$ref: '#/components/schemas/Cat'}, {required: [age]}]}`
	many := ""
	for i := range 2 * maxVariants {
		many += fmt.Sprintf(", Cat%d: %s", i, cat)
	}
	tests := []struct {
		name, schemas  string
		valid, invalid []string
	}{
		{"mapping", `{Pet: {type: object, required: [t], properties: {t: {type: string}}, discriminator: {propertyName: t, mapping: {cat: '#/components/schemas/Cat', feline: Cat, x: Nothing}}}, Cat: ` + cat + `}`,
			[]string{`{"t": "cat", "meow": 1}`, `{"t": "feline", "meow": 1}`, `{"t": "dog"}`}, []string{`{"t": "cat"}`, `{"t": "feline"}`, `{"meow": 1}`}},
		{"names", `{Pet: {properties: {t: {type: string}}, discriminator: {propertyName: t}}, Cat: ` + cat + `, Kitten: ` + kitten + `}`,
			[]string{`{"t": "Cat", "meow": 1}`, `{"t": "Kitten", "meow": 1, "age": 1}`, `{"t": "Pet"}`, `{}`}, []string{`{"t": "Cat"}`, `{"t": "Kitten", "meow": 1}`}},
		{"heirs of each other", `{Pet: {discriminator: {propertyName: t}, allOf: [{$ref: '#/components/schemas/Cat'}], required: [t]}, Cat: {allOf: [{$ref: '#/components/schemas/Pet'}], required: [meow]}}`,
			[]string{`{"t": "x", "meow": 1}`}, []string{`{"meow": 1}`, `{"t": "Cat"}`}},
		{"a base among its variants", `{Pet: {required: [t], discriminator: {propertyName: t, mapping: {pet: Pet, cat: Cat}}}, Cat: ` + cat + `}`,
			[]string{`{"t": "pet"}`, `{"t": "cat", "meow": 1}`}, []string{`{"t": "cat"}`}},
		{"a variant that names its values", `{Pet: {discriminator: {propertyName: t, mapping: {cat: Cat}}}, Cat: {required: [meow], properties: {t: {enum: [CAT]}}}}`,
			[]string{`{"t": "CAT", "meow": 1}`, `{"t": "dog"}`}, []string{`{"t": "cat"}`}},
		{"very many variants", `{Pet: {required: [t], discriminator: {propertyName: t}}` + many + `}`, []string{`{"t": "Cat1", "meow": 1}`, `{"t": "x"}`}, []string{`{"meow": 1}`}},
		{"no variants", `{Pet: {required: [t], discriminator: {propertyName: t}}}`, []string{`{"t": "x"}`}, []string{`{}`}},
		{"no property", `{Pet: {required: [t], discriminator: {}}, Cat: ` + cat + `}`, []string{`{"t": "Cat"}`}, []string{`{}`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := mustLoad(t, "openapi: 3.0.0\npaths: {/x: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}}}}\n"+
				"components: {schemas: "+tt.schemas+"}")
			checkProblems(t, doc.Problems)
			checkValues(t, doc, tt.valid, true)
			checkValues(t, doc, tt.invalid, false)
		})
	}
}

func TestSwaggerBodyInheritance(t *testing.T) {
	doc := mustLoad(t, `{"swagger": "2.0", "paths": {"/x": {"post": {"parameters": [{"name": "pet", "in": "body", "schema": {"$ref": "#/definitions/Pet"}}]}}},
		"definitions": {"Pet": {"discriminator": "t", "required": ["t"]},
			"Cat": {"allOf": [{"$ref": "#/definitions/Pet"}, {"required": ["meow"]}]}}}`)
	checkValues(t, doc, []string{`{"t": "Cat", "meow": 1}`, `{"t": "x"}`}, true)
	checkValues(t, doc, []string{`{"t": "Cat"}`, `{}`}, false)
}

// checkValues checks that the one body of doc can have the values, or that it
// cannot.
func checkValues(t *testing.T, doc *Document, values []string, want bool) {
	t.Helper()
	all := whole(t, doc)
	if name := endless(all); name != "" {
		t.Errorf("the definition %q never ends", name)
	}
	schema, err := compile(all)
	if err != nil {
		t.Fatal(shortened(err))
	}
	for _, text := range values {
		var value any
		if err := json.Unmarshal([]byte("["+text+"]"), &value); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != want {
			t.Errorf("%s: %v, want valid = %t", text, err, want)
		}
	}
}
