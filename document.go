package mcpmount

import (
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A Document describes an HTTP API: what [New] turns into tools and resources.
//
// It is plain data. Read it with [ParseOpenAPI], or write it by hand, then edit
// it before [New]: drop operations, rename them, re-describe them. [New] and
// [Server.Update] copy what they keep, so a Document can be edited again and
// used for another [Server] afterwards. A Document must not be edited while
// another goroutine uses it.
type Document struct {
	// Info names the API.
	Info Info

	// BasePath is the path that precedes the path of every operation: the path
	// of the first server of an OpenAPI document, or the basePath of a Swagger
	// one. It starts with a slash and does not end with one; "" means none.
	// Editing Servers does not change it.
	BasePath string

	// Servers are the URLs that the document says the API is served at. The
	// first one is what [Document.BasePath] was taken from, and the one that is
	// used; [Document.UseServer] chooses another.
	Servers []ServerURL

	// SecuritySchemes are the ways to authenticate to the API, by name.
	SecuritySchemes map[string]SecurityScheme

	// Operations are the operations of the API, in the order of the document.
	Operations []Operation

	// Hidden are the routes that are not served on purpose, such as
	// "DELETE /orders/{id}": those that the document hides (x-mcp), that a
	// [Select] left out, and that [Document.AddRoutes] did not add. They count in
	// [Document.Coverage], and that the app has them is no drift.
	Hidden []string

	// Problems says what was wrong with the document, and what was left out
	// because of it. A document with problems can be served.
	Problems []Problem
}

// Operation returns the operation with the given operationId, tool name, or
// method and path ("GET /orders/{id}"), so that it can be edited in place, or nil
// if there is none. The pointer is valid until Operations is reallocated.
func (d *Document) Operation(id string) *Operation {
	for i := range d.Operations {
		if op := &d.Operations[i]; op.ID == id || op.Name == id || op.route() == id {
			return op
		}
	}
	return nil
}

// Info is the name of an API: the Info Object of OpenAPI.
type Info struct {
	Title       string
	Version     string
	Summary     string
	Description string
}

// A Kind is what an operation becomes.
type Kind int

const (
	// KindTool makes an operation a tool. It is the zero value.
	KindTool Kind = iota

	// KindResource makes a GET operation a resource when it has no required
	// parameters, and a resource template when it has path or query parameters.
	// An operation that cannot be either stays a tool, with a [Problem].
	KindResource

	// KindDeferred makes an operation a tool that is not listed: an API with many
	// operations would leave a model no room for anything else. The server then lists two
	// tools in the place of all such: "search_tools", by which a model finds those that a task
	// needs, and "call_tool", which calls one of them, with all that holds for its calls.
	// A client that knows the name can call it like any other tool.
	KindDeferred
)

// An Operation is one method of one path of the API.
type Operation struct {
	// ID is the operationId of the document, unchanged; "" if it has none.
	ID string

	// Method is the HTTP method in upper case.
	Method string

	// Path is the path template without [Document.BasePath], such as
	// "/orders/{id}". It starts with a slash.
	Path string

	// Name is the name of the tool: letters, digits, '_', '-' and '.', at most
	// 64 of them, unique whatever the case. Many clients cannot use tools with a
	// '.'. [ParseOpenAPI] derives a name without one; set it to choose another, or
	// let [Document.Rename] see to it that no other operation has it. If "", one is
	// derived from ID, or else from Method and Path.
	Name string

	// Kind says what the operation becomes: a tool, a resource, or a tool that is not listed.
	Kind Kind

	// URI is the URI of the resource that the operation becomes, such as
	// "shop://order/{id}" with each parameter of the path as a segment; those of
	// the query are added. If "", it is derived from Path.
	URI string

	// Summary and Description say what the operation does. A model reads them.
	Summary     string
	Description string

	// Tags group operations.
	Tags []string

	// Deprecated operations are served, and their description says so.
	Deprecated bool

	// Parameters are the parameters of the operation and its path, in the order
	// of the document.
	Parameters []Parameter

	// RequestBody is nil if the operation takes no body.
	RequestBody *RequestBody

	// Responses are the responses in the order of the document.
	Responses []Response

	// Security lists alternatives, each a set of schemes that must all be used.
	// Empty means that the operation needs no authentication.
	Security []SecurityRequirement

	// Servers are the servers of this operation, if it has its own. Empty means
	// those of the document.
	Servers []ServerURL

	// Timeout bounds one call of this operation, in place of
	// [Limits.CallTimeout]. Zero means that limit, negative means none.
	Timeout time.Duration

	// Results says what becomes of successful answers, in place of
	// [Options.Results]. Nil means those.
	Results *Results

	// Annotations overrides the annotations derived from Method. Nil derives.
	Annotations *mcp.ToolAnnotations

	// Pointer is the JSON pointer of the operation in its document (RFC 6901),
	// for messages.
	Pointer string

	// Fault says why the operation cannot be served as it was written; "" if it
	// can. [Route] sets it, and [New] returns it as an error.
	Fault string
}

// route returns the method and the path of op.
func (op *Operation) route() string { return op.Method + " " + op.Path }

// The places a [Parameter] can be in.
const (
	InPath   = "path"
	InQuery  = "query"
	InHeader = "header"
	InCookie = "cookie"
)

// A Parameter is a Parameter Object of OpenAPI 3, whatever the version of the
// document it was read from.
type Parameter struct {
	// Name is the name on the wire.
	Name string

	// In is [InPath], [InQuery], [InHeader] or [InCookie]. "querystring" of
	// OpenAPI 3.2 is the whole query in one value.
	In string

	Description string
	Required    bool
	Deprecated  bool

	// Style and Explode say how a value becomes text: OpenAPI 3.2 section
	// "Parameter Object", with the defaults already applied by [ParseOpenAPI].
	// If Style is "", it is "simple" in path and header, "form" elsewhere, and
	// Explode is ignored: it is true exactly if Style is (or becomes) "form".
	// Beyond the styles of the specification there is "tabDelimited", for the
	// collectionFormat tsv of Swagger 2.0, and a path and a header can have
	// delimited styles, as they can there; Explode is ignored then.
	Style   string
	Explode bool

	// AllowReserved leaves reserved characters unescaped, but for those that
	// would end the value.
	AllowReserved bool

	// AllowEmptyValue lets a query parameter be sent with an empty value.
	AllowEmptyValue bool

	// MultiSegment lets a value in the path have slashes, such as the name of a
	// file in a repository. They are sent escaped, as one segment; empty
	// segments, "." and ".." are refused all the same. [ParseOpenAPI] sets it
	// where the document says so (x-multi-segment, {path+}, or a pattern with a
	// slash) and no other path of the document lies below, so that a value does
	// not lead to another operation.
	MultiSegment bool

	// Schema describes the value, unless MediaType is set.
	Schema Schema

	// MediaType, if not "", is the media type in which the value is serialized:
	// the "content" of the parameter.
	MediaType string

	// Example is an example value as JSON, or nil.
	Example []byte
}

// A RequestBody is a Request Body Object of OpenAPI 3.
type RequestBody struct {
	Description string
	Required    bool

	// Content lists the media types that the operation takes, in the order of
	// the document. One of them is chosen for the tool: JSON is preferred, then
	// a form, then what can carry anything.
	Content []MediaType
}

// A MediaType is a Media Type Object of OpenAPI 3.
type MediaType struct {
	// Type is the media type or range, with its parameters if it has any.
	Type string

	// Schema describes the content. The zero Schema allows anything.
	Schema Schema

	// ItemSchema describes each item of a sequential media type (OpenAPI 3.2).
	ItemSchema Schema

	// Encoding says how each property of a form is serialized, by name.
	Encoding map[string]Encoding

	// Example is an example as JSON, or nil.
	Example []byte
}

// An Encoding is an Encoding Object of OpenAPI 3.
type Encoding struct {
	// ContentType is the media type of a part, or a comma-separated list of
	// which the first is used; "" means the default of the specification.
	ContentType string

	// Headers are the names of headers that the document defines for a part.
	Headers []string

	// Style, Explode and AllowReserved are those of a query parameter. They
	// hold only if Style is not "".
	Style         string
	Explode       bool
	AllowReserved bool
}

// A Response is a Response Object of OpenAPI 3.
type Response struct {
	// Status is "200", "2XX" or "default".
	Status      string
	Description string

	// Content lists the media types of the body, in the order of the document.
	Content []MediaType
}

// A SecurityScheme is a Security Scheme Object of OpenAPI 3.
type SecurityScheme struct {
	// Type is "apiKey", "http", "mutualTLS", "oauth2" or "openIdConnect".
	Type        string
	Description string

	// Name and In are those of an apiKey: In is [InQuery], [InHeader] or
	// [InCookie].
	Name string
	In   string

	// Scheme is that of the Authorization header, in lower case: "basic",
	// "bearer", ….
	Scheme string

	// TokenURL is the token endpoint of the client credentials flow, if any.
	TokenURL string

	// OpenIDConnectURL is the discovery document of an openIdConnect scheme.
	OpenIDConnectURL string
}

// A SecurityRequirement maps the name of each scheme that must be used to the
// scopes it must have.
type SecurityRequirement map[string][]string

// A Problem is something wrong with a document, or something in it that was not
// carried over whole.
type Problem struct {
	// File is the file of the document, "" for the entry document.
	File string

	// Pointer is the place as a JSON pointer (RFC 6901).
	Pointer string

	// Message says what is wrong and what follows from it.
	Message string

	// Note says that the document is not to blame: a limit or an option is why
	// something was cut or left out, or stays as it is, or a name was taken.
	Note bool
}

// String returns the problem on one line.
func (p Problem) String() string {
	place := p.File
	if p.Pointer != "" {
		if place != "" {
			place += "#"
		}
		place += p.Pointer
	}
	if place == "" {
		return p.Message
	}
	return place + ": " + p.Message
}
