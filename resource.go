package mcpmount

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A resource is a GET operation that is read by URI: a resource, or a resource
// template (RFC 6570) if it has variables.
type resource struct {
	tool     *tool
	resource *mcp.Resource         // nil if it is a template
	template *mcp.ResourceTemplate // nil if it is not

	prefix    string     // of every URI: "api://name"
	segments  []segment  // of the path
	query     []variable // the variables of the query
	variables []variable // all variables, of path and query
}

// A variable is a variable of a URI template, which stands for an argument.
type variable struct {
	name, argument string
	list           bool // its values are lists
}

// A segment is one segment of the path of a resource: literal text, or a variable.
type segment struct {
	text     string
	variable variable // zero for literal text
}

// PreferResources makes every GET operation that is a tool and can be one a resource or a
// resource template: those whose required parameters are all in the path, each
// a whole segment. Parameters that cannot be in a URI, such as headers and
// objects, are left out of the template.
func (d *Document) PreferResources() {
	for i := range d.Operations {
		if op := &d.Operations[i]; op.Kind == KindTool && checkResource(op) == nil {
			op.Kind = KindResource
		}
	}
}

// checkResource returns why op cannot be a resource.
func checkResource(op *Operation) error {
	if op.Method != http.MethodGet {
		return errors.New("only GET operations can be resources")
	}
	if op.RequestBody != nil && op.RequestBody.Required {
		return errors.New("it needs a body")
	}
	if strings.Contains(op.Path, "?") {
		return errors.New("its path has a query")
	}
	for _, s := range strings.Split(op.Path, "/") {
		if strings.Contains(s, "{") && (!strings.HasPrefix(s, "{") || strings.Index(s, "}") != len(s)-1) {
			return fmt.Errorf("path segment %q is not just a variable", s)
		}
	}
	for _, p := range op.Parameters {
		if p.Required && p.In != InPath {
			return fmt.Errorf("%s parameter %q is required", p.In, p.Name)
		}
	}
	if len(op.Parameters) > maxResourceParameters {
		return fmt.Errorf("it has more than %d parameters", maxResourceParameters)
	}
	return nil
}

// maxResourceParameters bounds the variables of a template, because the SDK makes
// a regular expression of it.
const maxResourceParameters = 256

// newResources returns what the operation of t becomes: a resource if it has no
// variables in the path, and a template if it has any at all.
func newResources(t *tool, prefix string) ([]*resource, error) {
	if err := checkResource(&t.op); err != nil {
		return nil, err
	}
	prefix, template, err := resourceRoot(&t.op, prefix)
	if err != nil {
		return nil, err
	}
	path, query, err := t.newVariables()
	if err != nil {
		return nil, err
	}
	segments, uri := resourcePath(template, path)
	r := resource{tool: t, prefix: prefix, segments: segments}
	var list []*resource
	if len(path) == 0 {
		plain := r
		plain.resource = &mcp.Resource{
			URI: prefix + uri, Name: t.op.Name, Title: t.op.Summary, Description: t.mcp.Description, MIMEType: resourceType(&t.op),
		}
		list = append(list, &plain)
	}
	if len(path) > 0 || len(query) > 0 {
		r.query, r.variables = query, query
		for _, segment := range segments {
			if segment.variable.name != "" {
				r.variables = append(r.variables, segment.variable)
			}
		}
		r.template = &mcp.ResourceTemplate{
			URITemplate: prefix + uri + queryTemplate(query), Name: t.op.Name, Title: t.op.Summary,
			Description: t.mcp.Description, MIMEType: resourceType(&t.op),
		}
		list = append(list, &r)
	}
	return list, nil
}

// newVariables returns the variables of the path, by parameter, and those of the
// query.
func (t *tool) newVariables() (path map[string]variable, query []variable, err error) {
	path = map[string]variable{}
	taken := map[string]bool{}
	schema := t.schema()
	source := standalone(schema)
	for _, a := range t.input.arguments {
		if a.place != placeParameter || a.param.In != InPath && a.param.In != InQuery {
			continue
		}
		v := variable{argument: a.name}
		admitted, _ := admits(source, schema.Get("properties").Get(a.name))
		if areObjects(admitted) {
			if a.param.In == InPath {
				return nil, nil, fmt.Errorf("path parameter %q is an object", a.param.Name)
			}
			continue
		}
		v.list = slices.Contains(admitted, "array") && !slices.Contains(admitted, "string")
		v.name = variableName(a.name, taken)
		if a.param.In == InPath {
			path[a.param.Name] = v
		} else {
			query = append(query, v)
		}
	}
	return path, query, nil
}

// variableName returns the name of the variable for an argument, one that is not
// taken. RFC 6570 section 2.3 has no hyphens in names, and restricts dots.
func variableName(argument string, taken map[string]bool) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(alphanumeric, r) {
			return r
		}
		return '_'
	}, argument)
	if taken[name] {
		name = freeArgument(name, "", taken)
	}
	taken[name] = true
	return name
}

// resourcePath returns the segments of a path, and the template of the URI.
func resourcePath(path string, variables map[string]variable) (segments []segment, uri string) {
	var b strings.Builder
	for s := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		b.WriteByte('/')
		name, isVariable := strings.CutPrefix(s, "{")
		if v, ok := variables[strings.TrimSuffix(name, "}")]; isVariable && ok {
			segments = append(segments, segment{variable: v})
			b.WriteString("{" + v.name + "}")
			continue
		}
		text := (&url.URL{Path: s}).EscapedPath()
		segments = append(segments, segment{text: text})
		b.WriteString(text)
	}
	return segments, b.String()
}

// queryTemplate returns the expression for variables of the query. Lists repeat
// their name: RFC 6570 section 3.2.8, explode modifier.
func queryTemplate(query []variable) string {
	if len(query) == 0 {
		return ""
	}
	names := make([]string, len(query))
	for i, v := range query {
		names[i] = v.name
		if v.list {
			names[i] += "*"
		}
	}
	return "{?" + strings.Join(names, ",") + "}"
}

// resourceType returns the media type that reading op gives, if it is known.
func resourceType(op *Operation) string {
	var first string
	for _, r := range successResponses(op.Responses) {
		for _, m := range r.Content {
			if isJSONMediaType(m.Type) {
				return m.Type
			}
			if first == "" && !strings.Contains(m.Type, "*") {
				first = m.Type
			}
		}
	}
	return first
}

// resourceScheme returns what the URIs of the resources of an API start with.
func resourceScheme(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	host := strings.Trim(b.String(), "-")
	if host == "" {
		host = "api"
	}
	return "api://" + host
}

// addResources adds what the operation of t becomes as a resource, and returns that. It is
// an error if another operation has such a URI: there may be several with one path,
// since a fragment tells them apart.
func (s *toolSet) addResources(t *tool, scheme string) ([]*resource, error) {
	list, err := newResources(t, scheme)
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		if first := s.byURI[r.uri()]; first != nil {
			return nil, fmt.Errorf("%s is the URI of GET %s already", r.uri(), first.tool.op.Path)
		}
	}
	for _, r := range list {
		s.byURI[r.uri()] = r
	}
	s.resources = append(s.resources, list...)
	return list, nil
}

// uri returns the URI or the URI template of r.
func (r *resource) uri() string {
	if r.template != nil {
		return r.template.URITemplate
	}
	return r.resource.URI
}

// mimeType returns the media type that r is listed with.
func (r *resource) mimeType() string {
	if r.template != nil {
		return r.template.MIMEType
	}
	return r.resource.MIMEType
}

// addResource makes the SDK list r.
func (s *Server) addResource(r *resource) {
	if r.template != nil {
		s.mcp.AddResourceTemplate(r.template, s.read)
	} else {
		s.mcp.AddResource(r.resource, s.read)
	}
}

// replaceResources makes the SDK list the resources of set. What did not change
// is not touched, so that clients are told of changes only.
func (s *Server) replaceResources(old, set *toolSet) {
	for _, r := range set.resources {
		if !r.keep(old.byURI[r.uri()]) {
			s.addResource(r)
		}
	}
	for uri, r := range old.byURI {
		switch {
		case set.byURI[uri] != nil:
		case r.template != nil:
			s.mcp.RemoveResourceTemplates(uri)
		default:
			s.mcp.RemoveResources(uri)
		}
	}
}

// keep makes r the same to the SDK as old, if they are listed alike.
func (r *resource) keep(old *resource) bool {
	if old == nil || !reflect.DeepEqual(old.resource, r.resource) || !reflect.DeepEqual(old.template, r.template) {
		return false
	}
	r.resource, r.template = old.resource, old.template
	return true
}

// literals returns the number of segments that are not variables.
func (r *resource) literals() (n int) {
	for _, s := range r.segments {
		if s.variable.name == "" {
			n++
		}
	}
	return n
}
