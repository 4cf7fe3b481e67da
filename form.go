package mcpmount

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A formEncoding is how the properties of an object become a form: OpenAPI 3.2,
// "Encoding By Name".
type formEncoding struct {
	fields map[string]formField
	text   escaping // of names and values that have no style
}

// A formField is how one property is written. The zero formField writes values
// by their kind, as one that the document does not describe is.
type formField struct {
	file        bool
	contentType string     // of each value, "" if the kind of the value decides
	style       *expansion // nil if there is none
}

func newFormEncoding(mt *MediaType) *formEncoding {
	f := &formEncoding{
		fields: make(map[string]formField),
		text:   escaping{keep: newByteSet(formLiteral), plus: true},
	}
	properties := formProperties(mt.Schema)
	for name, schema := range properties {
		name = strings.Clone(name) // not a part of the document
		f.fields[name] = newFormField(name, schema, mt.Encoding[name])
	}
	for name, encoding := range mt.Encoding {
		if _, ok := properties[name]; !ok {
			f.fields[name] = newFormField(name, nil, encoding)
		}
	}
	return f
}

func newFormField(name string, schema *tree.Node, e Encoding) formField {
	first, _, _ := strings.Cut(e.ContentType, ",")
	first = strings.TrimSpace(first)
	base := baseMediaType(first)
	field := formField{file: isFile(schema) || isBinaryMediaType(base) && base != "*/*" && admitsString(schema)}
	if isMediaType(first) && !strings.Contains(first, "*") {
		field.contentType = first
	}
	if e.Style != "" && !field.file { // a file has no style
		x := newExpansion(&Parameter{Name: name, In: InQuery, Style: e.Style, Explode: e.Explode, AllowReserved: e.AllowReserved})
		field.style = &x
	}
	return field
}

func (f *formEncoding) hasFile() bool {
	for _, field := range f.fields {
		if field.file {
			return true
		}
	}
	return false
}

// spreads reports whether the members of v, a value of the field, become fields
// of their own.
func (f formField) spreads(v *tree.Node) bool {
	return f.style != nil && f.style.explode && !f.style.deep && v.Is(tree.Object)
}

// checkSpread refuses an object whose members would be taken for other fields.
func (f *formEncoding) checkSpread(object *tree.Node) error {
	var earlier []*tree.Node
	for _, m := range object.Members {
		if !f.fields[m.Key].spreads(m.Value) {
			continue
		}
		others := append(slices.Clone(earlier), object.Without(m.Key))
		for _, other := range others {
			if key, ok := sharedKey(other, m.Value); ok {
				return &propertyError{m.Key, fmt.Errorf("has a member %s, which is another field of the form", quoteShort(key))}
			}
		}
		earlier = append(earlier, m.Value)
	}
	return nil
}

// A formEncoder writes an object as application/x-www-form-urlencoded.
type formEncoder struct {
	contentType string
	*formEncoding
}

func (e *formEncoder) encode(v *tree.Node) ([]byte, string, error) {
	content, err := e.append(nil, 0, v)
	if content == nil {
		content = []byte{}
	}
	return content, e.contentType, err
}

// append appends the members of object as name=value pairs. Text that dst has
// from start on is taken for pairs that precede them. Members that are null are
// left out.
func (f *formEncoding) append(dst []byte, start int, object *tree.Node) ([]byte, error) {
	if object.Kind != tree.Object {
		return dst, errors.New("must be an object: its members are the fields of the form")
	}
	if err := f.checkSpread(object); err != nil {
		return dst, err
	}
	for _, m := range object.Members {
		end := len(dst)
		var err error
		if field := f.fields[m.Key]; field.style == nil {
			dst = f.appendField(dst, start, field, m)
		} else {
			if end > start {
				dst = append(dst, '&')
			}
			begin := len(dst)
			if dst, err = field.style.append(dst, m.Value); err != nil {
				return dst, &propertyError{m.Key, err}
			}
			if len(dst) == begin {
				dst = dst[:end]
			}
		}
	}
	return dst, nil
}

// appendField appends a field that has no style. Each item of an array is a
// value of its own, unless the document says that the property is JSON, which is
// one text whatever the value. A primitive is its text, anything else JSON.
func (f *formEncoding) appendField(dst []byte, start int, field formField, m tree.Member) []byte {
	json := isJSONMediaType(field.contentType)
	switch {
	case m.Value.Is(tree.Null):
	case json:
		dst = f.appendPair(dst, start, m.Key, string(m.Value.JSON()))
	case m.Value.Is(tree.Array):
		for _, item := range m.Value.Items {
			if !item.Is(tree.Null) {
				dst = f.appendPair(dst, start, m.Key, field.text(item))
			}
		}
	default:
		dst = f.appendPair(dst, start, m.Key, field.text(m.Value))
	}
	return dst
}

// text returns the text of one value. A form has no bytes, so that a file in it
// is the text or the base64 that it was given in: OpenAPI 3.2, "Example: URL
// Encoded Form with Binary Values".
func (f formField) text(v *tree.Node) string {
	if f.file && v.Is(tree.Object) {
		for _, key := range [...]string{"base64", "text"} {
			if content := v.Get(key); content.Is(tree.String) {
				return content.Text
			}
		}
	}
	return valueText(v)
}

func (f *formEncoding) appendPair(dst []byte, start int, name, value string) []byte {
	if len(dst) > start {
		dst = append(dst, '&')
	}
	dst, _ = f.text.append(dst, name)
	dst = append(dst, '=')
	dst, _ = f.text.append(dst, value)
	return dst
}

// A querystringPlan is a parameter that is the whole query: OpenAPI 3.2,
// "Parameter Locations".
type querystringPlan struct {
	*parameterPlan
	form  *formEncoding // nil unless the query is a form
	fixed []string      // the names that the document wrote
}

func newQuerystringPlan(a *argument, fixed []string) *querystringPlan {
	param := &Parameter{Name: a.param.Name, In: InQuery, MediaType: a.param.MediaType}
	p := &parameterPlan{argument: a.name, content: newContentKind(param), expansion: newExpansion(param)}
	p.name = ""
	q := &querystringPlan{parameterPlan: p, fixed: fixed}
	switch baseMediaType(a.param.MediaType) {
	case "", "application/x-www-form-urlencoded":
		q.form = newFormEncoding(&MediaType{})
	}
	return q
}

// append appends the query to what is fixed of it.
func (q *querystringPlan) append(dst []byte, start int, values *tree.Node) ([]byte, error) {
	v := values.Get(q.argument)
	if v == nil || v.Is(tree.Null) {
		return dst, nil
	}
	if q.form != nil {
		return q.appendForm(dst, start, v)
	}
	if len(dst) > start {
		dst = append(dst, '&')
	}
	return q.parameterPlan.append(dst, values)
}

func (q *querystringPlan) appendForm(dst []byte, start int, v *tree.Node) ([]byte, error) {
	for _, m := range v.Members {
		if slices.Contains(q.fixed, escapeText(m.Key, newByteSet(unreserved))) {
			return dst, &argumentError{Argument: q.argument, Message: "must not have the member " + quoteShort(m.Key) + ", which the operation sets"}
		}
	}
	dst, err := q.form.append(dst, start, v)
	if err != nil {
		return dst, &argumentError{Argument: q.argument, Message: err.Error()}
	}
	return dst, nil
}
