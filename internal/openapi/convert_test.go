package openapi

import (
	"sync"
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// converted returns a schema, written in YAML, of a document of the given
// version, as JSON.
func converted(t testing.TB, version, schema string) string {
	t.Helper()
	schemas := `{Pet: {type: object}, Cat: {properties: {kind: {const: cat}}}, Dog: {properties: {kind: {enum: [dog]}}}}`
	if version == "swagger: '2.0'" {
		schemas = "definitions: " + schemas
	} else {
		schemas = "components: {schemas: " + schemas + "}"
	}
	op, problems := oneOperation(t, version+`
paths: {/x: {get: {parameters: [{name: a, in: query, schema: `+schema+`}]}}}
`+schemas)
	for _, p := range problems {
		t.Log(p)
	}
	if op.Parameters[0].Schema == nil {
		return ""
	}
	node := op.Parameters[0].Schema.Root()
	if again := op.Parameters[0].Schema.Root(); again != node {
		t.Error("Root returns another node each time")
	}
	with := tree.NewObject(tree.Member{Key: "$defs", Value: tree.NewObject(
		tree.Member{Key: "Pet", Value: tree.NewObject()},
		tree.Member{Key: "Cat", Value: tree.NewObject()},
		tree.Member{Key: "Dog", Value: tree.NewObject()},
	)}, tree.Member{Key: "not", Value: node})
	if _, err := compile(with); err != nil {
		t.Errorf("%s is not valid: %v", node.JSON(), shortened(err))
	}
	return string(node.JSON())
}

type conversion struct{ name, in, want string }

func runConversions(t *testing.T, version string, tests []conversion) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := converted(t, version, tt.in); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestNullable(t *testing.T) {
	runConversions(t, "openapi: 3.0.3", []conversion{
		{"type of Swagger", `{type: file, nullable: true, description: d}`, `{"description":"d","type":["string","null"],"format":"binary"}`},
		{"type", `{type: string, nullable: true, maxLength: 3}`, `{"type":["string","null"],"maxLength":3}`},
		{"in a property", `{properties: {a: {type: integer, nullable: true}}}`, `{"properties":{"a":{"type":["integer","null"]}}}`},
		{"false", `{type: string, nullable: false}`, `{"type":"string"}`},
		{"without a type", `{nullable: true, minLength: 1}`, `{"minLength":1}`},
		{"types", `{type: [string, integer], nullable: true}`, `{"type":["string","integer","null"]}`},
		{"null already", `{type: [string, 'null'], nullable: true}`, `{"type":["string","null"]}`},
		{"null alone", `{type: 'null', nullable: true}`, `{"type":"null"}`},
		{"anyOf", `{anyOf: [{type: string}], nullable: true}`, `{"anyOf":[{"type":"string"},{"type":"null"}]}`},
		{"oneOf", `{description: d, oneOf: [{type: string}], nullable: true}`, `{"description":"d","anyOf":[{"type":"string"},{"type":"null"}]}`},
		{"anyOf with null already", `{anyOf: [{type: string}, {type: 'null'}], nullable: true}`, `{"anyOf":[{"type":"string"},{"type":"null"}]}`},
		{"anyOf with something nullable", `{anyOf: [{type: string, nullable: true}], nullable: true}`, `{"anyOf":[{"type":["string","null"]}]}`},
		{"allOf", `{title: T, allOf: [{type: object}], nullable: true}`, `{"title":"T","anyOf":[{"allOf":[{"type":"object"}]},{"type":"null"}]}`},
		{"allOf and type", `{type: object, allOf: [{required: [a]}], nullable: true}`, `{"type":["object","null"],"anyOf":[{"allOf":[{"required":["a"]}]},{"type":"null"}]}`},
		{"allOf and oneOf", `{oneOf: [{type: object}], allOf: [{type: object}], nullable: true}`, `{"anyOf":[{"oneOf":[{"type":"object"}],"allOf":[{"type":"object"}]},{"type":"null"}]}`},
		{"reference", `{$ref: '#/components/schemas/Pet', nullable: true}`, `{"anyOf":[{"$ref":"#/$defs/Pet"},{"type":"null"}]}`},
		{"enum", `{enum: [a, b], nullable: true}`, `{"enum":["a","b",null]}`},
		{"enum and type", `{type: integer, enum: [1], nullable: true}`, `{"type":["integer","null"],"enum":[1,null]}`},
		{"enum with null already", `{type: string, enum: [a, null], nullable: true}`, `{"type":["string","null"],"enum":["a",null]}`},
		{"const", `{type: string, const: a, nullable: true}`, `{"type":["string","null"],"enum":["a",null]}`},
		{"items", `{type: array, items: {type: string, nullable: true}}`, `{"type":"array","items":{"type":["string","null"]}}`},
		{"additionalProperties", `{additionalProperties: {type: string, nullable: true}}`, `{"additionalProperties":{"type":["string","null"]}}`},
		{"x-nullable", `{type: string, x-nullable: true}`, `{"type":["string","null"]}`},
		{"as text", `{type: string, nullable: 'true'}`, `{"type":["string","null"]}`},
		{"a property of that name", `{properties: {nullable: {type: boolean}}, type: object}`, `{"properties":{"nullable":{"type":"boolean"}},"type":"object"}`},
		{"unchanged", `{type: object, properties: {b: {type: string}, a: {}}}`, `{"type":"object","properties":{"b":{"type":"string"},"a":{}}}`},
	})
}

func TestConvert(t *testing.T) {
	runConversions(t, "openapi: 3.1.0", []conversion{
		{"exclusive bounds", `{minimum: 1, exclusiveMinimum: true, exclusiveMaximum: true, maximum: 9}`, `{"exclusiveMinimum":1,"exclusiveMaximum":9}`},
		{"inclusive bounds", `{minimum: 1, exclusiveMinimum: false}`, `{"minimum":1}`},
		{"exclusive without a bound", `{exclusiveMinimum: true}`, `{}`},
		{"exclusive bounds as numbers", `{exclusiveMinimum: 0, exclusiveMaximum: 1.50}`, `{"exclusiveMinimum":0,"exclusiveMaximum":1.50}`},
		{"bounds as text", `{minimum: '3', maximum: three}`, `{"minimum":3}`},
		{"a bound too large to compare with", `{minimum: 1e999999999, maximum: 1e10}`, `{"maximum":1e10}`},
		{"example", `{example: {$ref: x, nullable: true}}`, `{"examples":[{"$ref":"x","nullable":true}]}`},
		{"example and examples", `{example: 1, examples: [2]}`, `{"examples":[2]}`},
		{"examples as a map", `{examples: {a: {value: 1}}}`, `{}`},
		{"types", `{type: [string, 'null', String, file, 7, null]}`, `{"type":["string","null"]}`},
		{"type file", `{type: file, format: binary}`, `{"format":"binary","type":"string"}`},
		{"type in upper case", `{type: Integer}`, `{"type":"integer"}`},
		{"unknown types", `{type: any, properties: {a: {type: [date]}, b: {type: []}}}`, `{"properties":{"a":{},"b":{}}}`},
		{"tuple", `{items: [{type: string}, {nullable: true, type: integer}], additionalItems: false}`, `{"prefixItems":[{"type":"string"},{"type":["integer","null"]}],"items":{"not":{}}}`},
		{"tuple without types", `{items: []}`, `{}`},
		{"items as true and false", `{items: true, properties: {a: {items: false}, b: true, c: false}}`, `{"items":{},"properties":{"a":{"items":{"not":{}}},"b":{},"c":{"not":{}}}}`},
		{"additional properties", `{additionalProperties: false, unevaluatedProperties: true, unevaluatedItems: false}`, `{"additionalProperties":false,"unevaluatedProperties":true,"unevaluatedItems":false}`},
		{"additional properties as text", `{additionalProperties: 'no'}`, `{}`},
		{"required", `{required: [a, 1, b, a]}`, `{"required":["a","b"]}`},
		{"required as in draft 3", `{properties: {a: {required: true, type: string}}}`, `{"properties":{"a":{"type":"string"}}}`},
		{"enum", `{enum: [a, A, 1, a, {b: 1, c: 2}, null]}`, `{"enum":["a","A",1,{"b":1,"c":2},null]}`},
		{"enum without values", `{enum: []}`, `{}`},
		{"enum as text", `{enum: a}`, `{}`},
		{"properties without a schema", `{properties: {a: null, b: text, c: [1]}}`, `{"properties":{"a":{}}}`},
		{"properties as a list", `{properties: [a]}`, `{}`},
		{"properties named like keywords", `{properties: {$ref: {type: string}, required: {type: boolean}, example: {example: 1}, x-a: {}}}`,
			`{"properties":{"$ref":{"type":"string"},"required":{"type":"boolean"},"example":{"examples":[1]},"x-a":{}}}`},
		{"lists of schemas", `{allOf: [{type: string}, null, text], anyOf: [], oneOf: {}}`, `{"allOf":[{"type":"string"}]}`},
		{"counts", `{minLength: -1, maxLength: 2.0, minItems: '3', maxItems: 1.5, minProperties: 1e3, maxProperties: 99999999999999999999}`, `{"maxLength":2,"minItems":3,"minProperties":1000}`},
		{"multipleOf", `{multipleOf: 0, properties: {a: {multipleOf: -1}, b: {multipleOf: 0.01}}}`, `{"properties":{"a":{},"b":{"multipleOf":0.01}}}`},
		{"flags", `{uniqueItems: 'yes', readOnly: true, writeOnly: false, deprecated: 1}`, `{"readOnly":true,"writeOnly":false}`},
		{"keywords for other types", `{type: integer, uniqueItems: true, maxLength: 0, properties: {a: {type: string, uniqueItems: false, maxLength: 1}, b: {type: array, uniqueItems: true}, c: {type: [string, array], uniqueItems: true}}}`,
			`{"type":"integer","properties":{"a":{"type":"string","maxLength":1},"b":{"type":"array","uniqueItems":true},"c":{"type":["string","array"],"uniqueItems":true}}}`},
		{"texts", `{title: 7, description: [a], format: {}}`, `{"title":"7"}`},
		{"what is for authors", `{xml: {name: a}, externalDocs: {url: b}, x-go-type: c, x-mcp-header: X-A, $comment: d, $schema: e, $id: f, $anchor: g, discriminator: h, $defs: {i: {}}}`, `{"x-mcp-header":"X-A"}`},
		{"what is unknown", `{enumNames: [A], widget: select}`, `{"enumNames":["A"],"widget":"select"}`},
		{"data", `{default: {$ref: '#/no', nullable: true}, const: {nullable: true, example: 1}, enum: [{type: file}]}`, `{"default":{"$ref":"#/no","nullable":true},"const":{"nullable":true,"example":1},"enum":[{"type":"file"}]}`},
		{"large numbers", `{default: 9007199254740993, maximum: 18446744073709551616, const: 1.10}`, `{"default":9007199254740993,"maximum":18446744073709551616,"const":1.10}`},
		{"subschemas everywhere", `{not: {example: 1}, if: {example: 1}, then: {example: 1}, else: {example: 1}, contains: {example: 1}, propertyNames: {example: 1}, contentSchema: {example: 1}, dependentSchemas: {a: {example: 1}}, patternProperties: {^a: {example: 1}}, prefixItems: [{example: 1}], unevaluatedItems: {example: 1}, unevaluatedProperties: {example: 1}}`,
			`{"not":{"examples":[1]},"if":{"examples":[1]},"then":{"examples":[1]},"else":{"examples":[1]},"contains":{"examples":[1]},"propertyNames":{"examples":[1]},"contentSchema":{"examples":[1]},"dependentSchemas":{"a":{"examples":[1]}},"patternProperties":{"^a":{"examples":[1]}},"prefixItems":[{"examples":[1]}],"unevaluatedItems":{"examples":[1]},"unevaluatedProperties":{"examples":[1]}}`},
		{"dependencies", `{dependencies: {a: [b, b], c: {nullable: true, type: object}, d: 1}}`, `{"dependentRequired":{"a":["b"]},"dependentSchemas":{"c":{"type":["object","null"]}}}`},
		{"dependentRequired", `{dependentRequired: {a: [b, 1], c: d}}`, `{"dependentRequired":{"a":["b"]}}`},
		{"patterns", `{pattern: '^[a-z]+$', properties: {a: {pattern: '['}, b: {pattern: '^(?!x)'}, c: {pattern: 7}}}`, `{"pattern":"^[a-z]+$","properties":{"a":{},"b":{"pattern":"^(?!x)"},"c":{}}}`},
		{"pattern of properties", `{patternProperties: {'[': {}, '^x-': {}}}`, `{"patternProperties":{"^x-":{}}}`},
		{"true", `true`, `{}`},
		{"false", `false`, `{"not":{}}`},
		{"nothing", `{}`, `{}`},
		{"reference", `{$ref: '#/components/schemas/Pet'}`, `{"$ref":"#/$defs/Pet"}`},
		{"reference with siblings", `{description: d, $ref: '#/components/schemas/Pet', maxLength: 3, example: 1}`, `{"$ref":"#/$defs/Pet","description":"d","maxLength":3,"examples":[1]}`},
		{"dead reference", `{$ref: '#/components/schemas/No', description: d}`, `{"description":"d"}`},
		{"reference that is none", `{$ref: [], type: string}`, `{"type":"string"}`},
	})
	runConversions(t, "openapi: 3.0.3", []conversion{
		{"reference with siblings of 3.0", `{title: t, description: d, $ref: '#/components/schemas/Pet', maxLength: 3, default: 1, readOnly: true, writeOnly: true, deprecated: true, type: string}`,
			`{"$ref":"#/$defs/Pet","title":"t","description":"d","default":1,"readOnly":true,"writeOnly":true,"deprecated":true}`},
		{"dead reference of 3.0", `{$ref: '#/components/schemas/No', type: string}`, `{}`},
	})
	runConversions(t, "swagger: '2.0'", []conversion{
		{"reference of 2.0", `{$ref: '#/definitions/Pet', x-nullable: true}`, `{"anyOf":[{"$ref":"#/$defs/Pet"},{"type":"null"}]}`},
		{"bare name of 1.2", `{$ref: Pet}`, `{"$ref":"#/$defs/Pet"}`},
	})
}

// TestExtremeNumbers has bounds that would take a validator gigabytes.
func TestExtremeNumbers(t *testing.T) {
	op, _ := oneOperation(t, `{"openapi": "3.1.0", "paths": {"/x": {"get": {"parameters": [{"name": "a", "in": "query", "schema":
		{"minimum": -1e999999999, "maximum": "1e999999999", "multipleOf": 1e-999999999, "minLength": 1e9999}}]}}}}`)
	if got, want := root(op.Parameters[0].Schema), `{}`; got != want {
		t.Errorf("schema = %s, want %s", got, want)
	}
}

func TestDiscriminator(t *testing.T) {
	const cat, dog = `{$ref: '#/components/schemas/Cat'}`, `{$ref: '#/components/schemas/Dog'}`
	runConversions(t, "openapi: 3.0.3", []conversion{
		{"mapping", `{discriminator: {propertyName: petType, mapping: {cat: Cat, dog: Dog}}, type: object}`, `{"type":"object","description":"petType selects the variant: cat, dog"}`},
		{"with a description", `{description: A pet., discriminator: {propertyName: petType, mapping: {cat: Cat}}}`, `{"description":"A pet.\n\npetType selects the variant: cat"}`},
		{"names of the variants", `{oneOf: [` + cat + `, ` + dog + `], discriminator: {propertyName: petType}}`, `{"oneOf":[{"$ref":"#/$defs/Cat"},{"$ref":"#/$defs/Dog"}],"description":"petType selects the variant: Cat, Dog"}`},
		{"said by the variants", `{oneOf: [` + cat + `, ` + dog + `], discriminator: {propertyName: kind, mapping: {cat: Cat, dog: Dog}}}`, `{"oneOf":[{"$ref":"#/$defs/Cat"},{"$ref":"#/$defs/Dog"}]}`},
		{"mapping of the variants", `{oneOf: [` + cat + `, ` + dog + `], discriminator: {propertyName: petType, mapping: {cat: '#/components/schemas/Cat', dog: Dog, puppy: Dog}}}`,
			`{"oneOf":[{"$ref":"#/$defs/Cat","properties":{"petType":{"const":"cat"}},"required":["petType"]},` +
				`{"$ref":"#/$defs/Dog","properties":{"petType":{"enum":["dog","puppy"]}},"required":["petType"]}]}`},
		{"mapping of one variant", `{oneOf: [` + cat + `, ` + dog + `], discriminator: {propertyName: petType, mapping: {cat: Cat}}}`,
			`{"oneOf":[{"$ref":"#/$defs/Cat"},{"$ref":"#/$defs/Dog"}],"description":"petType selects the variant: cat"}`},
		{"mapping that the variants contradict", `{anyOf: [` + cat + `, {$ref: '#/components/schemas/Pet'}], discriminator: {propertyName: kind, mapping: {feline: Cat, pet: Pet}}}`,
			`{"anyOf":[{"$ref":"#/$defs/Cat"},{"$ref":"#/$defs/Pet"}],"description":"kind selects the variant: feline, pet"}`},
		{"said by variants in place", `{anyOf: [{properties: {k: {const: a}}}], discriminator: {propertyName: k, mapping: {a: A}}}`, `{"anyOf":[{"properties":{"k":{"const":"a"}}}]}`},
		{"nothing known", `{discriminator: {propertyName: petType}, type: object}`, `{"type":"object"}`},
		{"of Swagger", `{discriminator: petType, anyOf: [` + cat + `]}`, `{"anyOf":[{"$ref":"#/$defs/Cat"}],"description":"petType selects the variant: Cat"}`},
		{"of the wrong kind", `{discriminator: [a], type: object}`, `{"type":"object"}`},
	})
}

func TestPattern(t *testing.T) {
	for pattern, want := range map[string]bool{
		``:                        true,
		`^[a-z]{2,3}$`:            true,
		`^(?!.*bad).+$`:           true,
		`(?<=a)b(?<!c)`:           true,
		`(a)\1`:                   true,
		`(?<year>\d{4})\k<year>`:  true,
		`^[\u4e00-\u9fa5]+$`:      true,
		`\u{1F600}`:               true,
		`^\/a\/b$`:                true,
		`^.{1,5000}$`:             true,
		`\p{L}+\p{Script=Greek}`:  true,
		`\cJ`:                     true,
		`[^]`:                     true,
		`^\_x$`:                   true,
		`[`:                       false,
		`(`:                       false,
		`a**`:                     false,
		`)`:                       false,
		`\`:                       false,
		`[z-a]`:                   false,
		`*.txt`:                   false,
		`(?!`:                     false,
		string(make([]byte, 1e5)): false,
	} {
		if got := isPattern(pattern); got != want {
			t.Errorf("isPattern(%.50q) = %t, want %t", pattern, got, want)
		}
	}
}

func TestSchemaIsSafeForConcurrentUse(t *testing.T) {
	doc := mustLoad(t, `
openapi: 3.0.0
paths: {/x: {get: {parameters: [{name: a, in: query, schema: {$ref: '#/components/schemas/A'}}, {name: b, in: query, schema: {nullable: true, type: string}}]}}}
components: {schemas: {A: {properties: {a: {$ref: '#/components/schemas/A'}, b: {nullable: true, type: string}}}}}
`)
	var wg sync.WaitGroup
	nodes := make([][3]*tree.Node, 8)
	for i := range nodes {
		wg.Go(func() {
			a, b := doc.Operations[0].Parameters[0].Schema, doc.Operations[0].Parameters[1].Schema
			nodes[i] = [3]*tree.Node{a.Root(), b.Root(), b.Definition("A")}
		})
	}
	wg.Wait()
	for i := range nodes {
		if nodes[i] != nodes[0] {
			t.Errorf("goroutine %d got other nodes", i)
		}
	}
}
