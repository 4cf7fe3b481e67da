// Command corpus measures mcpmount on documents of other people: what is
// served of them, and whether the requests it makes for generated arguments are
// ones that the documents allow. The judge of that is kin-openapi.
//
//	corpus [-only TEXT] [-findings FILE] [DOCUMENT|FOLDER...]   print the scoreboard
//	corpus fetch [DIR]   download what Go modules have of the documents
//
// Without documents, it examines those of the manifest.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "corpus: error:", err)
		os.Exit(1)
	}
}

// repository is the root of the repository, seen from this folder.
const repository = "../.."

func run(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) > 0 && args[0] == "fetch" {
		return fetch(ctx, args[1:], stdout)
	}
	flags := flag.NewFlagSet("corpus", flag.ContinueOnError)
	only := flags.String("only", "", "examine only documents with `TEXT` in their name")
	findings := flags.String("findings", "", "write every call that was not accepted to `FILE`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	specimens, err := chosenSpecimens(flags.Args())
	if err != nil {
		return err
	}
	b := &board{}
	for _, s := range specimens {
		if strings.Contains(s.name, *only) {
			b.results = append(b.results, examine(s))
		}
	}
	b.print(stdout)
	if *findings == "" {
		return nil
	}
	return writeFindings(b, *findings)
}

// chosenSpecimens returns the documents that were named, or those of the manifest.
func chosenSpecimens(args []string) ([]specimen, error) {
	if len(args) > 0 {
		return plainSpecimens(args)
	}
	dir, err := findSpecs(repository)
	if err != nil {
		return nil, err
	}
	return readManifest(dir)
}

func writeFindings(b *board, name string) error {
	f, err := os.Create(filepath.Clean(name))
	if err != nil {
		return err
	}
	b.printFindings(f)
	return f.Close()
}

// oneLine returns s on one line of a table.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// cut returns the beginning of s on one line of a table.
func cut(s string) string {
	s = oneLine(s)
	if len(s) > 2000 {
		s = s[:2000] + "…"
	}
	return s
}
