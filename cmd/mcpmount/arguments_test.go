package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const argumentSchema = `{
	"type": "object",
	"properties": {
		"name":     {"type": "string"},
		"nickname": {"type": ["string", "null"]},
		"code":     {"type": ["integer", "string"]},
		"age":      {"type": "integer"},
		"score":    {"type": ["number", "null"]},
		"active":   {"type": "boolean"},
		"tags":     {"type": "array", "items": {"type": "string"}},
		"ids":      {"$ref": "#/$defs/Ids"},
		"address":  {"$ref": "#/$defs/Address"},
		"self":     {"$ref": "#/$defs/Self"},
		"either":   {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
		"any":      true,
		"hash":     {"type": "string", "contentEncoding": "base64"},
		"photo":    {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"base64": {"type": "string"}}}]}
	},
	"$defs": {
		"Address": {"type": "object"},
		"Ids":     {"type": "array", "items": {"type": "integer"}},
		"Self":    {"$ref": "#/$defs/Self"}
	}
}`

func TestParseArguments(t *testing.T) {
	folder := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text, binary := write("note.txt", "hello\n"), write("a.png", "\x89PNG")
	object := write("object.json", `{"age": 3}`)

	tests := []struct {
		name   string
		object string
		pairs  []string
		stdin  string
		want   string // JSON
		err    string
	}{
		{name: "nothing", want: `{}`},
		{name: "string", pairs: []string{"name=Ada"}, want: `{"name":"Ada"}`},
		{name: "string that looks like a number", pairs: []string{"name=007"}, want: `{"name":"007"}`},
		{name: "string that may be null", pairs: []string{"nickname=null"}, want: `{"nickname":"null"}`},
		{name: "string or integer is a string", pairs: []string{"code=5"}, want: `{"code":"5"}`},
		{name: "empty string", pairs: []string{"name="}, want: `{"name":""}`},
		{name: "value with an equals sign", pairs: []string{"name=a=b"}, want: `{"name":"a=b"}`},
		{name: "integer", pairs: []string{"age=5"}, want: `{"age":5}`},
		{name: "integer beyond float64", pairs: []string{"age=9007199254740993"}, want: `{"age":9007199254740993}`},
		{name: "not an integer goes to the server", pairs: []string{"age=old"}, want: `{"age":"old"}`},
		{name: "null for a number", pairs: []string{"score=null"}, want: `{"score":null}`},
		{name: "boolean", pairs: []string{"active=true"}, want: `{"active":true}`},
		{name: "array", pairs: []string{`tags=["a"]`}, want: `{"tags":["a"]}`},
		{name: "array of one", pairs: []string{`tags=severity="page"`}, want: `{"tags":["severity=\"page\""]}`},
		{name: "array of one number", pairs: []string{"ids=7"}, want: `{"ids":[7]}`},
		{name: "array of one that is wrong", pairs: []string{"ids=x"}, want: `{"ids":["x"]}`},
		{name: "object behind a reference", pairs: []string{`address={"zip":"1"}`}, want: `{"address":{"zip":"1"}}`},
		{name: "reference to itself", pairs: []string{`self=1`}, want: `{"self":1}`},
		{name: "one of several types", pairs: []string{"either=true"}, want: `{"either":true}`},
		{name: "any JSON", pairs: []string{"any=[1]"}, want: `{"any":[1]}`},
		{name: "any text", pairs: []string{"any=one"}, want: `{"any":"one"}`},
		{name: "unknown argument goes to the server", pairs: []string{"extra=1"}, want: `{"extra":1}`},
		{name: "JSON by force", pairs: []string{"code:=5"}, want: `{"code":5}`},
		{name: "not JSON by force", pairs: []string{"code:=five"}, err: `"code" is not JSON`},
		{name: "text of a file", pairs: []string{"name=@" + text}, want: `{"name":"hello"}`},
		{name: "base64 of a file", pairs: []string{"hash=@" + text}, want: `{"hash":"aGVsbG8K"}`},
		{name: "binary file", pairs: []string{"name=@" + binary}, want: `{"name":"iVBORw=="}`},
		{name: "file with its name", pairs: []string{"photo=@" + binary}, want: `{"photo":{"base64":"iVBORw==","filename":"a.png"}}`},
		{name: "text for a file", pairs: []string{"photo=x"}, want: `{"photo":"x"}`},
		{name: "standard input", pairs: []string{"age=@-"}, stdin: "7\n", want: `{"age":7}`},
		{name: "missing file", pairs: []string{"name=@" + folder + "/none"}, err: "none: "},
		{name: "object", object: `{"age": 9007199254740993}`, want: `{"age":9007199254740993}`},
		{name: "object and pair", object: `{"age": 1}`, pairs: []string{"name=x"}, want: `{"age":1,"name":"x"}`},
		{name: "object from a file", object: "@" + object, want: `{"age":3}`},
		{name: "object from standard input", object: "-", stdin: `{"age":4}`, want: `{"age":4}`},
		{name: "object that is an array", object: `[1]`, err: "--args must be a JSON object"},
		{name: "object that is null", object: `null`, err: "--args must be a JSON object"},
		{name: "same argument twice", pairs: []string{"tags=a", "tags=b"}, err: `"tags" is given twice`},
		{name: "same argument in object and pair", object: `{"age":1}`, pairs: []string{"age=2"}, err: `"age" is given twice`},
		{name: "no equals sign", pairs: []string{"age"}, err: `"age" is not an argument`},
		{name: "no name", pairs: []string{"=1"}, err: `"=1" is not an argument`},
	}
	tool := &mcp.Tool{InputSchema: json.RawMessage(argumentSchema)}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args, err := parseArguments(tool, tt.object, tt.pairs, strings.NewReader(tt.stdin))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error = %v, want it to contain %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(args)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever is typed, the arguments are JSON, and a value for a string arrives as
// it was typed.
func FuzzParseArguments(f *testing.F) {
	for _, seed := range []string{"name=x", "age=1", "age:={}", "name=", "a:=", ":=1", "=", "name=\xff", "tags=[1", "any=\"\\u0000\""} {
		f.Add(seed)
	}
	tool := &mcp.Tool{InputSchema: json.RawMessage(argumentSchema)}
	f.Fuzz(func(t *testing.T, pair string) {
		if strings.Contains(pair, "=@") {
			t.Skip("would read a file")
		}
		args, err := parseArguments(tool, "", []string{pair}, strings.NewReader(""))
		if err != nil {
			return
		}
		for name, value := range args {
			if !json.Valid(value) {
				t.Errorf("%q makes %s = %s, which is not JSON", pair, name, value)
			}
		}
		text, ok := strings.CutPrefix(pair, "name=")
		if !ok {
			return
		}
		var got string
		if err := json.Unmarshal(args["name"], &got); err != nil || got != strings.ToValidUTF8(text, "\ufffd") {
			t.Errorf("name = %q, %v, want %q", got, err, text)
		}
	})
}

// A schema may refer to itself in each of many alternatives: 300^5 ways are not
// all looked at.
func TestPropertyOfManyAlternatives(t *testing.T) {
	var alternatives []any
	for range 300 {
		alternatives = append(alternatives, map[string]any{"$ref": "#/$defs/Knot"})
	}
	knot := map[string]any{"type": "integer", "anyOf": alternatives}
	schema := &inputSchema{Properties: map[string]any{"a": knot, "b": knot}, Defs: map[string]any{"Knot": knot}}
	for _, name := range []string{"a", "b"} {
		if got := string(schema.property(name).encode("7")); got != "7" {
			t.Errorf("%s = %s, want a number", name, got)
		}
	}
}
