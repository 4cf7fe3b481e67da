package mcpmount

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mcpmount/mcpmount/internal/tree"
)

func TestFileValue(t *testing.T) {
	png := "\x89PNG\r\n\x1a\n"
	std := base64.StdEncoding.EncodeToString([]byte(png + "\xfb\xff"))
	tests := []struct {
		name, value string
		want        fileValue
	}{
		{"base64", `"` + std + `"`, fileValue{content: []byte(png + "\xfb\xff")}},
		{"URL-safe base64", `"` + base64.URLEncoding.EncodeToString([]byte(png+"\xfb\xff")) + `"`, fileValue{content: []byte(png + "\xfb\xff")}},
		{"wrapped base64", `"aGVs\r\nbG8h\n"`, fileValue{content: []byte("hello!")}},
		{"text", `"a,b\n1,2\n"`, fileValue{content: []byte("a,b\n1,2\n")}},
		{"text without padding", `"hello"`, fileValue{content: []byte("hello")}},
		{"words are no base64", `"some text that only has letters"`, fileValue{content: []byte("some text that only has letters")}},
		{"empty", `""`, fileValue{content: []byte{}}},
		{"data URL", `"data:image/png;name=a%20b.png;base64,` + std + `"`, fileValue{content: []byte(png + "\xfb\xff"), name: "a b.png", contentType: "image/png"}},
		{"data URL with text", `"data:,Hello%2C%20World"`, fileValue{content: []byte("Hello, World")}},
		{"data URL with a charset", `"data:;charset=utf-8,%C3%A9"`, fileValue{content: []byte("é"), contentType: "text/plain;charset=utf-8"}},
		{"data URL in upper case", `"DATA:text/csv;BASE64,YSxi"`, fileValue{content: []byte("a,b"), contentType: "text/csv"}},
		{"data URL with line breaks", `"data:image/png\r\n,x"`, fileValue{content: []byte("x"), contentType: "image/png"}},
		{"data URL with a line break behind a semicolon", `"data:image/png;\r\n,x"`, fileValue{content: []byte("x"), contentType: "image/png;"}},
		{"text that begins with data:", `"data: 1, 2"`, fileValue{content: []byte("data: 1, 2")}},
		{"text that begins like a data URL", `"data:1,2"`, fileValue{content: []byte("data:1,2")}},
		{"object with text", `{"text":"dGVzdA==","filename":"a.txt"}`, fileValue{content: []byte("dGVzdA=="), name: "a.txt"}},
		{"object with base64", `{"base64":"dGVz dA","contentType":"text/plain; charset=utf-8"}`, fileValue{content: []byte("test"), contentType: "text/plain; charset=utf-8"}},
		{"object with a line break", `{"text":"x","contentType":"\nimage/png;\r"}`, fileValue{content: []byte("x"), contentType: "image/png;"}},
		{"object with nothing in it", `{"text":""}`, fileValue{content: []byte{}}},
		{"path as a name", `{"text":"","filename":"/etc/../pass\nwd"}`, fileValue{content: []byte{}, name: "passwd"}},
		{"Windows path as a name", `{"text":"","filename":"C:\\x\\y.txt"}`, fileValue{content: []byte{}, name: "y.txt"}},
		{"dots as a name", `{"text":"","filename":".."}`, fileValue{content: []byte{}}},
		{"long name", `{"text":"","filename":"` + strings.Repeat("é", 200) + `"}`, fileValue{content: []byte{}, name: strings.Repeat("é", 127)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := newFileValue(parseValue(t, tt.value))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(fileValue{})); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFileValueErrors(t *testing.T) {
	const either = `must have either "text" or "base64", a string`
	tests := []struct{ value, want string }{
		{`5`, `must be a file: a string (base64, a data: URL or plain text), or an object with "text" or "base64"`},
		{`{}`, either},
		{`{"text":"a","base64":"YQ=="}`, either},
		{`{"text":5}`, either},
		{`{"base64":"not base64!"}`, "has content that is not base64"},
		{`"data:image/png;base64,!!"`, "has content that is not base64"},
		{`"data:,%zz"`, "must be a valid data: URL"},
		{`{"text":"a","contentType":"png"}`, "must have a media type such as image/png as its contentType"},
		{`{"text":"a","contentType":"text/plain\r\nX: y"}`, "must have a media type such as image/png as its contentType"},
		{`{"text":"a","contentType":"image/*"}`, "must have a media type such as image/png as its contentType"},
		{`"data:a b/c,x"`, ""}, // text, not a data URL
	}
	for _, tt := range tests {
		got := ""
		if _, err := newFileValue(parseValue(t, tt.value)); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("error for %s = %q, want %q", tt.value, got, tt.want)
		}
	}
}

// What the schema of a file allows is what newFileValue takes.
func TestFileSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	if err := c.AddResource("file.json", fileSchema("image/*").Any()); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("file.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{
		`"YQ=="`, `"data:,a"`, `{"text":"a"}`, `{"base64":"YQ==","filename":"a","contentType":"text/plain"}`,
		`5`, `null`, `[]`, `{}`, `{"text":"a","base64":"YQ=="}`, `{"text":5}`, `{"filename":"a"}`,
		`{"text":"a","contentType":"png"}`, `{"text":"a","contentType":"text/plain; charset=utf-8"}`, `{"text":"a","contentType":"a b/c"}`,
	} {
		v := parseValue(t, value)
		_, err := newFileValue(v)
		if valid := schema.Validate(v.Any()) == nil; valid != (err == nil) {
			t.Errorf("schema allows %s: %t, newFileValue: %v", value, valid, err)
		}
	}
	if err := schema.Validate(parseValue(t, `{"text":"a","url":"file:///etc/passwd"}`).Any()); err == nil {
		t.Error("schema allows a member that is not read")
	}
}

func TestContentTypeSchema(t *testing.T) {
	for accepted, want := range map[string]string{
		"image/png, image/jpeg": `["image/png","image/jpeg"]`,
		"text/csv, text/csv":    `["text/csv"]`,
		"image/png, image/*":    "",
		"":                      "",
		"png":                   "",
	} {
		got := ""
		if enum := contentTypeSchema(accepted).Get("enum"); enum != nil {
			got = string(enum.JSON())
		}
		if got != want {
			t.Errorf("enum for %q = %s, want %s", accepted, got, want)
		}
	}
}

func TestIsFile(t *testing.T) {
	tests := []struct {
		schema string
		want   bool
	}{
		{`{"type":"string","format":"binary"}`, true},
		{`{"type":["string","null"],"format":"binary"}`, true},
		{`{"format":"binary"}`, true},
		{`{"anyOf":[{"type":"string","format":"binary"},{"type":"null"}]}`, true},
		{`{"type":"string","contentMediaType":"application/octet-stream"}`, true},
		{`{"contentMediaType":"image/png"}`, true},
		{`{"type":"string","contentEncoding":"binary"}`, true},
		{`{"type":"string"}`, false},
		{`{}`, false},
		{`{"type":"string","format":"byte"}`, false},
		{`{"type":"string","contentEncoding":"base64","contentMediaType":"image/png"}`, false},
		{`{"type":"string","contentMediaType":"application/json"}`, false},
		{`{"type":"string","contentMediaType":"text/html"}`, false},
		{`{"type":"integer","format":"binary"}`, false},
		{`{"type":"object"}`, false},
		{`{"anyOf":[{"type":"string"},{"type":"null"}]}`, false},
		{`{"oneOf":[{"type":"string","contentMediaType":"image/png"},{"type":"null"}]}`, true},
		{`{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"allOf":[{"$ref":"#/$defs/F"}]},"F":{"type":"string","format":"binary"}}}`, true},
		{`{"$ref":"#/$defs/A","$defs":{"A":{"anyOf":[{"$ref":"#/$defs/A"},{"type":"null"}]}}}`, false},
		{`{"type":"array","items":{"type":"string","format":"binary"}}`, false},
	}
	for _, tt := range tests {
		node := parseValue(t, tt.schema)
		if got := fileIn(&rawSchema{defs: node.Get("$defs")}, node) != nil; got != tt.want {
			t.Errorf("%s is a file: %t, want %t", tt.schema, got, tt.want)
		}
	}
	if isFile(nil) {
		t.Error("isFile(nil) = true, want false")
	}
}

// The media type of a file can be sent in a header, whatever somebody says it is.
func FuzzFileType(f *testing.F) {
	for _, s := range []string{"image/png", "image/png\r\n", "\nimage/png", "image/png;\r", ";charset=\r\nutf-8", "text/plain\r\nX-A: b", "a/b; c=\"\x00\"", "é/é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		object := tree.NewObject(tree.Member{Key: "text", Value: tree.NewString("x")}, tree.Member{Key: "contentType", Value: tree.NewString(s)})
		for _, v := range []*tree.Node{object, tree.NewString(s), tree.NewString("data:" + s + ",x"), tree.NewString("data:image/png" + s + ",x")} {
			if file, err := newFileValue(v); err == nil && checkFieldText(file.contentType) != nil {
				t.Errorf("%s has the media type %q", v.JSON(), file.contentType)
			}
		}
	})
}
