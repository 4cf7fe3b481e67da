package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/internal/spelling"
)

type callCommand struct {
	Document string   `arg:"" optional:"" name:"DOCUMENT" help:"OpenAPI document, as for serve; not with --mcp"`
	Tool     string   `arg:"" optional:"" name:"TOOL" help:"name of the tool"`
	Pairs    []string `arg:"" optional:"" name:"KEY=VALUE" help:"arguments; also KEY=@FILE for the content of a file, and KEY:=JSON"`

	callFlags   `embed:"" group:"The call"`
	apiFlags    `embed:"" group:"Towards the API"`
	bridgeFlags `embed:""`
}

type callFlags struct {
	MCP    string `name:"mcp" placeholder:"URL" help:"call a running MCP server instead: no DOCUMENT, and --header goes there"`
	Args   string `placeholder:"JSON" help:"arguments as a JSON object; @FILE reads one, - standard input"`
	JSON   bool   `name:"json" help:"print the whole result as JSON"`
	Output string `short:"o" placeholder:"FILE" help:"save the first image, sound or file of the result"`
}

func (callCommand) Help() string {
	return "mcpmount call openapi.yaml getOrder id=1\n" +
		"mcpmount call --mcp http://127.0.0.1:8080/mcp listProducts max_price=30\n"
}

// Run makes one call. A result that is an error is printed as any other, and
// fails the command.
func (c *callCommand) Run(ctx context.Context, t *terminal, typed *kong.Context) error {
	if err := c.check(typed); err != nil {
		return err
	}
	if c.MCP != "" && c.Timeout > 0 { // a server in this process has its own timeout
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	sent := new(witness)
	s, err := c.dial(ctx, t, sent)
	if err != nil {
		return err
	}
	defer s.close()
	tool, err := findTool(ctx, s, c.Tool)
	if err != nil {
		return err
	}
	args, err := parseArguments(tool, c.Args, c.Pairs, interruptible(ctx, t.stdin))
	if err != nil {
		return err
	}
	res, err := s.CallTool(ctx, &mcp.CallToolParams{Name: c.Tool, Arguments: args})
	if err != nil {
		return c.unanswered(ctx, err)
	}
	if err := c.print(t.stdout, s, res); err != nil {
		return err
	}
	if res.IsError {
		return c.failed(sent)
	}
	return nil
}

// unanswered says why a call has no result.
func (c *callCommand) unanswered(ctx context.Context, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fail("--timeout allows more", "call %s: no answer within %v", c.Tool, c.Timeout)
	case ctx.Err() != nil:
		return fail("", "call %s: interrupted", c.Tool)
	}
	return fmt.Errorf("call %s: %w", c.Tool, err)
}

// failed says how far a call got that failed.
func (c *callCommand) failed(sent *witness) error {
	switch called, err := sent.says(); {
	case c.MCP != "":
	case !called:
		return fail("", "%s was not called: no request was sent", c.Tool)
	case err != nil:
		return fail("", "%s got no answer: %w", c.Tool, err)
	}
	return fail("", "%s answered with an error", c.Tool)
}

// check finds out which argument is which, and refuses flags that would have
// no effect.
func (c *callCommand) check(typed *kong.Context) error {
	if c.MCP != "" {
		c.shift()
		if err := onlyFlags(typed, "mcp", "args", "json", "output", "header", "timeout", "ca-cert", "client-cert", "client-key"); err != nil {
			return err
		}
	}
	switch {
	case c.Document == "" && c.MCP == "":
		return misuse("mcpmount call openapi.yaml getOrder id=1", "DOCUMENT and TOOL are missing")
	case c.Tool == "" && c.MCP != "":
		return misuse("mcpmount tools --mcp "+c.MCP+" lists them", "TOOL is missing")
	case c.Tool == "":
		return misuse("mcpmount tools "+c.Document+" lists them", "TOOL is missing")
	}
	return c.apiFlags.check()
}

// onlyFlags refuses flags, beside those that are named, that would have no effect on a server that
// runs already.
func onlyFlags(typed *kong.Context, names ...string) error {
	for _, step := range typed.Path {
		if f := step.Flag; f != nil && !slices.Contains(names, f.Name) {
			return misuse("remove one of them", "--mcp asks a server that runs already: --%s has no effect on it", f.Name)
		}
	}
	return nil
}

// shift moves the arguments by one: without a DOCUMENT, the first is TOOL.
func (c *callCommand) shift() {
	if c.Tool != "" {
		c.Pairs = slices.Insert(c.Pairs, 0, c.Tool)
	}
	c.Document, c.Tool = "", c.Document
}

// dial connects to the server: the running one, or one made of the document,
// whose requests sent then sees.
func (c *callCommand) dial(ctx context.Context, t *terminal, sent *witness) (*session, error) {
	if c.MCP != "" {
		header, err := parseHeaders(c.Header, t.env)
		if err != nil {
			return nil, err
		}
		return c.dialURL(ctx, c.MCP, header, quietLogger(t.stderr))
	}
	roots, err := c.roots()
	if err != nil {
		return nil, err
	}
	src, err := c.read(ctx, t, c.Document, roots)
	if err != nil {
		return nil, err
	}
	if err := src.notEmpty(); err != nil {
		return nil, err
	}
	if err := c.setTimeouts(src); err != nil {
		return nil, err
	}
	api, err := c.connect(src, nil, nil, t, quietLogger(t.stderr))
	if err != nil {
		return nil, err
	}
	sent.next = api.transport
	opts := c.options(slog.New(slog.DiscardHandler)) // the result says what fails
	opts.Limits = c.limits()
	if opts.Credentials, err = c.credentials(src, t, quietLogger(t.stderr)); err != nil {
		return nil, err
	}
	srv, err := mcpmount.New(src.doc, sent, opts)
	if err != nil {
		return nil, err
	}
	return dialServer(ctx, srv)
}

// findTool returns the tool with the given name.
func findTool(ctx context.Context, s *session, name string) (*mcp.Tool, error) {
	var names []string
	for tool, err := range s.Tools(ctx, nil) {
		if err != nil {
			return nil, fmt.Errorf("list tools: %w", err)
		}
		if tool.Name == name {
			return tool, nil
		}
		names = append(names, tool.Name)
	}
	searched := slices.Contains(names, "search_tools")
	if searched {
		for _, tool := range findDeferred(ctx, s, name) {
			if tool.Name == name && tool.InputSchema != nil {
				return tool, nil
			}
			names = append(names, tool.Name)
		}
	}
	if uri := findResource(ctx, s, name); uri != "" {
		return nil, fail("leave out --resources to call it", "%s is a resource, %s, and no tool", name, uri)
	}
	if near := spelling.Nearest(name, names); near != "" {
		return nil, fail("did you mean "+near+"?", "there is no tool %q", name)
	}
	if searched {
		return nil, fail("the tool search_tools finds others: search_tools query='what to do'", "there is no tool %q", name)
	}
	const shown = 12
	hint := "the tools are " + strings.Join(names[:min(shown, len(names))], ", ")
	if len(names) > shown {
		hint += ", …"
	}
	return nil, fail(hint, "there is no tool %q", name)
}

// findDeferred returns the tools that a server finds by a name without listing them, the best
// first; those without an input schema are only named.
func findDeferred(ctx context.Context, s *session, name string) []*mcp.Tool {
	res, err := s.CallTool(ctx, &mcp.CallToolParams{Name: "search_tools", Arguments: map[string]any{"query": name}})
	if err != nil || res.IsError || len(res.Content) == 0 {
		return nil
	}
	text, _, _ := readContent(res.Content[0])
	var found struct {
		Tools []*mcp.Tool `json:"tools"`
	}
	if json.Unmarshal([]byte(text), &found) != nil {
		return nil // it is another server's tool of that name
	}
	return slices.DeleteFunc(found.Tools, func(tool *mcp.Tool) bool { return tool == nil })
}

// findResource returns the URI or template of the resource with the given name,
// or "". A server need not have any.
func findResource(ctx context.Context, s *session, name string) string {
	for r, err := range s.Resources(ctx, nil) {
		if err == nil && r.Name == name {
			return r.URI
		}
	}
	for r, err := range s.ResourceTemplates(ctx, nil) {
		if err == nil && r.Name == name {
			return r.URITemplate
		}
	}
	return ""
}

func (f *callFlags) print(w io.Writer, s *session, res *mcp.CallToolResult) error {
	if f.Output != "" && !res.IsError {
		if err := save(f.Output, res); err != nil {
			return err
		}
	}
	if f.JSON {
		raw, err := s.result(res)
		if err != nil {
			return err
		}
		return printJSON(w, raw)
	}
	if len(res.Content) == 0 && res.StructuredContent != nil {
		return printJSON(w, res.StructuredContent)
	}
	for _, content := range res.Content {
		printContent(w, content)
	}
	return nil
}

// printContent prints text as it is, and says what else there is.
func printContent(w io.Writer, content mcp.Content) {
	text, mediaType, data := readContent(content)
	if data != nil {
		fmt.Fprintf(w, "[%s, %s; -o FILE saves it]\n", mediaType, count(len(data), "byte"))
		return
	}
	fmt.Fprintln(w, strings.TrimSuffix(text, "\n"))
}

// readContent returns the text of content, or its data, which then is not nil.
func readContent(content mcp.Content) (text, mediaType string, data []byte) {
	switch c := content.(type) {
	case *mcp.TextContent:
		return c.Text, "", nil
	case *mcp.ImageContent:
		return "", c.MIMEType, append([]byte{}, c.Data...)
	case *mcp.AudioContent:
		return "", c.MIMEType, append([]byte{}, c.Data...)
	case *mcp.ResourceLink:
		return c.URI, c.MIMEType, nil
	case *mcp.EmbeddedResource:
		if c.Resource != nil {
			return c.Resource.Text, c.Resource.MIMEType, c.Resource.Blob
		}
	}
	return fmt.Sprintf("[%T]", content), "", nil
}

// save writes the first content that is not text to a file.
func save(name string, res *mcp.CallToolResult) error {
	for _, content := range res.Content {
		if _, _, data := readContent(content); data != nil {
			return os.WriteFile(name, data, 0o644)
		}
	}
	return fail("leave out -o to see the result", "the result has nothing to save in %s", name)
}

// printJSON prints v as indented JSON, in which no number is rounded.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
