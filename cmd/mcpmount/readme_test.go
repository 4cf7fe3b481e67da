package main

import (
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// Every line of the README and the docs that starts the command parses.
func TestDocumentedCommands(t *testing.T) {
	lines := 0
	for _, file := range []string{"../../README.md", "../../docs/architecture.md", "../../docs/live.md", "../../docs/resources.md", "../../docs/auth.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(text), "\n") {
			command, ok := strings.CutPrefix(strings.TrimPrefix(line, "go run ./cmd/"), "mcpmount ")
			if !ok || strings.HasPrefix(command, "gives ") {
				continue
			}
			lines++
			parser, err := kong.New(&commands{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(words(command)); err != nil {
				t.Errorf("%s: %s: %v", file, line, err)
			}
		}
	}
	if lines < 8 {
		t.Errorf("%d commands found", lines)
	}
}

// words splits a command line as a shell does that knows single quotes.
func words(line string) []string {
	var list []string
	quoted := strings.Split(line, "'")
	for i, part := range quoted {
		if i%2 == 1 {
			list = append(list, part)
		} else {
			list = append(list, strings.Fields(part)...)
		}
	}
	return list
}
