package mcpmount

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/mcpmount/mcpmount/internal/plainhttp"
)

// Upstream returns a RoundTripper that sends each request to base over the
// network, through rt.
//
// Base is an absolute URL with the scheme http or https. If it has a path, that
// path takes the place of [Document.BasePath]. If base has the origin of the
// first server of the document, an operation that names an absolute server of
// its own is sent there; if it has another one, every operation is sent to base.
//
// If rt is nil, the connections are those of a new [http.Transport], which
// speaks HTTP/2, respects the proxies of the environment and asks for
// compressed responses; small requests without TLS and proxies have connections of
// their own, which cost less. Redirects are never followed. Credentials that rt adds
// as headers are masked where the API echoes them.
//
// Of the caller's headers only Accept-Language and X-Request-Id, and
// Traceparent and Tracestate if they are valid, are copied, to a request that
// does not have them already. A trace in the "_meta" of the message comes before that
// in the header: see [TraceFrom].
//
// A request that this package did not build is sent to its path below base.
func Upstream(base string, rt http.RoundTripper) (http.RoundTripper, error) {
	u, err := parseBase(base)
	if err != nil {
		return nil, err
	}
	_, known := rt.(*http.Transport)
	if rt == nil {
		rt, known = plainhttp.New(newTransport(), connectionAge), true
	}
	return &upstream{base: u, prefix: escapedBase(u), next: rt, known: known}, nil
}

type upstream struct {
	base   *url.URL
	prefix string // its path, without a slash at the end
	next   http.RoundTripper
	known  bool // next is known to add no credentials
}

func (t *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	out, err := t.request(r)
	if err != nil {
		closeBody(r)
		return nil, err
	}
	return t.next.RoundTrip(out)
}

// request returns r as it is sent: another request, unless nobody else has r.
func (t *upstream) request(r *http.Request) (*http.Request, error) {
	to := targetFrom(r.Context())
	out, own := r, to.take(r)
	if !own {
		if err := checkBuilt(r, to); err != nil {
			return nil, err
		}
	}
	base, path := t.destination(r, to)
	if !own {
		out = r.WithContext(r.Context())
		out.URL, out.Header = new(url.URL), ownedHeader(r.Header)
	}
	plainPath, err := url.PathUnescape(path)
	if err != nil {
		return nil, refusedError("the path of its URL is not escaped properly")
	}
	*out.URL = url.URL{
		Scheme: base.Scheme, Host: base.Host, Path: plainPath,
		RawPath: path, RawQuery: r.URL.RawQuery, ForceQuery: r.URL.ForceQuery,
	}
	if err := checkURL(out.URL, base.Scheme, base.Host, path); err != nil {
		return nil, err
	}
	out.Host = base.Host
	addOuter(out.Header, callerFrom(r.Context()))
	switch {
	case to == nil:
	case base.Scheme == t.base.Scheme && base.Host == t.base.Host:
		to.attached.attach(out)
	default: // what is for the API is not for another server
		for _, name := range to.forwarded {
			delete(out.Header, name)
		}
	}
	if to != nil && !t.known {
		to.sent = out.Header.Clone()
	}
	return out, nil
}

// destination returns the server that r is sent to, and the escaped path there.
func (t *upstream) destination(r *http.Request, to *target) (server *url.URL, path string) {
	if to == nil {
		path = r.URL.EscapedPath()
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		return t.base, t.prefix + path
	}
	if own := to.location; own != nil && own.server != nil && strings.EqualFold(own.origin, t.base.Scheme+"://"+t.base.Host) {
		return own.server, escapedBase(own.server) + to.path
	}
	if t.prefix != "" {
		return t.base, t.prefix + to.path
	}
	return t.base, to.basePath + to.path
}

// escapedBase returns the path of u as a prefix: without a slash at its end.
func escapedBase(u *url.URL) string { return strings.TrimRight(u.EscapedPath(), "/") }

// addOuter adds to h what little of what the caller says may leave the process.
func addOuter(h http.Header, c *caller) {
	c.trace.addTo(h)
	if c.request == nil {
		return
	}
	copyShort(h, c.request.Header, "Accept-Language")
	copyShort(h, c.request.Header, "X-Request-Id")
	if _, traced := h["Traceparent"]; !traced && isTraceparent(c.request.Header["Traceparent"]) {
		copyShort(h, c.request.Header, "Traceparent")
		copyShort(h, c.request.Header, "Tracestate")
	}
}

// maxCopiedBytes bounds the values of a field of the caller that is copied. W3C
// Trace Context section 3.3.1.5 asks for 512.
const maxCopiedBytes = 1 << 10

func copyShort(to, from http.Header, name string) {
	n := 0
	for _, v := range from[name] {
		n += len(v)
	}
	if n <= maxCopiedBytes {
		copyHeader(to, from, name)
	}
}

// connectionAge is how long a small request may find a connection of such a transport.
const connectionAge = 5 * time.Minute

// newTransport returns the transport of an upstream that was given none. How
// long a call may take is up to its context.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           1024, // what is closed is made again for the next call
		MaxIdleConnsPerHost:    1024,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
	}
}

// parseBase parses the URL of an upstream. Its errors never show a password or
// a query.
func parseBase(base string) (*url.URL, error) {
	if !strings.Contains(base, "://") {
		return nil, missingScheme(base)
	}
	u, err := url.Parse(base)
	if err != nil {
		var parseErr *url.Error
		if errors.As(err, &parseErr) {
			err = parseErr.Err
		}
		return nil, fmt.Errorf("upstream URL cannot be parsed: %w", err)
	}
	shown := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if problem := baseProblem(u, base); problem != "" {
		return nil, fmt.Errorf("upstream URL %q %s", shown, problem)
	}
	return u, nil
}

// missingScheme returns the error for base, which is a host and a path at best.
func missingScheme(base string) error {
	base, _, _ = strings.Cut(strings.TrimLeft(base, "/"), "?")
	host, path, hasPath := strings.Cut(base, "/")
	host = host[strings.LastIndexByte(host, '@')+1:]
	if host == "" {
		return errors.New(`upstream URL has no scheme and no host; write one such as "https://api.example.com"`)
	}
	if hasPath {
		path = "/" + path
	}
	scheme := "https"
	if name, _, _ := strings.Cut(host, ":"); name == "localhost" || net.ParseIP(name).IsLoopback() {
		scheme = "http"
	}
	return fmt.Errorf("upstream URL %q has no scheme; write %s://%s", host+path, scheme, host+path)
}

// baseProblem says what is wrong with u and how to put it right, or "".
func baseProblem(u *url.URL, text string) string {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Sprintf("has the scheme %q; use http or https", u.Scheme)
	case u.Hostname() == "":
		return "has no host; write it after the //"
	case !isPort(u.Port()):
		return "has a port that is not between 1 and 65535; correct it"
	case u.User != nil:
		return "has a user or a password; remove it and set a header or a credential"
	case strings.ContainsAny(text, "?"):
		return "has a query; remove it and set a header or a credential"
	case strings.ContainsAny(text, "#"):
		return "has a fragment; remove it"
	case checkSegments(u) != nil:
		return "has a dot segment in its path; write the path without it"
	}
	return ""
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return s == "" || err == nil && n > 0
}
