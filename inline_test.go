package mcpmount

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// inlinedText inlines what it can of a schema within budget.
func inlinedText(t *testing.T, schema string, budget int) (text string, recursive, others bool) {
	t.Helper()
	n, err := tree.ParseJSON([]byte(schema), tree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	in := newInliner(n)
	if in == nil {
		return schema, false, false
	}
	bound := in.fit(budget)
	text = string(in.build().JSON())
	if len(text) > bound {
		t.Errorf("%d bytes were foreseen, and there are %d in %s", bound, len(text), text)
	}
	recursive, others = in.left()
	return text, recursive, others
}

func TestInline(t *testing.T) {
	tests := []struct {
		name, in, want string
	}{
		{"nothing to do", `{"type":"object"}`, `{"type":"object"}`},
		{"one", `{"items":{"$ref":"#/$defs/A"},"$defs":{"A":{"type":"string"}}}`, `{"items":{"type":"string"}}`},
		{"definitions of definitions", `{"properties":{"a":{"$ref":"#/$defs/A"},"b":{"$ref":"#/$defs/B"}},"$defs":{"A":{"items":{"$ref":"#/$defs/B"}},"B":{"type":"string"}}}`,
			`{"properties":{"a":{"items":{"type":"string"}},"b":{"type":"string"}}}`},
		{"the nearer description is meant", `{"items":{"$ref":"#/$defs/A","description":"near","x-note":1},"$defs":{"A":{"type":"string","description":"far"}}}`,
			`{"items":{"type":"string","description":"near","x-note":1}}`},
		{"keywords beside a reference", `{"items":{"$ref":"#/$defs/A","minLength":2,"description":"d"},"$defs":{"A":{"maxLength":5,"minLength":1}}}`,
			`{"items":{"minLength":2,"description":"d","allOf":[{"maxLength":5,"minLength":1}]}}`},
		{"an allOf beside a reference", `{"items":{"allOf":[{"minLength":1}],"$ref":"#/$defs/A"},"$defs":{"A":{"maxLength":5}}}`,
			`{"items":{"allOf":[{"minLength":1},{"maxLength":5}]}}`},
		{"a boolean", `{"items":{"$ref":"#/$defs/N","description":"d"},"contains":{"$ref":"#/$defs/N"},"$defs":{"N":false}}`,
			`{"items":{"description":"d","allOf":[false]},"contains":false}`},
		{"unused", `{"type":"string","$defs":{"A":{}}}`, `{"type":"string"}`},
		{"a loop stays, what is beside it does not", `{"items":{"$ref":"#/$defs/N"},"$defs":{"N":{"properties":{"next":{"$ref":"#/$defs/N"},"a":{"$ref":"#/$defs/A"}}},"A":{"type":"string"}}}`,
			`{"items":{"$ref":"#/$defs/N"},"$defs":{"N":{"properties":{"next":{"$ref":"#/$defs/N"},"a":{"type":"string"}}}}}`},
		{"of a long loop, one stays", `{"items":{"$ref":"#/$defs/A"},"not":{"$ref":"#/$defs/B"},"$defs":{"A":{"items":{"$ref":"#/$defs/B"}},"B":{"items":{"$ref":"#/$defs/A"}}}}`,
			`{"items":{"$ref":"#/$defs/A"},"not":{"items":{"$ref":"#/$defs/A"}},"$defs":{"A":{"items":{"items":{"$ref":"#/$defs/A"}}}}}`},
		{"a reference to itself", `{"items":{"$ref":"#/$defs/A"},"$defs":{"A":{"$ref":"#/$defs/A"}}}`,
			`{"items":{"$ref":"#/$defs/A"},"$defs":{"A":{"$ref":"#/$defs/A"}}}`},
		{"an anchor must not be there twice", `{"items":{"$ref":"#/$defs/A"},"not":{"$ref":"#/$defs/A"},"$defs":{"A":{"$anchor":"a"}}}`,
			`{"items":{"$ref":"#/$defs/A"},"not":{"$ref":"#/$defs/A"},"$defs":{"A":{"$anchor":"a"}}}`},
		{"data is not a schema", `{"items":{"$ref":"#/$defs/A"},"default":{"$ref":"#/$defs/A"},"$defs":{"A":{"const":{"$ref":"#/$defs/A"}}}}`,
			`{"items":{"const":{"$ref":"#/$defs/A"}},"default":{"$ref":"#/$defs/A"}}`},
		{"a name with a slash", `{"items":{"$ref":"#/$defs/a~1b"},"$defs":{"a/b":{"type":"string"}}}`, `{"items":{"type":"string"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _, _ := inlinedText(t, tt.in, 1<<20); got != tt.want {
				t.Errorf("inlined:\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// Within a budget, large definitions stay before small ones.
func TestInlineBudget(t *testing.T) {
	large := `{"type":"string","description":"` + strings.Repeat("x", 200) + `"}`
	schema := `{"properties":{"a":{"$ref":"#/$defs/L"},"b":{"$ref":"#/$defs/L"},"c":{"$ref":"#/$defs/S"},"d":{"$ref":"#/$defs/S"},"e":{"$ref":"#/$defs/One"}},` +
		`"$defs":{"L":` + large + `,"S":{"type":"integer"},"One":` + large + `}}`
	for _, budget := range []int{len(schema), len(schema) + 100} {
		got, recursive, others := inlinedText(t, schema, budget)
		want := `{"properties":{"a":{"$ref":"#/$defs/L"},"b":{"$ref":"#/$defs/L"},"c":{"type":"integer"},"d":{"type":"integer"},"e":` + large + `},"$defs":{"L":` + large + `}}`
		if got != want || recursive || !others {
			t.Errorf("within %d bytes: recursive %v, others %v\n%s", budget, recursive, others, got)
		}
	}
}

// diamond returns definitions of which each refers twice to the next.
func diamond(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"D%d":{"properties":{"a":{"$ref":"#/$defs/D%d"},"b":{"$ref":"#/$defs/D%d"}}},`, i, i+1, i+1)
	}
	fmt.Fprintf(&b, `"D%d":{"type":"string"}`, n)
	return `{"items":{"$ref":"#/$defs/D0"},"$defs":{` + b.String() + `}}`
}

// What would be 2^1000 schemas, or one inside of another a thousand times, stays
// small.
func TestInlineExplosion(t *testing.T) {
	chain := regexp.MustCompile(`,"b":\{[^}]*\}`).ReplaceAllString(diamond(1000), "")
	for _, schema := range []string{diamond(40), diamond(1000), chain} {
		for _, budget := range []int{len(schema), 128 << 10, 1 << 62} {
			got, _, others := inlinedText(t, schema, budget)
			if most := min(budget, maxSchemaBytes); len(got) > most {
				t.Errorf("%d bytes within a budget of %d", len(got), most)
			}
			if !others {
				t.Error("all was inlined")
			}
			if strings.Contains(got, strings.Repeat(`{"properties":{"a":`, maxInlinedDepth+1)) {
				t.Errorf("schemas are nested more than %d times", maxInlinedDepth)
			}
			if budget > len(schema) && strings.Count(got, `"D`) >= strings.Count(schema, `"D`) {
				t.Error("nothing was inlined")
			}
		}
	}
}

// randomSchema returns a schema whose definitions refer to each other at random.
func randomSchema(r *rand.Rand) string {
	n := 1 + r.IntN(6)
	var schema func(depth int) string
	schema = func(depth int) string {
		pick := r.IntN(10)
		if depth == 0 {
			pick %= 5
		}
		switch pick {
		case 0:
			return `{"type":"string"}`
		case 1:
			return `{"type":["object","array"],"minProperties":1}`
		case 2:
			return fmt.Sprintf(`{"$ref":"#/$defs/D%d","description":"beside"}`, r.IntN(n))
		case 3, 4:
			return fmt.Sprintf(`{"$ref":"#/$defs/D%d"}`, r.IntN(n))
		case 5:
			beside := []string{`"minProperties":1,"minItems":1`, `"unevaluatedProperties":false`, `"properties":{"b":{}},"additionalProperties":{"type":"string"}`}
			return fmt.Sprintf(`{"$ref":"#/$defs/D%d",%s}`, r.IntN(n), beside[r.IntN(len(beside))])
		case 6:
			return `{"anyOf":[` + schema(depth-1) + `,` + schema(depth-1) + `]}`
		case 7:
			return `{"items":` + schema(depth-1) + `,"allOf":[` + schema(depth-1) + `]}`
		}
		return `{"type":"object","properties":{"a":` + schema(depth-1) + `,"b":` + schema(depth-1) + `},"unevaluatedProperties":false}`
	}
	text := `{"type":"object","properties":{"a":` + schema(2) + `,"b":` + schema(2) + `},"$defs":{`
	for i := range n {
		text += fmt.Sprintf(`"D%d":%s,`, i, schema(2))
	}
	return strings.TrimSuffix(text, ",") + "}}"
}

func randomValue(r *rand.Rand, depth int) any {
	switch pick := r.IntN(6); {
	case pick == 0 || depth == 0:
		return "text"
	case pick == 1:
		return []any{randomValue(r, depth-1)}
	case pick == 2:
		return []any{}
	case pick == 3:
		return map[string]any{}
	}
	return map[string]any{"a": randomValue(r, depth-1), "b": randomValue(r, depth-1)}
}

// Whatever is inlined, the same values are valid.
func TestInlineAcceptsTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	accepted, changed := 0, 0
	for range 400 {
		schema := randomSchema(r)
		n, err := tree.ParseJSON([]byte(schema), tree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		before, err := newValidator(n)
		if err != nil {
			continue // a schema that applies itself without end
		}
		got, _, _ := inlinedText(t, schema, []int{len(schema), 2 * len(schema), 1 << 20}[r.IntN(3)])
		if got != schema {
			changed++
		}
		m, err := tree.ParseJSON([]byte(got), tree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		after, err := newValidator(m)
		if err != nil {
			t.Errorf("%v in %s\nwhich was %s", err, got, schema)
			continue
		}
		for range 20 {
			raw, _ := json.Marshal(randomValue(r, 4))
			value, _ := tree.ParseJSON(raw, tree.Limits{})
			want := before.schema.Validate(value.Any()) == nil
			if want {
				accepted++
			}
			if ok := after.schema.Validate(value.Any()) == nil; ok != want {
				t.Errorf("%s is valid: %v, and inlined: %v\n%s\n%s", raw, want, ok, schema, got)
			}
		}
	}
	if accepted < 100 || changed < 100 {
		t.Errorf("only %d values are valid, and only %d schemas were changed", accepted, changed)
	}
}

// inlineSpec is a document with all there is to inline, or not.
const inlineSpec = `
openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /orders:
    post:
      operationId: create
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
      responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}}
  /folders:
    post:
      operationId: fold
      requestBody: {required: true, content: {application/json: {schema: {type: object, properties: {folder: {$ref: "#/components/schemas/Folder"}}}}}}
      responses: {"204": {description: none}}
components:
  schemas:
    Order: {type: object, required: [from], properties: {from: {$ref: "#/components/schemas/Address"}, to: {$ref: "#/components/schemas/Address"}}}
    Address: {type: object, properties: {street: {type: string}, tags: {type: array, items: {$ref: "#/components/schemas/Tag"}}}}
    Tag: {type: string, enum: [home, work]}
    Folder: {type: object, properties: {parent: {$ref: "#/components/schemas/Folder"}, tag: {$ref: "#/components/schemas/Tag"}}}
`

func listed(t *testing.T, doc *Document, opts Options) (map[string]string, []Problem) {
	t.Helper()
	opts.Logger = slog.New(slog.DiscardHandler)
	srv, err := New(doc, InProcess(http.NewServeMux()), &opts)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, tool := range srv.Tools() {
		input, _ := tool.InputSchema.(json.RawMessage)
		output, _ := tool.OutputSchema.(json.RawMessage)
		texts[tool.Name], texts[tool.Name+" output"] = string(input), string(output)
	}
	return texts, srv.Problems()
}

func TestInlineRefs(t *testing.T) {
	doc, err := ParseOpenAPI([]byte(inlineSpec))
	if err != nil {
		t.Fatal(err)
	}
	const (
		address = `{"type":"object","properties":{"street":{"type":"string"},"tags":{"type":"array","items":{"type":"string","enum":["home","work"]}}}}`
		folder  = `{"type":"object","properties":{"folder":{"$ref":"#/$defs/Folder"}},"additionalProperties":false,` +
			`"$defs":{"Folder":{"type":"object","properties":{"parent":{"$ref":"#/$defs/Folder"},"tag":{"type":"string","enum":["home","work"]}}}}}`
	)
	schemas, problems := listed(t, doc, Options{InlineRefs: true})
	again, _ := listed(t, doc, Options{InlineRefs: true})
	if diff := cmp.Diff(schemas, again); diff != "" {
		t.Errorf("two lists differ (-one +other):\n%s", diff)
	}
	if got, want := schemas["create"], `{"type":"object","properties":{"from":`+address+`,"to":`+address+`},"required":["from"],"additionalProperties":false}`; got != want {
		t.Errorf("create takes %s\nwant %s", got, want)
	}
	if got := schemas["create output"]; strings.Contains(got, "$") || !strings.Contains(got, `"street"`) {
		t.Errorf("create returns %s", got)
	}
	if got := schemas["fold"]; got != folder {
		t.Errorf("fold takes %s\nwant %s", got, folder)
	}
	want := []Problem{{Pointer: "/paths/~1folders/post", Note: true, Message: "some definitions stay in $defs of the input schema: they contain themselves"}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}

	plain, _ := listed(t, doc, Options{})
	tight, problems := listed(t, doc, Options{InlineRefs: true, Limits: Limits{MaxInputSchemaBytes: len(plain["create"]) + 10}})
	if got := tight["create"]; strings.Count(got, "$ref") != 2 || !strings.Contains(got, `"enum"`) || len(got) > len(plain["create"])+10 {
		t.Errorf("within its size, create takes %s", got)
	}
	if len(problems) == 0 || !problems[0].Note || !strings.Contains(problems[0].Message, "it would be too large") {
		t.Errorf("problems %v", problems)
	}
}

// The list stays within its limit: references are inlined in some tools only.
func TestInlineRefsList(t *testing.T) {
	doc := &Document{}
	body := schemaOf(t, `{"type":"object","properties":{"a":{"$ref":"#/$defs/L"},"b":{"$ref":"#/$defs/L"}},"$defs":{"L":{"description":"`+strings.Repeat("x", 1000)+`"}}}`)
	for i := range 20 {
		doc.Operations = append(doc.Operations, Operation{
			Method: "POST", Path: fmt.Sprintf("/%d", i),
			RequestBody: &RequestBody{Content: []MediaType{{Type: "application/json", Schema: body}}},
		})
	}
	size := func(schemas map[string]string) (total int) {
		for _, text := range schemas {
			total += len(text)
		}
		return total
	}
	plain, _ := listed(t, doc, Options{})
	all, problems := listed(t, doc, Options{InlineRefs: true})
	if size(all) < size(plain)+20*900 || len(problems) > 0 {
		t.Fatalf("%d bytes of schemas became %d with %d problems", size(plain), size(all), len(problems))
	}
	limit := size(plain) + 20*(200+len("post_10")) + 5*1000
	some, problems := listed(t, doc, Options{InlineRefs: true, Limits: Limits{MaxListBytes: limit}})
	if got := size(some) - size(plain); got > 5*1000 || got < 3*900 {
		t.Errorf("with room for 5000 bytes, the schemas grew by %d", got)
	}
	if n := len(problems); n < 15 || n > 17 {
		t.Errorf("%d problems, want one for each tool that keeps its references", n)
	}
}

// The arguments of a tool are the same, whether references are inlined or not.
func TestInlineRefsCall(t *testing.T) {
	doc, err := ParseOpenAPI([]byte(inlineSpec))
	if err != nil {
		t.Fatal(err)
	}
	for _, inline := range []bool{false, true} {
		srv, err := New(doc, InProcess(http.NewServeMux()), &Options{InlineRefs: inline})
		if err != nil {
			t.Fatal(err)
		}
		for args, want := range map[string]bool{
			`{"from":{"street":"x","tags":["home"]}}`: true,
			`{"from":{"tags":["far"]}}`:               false,
			`{"to":{}}`:                               false,
		} {
			if _, err := srv.tool("create").arguments(json.RawMessage(args)); (err == nil) != want {
				t.Errorf("inlined %v: %s: %v", inline, args, err)
			}
		}
	}
}

// TestCorpusInlineRefs inlines in the documents of others: what is listed is
// valid and within its limits.
func TestCorpusInlineRefs(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	dir := os.Getenv("MCPMOUNT_SPECS")
	if dir == "" {
		dir = filepath.Join("..", "shared", "specs")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.*"))
	if err != nil || len(names) < 10 {
		t.Skip("no documents of others: set MCPMOUNT_SPECS to their folder")
	}
	inlined := 0
	for _, name := range names {
		doc, err := ParseOpenAPIFS(os.DirFS(dir), filepath.Base(name))
		if err != nil {
			continue // not a document, or one to be refused
		}
		plain, _ := listed(t, doc, Options{})
		schemas, _ := listed(t, doc, Options{InlineRefs: true})
		total := 0
		for tool, text := range schemas {
			total += len(text)
			if text == plain[tool] {
				continue
			}
			inlined++
			n, err := tree.ParseJSON([]byte(text), tree.Limits{})
			if err != nil {
				t.Errorf("%s: %s: %v", name, tool, err)
			} else if _, err := newValidator(n); err != nil {
				t.Errorf("%s: %s: %v", name, tool, err)
			}
			if limit := DefaultMaxInputSchemaBytes; len(text) > limit || strings.HasSuffix(tool, " output") && len(text) > DefaultMaxOutputSchemaBytes {
				t.Errorf("%s: %s has %d bytes", name, tool, len(text))
			}
		}
		if total > DefaultMaxListBytes {
			t.Errorf("%s: the schemas have %d bytes together", name, total)
		}
	}
	if inlined < 100 {
		t.Errorf("only %d schemas were inlined", inlined)
	}
	t.Logf("%d schemas were inlined", inlined)
}
