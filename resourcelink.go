package mcpmount

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// linkResources lists each tool whose large binaries are returned as links as a resource as
// well, by which clients read them.
func (m *toolMaker) linkResources(set *toolSet, scheme string) {
	for _, t := range set.tools {
		if t.op.Results == nil || t.op.Results.LinkBytes <= 0 || t.op.Method != http.MethodGet || !mayBeBinary(&t.op) {
			continue
		}
		list, err := set.addResources(t, scheme)
		if err != nil {
			m.problem(&t.op, "large binaries are in results, not linked: %v", err)
			continue
		}
		t.result.shaping.resources = list
	}
}

// mayBeBinary reports whether op may have an answer that is neither JSON nor text.
func mayBeBinary(op *Operation) bool {
	for _, r := range successResponses(op.Responses) {
		for _, m := range r.Content {
			if k := parseMediaType(m.Type).kind; k != kindJSON && !k.isText() && !k.isStream() {
				return true
			}
		}
		if len(r.Content) == 0 && r.Status != "204" {
			return true
		}
	}
	return len(op.Responses) == 0
}

// link replaces a large binary in a result by a link to a resource with the same content, if
// there is one: its URI leads to the same call.
func (p *resultPlan) link(ctx context.Context, a *answer) {
	s := p.shaping
	if s == nil || len(s.resources) == 0 || len(a.parts) != 1 || a.parts[0].blob == nil || len(a.parts[0].blob) < s.LinkBytes {
		return
	}
	if c := callOf(ctx); c != nil && c.tool != nil && !a.failed {
		a.parts[0].link = c.server.linkTo(c.tool, c.arguments)
	}
}

// linkTo returns the URI by which the answer to a call can be read again, or "".
func (s *Server) linkTo(t *tool, arguments *tree.Node) string {
	values := arguments.Without(t.result.shaping.offered)
	for _, m := range values.Members {
		if t.schema().Get("properties").Get(m.Key).Get("format").Str() == "password" {
			return ""
		}
	}
	for _, r := range t.result.shaping.resources {
		uri := r.expand(values) + r.expandQuery(values)
		found, back := s.resource(uri)
		if len(uri) <= maxURI && found != nil && found.tool == t && t.typed(back).Equal(values) {
			return uri
		}
	}
	return ""
}

// expandQuery returns the query of the URI for values: RFC 6570 section 3.2.8.
func (r *resource) expandQuery(values *tree.Node) string {
	var pairs []string
	for _, v := range r.query {
		value := values.Get(v.argument)
		list := elements(value)
		if value != nil && len(list) == 0 {
			list = []*tree.Node{value}
		}
		for _, item := range list {
			pairs = append(pairs, v.name+"="+strings.ReplaceAll(url.QueryEscape(item.Str()), "+", "%20"))
		}
	}
	if len(pairs) == 0 {
		return ""
	}
	return "?" + strings.Join(pairs, "&")
}

// resourceLink returns p as a link to the resource that has it.
func (p *contentPart) resourceLink() []mcp.Content {
	size := int64(len(p.blob))
	name := p.name
	if name == "" {
		name = "content"
	}
	return []mcp.Content{
		&mcp.TextContent{Text: p.describe() + "; it is the resource " + p.link},
		&mcp.ResourceLink{URI: p.link, Name: name, MIMEType: p.media.name, Size: &size},
	}
}
