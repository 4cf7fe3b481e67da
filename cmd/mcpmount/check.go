package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

type checkCommand struct {
	Document string `arg:"" name:"DOCUMENT" help:"OpenAPI document: a file, an https URL, http on loopback, or - for standard input"`

	checkFlags  `embed:"" group:"Output"`
	bridgeFlags `embed:""`
}

type checkFlags struct {
	Strict bool `help:"fail if there is any problem"`
	JSON   bool `name:"json" help:"print the findings as JSON"`
}

func (checkCommand) Help() string {
	return "mcpmount check openapi.yaml\n" +
		"mcpmount check --strict --json openapi.yaml\n"
}

// findings are what is to be known of a document before it is served.
type findings struct {
	Title      string    `json:"title"`
	Version    string    `json:"version"`
	Operations int       `json:"operations"`
	Tools      int       `json:"tools"`
	Problems   []problem `json:"problems"`
	Access     []access  `json:"access"`
	Budgets    []budget  `json:"budgets"`
}

// An access says what the API demands of who uses a tool or a resource: one of
// several alternatives, each with all of its schemes.
type access struct {
	Name     string                         `json:"name"`
	Route    string                         `json:"route"`
	Security []mcpmount.SecurityRequirement `json:"security"`
}

type problem struct {
	File    string `json:"file"`
	Pointer string `json:"pointer"`
	Message string `json:"message"`
}

// A budget is a bound and how much of it is used.
type budget struct {
	What  string `json:"what"`
	Tool  string `json:"tool,omitempty"` // the largest one
	Bytes int    `json:"bytes"`
	Limit int    `json:"limit"`
}

// Run prints the findings.
func (c *checkCommand) Run(ctx context.Context, t *terminal) error {
	src, srv, err := c.describe(ctx, t, c.Document)
	if err != nil {
		return err
	}
	found, err := newFindings(src, srv)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(t.stdout, found)
	} else {
		err = found.print(t.stdout)
	}
	if n := len(found.Problems); err == nil && c.Strict && n > 0 {
		return fail("", "%s in %s", count(n, "problem"), src.name)
	}
	return err
}

func newFindings(src *source, srv *mcpmount.Server) (*findings, error) {
	tools := srv.Tools()
	f := &findings{
		Title:      src.title(),
		Version:    src.doc.Info.Version,
		Operations: len(src.doc.Operations),
		Tools:      len(tools),
		Problems:   []problem{},
		Access:     accesses(src.doc, tools),
	}
	for _, p := range srv.Problems() {
		if p.File == "" {
			p.File = src.name
		}
		f.Problems = append(f.Problems, problem{p.File, p.Pointer, p.Message})
	}
	var err error
	f.Budgets, err = budgets(tools)
	return f, err
}

// accesses returns who may use what, in the order of the document. An operation
// that became nothing is not a part of it.
func accesses(doc *mcpmount.Document, tools []*mcp.Tool) []access {
	served := map[string]bool{}
	for _, tool := range tools {
		served[tool.Name] = true
	}
	list := []access{}
	for _, op := range doc.Operations {
		if served[op.Name] || op.Kind == mcpmount.KindResource {
			security := append([]mcpmount.SecurityRequirement{}, op.Security...) // [] in JSON, not null
			list = append(list, access{op.Name, route(doc, &op), security})
		}
	}
	return list
}

// budgets measures tools against the limits that hold for them.
func budgets(tools []*mcp.Tool) ([]budget, error) {
	input := budget{What: "largest input schema", Limit: mcpmount.DefaultMaxInputSchemaBytes}
	output := budget{What: "largest output schema", Limit: mcpmount.DefaultMaxOutputSchemaBytes}
	list := budget{What: "list of all tools", Limit: mcpmount.DefaultMaxListBytes}
	for _, tool := range tools {
		if err := input.grow(tool.Name, tool.InputSchema); err != nil {
			return nil, err
		}
		if err := output.grow(tool.Name, tool.OutputSchema); err != nil {
			return nil, err
		}
	}
	var err error
	list.Bytes, err = jsonSize(toolList{Tools: tools})
	return []budget{input, output, list}, err
}

func (b *budget) grow(tool string, schema any) error {
	if schema == nil {
		return nil
	}
	size, err := jsonSize(schema)
	if err == nil && size > b.Bytes {
		b.Tool, b.Bytes = tool, size
	}
	return err
}

func (f *findings) print(w io.Writer) error {
	fmt.Fprintf(w, "%s\n%s, %s\n", printable(strings.TrimSpace(f.Title+" "+f.Version)),
		count(f.Operations, "operation"), count(f.Tools, "tool"))
	fmt.Fprintf(w, "\n%s\n", count(len(f.Problems), "problem"))
	for _, p := range f.Problems {
		fmt.Fprintf(w, "  %s\n", printable(p.File+"#"+p.Pointer+": "+p.Message))
	}
	fmt.Fprintf(w, "\nwho may call\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, a := range f.Access {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", a.Name, a.Route, securityText(a.Security))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nbudgets\n")
	for _, b := range f.Budgets {
		text := fmt.Sprintf("%d of %d bytes", b.Bytes, b.Limit)
		if b.Tool != "" {
			text += ", " + b.Tool
		}
		fmt.Fprintf(table, "  %s\t%s\n", b.What, text)
	}
	return table.Flush()
}

// securityText returns requirements in words: one of the alternatives is
// enough, and each needs all of its schemes.
func securityText(alternatives []mcpmount.SecurityRequirement) string {
	if len(alternatives) == 0 {
		return "anyone"
	}
	var texts []string
	for _, requirement := range alternatives {
		var schemes []string
		for name, scopes := range requirement {
			if len(scopes) > 0 {
				name += " (" + strings.Join(scopes, " ") + ")"
			}
			schemes = append(schemes, printable(name))
		}
		slices.Sort(schemes)
		if len(schemes) == 0 {
			schemes = []string{"anonymous"}
		}
		texts = append(texts, strings.Join(schemes, " and "))
	}
	return strings.Join(texts, ", or ")
}
