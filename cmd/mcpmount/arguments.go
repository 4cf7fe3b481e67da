package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// arguments are the arguments of a tool call, by name.
type arguments map[string]json.RawMessage

// parseArguments makes arguments for a tool from an object, which may be "",
// and of pairs:
//
//	key=value      a value of the type that the tool wants, or a list of that one
//	key=@file      the content of a file
//	key:=json      JSON, whatever the tool wants
func parseArguments(tool *mcp.Tool, object string, pairs []string, stdin io.Reader) (arguments, error) {
	args := arguments{}
	if object != "" {
		if err := args.addObject(object, stdin); err != nil {
			return nil, err
		}
	}
	schema, err := newInputSchema(tool)
	if err != nil {
		return nil, err
	}
	for _, pair := range pairs {
		if err := args.addPair(pair, schema, stdin); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// addObject adds the members of what was given to --args.
func (a arguments) addObject(object string, stdin io.Reader) error {
	data := []byte(object)
	if object == "-" || strings.HasPrefix(object, "@") {
		var err error
		if data, err = readInput(strings.TrimPrefix(object, "@"), stdin); err != nil {
			return err
		}
	}
	if err := json.Unmarshal(data, &a); err != nil || a == nil {
		return misuse(`--args '{"id": 1}', --args @file or --args -`, "--args must be a JSON object")
	}
	return nil
}

func (a arguments) addPair(pair string, schema *inputSchema, stdin io.Reader) error {
	key, text, found := strings.Cut(pair, "=")
	if !found || key == "" {
		return misuse("key=value, key=@file or key:=json", "%q is not an argument", pair)
	}
	key, isJSON := strings.CutSuffix(key, ":")
	if _, twice := a[key]; twice {
		return misuse(key+`:='["a", "b"]' for a list`, "the argument %q is given twice", key)
	}
	if isJSON {
		if !json.Valid([]byte(text)) {
			return misuse(key+"="+text+" for text", "the argument %q is not JSON", key)
		}
		a[key] = json.RawMessage(text)
		return nil
	}
	want := schema.property(key)
	name, isFile := strings.CutPrefix(text, "@")
	if !isFile {
		a[key] = want.encode(text)
		return nil
	}
	data, err := readInput(name, stdin)
	if err != nil {
		return err
	}
	a[key] = want.encodeFile(name, data)
	return nil
}

// readInput reads a file, or standard input if name is "-".
func readInput(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fail("", "%w", err)
	}
	return data, nil
}

// An inputSchema is what is known of the arguments of a tool.
type inputSchema struct {
	Properties map[string]any `json:"properties"`
	Defs       map[string]any `json:"$defs"`

	left int // how many more schemas are looked at for one argument
}

func newInputSchema(tool *mcp.Tool) (*inputSchema, error) {
	raw, err := json.Marshal(tool.InputSchema)
	if err != nil {
		return nil, err
	}
	s := new(inputSchema)
	return s, json.Unmarshal(raw, s)
}

// A wanted says what values an argument admits.
type wanted struct {
	types  []string // of JSON Schema; none if any value may do
	items  *wanted  // what the items of an array are; nil if that is not known
	base64 bool     // a string that holds base64
	file   bool     // an object that describes a file
}

// property returns what the argument with the given name admits.
func (s *inputSchema) property(name string) wanted {
	var w wanted
	const maxDepth = 10 // of references and alternatives
	s.left = 10_000     // alternatives of alternatives can be very many
	s.collect(&w, s.Properties[name], maxDepth)
	return w
}

func (s *inputSchema) collect(w *wanted, schema any, depth int) {
	m, ok := schema.(map[string]any)
	if s.left--; !ok || depth == 0 || s.left < 0 {
		return
	}
	switch t := m["type"].(type) {
	case string:
		w.types = append(w.types, t)
	case []any:
		for _, v := range t {
			if name, ok := v.(string); ok {
				w.types = append(w.types, name)
			}
		}
	}
	if m["items"] != nil && w.items == nil {
		w.items = new(wanted)
		s.collect(w.items, m["items"], depth-1)
	}
	w.base64 = w.base64 || m["contentEncoding"] == "base64"
	if properties, ok := m["properties"].(map[string]any); ok && properties["base64"] != nil {
		w.file = true
	}
	if ref, ok := m["$ref"].(string); ok {
		s.collect(w, s.Defs[strings.TrimPrefix(ref, "#/$defs/")], depth-1)
	}
	for _, keyword := range []string{"anyOf", "oneOf", "allOf"} {
		alternatives, _ := m[keyword].([]any)
		for _, alternative := range alternatives {
			s.collect(w, alternative, depth-1)
		}
	}
}

// encode returns text as a string if the argument admits one, or else as the
// JSON it is. Where only a list will do, other text is its one item. Whether the
// value is right is for the server to say.
func (w wanted) encode(text string) json.RawMessage {
	if slices.Equal(w.types, []string{"array"}) && w.items != nil && !strings.HasPrefix(strings.TrimSpace(text), "[") {
		return slices.Concat(json.RawMessage("["), w.items.encode(text), json.RawMessage("]"))
	}
	if !slices.Contains(w.types, "string") && json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return quote(text)
}

// encodeFile returns the content of a file as the argument wants it.
func (w wanted) encodeFile(name string, data []byte) json.RawMessage {
	encoded := base64.StdEncoding.EncodeToString(data)
	switch {
	case w.file:
		return json.RawMessage(`{"base64":` + string(quote(encoded)) + `,"filename":` + string(quote(filepath.Base(name))) + `}`)
	case w.base64 || !utf8.Valid(data):
		return quote(encoded)
	}
	return w.encode(string(bytes.TrimSuffix(data, []byte("\n"))))
}

func quote(s string) json.RawMessage {
	quoted, err := json.Marshal(s)
	if err != nil {
		return json.RawMessage(`""`) // cannot happen: a string
	}
	return quoted
}
