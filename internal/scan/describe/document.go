package describe

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/mcpmount/mcpmount/internal/scan"
	"github.com/mcpmount/mcpmount/internal/tree"
)

// Info is what a document says of the API as a whole.
type Info struct{ Title, Version string }

// Document returns the OpenAPI 3.1 document of the API. Equal programs have equal documents.
func (a *API) Document(info Info) *tree.Node {
	s := newSchemas(a.comments)
	// Responses are first: a type that is written, and may be null there, is the same
	// component where it is read.
	s.output = true
	responses := make([]*tree.Node, len(a.Operations))
	for i, op := range a.Operations {
		responses[i] = s.responses(op)
	}
	s.output = false
	var paths []tree.Member
	templates := map[string]string{}
	for i, op := range a.Operations {
		path, renamed := template(templates, op.Route)
		at := slices.IndexFunc(paths, func(m tree.Member) bool { return m.Key == path })
		if at < 0 {
			at, paths = len(paths), append(paths, tree.Member{Key: path, Value: object()})
		}
		paths[at].Value = paths[at].Value.With(strings.ToLower(op.Method), s.operation(op, responses[i], renamed))
	}
	document := object("openapi", "3.1.0",
		"info", object("title", cmp.Or(info.Title, "API"), "version", cmp.Or(info.Version, "0.0.0")),
		"paths", tree.NewObject(paths...))
	components := object()
	if schemas := s.finish(); len(schemas.Members) > 0 {
		components = components.With("schemas", schemas)
	}
	if schemes := a.securitySchemes(); len(schemes.Members) > 0 {
		components = components.With("securitySchemes", schemes)
	}
	if len(components.Members) > 0 {
		document = document.With("components", components)
	}
	return document
}

// template returns the path of a route as a document writes it: variables at the same places
// have the same names in all operations, as OpenAPI demands. The names that are replaced are
// in renamed.
func template(templates map[string]string, route *scan.Route) (path string, renamed map[string]string) {
	shape := variable.ReplaceAllString(route.Path, "{}")
	path, seen := templates[shape]
	if !seen {
		templates[shape] = route.Path
		return route.Path, nil
	}
	names, own := variable.FindAllString(path, -1), variable.FindAllString(route.Path, -1)
	renamed = map[string]string{}
	for i := range own {
		renamed[strings.Trim(own[i], "{}")] = strings.Trim(names[i], "{}")
	}
	return path, renamed
}

func (s *schemas) operation(op *Operation, responses *tree.Node, renamed map[string]string) *tree.Node {
	node := object("operationId", op.ID, "summary", op.Summary, "description", op.Text)
	if len(op.Tags) > 0 {
		node = node.With("tags", stringNodes(op.Tags...))
	}
	var parameters []*tree.Node
	for _, p := range op.Params {
		if p.In != "form" {
			parameters = append(parameters, s.parameter(op, p, renamed))
		}
	}
	if len(parameters) > 0 {
		node = node.With("parameters", tree.NewArray(parameters...))
	}
	if body := s.requestBody(op); body != nil {
		node = node.With("requestBody", body)
	}
	node = node.With("responses", responses)
	if needs := security(op); needs != nil {
		node = node.With("security", needs)
	}
	if op.Deprecated {
		node = node.With("deprecated", tree.NewBool(true))
	}
	return node
}

func (s *schemas) parameter(op *Operation, p *Param, renamed map[string]string) *tree.Node {
	schema := s.param(p)
	description := op.annotated.params[p.Name]
	if text := schema.Get("description"); description == "" && schema.Get("$ref") == nil {
		description, schema = text.Str(), schema.Without("description")
	}
	name := p.Name
	if other, ok := renamed[name]; ok && p.In == "path" {
		name = other
	}
	node := object("name", name, "in", p.In, "description", description)
	if p.Required || p.In == "path" {
		node = node.With("required", tree.NewBool(true))
	}
	if p.Commas {
		node = node.With("explode", tree.NewBool(false))
	}
	if p.In == "path" {
		for _, v := range op.Route.PathParams {
			if v.Name == p.Name && v.Rest {
				node = node.With("x-multi-segment", tree.NewBool(true))
			}
			if v.Name == p.Name && v.Pattern != "" && schema.Get("type").Str() == "string" {
				schema = schema.With("pattern", tree.NewString("^("+v.Pattern+")$"))
			}
		}
	}
	return node.With("schema", schema)
}

// requestBody returns the body that an operation takes, or nil.
func (s *schemas) requestBody(op *Operation) *tree.Node {
	var content []tree.Member
	required := len(op.Bodies) > 0
	for _, b := range op.Bodies {
		schema := s.body(b)
		switch b.Media {
		case mediaForm, mediaMultipart:
			schema, required = s.form(op)
		case mediaXML, mediaYAML, mediaAny:
			schema = anything()
		case mediaBytes:
			schema = object("type", "string", "format", "binary")
		}
		required = required && (b.Required || b.Media == mediaForm || b.Media == mediaMultipart)
		content = append(content, tree.Member{Key: b.Media, Value: object("schema", schema)})
	}
	if len(content) == 0 {
		return nil
	}
	body := object("content", tree.NewObject(content...))
	if required {
		body = body.With("required", tree.NewBool(true))
	}
	return body
}

// form returns the schema of the fields of a form, and whether one of them is required.
func (s *schemas) form(op *Operation) (schema *tree.Node, required bool) {
	var properties []tree.Member
	var names []*tree.Node
	for _, p := range op.Params {
		if p.In != "form" {
			continue
		}
		property := s.param(p)
		if text := op.annotated.params[p.Name]; text != "" {
			property = property.With("description", tree.NewString(text))
		}
		properties = append(properties, tree.Member{Key: p.Name, Value: property})
		if p.Required {
			names = append(names, tree.NewString(p.Name))
		}
	}
	schema = object("type", "object", "properties", tree.NewObject(properties...))
	if len(names) > 0 {
		schema = schema.With("required", tree.NewArray(names...))
	}
	return schema, len(names) > 0
}

// responses returns the responses of an operation by status, the one without a constant status
// as the default.
func (s *schemas) responses(op *Operation) *tree.Node {
	byStatus := map[int][]*Response{}
	for _, r := range op.Responses {
		byStatus[r.Status] = append(byStatus[r.Status], r)
	}
	var members []tree.Member
	for status, responses := range byStatus {
		key, text := strconv.Itoa(status), cmp.Or(http.StatusText(status), "Status "+strconv.Itoa(status))
		if status == 0 {
			key, text = "default", "Any other response"
		}
		node := object("description", text)
		if content := s.content(responses); len(content) > 0 {
			node = node.With("content", tree.NewObject(content...))
		}
		members = append(members, tree.Member{Key: key, Value: node})
	}
	slices.SortFunc(members, func(a, b tree.Member) int { return cmp.Compare(a.Key, b.Key) })
	return tree.NewObject(members...)
}

// content returns what responses of one status contain, by media type.
func (s *schemas) content(responses []*Response) []tree.Member {
	var content []tree.Member
	for _, r := range responses {
		if r.Media == "" {
			continue
		}
		media := object()
		switch {
		case r.Media == mediaText || r.Media == mediaHTML:
			media = object("schema", object("type", "string"))
		case strings.HasSuffix(r.Media, "json"):
			media = object("schema", s.payload(r.payload))
		}
		content = append(content, tree.Member{Key: r.Media, Value: media})
	}
	return content
}

// JSON returns a document as indented JSON.
func JSON(document *tree.Node) ([]byte, error) {
	var b bytes.Buffer
	if err := json.Indent(&b, document.JSON(), "", "  "); err != nil {
		return nil, fmt.Errorf("writing the document: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// YAML returns a document as YAML.
func YAML(document *tree.Node) ([]byte, error) {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(yamlNode(document)); err != nil {
		return nil, fmt.Errorf("writing the document: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("writing the document: %w", err)
	}
	return b.Bytes(), nil
}

func yamlNode(n *tree.Node) *yaml.Node {
	switch {
	case n.Is(tree.Object):
		y := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for key, value := range n.All() {
			y.Content = append(y.Content, yamlString(key), yamlNode(value))
		}
		return y
	case n.Is(tree.Array):
		y := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range n.Items {
			y.Content = append(y.Content, yamlNode(item))
		}
		return y
	case n.Is(tree.String):
		return yamlString(n.Text)
	}
	var y yaml.Node
	y.Kind, y.Value = yaml.ScalarNode, string(n.JSON())
	return &y
}

// yamlString returns a text that cannot be read as anything else.
func yamlString(s string) *yaml.Node {
	y := new(yaml.Node)
	y.SetString(s)
	if slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(s)) { // booleans of YAML 1.1
		y.Style = yaml.DoubleQuotedStyle
	}
	return y
}
