package mcpmount

import (
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// maxAccept bounds how many media types an Accept header names.
const maxAccept = 8

// acceptOf returns the Accept header for op. OpenAPI has a parameter of this name
// ignored, and no argument sets it; but where the document gives such a parameter
// a value, that is what the API wants to see: the version of the API, for
// example. JSON is preferred to others.
func acceptOf(op *Operation) string {
	values, _ := typesOfHeader(op, "Accept")
	if i := slices.IndexFunc(values, isJSONMediaType); i >= 0 {
		return values[i]
	}
	if len(values) > 0 {
		return values[0]
	}
	return acceptHeader(op.Responses)
}

// bodilessType returns the Content-Type that the document requires even of a
// request without a body, or "".
func bodilessType(op *Operation) string {
	if values, required := typesOfHeader(op, "Content-Type"); required && len(values) > 0 {
		return values[0]
	}
	return ""
}

// typesOfHeader returns the media types that the document gives for a header
// parameter: its default, then its constants.
func typesOfHeader(op *Operation, name string) (values []string, required bool) {
	for i := range op.Parameters {
		p := &op.Parameters[i]
		if p.In != InHeader || !strings.EqualFold(p.Name, name) {
			continue
		}
		schema := p.Schema.root()
		given := []*tree.Node{schema.Get("default"), schema.Get("const")}
		if enum := schema.Get("enum"); enum != nil {
			given = append(given, enum.Items...)
		}
		for _, v := range given {
			if v.Is(tree.String) && isMediaType(v.Text) {
				values = append(values, strings.TrimSpace(v.Text))
			}
		}
		return values, p.Required
	}
	return nil, false
}

// acceptHeader returns the Accept header for an operation: the media types of
// its success responses, JSON before others, and then anything, because an error
// rarely has the type that the document says. RFC 9110 section 12.5.1 gives the
// order no meaning, so that the others get a weight.
func acceptHeader(responses []Response) string {
	json, others := successTypes(responses)
	if len(json) == 0 && len(others) == 0 {
		json = []string{"application/json"}
	}
	accept := slices.Clone(json)
	for _, t := range others {
		if len(json) > 0 {
			t += ";q=0.9"
		}
		accept = append(accept, t)
	}
	if len(accept) > maxAccept {
		accept = accept[:maxAccept]
	}
	return strings.Join(append(accept, "*/*;q=0.1"), ", ")
}

// successTypes returns the first media types of successful responses in the order of
// the document: those that are JSON, and those that are not.
func successTypes(responses []Response) (json, others []string) {
	for _, r := range successResponses(responses) {
		for _, mt := range r.Content {
			t := acceptType(mt.Type)
			list := &others
			if isJSONMediaType(t) {
				list = &json
			}
			if len(*list) < maxAccept && isMediaType(t) && t != "*/*" && !slices.Contains(*list, t) {
				*list = append(*list, t)
			}
		}
	}
	return json, others
}

// acceptType returns t without the parameter charset, which has no place in an
// Accept header: RFC 9110 section 12.5.2. Others, such as a version, stay.
func acceptType(t string) string {
	if strings.Contains(strings.ToLower(t), "charset") {
		return baseMediaType(t)
	}
	return strings.TrimSpace(t)
}
