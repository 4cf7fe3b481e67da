package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAPIDiff runs .ci/apidiff in a small module: what counts as a break is for the tool,
// what is made of it is for the script.
func TestAPIDiff(t *testing.T) {
	script, err := filepath.Abs("../../.ci/apidiff")
	if err != nil {
		t.Fatal(err)
	}
	const (
		before = "package shop\n\nfunc Open(door int) {}\n"
		after  = "package shop\n\nfunc Open(door string) {}\n"
		more   = before + "func Close() {}\n"
	)
	none, change := "# Changelog\n\n## Unreleased\n\n## 0.1.0\n\n- [CHANGE] Doors.\n", "# Changelog\n\n## Unreleased\n\n- [CHANGE] Doors have names.\n"
	tests := []struct {
		name, tag, code, changelog, module string
		fails                              bool
		says                               string
	}{
		{"no tag", "", after, none, "example.com/shop", false, "no version is tagged"},
		{"the same", "v0.1.0", before, none, "example.com/shop", false, "breaks nothing of v0.1.0"},
		{"more", "v1.0.0", more, none, "example.com/shop", false, "breaks nothing of v1.0.0"},
		{"broken in silence", "v0.1.0", after, none, "example.com/shop", true, "tell users"},
		{"broken and said", "v0.1.0", after, change, "example.com/shop", false, "has a [CHANGE]"},
		{"broken in v1", "v1.2.0", after, change, "example.com/shop", true, "new major version"},
		{"a new major version", "v1.2.0", after, change, "example.com/shop/v2", false, "another module"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(module, code, changelog string) {
				for name, text := range map[string]string{"go.mod": "module " + module + "\n\ngo 1.25\n", "shop.go": code, "CHANGELOG.md": changelog} {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			git := func(args ...string) {
				t.Helper()
				if _, err := command(t.Context(), dir, nil, "git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...); err != nil {
					t.Fatal(err)
				}
			}
			write("example.com/shop", before, none)
			git("init", "--quiet")
			git("add", ".")
			git("commit", "--quiet", "-m", "shop: open")
			if tt.tag != "" {
				git("tag", tt.tag)
			}
			write(tt.module, tt.code, tt.changelog)
			cmd := exec.CommandContext(t.Context(), script)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if strings.Contains(string(out), "could not be installed") {
				t.Skipf("%s", out)
			}
			if (err != nil) != tt.fails || !strings.Contains(string(out), tt.says) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
