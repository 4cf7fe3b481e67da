package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

type toolsCommand struct {
	Document string `arg:"" optional:"" name:"DOCUMENT" help:"OpenAPI document: a file, an https URL, http on loopback, or - for standard input; not with --config or --mcp"`

	JSON         bool   `name:"json" group:"Output" help:"print what tools/list returns"`
	Lock         string `group:"Output" placeholder:"FILE" help:"write what they are to FILE, which serve --lock holds them to"`
	Config       string `group:"Output" placeholder:"FILE" help:"show those of an API that serve --config FILE would serve"`
	API          string `group:"Output" name:"api" placeholder:"NAME" help:"which API of --config (default: the only one)"`
	runningFlags `embed:"" group:"Of a running server"`
	bridgeFlags  `embed:""`
	hostFlags    `embed:"" group:"Reading the document"`
}

// runningFlags name a server that runs already.
type runningFlags struct {
	MCP    string   `name:"mcp" placeholder:"URL" help:"show those of a running MCP server instead: no DOCUMENT"`
	Header []string `sep:"none" expands:"" placeholder:"'Name: value'" help:"header of requests to it, repeatable; $${NAME} is replaced by an environment variable, $${file:PATH} by the content of a file"`
}

func (toolsCommand) Help() string {
	return "mcpmount tools openapi.yaml\n" +
		"mcpmount tools --json --read-only --exclude-tag admin openapi.yaml\n" +
		"mcpmount tools --lock tools.lock openapi.yaml\n" +
		"mcpmount tools --config mcpmount.yaml --api crm\n" +
		"mcpmount tools --mcp http://127.0.0.1:8080/mcp\n"
}

// A toolList is the result of tools/list and, if there are any resources, those
// of resources/list and resources/templates/list.
type toolList struct {
	Tools             []*mcp.Tool             `json:"tools"`
	Resources         []*mcp.Resource         `json:"resources,omitempty"`
	ResourceTemplates []*mcp.ResourceTemplate `json:"resourceTemplates,omitempty"`

	deferred int // tools that are not listed
}

// Run prints what a model will see.
func (c *toolsCommand) Run(ctx context.Context, t *terminal, typed *kong.Context) error {
	if c.MCP != "" {
		return c.runRunning(ctx, t, typed)
	}
	keys, err := c.wanted(t, typed)
	if err != nil {
		return err
	}
	roots, err := keys.roots()
	if err != nil {
		return err
	}
	src, srv, err := keys.describe(ctx, t, keys.Document, roots)
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
	s, err := dialServer(ctx, srv)
	if err != nil {
		return err
	}
	defer s.close()
	list := &toolList{Tools: srv.Tools(), deferred: len(srv.DeferredTools())}
	if err := list.addResources(ctx, s); err != nil {
		return err
	}
	return c.show(t, list, routes(src.doc))
}

// runRunning prints what a running server lists.
func (c *toolsCommand) runRunning(ctx context.Context, t *terminal, typed *kong.Context) error {
	if c.Document != "" {
		return misuse("leave one out", "--mcp and DOCUMENT: the server has its tools already")
	}
	if err := onlyFlags(typed, "mcp", "header", "ca-cert", "json"); err != nil {
		return err
	}
	header, err := parseHeaders(c.Header, t.env)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, mcpmount.DefaultCallTimeout)
	defer cancel()
	s, err := (&apiFlags{CACert: c.CACert}).dialURL(ctx, c.MCP, header, quietLogger(t.stderr))
	if err != nil {
		return err
	}
	defer s.close()
	list := new(toolList)
	for tool, err := range s.Tools(ctx, nil) {
		if err != nil {
			return fmt.Errorf("list tools: %w", err)
		}
		list.Tools = append(list.Tools, tool)
	}
	if s.InitializeResult().Capabilities.Resources != nil {
		if err := list.addResources(ctx, s); err != nil {
			return err
		}
	}
	return c.show(t, list, nil)
}

// show prints the list; route has the method and path behind each tool, nil if they are not known.
func (c *toolsCommand) show(t *terminal, list *toolList, route map[string]string) error {
	if c.JSON {
		return printJSON(t.stdout, list)
	}
	return list.print(t.stdout, route)
}

// wanted returns the document whose tools are to be shown, and what is made of it.
func (c *toolsCommand) wanted(t *terminal, typed *kong.Context) (*apiKeys, error) {
	switch {
	case len(c.Header) > 0:
		return nil, misuse("--mcp URL", "--header has no effect without --mcp")
	case c.Config == "" && c.API != "":
		return nil, misuse("--config FILE", "--api has no effect without --config")
	case c.Config == "" && c.Document == "":
		return nil, misuse("mcpmount tools --help", "DOCUMENT or --config is missing")
	case c.Config == "":
		return &apiKeys{Document: c.Document, mountFlags: mountFlags{apiFlags: apiFlags{CACert: c.CACert}, bridgeFlags: c.bridgeFlags}}, nil
	}
	if err := onlyWithConfig(typed, c.Document, "api", "json", "lock"); err != nil {
		return nil, err
	}
	s, err := oneOf(c.Config, c.API, t.env)
	if err != nil {
		return nil, err
	}
	return &s.keys, nil
}

// describe returns a server that can be looked at, but whose tools cannot be
// called. The host of a URL may have a certificate of roots, nil for those of this machine.
func (f *bridgeFlags) describe(ctx context.Context, t *terminal, document string, roots *x509.CertPool) (*source, *mcpmount.Server, error) {
	src, err := f.read(ctx, t, document, roots)
	if err != nil {
		return nil, nil, err
	}
	srv, err := mcpmount.New(src.doc, mcpmount.InProcess(http.NotFoundHandler()), f.options(quietLogger(t.stderr)))
	return src, srv, err
}

func (l *toolList) addResources(ctx context.Context, s *session) error {
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

func (l *toolList) print(w io.Writer, route map[string]string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	column := "METHOD PATH\t"
	if route == nil {
		column = ""
	}
	if len(l.Tools) > 0 {
		fmt.Fprintf(table, "NAME\t%sARGS (* required)\t BYTES\t~TOKENS\n", column)
	}
	for _, tool := range l.Tools {
		size, err := jsonSize(tool)
		if err != nil {
			return err
		}
		if route != nil {
			column = route[tool.Name] + "\t"
		}
		fmt.Fprintf(table, "%s\t%s%s\t%6d\t%7d\n", printable(tool.Name), column, summarize(argumentNames(tool)), size, tokens(size))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	l.printResources(w)
	size, err := jsonSize(l)
	if err != nil {
		return err
	}
	served := servedText(mcpmount.Health{Tools: len(l.Tools), Resources: len(l.Resources), ResourceTemplates: len(l.ResourceTemplates), DeferredTools: l.deferred})
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
