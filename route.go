package mcpmount

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// None stands for a handler that takes nothing, and for an answer without a body: see
// [Route].
type None struct{}

// Route describes a route of an app that has no document, from the Go types that
// its handler uses already. What else there is to say is a field of the
// Operation: its Summary and Description are what a model reads.
//
//	doc := &mcpmount.Document{
//		Info: mcpmount.Info{Title: "Shop"},
//		Operations: []mcpmount.Operation{
//			mcpmount.Route[CreateItem, Item]("POST", "/items"),
//			mcpmount.Route[GetItem, Item]("GET", "/items/:id"),
//			mcpmount.Route[mcpmount.None, mcpmount.None]("DELETE", "/items/:id"),
//		},
//	}
//
// The path is in the spelling of any router: "/items/:id", "/items/{id}",
// "/items/{id:[0-9]+}", "/items/:id<int>", "/files/*path", "/files/{path...}".
// A parameter that In does not describe is a string.
//
// In is a struct, or a pointer to one. A field goes where its tag says: "uri",
// "param", "params" and "path" name a parameter of the path, "header" and
// "reqHeader" a header, "cookie" a cookie, "query" a parameter of the query and
// "json" a property of the body. "form" is a field of a form; it is the query of
// a method without a body (GET, HEAD, OPTIONS, TRACE, and DELETE), and of a body
// that is JSON. A field with several tags goes to the first of path, header,
// cookie and body that there is; where there is no body, the query takes it. A
// field of type [mime/multipart.FileHeader] makes the body multipart/form-data. Any
// other In is the body as a whole: []byte is sent as bytes, a string as text, the
// rest as JSON.
//
// Out is what the handler answers as JSON, where it succeeds; a string is text,
// and []byte is bytes.
//
// Names, embedded structs, types with methods of their own and what is left out are
// those of [encoding/json]. The tags "validate" and "binding" say what is required
// and within which limits; "description" (or "doc"), "format", "enum" (or
// "enums"), "default" and "example" add to that. If the types or the path cannot be
// described, Operation.Fault says why, and [New] returns it as an error.
func Route[In, Out any](method, path string) Operation {
	return newRoute(method, path, reflect.TypeFor[In](), reflect.TypeFor[Out]())
}

func newRoute(method, path string, in, out reflect.Type) Operation {
	op := Operation{Method: canonicalMethod(method), Path: path}
	at, err := parseRoutePath(path)
	if err == nil && !isToken(method) {
		err = fmt.Errorf("%q is not an HTTP method", method)
	}
	if err != nil {
		op.Fault = fmt.Sprintf("route %s %s: %v", method, path, err)
		return op
	}
	op.Path = at.template
	op.Pointer = "/paths/" + tree.EscapePointer(op.Path) + "/" + strings.ToLower(op.Method)
	r := routeReader{types: newTypeReader(false), op: &op, path: at}
	r.input(in)
	faults := append(r.types.faults, describeOutput(&op, in, out)...)
	if len(faults) > 0 {
		op.Fault = fmt.Sprintf("route %s %s: %s", op.Method, op.Path, strings.Join(faults, "; "))
	}
	return op
}

// describeOutput adds to op the response that out describes, unless only the path of the
// route is known.
func describeOutput(op *Operation, in, out reflect.Type) (faults []string) {
	response := Response{Status: "2XX"}
	switch written := newTypeReader(true); {
	case isNone(out) && isNone(in):
		return nil
	case isNone(out):
	case out.Kind() == reflect.String && written.known(out) == nil:
		response.Content = []MediaType{{Type: "text/plain", Schema: written.schema(typeNode("string", ""))}}
	case isBytes(out) && written.known(out) == nil:
		response.Content = []MediaType{{Type: "application/octet-stream"}}
	default:
		root := written.root(out)
		response.Content = []MediaType{{Type: "application/json", Schema: written.schema(root)}}
		faults = written.faults
	}
	op.Responses = []Response{response}
	return faults
}

// isNone reports whether t is a struct without fields, such as [None].
func isNone(t reflect.Type) bool {
	t = pointee(t)
	return t.Kind() == reflect.Struct && t.NumField() == 0
}

// hasBody reports whether requests with the method have a body.
func hasBody(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return false
	}
	return true
}

// A routeReader describes what a route takes.
type routeReader struct {
	types *typeReader
	op    *Operation
	path  routePath
	json  bool // whether the body is JSON
}

// input adds the parameters and the body of the route.
func (r *routeReader) input(in reflect.Type) {
	t := pointee(in)
	var fields []structField
	switch {
	case isNone(t):
	case t.Kind() == reflect.Struct && r.types.known(t) == nil:
		r.json = r.takesJSON(t)
		fields = structFields(t, r.place)
	case hasBody(r.op.Method):
		r.wholeBody(t)
	default:
		r.types.fault(in.String(), "%s has no body; what it takes must be a struct, or None", r.op.Method)
	}
	r.pathParameters(fields, t)
	var body []structField
	for _, f := range fields {
		switch f.in {
		case "":
			body = append(body, f)
		case InQuery, InHeader, InCookie:
			r.op.Parameters = append(r.op.Parameters, r.parameter(f, t))
		}
	}
	if len(body) > 0 {
		r.body(body, t)
	}
}

// pathParameters adds the parameters of the path, in its order.
func (r *routeReader) pathParameters(fields []structField, t reflect.Type) {
	for _, p := range r.path.params {
		parameter := Parameter{Name: p.name, In: InPath, Required: true, MultiSegment: p.rest}
		i := slices.IndexFunc(fields, func(f structField) bool { return f.in == InPath && f.name == p.name })
		if i >= 0 {
			described := r.parameter(fields[i], t)
			parameter.Schema, parameter.Description = described.Schema, described.Description
		} else {
			parameter.Schema = r.types.schema(p.schema())
		}
		r.op.Parameters = append(r.op.Parameters, parameter)
	}
	for _, f := range fields {
		if f.in == InPath && !slices.ContainsFunc(r.path.params, func(p routeParam) bool { return p.name == f.name }) {
			r.types.fault(t.String()+"."+f.Name, "the path has no parameter %q; name one of its parameters, or drop the tag", f.name)
		}
	}
}

// schema returns what the path alone says about a parameter.
func (p routeParam) schema() *tree.Node {
	switch p.kind {
	case "int":
		return typeNode("integer", "")
	case "float":
		return typeNode("number", "")
	case "bool":
		return typeNode("boolean", "")
	case "guid":
		return typeNode("string", "uuid")
	}
	n := typeNode("string", "")
	if p.pattern != "" {
		n = n.With("pattern", tree.NewString("^(?:"+p.pattern+")$"))
	}
	return n
}
