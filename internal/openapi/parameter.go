package openapi

import (
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// An input is a Parameter Object of any version that an operation has.
type input struct {
	place
	name string
	in   string
}

// maxInputs bounds the parameters of one operation.
const maxInputs = 1_000

// A slot is the value of a request that an input is for.
type slot struct{ name, in string }

// slot returns what the input is for: the names of headers do not depend on
// case (RFC 9110 section 5.1), and there is only one body.
func (in input) slot() slot {
	switch in.in {
	case "header":
		return slot{strings.ToLower(in.name), in.in}
	case "body", "querystring":
		return slot{in: in.in}
	}
	return slot{in.name, in.in}
}

// inputs returns the parameters of an operation: those of its path, where the
// operation does not have its own for the same value, and then its own.
func (l *loader) inputs(path, operation place) []input {
	inputs := l.distinct(path.get("parameters"))
	position := make(map[slot]int)
	for i, in := range inputs {
		position[in.slot()] = i
	}
	for _, in := range l.distinct(operation.get("parameters")) {
		if i, ok := position[in.slot()]; ok {
			inputs[i] = in
		} else {
			inputs = append(inputs, in)
		}
	}
	return inputs
}

// distinct returns the parameters of one list.
func (l *loader) distinct(p place) []input {
	var inputs []input
	taken := make(map[slot]bool)
	for element := range l.list(p) {
		in, ok := l.input(element)
		switch {
		case !ok:
		case taken[in.slot()]:
			l.problems.add(element, "there is a parameter %s in %s before this one, which is left out", quote(in.name), in.in)
		case len(inputs) >= maxInputs:
			l.problems.add(element, "there are more than %d parameters; those from here on are left out", maxInputs)
			return inputs
		default:
			taken[in.slot()] = true
			inputs = append(inputs, in)
		}
	}
	return inputs
}

func (l *loader) input(p place) (input, bool) {
	at := l.follow(p)
	if absent(at) || !l.object(at) {
		return input{}, false
	}
	in := input{place: at, name: l.word(at.get("name")), in: strings.ToLower(l.word(at.get("in")))}
	if in.name == "" && in.in == "querystring" {
		in.name = "query" // which is never sent
	}
	if in.name == "" && in.in != "body" {
		l.problems.add(at, "the parameter has no name; it is left out")
		return input{}, false
	}
	return in, true
}

// parameter returns the Parameter Object of OpenAPI 3 at in, unless it cannot be
// served or is one of those that the specification ignores.
func (l *loader) parameter(in input) (Parameter, bool) {
	switch in.in {
	case "header":
		if ignoredHeader(in.name) {
			return Parameter{}, false
		}
	case "path", "query", "cookie", "querystring":
	default:
		l.problems.add(in.place, "a parameter cannot be in %s; it is left out", quote(in.in))
		return Parameter{}, false
	}
	p := l.commonParameter(in)
	p.AllowReserved = l.flag(in.get("allowReserved"))
	p.Style, p.Explode = l.style(in)
	if content := in.get("content"); content.node != nil {
		l.parameterContent(&p, content)
	}
	return p, true
}

// ignoredHeader reports whether a header parameter is ignored because the
// request says it by other means (OpenAPI 3, Parameter Object, name). Accept and
// Content-Type are so too, but what a document says of them is worth knowing:
// which version of an API is meant, for example.
func ignoredHeader(name string) bool { return strings.EqualFold(name, "Authorization") }

// commonParameter reads what the parameters of all versions have in common.
func (l *loader) commonParameter(in input) Parameter {
	p := Parameter{
		Name:            in.name,
		In:              in.in,
		Description:     l.text(in.get("description")),
		Required:        l.flag(in.get("required")),
		Deprecated:      l.flag(in.get("deprecated")),
		AllowEmptyValue: l.flag(in.get("allowEmptyValue")),
		Schema:          l.parameterSchema(in.place),
		Example:         l.example(in.place),
	}
	if p.In == "path" {
		p.MultiSegment = l.flag(in.get("x-multi-segment")) || l.wantsSlash(in.place)
	}
	if p.In == "path" && !p.Required {
		l.problems.add(in.place, "a parameter in the path is required; %s is taken as such", quote(p.Name))
		p.Required = true
	}
	return p
}

// parameterContent reads the content of a parameter, which has one media type.
func (l *loader) parameterContent(p *Parameter, content place) {
	list := l.content(content, l.schema)
	if len(list) == 0 {
		return
	}
	p.MediaType, p.Schema = list[0].Type, list[0].Schema
	if p.Example == nil {
		p.Example = list[0].Example
	}
}

// parameterSchema returns the schema of a parameter: in "schema", or, as
// Swagger has it and some OpenAPI documents too, written into the parameter.
func (l *loader) parameterSchema(p place) *Schema {
	if schema := p.get("schema"); schema.node != nil || p.node.Get("type") == nil {
		return l.schema(schema)
	}
	n, ok := l.inline[p.node]
	if !ok {
		n = inlineSchema(p.node)
		l.inline[p.node] = n
	}
	return l.schema(place{file: p.file, node: n, trail: p.trail})
}

// inlineSchema returns the members of a Swagger parameter that make its schema.
func inlineSchema(parameter *tree.Node) *tree.Node {
	var members []tree.Member
	for key, n := range parameter.All() {
		if isInlineKeyword(key) {
			members = append(members, tree.Member{Key: key, Value: n})
		}
	}
	return tree.NewObject(members...)
}

func isInlineKeyword(key string) bool {
	switch key {
	case "type", "format", "items", "default", "enum", "multipleOf", "pattern",
		"maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum",
		"maxLength", "minLength", "maxItems", "minItems", "uniqueItems", "x-nullable":
		return true
	}
	return false
}

// style returns how a value becomes text, with the defaults of the
// specification (OpenAPI 3.2, Parameter Object, style and explode).
func (l *loader) style(in input) (style string, explode bool) {
	styles := stylesIn(in.in)
	style = styles[0]
	if given := l.word(in.get("style")); slices.Contains(styles, given) {
		style = given
	} else if given != "" {
		l.problems.add(in.get("style"), "there is no style %s in %s; %s is used", quote(given), in.in, quote(style))
	}
	return style, l.explode(in.place, style)
}

func (l *loader) explode(p place, style string) bool {
	if given := p.get("explode"); !absent(given) {
		return l.flag(given)
	}
	return style == "form" || style == "cookie"
}

// stylesIn returns the styles that a parameter can have, the default first.
func stylesIn(in string) []string {
	switch in {
	case "path":
		return []string{"simple", "label", "matrix"}
	case "header":
		return []string{"simple"}
	case "cookie":
		return []string{"form", "cookie"}
	}
	return []string{"form", "spaceDelimited", "pipeDelimited", "deepObject"}
}

// matchTemplate makes the path parameters of an operation those of its
// template.
func (l *loader) matchTemplate(op *Operation, p place) {
	l.cleanTemplate(op)
	l.restrictSegments(op)
	names := placeholders(op.Path)
	l.spend(len(names))
	op.Parameters = slices.DeleteFunc(op.Parameters, func(parameter Parameter) bool {
		if parameter.In != "path" || slices.Contains(names, parameter.Name) {
			return false
		}
		l.problems.add(p, "the path has no placeholder %s; the parameter is left out", quote(parameter.Name))
		return true
	})
	for _, name := range names {
		if name == "" || hasParameter(op, "path", name) || isQueryPlaceholder(op, name) {
			continue
		}
		l.problems.add(p, "there is no parameter for the placeholder %s of the path; a required text is assumed", quote(name))
		op.Parameters = append(op.Parameters, Parameter{Name: name, In: "path", Required: true, Style: "simple", Schema: l.textSchema()})
	}
}

// isQueryPlaceholder reports whether name stands in the query of the path only,
// where a query parameter may fill it: /search?q={q}.
func isQueryPlaceholder(op *Operation, name string) bool {
	path, _, _ := strings.Cut(op.Path, "?")
	return !strings.Contains(path, "{"+name+"}") && hasParameter(op, "query", name)
}

func hasParameter(op *Operation, in, name string) bool {
	return slices.ContainsFunc(op.Parameters, func(p Parameter) bool { return p.In == in && p.Name == name })
}

// cleanTemplate takes from the placeholders of a path what routers write into
// them, where the parameter is declared without it: {proxy+}, {path*}, {id?},
// {id:[0-9]+}, {name=projects/*}, and the operators of RFC 6570: {;id*}.
func (l *loader) cleanTemplate(op *Operation) {
	for _, name := range placeholders(op.Path) {
		bare := name
		if end := strings.IndexAny(name, ":="); end >= 0 {
			bare = name[:end]
		}
		greedy := strings.ContainsAny(bare, "+*")
		bare = strings.TrimLeft(strings.Trim(bare, "+*?"), ".;")
		i := slices.IndexFunc(op.Parameters, func(p Parameter) bool { return p.In == "path" && p.Name == bare })
		if bare != name && !hasParameter(op, "path", name) && i >= 0 {
			op.Path = strings.ReplaceAll(op.Path, "{"+name+"}", "{"+bare+"}")
			op.Parameters[i].MultiSegment = op.Parameters[i].MultiSegment || greedy && op.Parameters[i].Style == "simple"
		}
	}
}
