package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/mcpmount/mcpmount"
)

// A judge says whether a request is one that an operation of a document takes.
// It is kin-openapi; the library has no part in it. Each operation is a
// document of its own, with what concerns requests and nothing else, so that a
// mistake anywhere costs no other verdict.
type judge struct {
	route    *routers.Route
	template *regexp.Regexp
	names    []string              // of the path parameters
	lists    []*openapi3.Parameter // lists in deepObject
}

// newJudge returns the judge of an operation. An error says why there is none.
func newJudge(b *bundle, described *mcpmount.Operation) (j *judge, err error) {
	defer func() {
		if r := recover(); r != nil {
			j, err = nil, fmt.Errorf("kin-openapi panics: %v", r)
		}
	}()
	method, path := described.Method, pathKey(described)
	op, err := b.operation(method, path)
	if err != nil {
		return nil, err
	}
	registerForms()
	doc, err := op.load()
	if err != nil {
		return nil, err
	}
	item := doc.Paths.Value(path)
	operation := item.GetOperation(method)
	if operation == nil {
		return nil, errors.New("kin-openapi does not find the operation")
	}
	j = &judge{route: &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: operation}}
	j.takeDeepLists()
	return j, j.compile(op.base + "/" + strings.TrimPrefix(path, "/"))
}

// pathKey returns the key that an operation has among the paths of its document,
// which may have a fragment to tell it from others.
func pathKey(op *mcpmount.Operation) string {
	tokens := strings.Split(op.Pointer, "/")
	if len(tokens) < 3 || tokens[1] != "paths" {
		return op.Path
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(tokens[2])
}

// load reads the document of the operation with kin-openapi.
func (op *operation) load() (*openapi3.T, error) {
	op.unlock()
	data, err := json.Marshal(op.document)
	if err != nil {
		return nil, err
	}
	if op.document["swagger"] == nil {
		loader := openapi3.NewLoader()
		return loader.LoadFromData(data)
	}
	var old openapi2.T
	if err := json.Unmarshal(data, &old); err != nil {
		return nil, err
	}
	return convertSwagger(&old)
}

// unlock makes properties writable that the document contradicts itself about.
func (op *operation) unlock() {
	u := &unlocker{prefix: "#/components/schemas/"}
	components, _ := op.document["components"].(map[string]any)
	u.schemas, _ = components["schemas"].(map[string]any)
	if definitions, ok := op.document["definitions"].(map[string]any); ok {
		u.prefix, u.schemas = "#/definitions/", definitions
	}
	u.walk(op.document)
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// compile makes a pattern of the path, with the base path before it.
func (j *judge) compile(path string) error {
	path, _, _ = strings.Cut(path, "#")
	path, _, _ = strings.Cut(path, "?")
	var pattern strings.Builder
	end := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(path, -1) {
		pattern.WriteString(literal(path[end:m[0]]) + "([^/]+)")
		j.names = append(j.names, j.parameterName(path[m[2]:m[3]]))
		end = m[1]
	}
	pattern.WriteString(literal(path[end:]))
	var err error
	j.template, err = regexp.Compile("^" + pattern.String() + "$")
	return err
}

// parameterName returns the name of the parameter of a placeholder, which
// routers and RFC 6570 adorn: {proxy+}, {.id*}.
func (j *judge) parameterName(placeholder string) string {
	if j.route.Operation.Parameters.GetByInAndName("path", placeholder) == nil {
		return strings.TrimLeft(strings.TrimRight(placeholder, "+*?"), ".;")
	}
	return placeholder
}

// literal returns the pattern of what a template has outside of placeholders, as
// a URL has it.
func literal(s string) string { return regexp.QuoteMeta((&url.URL{Path: "/" + s}).EscapedPath()[1:]) }

// takeDeepLists takes the query parameters that are lists in the style
// deepObject away from kin-openapi, which refuses them unread. OpenAPI does not
// define them; what Stripe and others mean is name[]=value and
// name[0][key]=value, which is how forms are read here.
func (j *judge) takeDeepLists() {
	op := j.route.Operation
	op.Parameters = slices.DeleteFunc(op.Parameters, func(ref *openapi3.ParameterRef) bool {
		p := ref.Value
		deep := p.In == "query" && p.Style == "deepObject" && p.Schema != nil && p.Schema.Value.Type.Is("array")
		if deep {
			j.lists = append(j.lists, p)
		}
		return deep
	})
}

// checkDeepLists validates the parameters that kin-openapi does not read.
func (j *judge) checkDeepLists(query url.Values) error {
	fields := formFields{}
	for name, values := range query {
		for _, value := range values {
			fields[name] = append(fields[name], value)
		}
	}
	for _, p := range j.lists {
		method := &openapi3.SerializationMethod{Style: p.Style, Explode: true}
		v := fields.take(p.Name, p.Schema, method, true, map[string]bool{})
		if v == nil && p.Required {
			return fmt.Errorf("parameter %q is missing", p.Name)
		}
		if v == nil {
			continue
		}
		if err := p.Schema.Value.VisitJSON(typed(v, p.Schema)); err != nil {
			return fmt.Errorf("parameter %q: %w", p.Name, err)
		}
	}
	return nil
}

// check returns nil if r is a valid request of the operation.
func (j *judge) check(r *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = unjudged{fmt.Errorf("kin-openapi panics: %v", p)}
		}
	}()
	if r.Method != j.route.Method {
		return fmt.Errorf("method %s, want %s", r.Method, j.route.Method)
	}
	values := j.template.FindStringSubmatch(r.URL.EscapedPath())
	if values == nil {
		return fmt.Errorf("path %s does not match %s", r.URL.EscapedPath(), j.template)
	}
	params := map[string]string{}
	for i, name := range j.names {
		if params[name], err = url.PathUnescape(values[i+1]); err != nil {
			return err
		}
	}
	if err := j.checkDeepLists(r.URL.Query()); err != nil {
		return err
	}
	err = openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: params,
		Route:      j.route,
		Options: &openapi3filter.Options{
			AuthenticationFunc:                openapi3filter.NoopAuthenticationFunc,
			RejectWhenRequestBodyNotSpecified: true,
			SkipSettingDefaults:               true,
		},
	})
	if lostValue(r, err) {
		return unjudged{err}
	}
	return err
}

// lostValue reports whether kin-openapi took a query parameter for empty that
// is not: it could not decode it.
func lostValue(r *http.Request, err error) bool {
	var invalid *openapi3filter.RequestError
	return errors.As(err, &invalid) && errors.Is(invalid.Err, openapi3filter.ErrInvalidEmptyValue) &&
		invalid.Parameter != nil && r.URL.Query().Get(invalid.Parameter.Name) != ""
}

// unjudged is why a request got no verdict.
type unjudged struct{ error }
