package mcpmount_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The table of docs/architecture.md has each file of the package once.
func TestArchitecture(t *testing.T) {
	page, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "|") {
			table.WriteString(line)
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if n := strings.Count(table.String(), "`"+file+"`"); n != 1 && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s is %d times in the table", file, n)
		}
	}
}
