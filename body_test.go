package mcpmount

import (
	"io"
	"net/http"
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// buildBody builds a request whose body is values, given whole.
func buildBody(t testing.TB, method string, b *RequestBody, value string) (*http.Request, error) {
	t.Helper()
	op := &Operation{Method: method, Path: "/", RequestBody: b}
	p, err := newRequestPlan(op, []argument{{name: "body", place: placeBody}}, chooseBody(b))
	if err != nil {
		t.Fatalf("newRequestPlan: %v", err)
	}
	values := `{"body":` + value + `}`
	if value == "" {
		values = `{}`
	}
	return p.build(t.Context(), "", parseValue(t, values))
}

func bodyOf(mediaTypes ...MediaType) *RequestBody { return &RequestBody{Content: mediaTypes} }

func TestWholeBody(t *testing.T) {
	tests := []struct {
		name, mediaType, value string
		wantType, want         string
	}{
		{"JSON object", "application/json", `{"name":"test"}`, "application/json", `{"name":"test"}`},
		{"JSON in order and exact", "application/json", `{"z":1.10,"a":9007199254740993,"n":null,"u":"é<&"}`, "application/json", `{"z":1.10,"a":9007199254740993,"n":null,"u":"é<&"}`},
		{"JSON string", "application/json", `"a"`, "application/json", `"a"`},
		{"JSON number", "application/json", `5`, "application/json", `5`},
		{"JSON false", "application/json", `false`, "application/json", `false`},
		{"JSON null", "application/json", `null`, "application/json", `null`},
		{"JSON array", "application/json", `[1,{"a":[]}]`, "application/json", `[1,{"a":[]}]`},
		{"JSON of nothing but null", "application/json", `{"a":null}`, "application/json", `{"a":null}`},
		{"free form", "application/json", `{"labels":{"a":"b"}}`, "application/json", `{"labels":{"a":"b"}}`},
		{"charset", "application/json; charset=utf-8", `{"a":1}`, "application/json; charset=utf-8", `{"a":1}`},
		{"JSON patch", "application/json-patch+json", `[{"op":"add","path":"/a","value":null}]`, "application/json-patch+json", `[{"op":"add","path":"/a","value":null}]`},
		{"JSON patch charset", "application/json-patch+json; charset=utf-8", `{"name":"x"}`, "application/json-patch+json; charset=utf-8", `{"name":"x"}`},
		{"merge patch", "application/merge-patch+json", `{"name":null}`, "application/merge-patch+json", `{"name":null}`},
		{"any", "*/*", `{"a":1}`, "application/json", `{"a":1}`},
		{"any application", "application/*", `[1]`, "application/json", `[1]`},
		{"text", "text/plain", `"Hello, World!"`, "text/plain", `Hello, World!`},
		{"text charset", "text/plain; charset=utf-8", `"é"`, "text/plain; charset=utf-8", `é`},
		{"text number", "text/plain", `1.50`, "text/plain", `1.50`},
		{"any text", "text/*", `"a"`, "text/plain", `a`},
		{"empty text", "text/plain", `""`, "text/plain", ``},
		{"XML", "application/xml", `"<a/>"`, "application/xml", `<a/>`},
		{"SOAP", "application/soap+xml; charset=utf-8", `"<a/>"`, "application/soap+xml; charset=utf-8", `<a/>`},
		{"YAML text", "application/yaml", `"a: 1"`, "application/yaml", `a: 1`},
		{"YAML value", "application/yaml", `{"a":1}`, "application/yaml", `{"a":1}`},
		{"GraphQL", "application/graphql", `"{me}"`, "application/graphql", `{me}`},
		{"lines", "application/x-ndjson", `[{"a":1},"b",[2]]`, "application/x-ndjson", "{\"a\":1}\n\"b\"\n[2]\n"},
		{"no lines", "application/jsonl", `[]`, "application/jsonl", ""},
		{"one line", "application/jsonl", `{"a":"x\ny"}`, "application/jsonl", "{\"a\":\"x\\ny\"}\n"},
		{"lines as text", "application/x-ndjson", `"{}\n{}\n"`, "application/x-ndjson", "{}\n{}\n"},
		{"sequence", "application/json-seq", `[1,{}]`, "application/json-seq", "\x1e1\n\x1e{}\n"},
		{"bytes", "application/octet-stream", `"AAEC/w=="`, "application/octet-stream", "\x00\x01\x02\xff"},
		{"bytes as text", "application/octet-stream", `"plain, text"`, "application/octet-stream", "plain, text"},
		{"image of its own type", "image/png", `{"base64":"iVBORw==","contentType":"image/jpeg"}`, "image/png", "\x89PNG"},
		{"image of any type", "image/*", `{"base64":"iVBORw==","contentType":"image/png"}`, "image/png", "\x89PNG"},
		{"image of a type outside", "image/*", `{"base64":"iVBORw==","contentType":"text/html"}`, "image/png", "\x89PNG"},
		{"image without a type", "image/*", `{"base64":"iVBORw=="}`, "image/png", "\x89PNG"},
		{"image that shows its type", "image/*", `{"text":"GIF89a"}`, "image/gif", "GIF89a"},
		{"form", "application/x-www-form-urlencoded", `{"username":"alice","password":"s e&c+r=et"}`, "application/x-www-form-urlencoded", "username=alice&password=s+e%26c%2Br%3Det"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := buildBody(t, "POST", bodyOf(MediaType{Type: tt.mediaType}), tt.value)
			if err != nil {
				t.Fatal(err)
			}
			content, _ := io.ReadAll(r.Body)
			if string(content) != tt.want {
				t.Errorf("body = %q, want %q", content, tt.want)
			}
			if got := r.Header.Get("Content-Type"); got != tt.wantType {
				t.Errorf("Content-Type = %q, want %q", got, tt.wantType)
			}
			if r.ContentLength != int64(len(tt.want)) {
				t.Errorf("ContentLength = %d, want %d", r.ContentLength, len(tt.want))
			}
		})
	}
}

// A range is a file if its schema says so, behind a reference as well.
func TestFileInRange(t *testing.T) {
	b := bodyOf(MediaType{Type: "*/*", Schema: schemaOf(t, `{"$ref":"#/$defs/F","$defs":{"F":{"type":"string","format":"binary"}}}`)})
	r, err := buildBody(t, "PUT", b, `"data:image/gif;base64,R0lG"`)
	if err != nil {
		t.Fatal(err)
	}
	content, _ := io.ReadAll(r.Body)
	if got, want := r.Header.Get("Content-Type")+" "+string(content), "image/gif GIF"; got != want {
		t.Errorf("body = %q, want %q", got, want)
	}
}

func TestBodyErrors(t *testing.T) {
	tests := []struct{ mediaType, value, want string }{
		{"application/xml", `{"a":1}`, `argument "body" must be a string with the whole text of the body (application/xml)`},
		{"text/csv; charset=utf-8", `[1]`, `argument "body" must be a string with the whole text of the body (text/csv)`},
		{"application/x-www-form-urlencoded", `"a=b"`, `argument "body" must be an object: its members are the fields of the form`},
		{"multipart/form-data", `"a"`, `argument "body" must be an object: its members are the parts of the body`},
		{"text/plain; charset=iso-8859-1", `"é"`, `argument "body" must be ASCII: the body is sent as text/plain; charset=iso-8859-1`},
		{"application/pdf", `{}`, `argument "body" must have either "text" or "base64", a string`},
	}
	for _, tt := range tests {
		_, err := buildBody(t, "POST", bodyOf(MediaType{Type: tt.mediaType}), tt.value)
		if _, ok := err.(*argumentError); !ok || err.Error() != tt.want {
			t.Errorf("%s %s: error = %v, want *argumentError %q", tt.mediaType, tt.value, err, tt.want)
		}
	}
}

// Bodies are sent with every method whose operation has one.
func TestBodyMethods(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "DELETE", "OPTIONS", "QUERY", "COPY"} {
		r, err := buildBody(t, method, bodyOf(MediaType{Type: "application/json"}), `{"ids":[1]}`)
		if err != nil {
			t.Errorf("%s: %v", method, err)
			continue
		}
		content, _ := io.ReadAll(received(t, r).Body)
		if got, want := string(content), `{"ids":[1]}`; got != want {
			t.Errorf("%s: body = %q, want %q", method, got, want)
		}
	}
}

func TestAbsentBody(t *testing.T) {
	property := []argument{{name: "a", place: placeProperty, property: "a"}}
	whole := []argument{{name: "b", place: placeBody}}
	tests := []struct {
		name, mediaType  string
		required         bool
		args             []argument
		values           string
		wantType, want   string
		wantErrorMessage string
	}{
		{"optional JSON", "application/json", false, property, `{}`, "", "", ""},
		{"required JSON", "application/json", true, property, `{}`, "application/json", "{}", ""},
		{"required JSON without properties", "application/json", true, nil, `{}`, "application/json", "{}", ""},
		{"null property", "application/json", false, property, `{"a":null}`, "application/json", `{"a":null}`, ""},
		{"optional form", "application/x-www-form-urlencoded", false, property, `{}`, "", "", ""},
		{"required form", "application/x-www-form-urlencoded", true, property, `{}`, "application/x-www-form-urlencoded", "", ""},
		{"form of null", "application/x-www-form-urlencoded", false, property, `{"a":null}`, "application/x-www-form-urlencoded", "", ""},
		{"optional whole", "application/json", false, whole, `{}`, "", "", ""},
		{"required whole", "application/json", true, whole, `{}`, "", "", `argument "b" is the body: it must be given`},
		{"required text without an argument", "text/plain", true, nil, `{}`, "", "", ""},
		{"null as text", "text/plain", false, whole, `{"b":null}`, "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &RequestBody{Required: tt.required, Content: []MediaType{{Type: tt.mediaType}}}
			p, err := newRequestPlan(&Operation{Method: "POST", Path: "/", RequestBody: b}, tt.args, chooseBody(b))
			if err != nil {
				t.Fatal(err)
			}
			r, err := p.build(t.Context(), "", parseValue(t, tt.values))
			if tt.wantErrorMessage != "" {
				if err == nil || err.Error() != tt.wantErrorMessage {
					t.Fatalf("error = %v, want %q", err, tt.wantErrorMessage)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			content, _ := io.ReadAll(r.Body)
			if got := r.Header.Get("Content-Type"); got != tt.wantType || string(content) != tt.want {
				t.Errorf("body = %q %q, want %q %q", got, content, tt.wantType, tt.want)
			}
		})
	}
}

// An error names the argument, not the property it becomes.
func TestPropertyErrorNamesArgument(t *testing.T) {
	mt := &MediaType{Type: "multipart/form-data", Schema: schemaOf(t, `{"properties":{"id":{"type":"string","format":"binary"}}}`)}
	p, err := newRequestPlan(&Operation{Method: "POST", Path: "/"}, []argument{{name: "id_2", place: placeProperty, property: "id"}}, mt)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.build(t.Context(), "", parseValue(t, `{"id_2":{"base64":"!"}}`))
	if want := `argument "id_2" has content that is not base64`; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %q", err, want)
	}
}

func TestChooseBody(t *testing.T) {
	object := schemaOf(t, `{"type":"object","properties":{"a":{"type":"string"}}}`)
	file := schemaOf(t, `{"allOf":[{"$ref":"#/$defs/F"}],"$defs":{"F":{"properties":{"a":{"type":"array","items":{"$ref":"#/$defs/B"}}}},"B":{"type":"string","format":"binary"}}}`)
	of := func(schema Schema, types ...string) (content []MediaType) {
		for _, t := range types {
			content = append(content, MediaType{Type: t, Schema: schema})
		}
		return content
	}
	tests := []struct {
		name    string
		content []MediaType
		want    string
	}{
		{"none", nil, ""},
		{"one", of(object, "text/csv"), "text/csv"},
		{"JSON before all", of(object, "multipart/form-data", "application/xml", "application/json"), "application/json"},
		{"JSON with a charset", of(object, "application/x-www-form-urlencoded", "application/json; charset=utf-8"), "application/json; charset=utf-8"},
		{"JSON in any case", of(object, "text/plain", "Application/JSON"), "Application/JSON"},
		{"JSON before +json", of(object, "application/merge-patch+json", "application/json"), "application/json"},
		{"+json in order", of(object, "application/merge-patch+json", "application/json-patch+json"), "application/merge-patch+json"},
		{"+json before a range", of(object, "*/*", "application/vnd.api+json"), "application/vnd.api+json"},
		{"a range before a form", of(object, "multipart/form-data", "*/*"), "*/*"},
		{"a range of bytes after a form", of(schemaOf(t, `{"type":"string","format":"binary"}`), "*/*", "text/plain"), "text/plain"},
		{"multipart with a file", of(file, "application/x-www-form-urlencoded", "multipart/form-data"), "multipart/form-data"},
		{"multipart without a file", of(object, "multipart/form-data", "application/x-www-form-urlencoded"), "application/x-www-form-urlencoded"},
		{"multipart alone", of(object, "text/plain", "multipart/form-data"), "multipart/form-data"},
		{"multipart with an encoded file", []MediaType{
			{Type: "application/x-www-form-urlencoded", Schema: object},
			{Type: "multipart/form-data", Schema: object, Encoding: map[string]Encoding{"a": {ContentType: "image/png, image/jpeg"}}},
		}, "multipart/form-data"},
		{"form before lines", of(object, "application/x-ndjson", "application/x-www-form-urlencoded"), "application/x-www-form-urlencoded"},
		{"lines before text", of(object, "text/plain", "application/x-ndjson"), "application/x-ndjson"},
		{"text before XML", of(object, "application/xml", "text/plain"), "text/plain"},
		{"XML before bytes", of(object, "application/octet-stream", "application/xml"), "application/xml"},
		{"bytes in order", of(object, "image/png", "application/octet-stream"), "image/png"},
		{"a schema before none", []MediaType{{Type: "application/json"}, {Type: "application/x-www-form-urlencoded", Schema: object}}, "application/x-www-form-urlencoded"},
		{"an item schema is one", []MediaType{{Type: "application/octet-stream"}, {Type: "application/jsonl", ItemSchema: object}}, "application/jsonl"},
		{"no schemas", of(Schema{}, "text/plain", "application/json"), "application/json"},
		{"what is no media type", of(object, "application/json\r\nX: y", "json", "text/plain"), "text/plain"},
	}
	for _, tt := range tests {
		got := ""
		if mt := chooseBody(&RequestBody{Content: tt.content}); mt != nil {
			got = mt.Type
		}
		if got != tt.want {
			t.Errorf("%s: chooseBody = %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := chooseBody(nil); got != nil {
		t.Errorf("chooseBody(nil) = %v, want nil", got)
	}
}

// formValue returns an object with one member.
func formValue(name, value string) *tree.Node {
	return tree.NewObject(tree.Member{Key: name, Value: tree.NewString(value)})
}
