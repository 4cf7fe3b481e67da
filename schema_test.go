package mcpmount

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// schemaOf returns the schema written in s.
func schemaOf(t testing.TB, s string) Schema {
	t.Helper()
	schema, err := NewSchema(json.RawMessage(s))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func composed(t *testing.T, mode schemaMode, budget int, s string) (string, bool) {
	t.Helper()
	source := schemaOf(t, s).source
	c := newComposer(mode, newFragments(1))
	n, cut := c.compose(c.part(source, source.Root()), budget)
	if n == nil {
		return "", cut
	}
	return string(n.JSON()), cut
}

func TestTransform(t *testing.T) {
	tests := []struct {
		name     string
		mode     schemaMode
		in, want string
	}{
		{
			"only what is reached", schemaMode{},
			`{"$ref":"#/$defs/A","$defs":{"A":{"items":{"$ref":"#/$defs/B"}},"B":{"type":"string"},"C":{}}}`,
			`{"$ref":"#/$defs/A","$defs":{"A":{"items":{"$ref":"#/$defs/B"}},"B":{"type":"string"}}}`,
		},
		{
			"cycles stay", schemaMode{},
			`{"$ref":"#/$defs/N","$defs":{"N":{"properties":{"next":{"$ref":"#/$defs/N"}}}}}`,
			`{"$ref":"#/$defs/N","$defs":{"N":{"properties":{"next":{"$ref":"#/$defs/N"}}}}}`,
		},
		{
			"readOnly leaves inputs, also behind a reference", schemaMode{omit: "readOnly"},
			`{"type":"object","required":["id","at","name"],"properties":{"id":{"readOnly":true},"at":{"$ref":"#/$defs/At"},"name":{}},"$defs":{"At":{"type":"string","readOnly":true}}}`,
			`{"type":"object","required":["name"],"properties":{"name":{}}}`,
		},
		{
			"readOnly behind many references", schemaMode{omit: "readOnly"},
			`{"properties":{"a":{"$ref":"#/$defs/1"},"b":{"$ref":"#/$defs/loop"}},"$defs":{"1":{"$ref":"#/$defs/2"},"2":{"$ref":"#/$defs/3"},"3":{"$ref":"#/$defs/4"},"4":{"$ref":"#/$defs/5"},` +
				`"5":{"$ref":"#/$defs/6"},"6":{"$ref":"#/$defs/7"},"7":{"$ref":"#/$defs/8"},"8":{"$ref":"#/$defs/9"},"9":{"readOnly":true},"loop":{"$ref":"#/$defs/loop"}}}`,
			`{"properties":{"b":{"$ref":"#/$defs/loop"}},"$defs":{"loop":{"$ref":"#/$defs/loop"}}}`,
		},
		{
			"a property called readOnly is a property", schemaMode{omit: "readOnly"},
			`{"properties":{"readOnly":{"type":"boolean"}}}`,
			`{"properties":{"readOnly":{"type":"boolean"}}}`,
		},
		{
			"loose", schemaMode{loose: true},
			`{"type":"object","required":["a"],"additionalProperties":false,"properties":{"a":{"type":"string","enum":["x"],"pattern":"x","minLength":1},"b":{"type":["integer","null"],"minimum":0},"c":{"oneOf":[{"type":"array","items":{"type":"number","multipleOf":2}}]}}}`,
			`{"type":["object","null"],"properties":{"a":{"type":["string","null"]},"b":{"type":["integer","null"]},"c":{"anyOf":[{"type":["array","null"],"items":{"type":["number","null"]}}]}}}`,
		},
		{
			"data is not a schema", schemaMode{omit: "readOnly"},
			`{"default":{"properties":{"x":{"readOnly":true}}},"enum":[{"$ref":"#/nowhere"}],"const":{"required":["x"]}}`,
			`{"default":{"properties":{"x":{"readOnly":true}}},"enum":[{"$ref":"#/nowhere"}],"const":{"required":["x"]}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, cut := composed(t, tt.mode, 1<<20, tt.in)
			if diff := cmp.Diff(tt.want, got); diff != "" || cut {
				t.Errorf("cut %v, (-want +got):\n%s", cut, diff)
			}
		})
	}
}

// A budget keeps the first levels of definitions, whose deeper references
// become stubs that keep the type.
func TestComposeBudget(t *testing.T) {
	doc := `{"$ref":"#/$defs/A","$defs":{
		"A":{"type":"object","properties":{"b":{"$ref":"#/$defs/B"}}},
		"B":{"type":"object","description":"` + strings.Repeat("x", 500) + `","properties":{"c":{"type":"string"}}}}}`
	got, cut := composed(t, schemaMode{}, 300, doc)
	want := `{"$ref":"#/$defs/A","$defs":{"A":{"type":"object","properties":{"b":{"type":"object"}}}}}`
	if !cut || got != want {
		t.Errorf("cut %v: %s\nwant %s", cut, got, want)
	}
	if got, cut := composed(t, schemaMode{}, 10, doc); !cut || len(got) > 10 {
		t.Errorf("10 bytes became %d: %s", len(got), got)
	}
	deep := `{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string","description":"` + strings.Repeat("x", 500) + `"}}}}}`
	if got, cut := composed(t, schemaMode{}, 100, deep); !cut || got != `{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string"}}}}}` {
		t.Errorf("a schema without references: cut %v: %s", cut, got)
	}
}

// What is cut keeps what the API requires of it.
func TestCutKeepsWhatIsRequired(t *testing.T) {
	const long = `"description":"a text that does not fit into the budget of this schema, and into no other that is as small"`
	doc := `{"type":"object","properties":{"pod":{"$ref":"#/$defs/Pod"}},"$defs":{
		"Pod":{` + long + `,"type":"object","required":["name","at","list"],"properties":{
			"name":{"allOf":[{"$ref":"#/$defs/Name"}]},"at":{"type":"string","format":"date-time"},
			"list":{"type":"array","items":{"type":"object","required":["n"],"properties":{"n":{"type":"integer","minimum":1},"m":{}}}},
			"other":{"type":"string"}}},
		"Name":{` + long + `,"type":"string","pattern":"^a","enum":["a","ab"]}}}`
	want := `{"type":"object","properties":{"pod":{"type":"object","properties":{` +
		`"name":{"type":"string","pattern":"^a","enum":["a","ab"]},"at":{"type":"string","format":"date-time"},` +
		`"list":{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer","minimum":1}},"required":["n"]}}},` +
		`"required":["name","at","list"]}}}`
	if got, cut := composed(t, schemaMode{}, 400, doc); !cut || got != want {
		t.Errorf("cut %v: %s\nwant %s", cut, got, want)
	}
	bare := `{"type":"object","properties":{"pod":{"type":"object"}}}`
	if got, cut := composed(t, schemaMode{}, 100, doc); !cut || got != bare {
		t.Errorf("cut %v: %s\nwant %s", cut, got, bare)
	}
}

// Two documents may use one name for two things.
// Whoever looks at a schema sees through references, of any name, and through
// compositions, and comes to an end.
func TestVariants(t *testing.T) {
	tests := []struct {
		name, in string
		titles   []string // of the variants
		end      string   // the title of what is referred to in the end, "" for none
	}{
		{"itself", `{"title":"a"}`, []string{"a"}, "a"},
		{"a name with a slash", `{"$ref":"#/$defs/x~1y~0","$defs":{"x/y~":{"title":"a"}}}`, []string{"", "a"}, "a"},
		{"the nearest first", `{"title":"a","$ref":"#/$defs/B","allOf":[{"title":"c","anyOf":[{"title":"e"}]}],"oneOf":[{"title":"d"}],"$defs":{"B":{"title":"b"}}}`, []string{"a", "b", "c", "d", "e"}, "b"},
		{"each once", `{"anyOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/A"}],"$defs":{"A":{"title":"a"}}}`, []string{"", "", "", "a"}, ""},
		{"a loop", `{"$ref":"#/$defs/A","$defs":{"A":{"title":"a","$ref":"#/$defs/B"},"B":{"title":"b","$ref":"#/$defs/A"}}}`, []string{"", "a", "b"}, ""},
		{"not what is inside", `{"title":"a","items":{"title":"b"},"properties":{"c":{"title":"c"}},"not":{"title":"d"}}`, []string{"a"}, "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source := schemaOf(t, tt.in).source
			var titles []string
			for n := range variants(source, source.Root()) {
				titles = append(titles, n.Get("title").Str())
			}
			if diff := cmp.Diff(tt.titles, titles); diff != "" {
				t.Errorf("titles (-want +got):\n%s", diff)
			}
			if got := follow(source, source.Root()).Get("title").Str(); got != tt.end {
				t.Errorf("end = %q, want %q", got, tt.end)
			}
		})
	}
}

func TestComposeKeepsDocumentsApart(t *testing.T) {
	a := schemaOf(t, `{"$ref":"#/$defs/X","$defs":{"X":{"type":"string"}}}`)
	b := schemaOf(t, `{"$ref":"#/$defs/X","$defs":{"X":{"$ref":"#/$defs/Y"},"Y":{"type":"integer"}}}`)
	same := schemaOf(t, `{"$ref":"#/$defs/X","$defs":{"X":{"type":"string"}}}`)
	c := newComposer(schemaMode{}, newFragments(1))
	var parts []tree.Member
	for i, s := range []Schema{a, b, same} {
		parts = append(parts, tree.Member{Key: fmt.Sprint("p", i), Value: c.part(s.source, s.source.Root())})
	}
	n, _ := c.compose(tree.NewObject(tree.Member{Key: "properties", Value: tree.NewObject(parts...)}), 1<<20)
	want := `{"properties":{"p0":{"$ref":"#/$defs/X"},"p1":{"$ref":"#/$defs/X_2"},"p2":{"$ref":"#/$defs/X"}},` +
		`"$defs":{"X":{"type":"string"},"X_2":{"$ref":"#/$defs/Y"},"Y":{"type":"integer"}}}`
	if diff := cmp.Diff(want, string(n.JSON())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNewSchema(t *testing.T) {
	for _, bad := range []string{``, `[]`, `"x"`, `{"$ref":"#/$defs/A"}`, `{"$ref":"https://example.com/s.json"}`, `{"$defs":{"A":{"$ref":"#/A"}}}`, `{"a":1,"a":2}`} {
		if _, err := NewSchema(json.RawMessage(bad)); err == nil {
			t.Errorf("NewSchema(%s): no error", bad)
		}
	}
	raw, err := schemaOf(t, `{"$schema":"x","type":"string","$defs":{"A":{}}}`).JSON()
	if err != nil || string(raw) != `{"type":"string"}` {
		t.Errorf("JSON = %s, %v", raw, err)
	}
	if raw, err := (Schema{}).JSON(); err != nil || string(raw) != `{}` {
		t.Errorf("JSON of the zero Schema = %s, %v", raw, err)
	}
}

// A short document must not make checking arguments exponential.
func TestValidatorRefusesExplosion(t *testing.T) {
	var defs []string
	for i := range 40 {
		defs = append(defs, fmt.Sprintf(`"D%d":{"allOf":[{"$ref":"#/$defs/D%d"},{"$ref":"#/$defs/D%d"}]}`, i, i+1, i+1))
	}
	doc := `{"$ref":"#/$defs/D0","$defs":{` + strings.Join(defs, ",") + `,"D40":{"type":"string"}}}`
	n, err := tree.ParseJSON([]byte(doc), tree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newValidator(n); err == nil {
		t.Error("no error for 2^40 schemas on one value")
	}
}

func TestValidateExplains(t *testing.T) {
	schema := `{"type":"object","properties":{
		"id":{"type":"integer"},"status":{"enum":["open","closed"]},"tags":{"type":"array","items":{"type":"string","maxLength":3}},
		"big":{"type":"integer","maximum":9007199254740993},"re":{"type":"string","pattern":"^(?!x)"}},
		"required":["id"],"additionalProperties":false}`
	n, err := tree.ParseJSON([]byte(schema), tree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := newValidator(n)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ args, want string }{
		{`{"id":1}`, ""},
		{`{"id":1.0}`, ""},
		{`{"id":1,"big":9007199254740993}`, ""},
		{`{"id":1,"big":9007199254740994}`, `argument "big"`},
		{`{}`, `missing argument "id"`},
		{`{"id":"1"}`, `argument "id": is string, must be integer`},
		{`{"id":1,"status":"x"}`, `argument "status": must be one of "open", "closed"`},
		{`{"id":1,"tags":["abc","abcd"]}`, `argument "tags" at /1: `},
		{`{"id":1,"x":1,"y":2}`, `unknown arguments "x", "y"`},
		{`{"id":1,"statsu":"open"}`, `unknown argument "statsu"; did you mean "status"?`},
		{`{"id":1,"zebra":"open"}`, `unknown argument "zebra"` + "\x00"},
		{`{"id":1,"re":"x"}`, ""}, // RE2 has no look-ahead: the API decides
	}
	for _, tt := range tests {
		args, err := tree.ParseJSON([]byte(tt.args), tree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		err = v.validate(args)
		if got := fmt.Sprint(err) + "\x00"; (tt.want == "") != (err == nil) || err != nil && !strings.Contains(got, tt.want) {
			t.Errorf("%s: %v, want %q", tt.args, err, tt.want)
		}
	}
}

// Arguments that fit several alternatives are admitted, but those that must not fit just
// one are not refused for fitting two.
func TestOverlapping(t *testing.T) {
	two := `{"oneOf":[{"minimum":1},{"minimum":2}]}`
	for schema, want := range map[string]bool{
		two:                                 true,
		`{"not":` + two + `}`:               true,
		`{"if":` + two + `,"then":false}`:   true,
		`{"not":{"anyOf":[{"minimum":1}]}}`: false,
		`{"allOf":[{"$ref":"#/$defs/t"}],"$defs":{"t":` + two + `}}`: true,
	} {
		v, err := newValidator(overlapping(parsed(t, schema)))
		if err != nil {
			t.Fatal(err)
		}
		if err := v.validate(parsed(t, "3")); (err == nil) != want {
			t.Errorf("%s: %v", schema, err)
		}
	}
}
