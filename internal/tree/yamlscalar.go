package tree

import (
	"math/big"
	"strings"

	"go.yaml.in/yaml/v4"
)

const (
	quotedStyle = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	taggedStyle = yaml.TaggedStyle
)

// scalarValue returns the value of a scalar. Without a tag it is a string if it
// is quoted, and else what the core schema says.
func (r *yamlReader) scalarValue(y *yaml.Node) *Node {
	switch {
	case y.Style&taggedStyle != 0:
		return r.taggedValue(y)
	case y.Style&quotedStyle != 0 || y.Tag == "!":
		return r.scalar(String, y.Value)
	}
	return r.plainValue(y.Value)
}

func (r *yamlReader) plainValue(text string) *Node {
	switch kind, literal := r.resolve(text); kind {
	case Null:
		return r.nullNode()
	case Bool:
		return r.boolNode(literal == "true")
	default:
		return r.scalar(kind, literal)
	}
}

// resolve is [resolve] but for numbers that are too large, which are strings:
// someone meant the hash 1234567e8901234.
func (r *yamlReader) resolve(text string) (Kind, string) {
	kind, literal := resolve(text)
	if kind == Number && writtenOut(literal) > int64(r.limits.MaxDigits) {
		return String, text
	}
	return kind, literal
}

// taggedValue returns the value of a scalar that has a tag. If the text does not
// fit, it is a string.
func (r *yamlReader) taggedValue(y *yaml.Node) *Node {
	var want Kind
	switch y.Tag {
	case "!!str", "!!timestamp":
		return r.scalar(String, y.Value)
	case "!!binary":
		return r.scalar(String, strings.Join(strings.Fields(y.Value), ""))
	case "!!null":
		want = Null
	case "!!bool":
		want = Bool
	case "!!int", "!!float":
		want = Number
	default:
		r.problems.add(r.path, "the tag %s is not known and ignored", quote(y.Tag))
		if y.Style&quotedStyle != 0 {
			return r.scalar(String, y.Value)
		}
		return r.plainValue(y.Value)
	}
	if kind, _ := r.resolve(y.Value); kind != want {
		r.problems.add(r.path, "%s is not a value of the tag %s and taken as a string", quote(y.Value), quote(y.Tag))
		return r.scalar(String, y.Value)
	}
	return r.plainValue(y.Value)
}

// resolve returns the kind of a plain scalar in the core schema (YAML 1.2
// section 10.3.2), and its text in a [Node]. Infinities and what is not a
// number, which JSON does not have, are strings.
func resolve(text string) (Kind, string) {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return Null, ""
	case "true", "True", "TRUE":
		return Bool, "true"
	case "false", "False", "FALSE":
		return Bool, "false"
	}
	if literal, ok := decimal(text); ok {
		return Number, literal
	}
	if literal, ok := integer(text); ok {
		return Number, literal
	}
	return String, text
}

// decimal returns a decimal number of YAML as a number of JSON: without '+' and
// leading zeros, and with a digit on both sides of the point.
func decimal(text string) (string, bool) {
	if numberLength(text) == len(text) {
		return text, true
	}
	rest := strings.TrimLeft(text, "+-")
	if len(text)-len(rest) > 1 {
		return "", false
	}
	whole := digits(rest)
	fraction, point := 0, strings.HasPrefix(rest[whole:], ".")
	end := whole
	if point {
		fraction = digits(rest[whole+1:])
		end += 1 + fraction
	}
	if whole+fraction == 0 || end+exponentLength(rest[end:]) != len(rest) {
		return "", false
	}
	var b strings.Builder
	if text[0] == '-' {
		b.WriteByte('-')
	}
	b.WriteString(orZero(strings.TrimLeft(rest[:whole], "0")))
	if point {
		b.WriteByte('.')
		b.WriteString(orZero(rest[whole+1 : end]))
	}
	b.WriteString(rest[end:])
	return b.String(), true
}

func orZero(digits string) string {
	if digits == "" {
		return "0"
	}
	return digits
}

// integer returns a hexadecimal (0x1F) or octal (0o17) number in decimal.
func integer(text string) (string, bool) {
	// Longer ones are no numbers that anyone meant, and cost more than they
	// are long.
	const longest = 64
	if len(text) < 3 || len(text) > longest || text[0] != '0' {
		return "", false
	}
	base := 0
	switch text[1] {
	case 'x':
		base = 16
	case 'o':
		base = 8
	default:
		return "", false
	}
	if text[2] == '+' || text[2] == '-' {
		return "", false
	}
	v, ok := new(big.Int).SetString(text[2:], base)
	if !ok {
		return "", false
	}
	return v.String(), true
}
