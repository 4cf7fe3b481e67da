package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// registerForms has kin-openapi read forms with the decoders of this file. Its
// own refuse schemas without a type, alternatives, arrays of objects and styled
// parts, and drop arrays in deepObject. What is read is then validated by
// kin-openapi all the same.
var registerForms = sync.OnceFunc(func() {
	openapi3filter.RegisterBodyDecoder("application/x-www-form-urlencoded", decodeURLEncoded)
	openapi3filter.RegisterBodyDecoder("multipart/form-data", decodeMultipart)
	openapi3filter.RegisterBodyDecoder("*/*", openapi3filter.FileBodyDecoder)
})

func decodeURLEncoded(body io.Reader, _ http.Header, schema *openapi3.SchemaRef, encoding openapi3filter.EncodingFn) (any, error) {
	content, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	pairs, err := url.ParseQuery(string(content))
	if err != nil {
		return nil, err
	}
	fields := formFields{}
	for name, values := range pairs {
		for _, value := range values {
			fields[name] = append(fields[name], value)
		}
	}
	return fields.object(schema.Value, encoding), nil
}

func decodeMultipart(body io.Reader, header http.Header, schema *openapi3.SchemaRef, encoding openapi3filter.EncodingFn) (any, error) {
	_, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	fields := formFields{}
	for r := multipart.NewReader(body, params["boundary"]); ; {
		part, err := r.NextPart()
		if err == io.EOF {
			return fields.object(schema.Value, encoding), nil
		}
		if err != nil {
			return nil, err
		}
		value, err := decodePart(part, encoding(part.FormName()))
		if err != nil {
			return nil, fmt.Errorf("part %q: %w", part.FormName(), err)
		}
		fields[part.FormName()] = append(fields[part.FormName()], value)
	}
}

// decodePart returns the value of a part, whose media type must be one that its
// encoding allows.
func decodePart(part *multipart.Part, encoding *openapi3.Encoding) (any, error) {
	content, err := io.ReadAll(part)
	if err != nil {
		return nil, err
	}
	mediaType := part.Header.Get("Content-Type")
	if mediaType == "" {
		mediaType = "text/plain" // RFC 7578 section 4.4
	}
	mediaType, _, err = mime.ParseMediaType(mediaType)
	if err != nil {
		return nil, err
	}
	if !encoding.AllowsContentType(mediaType) {
		return nil, fmt.Errorf("media type %s, want %s", mediaType, encoding.ContentType)
	}
	if mediaType != "application/json" && !strings.HasSuffix(mediaType, "+json") {
		return string(content), nil
	}
	var v any
	err = json.Unmarshal(content, &v)
	return v, err
}

// formFields are the values of each field of a form: strings, or what was JSON.
type formFields map[string][]any

// object returns the object that a form with the given schema is.
func (f formFields) object(schema *openapi3.Schema, encoding openapi3filter.EncodingFn) map[string]any {
	object := map[string]any{}
	read := map[string]bool{}
	for name, property := range propertiesOf(schema, 0) {
		method := encoding(name).SerializationMethod()
		explicit := encoding(name) != nil && encoding(name).Style != ""
		if v := f.take(name, property, method, explicit, read); v != nil {
			object[name] = typed(v, property)
		}
	}
	for name, values := range f {
		if !read[name] {
			object[name] = typed(values, schema.AdditionalProperties.Schema)
		}
	}
	return object
}

// propertiesOf returns the properties of a schema and of its parts.
func propertiesOf(schema *openapi3.Schema, depth int) openapi3.Schemas {
	all := openapi3.Schemas{}
	if depth > maxInlined {
		return all
	}
	for name, property := range schema.Properties {
		all[name] = property
	}
	for _, parts := range []openapi3.SchemaRefs{schema.AllOf, schema.AnyOf, schema.OneOf} {
		for _, part := range parts {
			for name, property := range propertiesOf(part.Value, depth+1) {
				if all[name] == nil {
					all[name] = property
				}
			}
		}
	}
	return all
}

var bracketed = regexp.MustCompile(`\[([^\[\]]*)\]`)

// take returns the value of a property as it is spread over fields, without
// types, or nil.
func (f formFields) take(name string, property *openapi3.SchemaRef, method *openapi3.SerializationMethod, explicit bool, read map[string]bool) any {
	var nested any
	for _, field := range slices.Sorted(maps.Keys(f)) {
		if field != name && strings.HasPrefix(field, name+"[") {
			read[field] = true
			nested = insert(nested, bracketed.FindAllStringSubmatch(field[len(name):], -1), f[field])
		}
	}
	if nested != nil {
		return nested
	}
	if values := f[name]; len(values) > 0 {
		read[name] = true
		if text, ok := values[0].(string); ok && !method.Explode {
			return split(text, method.Style, isObject(property))
		}
		return values
	}
	if !explicit || !method.Explode || method.Style != openapi3.SerializationForm {
		return nil
	}
	members := map[string]any{}
	for key := range propertiesOf(property.Value, 0) {
		if values := f[key]; len(values) > 0 {
			read[key], members[key] = true, values
		}
	}
	if len(members) == 0 {
		return nil
	}
	return members
}

// insert puts values at a path of keys: "[a][0][]".
func insert(into any, path [][]string, values []any) any {
	if len(path) == 0 {
		return values
	}
	object, _ := into.(map[string]any)
	if object == nil {
		object = map[string]any{}
	}
	key := path[0][1]
	if key == "" && len(path) == 1 {
		for _, value := range values {
			object[strconv.Itoa(len(object))] = value
		}
		return object
	}
	object[key] = insert(object[key], path[1:], values)
	return object
}

// split returns the items of a list, or the members of an object, that are one
// text.
func split(text, style string, object bool) any {
	separator := map[string]string{openapi3.SerializationSpaceDelimited: " ", openapi3.SerializationPipeDelimited: "|"}[style]
	if separator == "" {
		separator = ","
	}
	items := strings.Split(text, separator)
	if object && len(items)%2 == 0 {
		members := map[string]any{}
		for i := 0; i < len(items); i += 2 {
			members[items[i]] = items[i+1]
		}
		return members
	}
	var list []any
	for _, item := range items {
		list = append(list, item)
	}
	return list
}

func isObject(s *openapi3.SchemaRef) bool { return s.Value.Type.Is("object") }

// typed returns v with its texts made what the schema says they are.
func typed(v any, ref *openapi3.SchemaRef) any {
	if ref == nil || ref.Value == nil {
		return single(v)
	}
	schema := ref.Value
	for _, parts := range []openapi3.SchemaRefs{schema.OneOf, schema.AnyOf} {
		for _, part := range parts {
			if candidate := typed(v, part); part.Value.VisitJSON(candidate) == nil {
				return candidate
			}
		}
	}
	if schema.Type == nil && len(schema.AllOf) > 0 {
		return typed(v, schema.AllOf[0])
	}
	switch {
	case schema.Type.Includes("array"):
		return typedItems(v, schema)
	case schema.Type.Includes("object") || len(schema.Properties) > 0:
		return typedMembers(v, schema)
	}
	return typedText(single(v), schema)
}

// single returns the only item of a list.
func single(v any) any {
	if list, ok := v.([]any); ok && len(list) == 1 {
		return list[0]
	}
	return v
}

func typedItems(v any, schema *openapi3.Schema) any {
	var items []any
	switch v := v.(type) {
	case []any:
		items = v
	case map[string]any:
		for i := range len(v) {
			item, ok := v[strconv.Itoa(i)]
			if !ok {
				return v
			}
			items = append(items, item)
		}
	default:
		items = []any{v}
	}
	list := make([]any, len(items))
	for i, item := range items {
		list[i] = typed(item, schema.Items)
	}
	return list
}

func typedMembers(v any, schema *openapi3.Schema) any {
	if text, ok := single(v).(string); ok { // JSON is what an object without a style is
		var object any
		if json.Unmarshal([]byte(text), &object) == nil {
			return object
		}
	}
	members, ok := single(v).(map[string]any)
	if !ok {
		return v
	}
	properties := propertiesOf(schema, 0)
	object := map[string]any{}
	for name, member := range members {
		property := properties[name]
		if property == nil {
			property = schema.AdditionalProperties.Schema
		}
		object[name] = typed(member, property)
	}
	return object
}

func typedText(v any, schema *openapi3.Schema) any {
	text, ok := v.(string)
	if !ok {
		return v
	}
	switch {
	case schema.Type.Includes("integer"), schema.Type.Includes("number"):
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	case schema.Type.Includes("boolean") && slices.Contains([]string{"true", "false"}, text):
		return text == "true"
	}
	return text
}
