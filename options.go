package mcpmount

import (
	"context"
	"log/slog"
	"math"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/auth"
)

// Defaults of [Limits].
const (
	DefaultMaxRequestBytes      = 4 << 20  // 4 MiB
	DefaultMaxResponseBytes     = 4 << 20  // 4 MiB, see Limits.MaxResponseBytes
	DefaultMaxInputSchemaBytes  = 64 << 10 // 64 KiB
	DefaultMaxOutputSchemaBytes = 8 << 10  // 8 KiB
	DefaultMaxListBytes         = 4 << 20  // 4 MiB
	DefaultCallTimeout          = 30 * time.Second
	DefaultSessionIdle          = 30 * time.Minute
	DefaultMaxSessions          = 10_000

	// DefaultMaxCalls is more than a busy server has, and keeps an API that hangs from
	// costing memory without end.
	DefaultMaxCalls             = 1024
	DefaultMaxCallsPerPrincipal = 256

	DefaultAuthFailuresPerMinute = 20
)

// DefaultKeepAlive is the default of Options.KeepAlive. Common proxies cut a
// connection that has been silent for 60 seconds.
const DefaultKeepAlive = 25 * time.Second

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

	// Auth, if not nil, makes the server check who calls, as a resource server of
	// OAuth 2.0: every request needs a credential, and tools need the scopes
	// that the security of their operations names. If its URL is empty, that is
	// PublicURL. The credential is not handed to an API elsewhere. If nil, whoever
	// reaches the server may call: an app that has middleware of its own for
	// this needs nothing else. Callers of [Server.Run] need no credential.
	Auth *auth.Resource

	// Credentials, if not nil, has the credentials for the security schemes of
	// the document. A request to the API then carries those that its operation
	// asks for, whatever the caller sent, and none to another origin than the
	// API's; an operation that they do not suffice for is not called. Models
	// never see them, and where an API echoes them they are masked. If nil,
	// requests carry what is forwarded of the caller's and nothing else.
	Credentials Credentials

	// Limits bound what a call may cost.
	Limits Limits

	// Stateless makes the server keep no session, so that any replica can
	// answer any request. Clients of 2025-11-25 and older then get no
	// notifications outside of a call, and cannot come back for an answer;
	// HTTP with SSE is not served. If false, they get a session; clients of
	// 2026-07-28 never have one.
	Stateless bool

	// KeepCalls lets a call outside of a session go on when its caller
	// disconnects, until it is answered or its time is up, where the version of
	// the protocol does not take a disconnect for a cancellation: 2025-11-25 and
	// older. If false, such a call is canceled, since nobody can come back for
	// its answer. Within a session, calls always go on; from 2026-07-28 on, a
	// disconnect always cancels.
	KeepCalls bool

	// Principal, if not nil, says who sent a request: a name that stays the
	// same for as long as a session, such as the subject of a token that the
	// app has verified, "" for nobody. A session belongs to who opened it: for
	// others it does not exist. Limits and Observe know callers by it, too. It is called by
	// many goroutines at a time, for calls and for requests that open or name a
	// session. If nil, it is the UserID of the
	// auth.TokenInfo of the SDK in the context of the request, else what the request has
	// as Authorization, X-API-Key and TLS client certificate.
	Principal func(*http.Request) string

	// KeepAlive is how long a stream of events may be silent before a comment is
	// sent, so that proxies do not cut it. If zero, [DefaultKeepAlive]; negative
	// for never.
	KeepAlive time.Duration

	// OutputSchemas says what output schema tools advertise. If zero,
	// [OutputSchemasLoose].
	OutputSchemas OutputSchemas

	// Results says what becomes of the successful answers of operations that have no
	// [Operation.Results]. The zero Results pass them on.
	Results Results

	// InlineRefs puts definitions in the place of the references to them in the
	// schemas that tools advertise, for clients that do not look into "$defs".
	// Definitions that contain themselves stay, and those of which copies would
	// make a schema or the list larger than its limit: a [Problem] says so. What
	// is accepted does not change. If false, all stay.
	InlineRefs bool

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

	// Routes, if not nil, returns the routes that the app has, each as
	// [Document.AddRoutes] has them: "GET /orders/:id". Whenever a document is
	// served, what differs is logged and becomes a [Problem]: see
	// [Document.Drift]. It should not return the routes of the server itself. If
	// nil, only the operations that the mux given to [Server.Mount] does not have are
	// logged, at the first request.
	Routes func() []string

	// Observe, if not nil, is called after each call of a tool and each reading of
	// a resource, in every version of the protocol, those that were refused
	// included: what an access log and metrics are made of. [RequestFrom] works
	// inside. It is called by many goroutines at a time, and the answer waits for
	// it.
	Observe func(ctx context.Context, call Call)

	// Trace, if not nil, is called before each call that Observe is told of, with what is
	// known by then: Method, Name, Operation, Principal and ArgumentBytes, and Status and
	// Reason if it is certain to be refused, because there is no such tool or resource,
	// or the caller lacks a scope. It returns a context that descends from ctx, for what
	// a tracer has to say: its values are in the contexts of the request to the API, of
	// hand-written tools, and of Observe, where the span can end. [TraceFrom] tells what
	// trace the caller is in. It is called by many goroutines at a time.
	Trace func(ctx context.Context, call Call) context.Context

	// Middleware wraps the handling of every MCP message, the first one
	// outermost. [RequestFrom] works inside.
	Middleware []mcp.Middleware

	// NoFastPath has the SDK answer every message. If false, the server itself
	// answers the usual ones, many times as fast: calls of tools, lists, and reading
	// resources. Middleware turns that off as well, since it sees every message.
	NoFastPath bool

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
	// rest is cut, and the result says so. Default [DefaultMaxResponseBytes]: a
	// result has JSON twice, once in quotes, which makes it up to three times as
	// long, and clients of the official SDK end a session over stdio that has a
	// message of more than 16 MiB.
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
	// last byte of the response. [Operation.Timeout] takes its place. Default
	// [DefaultCallTimeout].
	CallTimeout time.Duration

	// SessionIdle is how long a session is kept that has no request or stream
	// under way; if it was opened and then not used, five minutes at most.
	// Default [DefaultSessionIdle].
	SessionIdle time.Duration

	// MaxSessions bounds the sessions that are kept at a time, the streams of
	// HTTP with SSE and of subscriptions/listen among them. Beyond it, a new session takes the place of the
	// one of the same principal that has been idle for the longest time; without
	// such a one, the client is told to come back. Clients that do not say who
	// they are do not take each other's place unless a session was not used
	// since it was opened, or for five minutes. Default [DefaultMaxSessions].
	MaxSessions int

	// MaxSessionsPerPrincipal bounds those of one principal, but not of
	// nobody, in the same way. Default MaxSessions.
	MaxSessionsPerPrincipal int

	// MaxCalls bounds the calls of tools, and the resources being read, that are
	// under way at a time. What comes beyond it is refused with an error that the
	// model reads, before anything is sent. Default [DefaultMaxCalls].
	MaxCalls int

	// MaxCallsPerPrincipal bounds those of one caller in the same way, but not
	// of those who do not say who they are. Default [DefaultMaxCallsPerPrincipal].
	MaxCallsPerPrincipal int

	// CallsPerMinute bounds how many calls one caller may make a minute, and how
	// many at once after a quiet minute. Those who do not say who they are
	// are known by their address. Callers are told apart by Options.Principal,
	// by the user that Options.Auth or the app has verified, and else by
	// credentials that nobody has checked yet: whoever makes some up gets past
	// this limit and MaxCallsPerPrincipal, to the app's own check. The default is
	// no limit: only the operator knows what the API bears.
	CallsPerMinute int

	// AuthFailuresPerMinute bounds how many credentials that Options.Auth found not valid
	// may come from one address (of IPv6, one network of 64 bits) a minute.
	// Beyond it, requests from there are answered with 429, except with credentials
	// that were valid before. The address is that of Request.RemoteAddr: behind
	// a proxy, let middleware put the client's there, or turn this off, since else all clients
	// are one. Default [DefaultAuthFailuresPerMinute].
	AuthFailuresPerMinute int
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
	// additionalProperties are dropped, and every type admits null. What has
	// another type than the document says is left out of structured content, and
	// an item of a list is null; the text has all of it.
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
	limit(&l.MaxSessionsPerPrincipal, l.MaxSessions, most)
	limit(&l.MaxCalls, DefaultMaxCalls, most)
	limit(&l.MaxCallsPerPrincipal, DefaultMaxCallsPerPrincipal, most)
	limit(&l.CallsPerMinute, unlimitedPace, unlimitedPace)
	limit(&l.AuthFailuresPerMinute, DefaultAuthFailuresPerMinute, unlimitedPace)
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
