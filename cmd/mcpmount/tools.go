package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

type toolsCommand struct {
	Document string `arg:"" name:"DOCUMENT" help:"OpenAPI document: a file, an https URL, http on loopback, or - for standard input"`

	JSON        bool   `name:"json" group:"Output" help:"print what tools/list returns"`
	Lock        string `group:"Output" placeholder:"FILE" help:"write what they are to FILE, which serve --lock holds them to"`
	bridgeFlags `embed:""`
}

func (toolsCommand) Help() string {
	return "mcpmount tools openapi.yaml\n" +
		"mcpmount tools --json --read-only --exclude-tag admin openapi.yaml\n" +
		"mcpmount tools --lock tools.lock openapi.yaml\n"
}

// A toolList is the result of tools/list and, if there are any resources, those
// of resources/list and resources/templates/list.
type toolList struct {
	Tools             []*mcp.Tool             `json:"tools"`
	Resources         []*mcp.Resource         `json:"resources,omitempty"`
	ResourceTemplates []*mcp.ResourceTemplate `json:"resourceTemplates,omitempty"`
}

// Run prints what a model will see.
func (c *toolsCommand) Run(ctx context.Context, t *terminal) error {
	src, srv, err := c.describe(ctx, t, c.Document)
	if err != nil {
		return err
	}
	if err := src.notEmpty(); err != nil {
		return err
	}
	if c.Lock != "" {
		if err := lockTools(c.Lock, srv, t); err != nil {
			return err
		}
	}
	list := &toolList{Tools: srv.Tools()}
	if err := list.addResources(ctx, srv); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(t.stdout, list)
	}
	return list.print(t.stdout, src.doc)
}

// describe returns a server that can be looked at, but whose tools cannot be
// called.
func (f *bridgeFlags) describe(ctx context.Context, t *terminal, document string) (*source, *mcpmount.Server, error) {
	src, err := f.read(ctx, t, document)
	if err != nil {
		return nil, nil, err
	}
	srv, err := mcpmount.New(src.doc, mcpmount.InProcess(http.NotFoundHandler()), f.options(quietLogger(t.stderr)))
	return src, srv, err
}

func (l *toolList) addResources(ctx context.Context, srv *mcpmount.Server) error {
	s, err := dialServer(ctx, srv)
	if err != nil {
		return err
	}
	defer s.close()
	for resource, err := range s.Resources(ctx, nil) {
		if err != nil {
			return fmt.Errorf("list resources: %w", err)
		}
		l.Resources = append(l.Resources, resource)
	}
	for template, err := range s.ResourceTemplates(ctx, nil) {
		if err != nil {
			return fmt.Errorf("list resource templates: %w", err)
		}
		l.ResourceTemplates = append(l.ResourceTemplates, template)
	}
	return nil
}

func (l *toolList) print(w io.Writer, doc *mcpmount.Document) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(l.Tools) > 0 {
		fmt.Fprintf(table, "NAME\tMETHOD PATH\tARGS (* required)\t BYTES\t~TOKENS\n")
	}
	route := routes(doc)
	for _, tool := range l.Tools {
		size, err := jsonSize(tool)
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%6d\t%7d\n", tool.Name, route[tool.Name], summarize(argumentNames(tool)), size, tokens(size))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	l.printResources(w)
	size, err := jsonSize(l)
	if err != nil {
		return err
	}
	served := servedText(mcpmount.Health{Tools: len(l.Tools), Resources: len(l.Resources), ResourceTemplates: len(l.ResourceTemplates)})
	_, err = fmt.Fprintf(w, "\n%s, %s, about %s (bytes / 4)\n", served, count(size, "byte"), count(tokens(size), "token"))
	if tokens(size) > manyTokens {
		_, err = fmt.Fprintf(w, "more than many models can use; %s\n", choosingHint)
	}
	return err
}

func (l *toolList) printResources(w io.Writer) {
	if len(l.Resources)+len(l.ResourceTemplates) == 0 {
		return
	}
	if len(l.Tools) > 0 {
		fmt.Fprintln(w)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "RESOURCE\tURI\n")
	for _, r := range l.Resources {
		fmt.Fprintf(table, "%s\t%s\n", r.Name, printable(r.URI))
	}
	for _, r := range l.ResourceTemplates {
		fmt.Fprintf(table, "%s\t%s\n", r.Name, printable(r.URITemplate))
	}
	table.Flush()
}

// tokens estimates how many tokens some bytes of JSON are to a model.
func tokens(size int) int { return (size + 3) / 4 }

func jsonSize(v any) (int, error) {
	data, err := json.Marshal(v)
	return len(data), err
}

// route returns the method and path of an operation.
func route(doc *mcpmount.Document, op *mcpmount.Operation) string {
	return printable(op.Method + " " + doc.BasePath + op.Path)
}

// routes returns the method and path behind each tool, by its name.
func routes(doc *mcpmount.Document) map[string]string {
	byName := make(map[string]string, len(doc.Operations))
	for i := range doc.Operations {
		byName[doc.Operations[i].Name] = route(doc, &doc.Operations[i])
	}
	return byName
}

// argumentNames returns the names of the arguments of a tool, the required
// ones first and with a star.
func argumentNames(tool *mcp.Tool) []string {
	raw, err := json.Marshal(tool.InputSchema)
	if err != nil {
		return nil
	}
	var schema struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Required   []string                   `json:"required"`
	}
	if err := json.Unmarshal(raw, &schema); err != nil {
		return nil
	}
	var required, optional []string
	for name := range schema.Properties {
		if slices.Contains(schema.Required, name) {
			required = append(required, printable(name)+"*")
		} else {
			optional = append(optional, printable(name))
		}
	}
	slices.Sort(required)
	slices.Sort(optional)
	return append(required, optional...)
}

// summarize joins names, but no more than fit in a column.
func summarize(names []string) string {
	const width = 40
	text := ""
	for i, name := range names {
		if i > 0 && len(text)+len(name) >= width {
			return fmt.Sprintf("%s +%d", text, len(names)-i)
		}
		text = strings.TrimSpace(text + " " + name)
	}
	return text
}
