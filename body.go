package mcpmount

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A bodyKind is how a value becomes the content of a body.
type bodyKind uint8

// The kinds of bodies. A smaller one is preferred.
const (
	bodyJSON      bodyKind = iota // any value as JSON
	bodyMultipart                 // an object as multipart/form-data
	bodyForm                      // an object as application/x-www-form-urlencoded
	bodyLines                     // an array as one JSON text for each item
	bodyText                      // a string as it is
	bodyXML                       // a string as it is; no rule makes XML of other values
	bodyParts                     // an object or array as another multipart type
	bodyFile                      // a file
)

// hasProperties reports whether properties of an object can become a body.
func (k bodyKind) hasProperties() bool {
	return k == bodyJSON || k == bodyMultipart || k == bodyForm || k == bodyParts
}

// kindOf returns the kind of body that mt is sent as. A range that covers JSON
// is sent as JSON, unless its schema is that of a file.
func kindOf(mt *MediaType) bodyKind {
	switch base := baseMediaType(mt.Type); base {
	case "*/*", "application/*":
		if !mt.Schema.IsZero() && fileIn(mt.Schema.source, mt.Schema.source.Root()) != nil {
			return bodyFile
		}
		return bodyJSON
	case "multipart/form-data", "multipart/*":
		return bodyMultipart
	default:
		return bodyKindOf(mediaKindOf(base))
	}
}

func bodyKindOf(kind mediaKind) bodyKind {
	switch kind {
	case kindJSON:
		return bodyJSON
	case kindForm:
		return bodyForm
	case kindLines, kindSequence:
		return bodyLines
	case kindXML:
		return bodyXML
	case kindText, kindYAML, kindEvents:
		return bodyText
	case kindMultipart:
		return bodyParts
	}
	return bodyFile
}

// chooseBody returns the media type that the tool will send: JSON before a form,
// and a form before what carries text or bytes; among forms, multipart if there
// is a file to carry. One that has a schema is preferred to one that has none, and
// any JSON to a JSON Patch that is no array.
// Ties go to the first in the document. It returns nil if there is no type that
// can be sent.
func chooseBody(b *RequestBody) *MediaType {
	if b == nil {
		return nil
	}
	var best *MediaType
	var bestRank [3]int
	for i := range b.Content {
		mt := &b.Content[i]
		if !isMediaType(mt.Type) {
			continue
		}
		if rank := rankBody(mt); best == nil || compareRanks(rank, bestRank) < 0 {
			best, bestRank = mt, rank
		}
	}
	return best
}

// rankBody returns what chooseBody compares, the most important first.
func rankBody(mt *MediaType) [3]int {
	var rank [3]int
	if mt.Schema.IsZero() && mt.ItemSchema.IsZero() {
		rank[0] = 1
	}
	kind := kindOf(mt)
	rank[1] = int(kind)
	if kind == bodyMultipart && !newFormEncoding(mt).hasFile() {
		rank[1] = int(bodyForm)
		rank[2] = 1
	}
	if kind == bodyJSON {
		switch base := baseMediaType(mt.Type); {
		case base == "application/json-patch+json" && !slices.Contains(types(mt.Schema.root()), "array"):
			rank[2] = 3 // what the schema describes is no list of operations: RFC 6902 section 3
		case strings.HasSuffix(base, "*"):
			rank[2] = 2
		case base != "application/json":
			rank[2] = 1
		}
	}
	return rank
}

func compareRanks(a, b [3]int) int {
	for i := range a {
		if a[i] != b[i] {
			return a[i] - b[i]
		}
	}
	return 0
}

// A bodyPlan makes the body of a request from its arguments.
type bodyPlan struct {
	whole      string     // the argument that is the whole body, or ""
	properties []argument // otherwise, the arguments that are its properties
	required   bool
	kind       bodyKind
	encoder    bodyEncoder
}

// A bodyEncoder returns the content of a body and its Content-Type. An error is
// a predicate of the value, or a *propertyError.
type bodyEncoder interface {
	encode(v *tree.Node) (content []byte, contentType string, err error)
}

// A propertyError says what is wrong with one property of a body.
type propertyError struct {
	property string
	err      error
}

func (e *propertyError) Error() string {
	return "property " + quoteShort(e.property) + " " + e.err.Error()
}

// newBodyPlan returns nil if there is nothing to send.
func newBodyPlan(b *RequestBody, args []argument, mt *MediaType) (*bodyPlan, error) {
	p := &bodyPlan{required: b != nil && b.Required}
	for _, a := range args {
		switch a.place {
		case placeBody:
			if p.whole != "" {
				return nil, fmt.Errorf("arguments %q and %q are both the whole body", p.whole, a.name)
			}
			p.whole = a.name
		case placeProperty:
			p.properties = append(p.properties, a)
		}
	}
	switch {
	case mt == nil && p.whole == "" && len(p.properties) == 0:
		return nil, nil
	case mt == nil:
		return nil, errors.New("there are arguments for a body, and no media type to send it in")
	case !isMediaType(mt.Type):
		return nil, fmt.Errorf("%q is not a media type", mt.Type)
	case p.whole != "" && len(p.properties) > 0:
		return nil, fmt.Errorf("argument %q is the whole body, and %q is one of its properties", p.whole, p.properties[0].name)
	}
	p.kind = kindOf(mt)
	if len(p.properties) > 0 && !p.kind.hasProperties() {
		return nil, fmt.Errorf("argument %q is a property of the body, and %s has none", p.properties[0].name, mt.Type)
	}
	p.encoder = newBodyEncoder(p.kind, mt)
	return p, nil
}

func newBodyEncoder(kind bodyKind, mt *MediaType) bodyEncoder {
	contentType := strings.TrimSpace(mt.Type)
	switch kind {
	case bodyMultipart, bodyParts:
		return newMultipartEncoder(mt)
	case bodyForm:
		return &formEncoder{contentType, newFormEncoding(mt)}
	case bodyLines:
		return linesEncoder{contentType}
	case bodyText, bodyXML:
		return textEncoder{concreteType(contentType, "text/plain")}
	case bodyFile:
		return fileEncoder{contentType}
	}
	return jsonEncoder{concreteType(contentType, "application/json")}
}

// concreteType returns t, or other if t is a range.
func concreteType(t, other string) string {
	if strings.Contains(t, "*") {
		return other
	}
	return t
}

// encode returns the content of the body and its Content-Type, which is "" if
// no body is sent.
func (p *bodyPlan) encode(values *tree.Node) ([]byte, string, error) {
	v := p.value(values)
	if v == nil {
		if p.whole != "" && p.required {
			return nil, "", &argumentError{Argument: p.whole, Message: "is the body: it must be given"}
		}
		return nil, "", nil
	}
	content, contentType, err := p.encoder.encode(v)
	if err != nil {
		return nil, "", p.blame(err)
	}
	return content, contentType, nil
}

// value returns the value of the body, or nil if there is none to send. Only
// JSON can say null.
func (p *bodyPlan) value(values *tree.Node) *tree.Node {
	if p.whole != "" {
		v := values.Get(p.whole)
		if v.Is(tree.Null) && p.kind != bodyJSON {
			return nil
		}
		return v
	}
	members := make([]tree.Member, 0, len(p.properties))
	for i := range p.properties {
		if v := values.Get(p.properties[i].name); v != nil {
			members = append(members, tree.Member{Key: p.properties[i].property, Value: v})
		}
	}
	if len(members) == 0 && !(p.required && p.kind.hasProperties()) {
		return nil
	}
	return tree.NewObject(members...)
}

// blame returns err as an *argumentError.
func (p *bodyPlan) blame(err error) error {
	var inProperty *propertyError
	if errors.As(err, &inProperty) {
		for _, a := range p.properties {
			if a.property == inProperty.property {
				return &argumentError{Argument: a.name, Message: inProperty.err.Error()}
			}
		}
	}
	if p.whole != "" {
		return &argumentError{Argument: p.whole, Message: err.Error()}
	}
	return &argumentError{Message: "the body " + err.Error()}
}

// A jsonEncoder writes any value as JSON.
type jsonEncoder struct{ contentType string }

func (e jsonEncoder) encode(v *tree.Node) ([]byte, string, error) {
	return v.AppendJSON(make([]byte, 0, 256)), e.contentType, nil
}

// A textEncoder writes a string as it is. YAML takes any value, because JSON is
// YAML.
type textEncoder struct{ contentType string }

func (e textEncoder) encode(v *tree.Node) ([]byte, string, error) {
	base := baseMediaType(e.contentType)
	if (v.Kind == tree.Array || v.Kind == tree.Object) && mediaKindOf(base) != kindYAML {
		return nil, "", fmt.Errorf("must be a string with the whole text of the body (%s)", base)
	}
	content := []byte(valueText(v))
	if !isUTF8(e.contentType) && bytes.ContainsFunc(content, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return nil, "", fmt.Errorf("must be ASCII: the body is sent as %s", e.contentType)
	}
	return content, e.contentType, nil
}

// A linesEncoder writes the items of an array as JSON texts that each end a
// line. A string is sent as it is: it is a sequence already.
type linesEncoder struct{ contentType string }

func (e linesEncoder) encode(v *tree.Node) ([]byte, string, error) {
	items := []*tree.Node{v}
	switch v.Kind {
	case tree.String:
		return []byte(v.Text), e.contentType, nil
	case tree.Array:
		items = v.Items
	}
	sequence := mediaKindOf(baseMediaType(e.contentType)) == kindSequence
	var content []byte
	for _, item := range items {
		if sequence {
			content = append(content, 0x1e) // RFC 7464 section 2.2
		}
		content = append(item.AppendJSON(content), '\n')
	}
	return content, e.contentType, nil
}
