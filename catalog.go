package mcpmount

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/search"
)

// A catalog has the deferred tools of a tool set, or those of them that a caller sees, and what
// is listed in their place. It is immutable.
type catalog struct {
	tools  []*tool // in the order of the index
	title  string  // of the API
	topics string
	index  func() *search.Index // is made by the first search; nil for a part of the tools

	search, call *mcp.Tool
}

// newCatalog returns the catalog of the deferred tools among tools, nil if there are none.
func newCatalog(doc *Document, tools []*tool) *catalog {
	deferred := slices.DeleteFunc(slices.Clone(tools), func(t *tool) bool { return !t.isDeferred() })
	c := catalogOf(cmp.Or(oneLine(doc.Info.Title), "the API"), deferred)
	if c == nil {
		return nil
	}
	c.index = sync.OnceValue(func() *search.Index {
		return search.New(len(deferred), func(i int) search.Entry { return deferred[i].entry() })
	})
	return c
}

// catalogOf returns a catalog of tools without an index, nil if there are none.
func catalogOf(title string, tools []*tool) *catalog {
	if len(tools) == 0 {
		return nil
	}
	c := &catalog{tools: tools, title: title, topics: topics(tools)}
	c.search, c.call = c.searchTool(), c.callTool()
	return c
}

// of returns c with those of its tools that shows reports, nil if there are none: how many there
// are and what they are for is as hidden as they are.
func (c *catalog) of(shows func(*tool) bool) *catalog {
	if c == nil || !slices.ContainsFunc(c.tools, func(t *tool) bool { return !shows(t) }) {
		return c
	}
	return catalogOf(c.title, slices.DeleteFunc(slices.Clone(c.tools), func(t *tool) bool { return !shows(t) }))
}

// relist puts what stands for the tools of seen, which is a part of c or nil, in the place of what
// stands for those of c in a list, which it changes.
func (c *catalog) relist(list []*mcp.Tool, seen *catalog) []*mcp.Tool {
	if seen == c {
		return list
	}
	shown := list[:0]
	for _, t := range list {
		switch own := c.standIn(t.Name); {
		case own == nil:
			shown = append(shown, t)
		case seen != nil && own == t:
			shown = append(shown, seen.standIn(t.Name))
		case seen != nil: // a middleware has changed it, or it is one of seen already
			shown = append(shown, t)
		}
	}
	return shown
}

// isDeferred reports whether t is called without being listed.
func (t *tool) isDeferred() bool { return t.op.Kind == KindDeferred }

// standIns are what clients list in the place of deferred tools.
func (c *catalog) standIns() []*mcp.Tool {
	if c == nil {
		return nil
	}
	return []*mcp.Tool{c.call, c.search}
}

// standIn returns the one of standIns with the given name, or nil.
func (c *catalog) standIn(name string) *mcp.Tool {
	for _, t := range c.standIns() {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// keep takes over what is listed as in old.
func (c *catalog) keep(old *catalog) {
	if c == nil || old == nil {
		return
	}
	if sameJSON(old.search, c.search) {
		c.search = old.search
	}
	if sameJSON(old.call, c.call) {
		c.call = old.call
	}
}

// checkStandIns reports operations that have a name which a search needs.
func checkStandIns(ops []Operation) error {
	if !slices.ContainsFunc(ops, func(op Operation) bool { return op.Kind == KindDeferred }) {
		return nil
	}
	for i := range ops {
		if op := &ops[i]; strings.EqualFold(op.Name, searchName) || strings.EqualFold(op.Name, callName) {
			return fmt.Errorf("operation %s %s: the tool name %q is that of a tool which stands for deferred ones; give the operation another (Operation.Name, or x-mcp.name in the document)",
				op.Method, op.Path, op.Name)
		}
	}
	return nil
}

// callTool returns what clients list to call deferred tools with.
func (c *catalog) callTool() *mcp.Tool {
	yes := true
	a := &mcp.ToolAnnotations{ReadOnlyHint: true, IdempotentHint: true, DestructiveHint: new(bool), OpenWorldHint: &yes}
	for _, t := range c.tools {
		own := t.mcp.Annotations
		a.ReadOnlyHint = a.ReadOnlyHint && own.ReadOnlyHint
		a.IdempotentHint = a.IdempotentHint && (own.IdempotentHint || own.ReadOnlyHint)
		if !own.ReadOnlyHint && (own.DestructiveHint == nil || *own.DestructiveHint) {
			a.DestructiveHint = &yes
		}
	}
	return &mcp.Tool{
		Name:        callName,
		Description: fmt.Sprintf("Calls one of the %d tools of %s that are not listed: those that %s finds.", len(c.tools), c.title, searchName),
		InputSchema: json.RawMessage(`{"type":"object","properties":{` +
			`"name":{"type":"string","description":"the name of the tool, as ` + searchName + ` says it"},` +
			`"arguments":{"type":"object","description":"the arguments of that tool, by their names in its inputSchema"}},` +
			`"required":["name"],"additionalProperties":false}`),
		Annotations: a,
	}
}

// listed returns what clients list of s, by name.
func (s *toolSet) listed() map[string]*mcp.Tool {
	listed := make(map[string]*mcp.Tool, len(s.tools))
	for _, t := range s.tools {
		if !t.isDeferred() {
			listed[t.op.Name] = t.mcp
		}
	}
	for _, t := range s.catalog.standIns() {
		listed[t.Name] = t
	}
	return listed
}

// deferred returns the catalog of s, nil if there is none.
func (s *toolSet) deferred() *catalog {
	if s == nil {
		return nil
	}
	return s.catalog
}
