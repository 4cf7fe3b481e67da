package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

type checkCommand struct {
	Document string `arg:"" optional:"" name:"DOCUMENT" help:"OpenAPI document: a file, an https URL, http on loopback, or - for standard input; not with --config"`

	checkFlags  `embed:"" group:"Output"`
	bridgeFlags `embed:""`
	hostFlags   `embed:"" group:"Reading the document"`
}

type checkFlags struct {
	Strict bool   `help:"fail if the document has any fault, or a route of which only the path is known"`
	Routes string `placeholder:"FILE" help:"compare with the routes that the app has, one a line: GET /orders/:id"`
	JSON   bool   `name:"json" help:"print the findings as JSON"`
	Config string `placeholder:"FILE" help:"check what serve --config FILE would serve, API by API"`
}

func (checkCommand) Help() string {
	return "mcpmount check openapi.yaml\n" +
		"mcpmount check --strict --json openapi.yaml\n" +
		"mcpmount check --strict --routes routes.txt openapi.yaml\n" +
		"mcpmount check --config mcpmount.yaml\n"
}

// findings are what is to be known of a document before it is served.
type findings struct {
	Title      string    `json:"title"`
	Version    string    `json:"version"`
	Operations int       `json:"operations"`
	Coverage   coverage  `json:"coverage"`
	Tools      int       `json:"tools"` // that are listed
	Deferred   int       `json:"deferredTools,omitempty"`
	Resources  int       `json:"resources"`
	Templates  int       `json:"resourceTemplates"`
	Servers    []server  `json:"servers"` // the one that is used first
	Problems   []problem `json:"problems"`
	Access     []access  `json:"access"`
	Schemes    []scheme  `json:"schemes"`
	Budgets    []budget  `json:"budgets"`
}

// An access says what the API demands of who uses a tool or a resource: one of
// several alternatives, each with all of its schemes.
type access struct {
	Name     string                         `json:"name"`
	Route    string                         `json:"route"`
	Security []mcpmount.SecurityRequirement `json:"security"`
}

// A scheme is a security scheme that some operation needs.
type scheme struct {
	Name   string `json:"name"`
	Secret string `json:"secret"` // what it is, in words
}

// A coverage says how much is described, and what is not.
type coverage struct {
	mcpmount.Coverage
	Undescribed []string `json:"undescribed"` // the routes by path only
}

// A server is a URL that the document says the API is at, and the values of its
// variables. Without one in Enums, a variable can have any.
type server struct {
	URL         string              `json:"url"`
	Name        string              `json:"name"`
	Description string              `json:"description"`
	Variables   map[string]string   `json:"variables"`
	Enums       map[string][]string `json:"enums"`
}

// A problem is a fault of the document, or a note: see [mcpmount.Problem].
type problem struct {
	Kind      string `json:"kind"` // "fault" or "note"
	File      string `json:"file"`
	Pointer   string `json:"pointer"`
	Operation string `json:"operation"` // name of the tool or resource, "" if it is not about one
	Message   string `json:"message"`
}

func (p problem) place() string {
	if p.Pointer == "" {
		return p.File
	}
	return p.File + "#" + p.Pointer
}

const (
	kindFault = "fault"
	kindNote  = "note"
)

// A budget is a bound and how much of it is used.
type budget struct {
	What  string `json:"what"`
	Tool  string `json:"tool,omitempty"` // the largest one
	Bytes int    `json:"bytes"`
	Limit int    `json:"limit"`
}

// Run prints the findings.
func (c *checkCommand) Run(ctx context.Context, t *terminal, typed *kong.Context) error {
	if c.Config != "" {
		if err := onlyWithConfig(typed, c.Document, "strict", "json"); err != nil {
			return err
		}
		return c.runConfig(ctx, t)
	}
	if c.Document == "" {
		return misuse("mcpmount check --help", "DOCUMENT or --config is missing")
	}
	roots, err := c.roots()
	if err != nil {
		return err
	}
	src, srv, err := c.describe(ctx, t, c.Document, roots)
	if err != nil {
		return err
	}
	found, err := newFindings(src, srv)
	if err == nil && c.Routes != "" {
		err = found.compare(src, c.Routes)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(t.stdout, found)
	} else {
		err = found.print(t.stdout)
	}
	if err != nil || !c.Strict {
		return err
	}
	if n := len(ofKind(found.Problems, kindFault)); n > 0 {
		return fail("", "%s in %s", count(n, "fault"), src.name)
	}
	if n := found.Coverage.PathOnly; n > 0 {
		return fail("describe what they take or answer, or leave them out with --exclude-path",
			"of %s only the path is known: %s", count(n, "route"), first(found.Coverage.Undescribed))
	}
	return nil
}

// compare adds in what the document differs from the routes in a file.
func (f *findings) compare(src *source, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return fail("the file has a route in each line: GET /orders/:id", "open --routes: %w", err)
	}
	defer file.Close()
	data, err := readLimited(file)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	for _, p := range src.doc.Drift(strings.Split(string(data), "\n")) {
		f.Problems = append(f.Problems, newProblem(p, src.name, operationNames(src.doc)))
	}
	return nil
}

// operationNames returns the names of operations by their pointers.
func operationNames(doc *mcpmount.Document) map[string]string {
	names := map[string]string{}
	for _, op := range doc.Operations {
		names[op.Pointer] = op.Name
	}
	return names
}

func newFindings(src *source, srv *mcpmount.Server) (*findings, error) {
	tools, health := srv.Tools(), srv.Health()
	f := &findings{
		Title:      src.title(),
		Version:    src.doc.Info.Version,
		Operations: len(src.doc.Operations),
		Coverage:   coverage{src.doc.Coverage(), []string{}},
		Tools:      len(tools),
		Deferred:   health.DeferredTools,
		Resources:  health.Resources,
		Templates:  health.ResourceTemplates,
		Problems:   []problem{},
		Servers:    []server{},
		Access:     accesses(src.doc, srv),
		Schemes:    []scheme{},
	}
	for _, name := range schemesOf(src.doc) {
		f.Schemes = append(f.Schemes, scheme{name, schemeText(src.doc.SecuritySchemes[name])})
	}
	for _, s := range src.doc.Servers {
		f.Servers = append(f.Servers, server(s))
	}
	for i := range src.doc.Operations {
		if op := &src.doc.Operations[i]; !op.Typed() {
			f.Coverage.Undescribed = append(f.Coverage.Undescribed, route(src.doc, op))
		}
	}
	operations := operationNames(src.doc)
	for _, p := range srv.Problems() {
		f.Problems = append(f.Problems, newProblem(p, src.name, operations))
	}
	var err error
	f.Budgets, err = budgets(tools, srv.DeferredTools())
	return f, err
}

// newProblem returns p as it is shown. The document has a name, and its operations
// have names by their pointers.
func newProblem(p mcpmount.Problem, document string, operations map[string]string) problem {
	shown := problem{kindFault, p.File, p.Pointer, "", p.Message}
	if p.Note {
		shown.Kind = kindNote
	}
	if p.File != "" {
		return shown
	}
	shown.File = document
	for at := p.Pointer; at != "" && shown.Operation == ""; at = at[:max(strings.LastIndexByte(at, '/'), 0)] {
		shown.Operation = operations[at]
	}
	return shown
}

// ofKind returns the problems of a kind.
func ofKind(list []problem, kind string) []problem {
	return slices.DeleteFunc(slices.Clone(list), func(p problem) bool { return p.Kind != kind })
}

// accesses returns who may use what, in the order of the document. An operation
// that became nothing is not a part of it.
func accesses(doc *mcpmount.Document, srv *mcpmount.Server) []access {
	served := srv.Fingerprints().Tools
	list := []access{}
	for _, op := range doc.Operations {
		if served[op.Name] != nil {
			security := append([]mcpmount.SecurityRequirement{}, op.Security...) // [] in JSON, not null
			list = append(list, access{op.Name, route(doc, &op), security})
		}
	}
	return list
}

// budgets measures tools against the limits that hold for them; deferred ones are not listed.
func budgets(tools, deferred []*mcp.Tool) ([]budget, error) {
	input := budget{What: "largest input schema", Limit: mcpmount.DefaultMaxInputSchemaBytes}
	output := budget{What: "largest output schema", Limit: mcpmount.DefaultMaxOutputSchemaBytes}
	list := budget{What: "list of all tools", Limit: mcpmount.DefaultMaxListBytes}
	for _, tool := range slices.Concat(tools, deferred) {
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
	served := servedText(mcpmount.Health{Tools: f.Tools, Resources: f.Resources, ResourceTemplates: f.Templates, DeferredTools: f.Deferred})
	fmt.Fprintf(w, "%s\n%s, %s\n%s\n", printable(strings.TrimSpace(f.Title+" "+f.Version)), count(f.Operations, "operation"), served, f.Coverage)
	if list := f.Coverage.Undescribed; len(list) > 0 {
		fmt.Fprintf(w, "  by path only: %s\n", first(list))
	}
	f.printServers(w)
	faults, notes := ofKind(f.Problems, kindFault), ofKind(f.Problems, kindNote)
	fmt.Fprintf(w, "\n%s in the document\n", count(len(faults), "fault"))
	printProblems(w, faults, problem.place)
	if len(notes) > 0 {
		fmt.Fprintf(w, "\n%s\n", count(len(notes), "note"))
		printProblems(w, notes, func(p problem) string { return cmp.Or(p.Operation, p.place()) })
	}
	fmt.Fprintf(w, "\nwho may call\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, a := range f.Access {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", a.Name, a.Route, securityText(a.Security))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(f.Schemes) > 0 {
		fmt.Fprintf(w, "\ncredentials for the API\n")
	}
	for _, s := range f.Schemes {
		fmt.Fprintf(table, "  --credential %s=env:NAME\t%s\n", printable(s.Name), printable(s.Secret))
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

// printServers prints the servers, the one that is used first, where there is a
// choice.
func (f *findings) printServers(w io.Writer) {
	if len(f.Servers) == 0 || len(f.Servers) == 1 && len(f.Servers[0].Variables) == 0 {
		return
	}
	const shown = 20
	fmt.Fprintf(w, "\nservers, the first one is used\n")
	for i, s := range f.Servers[:min(shown, len(f.Servers))] {
		text := fmt.Sprintf("%d: %s %s %s", i+1, s.URL, s.Name, s.Description)
		for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
			text += fmt.Sprintf(", %s=%s", name, s.Variables[name])
			if allowed := s.Enums[name]; len(allowed) > 0 {
				text += fmt.Sprintf(" (of %s)", strings.Join(allowed[:min(shown, len(allowed))], ", "))
			}
		}
		fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(strings.Join(strings.Fields(printable(text)), " "), " ,", ","))
	}
	if n := len(f.Servers) - shown; n > 0 {
		fmt.Fprintf(w, "  and %d more\n", n)
	}
}

// printProblems prints problems, those with one message together.
func printProblems(w io.Writer, list []problem, place func(problem) string) {
	places := map[string][]string{}
	for _, p := range list {
		places[p.Message] = append(places[p.Message], place(p))
	}
	for _, p := range list {
		at := places[p.Message]
		delete(places, p.Message)
		switch n := len(at); {
		case n == 1:
			fmt.Fprintf(w, "  %s\n", printable(at[0]+": "+p.Message))
		case n > 1:
			fmt.Fprintf(w, "  %s\n    %d times: %s\n", printable(p.Message), n, first(at))
		}
	}
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
