package tree_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// specs returns the folder of documents that stays beside the repository, or ""
// if there is none.
func specs() string {
	if dir := os.Getenv("MCPMOUNT_SPECS"); dir != "" {
		return dir
	}
	dir := filepath.Join("..", "..", "..", "shared", "specs")
	if _, err := os.Stat(dir); err != nil {
		return ""
	}
	return dir
}

// readSpec returns the content of a document, or nil if it is not there.
func readSpec(tb testing.TB, name string) []byte {
	data, err := os.ReadFile(filepath.Join(specs(), name))
	if err != nil {
		tb.Logf("%s is not measured: %v", name, err)
		return nil
	}
	return data
}

// unreadable are the documents that are neither JSON nor YAML.
var unreadable = map[string]bool{
	"MANIFEST.tsv":                   true,
	"README.md":                      true,
	"crafted/empty.yaml":             true,
	"crafted/tabs.yaml":              true,
	"crafted/truncated.json":         true,
	"negative/mermade-yamlbomb.yaml": true,
}

// Every document is read, or refused for a reason; and what is read is what
// encoding/json reads, where that can.
func TestSpecs(t *testing.T) {
	root := specs()
	if root == "" {
		t.Skip("no documents: set MCPMOUNT_SPECS to their folder")
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, _ := filepath.Rel(root, path)
		checkSpec(t, filepath.ToSlash(name), path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkSpec(t *testing.T, name, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n, problems, err := tree.Parse(data, tree.Limits{})
	if (err != nil) != unreadable[name] {
		t.Errorf("%s: error = %v, want an error = %t", name, err, unreadable[name])
	}
	if err != nil {
		return
	}
	again, err := tree.ParseJSON(n.JSON(), tree.Limits{})
	if err != nil || !again.Equal(n) {
		t.Errorf("%s: read again from its JSON it is different (error %v)", name, err)
	}
	for _, p := range problems {
		if n.Lookup(p.Pointer) == nil {
			t.Errorf("%s: problem %q is at %q, which is not there", name, p.Message, p.Pointer)
		}
	}
	if json.Valid(data) {
		if !reflect.DeepEqual(n.Any(), decodeStandard(t, data)) {
			t.Errorf("%s: it is not what encoding/json reads", name)
		}
	}
}
