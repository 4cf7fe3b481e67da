package mcpmount

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/search"
	"github.com/mcpmount/mcpmount/internal/tree"
)

// Bounds of what a search answers.
const (
	defaultFound = 5
	maxFound     = 20
	maxMore      = 10 // of which only the names are told

	// maxDefinitions is how many bytes the definitions of tools have together, but for the
	// first, which is always there.
	maxDefinitions = 12 << 10

	// maxQueryBytes bounds what is searched for.
	maxQueryBytes = 1000
)

// entry returns what a search knows of t.
func (t *tool) entry() search.Entry {
	var literals []string
	for _, s := range strings.Split(t.op.Path, "/") {
		if !strings.Contains(s, "{") {
			literals = append(literals, s)
		}
	}
	var arguments argumentText
	if schema, err := tree.ParseJSON(t.mcp.InputSchema.(json.RawMessage), tree.Limits{MaxDepth: 2 * tree.DefaultMaxDepth}); err == nil {
		arguments.add(schema)
	}
	return search.Entry{
		Name: t.op.Name,
		Texts: [...]string{
			t.op.Name + " " + t.op.Summary,
			strings.Join(slices.Concat(literals, t.op.Tags), " "),
			cutText(t.op.Description, maxDescription),
			arguments.names.String(),
			arguments.descriptions.String(),
		},
		Action: t.action(),
	}
}

// An argumentText has what a schema says of arguments and what is in them.
type argumentText struct{ names, descriptions strings.Builder }

// add adds what schema says. What it refers to is a part of it.
func (a *argumentText) add(schema *tree.Node) {
	if properties := schema.Get("properties"); properties.Is(tree.Object) {
		for _, m := range properties.Members {
			a.names.WriteString(m.Key + " ")
			a.descriptions.WriteString(m.Value.Get("description").Str() + " ")
		}
	}
	if values := schema.Get("enum"); values.Is(tree.Array) { // one operation may do what each of them says
		for _, value := range values.Items {
			a.descriptions.WriteString(value.Str() + " ")
		}
	}
	for _, m := range schema.Members {
		a.add(m.Value)
	}
	for _, item := range schema.Items {
		a.add(item)
	}
}

// action returns what t does to what its path names, as a search has it.
func (t *tool) action() string {
	switch t.op.Method {
	case http.MethodPost:
		return "create"
	case http.MethodPut, http.MethodPatch:
		return "update"
	case http.MethodDelete:
		return "delete"
	case http.MethodGet, "QUERY":
		if strings.HasSuffix(t.op.Path, "}") {
			return "get"
		}
		return "list"
	}
	return ""
}

// searchTool returns what clients list to find deferred tools with.
func (c *catalog) searchTool() *mcp.Tool {
	text := fmt.Sprintf("Finds the tools of %s: %d that are not listed", c.title, len(c.tools))
	if c.topics != "" {
		text += ", for " + c.topics
	}
	text += fmt.Sprintf(". Say what is to be done, one step of a task at a time, such as \"list orders\". "+
		"The answer has the best tools with their input schemas, to be called with %s, and the names of more, to be searched for.", callName)
	return &mcp.Tool{
		Name:        searchName,
		Description: text,
		InputSchema: json.RawMessage(`{"type":"object","properties":{` +
			`"query":{"type":"string","description":"what a tool should do, in a few words, or the name of one"},` +
			`"limit":{"type":"integer","minimum":1,"maximum":` + strconv.Itoa(maxFound) + `,"default":` + strconv.Itoa(defaultFound) + `,"description":"how many tools at most"}},` +
			`"required":["query"],"additionalProperties":false}`),
		Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true, IdempotentHint: true, DestructiveHint: new(bool), OpenWorldHint: new(bool)},
	}
}

// searchTools answers a call of searchName.
func (s *Server) searchTools(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	c := s.set.Load().deferred()
	if c == nil {
		return nil, unknownTool(searchName) // an update may have made it so
	}
	query, limit, err := searchArguments(req.Params.Arguments)
	if err != nil {
		noteRefusal(ctx, ReasonArguments)
		return errorResult(err), nil
	}
	shows := func(t *tool) bool { return s.shows(ctx, t) }
	found := c.index().Find(query, func(i int) bool { return shows(c.tools[i]) })
	var text string
	if len(found) > 0 {
		text = c.describe(found, limit)
	} else if seen := c.of(shows); seen != nil {
		text = seen.nothing(query)
	}
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil
}

// searchArguments reads the arguments of searchName. Its errors are for the model.
func searchArguments(raw json.RawMessage) (query string, limit int, err error) {
	values, err := tree.ParseJSON(raw, tree.Limits{MaxDepth: maxArgumentsDepth})
	if err != nil || !values.Is(tree.Object) {
		return "", 0, errNotAnObject
	}
	given := values.Get("query")
	query = strings.TrimSpace(given.Str())
	switch {
	case given.Is(tree.Array) || given.Is(tree.Object):
		return "", 0, fmt.Errorf("argument %q must be a text: what a tool should do, in a few words", "query")
	case query == "":
		return "", 0, fmt.Errorf("missing argument %q: what a tool should do, in a few words", "query")
	}
	limit = defaultFound
	if n := values.Get("limit"); n.Is(tree.Number) || n.Is(tree.String) {
		if value, err := strconv.ParseFloat(n.Text, 64); err == nil && !math.IsNaN(value) {
			limit = int(min(max(value, 1), maxFound))
		}
	}
	return cutText(query, maxQueryBytes), limit, nil
}

// A foundTool is what a search tells of a tool.
type foundTool struct {
	Name        string               `json:"name"`
	Title       string               `json:"title,omitempty"`
	Description string               `json:"description,omitempty"`
	InputSchema any                  `json:"inputSchema,omitempty"`
	Annotations *mcp.ToolAnnotations `json:"annotations,omitempty"`
}

// describe returns the first of found, as many as limit says and as have room, and the names of
// some more, as JSON.
func (c *catalog) describe(found []int, limit int) string {
	var answer struct {
		Tools []foundTool `json:"tools"`
		More  []string    `json:"more,omitempty"`
		Note  string      `json:"note,omitempty"`
	}
	for _, at := range found[min(len(found), limit):min(len(found), limit+maxMore)] {
		answer.More = append(answer.More, c.tools[at].op.Name)
	}
	size, left := 0, 0
	for i, at := range found[:min(len(found), limit)] {
		t := c.tools[at].mcp
		tool := foundTool{Name: t.Name, Title: oneLine(t.Title), Description: t.Description, InputSchema: t.InputSchema}
		if strings.HasPrefix(t.Description, tool.Title) {
			tool.Title = ""
		}
		if hints := *t.Annotations; !hints.ReadOnlyHint {
			hints.Title = ""
			tool.Annotations = &hints
		}
		own := len(t.Description) + inputSize(t)
		if i > 0 && size+own > maxDefinitions {
			tool = foundTool{Name: t.Name, Description: oneLine(cmp.Or(t.Title, t.Description))}
			left++
		} else {
			size += own
		}
		answer.Tools = append(answer.Tools, tool)
	}
	if left > 0 {
		answer.Note = fmt.Sprintf("%d of them without their arguments, for want of room: search for the name of one to see all of it", left)
	}
	var text strings.Builder
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false) // which would cost a model room
	if err := out.Encode(answer); err != nil {
		return err.Error() // cannot happen: what is encoded is text, numbers and JSON
	}
	return strings.TrimSpace(text.String())
}

// nothing returns what a model is told that has found nothing.
func (c *catalog) nothing(query string) string {
	text := fmt.Sprintf("%s has no tool for %q.", c.title, cutText(query, maxTopic))
	if c.topics != "" {
		text += " Its tools are for " + c.topics + "."
	}
	return text + " Other words may find more; if not, it cannot be done here."
}

// Bounds of what is said about an API as a whole, in bytes.
const (
	maxTopic  = 120
	maxTopics = 600
)

// oneLine returns the beginning of text, on one line: it becomes a part of a sentence.
func oneLine(text string) string { return strings.Join(strings.Fields(cutText(text, maxTopic)), " ") }

// topics returns what tools are for: their tags, or else the words that their paths begin
// with, the most frequent first.
func topics(tools []*tool) string {
	var names []string
	counts := map[string]int{}
	count := func(name string) {
		if name = oneLine(name); name == "" {
			return
		}
		if counts[name]++; counts[name] == 1 {
			names = append(names, name)
		}
	}
	for _, t := range tools {
		for _, tag := range t.op.Tags {
			count(tag)
		}
	}
	if len(names) == 0 {
		for _, t := range tools {
			first, _, _ := strings.Cut(strings.TrimPrefix(t.op.Path, "/"), "/")
			if !strings.Contains(first, "{") {
				count(first)
			}
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	size, shown := 0, 0
	for shown < len(names) && size+len(names[shown]) <= maxTopics {
		size += len(names[shown]) + len(", ")
		shown++
	}
	text := strings.Join(names[:shown], ", ")
	if more := len(names) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
