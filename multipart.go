package mcpmount

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A multipartEncoder writes an object as multipart/form-data (RFC 7578): a part
// for each member, in their order. For the other multipart types, which have no
// names, OpenAPI 3.2 has an array be the parts; an object gets named parts there
// too.
type multipartEncoder struct {
	contentType string // without a boundary
	*formEncoding
	item formField // of an array that is the parts
}

func newMultipartEncoder(mt *MediaType) *multipartEncoder {
	e := &multipartEncoder{
		contentType:  withoutBoundary(concreteType(strings.TrimSpace(mt.Type), "multipart/form-data")),
		formEncoding: newFormEncoding(mt),
	}
	switch {
	case !mt.ItemSchema.IsZero():
		source := mt.ItemSchema.source
		e.item.file = fileIn(source, source.Root()) != nil
	case !mt.Schema.IsZero():
		e.item.file = fileIn(mt.Schema.source, mt.Schema.root().Get("items")) != nil
	}
	return e
}

// withoutBoundary drops a boundary that a document has written: each body has
// its own.
func withoutBoundary(t string) string {
	base, params, err := mime.ParseMediaType(t)
	if err != nil || params["boundary"] == "" {
		return t
	}
	delete(params, "boundary")
	return mime.FormatMediaType(base, params)
}

// A part is one part of a multipart body.
type part struct {
	name        string // "" for none
	filename    string // "" for none
	contentType string // "" for the default, text/plain
	content     []byte
}

func (e *multipartEncoder) encode(v *tree.Node) ([]byte, string, error) {
	parts, err := e.parts(v)
	if err != nil {
		return nil, "", err
	}
	return e.assemble(parts)
}

func (e *multipartEncoder) parts(v *tree.Node) (parts []part, err error) {
	switch v.Kind {
	case tree.Object:
		if err := e.checkSpread(v); err != nil {
			return nil, err
		}
		for _, m := range v.Members {
			if parts, err = e.appendParts(parts, e.fields[m.Key], m); err != nil {
				return nil, &propertyError{m.Key, err}
			}
		}
		return parts, nil
	case tree.Array:
		return e.appendItems(nil, e.item, "", v.Items)
	}
	return nil, errors.New("must be an object: its members are the parts of the body")
}

// appendParts appends the parts of one member. Each item of an array is a part
// of its own (RFC 7578 section 4.3). A member that is null has none.
func (e *multipartEncoder) appendParts(parts []part, field formField, m tree.Member) ([]part, error) {
	if err := checkPartName(m.Key); err != nil {
		return nil, err
	}
	switch {
	case field.style != nil && !field.file:
		return appendStyledParts(parts, field.style, m.Value)
	case m.Value.Is(tree.Array):
		return e.appendItems(parts, field, m.Key, m.Value.Items)
	}
	return e.appendItems(parts, field, m.Key, []*tree.Node{m.Value})
}

func (e *multipartEncoder) appendItems(parts []part, field formField, name string, items []*tree.Node) ([]part, error) {
	for _, item := range items {
		if item.Is(tree.Null) {
			continue
		}
		p, err := newPart(field, item)
		if err != nil {
			return nil, err
		}
		p.name = name
		if field.file && p.filename == "" {
			p.filename = name // what makes a part a file to a server
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// newPart returns the part for one value. The defaults are those of OpenAPI 3.2,
// "Encoding Object".
func newPart(field formField, v *tree.Node) (part, error) {
	nested := v.Is(tree.Array) || v.Is(tree.Object)
	switch {
	case field.file:
		return newFilePart(field, v)
	case isJSONMediaType(field.contentType):
		return part{contentType: field.contentType, content: v.JSON()}, nil
	case nested && field.contentType == "":
		return part{contentType: "application/json", content: v.JSON()}, nil
	case nested:
		return part{}, fmt.Errorf("must be a string with the text of the part (%s)", baseMediaType(field.contentType))
	}
	return part{contentType: field.contentType, content: []byte(v.Text)}, nil
}

func newFilePart(field formField, v *tree.Node) (part, error) {
	f, err := newFileValue(v)
	if err != nil {
		return part{}, err
	}
	p := part{filename: f.name, contentType: f.contentType, content: f.content}
	if p.contentType == "" {
		p.contentType = field.contentType
	}
	if p.contentType == "" {
		p.contentType = octetStream
	}
	return p, nil
}

// appendStyledParts appends the parts for a member that has a style. They are
// the pairs of a query with nothing escaped: OpenAPI 3.2, appendix C.
func appendStyledParts(parts []part, style *expansion, v *tree.Node) ([]part, error) {
	pairs, err := style.append(nil, v)
	if err != nil || len(pairs) == 0 {
		return parts, err
	}
	for pair := range strings.SplitSeq(string(pairs), "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err1 := url.PathUnescape(name)
		value, err2 := url.PathUnescape(value)
		if err := errors.Join(err1, err2, checkPartName(name)); err != nil {
			return nil, err
		}
		parts = append(parts, part{name: name, content: []byte(value)})
	}
	return parts, nil
}

// checkPartName refuses a name that cannot be in the header of a part.
func checkPartName(name string) error {
	for i := range len(name) {
		if name[i] < ' ' || name[i] == 0x7f {
			return errors.New("must not have line breaks or other control characters in its name")
		}
	}
	return nil
}

// assemble returns the body of parts under a boundary that nobody can guess.
func (e *multipartEncoder) assemble(parts []part) ([]byte, string, error) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, p := range parts {
		pw, err := w.CreatePart(p.header())
		if err != nil {
			return nil, "", err
		}
		if _, err := pw.Write(p.content); err != nil {
			return nil, "", err
		}
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return body.Bytes(), e.contentType + "; boundary=" + w.Boundary(), nil
}

func (p *part) header() textproto.MIMEHeader {
	h := make(textproto.MIMEHeader, 2)
	if p.name != "" {
		disposition := "form-data; name=" + quoteParameter(p.name)
		if p.filename != "" {
			disposition += "; filename=" + quoteParameter(p.filename)
		}
		h.Set("Content-Disposition", disposition)
	}
	if p.contentType != "" {
		h.Set("Content-Type", p.contentType)
	}
	return h
}

// quoteParameter returns s as a quoted-string: RFC 9110 section 5.6.4. Text
// outside of ASCII stays UTF-8: RFC 7578 section 5.1.
func quoteParameter(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
