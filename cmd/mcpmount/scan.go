package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/internal/scan"
	"github.com/mcpmount/mcpmount/internal/scan/describe"
	"github.com/mcpmount/mcpmount/internal/tree"
)

type scanCommand struct {
	Packages []string `arg:"" optional:"" name:"PACKAGES" help:"Go packages, as the go command names them (default ./...)"`

	scanFlags          `embed:"" group:"Output"`
	scanSelectionFlags `embed:"" group:"Which routes, each flag repeatable; an exclusion always wins"`
}

type scanFlags struct {
	Output  string `short:"o" placeholder:"FILE" help:"write the document to FILE, as YAML if it ends in .yaml or .yml (default: JSON to standard output)"`
	Check   bool   `help:"write nothing, and fail if FILE is not what the source says"`
	Strict  bool   `help:"fail if anything could not be understood"`
	Title   string `placeholder:"TITLE" help:"title of the document (default: the last element of the module path)"`
	Version string `default:"0.0.0" placeholder:"V" help:"version of the API (default 0.0.0)"`
}

type scanSelectionFlags struct {
	IncludePath []string `sep:"none" placeholder:"P" help:"only these paths: '/orders/**', 'GET /orders/*'"`
	ExcludePath []string `sep:"none" placeholder:"P" help:"all but these paths"`
}

func (scanCommand) Help() string {
	return "mcpmount scan -o openapi.json ./...\n" +
		"mcpmount scan --check --strict -o openapi.json ./...\n" +
		"mcpmount scan --exclude-path '/internal/**' ./cmd/server\n"
}

// Run writes the document of the packages.
func (c *scanCommand) Run(ctx context.Context, t *terminal) error {
	if c.Check && c.Output == "" {
		return misuse("mcpmount scan --check -o openapi.json ./...", "--check needs the file to compare with: -o FILE")
	}
	api, problems, module, err := c.scan(ctx)
	if err != nil {
		tellProblems(t, problems)
		return err
	}
	document := api.Document(describe.Info{Title: cmp.Or(c.Title, path.Base(module)), Version: c.Version})
	faults := tellProblems(t, problems)
	fmt.Fprintf(t.stderr, "mcpmount: %s\n", api.Coverage)
	if err := c.deliver(t, document); err != nil {
		return err
	}
	if c.Strict && faults > 0 {
		return fail("what can be done is said in docs/scan.md, “What is not understood”", "%s not understood", count(faults, "part"))
	}
	return nil
}

// scan reads the packages. There may be problems beside an error, and the reason for it.
func (c *scanCommand) scan(ctx context.Context) (api *describe.API, problems []scan.Problem, module string, err error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, nil, "", err
	}
	pkgs, problems, err := scan.Load(ctx, dir, c.Packages...)
	if err != nil {
		return nil, nil, "", fail("run it in the module, and see that go build works there", "%w", err)
	}
	routes, more := scan.Routes(pkgs)
	api = describe.Routes(pkgs, routes)
	problems = slices.Concat(problems, more, api.Problems)
	if len(api.Operations) == 0 {
		return nil, problems, "", fail("name the packages in which routes are registered: mcpmount scan ./...; docs/scan.md has the routers that are known",
			"no routes in %s", strings.Join(c.named(), " "))
	}
	if err := c.choose(api); err != nil {
		return nil, nil, "", err
	}
	return api, problems, modulePath(pkgs), nil
}

func (c *scanCommand) named() []string {
	if len(c.Packages) == 0 {
		return []string{"./..."}
	}
	return c.Packages
}

// modulePath returns the path of the module of the packages.
func modulePath(pkgs []*packages.Package) string {
	for _, pkg := range pkgs {
		if pkg.Module != nil && pkg.Module.Main {
			return pkg.Module.Path
		}
	}
	return "api"
}

// choose leaves in api the operations that the flags keep.
func (f *scanSelectionFlags) choose(api *describe.API) error {
	if len(f.IncludePath)+len(f.ExcludePath) == 0 {
		return nil
	}
	doc := &mcpmount.Document{}
	for _, op := range api.Operations {
		doc.Operations = append(doc.Operations, mcpmount.Operation{Name: op.ID, ID: op.ID, Method: op.Method, Path: op.Route.Path})
	}
	selected, err := mcpmount.Select{IncludePaths: f.IncludePath, ExcludePaths: f.ExcludePath}.Apply(doc)
	if err != nil {
		return fail("mcpmount scan, without these flags, has the paths that there are", "%w", err)
	}
	kept := map[string]bool{}
	for _, op := range selected.Operations {
		kept[op.ID] = true
	}
	api.Keep(func(op *describe.Operation) bool { return kept[op.ID] })
	return nil
}

// tellProblems prints what was not understood, with names of files as they are from here, and
// returns how many of them are no notes.
func tellProblems(t *terminal, problems []scan.Problem) (faults int) {
	dir, _ := os.Getwd() // without it, names are absolute
	for _, p := range problems {
		for _, at := range []*token.Position{&p.Pos, &p.Other} {
			if near, err := filepath.Rel(dir, at.Filename); err == nil && at.Filename != "" && dir != "" {
				at.Filename = near
			}
		}
		fmt.Fprintf(t.stderr, "mcpmount: %s\n", printable(p.String()))
		if !p.Note {
			faults++
		}
	}
	return faults
}

// deliver writes the document, or compares it.
func (f *scanFlags) deliver(t *terminal, document *tree.Node) error {
	write := describe.JSON
	if ext := strings.ToLower(filepath.Ext(f.Output)); ext == ".yaml" || ext == ".yml" {
		write = describe.YAML
	}
	data, err := write(document)
	if err != nil {
		return err
	}
	switch {
	case f.Output == "":
		_, err = t.stdout.Write(data)
		return err
	case f.Check:
		return f.compare(document)
	}
	if old, err := os.ReadFile(f.Output); err == nil && bytes.Equal(old, data) {
		return nil
	}
	if err := writeWhole(f.Output, data); err != nil {
		return fail("", "write document: %w", err)
	}
	return nil
}

// compare fails if the file does not have the document. How it is laid out does not matter.
func (f *scanFlags) compare(document *tree.Node) error {
	data, err := os.ReadFile(f.Output)
	if errors.Is(err, fs.ErrNotExist) {
		return fail("mcpmount scan -o "+f.Output+" writes it", "there is no file %s", f.Output)
	}
	if err != nil {
		return fail("", "read document: %w", err)
	}
	old, _, err := tree.Parse(data, tree.Limits{})
	if err != nil {
		return fail("mcpmount scan -o "+f.Output+" writes it anew", "%s: %w", f.Output, err)
	}
	changes := describe.Changes(old, document)
	if len(changes) == 0 {
		return nil
	}
	return fail("mcpmount scan -o "+f.Output+", with the same flags, writes it", "%s is not what the source says: %s", f.Output, shorten(changes))
}
