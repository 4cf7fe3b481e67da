package resilient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/mcpmount/mcpmount"
)

// A host is a server that requests are sent to.
type host struct {
	name      string
	transport *Transport
	breaker   *gobreaker.TwoStepCircuitBreaker[any] // nil for none
	failures  int                                   // that open it
	next      atomic.Int64                          // when one that is open lets a request pass, in Unix nanoseconds

	places  chan struct{} // an element for each request under way; nil for any number
	waiting atomic.Int64  // requests that wait for a place

	budget            budget
	retries, refusals atomic.Uint64
}

func newHost(name string, t *Transport) *host {
	h := &host{name: name, transport: t, failures: cmp.Or(t.Failures, DefaultFailures)}
	if t.MaxRequests > 0 {
		h.places = make(chan struct{}, t.MaxRequests)
	}
	if h.failures < 0 {
		return h
	}
	pause := DefaultPause
	if t.Pause > 0 {
		pause = t.Pause
	}
	h.breaker = gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		Timeout: pause,
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			return uint64(counts.ConsecutiveFailures) >= uint64(h.failures)
		},
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			h.changed(from, to, pause)
		},
	})
	return h
}

// changed notes that the breaker has changed.
func (h *host) changed(from, to gobreaker.State, pause time.Duration) {
	log := h.transport.Logger
	if log == nil {
		log = slog.Default()
	}
	switch to {
	case gobreaker.StateOpen:
		h.next.Store(time.Now().Add(pause).UnixNano())
		h.transport.stale.Store(true) // the host may have moved
		if from == gobreaker.StateClosed {
			log.Warn("the API fails and is not called for a while", "host", h.name, "failures", h.failures, "pause", pause)
		}
	case gobreaker.StateClosed:
		log.Info("the API answers again", "host", h.name)
	}
}

func (h *host) isOpen() bool {
	return h.breaker != nil && h.breaker.State() == gobreaker.StateOpen
}

// enter waits for a place, or returns why there is none. leave must follow.
func (h *host) enter(ctx context.Context) error {
	if h.places == nil {
		return nil
	}
	select {
	case h.places <- struct{}{}:
		return nil
	default:
	}
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > int64(cap(h.places)) {
		return h.full("as many wait")
	}
	select {
	case h.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			return context.Cause(ctx)
		}
		return h.full("none of them ended in time")
	}
}

func (h *host) leave() {
	if h.places != nil {
		<-h.places
	}
}

// leaveWith leaves the host with the response, once that has been read, or with an
// error.
func (h *host) leaveWith(res *http.Response, err error) (*http.Response, error) {
	switch {
	case err != nil, h.places == nil:
	case hasBody(res):
		if b, ok := res.Body.(*body); ok && b.host == h { // and not of another Transport, which is Next
			b.leaves = true
			return res, nil
		}
		res.Body = &body{ReadCloser: res.Body, host: h, leaves: true}
		return res, nil
	}
	h.leave()
	return res, err
}

// What the breaker gets to know of failures that have no error.
var (
	errStatus = errors.New("a status that is a failure")
	errPanic  = errors.New("a panic")
)

// send sends a request, if the breaker lets it pass. The body of the response tells the
// breaker how it ended.
func (h *host) send(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	if h.breaker == nil {
		return next.RoundTrip(r)
	}
	done, err := h.breaker.Allow()
	if err != nil {
		closeBody(r)
		return nil, h.broken()
	}
	ended := false
	defer func() {
		if !ended { // next has panicked
			done(errPanic)
		}
	}()
	res, err := next.RoundTrip(r)
	ended = true
	switch {
	case err != nil && !isOrdinary(r):
		done(context.Canceled) // it was not sent because of what it is
	case err != nil:
		done(ending(r.Context(), err))
	case res.StatusCode == http.StatusBadGateway, res.StatusCode == http.StatusServiceUnavailable, res.StatusCode == http.StatusGatewayTimeout:
		done(errStatus)
	case !hasBody(res), isStream(res):
		done(nil)
	default:
		res.Body = &body{ReadCloser: res.Body, host: h, ctx: r.Context(), done: done}
	}
	return res, err
}

// ending returns err, unless the caller has ended ctx and so caused it.
func ending(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Canceled
	}
	return err
}

// isOrdinary reports whether r is a request that http.Transport sends: one with other headers is
// refused before there is a connection, which says nothing about the API.
func isOrdinary(r *http.Request) bool {
	for _, values := range r.Header {
		for _, v := range values {
			if strings.ContainsFunc(v, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
				return false
			}
		}
	}
	return true
}

// broken returns the error for a request that the breaker does not let pass.
func (h *host) broken() error {
	h.refusals.Add(1)
	wait := time.Until(time.Unix(0, h.next.Load()))
	return &mcpmount.UnavailableError{
		Reason:     fmt.Sprintf("the API failed %d times in a row and is left alone for a while", h.failures),
		RetryAfter: max(wait, time.Second), // one that is past was a request to see how the API is
	}
}

// full returns the error for a request that has no place.
func (h *host) full(why string) error {
	h.refusals.Add(1)
	return &mcpmount.UnavailableError{
		Reason:     fmt.Sprintf("the API has %d requests under way, as many as it may, and %s", cap(h.places), why),
		RetryAfter: time.Second,
	}
}
