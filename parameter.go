package mcpmount

import (
	"fmt"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// inQuerystring is the place of a parameter that is the whole query: OpenAPI
// 3.2, "Parameter Locations".
const inQuerystring = "querystring"

// A parameterPlan is a parameter ready to be written, with the argument that
// its value comes from.
type parameterPlan struct {
	argument string
	content  contentKind
	expansion
}

// A contentKind says whether a parameter is written in a style or as content of
// a media type.
type contentKind uint8

const (
	contentNone      contentKind = iota // in a style
	contentText                         // the text as it is
	contentJSON                         // compact JSON
	contentASCIIJSON                    // compact JSON for a header
)

func newParameterPlan(a *argument) (*parameterPlan, error) {
	p := &parameterPlan{
		argument:  a.name,
		content:   newContentKind(a.param),
		expansion: newExpansion(a.param),
	}
	switch {
	case a.param.Name == "":
		return nil, fmt.Errorf("a %s parameter has no name", a.param.In)
	case a.param.In == InCookie && a.param.Style == "cookie" && !isToken(a.param.Name):
		return nil, fmt.Errorf("cookie parameter %q cannot be sent: its name is not a token (RFC 6265 section 4.1.1)", a.param.Name)
	}
	return p, nil
}

func newContentKind(p *Parameter) contentKind {
	switch {
	case p.MediaType == "":
		return contentNone
	case !isJSONMediaType(p.MediaType):
		return contentText
	case p.In == InHeader:
		return contentASCIIJSON
	}
	return contentJSON
}

// append appends the parameter to dst. It appends nothing if values has no
// value for it, or one that is null, an empty array or an empty object: what RFC
// 6570 section 2.3 calls undefined.
func (p *parameterPlan) append(dst []byte, values *tree.Node) ([]byte, error) {
	v := values.Get(p.argument)
	if v == nil || v.Kind == tree.Null {
		return dst, nil
	}
	dst, err := p.appendValue(dst, v)
	if err != nil {
		return dst, &argumentError{Argument: p.argument, Message: err.Error()}
	}
	return dst, nil
}

func (p *parameterPlan) appendValue(dst []byte, v *tree.Node) ([]byte, error) {
	switch p.content {
	case contentJSON:
		return p.appendText(dst, string(v.JSON()))
	case contentASCIIJSON:
		return p.appendText(dst, asciiJSON(v))
	case contentText:
		return p.appendText(dst, valueText(v))
	}
	return p.expansion.append(dst, v)
}

// spreads reports whether the members of an object become parameters of their
// own.
func (p *parameterPlan) spreads() bool {
	return p.content == contentNone && p.explode && p.name != "" && !p.deep
}

// A parameterList is the parameters of a query or of a Cookie header, in the
// order of the document.
type parameterList struct {
	separator string
	params    []*parameterPlan
}

// append appends the parameters that have a value. Text that dst has from start
// on is taken for parameters that precede them.
func (l *parameterList) append(dst []byte, start int, values *tree.Node) ([]byte, error) {
	for _, p := range l.params {
		end := len(dst)
		if end > start {
			dst = append(dst, l.separator...)
		}
		begin := len(dst)
		var err error
		if dst, err = p.append(dst, values); err != nil {
			return dst, err
		}
		if len(dst) == begin {
			dst = dst[:end]
		}
	}
	return dst, l.checkSpread(values)
}

// checkSpread refuses objects that give one parameter two values. What each of
// them could take from the parameters with a name is in expansion.taken.
func (l *parameterList) checkSpread(values *tree.Node) error {
	var earlier []*tree.Node
	for _, p := range l.params {
		v := values.Get(p.argument)
		if !v.Is(tree.Object) || !p.spreads() {
			continue
		}
		for _, other := range earlier {
			if key, ok := sharedKey(other, v); ok {
				return &argumentError{Argument: p.argument, Message: "member " + quoteShort(key) + " is given by another argument too; give it once"}
			}
		}
		earlier = append(earlier, v)
	}
	return nil
}

// reserve makes it impossible for the keys of an object to be taken for one of
// the named parameters, or for one of the escaped names in fixed.
func (l *parameterList) reserve(fixed []string) {
	taken := make(map[string]bool, len(fixed)+len(l.params))
	for _, name := range fixed {
		taken[name] = true
	}
	for _, p := range l.params {
		taken[strings.TrimSuffix(p.name, "=")] = true
		p.taken = taken
	}
}

// sharedKey returns a key of b that a has too, or that a server could take for
// an element of a value in a: "name[]" for "name".
func sharedKey(a, b *tree.Node) (string, bool) {
	for _, m := range b.Members {
		name, _, _ := strings.Cut(m.Key, "[")
		if !m.Value.Is(tree.Null) && (hasValue(a, m.Key) || hasValue(a, name)) {
			return m.Key, true
		}
	}
	return "", false
}

func hasValue(object *tree.Node, key string) bool {
	v := object.Get(key)
	return v != nil && v.Kind != tree.Null
}

// valueText returns the text of a primitive, and anything else as JSON: no
// style says how arrays and objects are written inside of others.
func valueText(v *tree.Node) string {
	switch v.Kind {
	case tree.Array, tree.Object:
		return string(v.JSON())
	}
	return v.Text
}
