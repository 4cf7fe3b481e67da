package mcpmount

import (
	"mime/multipart"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// The tags that name a parameter, by its place. The first one wins.
var (
	pathTags   = []string{"uri", "param", "params", "path"}
	headerTags = []string{"header", "reqHeader"}
	cookieTags = []string{"cookie"}
	queryTags  = []string{"query"}
	formTags   = []string{"form"}
	jsonTags   = []string{"json"}
)

// taggedName returns the name that the first of tags gives to a field.
func taggedName(sf reflect.StructField, tags []string) (name, options string) {
	for _, tag := range tags {
		name, options, _ = strings.Cut(sf.Tag.Get(tag), ",")
		if name != "" && name != "-" {
			return name, options
		}
	}
	return "", ""
}

// place says what a field of the input of a route is called, and where it goes.
func (r *routeReader) place(sf reflect.StructField) fieldName {
	t := pointee(sf.Type)
	if !sf.IsExported() && (!sf.Anonymous || t.Kind() != reflect.Struct) {
		return fieldName{skip: true}
	}
	in := func(place string, tags []string) (fieldName, bool) {
		name, options := taggedName(sf, tags)
		return fieldName{in: place, name: name, options: options, tagged: true}, name != ""
	}
	inPath, ok := in(InPath, pathTags)
	if ok && slices.ContainsFunc(r.path.params, func(p routeParam) bool { return p.name == inPath.name }) {
		return inPath
	}
	if name, ok := in(InHeader, headerTags); ok {
		return name
	}
	if name, ok := in(InCookie, cookieTags); ok {
		return name
	}
	if name, ok := r.placeInBody(sf); ok {
		return name
	}
	order := [][]string{queryTags, formTags, jsonTags}
	if hasBody(r.op.Method) {
		order = order[:2]
	}
	for _, tags := range order {
		if name, ok := in(InQuery, tags); ok {
			return name
		}
	}
	return r.placeUntagged(sf, inPath)
}

// placeInBody says what a field is called in the body, if a tag puts it there.
func (r *routeReader) placeInBody(sf reflect.StructField) (fieldName, bool) {
	if !hasBody(r.op.Method) {
		return fieldName{}, false
	}
	if r.json {
		n := jsonName(sf)
		return n, n.tagged
	}
	name, options := taggedName(sf, append(slices.Clone(formTags), jsonTags...))
	return fieldName{name: name, options: options, tagged: true}, name != "" && r.op.Method != http.MethodDelete
}

// placeUntagged places a field that no tag places: the fields of a struct stand
// for themselves where encoding/json or a query has it so.
func (r *routeReader) placeUntagged(sf reflect.StructField, inPath fieldName) fieldName {
	t := pointee(sf.Type)
	excluded := sf.Tag.Get("json") == "-" || sf.Tag.Get("form") == "-" || sf.Tag.Get("query") == "-"
	plain := t.Kind() == reflect.Struct && r.types.known(t) == nil && !isFileHeader(t)
	body := hasBody(r.op.Method) && (r.json || r.op.Method != http.MethodDelete)
	switch {
	case plain && !excluded && (sf.Anonymous || !body):
		return fieldName{descend: true}
	case inPath.name != "":
		return inPath // which is a fault
	case excluded, !sf.IsExported():
		return fieldName{skip: true}
	case body:
		return fieldName{name: sf.Name}
	}
	return fieldName{in: InQuery, name: sf.Name}
}

// takesJSON reports whether the body of the struct t is JSON: it has a field with
// a json tag, or none with a form tag, and no file.
func (r *routeReader) takesJSON(t reflect.Type) bool {
	json, form, file := false, false, false
	structFields(t, func(sf reflect.StructField) fieldName {
		n := jsonName(sf)
		if name, _ := taggedName(sf, formTags); name != "" {
			form = true
		}
		json = json || n.tagged
		file = file || isFileHeader(sf.Type)
		return fieldName{skip: !n.descend, descend: n.descend}
	})
	return !file && (json || !form)
}

// isFileHeader reports whether t is an uploaded file, or a list of them.
func isFileHeader(t reflect.Type) bool {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return pointee(t) == reflect.TypeFor[multipart.FileHeader]()
}

// parameter describes a field that is a parameter.
func (r *routeReader) parameter(f structField, owner reflect.Type) Parameter {
	n := r.parameterSchema(f, owner.String()+"."+f.Name)
	p := Parameter{
		Name:        f.name,
		In:          f.in,
		Description: n.Get("description").Str(),
		Required:    isRequired(f.Tag),
	}
	n = n.Without("description")
	p.Style, p.Explode = parameterStyle(f, n)
	p.Schema = r.types.schema(n)
	return p
}

func (r *routeReader) parameterSchema(f structField, at string) *tree.Node {
	t := pointee(f.Type)
	var n *tree.Node
	switch layout := f.Tag.Get("time_format"); {
	case t == reflect.TypeFor[time.Duration]():
		n = tree.NewObject(tree.Member{Key: "type", Value: tree.NewArray(tree.NewString("string"), tree.NewString("integer"))})
	case t == reflect.TypeFor[time.Time]() && strings.HasPrefix(strings.ToLower(layout), "unix"):
		n = typeNode("integer", "")
	case t == reflect.TypeFor[time.Time]() && layout == time.DateOnly:
		n = typeNode("string", "date")
	case t == reflect.TypeFor[time.Time]() && layout != "" && layout != time.RFC3339:
		n = typeNode("string", "").With("description", tree.NewString("a time such as "+layout))
	case isBytes(t):
		n = typeNode("string", "")
	default:
		n = r.types.value(f.Type, at)
	}
	return r.types.annotate(n, f, at, false)
}

// parameterStyle returns how a list or an object is written, "" for the default.
func parameterStyle(f structField, n *tree.Node) (style string, explode bool) {
	if f.in != InQuery {
		return "", false
	}
	if hasKeyword(n, "$ref") || allowsType(n, "object") {
		return "deepObject", true
	}
	switch f.Tag.Get("collection_format") { // of gin
	case "csv":
		return "form", false
	case "ssv":
		return "spaceDelimited", false
	case "tsv":
		return "tabDelimited", false
	case "pipes":
		return "pipeDelimited", false
	}
	return "", false
}

// wholeBody makes values of type t the body.
func (r *routeReader) wholeBody(t reflect.Type) {
	m := MediaType{Type: "application/json"}
	switch known := r.types.known(t); {
	case known == nil && isBytes(t):
		m.Type = "application/octet-stream"
	case known == nil && t.Kind() == reflect.String:
		m.Type, m.Schema = "text/plain", r.types.schema(typeNode("string", ""))
	default:
		root := r.types.root(t)
		m.Schema = r.types.schema(root)
	}
	r.op.RequestBody = &RequestBody{Required: true, Content: []MediaType{m}}
}

// body makes fields of the struct t the body.
func (r *routeReader) body(fields []structField, t reflect.Type) {
	m := MediaType{Type: "application/x-www-form-urlencoded"}
	if r.json {
		m.Type = "application/json"
	}
	root := r.types.object(fields, func(f structField) (*tree.Node, bool) {
		switch {
		case !isFileHeader(f.Type):
			return r.types.field(f, t.String()), false
		case f.Type.Kind() == reflect.Slice:
			m.Type = "multipart/form-data"
			return r.types.annotate(arrayOf(typeNode("string", "binary")), f, t.String(), true), false
		}
		m.Type = "multipart/form-data"
		return r.types.annotate(typeNode("string", "binary"), f, t.String(), true), false
	})
	m.Schema = r.types.schema(root)
	r.op.RequestBody = &RequestBody{Required: true, Content: []MediaType{m}}
}
