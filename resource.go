package mcpmount

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A resource is a GET operation that is read by URI: a resource, or a resource
// template (RFC 6570) if it has variables.
type resource struct {
	tool     *tool
	resource *mcp.Resource         // nil if it is a template
	template *mcp.ResourceTemplate // nil if it is not

	prefix   string     // of every URI: "api://name"
	segments []segment  // of the path
	query    []variable // of the query
}

// A variable is a variable of a URI template, which stands for an argument.
type variable struct{ name, argument string }

// A segment is one segment of the path of a resource: literal text, or a variable.
type segment struct {
	text     string
	argument string // the argument that it is the value of, or ""
}

// PreferResources makes every GET operation that can be one a resource or a
// resource template: those whose required parameters are all in the path, each
// a whole segment.
func (d *Document) PreferResources() {
	for i := range d.Operations {
		if op := &d.Operations[i]; checkResource(op) == nil {
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
	path, query := newVariables(t.input.arguments)
	segments, uri := resourcePath(t.op.Path, path)
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
		r.query = query
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
func newVariables(arguments []argument) (path map[string]variable, query []variable) {
	path = map[string]variable{}
	taken := map[string]bool{}
	for _, a := range arguments {
		switch {
		case a.place != placeParameter:
		case a.param.In == InPath:
			path[a.param.Name] = newVariable(a.name, taken)
		case a.param.In == InQuery:
			query = append(query, newVariable(a.name, taken))
		}
	}
	return path, query
}

// newVariable returns the variable for an argument, with a name that is not
// taken. RFC 6570 section 2.3 has no hyphens in names, and restricts dots.
func newVariable(argument string, taken map[string]bool) variable {
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
	return variable{name, argument}
}

// resourcePath returns the segments of a path, and the template of the URI.
func resourcePath(path string, variables map[string]variable) (segments []segment, uri string) {
	var b strings.Builder
	for s := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		b.WriteByte('/')
		name, isVariable := strings.CutPrefix(s, "{")
		if v, ok := variables[strings.TrimSuffix(name, "}")]; isVariable && ok {
			segments = append(segments, segment{argument: v.argument})
			b.WriteString("{" + v.name + "}")
			continue
		}
		text := (&url.URL{Path: s}).EscapedPath()
		segments = append(segments, segment{text: text})
		b.WriteString(text)
	}
	return segments, b.String()
}

func queryTemplate(query []variable) string {
	if len(query) == 0 {
		return ""
	}
	names := make([]string, len(query))
	for i, v := range query {
		names[i] = v.name
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

// checkResources reports URIs that stand for two operations.
func checkResources(list []*resource) error {
	seen := map[string]*resource{}
	for _, r := range list {
		if first := seen[r.uri()]; first != nil {
			return fmt.Errorf("resource %q is both %s and %s; make one of them a tool", r.uri(), first.tool.op.Path, r.tool.op.Path)
		}
		seen[r.uri()] = r
	}
	return nil
}

// uri returns the URI or the URI template of r.
func (r *resource) uri() string {
	if r.template != nil {
		return r.template.URITemplate
	}
	return r.resource.URI
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
	gone := map[string]*resource{}
	for _, r := range old.resources {
		gone[r.uri()] = r
	}
	for _, r := range set.resources {
		if !r.keep(gone[r.uri()]) {
			s.addResource(r)
		}
		delete(gone, r.uri())
	}
	for uri, r := range gone {
		if r.template != nil {
			s.mcp.RemoveResourceTemplates(uri)
		} else {
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
		if s.argument == "" {
			n++
		}
	}
	return n
}
