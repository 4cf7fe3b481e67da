package main

import (
	"fmt"
	"os"
	"strings"
)

// documentation is the page that has the results of the last run, seen from the folder of
// this program.
const documentation = "../docs/performance.md"

// Marks around what a run writes; the rest of the page is written by hand.
const (
	beginMark = "<!-- results: written by make bench ARGS=-write -->\n"
	endMark   = "<!-- end of results -->\n"
)

// writePage puts report between the marks of a page.
func writePage(name, report string) error {
	page, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(page), beginMark)
	_, after, ends := strings.Cut(rest, endMark)
	if !begins || !ends {
		return fmt.Errorf("%s has no place for the results: add the lines %q and %q", name, beginMark, endMark)
	}
	return os.WriteFile(name, []byte(before+beginMark+report+endMark+after), 0o644)
}
