package mcpmount

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// annotate adds to the schema n of a field what its tags say: description (or doc),
// format, enum (or enums), example and default, and for what is read the rules
// of validate and binding. quoted says that n is a number in quotes.
func (r *typeReader) annotate(n *tree.Node, f structField, at string, quoted bool) *tree.Node {
	tag := func(names ...string) string {
		for _, name := range names {
			if text := f.Tag.Get(name); text != "" {
				return text
			}
		}
		return ""
	}
	if !r.written && !quoted {
		for _, rules := range []string{f.Tag.Get("binding"), f.Tag.Get("validate")} {
			n = r.restrict(n, f.Type, rules, at)
		}
	}
	if text := tag("description", "doc"); text != "" {
		n = n.With("description", tree.NewString(text))
	}
	if format := tag("format"); format != "" && allowsType(n, "string") {
		n = n.With("format", tree.NewString(format))
	}
	if list := tag("enum", "enums"); list != "" {
		n = withValues(n, "enum", tree.NewArray(literals(n, strings.Split(list, ","))...))
	}
	if text := tag("example"); text != "" {
		n = n.With("examples", tree.NewArray(literal(n, text)))
	}
	if text := cmp.Or(tag("default"), optionValue(f.Tag.Get("form"), "default")); text != "" && !r.written {
		n = n.With("default", literal(n, text))
	}
	return n
}

// isRequired reports whether the tags of a field say that it must be there.
func isRequired(tag reflect.StructTag) bool {
	for _, name := range [...]string{"binding", "validate"} {
		for rule := range strings.SplitSeq(tag.Get(name), ",") {
			if rule == "dive" {
				break
			}
			if rule == "required" {
				return true
			}
		}
	}
	return tag.Get("required") == "true"
}

// optionValue returns the value of an option "name=value" of a tag, or "".
func optionValue(options, name string) string {
	for option := range strings.SplitSeq(options, ",") {
		if value, ok := strings.CutPrefix(option, name+"="); ok {
			return value
		}
	}
	return ""
}

// restrict adds the rules of a validator to the schema n of a value of type t. A
// rule that it does not know is for the API to check.
func (r *typeReader) restrict(n *tree.Node, t reflect.Type, rules, at string) *tree.Node {
	if rules == "" || rules == "-" {
		return n
	}
	t = pointee(t)
	for len(rules) > 0 {
		var rule string
		rule, rules, _ = strings.Cut(rules, ",")
		switch {
		case rule == "dive":
			return r.dive(n, t, rules, at)
		case rule == "keys", strings.Contains(rule, "|"):
			return n
		}
		name, value, _ := strings.Cut(rule, "=")
		n = r.rule(n, t, name, strings.NewReplacer("0x2C", ",", "0x7C", "|").Replace(value), at)
	}
	return n
}

// dive adds rules to the items of a list and the values of a map.
func (r *typeReader) dive(n *tree.Node, t reflect.Type, rules, at string) *tree.Node {
	keyword := "items"
	switch t.Kind() {
	case reflect.Map:
		if keyword = "additionalProperties"; strings.HasPrefix(rules, "keys,") {
			_, rules, _ = strings.Cut(rules, "endkeys,")
		}
	case reflect.Slice, reflect.Array:
	default:
		return n
	}
	inner := n.Get(keyword)
	if !inner.Is(tree.Object) {
		return n
	}
	return n.With(keyword, r.restrict(inner, t.Elem(), rules, at+"[]"))
}

// rule adds one rule.
func (r *typeReader) rule(n *tree.Node, t reflect.Type, name, value, at string) *tree.Node {
	if hasKeyword(n, "$ref") || r.known(t) != nil {
		return n
	}
	switch name {
	case "oneof":
		if allowsType(n, "string") || allowsType(n, "integer") || allowsType(n, "number") {
			return withValues(n, "enum", tree.NewArray(literals(n, quotedFields(value))...))
		}
	case "unique":
		if allowsType(n, "array") && value == "" {
			return n.With("uniqueItems", tree.NewBool(true))
		}
	case "required":
		if t.Kind() == reflect.String && allowsType(n, "string") && !hasKeyword(n, "minLength") {
			return n.With("minLength", tree.NewNumber("1"))
		}
	case "min", "gte", "max", "lte", "gt", "lt", "len", "eq":
		if !isMeasured(t) {
			return n
		}
		if number, err := strconv.ParseFloat(value, 64); err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
			if name != "eq" && !strings.HasSuffix(t.String(), "Duration") {
				r.fault(at, "the rule %s=%s has no number", name, value)
			}
			return n
		}
		return bound(n, t, name, value)
	default:
		if allowsType(n, "string") && t.Kind() == reflect.String {
			return textRule(n, name)
		}
	}
	return n
}

// isMeasured reports whether limits are about a number, or about how much there
// is of a value.
func isMeasured(t reflect.Type) bool {
	switch kind := t.Kind(); kind {
	case reflect.String, reflect.Map, reflect.Array, reflect.Float32, reflect.Float64:
		return true
	case reflect.Slice:
		return !isBytes(t)
	default:
		return kind >= reflect.Int && kind <= reflect.Uintptr
	}
}

// bound adds a limit: of a number, of the characters of a text, of the items of a
// list or of the members of a map.
func bound(n *tree.Node, t reflect.Type, name, value string) *tree.Node {
	number, _ := strconv.ParseFloat(value, 64)
	text := strconv.FormatFloat(number, 'f', -1, 64)
	least, most := "minimum", "maximum"
	switch t.Kind() {
	case reflect.String:
		least, most = "minLength", "maxLength"
	case reflect.Slice, reflect.Array:
		least, most = "minItems", "maxItems"
	case reflect.Map:
		least, most = "minProperties", "maxProperties"
	}
	counts := least != "minimum"
	if counts && (number < 0 || number != math.Trunc(number) || name == "eq") {
		return n
	}
	switch name {
	case "min", "gte":
		return n.With(least, tree.NewNumber(text))
	case "max", "lte":
		return n.With(most, tree.NewNumber(text))
	case "gt":
		if counts {
			return n.With(least, tree.NewNumber(strconv.FormatFloat(number+1, 'f', -1, 64)))
		}
		return n.With("exclusiveMinimum", tree.NewNumber(text))
	case "lt":
		if counts {
			return n.With(most, tree.NewNumber(strconv.FormatFloat(max(number-1, 0), 'f', -1, 64)))
		}
		return n.With("exclusiveMaximum", tree.NewNumber(text))
	}
	return n.With(least, tree.NewNumber(text)).With(most, tree.NewNumber(text))
}

// textRule adds a rule about the characters of a text.
func textRule(n *tree.Node, name string) *tree.Node {
	format, pattern := "", ""
	switch name {
	case "email", "hostname", "ipv4", "ipv6":
		format = name
	case "url", "uri", "http_url", "https_url":
		format = "uri"
	case "uuid", "uuid3", "uuid4", "uuid5":
		format = "uuid"
	case "alpha":
		pattern = "^[a-zA-Z]+$"
	case "alphanum":
		pattern = "^[a-zA-Z0-9]+$"
	case "number":
		pattern = "^[0-9]+$"
	case "numeric":
		pattern = "^[-+]?[0-9]+(\\.[0-9]+)?$"
	}
	if format != "" {
		n = n.With("format", tree.NewString(format))
	}
	if pattern != "" {
		n = n.With("pattern", tree.NewString(pattern))
	}
	return n
}

// allowsType reports whether n is of a type, and perhaps null.
func allowsType(n *tree.Node, kind string) bool { return slices.Contains(types(n), kind) }

// withValues adds the values that there are, if there are any.
func withValues(n *tree.Node, keyword string, values *tree.Node) *tree.Node {
	if len(values.Items) == 0 {
		return n
	}
	if keyword == "enum" && allowsType(n, "null") {
		values = tree.NewArray(append(slices.Clone(values.Items), &tree.Node{Kind: tree.Null})...)
	}
	return n.With(keyword, values)
}

// literals returns texts as values of the type of n.
func literals(n *tree.Node, texts []string) []*tree.Node {
	values := make([]*tree.Node, len(texts))
	for i, text := range texts {
		values[i] = literal(n, strings.TrimSpace(text))
	}
	return values
}

// literal returns text as a value of the type of n: as it is for a string, and
// else the JSON that it is.
func literal(n *tree.Node, text string) *tree.Node {
	if !allowsType(n, "string") {
		if value, err := tree.ParseJSON([]byte(text), tree.Limits{}); err == nil {
			return value
		}
	}
	return tree.NewString(text)
}

// quotedFields splits text at spaces, but for those in single quotes.
func quotedFields(text string) []string {
	var fields []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		var field string
		if rest, ok := strings.CutPrefix(text, "'"); ok {
			field, text, _ = strings.Cut(rest, "'")
		} else {
			field, text, _ = strings.Cut(text, " ")
		}
		fields = append(fields, field)
	}
	return fields
}
