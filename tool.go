package mcpmount

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A tool is an operation ready to be called: everything that can be computed
// before the call is. It is immutable and safe for concurrent use.
type tool struct {
	op       Operation
	mcp      *mcp.Tool
	input    *input
	request  *requestPlan
	result   *resultPlan
	basePath string
	location location
	security securityPlan
	scopes   scopes
	mirrors  bool // clients repeat arguments in headers, which the SDK compares
	streams  bool // the answer may be records, of which those that came in time count

	// schema is that of the arguments, and validator checks them. Both are made on the
	// first call.
	schema    func() *tree.Node
	validator func() *validator
}

// operation returns the method and the path of the operation of t.
func (t *tool) operation() string { return t.op.Method + " " + t.op.Path }

// A toolMaker makes the tools of one document.
type toolMaker struct {
	doc      *Document
	opts     *Options
	limits   Limits
	shared   *fragments
	problems []Problem
}

func (m *toolMaker) problem(op *Operation, format string, args ...any) {
	m.problems = append(m.problems, Problem{Pointer: op.Pointer, Message: fmt.Sprintf(format, args...)})
}

// note adds a problem that is not the fault of the document.
func (m *toolMaker) note(op *Operation, format string, args ...any) {
	m.problem(op, format, args...)
	m.problems[len(m.problems)-1].Note = true
}

// tool makes the tool of op, with an input schema of at most budget bytes.
func (m *toolMaker) tool(op *Operation, budget int) (*tool, error) {
	in, err := newInput(op, m.owned(op), m.shared, budget)
	if err != nil {
		return nil, err
	}
	if in.cut {
		m.note(op, "the input schema was cut to fit %d bytes", budget)
	}
	request, err := newRequestPlan(op, in.arguments, in.body)
	if err != nil {
		return nil, err
	}
	request.reserve(m.credentials(InQuery), m.credentials(InCookie))
	t := &tool{op: *op, input: in, request: request, basePath: m.doc.basePathOf(op), location: location{serverOf(op), m.origin()},
		security: newSecurityPlan(op, m.doc.SecuritySchemes), scopes: newScopes(op, m.doc.SecuritySchemes)}
	t.mcp = &mcp.Tool{
		Name:        op.Name,
		Title:       op.Summary,
		Description: description(op, m.opts.DescribeResponses, m.opts.DescribeSchemas),
		InputSchema: json.RawMessage(in.schema.JSON()),
		Annotations: annotations(op),
	}
	why := refusal(t.mcp)
	if why != nil {
		m.problem(op, "%s is left out of the input schema: %v", paramHeaderKeyword, why)
	}
	t.mirrors = bytes.Contains(t.mcp.InputSchema.(json.RawMessage), []byte(paramHeaderKeyword))
	if t.mirrors && (why != nil || t.isDeferred()) { // clients repeat arguments of listed tools
		in.schema = withoutKeyword(in.schema, paramHeaderKeyword)
		t.mcp.InputSchema = json.RawMessage(in.schema.JSON())
		t.mirrors = false
	}
	t.schema = keptSchema(t.mcp.InputSchema.(json.RawMessage))
	t.validator = lazyValidator(op.Name, func() *tree.Node { return overlapping(t.schema()) }, "argument", m.opts.Logger)
	t.result = newResultPlan(m.output(t), m.limits.MaxResponseBytes)
	t.result.shaping = newShaping(op, in)
	t.streams = mayStream(op)
	in.schema = nil
	return t, nil
}

// mayStream reports whether the document says that op answers with records.
func mayStream(op *Operation) bool {
	for _, r := range successResponses(op.Responses) {
		for _, m := range r.Content {
			if parseMediaType(m.Type).kind.isStream() {
				return true
			}
		}
	}
	return false
}

// paramHeaderKeyword is the extension by which a client repeats an argument in a
// header (MCP 2026-07-28). The SDK panics if it is used wrongly.
const paramHeaderKeyword = "x-mcp-header"

// refusal returns why the SDK would not list t, or nil.
func refusal(t *mcp.Tool) (why any) {
	if raw, _ := t.InputSchema.(json.RawMessage); !bytes.Contains(raw, []byte(paramHeaderKeyword)) {
		return nil
	}
	defer func() { why = recover() }()
	mcp.NewServer(&mcp.Implementation{}, nil).AddTool(t, nil)
	return nil
}

// lazyValidator returns a function that compiles the schema of a tool when it is first
// called. It returns nil for a schema that does not compile: the API then has to check its
// input itself. noun is what errors call a member of the value.
func lazyValidator(tool string, schema func() *tree.Node, noun string, logger *slog.Logger) func() *validator {
	return sync.OnceValue(func() *validator {
		v, err := newValidator(schema())
		if err != nil {
			cmp.Or(logger, slog.Default()).Warn(noun+" values are not checked", "tool", tool, "error", err)
			return nil
		}
		v.noun = noun
		return v
	})
}

// output gives t its output schema, and says how results are made to fit it.
func (m *toolMaker) output(t *tool) outputPlan {
	kind := t.op.outputSchemas(m.opts.OutputSchemas)
	schema, wrap, cut := newOutput(&t.op, kind, m.shared, m.limits.MaxOutputSchemaBytes)
	if cut {
		what := "cut to fit"
		if schema == nil {
			what = "left out: even cut it has more than"
		}
		m.note(&t.op, "the output schema was %s %d bytes", what, m.limits.MaxOutputSchemaBytes)
	}
	if schema == nil {
		return outputPlan{}
	}
	t.mcp.OutputSchema = json.RawMessage(schema.JSON())
	plan := outputPlan{advertised: true, wrap: wrap}
	kept := keptSchema(t.mcp.OutputSchema.(json.RawMessage))
	if kind != OutputSchemasStrict {
		plan.loose = sync.OnceValue(func() *looseSchema { return newLooseSchema(kept(), wrap) })
		return plan
	}
	compiled := lazyValidator(t.op.Name, kept, "property", m.opts.Logger)
	plan.strict = func(value *tree.Node) error { return compiled().validate(value) }
	return plan
}

// owned returns whether a security scheme of op owns a parameter, so that no
// model may set it.
func (m *toolMaker) owned(op *Operation) func(*Parameter) bool {
	return func(p *Parameter) bool {
		if p.In == InHeader && strings.EqualFold(p.Name, "Authorization") {
			return true
		}
		for _, requirement := range op.Security {
			for name := range requirement {
				s := m.doc.SecuritySchemes[name]
				if s.Type == "apiKey" && s.In == p.In && (s.Name == p.Name || p.In == InHeader && strings.EqualFold(s.Name, p.Name)) {
					return true
				}
			}
		}
		return false
	}
}

// credentials returns the names of the parameters in a place that carry
// credentials, whatever the operation.
func (m *toolMaker) credentials(in string) (names []string) {
	for _, s := range m.doc.SecuritySchemes {
		if s.Type == "apiKey" && s.In == in {
			names = append(names, s.Name)
		}
	}
	return names
}

// origin returns the origin of the first server of the document, or "".
func (m *toolMaker) origin() string {
	if len(m.doc.Servers) == 0 {
		return ""
	}
	u, err := url.Parse(m.doc.Servers[0].Resolve())
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// shrinkList makes the list of tools fit its budget: it leaves out output
// schemas, the largest first, and then cuts the input schemas that are larger
// than the others.
func (m *toolMaker) shrinkList(tools []*tool) {
	total := 0
	for _, t := range tools {
		total += listedSize(t.mcp)
	}
	bySize := slices.Clone(tools)
	slices.SortStableFunc(bySize, func(a, b *tool) int { return cmp.Compare(outputSize(b.mcp), outputSize(a.mcp)) })
	for _, t := range bySize {
		size := outputSize(t.mcp)
		if total <= m.limits.MaxListBytes {
			return
		}
		if size == 0 {
			break
		}
		total -= size
		t.mcp.OutputSchema = nil
		t.result.out = outputPlan{}
		m.note(&t.op, "the output schema was left out: the list of tools has more than %d bytes", m.limits.MaxListBytes)
	}
	if total > m.limits.MaxListBytes {
		m.shrinkInputs(tools, total-m.limits.MaxListBytes)
	}
}

// shrinkInputs cuts the largest input schemas down to one size, so that the
// list gets smaller by excess bytes. If all of them together have fewer, they stay as they
// are: useless tools would not make the list fit either.
func (m *toolMaker) shrinkInputs(tools []*tool, excess int) {
	saved := func(size int) (total int) {
		for _, t := range tools {
			total += max(0, inputSize(t.mcp)-size)
		}
		return total
	}
	if saved(0) < excess {
		m.problems = append(m.problems, Problem{Pointer: "/paths", Note: true, Message: fmt.Sprintf(
			"the list of %d tools has more than %d bytes, whatever is left out: select operations", len(tools), m.limits.MaxListBytes)})
		return
	}
	size := sort.Search(m.limits.MaxInputSchemaBytes, func(n int) bool { return saved(n) < excess }) - 1
	for _, t := range tools {
		if inputSize(t.mcp) <= size {
			continue
		}
		smaller, err := m.tool(&t.op, max(size, 0))
		if err != nil {
			continue // it cannot get smaller
		}
		smaller.mcp.OutputSchema = nil
		smaller.result.out = outputPlan{}
		*t = *smaller
	}
}

func inputSize(t *mcp.Tool) int {
	raw, _ := t.InputSchema.(json.RawMessage)
	return len(raw)
}

func outputSize(t *mcp.Tool) int {
	raw, _ := t.OutputSchema.(json.RawMessage)
	return len(raw)
}

// listedSize returns about how many bytes t has in a list.
func listedSize(t *mcp.Tool) int {
	return inputSize(t) + outputSize(t) + len(t.Name) + len(t.Title) + len(t.Description) + 200
}

// maxArgumentsDepth bounds how deep the arguments of a call may be nested.
const maxArgumentsDepth = 64

// arguments reads and checks the arguments of a call. Its errors are for the
// model.
func (t *tool) arguments(raw json.RawMessage) (*tree.Node, error) {
	if len(raw) == 0 || string(raw) == "null" {
		raw = json.RawMessage("{}")
	}
	values, err := tree.ParseJSON(raw, tree.Limits{MaxDepth: maxArgumentsDepth})
	if err != nil {
		return nil, fmt.Errorf("arguments: %w", err)
	}
	return t.checked(values)
}

// checked returns the arguments of a call under the names that the input schema
// gives them. Its errors are for the model.
func (t *tool) checked(values *tree.Node) (*tree.Node, error) {
	if !values.Is(tree.Object) {
		return nil, errNotAnObject
	}
	return t.check(t.withoutAliases(values))
}

// check checks arguments against the input schema, and returns what they mean.
func (t *tool) check(values *tree.Node) (*tree.Node, error) {
	v := t.validator()
	checked, err := v.settled(values)
	if err != nil {
		if checked = t.amended(v, values, err); checked == nil {
			return nil, t.explainUnknown(err)
		}
	}
	return checked, t.input.checkBody(checked)
}

// withoutAliases returns values with arguments that were named as in the
// document renamed as in the input schema, unless clients repeat arguments in headers:
// they do so for those names alone.
func (t *tool) withoutAliases(values *tree.Node) *tree.Node {
	if len(t.input.aliases) == 0 || t.mirrors {
		return values
	}
	renamed := slices.Clone(values.Members)
	for i, m := range renamed {
		if name, ok := t.input.aliases[m.Key]; ok && values.Get(name) == nil {
			renamed[i].Key = name
		}
	}
	return tree.NewObject(renamed...)
}

// explainUnknown adds to an error about an unknown argument which arguments there are.
func (t *tool) explainUnknown(err error) error {
	if !strings.Contains(err.Error(), "unknown ") {
		return err
	}
	if len(t.input.arguments) == 0 {
		return fmt.Errorf("%w\nthis tool takes no arguments", err)
	}
	names := make([]string, len(t.input.arguments))
	for i, a := range t.input.arguments {
		names[i] = a.name
	}
	return fmt.Errorf("%w\nthe arguments are %s", err, quoteAll(names))
}

// checkBody checks what a schema cannot say: that an optional body, if there is
// one, has the properties it requires.
func (in *input) checkBody(values *tree.Node) error {
	if len(in.bodyRequired) == 0 {
		return nil
	}
	present := false
	missing := map[string]string{}
	for _, a := range in.arguments {
		if a.place != placeProperty {
			continue
		}
		if values.Get(a.name) != nil {
			present = true
		} else if slices.Contains(in.bodyRequired, a.property) {
			missing[a.property] = a.name
		}
	}
	if !present || len(missing) == 0 {
		return nil
	}
	var names []string
	for _, property := range in.bodyRequired {
		if name, ok := missing[property]; ok {
			names = append(names, name)
		}
	}
	return fmt.Errorf("missing %s: required when the body is sent", nounAndNames("argument", names))
}

// newRequest builds the request for the arguments of a call.
func (t *tool) newRequest(ctx context.Context, values *tree.Node) (*http.Request, error) {
	return t.request.build(ctx, t.basePath, values)
}
