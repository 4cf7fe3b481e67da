package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// manual returns a file with the manual page of a binary that was released.
func manual(t *testing.T, app *kong.Node) (file string) {
	t.Helper()
	var page strings.Builder
	printManual(&page, app, "v1.2.3", "2026-11-21")
	file = filepath.Join(t.TempDir(), "mcpmount.1")
	if err := os.WriteFile(file, []byte(page.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// What the command prints is the page of the version that it is.
func TestManCommand(t *testing.T) {
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"man"}, nil, &stdout, &stderr, nil); code != exitOK || stderr.Len() > 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if !strings.HasPrefix(stdout.String(), ".TH MCPMOUNT 1 ") || !strings.Contains(stdout.String(), "\n.SH CONFIG\\-SCHEMA\n") {
		t.Errorf("%.300s", &stdout)
	}
}

func model(t *testing.T) *kong.Node {
	t.Helper()
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model.Node
}

// A formatted page has the name and the help of each command and flag, as --help has
// them.
func TestManual(t *testing.T) {
	if _, err := exec.LookPath("mandoc"); err != nil {
		t.Skip("mandoc is not installed")
	}
	app := model(t)
	cmd := exec.CommandContext(t.Context(), "mandoc", "-T", "utf8", "-O", "width=1000", manual(t, app))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	bold := regexp.MustCompile(`.\x08`)
	text := strings.Join(strings.Fields(bold.ReplaceAllString(string(out), "")), " ")
	for _, command := range app.Children {
		_, section, found := strings.Cut(text, " mcpmount "+command.Name+" [flags]")
		section, _, ended := strings.Cut(section, " Examples ")
		if !found || !ended || !strings.Contains(section, command.Help) {
			t.Errorf("%s is not in the manual", command.Name)
		}
		for _, group := range flagGroups(command) {
			for _, flag := range group {
				help := strings.Join(strings.Fields(flagLabel(flag)+" "+flag.Help), " ")
				if !strings.Contains(section, help) {
					t.Errorf("%s: not in the manual: %s", command.Name, help)
				}
			}
		}
		for line := range strings.Lines(command.Detail) {
			if !strings.Contains(text, strings.TrimSpace(line)) {
				t.Errorf("%s: no example %s", command.Name, line)
			}
		}
	}
}

func TestManualLint(t *testing.T) {
	file := manual(t, model(t))
	for _, lint := range [][]string{
		{"mandoc", "-T", "lint", "-W", "warning", file},
		{"man", "--warnings", "-l", file},
	} {
		if _, err := exec.LookPath(lint[0]); err != nil {
			t.Logf("%s is not installed", lint[0])
			continue
		}
		cmd := exec.CommandContext(t.Context(), lint[0], lint[1:]...)
		cmd.Env = append(os.Environ(), "MANPAGER=cat", "LC_ALL=C.UTF-8")
		var stdout, stderr strings.Builder
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil || stderr.Len() > 0 || lint[0] == "mandoc" && stdout.Len() > 0 {
			t.Errorf("%s: %v\n%s%s", lint[0], err, &stderr, &stdout)
		}
	}
}

// What a text has is printed, and never a request to the formatter.
func TestRoff(t *testing.T) {
	for text, want := range map[string]string{
		".so /etc/passwd": `\&.so /etc/passwd`,
		"'br":             `\(aqbr`,
		`a\fB-b`:          `a\efB\-b`,
		"~/^`":            "\\(ti/\\(ha\\(ga",
	} {
		if got := roff(text); got != want {
			t.Errorf("roff(%q) = %q, want %q", text, got, want)
		}
	}
}
