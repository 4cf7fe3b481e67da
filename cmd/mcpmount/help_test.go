package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

func TestHelpIsComplete(t *testing.T) {
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Children {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), []string{command.Name, "--help"}, nil, &stdout, &stderr, nil); code != exitOK || stderr.Len() > 0 {
			t.Errorf("%s --help: exit code %d, stderr %q", command.Name, code, &stderr)
		}
		help := stdout.String()
		for _, flag := range command.Flags {
			if flag.Group == nil || flag.Help == "" || !strings.Contains(help, "--"+flag.Name) {
				t.Errorf("%s: --%s is not documented", command.Name, flag.Name)
			}
		}
		for line := range strings.Lines(help) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > helpWidth {
				t.Errorf("%s: a line has %d columns: %s", command.Name, n, line)
			}
		}
		_, examples, _ := strings.Cut(help, "\nExample:\n")
		for example := range strings.Lines(examples) {
			if !strings.HasPrefix(example, "  mcpmount "+command.Name) {
				t.Errorf("%s: example %q", command.Name, example)
			}
		}
		if examples == "" {
			t.Errorf("%s: no example", command.Name)
		}
	}
}

// What help shows as an example must be accepted: it fails because a document
// is missing, not because it was typed wrongly.
func TestExamplesParse(t *testing.T) {
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range append(parser.Model.Children, parser.Model.Node) {
		for example := range strings.Lines(command.Detail) {
			args := strings.Fields(strings.ReplaceAll(example, "'X-API-Key: ${KEY}'", "X-API-Key:${KEY}"))[1:]
			if _, err := parser.Parse(args); err != nil {
				t.Errorf("%s: %v", strings.TrimSpace(example), err)
			}
		}
	}
}

func TestSpellOut(t *testing.T) {
	tests := []struct{ typed, want string }{
		{"", "--help"},
		{"help", "--help"},
		{"help serve", "serve --help"},
		{"--version", "version"},
		{"serve x", "serve x"},
	}
	for _, tt := range tests {
		if got := strings.Join(spellOut(strings.Fields(tt.typed)), " "); got != tt.want {
			t.Errorf("spellOut(%q) = %q, want %q", tt.typed, got, tt.want)
		}
	}
}
