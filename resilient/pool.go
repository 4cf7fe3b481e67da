package resilient

import (
	"net/http"
	"time"
)

// A pool has the transport whose connections are used now.
type pool struct {
	current http.RoundTripper
	since   time.Time
}

// get returns what sends a request now, and the transport whose place it takes, nil
// if it takes none's. http.Transport bounds how long a connection is idle and not how
// long it lives, so that one in use would never be made anew.
func (p *pool) get(first http.RoundTripper, now time.Time, age time.Duration) (next, old http.RoundTripper) {
	if p.current == nil {
		if first == nil {
			first = http.DefaultTransport
			if own := cloneOf(first); own != nil {
				first = own // whose connections are nobody else's
			}
		}
		p.current, p.since = first, now
		return first, nil
	}
	if age < 0 || now.Sub(p.since) < age {
		return p.current, nil
	}
	p.since = now
	young := cloneOf(p.current)
	if young == nil {
		return p.current, nil
	}
	old, p.current = p.current, young
	return young, old
}

// cloneOf returns a transport as rt, without connections, or nil.
func cloneOf(rt http.RoundTripper) http.RoundTripper {
	switch rt := rt.(type) {
	case *http.Transport:
		return rt.Clone()
	case interface{ Clone() http.RoundTripper }:
		return rt.Clone()
	}
	return nil
}

// closeIdle closes the connections of rt that have no request, if it knows how.
func closeIdle(rt http.RoundTripper) {
	if c, ok := rt.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
