package mcpmount

import (
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mcpmount/mcpmount/internal/tree"
)

const meantSpec = `
openapi: 3.1.0
info: {title: Orders, version: "1"}
paths:
  /orders/{id}:
    put:
      operationId: put
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: page, in: query, schema: {type: integer, minimum: 1}}
        - {name: tags, in: query, schema: {type: array, maxItems: 3, items: {type: string}}}
        - {name: filter, in: query, style: deepObject, explode: true, schema: {type: object, additionalProperties: {type: string}}}
        - {name: X-Trace, in: header, schema: {type: string}}
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                id: {type: integer}
                note: {type: [string, "null"]}
                paid: {type: boolean}
                weight: {type: number, minimum: 0}
                counts: {type: array, items: {type: integer}}
                address: {type: object, required: [city], properties: {city: {type: string}, zip: {type: integer}}}
                size: {oneOf: [{type: integer}, {type: string, maxLength: 2}]}
                any: {}
                deep: {$ref: "#/components/schemas/Deep"}
      responses: {"200": {description: OK}}
  /droplets:
    post:
      operationId: create
      parameters: [{name: page, in: query, schema: {type: integer}}]
      requestBody:
        content:
          application/json:
            schema:
              anyOf:
                - {type: object, required: [note], properties: {note: {type: string}, size: {type: integer}}}
                - {type: object, required: [tags], properties: {tags: {type: array, items: {type: string}}}}
                - {type: array, items: {type: object, properties: {counts: {type: array, items: {type: integer}}}}}
      responses: {"200": {description: OK}}
    get:
      operationId: list
      parameters: [{name: page, in: query, schema: {type: integer}}, {name: size, in: query, schema: {type: [number, boolean]}}]
      responses: {"200": {description: OK}}
components:
  schemas:
    Deep: {type: object, properties: {deep: {$ref: "#/components/schemas/Deep"}, counts: {type: array, items: {$ref: "#/components/schemas/Deep"}}, page: {type: integer}}}
`

// FuzzMeant checks any arguments. Those that conform are sent as they are, but for how
// integers are written; what else is sent conforms, says what was said, neither more nor
// less, and is no deeper than arguments may be.
func FuzzMeant(f *testing.F) {
	for _, seed := range []string{"", "\x00\x01\x02", "\x03\x05\x09\x11\x21\x41", "aardvark", "\x22\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d"} {
		f.Add([]byte(seed), "")
	}
	for _, arguments := range []string{
		`{"id__path":"17","body":"hello"}`, `{"id__path":"17","body":[1,2]}`, `{"id__path":17,"body":{"note":"a","paid":"true"}}`, `{"body":7}`,
		`{"id__path":"17","weight":1.0,"page":2.0,"id":3.0}`, `{"page":"1e999"}`, `{"page":"\ufeff7"}`, `{"page":"[7]","tags":"[\"a\"]"}`,
		`{"note":"a","size":"2"}`, `{"body":"{\"note\":\"a\",\"note\":\"b\"}"}`, `{"page":["7"]}`, `{"page":null,"size":"true"}`,
		`{"id__path":["../x"],"deep":"{\"deep\":\"{\\\"page\\\":\\\"7\\\"}\"}"}`,
	} {
		f.Add([]byte(nil), arguments)
	}
	doc, err := ParseOpenAPI([]byte(meantSpec))
	if err != nil {
		f.Fatal(err)
	}
	srv, err := New(doc, InProcess(http.NotFoundHandler()), &Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	set := srv.set.Load()
	schemas := map[string]*jsonschema.Schema{}
	for _, t := range set.tools {
		c := jsonschema.NewCompiler()
		if err := c.AddResource("mem:"+t.op.Name, overlapping(t.schema()).Any()); err != nil {
			f.Fatal(err)
		}
		schemas[t.op.Name] = c.MustCompile("mem:" + t.op.Name)
	}
	f.Fuzz(func(t *testing.T, choices []byte, arguments string) {
		raw := []byte(arguments)
		if arguments == "" {
			raw = (&guesser{choices}).object(0).JSON()
		}
		values, err := tree.ParseJSON(raw, tree.Limits{MaxDepth: maxArgumentsDepth})
		if err != nil || !values.Is(tree.Object) {
			return
		}
		for _, tool := range set.tools {
			conforms := func(v *tree.Node) bool { return schemas[tool.op.Name].Validate(v.Any()) == nil }
			got, err := tool.checked(values)
			if again, _ := tool.checked(values); !again.Equal(got) {
				t.Errorf("%s of %s is %s, and then %s", tool.op.Name, raw, jsonOf(got), jsonOf(again))
			}
			if err != nil {
				if conforms(values) {
					t.Errorf("%s of %s is refused: %v", tool.op.Name, raw, err)
				}
				continue
			}
			if conforms(values) && !plain(got).Equal(plain(values)) {
				t.Errorf("%s of %s conforms and becomes %s", tool.op.Name, raw, jsonOf(got))
			}
			if !conforms(got) || levels(got) > maxArgumentsDepth+1 {
				t.Errorf("%s of %s does not conform: %s", tool.op.Name, raw, jsonOf(got))
			}
			if before, after := said(values), said(got); !maps.Equal(before, after) {
				t.Errorf("%s of %s says something else: %s", tool.op.Name, raw, jsonOf(got))
			}
		}
	})
}

// A guesser makes values of choices.
type guesser struct{ choices []byte }

func (g *guesser) choose(n int) int {
	if len(g.choices) == 0 {
		return 0
	}
	c := int(g.choices[0])
	g.choices = g.choices[1:]
	return c % n
}

var guessedNames = []string{"page", "id__path", "id", "tags", "filter", "X-Trace", "note", "paid", "weight", "counts", "address", "city", "zip", "size", "any", "deep", "body"}

var guessedScalars = []string{
	`7`, `"7"`, `7.0`, `"7.0"`, `true`, `"true"`, `null`, `"null"`, `"a"`, `"a,b"`, `""`, `"NaN"`, `1e3`, `"1e999"`, `"007"`, `-0`, `"-0.0"`, `"\ufeff7"`, `" 7 "`,
	`123456789012345678901234567890`, `"[1,2]"`, `"{\"page\":\"7\"}"`, `"{\"a\":1,\"a\":2}"`, `"\"7\""`, `"[\"a\"]"`, `0.5`, `"[7.0]"`, `"\ud800"`, `[]`, `{}`, `".."`, `"a/b"`, `"[null]"`,
}

func (g *guesser) object(depth int) *tree.Node {
	n := tree.NewObject()
	for range 1 + g.choose(5) {
		n = n.With(guessedNames[g.choose(len(guessedNames))], g.value(depth+1))
	}
	return n
}

func (g *guesser) value(depth int) *tree.Node {
	kind := g.choose(8)
	switch {
	case depth < 6 && kind == 5:
		return g.object(depth)
	case depth < 6 && kind == 6:
		var items []*tree.Node
		for range 1 + g.choose(3) {
			items = append(items, g.value(depth+1))
		}
		return tree.NewArray(items...)
	case depth < 6 && kind == 7:
		return tree.NewString(string(g.value(depth + 1).JSON()))
	}
	n, err := tree.ParseJSON([]byte(guessedScalars[g.choose(len(guessedScalars))]), tree.Limits{})
	if err != nil {
		panic(err)
	}
	return n
}

func jsonOf(n *tree.Node) json.RawMessage {
	if n == nil {
		return nil
	}
	return n.JSON()
}

// plain returns n with all whole numbers written as integers.
func plain(n *tree.Node) *tree.Node {
	switch n.Kind {
	case tree.Number:
		if whole, fraction, _ := strings.Cut(n.Text, "."); strings.Trim(fraction, "0") == "" {
			return tree.NewNumber(whole)
		}
	case tree.Array:
		items := slices.Clone(n.Items)
		for i, item := range items {
			items[i] = plain(item)
		}
		return tree.NewArray(items...)
	case tree.Object:
		members := slices.Clone(n.Members)
		for i, m := range members {
			members[i].Value = plain(m.Value)
		}
		return tree.NewObject(members...)
	}
	return n
}

// said counts the names and the values in n, and in the JSON in its texts. A null says nothing, nor does
// it that values are in the body.
func said(n *tree.Node) map[string]int {
	counts := map[string]int{}
	var visit func(n *tree.Node, depth int)
	visit = func(n *tree.Node, depth int) {
		switch n.Kind {
		case tree.String:
			if inner, err := tree.ParseJSON([]byte(n.Text), tree.Limits{}); err == nil && !inner.Is(tree.String) {
				visit(inner, depth)
				return
			}
			counts[n.Text]++
		case tree.Number:
			counts[plain(n).Text]++
		case tree.Bool:
			counts[n.Text]++
		}
		for _, item := range n.Items {
			visit(item, depth+1)
		}
		for _, m := range n.Members {
			if !m.Value.Is(tree.Null) && (depth > 0 || m.Key != bodyArgument) {
				counts[m.Key+":"]++
			}
			visit(m.Value, depth+1)
		}
	}
	visit(n, 0)
	return counts
}

// levels returns how many objects and lists are in one another.
func levels(n *tree.Node) (deepest int) {
	if n.Kind != tree.Array && n.Kind != tree.Object {
		return 0
	}
	for _, item := range n.Items {
		deepest = max(deepest, levels(item))
	}
	for _, m := range n.Members {
		deepest = max(deepest, levels(m.Value))
	}
	return deepest + 1
}
