package mcpmount

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// An input is the input side of a tool: its schema and where each of its
// properties goes.
type input struct {
	schema    *tree.Node // nil once it is that of a tool
	arguments []argument
	body      *MediaType // the chosen one, or nil
	aliases   map[string]string
	cut       bool

	// bodyRequired are the properties that a body must have if there is one,
	// when the body itself is optional.
	bodyRequired []string

	// least and most bound how many arguments a call has: 0 and nil without
	// bounds.
	least int
	most  *int
}

// A candidate is an argument on its way into the schema.
type candidate struct {
	argument
	node     *tree.Node // its schema, rewritten
	required bool
}

// newInput builds the input schema of op. One that is too large loses its
// descriptions first, but for the beginnings of those of arguments.
func newInput(op *Operation, owned func(*Parameter) bool, shared *fragments, budget int) (*input, error) {
	compose := func(terse bool) (*input, error) {
		return composeInput(op, owned, newComposer(schemaMode{omit: "readOnly", terse: terse}, shared), budget)
	}
	in, err := compose(false)
	if err == nil && in.cut && !shared.spent() {
		if in, err = compose(true); err == nil {
			in.cut = true
		}
	}
	if err != nil && shared.spent() { // as it may be by now: large bodies are then one argument
		return compose(false)
	}
	return in, err
}

func composeInput(op *Operation, owned func(*Parameter) bool, c *composer, budget int) (*input, error) {
	in := &input{body: chooseBody(op.RequestBody)}
	candidates := parameterCandidates(op, owned, c)
	if in.body != nil {
		candidates = append(candidates, in.bodyCandidates(op.RequestBody, candidates, c)...)
	}
	in.nameArguments(candidates)
	if op.Results != nil && op.Results.OfferFields {
		candidates = append(candidates, in.fieldsCandidate(candidates))
	}

	var properties []tree.Member
	var required []*tree.Node
	for i := range candidates {
		a := &candidates[i]
		in.arguments = append(in.arguments, a.argument)
		properties = append(properties, tree.Member{Key: a.name, Value: a.node})
		if a.required {
			required = append(required, tree.NewString(a.name))
		}
	}
	root := append([]tree.Member{{Key: "type", Value: tree.NewString("object")}}, in.explained(op, c)...)
	root = append(root, tree.Member{Key: "properties", Value: tree.NewObject(properties...)})
	if len(required) > 0 {
		root = append(root, tree.Member{Key: "required", Value: tree.NewArray(required...)})
	}
	root = append(root, in.relations()...)
	root = append(root, tree.Member{Key: "additionalProperties", Value: tree.NewBool(false)})
	in.schema, in.cut = c.compose(tree.NewObject(root...), budget)
	if in.schema == nil {
		return nil, fmt.Errorf("the input schema has more than %d bytes, even cut", budget)
	}
	return in, nil
}

// explained returns the description of a body that became arguments, if the tool's own
// does not say it.
func (in *input) explained(op *Operation, c *composer) []tree.Member {
	if !slices.ContainsFunc(in.arguments, func(a argument) bool { return a.place == placeProperty }) {
		return nil
	}
	text := strings.TrimSpace(op.RequestBody.Description)
	if strings.Contains(op.Summary+"\n"+op.Description, text) {
		return nil
	}
	return c.describe(tree.NewObject(), text, false, nil).Members
}

// maxDependent bounds how often names are repeated in dependentRequired.
const maxDependent = 64

// relations returns the keywords about several arguments: how many a call must have,
// and which ones it must have if there is a body at all.
func (in *input) relations() []tree.Member {
	var members []tree.Member
	if in.least > 0 {
		members = append(members, tree.Member{Key: "minProperties", Value: tree.NewNumber(strconv.Itoa(in.least))})
	}
	if in.most != nil {
		members = append(members, tree.Member{Key: "maxProperties", Value: tree.NewNumber(strconv.Itoa(*in.most))})
	}
	var properties, required []string
	for _, a := range in.arguments {
		if a.place != placeProperty {
			continue
		}
		properties = append(properties, a.name)
		if slices.Contains(in.bodyRequired, a.property) {
			required = append(required, a.name)
		}
	}
	if len(properties)*len(required) > maxDependent {
		return members
	}
	var dependent []tree.Member
	for _, name := range properties {
		var others []*tree.Node
		for _, other := range required {
			if other != name {
				others = append(others, tree.NewString(other))
			}
		}
		if len(others) > 0 {
			dependent = append(dependent, tree.Member{Key: name, Value: tree.NewArray(others...)})
		}
	}
	if len(dependent) > 0 {
		members = append(members, tree.Member{Key: "dependentRequired", Value: tree.NewObject(dependent...)})
	}
	return members
}

func parameterCandidates(op *Operation, owned func(*Parameter) bool, c *composer) []candidate {
	var list []candidate
	for i := range op.Parameters {
		p := &op.Parameters[i]
		if owned(p) || p.In == InHeader && !settableHeader(p.Name) {
			continue
		}
		list = append(list, candidate{
			argument: argument{place: placeParameter, param: p},
			node:     c.describe(parameterSchema(p, c), p.Description, p.Deprecated, p.Example),
			required: p.Required || p.In == InPath,
		})
	}
	return list
}

func parameterSchema(p *Parameter, c *composer) *tree.Node {
	if p.Schema.source == nil {
		return tree.NewObject()
	}
	root := p.Schema.source.Root()
	return sendable(p, follow(p.Schema.source, root), c.part(p.Schema.source, root))
}

// bodyCandidates returns an argument for each property of the body if it is an
// object whose properties are all that it says, and else one argument for the
// body as a whole.
func (in *input) bodyCandidates(body *RequestBody, parameters []candidate, c *composer) []candidate {
	source := in.body.Schema.source
	shape := objectShape{source: source}
	if !in.hasProperties() || !shape.collect(source.Root(), 0) {
		return []candidate{in.wholeBody(body, c)}
	}
	if len(shape.properties) == 0 {
		if others := follow(source, source.Root()).Get("additionalProperties"); others != nil && !body.Required {
			return nil // it says nothing, and need not be there
		}
		return []candidate{in.wholeBody(body, c)}
	}
	if c.fragments.spent() && len(shape.properties) > spentArguments {
		return []candidate{in.wholeBody(body, c)} // which can be cut to a stub
	}
	shape.addRequired()
	required := map[string]bool{}
	for _, name := range shape.required {
		required[name] = true
	}
	t := c.transform(source)
	shape.properties = slices.DeleteFunc(shape.properties, func(p tree.Member) bool { return t.omitted(p.Value) })
	if shape.bounded(required, !body.Required) && !in.bound(&shape, body.Required, parameters) && kindOf(in.body) == bodyJSON {
		return []candidate{in.wholeBody(body, c)}
	}
	var form *formEncoding
	if kindOf(in.body) != bodyJSON {
		form = newFormEncoding(in.body)
	}
	var list []candidate
	for _, p := range shape.properties {
		must, node := required[p.Key], in.propertySchema(p, source, c, form)
		if c.mode.terse {
			node = c.describe(node, follow(source, p.Value).Get("description").Str(), false, nil)
		}
		list = append(list, candidate{
			argument: argument{place: placeProperty, property: strings.Clone(p.Key)}, // not a part of the document
			node:     node,
			required: must && body.Required,
		})
		if must && !body.Required {
			in.bodyRequired = append(in.bodyRequired, strings.Clone(p.Key))
		}
	}
	return list
}

// bound turns the bounds on the number of properties into bounds on the number of
// arguments. That works if the number of the other arguments is fixed: the body and all
// parameters are required. Else it reports false.
func (in *input) bound(shape *objectShape, required bool, parameters []candidate) bool {
	if !required || slices.ContainsFunc(parameters, func(p candidate) bool { return !p.required }) {
		return false
	}
	if shape.least > 0 {
		in.least = shape.least + len(parameters)
	}
	if shape.most != nil {
		most := *shape.most + len(parameters)
		in.most = &most
	}
	return true
}

// hasProperties reports whether the body can be sent property by property.
func (in *input) hasProperties() bool {
	switch kindOf(in.body) {
	case bodyJSON, bodyForm, bodyMultipart:
		return !in.body.Schema.IsZero()
	}
	return false
}

// propertySchema returns the schema of a property of the body: that of a file
// where the property is one.
func (in *input) propertySchema(p tree.Member, source schemaSource, c *composer, form *formEncoding) *tree.Node {
	if kindOf(in.body) == bodyJSON || !form.fields[p.Key].file {
		return c.part(source, p.Value)
	}
	n := follow(source, p.Value)
	description, accepted := n.Get("description").Str(), in.body.Encoding[p.Key].ContentType
	if n.Get("items") == nil {
		return c.describe(fileSchema(accepted), description, false, nil)
	}
	return c.describe(arrayOf(fileSchema(accepted)), description, false, nil)
}

const bodyArgument = "body"

func (in *input) wholeBody(body *RequestBody, c *composer) candidate {
	return candidate{
		argument: argument{place: placeBody},
		node:     c.describe(in.wholeSchema(c), body.Description, false, in.body.Example),
		required: body.Required,
	}
}

// wholeSchema returns the schema of the body as one argument.
func (in *input) wholeSchema(c *composer) *tree.Node {
	node := tree.NewObject()
	if source := in.body.Schema.source; source != nil {
		node = c.part(source, source.Root())
	}
	switch kindOf(in.body) {
	case bodyFile:
		return c.describe(fileSchema(""), node.Get("description").Str(), false, nil)
	case bodyXML:
		return text(node.Get("description").Str())
	case bodyText:
		if len(types(node)) == 0 {
			return text(node.Get("description").Str())
		}
	case bodyLines:
		if source := in.body.ItemSchema.source; source != nil {
			return arrayOf(c.part(source, source.Root()))
		}
		if !slices.Contains(types(node), "array") {
			return arrayOf(node)
		}
	}
	return node
}

// text returns the schema of a string.
func text(description string) *tree.Node {
	n := tree.NewObject(tree.Member{Key: "type", Value: tree.NewString("string")})
	if description != "" {
		n = n.With("description", tree.NewString(description))
	}
	return n
}

func arrayOf(items *tree.Node) *tree.Node {
	return tree.NewObject(
		tree.Member{Key: "type", Value: tree.NewString("array")},
		tree.Member{Key: "items", Value: items},
	)
}

// nameArguments gives the candidates names that are distinct and legal. A
// property of the body keeps its name; parameters that share a name become
// name__path, name__query, name__header and name__cookie. Names that some
// clients refuse as property keys are spelled with underscores; their own
// spelling is accepted too.
func (in *input) nameArguments(list []candidate) {
	holders := plainNames(list)
	taken := map[string]bool{}
	for name, i := range holders {
		taken[name] = i >= 0
	}
	spelled := map[string]int{}
	for i := range list {
		a := &list[i]
		spelled[a.original()]++
		if a.name = legalArgument(a.original()); holders[a.name] == i {
			continue
		}
		suffix := ""
		if a.place == placeParameter {
			suffix = "__" + a.param.In
			a.node = note(a.node, "("+a.param.In+" parameter)")
		}
		a.name = freeArgument(a.name, suffix, taken)
	}
	in.aliases = map[string]string{}
	for i := range list {
		if a := &list[i]; spelled[a.original()] == 1 && !taken[a.original()] {
			in.aliases[a.original()] = a.name
		}
	}
}

// plainNames says which candidate has a name without a suffix: -1 where several
// parameters, but no property of the body, want it.
func plainNames(list []candidate) map[string]int {
	holders := map[string]int{}
	for i := range list {
		name := legalArgument(list[i].original())
		have, wanted := holders[name]
		parameter := list[i].place == placeParameter
		switch {
		case !wanted, !parameter && (have < 0 || list[have].place == placeParameter):
			holders[name] = i
		case parameter && have >= 0 && list[have].place == placeParameter:
			holders[name] = -1
		}
	}
	return holders
}

// freeArgument returns a name that is not taken, and takes it.
func freeArgument(name, suffix string, taken map[string]bool) string {
	n := 1
	if suffix == "" {
		n = 2
	}
	for ; ; n++ {
		end := suffix
		if n > 1 {
			end += "_" + strconv.Itoa(n)
		}
		candidate := name[:min(len(name), maxArgumentName-len(end))] + end
		if !taken[candidate] {
			taken[candidate] = true
			return candidate
		}
	}
}

// original returns the name that the document has for the argument.
func (a *argument) original() string {
	switch a.place {
	case placeParameter:
		return a.param.Name
	case placeProperty:
		return a.property
	default:
		return bodyArgument
	}
}

// maxArgumentName is the length of a property key that every known client
// takes.
const maxArgumentName = 64

// legalArgument returns name with only letters, digits, '_', '-' and '.', which
// is what the strictest clients accept as a property key.
func legalArgument(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case isNameRune(r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	legal := strings.TrimRight(b.String(), "_")
	if strings.HasSuffix(name, "_") {
		legal = b.String()
	}
	if legal == "" {
		legal = "arg"
	}
	return legal[:min(len(legal), maxArgumentName)]
}

// terseDescription bounds the description of an argument in a schema that is too
// large, in bytes: what a namespace is says more than what is deep inside of a pod.
const terseDescription = 160

// describe returns the schema n with a description, a note that it is
// deprecated, and an example, where n does not say so itself and there is room.
func (c *composer) describe(n *tree.Node, description string, deprecated bool, example []byte) *tree.Node {
	if c.mode.terse {
		description, example = cutText(description, terseDescription), nil
	}
	if description != "" {
		n = n.With("description", tree.NewString(description))
	}
	if deprecated {
		n = note(n, "Deprecated.")
	}
	if len(example) > 0 && n.Get("examples") == nil && n.Get("default") == nil {
		if value, err := tree.ParseJSON(example, tree.Limits{}); err == nil {
			n = n.With("examples", tree.NewArray(value))
		}
	}
	return n
}

// note returns the schema n with text added to its description.
func note(n *tree.Node, text string) *tree.Node {
	if have := n.Get("description").Str(); have != "" {
		text = have + " " + text
	}
	return n.With("description", tree.NewString(text))
}

var errNotAnObject = errors.New("arguments must be a JSON object")
