package mcpmount

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// InProcess returns a RoundTripper that calls h directly, without a socket.
//
// Give it the outermost handler of the app, the one that http.Server has: then
// the app's middleware runs on every call, as it does for any other client. A
// bare router is called without the middleware around it.
//
// The request that h sees is the caller's: Host, RemoteAddr, TLS and, unless
// the request has them already, the headers Authorization, Accept-Language,
// Traceparent, Tracestate, X-Request-Id, Forwarded, X-Forwarded-For, -Host,
// -Proto, -Port and -Prefix, and X-Real-Ip are those of [RequestFrom]; a trace in
// the "_meta" of the message comes before that in the header: see [TraceFrom]. No other
// header of the caller is copied. Within [Server.Run] the caller is the local
// user, who started the process: Host is "localhost" and RemoteAddr
// "127.0.0.1:0". If that is not so, because Run serves a transport that reaches
// further, wrap h and set RemoteAddr. Without a caller, in a request that is not
// part of a call, RemoteAddr is "0.0.0.0:0", which nobody has.
//
// The request's context carries the caller's values, and is canceled when the
// call is, when the body of the response is closed, and when h returns.
//
// Like net/http, the response is held back until h returns, flushes, or has
// written 64 KiB; from then on it is streamed, and h waits while the reader is
// that far behind. For a result that is read whole anyway, h need not wait.
// Informational responses and trailers are dropped. If h panics or exits its
// goroutine, the call fails and the process goes on. If h ignores the end of its
// context, the call is answered without it: h is left to run, and what it writes is
// refused.
//
// h has a goroutine of its own, or, for most calls of tools over HTTP/1.1, in a session
// or without one, that of the connection, as it would if it were called itself. There
// nobody reads before h returns, so that it writes on up to [Limits].MaxResponseBytes;
// an h that ignores the end of its context keeps the connection; and one that exits its goroutine
// closes it after the answer.
//
// Requests that this package did not build are checked less, and keep their
// own Host.
func InProcess(h http.Handler) http.RoundTripper {
	return inProcess{h}
}

type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	to := targetFrom(ctx)
	own := to.take(r)
	err := endOf(ctx)
	if err == nil && !own {
		err = checkBuilt(r, to)
	}
	if err != nil {
		closeBody(r)
		return nil, err
	}
	x := newExchange(ctx, r, own)
	if x.call != nil && x.call.substitute != nil {
		return t.serveHere(x, r)
	}
	x.wake, x.turn = make(chan struct{}, 1), sync.NewCond(&x.mu)
	go x.serve(t.handler)
	return x.wait(r)
}

// serveHere calls the handler on the goroutine of the call, which costs less than one of its
// own. If the handler does not return in time, the list of calls notices, and the
// substitute answers.
func (t inProcess) serveHere(x *exchange, r *http.Request) (*http.Response, error) {
	x.here, x.limit = true, int(min(x.call.server.opts.Limits.MaxResponseBytes, math.MaxInt-1))+1
	x.call.substitute.running.Store(true)
	defer x.call.substitute.running.Store(false)
	if why := endOf(x.ctx); why != nil { // it ended before the substitute could know of the handler
		closeBody(r)
		return nil, why
	}
	x.serve(t.handler)
	res, err := x.opening(r)
	if errors.Is(err, io.ErrClosedPipe) { // the substitute has closed it
		if why := endOf(x.ctx); why != nil {
			err = why
		}
	}
	return res, err
}

// innerRequest sets the request that the handler gets for r, in the form that net/http
// gives to requests it has read. It is r itself if nobody else has r.
func (x *exchange) innerRequest(r *http.Request) {
	c, to := callerFrom(x.ctx), targetFrom(x.ctx)
	in := r
	if x.call == nil {
		in = r.WithContext(&innerContext{x.ctx, c.request})
		in.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery, ForceQuery: r.URL.ForceQuery}
		in.Header = ownedHeader(r.Header)
	}
	in.URL.Scheme, in.URL.Host = "", ""
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	addCaller(in.Header, c)
	in.Header["Accept-Encoding"] = x.coding()
	if to != nil {
		to.attached.attach(in)
	}
	in.RequestURI = requestURI(in.URL, to)
	if !hasEscapedSlash(in.URL.RawPath) {
		in.URL.RawPath = "" // routers that look at it do not decode what they take from it
	}
	in.GetBody = nil
	setLength(in)
	setCaller(in, c, to != nil)
	x.request = in
}

// coding returns the value of the Accept-Encoding that the handler gets.
func (x *exchange) coding() []string {
	if x.call == nil {
		return []string{"identity"}
	}
	values := &x.call.target.values
	values[fixedFields] = "identity"
	return values[fixedFields:]
}

// requestURI returns the RequestURI of u. If u is as it was built for to, that is known.
func requestURI(u *url.URL, to *target) string {
	if to != nil {
		if rest, ok := strings.CutPrefix(to.uri, to.basePath+to.path); ok && (rest == "" && u.RawQuery == "" || rest != "" && rest[1:] == u.RawQuery) && !u.ForceQuery {
			return to.uri
		}
	}
	return u.RequestURI()
}

// hasEscapedSlash reports whether an escaped path has slashes that do not separate
// segments, which the unescaped path cannot tell from those that do.
func hasEscapedSlash(rawPath string) bool {
	return strings.Contains(rawPath, "%2F") || strings.Contains(rawPath, "%2f")
}

// setCaller gives in the address and the TLS state of the caller's connection.
func setCaller(in *http.Request, c *caller, built bool) {
	if in.Host == "" {
		in.Host = builtHost
	}
	switch {
	case c.request != nil:
		in.RemoteAddr, in.TLS = c.request.RemoteAddr, c.request.TLS
		if built {
			in.Host = c.request.Host
		}
	case c.local:
		in.RemoteAddr = "127.0.0.1:0"
	default:
		in.RemoteAddr = "0.0.0.0:0" // an app may trust loopback addresses
	}
}

// setLength describes the body as a server would. In a client's request, a length of zero
// with a body means that the length is unknown.
func setLength(in *http.Request) {
	if in.Body == nil {
		in.Body = http.NoBody
	}
	switch {
	case in.Body == http.NoBody:
		in.ContentLength = 0
	case in.ContentLength > 0:
		in.Header["Content-Length"] = []string{strconv.FormatInt(in.ContentLength, 10)}
	default:
		in.ContentLength = -1
		in.TransferEncoding = []string{"chunked"}
	}
}

// addCaller adds to h the trace of the message, and the headers of the caller's request
// that a handler should know.
func addCaller(h http.Header, c *caller) {
	c.trace.addTo(h)
	if c.request == nil || c.bare {
		return
	}
	_, traced := h["Traceparent"]
	for name := range c.request.Header {
		if isOfCaller(name) && (!traced || name != "Traceparent" && name != "Tracestate") {
			copyHeader(h, c.request.Header, name)
		}
	}
}

// isOfCaller reports whether a header says about the caller what a handler should
// know.
func isOfCaller(name string) bool {
	switch name {
	case "Authorization", "Accept-Language", "Traceparent", "Tracestate", "X-Request-Id",
		"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
		"X-Forwarded-Port", "X-Forwarded-Prefix", "X-Real-Ip":
		return true
	}
	return false
}

// An innerContext is the context of a call, seen from the handler of the API.
type innerContext struct {
	context.Context
	caller *http.Request
}

// AfterFunc makes contexts that descend from c end with the call without waiting
// for it on a goroutine each.
func (c *innerContext) AfterFunc(f func()) func() bool { return context.AfterFunc(c.Context, f) }

// Value returns the value for key: what the server says about the connection is
// that of the caller's current request, which need not be the one that the
// context of the call descends from.
func (c *innerContext) Value(key any) any {
	if key == http.ServerContextKey || key == http.LocalAddrContextKey {
		if c.caller != nil {
			return c.caller.Context().Value(key)
		}
	}
	if isRouterKey(key) {
		return nil
	}
	return c.Context.Value(key)
}

// isRouterKey reports whether key is the one under which chi keeps the state of
// routing. A chi router that finds it in the context of a request goes on with
// the method and the path of the caller's request instead of the new one's.
func isRouterKey(key any) bool {
	t := reflect.TypeOf(key)
	return t != nil && t.String() == "*chi.contextKey"
}
