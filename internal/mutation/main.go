// Command mutation breaks one rule of docs/security.md after the other and looks
// whether its test notices: make mutants.
//
// All mutants are compiled at once, each behind a switch, and the tests run once
// for each. A mutant that no test notices is an error.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A mutant is a change of one file that breaks a rule.
type mutant struct {
	name string // unique
	file string // in the module
	old  string // which is there once
	new  string // what replaces it; MUTANT is whether the mutant is on
	test string // the rule, as docs/security.md names it
}

const (
	variable = "MCPMOUNT_MUTANT" // names the mutant that is on
	tested   = "./cmd/mcpmount"
	patience = 2 * time.Minute // for one run of a test
)

func main() {
	survivors, err := run(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
	}
	if err != nil || survivors > 0 {
		os.Exit(1)
	}
}

// run reports how many mutants no test noticed.
func run(ctx context.Context) (survivors int, err error) {
	dir, err := os.MkdirTemp("", "mutation")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	list := mutants()
	binary, err := build(ctx, dir, list)
	if err != nil {
		return 0, err
	}
	if out, err := test(ctx, binary, "none", "TestRequestRules|TestDoorRules|TestAuthRules|TestLoginRules"); err != nil {
		return 0, fmt.Errorf("the tests fail without a mutant: %w\n%s", err, out)
	}
	for _, m := range list {
		out, err := test(ctx, binary, m.name, pattern(m.test))
		noticed := places(string(out), m.test)
		if err == nil || len(noticed) == 0 {
			survivors++
			noticed = []string{"NOWHERE"}
		}
		fmt.Printf("%-22s %-40s %s\n", m.name, m.test, strings.Join(noticed, ", "))
	}
	fmt.Printf("%d of %d mutants were noticed\n", len(list)-survivors, len(list))
	return survivors, nil
}

// pattern returns what -test.run needs for a rule, in each form of the server.
func pattern(rule string) string {
	function, name, _ := strings.Cut(rule, "/")
	return "^" + function + "$/./^" + name + "$"
}

// places returns where a rule was seen broken.
func places(out, rule string) (noticed []string) {
	function, name, _ := strings.Cut(rule, "/")
	for _, form := range []string{"in_process", "as_a_service"} {
		if strings.Contains(out, "--- FAIL: "+function+"/"+form+"/"+name+" ") {
			noticed = append(noticed, strings.ReplaceAll(form, "_", " "))
		}
	}
	return noticed
}

// build compiles the tests with all mutants.
func build(ctx context.Context, dir string, list []mutant) (binary string, err error) {
	changed, err := apply(list, os.ReadFile)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for file, text := range changed {
		copied := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			return "", err
		}
		whole, err := filepath.Abs(file)
		if err != nil {
			return "", err
		}
		replace[whole] = copied
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlayFile := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		return "", err
	}
	binary = filepath.Join(dir, "tests")
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-overlay", overlayFile, "-o", binary, tested)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the mutants do not compile: %w\n%s", err, out)
	}
	return binary, nil
}

// apply returns the changed files, and a file with the switch for each package.
func apply(list []mutant, read func(string) ([]byte, error)) (map[string]string, error) {
	changed := map[string]string{}
	for _, m := range list {
		text, begun := changed[m.file]
		if !begun {
			data, err := read(m.file)
			if err != nil {
				return nil, err
			}
			text = string(data)
		}
		if n := strings.Count(text, m.old); n != 1 {
			return nil, fmt.Errorf("mutant %s: %s has %d times what it replaces, want once", m.name, m.file, n)
		}
		changed[m.file] = strings.Replace(text, m.old, strings.ReplaceAll(m.new, "MUTANT", fmt.Sprintf("mutated(%q)", m.name)), 1)
		name := filepath.Base(filepath.Dir(m.file))
		if name == "." {
			name = "mcpmount"
		}
		changed[filepath.Join(filepath.Dir(m.file), "mutated.go")] = "package " + name + "\n\nimport \"os\"\n\n" +
			"func mutated(name string) bool { return os.Getenv(\"" + variable + "\") == name }\n"
	}
	return changed, nil
}

// test runs the tests that match a pattern with one mutant on.
func test(ctx context.Context, binary, name, pattern string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "-test.run", pattern)
	cmd.Dir = tested
	cmd.Env = append(os.Environ(), variable+"="+name)
	return cmd.CombinedOutput()
}
