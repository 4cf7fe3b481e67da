// Command report compares what the clients and the suite of this folder saw with
// docs/clients.md, and fails if the document says something else.
//
// Usage: report [-update] DOCUMENT REQUIREMENTS RESULTS
//
// REQUIREMENTS is the folder in which the suite says what a revision requires.
// RESULTS is a folder with rows.jsonl and oauth.jsonl, a row of a table on each line;
// conformance-REVISION.txt, what the suite printed; and, if any were, the clients
// that were skipped, one on each line of the file skipped.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	log.SetFlags(0)
	update := flag.Bool("update", false, "write what was seen into the document")
	flag.Parse()
	if flag.NArg() != 3 {
		log.Fatal("usage: report [-update] DOCUMENT REQUIREMENTS RESULTS")
	}
	if err := run(*update, flag.Arg(0), flag.Arg(1), flag.Arg(2)); err != nil {
		log.Fatal(err)
	}
}

// revisions are those that the suite has requirements for.
var revisions = []string{"2025-11-25", "2026-07-28"}

func run(update bool, document, requirementsDir, results string) error {
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	rows, err := readRows[row](filepath.Join(results, "rows.jsonl"))
	if err != nil {
		return err
	}
	have, err := section(string(text), "clients")
	if err != nil {
		return err
	}
	skipped, err := os.ReadFile(filepath.Join(results, "skipped"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	seen, err := replace(string(text), "clients", table(header, rows, kept(have, strings.Split(strings.TrimSpace(string(skipped)), "\n"))))
	if err != nil {
		return err
	}
	logins, err := readRows[oauthRow](filepath.Join(results, "oauth.jsonl"))
	if err != nil {
		return err
	}
	if seen, err = replace(seen, "oauth", table(oauthHeader, logins, nil)); err != nil {
		return err
	}
	totals, err := conformance(revisions, requirementsDir, results)
	if err != nil {
		return err
	}
	if seen, err = replace(seen, "conformance", totals); err != nil {
		return err
	}
	if update {
		return os.WriteFile(document, []byte(seen), 0o644) //nolint:gosec // a document for everyone
	}
	if diff := difference(string(text), seen); diff != "" {
		return fmt.Errorf("%s is not what was seen (- document, + seen); if that is right, run: make interop ARGS=-update\n%s", document, diff)
	}
	return nil
}

// difference returns the lines that only one of two texts has, in order.
func difference(before, after string) string {
	var b strings.Builder
	only := func(mark, text, other string) {
		lines := map[string]bool{}
		for line := range strings.Lines(other) {
			lines[line] = true
		}
		for line := range strings.Lines(text) {
			if !lines[line] {
				b.WriteString(mark + line)
			}
		}
	}
	if before != after {
		only("-", before, after)
		only("+", after, before)
		if b.Len() == 0 {
			b.WriteString("the order of lines\n")
		}
	}
	return b.String()
}
