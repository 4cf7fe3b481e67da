package frameworks

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The snippets of the guide are what the tests of this package run, and all of
// that is in the guide.
func TestRecipes(t *testing.T) {
	page, err := os.ReadFile("../../docs/frameworks.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, m := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		shown[m[1]] = false
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?s)\n(\t+)// recipe: ([^\n]+)\n(.*?)\t+// end\n`).FindAllStringSubmatch(string(source), -1) {
			indent, name, code := m[1], m[2], m[3]
			code = strings.ReplaceAll("\n"+code, "\n"+indent, "\n")[1:]
			if n := strings.Count(strings.TrimSpace(code), "\n") + 1; strings.Contains(code, "mcpmount.New") && !strings.HasPrefix(name, "middleware") && n > 6 {
				t.Errorf("the recipe %s has %d lines", name, n)
			}
			if _, ok := shown[code]; ok {
				shown[code] = true
			} else if !sameButForVersion[name] {
				t.Errorf("docs/frameworks.md does not have the recipe %s:\n%s", name, code)
			}
		}
	}
	for code, run := range shown {
		if !run {
			t.Errorf("no test runs\n%s", code)
		}
	}
}

// What the guide has for another version of the framework.
var sameButForVersion = map[string]bool{
	"the context of a call in fiber v2": true, "routes of echo v4": true, "routes only": true,
}
