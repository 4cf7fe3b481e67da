package openapi

import "time"

// A Document is an API description of any version.
type Document struct {
	Title       string
	Version     string
	Summary     string
	Description string

	// BasePath is the path of the first server without a slash at its end.
	BasePath string

	Servers         []Server
	SecuritySchemes map[string]SecurityScheme
	Operations      []Operation
	Hidden          []string // "METHOD /path" of what x-mcp hides
	Problems        []Problem
}

// A Server is a Server Object.
type Server struct {
	URL         string
	Name        string
	Description string

	// Variables are the default values, Enums the values that are allowed where
	// the document lists them.
	Variables map[string]string
	Enums     map[string][]string
}

// A SecurityScheme is a Security Scheme Object of OpenAPI 3.
type SecurityScheme struct {
	Type             string
	Description      string
	Name             string
	In               string
	Scheme           string
	TokenURL         string
	OpenIDConnectURL string
}

// An Operation is one method of one path.
type Operation struct {
	ID          string
	Method      string
	Path        string
	Summary     string
	Description string
	Tags        []string
	Deprecated  bool
	Parameters  []Parameter
	RequestBody *RequestBody
	Responses   []Response

	// Security are the alternatives that hold for the operation, its own or
	// those of the document.
	Security []map[string][]string

	// Servers are the servers of the operation or its path, if they have their
	// own.
	Servers []Server

	// Pointer is the place of the operation under the paths of the entry
	// document, even if a reference leads to it.
	Pointer string

	// Name, Resource, Deferred, URI, Timeout and Annotations are what the extension
	// x-mcp says.
	Name        string
	Resource    bool
	Deferred    bool
	URI         string
	Timeout     time.Duration
	Annotations *Annotations
}

// Annotations are the annotations of an x-mcp extension. A nil hint is not
// given.
type Annotations struct {
	Title       string
	ReadOnly    *bool
	Destructive *bool
	Idempotent  *bool
	OpenWorld   *bool
}

// A Parameter is a Parameter Object of OpenAPI 3, with the defaults of style
// and explode applied.
type Parameter struct {
	Name            string
	In              string
	Description     string
	Required        bool
	Deprecated      bool
	Style           string
	Explode         bool
	AllowReserved   bool
	AllowEmptyValue bool

	// MultiSegment says that a value in the path may have slashes.
	MultiSegment bool

	// Schema is nil if any value is allowed. It describes the content if there
	// is a MediaType.
	Schema    *Schema
	MediaType string
	Example   []byte
}

// A RequestBody is a Request Body Object of OpenAPI 3.
type RequestBody struct {
	Description string
	Required    bool
	Content     []MediaType
}

// A MediaType is a Media Type Object of OpenAPI 3. Its schemas are nil if any
// value is allowed.
type MediaType struct {
	Type       string
	Schema     *Schema
	ItemSchema *Schema
	Encoding   map[string]Encoding
	Example    []byte
}

// An Encoding is an Encoding Object of OpenAPI 3. Style is "" if the document
// says nothing about the serialization.
type Encoding struct {
	ContentType   string
	Headers       []string
	Style         string
	Explode       bool
	AllowReserved bool
}

// A Response is a Response Object of OpenAPI 3.
type Response struct {
	Status      string
	Description string
	Content     []MediaType
}
