package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compileSchema returns what "mcpmount config-schema" prints.
func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:schema", jsonValue(t, printedSchema(t))); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("mem:schema")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func printedSchema(t *testing.T) string {
	t.Helper()
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"config-schema"}, nil, &stdout, &stderr, nil); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	return stdout.String()
}

func jsonValue(t *testing.T, text string) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sampleValues returns values of a key, of each type that it takes.
func sampleValues(f *kong.Flag) []string {
	var one string
	switch {
	case typeOf(f) == typeBool:
		one = "true"
	case typeOf(f) == typeInt:
		one = "20"
	case typeOf(f) == typeDuration:
		one = "30s"
	case f.Enum != "":
		one = f.EnumSlice()[0]
	default:
		one = "text"
	}
	values := []string{one}
	if f.IsSlice() {
		values = append(values, "["+one+"]", "[]")
	}
	if separator(f) != "" {
		values = append(values, "{name: "+one+"}")
	}
	return values
}

// What the reader refuses for its form, the schema refuses as well.
func TestSchemaRefuses(t *testing.T) {
	schema := compileSchema(t)
	for _, content := range []string{
		"{}",
		"apis: {}",
		"apis: {a: {}}",
		"apis: {'a/b': {document: x}}",
		"apis: {a: {document: x, upstreem: y}}",
		"apis: {a: {document: x, listen: y}}",
		"apis: {a: {document: x, read-only: 1}}",
		"apis: {a: {document: x, max-calls: many}}",
		"apis: {a: {document: x, timeout: soon}}",
		"apis: {a: {document: x, auth: password}}",
		"apis: {a: {document: x, include-tag: {a: b}}}",
		"apis: {a: {document: x, header: null}}",
		"timeout: 30s\napis: {a: {document: x}}",
		"defaults: {document: x}\napis: {a: {document: x}}",
	} {
		if schema.Validate(yamlValue(t, content)) == nil {
			t.Errorf("the schema accepts %s", content)
		}
		if _, err := readConfig(writeConfig(t, content), nil, environment); err == nil {
			t.Errorf("the reader accepts %s", content)
		}
	}
}

// The example of the documentation is right, and so is the schema that lies beside
// it; -update writes that.
func TestConfigExample(t *testing.T) {
	const folder = "../../docs/config"
	current := printedSchema(t)
	name := filepath.Join(folder, "mcpmount.schema.json")
	if *update {
		if err := os.WriteFile(name, []byte(current), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), current); diff != "" {
		t.Errorf("%s is not what the command prints (-update writes it):\n%s", name, diff)
	}
	example := filepath.Join(folder, "mcpmount.yaml")
	content, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	if err := compileSchema(t).Validate(yamlValue(t, string(content))); err != nil {
		t.Error(err)
	}
	env := func(string) (string, bool) { return "value", true }
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"check", "--strict", "--config", example}, nil, &stdout, &stderr, env); code != exitOK {
		t.Errorf("exit code %d\n%s%s", code, &stdout, &stderr)
	}
}
