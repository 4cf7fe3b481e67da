package openapi

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// endless returns the name of a definition that, by way of references, applies
// to the very value it is applied to, or "".
func endless(all *tree.Node) string {
	const open, done = 1, 2
	definitions := all.Get("$defs")
	state := make(map[string]int)
	var visit func(n *tree.Node) string
	enter := func(name string) string {
		switch state[name] {
		case open:
			return name
		case done:
			return ""
		}
		state[name] = open
		found := visit(definitions.Get(name))
		state[name] = done
		return found
	}
	visit = func(n *tree.Node) string {
		if name, ok := strings.CutPrefix(n.Get("$ref").Str(), "#/$defs/"); ok {
			if found := enter(name); found != "" {
				return found
			}
		}
		for inPlace, sub := range subschemas(place{node: n}) {
			if inPlace {
				if found := visit(sub.node); found != "" {
					return found
				}
			}
		}
		return ""
	}
	for name := range definitions.All() {
		if found := enter(name); found != "" {
			return found
		}
	}
	return ""
}

// A generator makes schemas with every keyword at random, right and wrong.
type generator struct {
	*rand.Rand
	schemas int
}

func (g generator) pick(texts ...string) string { return texts[g.IntN(len(texts))] }

func (g generator) schema(depth int) string {
	if depth == 0 || g.IntN(12) == 0 {
		return g.pick("true", "false", "null", "{}", `{"type":"string"}`, `"x"`, "[]")
	}
	var members []string
	seen := make(map[string]bool)
	for range g.IntN(5) {
		key, value := g.keyword(depth - 1)
		if !seen[key] {
			seen[key] = true
			members = append(members, fmt.Sprintf("%q:%s", key, value))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (g generator) keyword(depth int) (key, value string) {
	sub := func() string { return g.schema(depth) }
	list := func() string { return "[" + sub() + "," + sub() + "]" }
	named := func() string { return fmt.Sprintf(`{"a":%s,"$ref":%s,"^b":%s}`, sub(), sub(), sub()) }
	data := func() string {
		return g.pick("1", "-1", "1.5", "1e999999", `"a"`, `"7"`, "null", "true", "false", "[]", `["a","a",1]`, "{}", `{"$ref":"#/no"}`, `{"a":["b"]}`)
	}
	switch g.IntN(10) {
	case 0, 1:
		return g.pick("allOf", "anyOf", "oneOf", "prefixItems", "items"), list()
	case 2:
		return g.pick("properties", "patternProperties", "dependentSchemas", "dependencies", "$defs"), named()
	case 3:
		return g.pick("not", "if", "then", "else", "items", "contains", "additionalProperties", "additionalItems", "unevaluatedItems"), sub()
	case 4, 5:
		name := fmt.Sprintf("S%d", g.IntN(g.schemas+1))
		return g.pick("$ref", "$ref", "$dynamicRef"), fmt.Sprintf("%q", "#/components/schemas/"+name+g.pick("", "", "", "/properties/a", "/allOf/0", "/not", "/$defs/a"))
	case 6:
		return "nullable", g.pick("true", "false", `"true"`)
	case 7:
		return "type", g.pick(`"string"`, `"object"`, `"null"`, `"file"`, `["string","null"]`, `["x"]`, "[]", "null")
	case 8:
		return g.pick("discriminator", "$anchor", "$id", "xml", "x-a", "example", "examples", "title"), g.pick(`{"propertyName":"a","mapping":{"x":"S0"}}`, `"a"`, data())
	}
	return g.pick("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf", "minLength", "maxItems", "uniqueItems",
		"required", "enum", "const", "default", "pattern", "format", "dependentRequired", "readOnly", "description"), data()
}

// TestRandomSchemas converts schemas with every keyword, right and wrong, that
// refer to each other and to parts of each other.
func TestRandomSchemas(t *testing.T) {
	runs := 4_000
	if testing.Short() {
		runs = 400
	}
	for seed := range runs {
		random := rand.New(rand.NewPCG(uint64(seed), 1))
		g := generator{random, 2 + random.IntN(6)}
		version := g.pick("3.0.3", "3.1.0")
		var schemas []string
		for i := range g.schemas {
			schemas = append(schemas, fmt.Sprintf(`"S%d":%s`, i, g.schema(4)))
		}
		data := fmt.Sprintf(`{"openapi":%q,"paths":{"/x":{"get":{"parameters":[{"name":"a","in":"query","schema":%s}]}}},"components":{"schemas":{%s}}}`,
			version, g.schema(4), strings.Join(schemas, ","))
		doc := mustLoad(t, data)
		all := whole(t, doc)
		if _, err := compile(all); err != nil {
			t.Errorf("seed %d: %s\n%s\n%s", seed, shortened(err), data, all.JSON())
		}
		if name := endless(all); name != "" {
			t.Errorf("seed %d: %s never ends\n%s\n%s", seed, name, data, all.JSON())
		}
		if again := whole(t, mustLoad(t, data)); string(again.JSON()) != string(all.JSON()) {
			t.Errorf("seed %d: two loads differ", seed)
		}
		if t.Failed() {
			return
		}
	}
}
