package mcpmount

import (
	"context"
	"log/slog"
	"math"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Defaults of [Limits].
const (
	DefaultMaxRequestBytes      = 4 << 20  // 4 MiB
	DefaultMaxResponseBytes     = 8 << 20  // 8 MiB
	DefaultMaxInputSchemaBytes  = 64 << 10 // 64 KiB
	DefaultMaxOutputSchemaBytes = 8 << 10  // 8 KiB
	DefaultMaxListBytes         = 4 << 20  // 4 MiB
	DefaultCallTimeout          = 30 * time.Second
	DefaultSessionIdle          = 30 * time.Minute
	DefaultMaxSessions          = 10_000
)

// Options configure a [Server]. The zero value, and a nil *Options, are ready
// to use. New copies what it keeps.
type Options struct {
	// Info names the server to clients. Its empty fields are filled from the
	// Info of the document: the title becomes the name and the title, the version the
	// version. Zero takes everything from there.
	Info mcp.Implementation

	// Instructions tell a model how to use the server. If "", the description
	// of the document is used, cut at 4 KiB; a single space sends none.
	Instructions string

	// PublicURL is the URL that clients use for the MCP endpoint, such as
	// "https://api.example.com/mcp". Its host and its origin are allowed. If
	// "", nothing is derived from requests in its place.
	PublicURL string

	// AllowedHosts are further host names, with or without a port, that the
	// Host header may carry. If it and PublicURL are empty, any host is allowed,
	// except that a request which arrives on a loopback address must name a
	// loopback host: a page in a browser could have its own name point there.
	AllowedHosts []string

	// AllowedOrigins are the origins, such as "https://chat.example.com", whose
	// pages may call the server from a browser; CORS headers are sent to them.
	// "*" allows all. Requests without an Origin header are not restricted. If
	// empty, only the origin of PublicURL and, on a loopback address, loopback
	// origins are allowed.
	AllowedOrigins []string

	// ForwardHeaders are the names of the caller's headers that are copied to
	// the request to the API. [InProcess] copies Authorization, Accept-Language
	// and headers that say who the caller is without being told. Names that
	// would change the meaning of the request (Host, Content-Length,
	// Connection, Mcp-Session-Id, …) are an error of [New].
	ForwardHeaders []string

	// Limits bound what a call may cost.
	Limits Limits

	// Stateless makes the server keep no session, so that any replica can
	// answer any request. Clients of 2025-11-25 and older then get no
	// notifications outside of a call. If false, they get a session; clients of
	// 2026-07-28 never have one.
	Stateless bool

	// OutputSchemas says what output schema tools advertise. If zero,
	// [OutputSchemasLoose].
	OutputSchemas OutputSchemas

	// DescribeResponses adds the responses of an operation to the description of
	// its tool. If zero, [DescribeNone].
	DescribeResponses DescribeResponses

	// DescribeSchemas adds the full schema to each described response.
	DescribeSchemas bool

	// Source, if not nil, reads the OpenAPI document again: on the first
	// request, and on [Server.Refresh]. The document given to [New] may then be
	// nil; set Info in that case, since the name of a server does not change. It
	// is called by one goroutine at a time. If it fails, requests are answered
	// with 503 for a while, or from the document given to New.
	Source func(ctx context.Context) ([]byte, error)

	// Edit, if not nil, is applied to each document that Source returned, before
	// it is served: Select{ReadOnly: true}.Apply, for example.
	Edit func(*Document) (*Document, error)

	// Middleware wraps the handling of every MCP message, the first one
	// outermost. [RequestFrom] works inside.
	Middleware []mcp.Middleware

	// Server, if not nil, may change the options of the SDK's server before it
	// is made.
	Server func(*mcp.ServerOptions)

	// Logger receives what an operator should know. If nil, slog.Default().
	Logger *slog.Logger
}

// Limits bound what a call may cost. In each field zero means the default
// named beside it, and a negative value means no limit.
type Limits struct {
	// MaxRequestBytes bounds an MCP message. Default [DefaultMaxRequestBytes].
	MaxRequestBytes int64

	// MaxResponseBytes bounds how much of a response of the API is read; the
	// rest is cut, and the result says so. Default [DefaultMaxResponseBytes].
	MaxResponseBytes int64

	// MaxInputSchemaBytes bounds the input schema of a tool, as JSON; beyond it,
	// descriptions and then nested levels are cut. Default
	// [DefaultMaxInputSchemaBytes].
	MaxInputSchemaBytes int

	// MaxOutputSchemaBytes bounds the output schema of a tool; beyond it, the
	// schema is cut to its first levels, then left out. Default
	// [DefaultMaxOutputSchemaBytes].
	MaxOutputSchemaBytes int

	// MaxListBytes bounds the list of all tools; beyond it, output schemas are
	// left out, the largest first. Default [DefaultMaxListBytes].
	MaxListBytes int

	// CallTimeout bounds one call of the API, from building the request to the
	// last byte of the response. Default [DefaultCallTimeout].
	CallTimeout time.Duration

	// SessionIdle is how long a session without a request is kept. Default
	// [DefaultSessionIdle].
	SessionIdle time.Duration

	// MaxSessions bounds the sessions that are kept at a time, the streams of
	// HTTP with SSE among them; beyond it, a client that wants one is told to
	// come back. Default [DefaultMaxSessions].
	MaxSessions int
}

// OutputSchemas says what output schema tools advertise.
type OutputSchemas int

const (
	// OutputSchemasDefault is OutputSchemasLoose.
	OutputSchemasDefault OutputSchemas = iota

	// OutputSchemasNone advertises none. Structured content is sent all the
	// same.
	OutputSchemasNone

	// OutputSchemasLoose advertises the shape of successful responses without
	// what real APIs break: required, enum, const, format, pattern, bounds and
	// additionalProperties are dropped, and every type admits null.
	OutputSchemasLoose

	// OutputSchemasStrict advertises the schema of the document, and makes a
	// response that does not conform an error.
	OutputSchemasStrict
)

// DescribeResponses says which responses the description of a tool lists.
type DescribeResponses int

const (
	// DescribeNone lists no responses.
	DescribeNone DescribeResponses = iota

	// DescribeSuccess lists the successful responses.
	DescribeSuccess

	// DescribeAll lists every response.
	DescribeAll
)

// withDefaults returns l with zero fields replaced and negative ones made as
// large as can be added to.
func (l Limits) withDefaults() Limits {
	const most, most64 = math.MaxInt - 1, math.MaxInt64 / 2
	limit(&l.MaxRequestBytes, DefaultMaxRequestBytes, most64)
	limit(&l.MaxResponseBytes, DefaultMaxResponseBytes, most64)
	limit(&l.MaxInputSchemaBytes, DefaultMaxInputSchemaBytes, most)
	limit(&l.MaxOutputSchemaBytes, DefaultMaxOutputSchemaBytes, most)
	limit(&l.MaxListBytes, DefaultMaxListBytes, most)
	limit(&l.CallTimeout, DefaultCallTimeout, most64)
	limit(&l.SessionIdle, DefaultSessionIdle, most64)
	limit(&l.MaxSessions, DefaultMaxSessions, most)
	return l
}

func limit[T ~int | ~int64](v *T, def, most T) {
	switch {
	case *v == 0:
		*v = def
	case *v < 0:
		*v = most
	}
}
