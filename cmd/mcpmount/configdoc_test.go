package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const configDoc = "../../docs/config.md"

// The tables of docs/config.md have every key; -update writes them.
func TestConfigReference(t *testing.T) {
	data, err := os.ReadFile(configDoc)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for name, keys := range map[string]*keySet{"process": keysOf(t, &processKeys{}), "api": keysOf(t, &apiKeys{})} {
		before, rest, ok := strings.Cut(text, "<!-- "+name+" -->\n")
		table, after, ended := strings.Cut(rest, "<!-- end -->")
		if !ok || !ended {
			t.Fatalf("%s has no table of %s", configDoc, name)
		}
		want := keyTable(keys)
		if diff := cmp.Diff(table, want); diff != "" && !*update {
			t.Errorf("the keys of %s (-update writes them):\n%s", name, diff)
		}
		text = before + "<!-- " + name + " -->\n" + want + "<!-- end -->" + after
	}
	if *update {
		if err := os.WriteFile(configDoc, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// keyTable returns the keys as a table, in the order of their flags.
func keyTable(keys *keySet) string {
	var b strings.Builder
	b.WriteString("| key | takes | |\n|---|---|---|\n")
	for _, f := range keys.parser.Model.Flags {
		takes := string(typeOf(f))
		if f.Enum != "" {
			takes = "`" + strings.Join(f.EnumSlice(), "`, `") + "`"
		}
		takes += orList(f)
		if isPath(f) {
			takes = strings.Replace(takes, "a text", "a path", 1)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Name, takes, strings.ReplaceAll(keyHelp(f), "|", `\|`))
	}
	return b.String()
}

// The file and the overlay that docs/config.md shows are right.
func TestConfigDocExamples(t *testing.T) {
	data, err := os.ReadFile(configDoc)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for i, part := range strings.Split(string(data), "```") {
		if yamlText, ok := strings.CutPrefix(part, "yaml\n"); ok && i%2 == 1 {
			blocks = append(blocks, yamlText)
		}
	}
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of YAML, want 2", len(blocks))
	}
	if err := compileSchema(t).Validate(yamlValue(t, blocks[0])); err != nil {
		t.Error(err)
	}
	set, err := readConfig(writeConfig(t, blocks[0]), nil, func(string) (string, bool) { return "x", true })
	if err != nil || len(set.apis) != 2 {
		t.Fatalf("%v", err)
	}
	file := filepath.Join(t.TempDir(), "overlay.yaml")
	replaceFile(t, file, blocks[1])
	doc, err := readSource(t.Context(), nil, "../../docs/config/crm.yaml", "", nil, file)
	if err != nil {
		t.Fatal(err)
	}
	if op := doc.doc.Operation("list_customers"); op.Name != "find_customers" || !strings.HasPrefix(op.Description, "Finds customers") {
		t.Errorf("%s: %s", op.Name, op.Description)
	}
}
