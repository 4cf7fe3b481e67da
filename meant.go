package mcpmount

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/mcpmount/mcpmount/internal/tree"
)

const (
	// maxSlips bounds how many values of one call are taken for others.
	maxSlips = 64

	// maxTextValues bounds the values of the JSON in all texts of one call. In a message
	// they are not counted.
	maxTextValues = 10_000
)

// A slip is a value whose type is none that its place takes.
type slip struct {
	location []string
	want     []string // the types that are taken
	untyped  bool     // a number and its text are sent alike
}

// slips returns the values in what e is about that have a wrong type, each once.
func slips(e *jsonschema.ValidationError) []slip {
	var list []slip
	var visit func(e *jsonschema.ValidationError)
	visit = func(e *jsonschema.ValidationError) {
		if k, ok := e.ErrorKind.(*kind.Type); ok {
			i := slices.IndexFunc(list, func(s slip) bool { return slices.Equal(s.location, e.InstanceLocation) })
			if i < 0 {
				i, list = len(list), append(list, slip{location: e.InstanceLocation})
			}
			list[i].want = append(list[i].want, k.Want...)
		}
		for _, cause := range e.Causes {
			if len(list) <= maxSlips {
				visit(cause)
			}
		}
	}
	visit(e)
	return list
}

// maxReadings bounds how often slips are looked for: what is in a text, and in a list of
// one, can have slips of its own.
const maxReadings = 2

// amended returns arguments that conform, and that a model means for certain by those
// that err is about, or nil: properties of the body are where the body is, a null for a
// parameter that may be left out is no value, and slips are what they mean.
//
// Where clients repeat arguments in headers, nothing is taken for anything else: what
// decides by a header would not know of it.
func (t *tool) amended(v *validator, values *tree.Node, err error) *tree.Node {
	if t.mirrors {
		return nil
	}
	var settled *tree.Node
	room := maxTextValues
	if moved := t.withoutNulls(t.rearranged(values, &room)); moved != values {
		values = moved
		settled, err = v.settled(values)
	}
	for range maxReadings {
		var invalid *invalidError
		if !errors.As(err, &invalid) {
			break
		}
		read := t.read(values, invalid.cause, &room)
		if read == values {
			return nil
		}
		values = read
		settled, err = v.settled(values)
	}
	return settled
}

// read returns values with the slips that e tells of in what they mean. There is room for
// so many values in texts.
func (t *tool) read(values *tree.Node, e *jsonschema.ValidationError, room *int) *tree.Node {
	list := slips(e)
	if len(list) > maxSlips {
		return values
	}
	for _, s := range list {
		s.untyped = len(s.location) > 0 && t.input.untyped(s.location[0])
		values = replaced(values, s.location, func(v *tree.Node) *tree.Node { return s.meant(v, room) })
	}
	return values
}

// untyped reports whether an argument is sent where there are no types: in a path, a query,
// a header, a cookie or a form. In JSON an API may tell 7 from "7", and a client that writes
// 1.10 for the text has lost a digit.
func (in *input) untyped(name string) bool {
	i := slices.IndexFunc(in.arguments, func(a argument) bool { return a.name == name })
	if i < 0 {
		return false
	}
	switch a := &in.arguments[i]; a.place {
	case placeParameter:
		return newContentKind(a.param) == contentNone
	case placeProperty, placeBody:
		kind := kindOf(in.body)
		return kind == bodyForm || kind == bodyMultipart
	}
	return false
}

// rearranged returns values with a body that was given whole as the arguments that its
// properties are, or with arguments that only its properties can be in the body.
func (t *tool) rearranged(values *tree.Node, room *int) *tree.Node {
	names := map[string]string{} // of arguments, by the property of the body
	known := map[string]bool{}
	whole := ""
	for _, a := range t.input.arguments {
		known[a.name] = true
		switch a.place {
		case placeProperty:
			names[a.property] = a.name
		case placeBody:
			whole = a.name
		}
	}
	var inside, outside []tree.Member
	for _, m := range values.Members {
		if known[m.Key] {
			outside = append(outside, m)
		} else {
			inside = append(inside, m)
		}
	}
	switch {
	case whole == "" && len(inside) == 1 && inside[0].Key == bodyArgument:
		body := slip{want: []string{"object"}}.meant(inside[0].Value, room)
		if !body.Is(tree.Object) && !body.Is(tree.Null) {
			return values
		}
		for key, v := range body.All() {
			if names[key] == "" || values.Get(names[key]) != nil {
				return values
			}
			outside = append(outside, tree.Member{Key: names[key], Value: v})
		}
		return tree.NewObject(outside...)
	case whole != "" && len(inside) > 0 && values.Get(whole) == nil && t.describes(whole, inside):
		return tree.NewObject(append(outside, tree.Member{Key: whole, Value: tree.NewObject(inside...)})...)
	}
	return values
}

// describes reports whether the schema of an argument has all the properties.
func (t *tool) describes(argument string, properties []tree.Member) bool {
	schema := t.schema()
	source := standalone(schema)
	described := map[string]bool{}
	for n := range variants(source, schema.Get("properties").Get(argument)) {
		for key := range n.Get("properties").All() {
			described[key] = true
		}
	}
	return !slices.ContainsFunc(properties, func(m tree.Member) bool { return !described[m.Key] })
}

// withoutNulls returns values without the arguments that are null and may be left out.
// One for the body stays: there, null can mean that a field is cleared.
func (t *tool) withoutNulls(values *tree.Node) *tree.Node {
	var names []string
	for _, a := range t.input.arguments {
		optional := a.place == placeResult || a.place == placeParameter && !a.param.Required
		if optional && values.Get(a.name).Is(tree.Null) {
			names = append(names, a.name)
		}
	}
	if len(names) == 0 {
		return values
	}
	return values.Without(names...)
}

// replaced returns n with the value at location replaced by what f makes of it.
func replaced(n *tree.Node, location []string, f func(*tree.Node) *tree.Node) *tree.Node {
	switch {
	case len(location) == 0:
		return f(n)
	case n.Is(tree.Object):
		v := n.Get(location[0])
		if v == nil {
			return n
		}
		if r := replaced(v, location[1:], f); r != v {
			return n.With(location[0], r)
		}
	case n.Is(tree.Array):
		i, err := strconv.Atoi(location[0])
		if err != nil || i < 0 || i >= len(n.Items) {
			return n
		}
		if r := replaced(n.Items[i], location[1:], f); r != n.Items[i] {
			items := slices.Clone(n.Items)
			items[i] = r
			return tree.NewArray(items...)
		}
	}
	return n
}

// meant returns what v can only mean as one of the types that are wanted, or v: JSON in
// a text is what it says, a number or a boolean is its text where they are sent alike, one
// value is a list of one, and a list of one is its value. A text that may be several
// values stays.
func (s slip) meant(v *tree.Node, room *int) *tree.Node {
	switch v.Kind {
	case tree.String:
		if n := s.said(v.Text, room); n != nil {
			return n
		}
		if v.Text == "" || strings.ContainsAny(v.Text, ",;|[\n") {
			return v
		}
	case tree.Number, tree.Bool:
		if s.untyped && slices.Contains(s.want, "string") {
			return tree.NewString(v.Text)
		}
	case tree.Array:
		if len(v.Items) == 1 && s.wants(v.Items[0]) {
			return v.Items[0]
		}
		return v
	case tree.Null:
		return v
	}
	if slices.Contains(s.want, "array") && !v.Is(tree.Bool) {
		return tree.NewArray(v)
	}
	return v
}

// said returns the value of which text is the JSON, nil if it is none that is wanted, has
// no room, or is deeper in the arguments than values may be.
func (s slip) said(text string, room *int) *tree.Node {
	levels := maxArgumentsDepth - len(s.location)
	if levels <= 0 || *room <= 0 {
		return nil
	}
	n, err := tree.ParseJSON([]byte(text), tree.Limits{MaxDepth: levels, MaxNodes: *room})
	if err != nil || !s.wants(n) {
		return nil
	}
	*room -= valuesIn(n)
	return n
}

// wants reports whether n, which is no null, has one of the types that are wanted.
func (s slip) wants(n *tree.Node) bool {
	return slices.ContainsFunc(s.want, func(name string) bool {
		switch name {
		case "integer", "number":
			return n.Is(tree.Number)
		case "boolean":
			return n.Is(tree.Bool)
		case "string":
			return n.Is(tree.String)
		case "array":
			return n.Is(tree.Array)
		case "object":
			return n.Is(tree.Object)
		}
		return false
	})
}

// integers returns v with the integers that are written as 1.0 written as 1, where
// s takes no other numbers: many an API reads no other.
func (s *shortcut) integers(v *tree.Node) *tree.Node {
	if s == nil {
		return v
	}
	switch v.Kind {
	case tree.Number:
		whole, fraction, found := strings.Cut(v.Text, ".")
		if found && s.whole && strings.Trim(fraction, "0") == "" {
			return tree.NewNumber(whole)
		}
	case tree.Array:
		items := slices.Clone(v.Items)
		for i, item := range items {
			items[i] = s.items.integers(item)
		}
		if !slices.Equal(items, v.Items) {
			return tree.NewArray(items...)
		}
	case tree.Object:
		members := slices.Clone(v.Members)
		for i, m := range members {
			members[i].Value = s.properties[m.Key].integers(m.Value)
		}
		if !slices.Equal(members, v.Members) {
			return tree.NewObject(members...)
		}
	}
	return v
}
