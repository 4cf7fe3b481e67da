package mcpmount

import (
	"io/fs"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/openapi"
)

// ParseOpenAPI reads an OpenAPI document: version 2.0 (Swagger), 3.0, 3.1 or
// 3.2, as JSON or YAML. A later version is read as 3.2, with a [Problem].
//
// What is wrong inside of the document is a [Problem], and costs as little as
// can be: a schema that is not there allows any value, a parameter without a
// name is left out, and only an operation that cannot be sent at all is. An
// error says that spec is not an OpenAPI document, cannot be read, or is too
// large. A document without paths has no operations, and is no error here.
//
// References to other files are problems; [ParseOpenAPIFS] follows them.
//
// The extension x-mcp of an operation sets its Name, Description, Kind, URI,
// Timeout (up to an hour) and Annotations (each hint that is not given is false
// or, where it is a pointer, nil), or leaves it out:
//
//	x-mcp:
//	  name: find_orders
//	  description: Finds the orders of a customer.
//	  kind: resource # or tool, or deferred
//	  uri: shop://orders # of a resource
//	  timeout: 90s
//	  hidden: false
//	  annotations: {readOnlyHint: true}
func ParseOpenAPI(spec []byte) (*Document, error) {
	if spec == nil {
		spec = []byte{}
	}
	return parseOpenAPI(openapi.Source{Data: spec})
}

// ParseOpenAPIFS reads the OpenAPI document with the given name from fsys, as
// [ParseOpenAPI] does, and the files that its references lead to. They are all
// read from fsys, which bounds what a document can reach: use the FS of an
// [os.Root] so that no symbolic link leads out of a folder. References to URLs
// are problems. All reading is done when ParseOpenAPIFS returns.
func ParseOpenAPIFS(fsys fs.FS, name string) (*Document, error) {
	return parseOpenAPI(openapi.Source{FS: fsys, Name: name})
}

func parseOpenAPI(src openapi.Source) (*Document, error) {
	in, err := openapi.Load(src)
	if err != nil {
		return nil, err
	}
	doc := &Document{
		Info: Info{
			Title:       in.Title,
			Version:     in.Version,
			Summary:     in.Summary,
			Description: in.Description,
		},
		BasePath:        in.BasePath,
		Servers:         convert(in.Servers, newServerURL),
		SecuritySchemes: make(map[string]SecurityScheme, len(in.SecuritySchemes)),
		Operations:      convert(in.Operations, newOperation),
		Hidden:          in.Hidden,
		Problems:        convert(in.Problems, newProblem),
	}
	for name, scheme := range in.SecuritySchemes {
		doc.SecuritySchemes[name] = SecurityScheme(scheme)
	}
	doc.Problems = append(doc.Problems, chooseNames(doc.Operations)...)
	nameOperations(doc.Operations)
	return doc, nil
}

// convert returns what f makes of each element, and nil for none.
func convert[From, To any](from []From, f func(From) To) []To {
	if len(from) == 0 {
		return nil
	}
	to := make([]To, len(from))
	for i := range from {
		to[i] = f(from[i])
	}
	return to
}

func newProblem(p openapi.Problem) Problem {
	return Problem{File: p.File, Pointer: p.Pointer, Message: p.Message}
}

func newServerURL(s openapi.Server) ServerURL { return ServerURL(s) }

// serverPath returns the path of a server without its variables: see
// [openapi.ServerPath].
func serverPath(u ServerURL) (string, error) { return openapi.ServerPath(u.Resolve()) }

func newOperation(in openapi.Operation) Operation {
	op := Operation{
		ID:          in.ID,
		Method:      in.Method,
		Path:        in.Path,
		Name:        in.Name,
		URI:         in.URI,
		Summary:     in.Summary,
		Description: in.Description,
		Tags:        in.Tags,
		Deprecated:  in.Deprecated,
		Parameters:  convert(in.Parameters, newParameter),
		RequestBody: newRequestBody(in.RequestBody),
		Responses:   convert(in.Responses, newResponse),
		Security:    convert(in.Security, newSecurityRequirement),
		Servers:     convert(in.Servers, newServerURL),
		Timeout:     in.Timeout,
		Annotations: newAnnotations(in.Annotations),
		Pointer:     in.Pointer,
	}
	switch {
	case in.Resource:
		op.Kind = KindResource
	case in.Deferred:
		op.Kind = KindDeferred
	}
	return op
}

func newParameter(in openapi.Parameter) Parameter {
	return Parameter{
		Name:            in.Name,
		In:              in.In,
		Description:     in.Description,
		Required:        in.Required,
		Deprecated:      in.Deprecated,
		Style:           in.Style,
		Explode:         in.Explode,
		AllowReserved:   in.AllowReserved,
		AllowEmptyValue: in.AllowEmptyValue,
		MultiSegment:    in.MultiSegment,
		Schema:          newSchema(in.Schema),
		MediaType:       in.MediaType,
		Example:         in.Example,
	}
}

func newRequestBody(in *openapi.RequestBody) *RequestBody {
	if in == nil {
		return nil
	}
	return &RequestBody{
		Description: in.Description,
		Required:    in.Required,
		Content:     convert(in.Content, newMediaType),
	}
}

func newMediaType(in openapi.MediaType) MediaType {
	m := MediaType{
		Type:       in.Type,
		Schema:     newSchema(in.Schema),
		ItemSchema: newSchema(in.ItemSchema),
		Example:    in.Example,
	}
	if in.Encoding != nil {
		m.Encoding = make(map[string]Encoding, len(in.Encoding))
	}
	for name, encoding := range in.Encoding {
		m.Encoding[name] = Encoding(encoding)
	}
	return m
}

func newResponse(in openapi.Response) Response {
	return Response{
		Status:      in.Status,
		Description: in.Description,
		Content:     convert(in.Content, newMediaType),
	}
}

// newSecurityRequirement copies: operations share the security of the document
// until someone edits one of them.
func newSecurityRequirement(in map[string][]string) SecurityRequirement {
	requirement := make(SecurityRequirement, len(in))
	for scheme, scopes := range in {
		requirement[scheme] = append([]string(nil), scopes...)
	}
	return requirement
}

func newAnnotations(in *openapi.Annotations) *mcp.ToolAnnotations {
	if in == nil {
		return nil
	}
	return &mcp.ToolAnnotations{
		Title:           in.Title,
		ReadOnlyHint:    in.ReadOnly != nil && *in.ReadOnly,
		DestructiveHint: in.Destructive,
		IdempotentHint:  in.Idempotent != nil && *in.Idempotent,
		OpenWorldHint:   in.OpenWorld,
	}
}

// newSchema returns the schema of a document. A nil pointer is no source.
func newSchema(in *openapi.Schema) Schema {
	if in == nil {
		return Schema{}
	}
	return Schema{source: in}
}
