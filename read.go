package mcpmount

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A reading is a resource that is being read.
type reading struct {
	uri      string // as the client wrote it
	resource *resource
	values   *tree.Node // the arguments in uri
}

type readingKey struct{}

// maxURI bounds the URI of a resource: what it costs to match one grows with it, and with
// the number of templates. What is behind it has 16 KiB at most.
const maxURI = 20 << 10

func checkURI(req mcp.Request) error {
	asked, ok := req.(*mcp.ReadResourceRequest)
	if !ok || asked.Params == nil || len(asked.Params.URI) <= maxURI {
		return nil
	}
	return &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: fmt.Sprintf("the URI has more than %d bytes", maxURI)}
}

// findResource returns a request for the bridged resource that req is for, if
// there is one, with a URI that the SDK knows it by, and notes in the context
// what was found. To the SDK a template stands for what its expansion can be
// (RFC 6570 section 3.2.2), where ":" is escaped; clients rightly leave it as it
// is (RFC 3986 section 3.3).
func (s *Server) findResource(ctx context.Context, req mcp.Request) (context.Context, mcp.Request) {
	asked, ok := req.(*mcp.ReadResourceRequest)
	if !ok || asked.Params == nil {
		return ctx, req
	}
	r, values := s.resource(asked.Params.URI)
	if r == nil {
		return ctx, req
	}
	found, params := *asked, *asked.Params
	found.Params, params.URI = &params, r.expand(values)
	return context.WithValue(ctx, readingKey{}, &reading{asked.Params.URI, r, values}), &found
}

// read answers a resources/read. Templates overlap, so that the SDK may have
// found another resource than the one that findResource did.
func (s *Server) read(ctx context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
	found, ok := ctx.Value(readingKey{}).(*reading)
	if !ok || !s.door.authorizer.grants(ctx, found.resource.tool.scopes) { // which an update may have changed
		return nil, mcp.ResourceNotFoundError(req.Params.URI)
	}
	uri, t := found.uri, found.resource.tool
	values, err := t.check(t.typed(found.values))
	if err != nil {
		noteRefusal(ctx, ReasonArguments)
		return nil, wrongURI(uri, err)
	}
	callCtx := s.callContext(ctx, t)
	defer callCtx.close()
	res, err := s.roundTrip(callCtx, t, values)
	if err != nil {
		return nil, s.readFailure(ctx, found, err)
	}
	noteStatus(ctx, res.StatusCode)
	contents, err := t.result.resourceContents(callCtx, uri, res)
	if err != nil {
		return nil, err
	}
	return &mcp.ReadResourceResult{Contents: contents}, nil
}

// readFailure returns the error of a resource for which there was no response.
func (s *Server) readFailure(ctx context.Context, what *reading, err error) error {
	var wrong *argumentError
	if errors.As(err, &wrong) {
		noteRefusal(ctx, ReasonArguments)
		return wrongURI(what.uri, wrong)
	}
	result := s.failed(ctx, what.resource.tool, err)
	var unavailable *UnavailableError
	if errors.As(err, &unavailable) {
		return unavailable.excess().error()
	}
	for _, c := range result.Content {
		if text, ok := c.(*mcp.TextContent); ok {
			return readError(what.uri, text.Text)
		}
	}
	return readError(what.uri, "the API failed")
}

// readFound reads a bridged resource in the place of the SDK.
func (s *Server) readFound(ctx context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
	found, asked := s.findResource(ctx, req)
	res, err := s.read(found, asked.(*mcp.ReadResourceRequest))
	if err != nil {
		return nil, encodable(err, asked)
	}
	res.CacheScope = cacheScope
	what := found.Value(readingKey{}).(*reading).resource
	for _, c := range res.Contents {
		c.MIMEType = cmp.Or(c.MIMEType, what.mimeType())
	}
	return res, nil
}

// encodable returns err with data that is JSON: the SDK quotes a URI as Go does, so
// that one with a control character would get no answer at all.
func encodable(err error, req mcp.Request) error {
	var wire *jsonrpc.Error
	asked, ok := req.(*mcp.ReadResourceRequest)
	if !ok || !errors.As(err, &wire) || len(wire.Data) == 0 || json.Valid(wire.Data) {
		return err
	}
	return &jsonrpc.Error{Code: wire.Code, Message: wire.Message, Data: uriData(asked.Params.URI)}
}

// readError returns the error of a resource that the API did not give.
func readError(uri, text string) error {
	return &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: "read " + uri + ": " + text}
}

// missingError returns the error of a resource that the API does not have.
func missingError(uri, text string) error {
	return &jsonrpc.Error{Code: mcp.CodeResourceNotFound, Message: "Resource not found: " + text, Data: uriData(uri)}
}

// uriData returns the data of an error about a resource (MCP 2025-11-25, server/resources,
// "Error Handling").
func uriData(uri string) json.RawMessage {
	data, _ := json.Marshal(map[string]string{"uri": uri}) // strings can be encoded
	return data
}

// wrongURI returns the error of a URI with values that the API does not take.
func wrongURI(uri string, err error) error {
	return &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: uri + ": " + err.Error()}
}

// match returns the arguments in uri, or false if uri is not one of r.
func (r *resource) match(uri string) (*tree.Node, bool) {
	rest, ok := strings.CutPrefix(uri, r.prefix+"/")
	if !ok {
		return nil, false
	}
	rest, rawQuery, hasQuery := strings.Cut(rest, "?")
	if hasQuery && len(r.query) == 0 || strings.Contains(rest, "#") {
		return nil, false
	}
	if strings.Count(rest, "/")+1 != len(r.segments) {
		return nil, false
	}
	parts := strings.Split(rest, "/")
	var members []tree.Member
	for i, s := range r.segments {
		if s.variable.name == "" {
			if s.text != parts[i] {
				return nil, false
			}
			continue
		}
		value, ok := s.variable.value(nil, parts[i], url.PathUnescape)
		if !ok || value.Text == "" && len(value.Items) == 0 {
			return nil, false
		}
		members = append(members, tree.Member{Key: s.variable.argument, Value: value})
	}
	return r.matchQuery(members, rawQuery)
}

// matchQuery returns members and the arguments in the query, or false if it has
// any that are not of r.
func (r *resource) matchQuery(members []tree.Member, rawQuery string) (*tree.Node, bool) {
	found := map[string]*tree.Node{}
	for pair := range strings.SplitSeq(rawQuery, "&") {
		if pair == "" {
			continue
		}
		name, raw, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		i := slices.IndexFunc(r.query, func(v variable) bool { return v.name == name })
		if err != nil || i < 0 {
			return nil, false
		}
		value, ok := r.query[i].value(found[name], raw, url.QueryUnescape)
		if !ok {
			return nil, false
		}
		found[name] = value
	}
	for _, v := range r.query {
		if value := found[v.name]; value != nil {
			members = append(members, tree.Member{Key: v.argument, Value: value})
		}
	}
	return tree.NewObject(members...), true
}

// value adds the escaped value raw to have, which may be nil. In a list,
// commas separate values unless they are escaped: RFC 6570 section 3.2.1.
func (v variable) value(have *tree.Node, raw string, unescape func(string) (string, error)) (*tree.Node, bool) {
	texts := []string{raw}
	if v.list {
		texts = strings.Split(raw, ",")
	}
	var list []*tree.Node
	switch {
	case have.Is(tree.Array):
		list = have.Items
	case have != nil:
		list = []*tree.Node{have}
	}
	for _, text := range texts {
		text, err := unescape(text)
		if err != nil {
			return nil, false
		}
		list = append(list, tree.NewString(text))
	}
	if len(list) == 1 {
		return list[0], true
	}
	return tree.NewArray(list...), true
}

// expand returns the URI for values (RFC 6570 section 3.2.2), without the query.
func (r *resource) expand(values *tree.Node) string {
	uri := []byte(r.prefix)
	escape := escaping{keep: newByteSet(unreserved)}
	for _, s := range r.segments {
		uri = append(uri, '/')
		uri = append(uri, s.text...)
		value := values.Get(s.variable.argument)
		uri, _ = escape.append(uri, value.Str())
		for i, item := range elements(value) {
			if i > 0 {
				uri = append(uri, ',')
			}
			uri, _ = escape.append(uri, item.Str())
		}
	}
	return string(uri)
}

// typed returns values, all of them text, in the types that the input schema
// gives them.
func (t *tool) typed(values *tree.Node) *tree.Node {
	source := standalone(t.schema())
	properties := source.root.Get("properties")
	members := slices.Clone(values.Members)
	for i, m := range members {
		members[i].Value = typedValue(source, m.Value, properties.Get(m.Key))
	}
	return tree.NewObject(members...)
}

// typedValue returns a text or an array of texts as a value of schema.
func typedValue(source schemaSource, v, schema *tree.Node) *tree.Node {
	admitted, items := admits(source, schema)
	texts := v.Items
	if v.Is(tree.String) {
		literal := typedText(v, admitted)
		if literal != v || slices.Contains(admitted, "string") || !slices.Contains(admitted, "array") {
			return literal
		}
		texts = []*tree.Node{v}
	}
	admitted, _ = admits(source, items)
	array := tree.NewArray()
	for _, text := range texts {
		array.Items = append(array.Items, typedText(text, admitted))
	}
	return array
}

// typedText returns text as a number or a boolean if the types admit that.
func typedText(text *tree.Node, types []string) *tree.Node {
	literal, err := tree.ParseJSON([]byte(text.Text), tree.Limits{})
	if err != nil || literal.Text != text.Text {
		return text
	}
	number := slices.Contains(types, "integer") || slices.Contains(types, "number")
	if literal.Is(tree.Number) && number || literal.Is(tree.Bool) && slices.Contains(types, "boolean") {
		return literal
	}
	return text
}

// admits returns the types that schema and its variants name, and the schema of its items.
func admits(source schemaSource, schema *tree.Node) (admitted []string, items *tree.Node) {
	for n := range variants(source, schema) {
		admitted = append(admitted, types(n)...)
		items = cmp.Or(items, n.Get("items"))
	}
	return admitted, items
}
