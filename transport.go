package mcpmount

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Requests are built for this origin. A transport checks that nobody changed
// it, then completes the URL.
const (
	builtScheme = "http"
	builtHost   = "localhost"
)

// A target is what a transport has to know about a request to the API, above all what its
// URL must look like once it is complete.
type target struct {
	// basePath is the path before the path of the operation, or "".
	basePath string

	// path is the escaped path of the operation, the template filled in.
	path string

	// uri is both paths and the query, as they were built; "" if that is not known.
	uri string

	// location is where the operation is served; nil for where the API is.
	location *location

	// forwarded names the headers that were copied from the caller. They are
	// for the document's API, not for another server.
	forwarded []string

	// attached has the credentials that the request to the document's API carries;
	// nil for none.
	attached *attachment

	// sent is the header of the request as it was given to a RoundTripper of the app's
	// own, which may have added credentials; nil if there is no such RoundTripper.
	sent http.Header

	// redactors caches what redacts the response; if nil, every call makes its own.
	redactors *redactorCache

	// The memory for the URL and the request, here for the sake of one allocation.
	url     url.URL
	request http.Request
	values  [fixedFields + 1]string // the values of the fields that all requests have, and of the one that handlers get

	// direct says that only the transport gets the request, and has not got it yet: see
	// take.
	direct bool
}

// take reports whether r is the request that was built, unchanged, so that the transport may
// change it from now on. It reports that once at most: others who have the context of the
// call can make requests with it, or send r a second time.
func (t *target) take(r *http.Request) bool {
	if t == nil || r != &t.request || !t.direct {
		return false
	}
	t.direct = false
	return true
}

// A location says where an operation is served.
type location struct {
	// server is the absolute server URL that the operation has of its own, or
	// nil.
	server *url.URL

	// origin is the origin of the first server of the document, or "".
	origin string
}

type targetKey struct{}

func withTarget(ctx context.Context, t *target) context.Context {
	return context.WithValue(ctx, targetKey{}, t)
}

func targetFrom(ctx context.Context) *target {
	if c, ok := ctx.(*apiCall); ok {
		return &c.target
	}
	t, _ := ctx.Value(targetKey{}).(*target)
	return t
}

// A refusedError says why a request was not sent.
type refusedError string

func (e refusedError) Error() string { return "request refused: " + string(e) }

// checkBuilt returns an error if r, which somebody else may have changed, is no longer the
// request that was built for its target. Of a request without a target, which this
// package did not build, only the path and the header are checked.
func checkBuilt(r *http.Request, t *target) error {
	if err := checkHeader(r.Header); err != nil {
		return err
	}
	if t == nil {
		return checkSegments(r.URL)
	}
	return checkURL(r.URL, builtScheme, builtHost, t.basePath+t.path)
}

// checkURL returns an error unless u has the given scheme, host and escaped path, and no
// dot segments. Then its path and host have nothing that the builder of the request did
// not put there.
func checkURL(u *url.URL, scheme, host, path string) error {
	switch {
	case u.Scheme != scheme || u.Host != host || u.User != nil || u.Opaque != "":
		return refusedError("the origin of its URL is not that of the API")
	case !hasPath(u, path):
		return refusedError("the path of its URL is not that of the operation")
	}
	return checkSegments(u)
}

// hasPath reports whether the path of u is the given one, escaped.
func hasPath(u *url.URL, escaped string) bool {
	if u.RawPath == "" && u.Path == escaped && isPlainPath(escaped) {
		return true // which most are, without escaping it to see that
	}
	return u.EscapedPath() == escaped
}

// isPlainPath reports whether a path has only what is never escaped: RFC 3986 section 2.3.
func isPlainPath(p string) bool {
	for i := range len(p) {
		if !plainPath.has(p[i]) {
			return false
		}
	}
	return true
}

var plainPath = newByteSet(unreserved + "/")

// checkSegments refuses dot segments (RFC 3986 section 3.3) in the decoded
// path, where "%2e%2e" and "..%2f" show as what many servers make of them.
func checkSegments(u *url.URL) error {
	if hasDotSegment(u.Path) {
		return refusedError("the path of its URL has a dot segment")
	}
	return nil
}

// checkHeader refuses what would end a field (RFC 9110 section 5.5). On
// the wire net/http refuses it too; in process nobody else would.
func checkHeader(h http.Header) error {
	for name, values := range h {
		bad := endsField(name)
		for _, v := range values {
			bad = bad || endsField(v)
		}
		if bad {
			return refusedError("a header has a line break or a zero byte")
		}
	}
	return nil
}

func endsField(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= '\r' && (c == '\r' || c == '\n' || c == 0) {
			return true
		}
	}
	return false
}

// ownedHeader returns a copy of h that can be added to.
func ownedHeader(h http.Header) http.Header {
	c := make(http.Header, len(h)+2)
	for name, values := range h {
		c[name] = values[:len(values):len(values)]
	}
	return c
}

// copyHeader copies the values of the canonical name to a header without it.
func copyHeader(to, from http.Header, name string) {
	values := from[name]
	if _, ok := to[name]; !ok && len(values) > 0 {
		to[name] = append([]string(nil), values...)
	}
}

// closeBody closes the body of a request that is not sent, as RoundTrip must.
func closeBody(r *http.Request) {
	if r.Body != nil {
		r.Body.Close()
	}
}

// A callTimeout is the cause of a context whose time for one call is up.
type callTimeout time.Duration

func (t callTimeout) Error() string {
	return "the API did not answer within " + t.duration().String() + moreTime
}

// moreTime is what to do about a call that takes too long.
const moreTime = "; the operator can allow more time (Operation.Timeout, x-mcp.timeout in the document, --timeout)"

func (t callTimeout) duration() time.Duration { return time.Duration(t) }

func (t callTimeout) Timeout() bool { return true }

// Is makes a callTimeout a [context.DeadlineExceeded].
func (t callTimeout) Is(target error) bool { return target == context.DeadlineExceeded }

// withCallTimeout returns a context that ends after d, so that what ends with
// it can say how long the call was given.
func withCallTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, callTimeout(d))
}

// isTimeout reports whether err says that time was up, whoever kept it.
func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}
