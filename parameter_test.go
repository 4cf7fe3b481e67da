package mcpmount

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// parseValue returns the value written in JSON.
func parseValue(t testing.TB, json string) *tree.Node {
	t.Helper()
	v, err := tree.ParseJSON([]byte(json), tree.Limits{})
	if err != nil {
		t.Fatalf("parse %s: %v", json, err)
	}
	return v
}

// parameterArguments returns an argument for each of params, under the name of
// the parameter.
func parameterArguments(params []Parameter) []argument {
	var args []argument
	for i := range params {
		args = append(args, argument{name: params[i].Name, place: placeParameter, param: &params[i]})
	}
	return args
}

// buildParameters builds the request of an operation without a body.
func buildParameters(t testing.TB, path string, params []Parameter, values string) (*http.Request, error) {
	t.Helper()
	op := &Operation{Method: "GET", Path: path, Parameters: params}
	p, err := newRequestPlan(op, parameterArguments(params), nil)
	if err != nil {
		t.Fatalf("newRequestPlan: %v", err)
	}
	return p.build(t.Context(), "", parseValue(t, values))
}

// The values of OpenAPI 3.2, "Style Examples", in every style and place. An
// empty want is a parameter that is not sent.
func TestStyles(t *testing.T) {
	const (
		blue   = `"blue"`
		colors = `["blue","black","brown"]`
		rgb    = `{"R":100,"G":200,"B":150}`
	)
	tests := []struct {
		in, style string
		explode   bool
		value     string
		want      string
	}{
		{InPath, "matrix", false, blue, ";color=blue"},
		{InPath, "matrix", false, colors, ";color=blue,black,brown"},
		{InPath, "matrix", false, rgb, ";color=R,100,G,200,B,150"},
		{InPath, "matrix", true, blue, ";color=blue"},
		{InPath, "matrix", true, colors, ";color=blue;color=black;color=brown"},
		{InPath, "matrix", true, rgb, ";R=100;G=200;B=150"},
		{InPath, "label", false, blue, ".blue"},
		{InPath, "label", false, colors, ".blue,black,brown"},
		{InPath, "label", false, rgb, ".R,100,G,200,B,150"},
		{InPath, "label", true, blue, ".blue"},
		{InPath, "label", true, colors, ".blue.black.brown"},
		{InPath, "label", true, rgb, ".R=100.G=200.B=150"},
		{InPath, "simple", false, blue, "blue"},
		{InPath, "simple", false, colors, "blue,black,brown"},
		{InPath, "simple", false, rgb, "R,100,G,200,B,150"},
		{InPath, "simple", true, blue, "blue"},
		{InPath, "simple", true, colors, "blue,black,brown"},
		{InPath, "simple", true, rgb, "R=100,G=200,B=150"},
		{InPath, "", false, rgb, "R,100,G,200,B,150"},
		{InPath, "form", false, colors, "blue,black,brown"}, // not a style of a path

		{InHeader, "simple", false, blue, "blue"},
		{InHeader, "simple", false, colors, "blue,black,brown"},
		{InHeader, "simple", false, rgb, "R,100,G,200,B,150"},
		{InHeader, "simple", true, blue, "blue"},
		{InHeader, "simple", true, colors, "blue,black,brown"},
		{InHeader, "simple", true, rgb, "R=100,G=200,B=150"},
		{InHeader, "", false, colors, "blue,black,brown"},
		{InHeader, "", false, `[]`, ""},
		{InHeader, "", false, `{}`, ""},
		{InHeader, "", false, `null`, ""},

		{InQuery, "form", false, `""`, "color="},
		{InQuery, "form", false, blue, "color=blue"},
		{InQuery, "form", false, colors, "color=blue,black,brown"},
		{InQuery, "form", false, rgb, "color=R,100,G,200,B,150"},
		{InQuery, "form", true, `""`, "color="},
		{InQuery, "form", true, blue, "color=blue"},
		{InQuery, "form", true, colors, "color=blue&color=black&color=brown"},
		{InQuery, "form", true, rgb, "R=100&G=200&B=150"},
		{InQuery, "spaceDelimited", false, colors, "color=blue%20black%20brown"},
		{InQuery, "spaceDelimited", false, rgb, "color=R%20100%20G%20200%20B%20150"},
		{InQuery, "pipeDelimited", false, colors, "color=blue%7Cblack%7Cbrown"},
		{InQuery, "pipeDelimited", false, rgb, "color=R%7C100%7CG%7C200%7CB%7C150"},
		{InQuery, "tabDelimited", false, colors, "color=blue%09black%09brown"}, // tsv of Swagger 2.0
		{InQuery, "deepObject", true, rgb, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"},
		{InQuery, "deepObject", false, rgb, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"},
		// n/a in the specification: what is left to send.
		{InQuery, "spaceDelimited", false, blue, "color=blue"},
		{InQuery, "spaceDelimited", true, colors, "color=blue&color=black&color=brown"},
		{InQuery, "pipeDelimited", true, colors, "color=blue&color=black&color=brown"},
		{InQuery, "pipeDelimited", true, rgb, "R=100&G=200&B=150"},
		{InQuery, "deepObject", true, blue, "color=blue"},
		{InQuery, "deepObject", true, colors, "color%5B%5D=blue&color%5B%5D=black&color%5B%5D=brown"},
		{InQuery, "simple", true, colors, "color=blue&color=black&color=brown"}, // not a style of a query
		{InQuery, "", false, colors, "color=blue&color=black&color=brown"},      // without a style, explode is not read

		{InCookie, "form", false, `""`, "color="},
		{InCookie, "form", false, blue, "color=blue"},
		{InCookie, "form", false, colors, "color=blue,black,brown"},
		{InCookie, "form", false, rgb, "color=R,100,G,200,B,150"},
		// Several cookies of one name: most servers read one of them.
		{InCookie, "form", true, colors, "color=blue; color=black; color=brown"},
		{InCookie, "form", true, rgb, "R=100; G=200; B=150"},
		{InCookie, "cookie", false, blue, "color=blue"},
		{InCookie, "cookie", true, colors, "color=blue; color=black; color=brown"},
		{InCookie, "cookie", true, rgb, "R=100; G=200; B=150"},
	}
	for _, tt := range tests {
		name := strings.Join([]string{tt.in, tt.style, map[bool]string{true: "explode", false: "together"}[tt.explode], tt.value}, " ")
		t.Run(name, func(t *testing.T) {
			path := "/p"
			if tt.in == InPath {
				path = "/{color}"
			}
			r, err := buildParameters(t, path, []Parameter{{Name: "color", In: tt.in, Style: tt.style, Explode: tt.explode}}, `{"color":`+tt.value+`}`)
			if err != nil {
				t.Fatal(err)
			}
			if got := written(r, tt.in); got != tt.want {
				t.Errorf("%s = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

// written returns what the request has in the place of parameters.
func written(r *http.Request, in string) string {
	switch in {
	case InPath:
		return strings.TrimPrefix(r.URL.EscapedPath(), "/")
	case InHeader:
		return strings.Join(r.Header["Color"], "\n")
	case InCookie:
		return strings.Join(r.Header["Cookie"], "\n")
	}
	return r.URL.RawQuery
}

func TestQueryValues(t *testing.T) {
	form := func(explode bool) Parameter {
		return Parameter{Name: "v", In: InQuery, Style: "form", Explode: explode}
	}
	styled := func(style string) Parameter { return Parameter{Name: "v", In: InQuery, Style: style} }
	deep := Parameter{Name: "filter", In: InQuery, Style: "deepObject", Explode: true}
	reserved := Parameter{Name: "v", In: InQuery, Style: "form", AllowReserved: true}
	tests := []struct {
		name   string
		param  Parameter
		values string
		want   string
	}{
		{"hello world", form(true), `{"v":["hello","world"]}`, "v=hello&v=world"},
		{"explode unset", Parameter{Name: "v", In: InQuery}, `{"v":["hello","world"]}`, "v=hello&v=world"},
		{"joined", form(false), `{"v":["hello","world"]}`, "v=hello,world"},
		{"numbers joined", form(false), `{"v":[1,2,3]}`, "v=1,2,3"},
		{"pipes", styled("pipeDelimited"), `{"v":["1","2","3"]}`, "v=1%7C2%7C3"},
		{"spaces", styled("spaceDelimited"), `{"v":["1","2","3"]}`, "v=1%202%203"},
		{"booleans", form(false), `{"v":[true,false]}`, "v=true,false"},
		{"empty array", form(false), `{"v":[]}`, ""},
		{"empty array exploded", form(true), `{"v":[]}`, ""},
		{"empty object", form(false), `{"v":{}}`, ""},
		{"empty object exploded", form(true), `{"v":{}}`, ""},
		{"empty deepObject", deep, `{"filter":{}}`, ""},
		{"scalar not exploded", form(false), `{"v":"foo"}`, "v=foo"},
		{"object joined", form(false), `{"v":{"R":100,"G":200,"B":150}}`, "v=R,100,G,200,B,150"},
		{"object exploded", form(true), `{"v":{"category":"electronics","active":false}}`, "category=electronics&active=false"},
		// A space is %20, which every server reads; the leading system writes '+'.
		{"deepObject escaped", deep, `{"filter":{"eq":"foo/bar","display name":"active & ready"}}`,
			"filter%5Beq%5D=foo%2Fbar&filter%5Bdisplay%20name%5D=active%20%26%20ready"},

		{"int64", form(true), `{"v":9007199254740993}`, "v=9007199254740993"},
		{"beyond int64", form(true), `{"v":123456789012345678901234567890}`, "v=123456789012345678901234567890"},
		{"literal number", form(true), `{"v":1.10}`, "v=1.10"},
		{"boolean", form(true), `{"v":true}`, "v=true"},
		{"null", form(true), `{"v":null}`, ""},
		{"absent", form(true), `{}`, ""},
		{"null in array", form(false), `{"v":["a",null,"b"]}`, "v=a,b"},
		{"only null in array", form(true), `{"v":[null]}`, ""},
		{"null in object", form(true), `{"v":{"a":null,"b":1}}`, "b=1"},
		{"empty", form(true), `{"v":""}`, "v="},
		{"allowEmptyValue", Parameter{Name: "v", In: InQuery, Style: "form", AllowEmptyValue: true}, `{"v":""}`, "v="},
		{"array of empty", form(true), `{"v":["",""]}`, "v=&v="},
		{"comma in a list", form(false), `{"v":["a,b","c"]}`, "v=a%2Cb,c"},
		{"comma alone", form(true), `{"v":"a,b"}`, "v=a%2Cb"},
		{"unicode", form(true), `{"v":"é✓"}`, "v=%C3%A9%E2%9C%93"},
		{"controls", form(true), `{"v":"a\u0000\n"}`, "v=a%00%0A"},
		{"injection", form(true), `{"v":"a&admin=1#x"}`, "v=a%26admin%3D1%23x"},
		{"percent is text", form(true), `{"v":"100%25"}`, "v=100%2525"},
		{"object in array", form(true), `{"v":[{"a":1},[2]]}`, "v=%7B%22a%22%3A1%7D&v=%5B2%5D"},
		{"key escaped", form(true), `{"v":{"a&b":"1"}}`, "a%26b=1"},
		{"own name as key", form(true), `{"v":{"v":"1"}}`, "v=1"},
		{"name escaped", Parameter{Name: "ids[]", In: InQuery, Style: "form", Explode: true}, `{"ids[]":[1,2]}`, "ids%5B%5D=1&ids%5B%5D=2"},
		{"name unicode", Parameter{Name: "❤️", In: InQuery, Style: "form"}, `{"❤️":"love!"}`, "%E2%9D%A4%EF%B8%8F=love%21"},
		{"dollar name", Parameter{Name: "$top", In: InQuery}, `{"$top":5}`, "%24top=5"},

		{"reserved", reserved, `{"v":":/?@!$'()*,="}`, "v=:/?@!$'()*,="},
		{"reserved that ends", reserved, `{"v":"&#+%;[] "}`, "v=%26%23%2B%25%3B%5B%5D%20"},
		{"reserved keeps no escape", reserved, `{"v":"%41"}`, "v=%2541"},
		{"reserved list", reserved, `{"v":["a/b,c","d"]}`, "v=a/b%2Cc,d"},

		{"deepObject nested", deep, `{"filter":{"a":{"b":1,"c":{"d":"x"}}}}`, "filter%5Ba%5D%5Bb%5D=1&filter%5Ba%5D%5Bc%5D%5Bd%5D=x"},
		{"deepObject array", deep, `{"filter":{"a":["x","y"]}}`, "filter%5Ba%5D%5B%5D=x&filter%5Ba%5D%5B%5D=y"},
		{"deepObject array of objects", deep, `{"filter":{"a":[{"b":1},{"b":2}]}}`, "filter%5Ba%5D%5B0%5D%5Bb%5D=1&filter%5Ba%5D%5B1%5D%5Bb%5D=2"},
		{"deepObject null", deep, `{"filter":{"a":null,"b":1}}`, "filter%5Bb%5D=1"},

		{"content JSON", Parameter{Name: "v", In: InQuery, MediaType: "application/json"}, `{"v":{"lat":40.6,"long":-73.9}}`, "v=%7B%22lat%22%3A40.6%2C%22long%22%3A-73.9%7D"},
		{"content JSON string", Parameter{Name: "v", In: InQuery, MediaType: "application/json; charset=utf-8"}, `{"v":"a"}`, "v=%22a%22"},
		{"content text", Parameter{Name: "v", In: InQuery, MediaType: "text/plain"}, `{"v":"a b"}`, "v=a%20b"},
		{"content null", Parameter{Name: "v", In: InQuery, MediaType: "application/json"}, `{"v":null}`, ""},

		{"querystring form", Parameter{Name: "v", In: "querystring", MediaType: "application/x-www-form-urlencoded"}, `{"v":{"foo":"a + b","bar":true}}`, "foo=a+%2B+b&bar=true"},
		{"querystring JSON", Parameter{Name: "v", In: "querystring", MediaType: "application/json"}, `{"v":{"numbers":[1,2],"flag":null}}`, "%7B%22numbers%22%3A%5B1%2C2%5D%2C%22flag%22%3Anull%7D"},
		{"querystring text", Parameter{Name: "v", In: "querystring", MediaType: "application/jsonpath"}, `{"v":"$.a.b[1:1]"}`, "%24.a.b%5B1%3A1%5D"},
		{"querystring absent", Parameter{Name: "v", In: "querystring", MediaType: "application/json"}, `{}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := buildParameters(t, "/p", []Parameter{tt.param}, tt.values)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.URL.RawQuery; got != tt.want {
				t.Errorf("RawQuery = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPathEscapes(t *testing.T) {
	tests := []struct {
		name, style string
		explode     bool
		value, want string
	}{
		{"dots stay", "simple", false, `"v1.2.3"`, "v1.2.3"},
		{"dots in an exploded label list", "label", true, `["1.0","2"]`, ".1%2E0.2"},
		{"dots in a lone label", "label", true, `"1.0"`, ".1.0"},
		{"comma in a list", "simple", false, `["a,b","c"]`, "a%2Cb,c"},
		{"equals in an object", "simple", true, `{"a=b":"c=d"}`, "a%3Db=c%3Dd"},
		{"semicolon in matrix", "matrix", true, `["a;b","c"]`, ";color=a%3Bb;color=c"},
		{"null items", "simple", false, `["a",null]`, "a"},
		{"colon cannot choose a custom method", "simple", false, `"a:cancel"`, "a%3Acancel"},
		{"at sign", "simple", false, `"me@example.com"`, "me%40example.com"},
		{"question and fragment", "simple", false, `"foo?bar=baz#frag"`, "foo%3Fbar%3Dbaz%23frag"},
		{"unicode", "simple", false, `"diṅnāga"`, "di%E1%B9%85n%C4%81ga"},
		{"int64", "simple", false, `9007199254740993`, "9007199254740993"},
		{"booleans", "simple", false, `[true,false]`, "true,false"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			params := []Parameter{{Name: "color", In: InPath, Style: tt.style, Explode: tt.explode, AllowReserved: true}}
			r, err := buildParameters(t, "/{color}", params, `{"color":`+tt.value+`}`)
			if err != nil {
				t.Fatal(err)
			}
			if got := written(r, InPath); got != tt.want {
				t.Errorf("path = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRefusedParameters(t *testing.T) {
	query := func(name, style string, explode bool) Parameter {
		return Parameter{Name: name, In: InQuery, Style: style, Explode: explode}
	}
	tests := []struct {
		name   string
		params []Parameter
		values string
		want   string
	}{
		{"space in a list", []Parameter{query("v", "spaceDelimited", false)}, `{"v":["a b"]}`,
			`argument "v" must not contain any of " " here: they separate values`},
		{"pipe in a list", []Parameter{query("v", "pipeDelimited", false)}, `{"v":["a|b"]}`,
			`argument "v" must not contain any of "|" here: they separate values`},
		{"pipe in a key", []Parameter{query("v", "pipeDelimited", false)}, `{"v":{"a|b":1}}`,
			`argument "v" member "a|b" must not contain any of "|" here: they separate values`},
		{"tab in a list", []Parameter{query("v", "tabDelimited", false)}, `{"v":["a\tb"]}`,
			`argument "v" must not contain any of "\t" here: they separate values`},
		{"bracket in a key", []Parameter{query("v", "deepObject", true)}, `{"v":{"a][b":1}}`,
			`argument "v" member "a][b" must not contain any of "[]" here: they separate values`},
		{"key of another parameter", []Parameter{query("filter", "form", true), query("limit", "form", true)}, `{"filter":{"limit":100}}`,
			`argument "filter" member "limit" is another parameter of the operation; give it in its own argument`},
		{"key of another parameter, escaped", []Parameter{query("filter", "form", true), query("a b", "form", true)}, `{"filter":{"a b":100}}`,
			`argument "filter" member "a b" is another parameter of the operation; give it in its own argument`},
		{"key of two objects", []Parameter{query("a", "form", true), query("b", "form", true)}, `{"a":{"x":1},"b":{"y":2,"x":3}}`,
			`argument "b" member "x" is given by another argument too; give it once`},
		{"deepObject as another parameter", []Parameter{query("f", "deepObject", true), query("f[a]", "form", true)}, `{"f":{"a":1}}`,
			`argument "f" member "a" is another parameter of the operation; give it in its own argument`},
		{"element of another parameter", []Parameter{query("filter", "form", true), query("ids", "form", true)}, `{"filter":{"ids[]":1}}`,
			`argument "filter" member "ids[]" is another parameter of the operation; give it in its own argument`},
		{"element of two objects", []Parameter{query("a", "form", true), query("b", "form", true)}, `{"a":{"x":1},"b":{"x[]":3}}`,
			`argument "b" member "x[]" is given by another argument too; give it once`},
		{"querystring that is no object", []Parameter{{Name: "v", In: "querystring", MediaType: "application/x-www-form-urlencoded"}}, `{"v":"a=b"}`,
			`argument "v" must be an object: its members are the fields of the form`},
		{"deepObject too deep", []Parameter{query("v", "deepObject", true)}, `{"v":` + strings.Repeat(`[`, 40) + `1` + strings.Repeat(`]`, 40) + `}`,
			`argument "v" is nested more than 32 levels deep`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := buildParameters(t, "/p", tt.params, tt.values)
			if _, ok := err.(*argumentError); !ok || err.Error() != tt.want {
				t.Errorf("error = %v, want *argumentError %q", err, tt.want)
			}
		})
	}
}

// The two values of an exploded object and a parameter are sent when they are
// not the same key.
func TestExplodedObjectBesideParameters(t *testing.T) {
	params := []Parameter{{Name: "page", In: InQuery}, {Name: "filter", In: InQuery}, {Name: "more", In: InQuery}}
	r, err := buildParameters(t, "/p", params, `{"more":{"b":2},"filter":{"a":1},"page":7}`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.URL.RawQuery, "page=7&a=1&b=2"; got != want {
		t.Errorf("RawQuery = %q, want %q", got, want)
	}
}
