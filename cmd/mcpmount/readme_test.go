package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// Every line of the documentation that starts the command parses.
func TestDocumentedCommands(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	lines := 0
	for _, file := range append(pages, "../../README.md", "../../examples/README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, args := range documentedCommands(string(text)) {
			lines++
			parser, err := kong.New(&commands{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(args); err != nil {
				t.Errorf("%s: mcpmount %q: %v", filepath.Base(file), args, err)
			}
		}
	}
	if lines < 20 {
		t.Errorf("%d commands found", lines)
	}
}

// Every flag that a guide names exists.
func TestDocumentedFlags(t *testing.T) {
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"--help": true}
	for _, command := range parser.Model.Children {
		for _, group := range command.AllFlags(false) {
			for _, flag := range group {
				known["--"+flag.Name] = true
			}
		}
	}
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, file := range append(pages, "../../README.md", "../../examples/README.md") {
		if filepath.Base(file) == "clients.md" {
			continue // about the flags of others
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range regexp.MustCompile("`(?:mcpmount |serve |tools |check |call |scan )?(--[a-z][a-z-]*)[^`]*`").FindAllStringSubmatch(string(text), -1) {
			named++
			if !known[code[1]] {
				t.Errorf("%s: there is no %s", filepath.Base(file), code[1])
			}
		}
	}
	if named < 50 {
		t.Errorf("%d flags", named)
	}
}

// documentedCommands returns the arguments of mcpmount in the shell snippets of a page.
func documentedCommands(page string) [][]string {
	var found [][]string
	for _, block := range regexp.MustCompile("(?ms)^```\\w*\n(.*?)^```$").FindAllStringSubmatch(page, -1) {
		for line := range strings.SplitSeq(strings.ReplaceAll(block[1], "\\\n", " "), "\n") {
			m := regexp.MustCompile(`^\s*(?://go:generate )?(?:\w+=\S+ )*(?:go run \./cmd/)?mcpmount (.*?)(?: [|>&#].*)?$`).FindStringSubmatch(line)
			if m != nil {
				found = append(found, words(m[1]))
			}
		}
		for _, m := range regexp.MustCompile(`"command": "mcpmount",\s*"args": (\[[^\]]*\])`).FindAllStringSubmatch(block[1], -1) {
			var args []string
			if err := json.Unmarshal([]byte(m[1]), &args); err != nil {
				args = []string{err.Error()} // which is no command
			}
			found = append(found, args)
		}
	}
	return found
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
