// Package resilient keeps calls of an API in bounds when the API is slow, restarts or
// fails: it sends again what is safe to send again, stops asking an API that fails
// all the time, and bounds how many requests are under way.
//
//	api := &resilient.Transport{Next: &http.Transport{IdleConnTimeout: time.Minute}}
//	upstream, err := mcpmount.Upstream("https://api.example.com", api)
//
// How long a call may take is up to its context: mcpmount.Limits.CallTimeout and
// mcpmount.Operation.Timeout.
package resilient

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults of [Transport].
const (
	DefaultRetries       = 2
	DefaultMaxWait       = 10 * time.Second
	DefaultFailures      = 5
	DefaultPause         = 5 * time.Second
	DefaultConnectionAge = 5 * time.Minute
)

// A Transport is an [http.RoundTripper] in front of another one. Each host has a
// breaker, a budget of retries and places of its own, so hosts must not be made up
// by callers: the state of each host is kept. The zero Transport is ready to use. It is
// safe for concurrent use; its fields must not change once it is used.
//
// The bodies of its responses must be read to their end or closed, as ever.
type Transport struct {
	// Next sends requests. If nil, a copy of http.DefaultTransport as it is at the
	// first request.
	Next http.RoundTripper

	// Retries is how often a request is sent again at most. A request of any method is
	// sent again if nothing of it can have been sent, since no connection was made. GET,
	// HEAD and OPTIONS are also sent again if the connection broke before there was a
	// response, or if the response has at most 64 KiB and the status 502, 503, or 429
	// with a Retry-After (RFC 9110 section 10.2.3). The request must have no body, or
	// one that GetBody returns.
	// Retries must fit the deadline of the request's context, and a budget: of the
	// requests to a host, ten and a fifth of all can be retries. Zero is
	// [DefaultRetries], negative none.
	Retries int

	// RetryIdempotent treats PUT and DELETE like GET: RFC 9110 section 9.2.2 calls
	// them idempotent, since a second one changes nothing more, but a second DELETE may
	// be answered with 404. If false, they are sent again only if nothing can have
	// been sent.
	RetryIdempotent bool

	// MaxWait is how long a Retry-After may ask to wait for a request to be sent
	// again; with one that asks for more, the response is returned at once. Zero is
	// [DefaultMaxWait], negative means that none is waited for.
	MaxWait time.Duration

	// MaxRequests is how many requests to a host may be under way at a time, each
	// until the body of its response has been read or closed. As many more wait for
	// a place until their contexts end; what comes beyond is refused with a
	// [mcpmount.UnavailableError]. Zero and negative mean any number.
	MaxRequests int

	// Failures is after how many failures in a row the breaker opens: requests are
	// then refused with a [mcpmount.UnavailableError], for the time of Pause. After
	// that one request is sent, and its end decides what becomes of the others.
	// Failures are the lack of a response, a body that breaks off (unless it is a
	// stream of events or records), and the statuses 502, 503 and 504; not that a
	// caller cancels a request. Zero is [DefaultFailures], negative means that the
	// breaker never opens.
	Failures int

	// Pause is how long the breaker stays open. If zero or negative, [DefaultPause].
	Pause time.Duration

	// ConnectionAge is the age from which on a connection gets no new requests, so
	// that changes of DNS are seen under load, too. It works if Next is nil; if it is
	// an *http.Transport, which should have an IdleConnTimeout, and is replaced by
	// clones of itself, without the protocols that were registered with it; and if it
	// has a method Clone() http.RoundTripper, which returns one without connections.
	// Any other Next keeps its connections. Zero is [DefaultConnectionAge], negative
	// means that connections are used as long as there are requests.
	ConnectionAge time.Duration

	// Logger is told when a breaker opens and closes. If nil, slog.Default().
	Logger *slog.Logger

	mu    sync.Mutex
	pool  pool
	hosts map[string]*host
	stale atomic.Bool // whether connections are to be made anew
}

// RoundTrip implements [http.RoundTripper].
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	h := t.host(r.URL.Host)
	if err := h.enter(r.Context()); err != nil {
		closeBody(r)
		return nil, err
	}
	returned := false
	defer func() {
		if !returned { // Next has panicked
			h.leave()
		}
	}()
	res, err := t.roundTrip(h, r)
	returned = true
	return h.leaveWith(res, err)
}

// roundTrip sends r to h, and again where it should be.
func (t *Transport) roundTrip(h *host, r *http.Request) (*http.Response, error) {
	h.budget.earn()
	last := t.try(h, r, 1)
	for {
		wait, again := t.again(last)
		if !again || h.isOpen() || !last.keep() || !h.budget.spend() {
			return last.response, last.err
		}
		if err := sleep(r.Context(), wait); err != nil {
			return nil, err
		}
		next, err := rewound(r)
		if err != nil {
			return last.response, last.err
		}
		later := t.try(h, next, last.number+1)
		if later.isRefused() {
			return last.response, last.err // something was sent, after all
		}
		h.retries.Add(1)
		last = later
	}
}

// try sends r once.
func (t *Transport) try(h *host, r *http.Request, number int) attempt {
	start := time.Now()
	res, err := h.send(t.next(start), r) //nolint:bodyclose // who gets the attempt does that
	return attempt{r, res, err, number, time.Since(start)}
}

// host returns what is known of a host.
func (t *Transport) host(name string) *host {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.hosts[name]
	if h == nil {
		if t.hosts == nil {
			t.hosts = map[string]*host{}
		}
		h = newHost(name, t)
		t.hosts[name] = h
	}
	return h
}

// next returns what sends a request now.
func (t *Transport) next(now time.Time) http.RoundTripper {
	age := cmp.Or(t.ConnectionAge, DefaultConnectionAge)
	if t.stale.Load() && t.stale.Swap(false) {
		age = 0
	}
	t.mu.Lock()
	next, old := t.pool.get(t.Next, now, age)
	t.mu.Unlock()
	if old != nil {
		closeIdle(old) // and those that are under way close when they are done
	}
	return next
}

// CloseIdleConnections closes the connections that have no request, as
// http.Client.CloseIdleConnections expects of a transport.
func (t *Transport) CloseIdleConnections() {
	t.mu.Lock()
	next := t.pool.current
	t.mu.Unlock()
	if next == nil {
		next = t.Next
	}
	closeIdle(next)
}

// sleep waits for d, or returns why ctx has ended.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// closeBody closes the body of a request that is not sent, as RoundTrip must.
func closeBody(r *http.Request) {
	if r.Body != nil {
		r.Body.Close()
	}
}
