package openapi

import (
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// Media types that Swagger 2.0 implies.
const (
	mediaJSON      = "application/json"
	mediaForm      = "application/x-www-form-urlencoded"
	mediaMultipart = "multipart/form-data"
)

// maxMediaTypes bounds the lists that each response of a document repeats.
const maxMediaTypes = 50

// swaggerOperation reads an operation of Swagger 2.0, where the body is among
// the parameters and its media types are beside them.
func (l *loader) swaggerOperation(op *Operation, p place, inputs []input) {
	op.Servers = l.ownHosts(p)
	var form []input
	for _, in := range inputs {
		switch in.in {
		case "body":
			op.RequestBody = l.swaggerBody(p, in)
		case "formdata":
			form = append(form, in)
		case "path", "query", "header", "cookie":
			op.Parameters = append(op.Parameters, l.swaggerParameter(in))
		default:
			l.problems.add(in.place, "a parameter cannot be in %s; it is left out", quote(in.in))
		}
	}
	if op.RequestBody == nil && len(form) > 0 {
		op.RequestBody = l.swaggerForm(p, form)
	} else if len(form) > 0 {
		l.problems.add(p, "an operation cannot have a body and a form; the form is left out")
	}
	produces := l.mediaTypes(p, "produces")
	op.Responses = l.responses(p.get("responses"), func(at place) []MediaType {
		return l.swaggerContent(at, produces)
	})
}

// mediaTypes returns the list of media types of an operation, which overrides
// that of the document.
func (l *loader) mediaTypes(operation place, key string) []string {
	list := operation.get(key)
	if absent(list) {
		list = l.root.get(key)
	}
	types := l.words(list)
	return types[:min(len(types), maxMediaTypes)]
}

func (l *loader) swaggerParameter(in input) Parameter {
	p := l.commonParameter(in)
	if p.Example == nil && in.node.Get("x-example") != nil {
		p.Example = l.encoded(in.node.Get("x-example"))
	}
	p.Style, p.Explode = l.collectionStyle(in)
	return p
}

// collectionStyle returns the style of OpenAPI 3 that a collectionFormat is.
// Without one, an array is comma-separated (Swagger 2.0, Parameter Object).
func (l *loader) collectionStyle(in input) (style string, explode bool) {
	format := l.word(in.get("collectionFormat"))
	single := in.in == "path" || in.in == "header" // what has one value
	joined := "form"
	if single {
		joined = "simple"
	}
	if !isArray(in.node) {
		return joined, !single
	}
	switch format {
	case "ssv":
		return "spaceDelimited", false
	case "pipes":
		return "pipeDelimited", false
	case "tsv":
		return "tabDelimited", false
	case "multi":
		if !single {
			return "form", true
		}
		l.problems.add(in.place, "collectionFormat %s is not possible in %s; commas are used", quote(format), in.in)
	case "", "csv":
	default:
		l.problems.add(in.place, "collectionFormat %s is not known; commas are used", quote(format))
	}
	return joined, false
}

func isArray(n *tree.Node) bool {
	return n.Get("type").Str() == "array" || n.Get("type") == nil && n.Get("items") != nil
}

// swaggerBody returns the body that a parameter in the body describes.
func (l *loader) swaggerBody(operation place, in input) *RequestBody {
	body := &RequestBody{
		Description: l.text(in.get("description")),
		Required:    l.flag(in.get("required")),
	}
	types := l.mediaTypes(operation, "consumes")
	if len(types) == 0 {
		types = []string{mediaJSON}
	}
	schema, example := l.parameterSchema(in.place), l.example(in.place)
	if in.node.Get("schema") != nil {
		schema = l.bodySchema(in.get("schema"))
	}
	for _, t := range types {
		body.Content = append(body.Content, MediaType{Type: t, Schema: schema, Example: example})
	}
	return body
}

// swaggerForm returns the body that the parameters of a form describe.
func (l *loader) swaggerForm(operation place, form []input) *RequestBody {
	body := &RequestBody{}
	schema, hasFile := l.formSchema(form)
	for _, in := range form {
		body.Required = body.Required || l.flag(in.get("required"))
	}
	at := at(operation.file, schema, operation.pointer()+"/parameters")
	encoding := l.formEncoding(form)
	for _, t := range formTypes(l.mediaTypes(operation, "consumes"), hasFile) {
		body.Content = append(body.Content, MediaType{Type: t, Schema: l.schema(at), Encoding: encoding})
	}
	return body
}

// formTypes returns the media types of a form among those that an operation
// consumes: a file can only be sent in a multipart one.
func formTypes(consumes []string, hasFile bool) []string {
	var types []string
	for _, t := range consumes {
		name, _, _ := strings.Cut(strings.ToLower(t), ";")
		name = strings.TrimSpace(name)
		if name == mediaMultipart || name == mediaForm && !hasFile {
			types = append(types, t)
		}
	}
	switch {
	case len(types) > 0:
		return types
	case hasFile:
		return []string{mediaMultipart}
	}
	return []string{mediaForm}
}

// formSchema returns the schema of an object with a property for each parameter
// of a form, and whether one is a file.
func (l *loader) formSchema(form []input) (schema *tree.Node, hasFile bool) {
	var properties []tree.Member
	var required []*tree.Node
	for _, in := range form {
		property := inlineSchema(in.node)
		if in.node.Get("type").Str() == "file" {
			hasFile = true
			property = tree.NewObject(
				tree.Member{Key: "type", Value: tree.NewString("string")},
				tree.Member{Key: "format", Value: tree.NewString("binary")})
		}
		if text := in.node.Get("description"); text.Is(tree.String) {
			property = property.With("description", text)
		}
		properties = append(properties, tree.Member{Key: in.name, Value: property})
		if l.flag(in.get("required")) {
			required = append(required, tree.NewString(in.name))
		}
	}
	members := []tree.Member{
		{Key: "type", Value: tree.NewString("object")},
		{Key: "properties", Value: tree.NewObject(properties...)},
	}
	if len(required) > 0 {
		members = append(members, tree.Member{Key: "required", Value: tree.NewArray(required...)})
	}
	return tree.NewObject(members...), hasFile
}

// formEncoding returns how the arrays of a form are serialized.
func (l *loader) formEncoding(form []input) map[string]Encoding {
	var encodings map[string]Encoding
	for _, in := range form {
		if !isArray(in.node) {
			continue
		}
		if encodings == nil {
			encodings = make(map[string]Encoding)
		}
		style, explode := l.collectionStyle(in)
		encodings[in.name] = Encoding{Style: style, Explode: explode}
	}
	return encodings
}

// swaggerContent returns the media types of a response, which has content only
// if it has a schema.
func (l *loader) swaggerContent(p place, produces []string) []MediaType {
	schema := p.get("schema")
	if absent(schema) {
		return nil
	}
	if len(produces) == 0 {
		produces = []string{mediaJSON}
	}
	content := make([]MediaType, len(produces))
	for i, t := range produces {
		l.spend(1)
		content[i] = MediaType{Type: t, Schema: l.schema(schema)}
		if e := p.get("examples").node.Get(t); e != nil {
			content[i].Example = l.encoded(e)
		}
	}
	return content
}
