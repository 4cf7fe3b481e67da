package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A rule is one of docs/security.md, and what shows it at the outside of the
// program.
type rule struct {
	name  string
	check func(*testing.T, *site)
}

// TestRequestRules, TestDoorRules, TestAuthRules and TestLoginRules check each rule where the
// server is part of the app, and where it is a process in front of an API.
func TestRequestRules(t *testing.T) { checkRules(t, vault(), requestRules()) }

func TestDoorRules(t *testing.T) { checkRules(t, vault(), doorRules()) }

func TestAuthRules(t *testing.T) { checkRules(t, guarded(t), authRules()) }

func TestLoginRules(t *testing.T) {
	checkRules(t, setting{document: guardedSpec, logins: true}, loginRules())
}

func checkRules(t *testing.T, set setting, rules []rule) {
	for name, start := range forms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, set)
			for _, r := range rules {
				t.Run(r.name, func(t *testing.T) {
					s.api.take()
					r.check(t, s)
				})
			}
		})
	}
}

// TestSecurityPage checks that docs/security.md has all rules, each with a test
// that is there.
func TestSecurityPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testNames(t)
	missing := map[string]bool{}
	for test, rules := range map[string][]rule{"TestRequestRules": requestRules(), "TestDoorRules": doorRules(), "TestAuthRules": authRules(), "TestLoginRules": loginRules()} {
		for _, r := range rules {
			tests[test+"/"+r.name], missing[test+"/"+r.name] = true, true
		}
	}
	rows := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || strings.HasPrefix(cells[1], "---") || strings.TrimSpace(cells[2]) == "test" {
			continue
		}
		rows++
		proofs := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[2], -1)
		if len(proofs) == 0 {
			t.Errorf("no test shows: %s", cells[1])
		}
		for _, proof := range proofs {
			delete(missing, proof[1])
			if !tests[proof[1]] {
				t.Errorf("there is no test %s", proof[1])
			}
		}
	}
	if rows == 0 {
		t.Error("the page has no rules")
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		t.Errorf("the page does not have the rule of %s", name)
	}
}

// testNames returns the test functions of the module, and the scripts.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		names["TestScripts/"+strings.TrimSuffix(filepath.Base(script), ".txtar")] = true
	}
	for _, pattern := range []string{"*_test.go", "../../*_test.go", "../../auth/*_test.go", "../../auth/*/*_test.go", "../../resilient/*_test.go", "../../internal/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllSubmatch(data, -1) {
				names[string(m[1])] = true
			}
		}
	}
	return names
}
