package mcpmount

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestForm(t *testing.T) {
	stripe := Encoding{Style: "deepObject", Explode: true}
	tests := []struct {
		name     string
		encoding map[string]Encoding
		value    string
		want     string
	}{
		{"primitives", nil, `{"s":"a b","n":9007199254740993,"b":true,"e":"","z":null}`, "s=a+b&n=9007199254740993&b=true&e="},
		{"names escaped", nil, `{"a&b[]":"~é"}`, "a%26b%5B%5D=%7E%C3%A9"},
		{"array", nil, `{"a":["x",2,null,{"k":1}]}`, "a=x&a=2&a=%7B%22k%22%3A1%7D"},
		{"empty array", nil, `{"a":[],"b":1}`, "b=1"},
		// OpenAPI 3.2, "Example: URL Encoded Form with JSON Values".
		{"object is JSON", nil, `{"id":"f81d4fae","address":{"streetAddress":"123 Example Dr.","zip":"99999+1234"}}`,
			"id=f81d4fae&address=%7B%22streetAddress%22%3A%22123+Example+Dr.%22%2C%22zip%22%3A%2299999%2B1234%22%7D"},
		{"string as JSON", map[string]Encoding{"id": {ContentType: "application/json"}}, `{"id":"f81d"}`, "id=%22f81d%22"},
		{"array as JSON", map[string]Encoding{"a": {ContentType: "application/json"}}, `{"a":[{"x":1},2]}`, "a=%5B%7B%22x%22%3A1%7D%2C2%5D"},
		{"comma list", map[string]Encoding{"a": {Style: "form"}}, `{"a":["x,y","z"]}`, "a=x%2Cy,z"},
		{"exploded list", map[string]Encoding{"a": {Style: "form", Explode: true}}, `{"a":["x","y"]}`, "a=x&a=y"},
		{"pipes", map[string]Encoding{"a": {Style: "pipeDelimited"}}, `{"a":["x","y"]}`, "a=x%7Cy"},
		{"spaces", map[string]Encoding{"a": {Style: "spaceDelimited"}}, `{"a":["x","y"]}`, "a=x%20y"},
		{"exploded object", map[string]Encoding{"a": {Style: "form", Explode: true}}, `{"a":{"x":1,"y":2},"b":3}`, "x=1&y=2&b=3"},
		{"object together", map[string]Encoding{"a": {Style: "form"}}, `{"a":{"x":1,"y":2}}`, "a=x,1,y,2"},
		{"styled and empty", map[string]Encoding{"a": {Style: "form"}}, `{"b":1,"a":[],"c":2}`, "b=1&c=2"},
		{"deepObject", map[string]Encoding{"metadata": stripe, "expand": stripe, "items": stripe},
			`{"amount":100,"metadata":{"order":"6735","n":{"a":"b"}},"expand":["customer"],"items":[{"price":"p1","quantity":2},{"price":"p2"}]}`,
			"amount=100&metadata%5Border%5D=6735&metadata%5Bn%5D%5Ba%5D=b&expand%5B%5D=customer&items%5B0%5D%5Bprice%5D=p1&items%5B0%5D%5Bquantity%5D=2&items%5B1%5D%5Bprice%5D=p2"},
		{"files", map[string]Encoding{"icon": {ContentType: "image/png"}}, `{"icon":["aQ==",{"base64":"aQ==","filename":"i"},{"text":"i"},{}]}`, "icon=aQ%3D%3D&icon=aQ%3D%3D&icon=i&icon=%7B%7D"},
		{"reserved", map[string]Encoding{"u": {Style: "form", AllowReserved: true}}, `{"u":"https://a/b?c=d&e"}`, "u=https://a/b?c=d%26e"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := buildBody(t, "POST", bodyOf(MediaType{Type: "application/x-www-form-urlencoded", Encoding: tt.encoding}), tt.value)
			if err != nil {
				t.Fatal(err)
			}
			content, _ := io.ReadAll(r.Body)
			if got := string(content); got != tt.want {
				t.Errorf("form = %q, want %q", got, tt.want)
			}
			if _, err := url.ParseQuery(string(content)); err != nil {
				t.Errorf("ParseQuery: %v", err)
			}
		})
	}
}

// What a field holds is found behind references and in compositions.
func TestFormProperties(t *testing.T) {
	s := schemaOf(t, `{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"allOf":[{"$ref":"#/$defs/Base"},{"properties":{
		"list":{"type":"array","items":{"$ref":"#/$defs/File"}},
		"maybe":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/File"}]},
		"lists":{"oneOf":[{"type":"array","items":{"anyOf":[{"$ref":"#/$defs/File"}]}}]},
		"numbers":{"type":"array","items":{"$ref":"#/$defs/Number"}},
		"number":{"$ref":"#/$defs/Number"}}}]},
		"Base":{"properties":{"file":{"$ref":"#/$defs/File"},"self":{"$ref":"#/$defs/a~1b"}}},
		"File":{"title":"file","type":"string","format":"binary"},"Number":{"title":"number","type":"integer"}}}`)
	got := map[string]string{}
	for name, schema := range formProperties(s) {
		got[name] = schema.Get("title").Str()
	}
	want := map[string]string{"file": "file", "list": "file", "maybe": "file", "lists": "file", "numbers": "number", "number": "number", "self": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("titles of properties (-want +got):\n%s", diff)
	}
}

func TestFormErrors(t *testing.T) {
	spread := Encoding{Style: "form", Explode: true}
	tests := []struct {
		name     string
		encoding map[string]Encoding
		value    string
		want     string
	}{
		{"member of another field", map[string]Encoding{"a": spread}, `{"a":{"b":1},"b":2}`, `argument "body" property "a" has a member "b", which is another field of the form`},
		{"member of two objects", map[string]Encoding{"a": spread, "b": spread}, `{"a":{"x":1},"b":{"x":2}}`, `argument "body" property "b" has a member "x", which is another field of the form`},
		{"pipe", map[string]Encoding{"a": {Style: "pipeDelimited"}}, `{"a":["x|y"]}`, `argument "body" property "a" must not contain any of "|" here: they separate values`},
	}
	for _, mediaType := range []string{"application/x-www-form-urlencoded", "multipart/form-data"} {
		for _, tt := range tests {
			_, err := buildBody(t, "POST", bodyOf(MediaType{Type: mediaType, Encoding: tt.encoding}), tt.value)
			if err == nil || err.Error() != tt.want {
				t.Errorf("%s in %s: error = %v, want %q", tt.name, mediaType, err, tt.want)
			}
		}
	}
}

// FuzzForm checks that net/url reads back any name and value.
func FuzzForm(f *testing.F) {
	f.Add("a", "b")
	f.Add("a b", "c&d=e+f%20")
	f.Add("é", "\x00;")
	f.Fuzz(func(t *testing.T, name, value string) {
		content, _, err := newBodyEncoder(bodyForm, &MediaType{}).encode(formValue(name, value))
		if err != nil {
			t.Fatal(err)
		}
		got, err := url.ParseQuery(string(content))
		if diff := cmp.Diff(url.Values{name: {value}}, got); err != nil || diff != "" {
			t.Fatalf("form %q: %v (-want +got):\n%s", content, err, diff)
		}
	})
}

// A receivedPart is a part as mime/multipart reads it.
type receivedPart struct{ Name, Filename, Type, Content string }

func readParts(t testing.TB, contentType string, body io.Reader) []receivedPart {
	t.Helper()
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatalf("Content-Type %q: %v", contentType, err)
	}
	parts := []receivedPart{}
	reader := multipart.NewReader(body, params["boundary"])
	for {
		p, err := reader.NextRawPart()
		if err == io.EOF {
			return parts
		}
		if err != nil {
			t.Fatalf("part %d: %v", len(parts), err)
		}
		content, err := io.ReadAll(p)
		if err != nil {
			t.Fatalf("part %d: %v", len(parts), err)
		}
		parts = append(parts, receivedPart{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), string(content)})
	}
}

func TestMultipart(t *testing.T) {
	schema := `{"$ref":"#/$defs/Upload","$defs":{
		"Upload":{"allOf":[{"properties":{
			"file":{"$ref":"#/$defs/Binary"},
			"files":{"type":"array","items":{"$ref":"#/$defs/Binary"}},
			"nullable":{"anyOf":[{"$ref":"#/$defs/Binary"},{"type":"null"}]},
			"optional":{"anyOf":[{"type":"null"},{"type":"array","items":{"allOf":[{"$ref":"#/$defs/Binary"}]}}]},
			"cycle":{"$ref":"#/$defs/Cycle"},
			"photo":{"type":"string","contentEncoding":"base64"},
			"byte":{"type":"string","contentEncoding":"base64"}
		}}]},
		"Cycle":{"anyOf":[{"$ref":"#/$defs/Cycle"},{"items":{"$ref":"#/$defs/Cycle"}}]},
		"Binary":{"type":"string","format":"binary"}}}`
	encoding := map[string]Encoding{
		"photo":   {ContentType: "image/png, image/jpeg"},
		"xml":     {ContentType: "application/xml; charset=utf-8"},
		"meta":    {ContentType: "application/merge-patch+json"},
		"csv":     {Style: "form"},
		"multi":   {Style: "form", Explode: true},
		"deep":    {Style: "deepObject"},
		"objects": {Style: "form", Explode: true},
	}
	tests := []struct {
		name, value string
		want        []receivedPart
	}{
		{"primitives", `{"count":42,"active":true,"s":"é\r\n","none":null,"big":9007199254740993}`, []receivedPart{
			{"count", "", "", "42"}, {"active", "", "", "true"}, {"s", "", "", "é\r\n"}, {"big", "", "", "9007199254740993"}}},
		{"nested", `{"o":{"a":1},"list":["x",2],"objects_":[{"a":1},{"a":2}],"lists":[[1,2]]}`, []receivedPart{
			{"o", "", "application/json", `{"a":1}`}, {"list", "", "", "x"}, {"list", "", "", "2"},
			{"objects_", "", "application/json", `{"a":1}`}, {"objects_", "", "application/json", `{"a":2}`}, {"lists", "", "application/json", "[1,2]"}}},
		{"empty", `{"o":{},"list":[],"s":""}`, []receivedPart{{"o", "", "application/json", "{}"}, {"s", "", "", ""}}},
		{"nothing", `{}`, []receivedPart{}},
		{"file", `{"file":"aGVsbG8="}`, []receivedPart{{"file", "file", "application/octet-stream", "hello"}}},
		{"named file", `{"file":{"text":"a,b","filename":"../report.csv","contentType":"text/csv"}}`, []receivedPart{{"file", "report.csv", "text/csv", "a,b"}}},
		{"quoted name of a file", `{"file":{"text":"","filename":"a\"b; x=y é.txt"}}`, []receivedPart{{"file", `a"b; x=y é.txt`, "application/octet-stream", ""}}},
		{"files", `{"files":["data:image/gif;name=a.gif;base64,R0lG",{"text":"b"}]}`, []receivedPart{
			{"files", "a.gif", "image/gif", "GIF"}, {"files", "files", "application/octet-stream", "b"}}},
		{"nullable files", `{"nullable":"aGk=","optional":["aGk="],"cycle":"aGk="}`, []receivedPart{
			{"nullable", "nullable", "application/octet-stream", "hi"}, {"optional", "optional", "application/octet-stream", "hi"}, {"cycle", "", "", "aGk="}}},
		{"file by its encoding", `{"photo":"iVBORw=="}`, []receivedPart{{"photo", "photo", "image/png", "\x89PNG"}}},
		{"base64 that stays", `{"byte":"iVBORw=="}`, []receivedPart{{"byte", "", "", "iVBORw=="}}},
		{"types of the document", `{"xml":["<a/>"],"meta":{"a":null}}`, []receivedPart{
			{"xml", "", "application/xml; charset=utf-8", "<a/>"}, {"meta", "", "application/merge-patch+json", `{"a":null}`}}},
		{"styles", `{"csv":["a,b","c d"],"multi":["x","y"],"deep":{"k":{"l":"&"}},"objects":{"r":"1=2"}}`, []receivedPart{
			{"csv", "", "", "a,b,c d"}, {"multi", "", "", "x"}, {"multi", "", "", "y"}, {"deep[k][l]", "", "", "&"}, {"r", "", "", "1=2"}}},
		{"quoted name", `{"a\"b\\c; d":1}`, []receivedPart{{`a"b\c; d`, "", "", "1"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := buildBody(t, "POST", bodyOf(MediaType{Type: "multipart/form-data", Schema: schemaOf(t, schema), Encoding: encoding}), tt.value)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, readParts(t, r.Header.Get("Content-Type"), r.Body)); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMultipartTypes(t *testing.T) {
	item := schemaOf(t, `{"type":"string","format":"binary"}`)
	tests := []struct {
		name   string
		mt     MediaType
		value  string
		prefix string
		want   []receivedPart
	}{
		{"range", MediaType{Type: "multipart/*"}, `{"a":1}`, "multipart/form-data; boundary=", []receivedPart{{"a", "", "", "1"}}},
		{"boundary of the document", MediaType{Type: "multipart/form-data; charset=utf-8; boundary=x"}, `{"a":1}`, "multipart/form-data; charset=utf-8; boundary=", []receivedPart{{"a", "", "", "1"}}},
		{"related", MediaType{Type: "multipart/related"}, `[{"name":"a"},"text"]`, "multipart/related; boundary=", []receivedPart{
			{"", "", "application/json", `{"name":"a"}`}, {"", "", "", "text"}}},
		{"mixed files", MediaType{Type: "multipart/mixed", ItemSchema: item}, `["aGk=",{"text":"b","contentType":"text/plain"}]`, "multipart/mixed; boundary=", []receivedPart{
			{"", "", "application/octet-stream", "hi"}, {"", "", "text/plain", "b"}}},
		{"file with a style", MediaType{
			Type:     "multipart/form-data",
			Schema:   schemaOf(t, `{"type":"object","properties":{"f":{"type":"string","format":"binary"}}}`),
			Encoding: map[string]Encoding{"f": {Style: "form", Explode: true}},
		}, `{"f":{"text":"a","filename":"n"},"text":"b"}`, "multipart/form-data; boundary=", []receivedPart{
			{"f", "n", "application/octet-stream", "a"}, {"text", "", "", "b"}}},
		{"mixed by name", MediaType{Type: "multipart/mixed"}, `{"a":{"b":1}}`, "multipart/mixed; boundary=", []receivedPart{{"a", "", "application/json", `{"b":1}`}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := buildBody(t, "POST", bodyOf(tt.mt), tt.value)
			if err != nil {
				t.Fatal(err)
			}
			contentType := r.Header.Get("Content-Type")
			if !strings.HasPrefix(contentType, tt.prefix) {
				t.Errorf("Content-Type = %q, want %q…", contentType, tt.prefix)
			}
			if diff := cmp.Diff(tt.want, readParts(t, contentType, r.Body)); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMultipartErrors(t *testing.T) {
	xml := map[string]Encoding{"x": {ContentType: "application/xml"}, "s": {Style: "form", Explode: true}}
	tests := []struct{ value, want string }{
		{`{"a\r\nb":1}`, `argument "body" property "a\r\nb" must not have line breaks or other control characters in its name`},
		{`{"s":{"a\nb":1}}`, `argument "body" property "s" must not have line breaks or other control characters in its name`},
		{`{"x":{"a":1}}`, `argument "body" property "x" must be a string with the text of the part (application/xml)`},
	}
	for _, tt := range tests {
		_, err := buildBody(t, "POST", bodyOf(MediaType{Type: "multipart/form-data", Encoding: xml}), tt.value)
		if err == nil || err.Error() != tt.want {
			t.Errorf("error for %s = %v, want %q", tt.value, err, tt.want)
		}
	}
}

// FuzzMultipart checks that mime/multipart reads back any part that is sent.
func FuzzMultipart(f *testing.F) {
	f.Add("a", "b")
	f.Add(`q"\`, "--boundary--\r\n")
	f.Add("é", "\r\n\r\n")
	f.Fuzz(func(t *testing.T, name, value string) {
		content, contentType, err := newMultipartEncoder(&MediaType{Type: "multipart/form-data"}).encode(formValue(name, value))
		if err != nil || name == "" {
			return
		}
		want := []receivedPart{{name, "", "", value}}
		if diff := cmp.Diff(want, readParts(t, contentType, bytes.NewReader(content))); diff != "" {
			t.Fatalf("parts (-want +got):\n%s", diff)
		}
	})
}
