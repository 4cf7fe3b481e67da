// Package plainhttp sends small requests over HTTP/1.1 without TLS in the goroutine
// of the call, as nearly all are to an API that is next to its MCP server. An
// [http.Transport] has two goroutines for each connection and hands every request and
// every response over, which costs a small call a fifth of its time.
package plainhttp

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A Transport is an [http.RoundTripper] with connections of its own. What is not
// small and plain it leaves to Next. It is safe for concurrent use.
type Transport struct {
	// Next says how connections are made (DialContext, Proxy, MaxResponseHeaderBytes),
	// and sends the other requests. It must have a DialContext, and must not change
	// once the Transport is used.
	Next *http.Transport

	// Age is how old a connection may be to be kept for another request, so that changes
	// of DNS are seen under load, too. Zero or negative means any age.
	Age time.Duration

	mu    sync.Mutex
	idle  map[string][]*conn // by the host of the URL; the one that was used last is the last one
	count int                // of all that are idle
	timer *time.Timer        // runs prune; nil while no connection is idle
	quits bool               // no connection is kept until there is another request

	zips sync.Pool // of *gzip.Reader
}

// Connections are kept for as many requests as there were at a time, until they have
// been idle for idleTime.
const (
	maxIdle  = 1024
	idleTime = 90 * time.Second
)

// New returns a Transport in front of next, whose connections have an age; or next itself
// if that has settings which a Transport does not know, and on a system where it cannot
// be told whether an idle connection is still good.
func New(next *http.Transport, age time.Duration) http.RoundTripper {
	if !hasProbe || next.DialContext == nil || next.DisableKeepAlives || next.DisableCompression ||
		next.Protocols != nil || next.MaxConnsPerHost > 0 || next.ResponseHeaderTimeout > 0 {
		return next
	}
	return &Transport{Next: next, Age: age}
}

// Clone returns a Transport with the same settings and no connections.
func (t *Transport) Clone() http.RoundTripper { return &Transport{Next: t.Next.Clone(), Age: t.Age} }

// RoundTrip is part of [http.RoundTripper]. As [http.Transport] does, it sends a
// request again that the API has not answered on a connection that had been idle, if
// that does no harm: the API may have closed it for that (RFC 9110 section 9.2.2).
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !t.takes(r) {
		return t.Next.RoundTrip(r)
	}
	ctx, content := r.Context(), r.Body
	for c := t.take(r.URL.Host); ; c = nil {
		var err error
		if c == nil {
			c, err = t.dial(ctx, r.URL)
		}
		if err != nil {
			if content != nil {
				content.Close()
			}
			return nil, cmp.Or(context.Cause(ctx), err)
		}
		res, err := c.exchange(r, content)
		if err == nil {
			if asksForGzip(r) {
				t.unzip(res)
			}
			return res, nil
		}
		if why := context.Cause(ctx); why != nil {
			return nil, why
		}
		if !c.reused || c.heard || !isReplayable(r) {
			return nil, err
		}
		if hasBody(r) {
			if content, err = r.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

func (t *Transport) dial(ctx context.Context, u *url.URL) (*conn, error) {
	to, err := t.Next.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "80")))
	if err != nil {
		return nil, err
	}
	return newConn(to, u.Host, cmp.Or(t.Next.MaxResponseHeaderBytes, 10<<20), t.keep), nil
}
