package main

import (
	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
)

// convertSwagger returns a Swagger 2.0 document of one operation as OpenAPI 3,
// with what openapi2conv gets wrong repaired.
func convertSwagger(old *openapi2.T) (*openapi3.T, error) {
	doc, err := openapi2conv.ToV3(old)
	if err != nil {
		return nil, err
	}
	for path, item := range old.Paths {
		for method, op := range item.Operations() {
			repair(op, doc.Paths.Value(path).GetOperation(method))
		}
	}
	return doc, nil
}

// repair gives op, which was converted from old, the array formats that it
// lost: csv is the default of Swagger 2.0 ("Parameter Object",
// collectionFormat), and form fields have formats too.
func repair(old *openapi2.Operation, op *openapi3.Operation) {
	for _, p := range old.Parameters {
		if !p.Type.Is("array") {
			continue
		}
		style, explode := arrayStyle(p.CollectionFormat)
		switch p.In {
		case "query":
			converted := op.Parameters.GetByInAndName(p.In, p.Name)
			converted.Style, converted.Explode = style, &explode
		case "formData":
			for _, media := range op.RequestBody.Value.Content {
				if media.Encoding == nil {
					media.Encoding = map[string]*openapi3.Encoding{}
				}
				media.Encoding[p.Name] = &openapi3.Encoding{Style: style, Explode: &explode}
			}
		}
	}
}

func arrayStyle(collectionFormat string) (style string, explode bool) {
	switch collectionFormat {
	case "multi":
		return openapi3.SerializationForm, true
	case "ssv":
		return openapi3.SerializationSpaceDelimited, false
	case "pipes":
		return openapi3.SerializationPipeDelimited, false
	}
	return openapi3.SerializationForm, false
}
