package mcpmount

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// destination writes where an argument goes: "name → query limit".
func destination(a argument) string {
	switch a.place {
	case placeParameter:
		return a.name + " → " + a.param.In + " " + a.param.Name
	case placeProperty:
		return a.name + " → property " + a.property
	default:
		return a.name + " → body"
	}
}

func TestInput(t *testing.T) {
	str := schemaOf(t, `{"type":"string"}`)
	param := func(name, in string, required bool) Parameter {
		return Parameter{Name: name, In: in, Required: required, Schema: str}
	}
	body := func(required bool, schema string) *RequestBody {
		return &RequestBody{Required: required, Content: []MediaType{{Type: "application/json", Schema: schemaOf(t, schema)}}}
	}
	tests := []struct {
		name         string
		op           Operation
		destinations []string
		schema       string
	}{
		{
			name:         "nothing",
			destinations: nil,
			schema:       `{"type":"object","properties":{},"additionalProperties":false}`,
		},
		{
			name: "five inputs called id",
			op: Operation{
				Parameters:  []Parameter{param("id", InPath, true), param("id", InQuery, false), param("id", InHeader, false), param("id", InCookie, false)},
				RequestBody: body(true, `{"type":"object","properties":{"id":{"type":"integer"}}}`),
			},
			destinations: []string{"id__path → path id", "id__query → query id", "id__header → header id", "id__cookie → cookie id", "id → property id"},
			schema: `{"type":"object","properties":{"id__path":{"type":"string","pattern":"^[^\\x00-\\x1f/\\x7f-\\x9f\\\\]+$","description":"(path parameter)"},"id__query":{"type":"string","description":"(query parameter)"},` +
				`"id__header":{"type":"string","pattern":"^[ -~]*$","description":"(header parameter)"},"id__cookie":{"type":"string","description":"(cookie parameter)"},"id":{"type":"integer"}},` +
				`"required":["id__path"],"additionalProperties":false}`,
		},
		{
			name:         "parameters collide without a body",
			op:           Operation{Parameters: []Parameter{param("id", InPath, true), param("id", InQuery, false), param("x", InQuery, true)}},
			destinations: []string{"id__path → path id", "id__query → query id", "x → query x"},
		},
		{
			name: "a property is called like a suffixed parameter",
			op: Operation{
				Parameters:  []Parameter{param("id", InPath, true)},
				RequestBody: body(true, `{"type":"object","properties":{"id":{},"id__path":{}}}`),
			},
			destinations: []string{"id__path_2 → path id", "id → property id", "id__path → property id__path"},
		},
		{
			name:         "names that clients refuse",
			op:           Operation{Parameters: []Parameter{param("filter[name]", InQuery, false), param("$top", InQuery, false), param("фильтр", InQuery, false)}},
			destinations: []string{"filter_name → query filter[name]", "top → query $top", "arg → query фильтр"},
		},
		{
			name:         "names that become alike",
			op:           Operation{Parameters: []Parameter{param("a[b]", InQuery, false), param("a.b", InQuery, false), param("a_b", InQuery, false)}},
			destinations: []string{"a_b__query → query a[b]", "a.b → query a.b", "a_b__query_2 → query a_b"},
		},
		{
			name:         "headers that are not for a model",
			op:           Operation{Parameters: []Parameter{param("X-Request-Kind", InHeader, false), param("Authorization", InHeader, true), param("Host", InHeader, true), param("Mcp-Session-Id", InHeader, false)}},
			destinations: []string{"X-Request-Kind → header X-Request-Kind"},
		},
		{
			name:         "allOf is a list of properties too",
			op:           Operation{RequestBody: body(true, `{"allOf":[{"$ref":"#/$defs/A"},{"properties":{"b":{"type":"string"},"a":{"maxLength":3}},"required":["b"]}],"$defs":{"A":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}}}`)},
			destinations: []string{"a → property a", "b → property b"},
			schema:       `{"type":"object","properties":{"a":{"allOf":[{"type":"string"},{"maxLength":3}]},"b":{"type":"string"}},"required":["a","b"],"additionalProperties":false}`,
		},
		{
			name:         "alternatives stay one argument",
			op:           Operation{RequestBody: body(true, `{"type":"object","properties":{"a":{}},"oneOf":[{"required":["a"]}]}`)},
			destinations: []string{"body → body"},
		},
		{
			name:         "a map stays one argument",
			op:           Operation{RequestBody: body(false, `{"type":"object","additionalProperties":{"type":"string"}}`)},
			destinations: []string{"body → body"},
			schema:       `{"type":"object","properties":{"body":{"type":"object","additionalProperties":{"type":"string"}}},"additionalProperties":false}`,
		},
		{
			name:         "an array is one argument",
			op:           Operation{RequestBody: body(true, `{"type":"array","title":"Values","items":{"type":"string"}}`), Parameters: []Parameter{param("body", InQuery, false)}},
			destinations: []string{"body__query → query body", "body → body"},
		},
		{
			name:         "properties of an optional body are optional",
			op:           Operation{RequestBody: body(false, `{"type":"object","properties":{"a":{},"b":{}},"required":["a"]}`)},
			destinations: []string{"a → property a", "b → property b"},
			schema:       `{"type":"object","properties":{"a":{},"b":{}},"dependentRequired":{"b":["a"]},"additionalProperties":false}`,
		},
		{
			name: "a number of properties",
			op: Operation{
				Parameters:  []Parameter{param("id", InPath, true)},
				RequestBody: body(true, `{"type":"object","properties":{"a":{},"b":{},"c":{}},"minProperties":1,"maxProperties":2}`),
			},
			destinations: []string{"id → path id", "a → property a", "b → property b", "c → property c"},
			schema: `{"type":"object","properties":{"id":{"type":"string","pattern":"^[^\\x00-\\x1f/\\x7f-\\x9f\\\\]+$"},"a":{},"b":{},"c":{}},"required":["id"],` +
				`"minProperties":2,"maxProperties":3,"additionalProperties":false}`,
		},
		{
			name: "a number of properties beside an optional parameter",
			op: Operation{
				Parameters:  []Parameter{param("q", InQuery, false)},
				RequestBody: body(true, `{"type":"object","properties":{"a":{},"b":{}},"minProperties":1}`),
			},
			destinations: []string{"q → query q", "body → body"},
		},
		{
			name:         "a number of properties that is reached anyway",
			op:           Operation{RequestBody: body(false, `{"type":"object","properties":{"a":{},"b":{}},"minProperties":1,"maxProperties":2}`)},
			destinations: []string{"a → property a", "b → property b"},
			schema:       `{"type":"object","properties":{"a":{},"b":{}},"additionalProperties":false}`,
		},
		{
			name:         "what the API sets is not an argument",
			op:           Operation{RequestBody: body(true, `{"type":"object","properties":{"id":{"type":"string","readOnly":true},"name":{"type":"string"}},"required":["id","name"]}`)},
			destinations: []string{"name → property name"},
			schema:       `{"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false}`,
		},
		{
			name:         "what is required and not described is an argument",
			op:           Operation{RequestBody: body(true, `{"type":"object","properties":{"a":{"type":"string"}},"required":["b","a"]}`)},
			destinations: []string{"a → property a", "b → property b"},
			schema:       `{"type":"object","properties":{"a":{"type":"string"},"b":{}},"required":["a","b"],"additionalProperties":false}`,
		},
		{
			name: "descriptions, deprecation and examples reach the schema",
			op: Operation{Parameters: []Parameter{{
				Name: "q", In: InQuery, Description: "What to look for.", Deprecated: true, Schema: str, Example: []byte(`"shoes"`),
			}}},
			destinations: []string{"q → query q"},
			schema:       `{"type":"object","properties":{"q":{"type":"string","description":"What to look for. Deprecated.","examples":["shoes"]}},"additionalProperties":false}`,
		},
		{
			name: "the text of a body that is several arguments",
			op: Operation{RequestBody: &RequestBody{Required: true, Description: "What is left out is deleted.\n",
				Content: []MediaType{{Type: "application/json", Schema: schemaOf(t, `{"type":"object","properties":{"a":{"type":"string"}}}`)}}}},
			destinations: []string{"a → property a"},
			schema:       `{"type":"object","description":"What is left out is deleted.","properties":{"a":{"type":"string"}},"additionalProperties":false}`,
		},
		{
			name: "the text of a body that the operation has",
			op: Operation{Summary: "Add a pet", RequestBody: &RequestBody{Required: true, Description: "a pet",
				Content: []MediaType{{Type: "application/json", Schema: schemaOf(t, `{"type":"object","properties":{"a":{"type":"string"}}}`)}}}},
			destinations: []string{"a → property a"},
			schema:       `{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}`,
		},
		{
			name:         "a recursive body",
			op:           Operation{RequestBody: body(true, `{"$ref":"#/$defs/Node","$defs":{"Node":{"type":"object","properties":{"next":{"$ref":"#/$defs/Node"}}}}}`)},
			destinations: []string{"next → property next"},
			schema:       `{"type":"object","properties":{"next":{"$ref":"#/$defs/Node"}},"additionalProperties":false,"$defs":{"Node":{"type":"object","properties":{"next":{"$ref":"#/$defs/Node"}}}}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := &toolMaker{doc: &Document{}}
			in, err := newInput(&tt.op, m.owned(&tt.op), newFragments(1), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range in.arguments {
				got = append(got, destination(a))
			}
			if diff := cmp.Diff(tt.destinations, got); diff != "" {
				t.Errorf("destinations (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.schema, string(in.schema.JSON())); tt.schema != "" && diff != "" {
				t.Errorf("schema (-want +got):\n%s", diff)
			}
			if _, err := newValidator(in.schema); err != nil {
				t.Errorf("the schema does not compile: %v", err)
			}
		})
	}
}

// In a schema that is too large, texts deep inside go first: a model has to know what
// the arguments are.
func TestInputThatIsTooLargeExplainsArguments(t *testing.T) {
	long := strings.Repeat("It is long. ", 40)
	op := &Operation{
		Parameters: []Parameter{{Name: "namespace", In: InPath, Required: true, Description: "The team's own.", Schema: schemaOf(t, `{"type":"string","format":"name"}`)}},
		RequestBody: &RequestBody{Required: true, Content: []MediaType{{Type: "application/json", Schema: schemaOf(t, `{"type":"object","properties":{
			"spec":{"$ref":"#/$defs/Spec"},"kind":{"type":"string","description":"What it is."}},
			"$defs":{"Spec":{"type":"object","description":"`+long+`","properties":{"image":{"type":"string","description":"`+long+`"}}}}}`)}}},
	}
	in, err := newInput(op, func(*Parameter) bool { return false }, newFragments(1), 900)
	if err != nil || !in.cut {
		t.Fatal(err, in.cut)
	}
	want := `{"type":"object","properties":{"namespace":{"type":"string","format":"name","minLength":1,"description":"The team's own."},` +
		`"spec":{"$ref":"#/$defs/Spec","description":"` + long[:terseDescription-4] + ` …"},"kind":{"type":"string","description":"What it is."}},` +
		`"required":["namespace"],"additionalProperties":false,"$defs":{"Spec":{"type":"object","properties":{"image":{"type":"string"}}}}}`
	if diff := cmp.Diff(want, string(in.schema.JSON())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A parameter that carries a credential is not for a model to set.
func TestInputLeavesOutCredentials(t *testing.T) {
	str := schemaOf(t, `{"type":"string"}`)
	m := &toolMaker{doc: &Document{SecuritySchemes: map[string]SecurityScheme{
		"key": {Type: "apiKey", In: InHeader, Name: "X-Api-Key"}, "sid": {Type: "apiKey", In: InCookie, Name: "sid"},
	}}}
	op := &Operation{
		Parameters: []Parameter{
			{Name: "x-api-key", In: InHeader, Schema: str}, {Name: "sid", In: InCookie, Schema: str}, {Name: "sid", In: InQuery, Schema: str},
		},
		Security: []SecurityRequirement{{"key": nil}, {"sid": nil}},
	}
	in, err := newInput(op, m.owned(op), newFragments(1), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if len(in.arguments) != 1 || in.arguments[0].param.In != InQuery {
		t.Errorf("arguments %+v, want the query parameter only", in.arguments)
	}
}

// Nor can it be set as a member of an object.
func TestObjectsCannotSetCredentials(t *testing.T) {
	free := schemaOf(t, `{"type":"object"}`)
	op := Operation{Name: "op", Method: "GET", Path: "/x", Parameters: []Parameter{
		{Name: "filter", In: InQuery, Style: "form", Explode: true, Schema: free}, {Name: "prefs", In: InCookie, Style: "form", Explode: true, Schema: free},
	}}
	m := &toolMaker{doc: &Document{SecuritySchemes: map[string]SecurityScheme{
		"key": {Type: "apiKey", In: InQuery, Name: "api_key"}, "sid": {Type: "apiKey", In: InCookie, Name: "sid"},
	}}, opts: &Options{}, limits: Limits{}.withDefaults(), shared: newFragments(1)}
	tool, err := m.tool(&op, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for args, ok := range map[string]bool{
		`{"filter":{"a":"1"},"prefs":{"b":"2"}}`: true,
		`{"filter":{"api_key":"stolen"}}`:        false,
		`{"prefs":{"sid":"fixed"}}`:              false,
	} {
		values, err := tool.arguments([]byte(args))
		if err != nil {
			t.Fatal(err)
		}
		if r, err := tool.newRequest(t.Context(), values); (err == nil) != ok {
			t.Errorf("%s: %v, %v", args, r, err)
		}
	}
}

// What no path and no header can carry is not valid, and the error says why.
func TestUnsendableTexts(t *testing.T) {
	str := schemaOf(t, `{"type":"string"}`)
	op := Operation{Name: "op", Method: "GET", Path: "/x/{id}/{uuid}/{path}", Parameters: []Parameter{
		{Name: "id", In: InPath, Schema: str}, {Name: "path", In: InPath, Schema: schemaOf(t, `{"$ref":"#/$defs/Path","$defs":{"Path":{"type":"string"}}}`), MultiSegment: true}, {Name: "X-Note", In: InHeader, Schema: str},
		{Name: "uuid", In: InPath, Schema: schemaOf(t, `{"type":"string","format":"uuid"}`)},
		{Name: "q", In: InQuery, Schema: str},
		{Name: "tags", In: InQuery, Required: true, Schema: schemaOf(t, `{"type":"array"}`)},
	}}
	m := &toolMaker{doc: &Document{}, opts: &Options{}, limits: Limits{}.withDefaults(), shared: newFragments(1)}
	tool, err := m.tool(&op, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		`{"uuid":"3fa85f64-5717-4562-b3fc-2c963f66afa0","id":".a b;","tags":[1],"path":"a/b","X-Note":"","q":"é/\n"}`: "",
		`{"uuid":"3fa85f64-5717-4562-b3fc-2c963f66afa0","id":"","tags":[1],"path":"a"}`:                               `argument "id": must not be empty`,
		`{"uuid":"3fa85f64-5717-4562-b3fc-2c963f66afa0","id":"a","path":"a","tags":[]}`:                               `argument "tags": has 0 items, must have at least 1`,
		`{"uuid":"","id":"a","tags":[1],"path":"a"}`:                                                                  `argument "uuid": has 0 characters, must have at least 1`,
		`{"uuid":"3fa85f64-5717-4562-b3fc-2c963f66afa0","id":"a/b","tags":[1],"path":"a"}`:                            `it is one segment of the path`,
		`{"uuid":"3fa85f64-5717-4562-b3fc-2c963f66afa0","id":"a\u0000","tags":[1],"path":"a"}`:                        `control characters`,
		`{"uuid":"3fa85f64-5717-4562-b3fc-2c963f66afa0","id":"a","tags":[1],"path":"a\\b"}`:                           `it is part of the path`,
		`{"uuid":"3fa85f64-5717-4562-b3fc-2c963f66afa0","id":"a","tags":[1],"path":"a","X-Note":"é"}`:                 `argument "X-Note": must be ASCII`,
		`{"uuid":"3fa85f64-5717-4562-b3fc-2c963f66afa0","id":"a","tags":[1],"path":"a","X-Note":"a\nb"}`:              `a header cannot carry others`,
	} {
		_, err := tool.arguments([]byte(args))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

func TestArguments(t *testing.T) {
	op := Operation{
		Name: "op", Method: "POST", Path: "/x",
		Parameters: []Parameter{{Name: "filter[name]", In: InQuery, Schema: schemaOf(t, `{"type":"string"}`)}},
		RequestBody: &RequestBody{Content: []MediaType{{
			Type: "application/json", Schema: schemaOf(t, `{"type":"object","properties":{"a":{"type":"integer"},"b":{}},"required":["a"]}`),
		}}},
	}
	m := &toolMaker{doc: &Document{}, opts: &Options{}, limits: Limits{}.withDefaults(), shared: newFragments(1)}
	tool, err := m.tool(&op, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, args, want, err string }{
		{"none", ``, `{}`, ""},
		{"null", `null`, `{}`, ""},
		{"as in the schema", `{"filter_name":"x"}`, `{"filter_name":"x"}`, ""},
		{"as in the document", `{"filter[name]":"x"}`, `{"filter_name":"x"}`, ""},
		{"big numbers", `{"a":9007199254740993}`, `{"a":9007199254740993}`, ""},
		{"a part of an optional body", `{"b":1}`, ``, `missing argument "a": required when the body is sent`},
		{"unknown", `{"c":1}`, ``, `the arguments are "filter_name", "a", "b"`},
		{"twice", `{"a":1,"a":2}`, ``, `"a"`},
		{"not an object", `[1]`, ``, `JSON object`},
		{"too deep", `{"b":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, ``, `arguments: `},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tool.arguments([]byte(tt.args))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s := string(got.JSON()); s != tt.want {
				t.Errorf("arguments %s, want %s", s, tt.want)
			}
		})
	}
}
