package mcpmount

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcpmount/mcpmount/internal/reduce"
	"github.com/mcpmount/mcpmount/internal/tree"
)

// An apiCall is a call of the API that is under way, and the context of its
// request, which has what is known of it and ends with it. As long as nobody asks
// for the end, which most handlers never do, nothing waits for it but who waits
// for the answer.
type apiCall struct {
	server *Server
	caller *caller
	target target
	values callValues // all that the context has but its end

	room *callRoom // for the result, nil if the SDK gets it

	tool      *tool         // nil unless it is a call of one
	arguments *tree.Node    // of it
	fields    *reduce.Paths // of the answer that they choose, nil for all

	allowed  time.Duration
	deadline time.Time
	ending   atomic.Pointer[ending] // nil until somebody asks

	mu       sync.Mutex
	begun    bool
	canceled bool          // maybe before it has begun
	over     bool          // it has ended because there is all of the response
	ended    atomic.Bool   // is written while mu is held
	why      error         // it has ended, nil for what its context says
	wake     chan struct{} // of who waits for a handler; nil for nobody
	lasting  func()        // ends what is done with the answer; nil for nothing

	// substitute answers the call if its handler, which has the goroutine of the
	// call, does not return; nil for handlers with their own.
	substitute *substitute
	stop       func() bool // waiting for another context; nil for none

	// The list of calls that it is in, nil for none, and its neighbors there, which
	// belong to the list.
	list           *callList
	next, previous *apiCall
}

// An ending is the context of a call of which somebody wants to know when it ends.
type ending struct {
	context.Context
	cancel context.CancelFunc
}

// callContext returns the context of a request to the API for t, which is a call
// that must be ended. The context ends when ctx does, and when the call takes too long. Its
// values are those of the caller's current request and nothing else: within a
// session, the values of the SDK's context are those of the request that opened it, which may
// have been somebody else's.
func (s *Server) callContext(ctx context.Context, t *tool) *apiCall {
	var c *apiCall
	m, ours := ctx.Value(messageKey{}).(*messageContext)
	if ours && m.call.server == nil {
		c = &m.call // which is the only one
	} else {
		c = new(apiCall)
	}
	c.server, c.caller = s, callerFrom(ctx)
	c.values = callValues{ctx, c}
	if !ours {
		c.values.Context = c.caller.values()
		if n, ok := ctx.Value(callNoteKey{}).(*callNote); ok && n.traced != nil {
			c.values.Context = n.traced
		}
	}
	c.allowed = s.timeout(t)
	c.deadline = time.Now().Add(c.allowed)
	if ours {
		s.door.calls.add(c)
		if c.caller.session != nil {
			c.begin()
		}
	} else {
		c.stop = context.AfterFunc(ctx, func() { c.end(context.Cause(ctx)) })
	}
	return c
}

// begin says that the call can be canceled now.
func (c *apiCall) begin() {
	c.mu.Lock()
	c.begun = true
	canceled := c.canceled
	c.mu.Unlock()
	if canceled || c.values.Err() != nil { // the session may have ended before it knew of the call
		c.end(context.Canceled)
	}
}

// cancel cancels the call, or what is to become it.
func (c *apiCall) cancel() {
	c.mu.Lock()
	c.canceled = true
	begun := c.begun
	c.mu.Unlock()
	if begun {
		c.end(context.Canceled)
	}
}

// context returns the context that ends with the call, and makes it first.
func (c *apiCall) context() context.Context {
	if e := c.ending.Load(); e != nil {
		return e
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.ending.Load(); e != nil {
		return e
	}
	ctx, cancel := context.WithDeadlineCause(&c.values, c.deadline, callTimeout(c.allowed))
	if c.ended.Load() {
		cancel()
	}
	e := &ending{ctx, cancel}
	c.ending.Store(e)
	return e
}

// Deadline is part of [context.Context].
func (c *apiCall) Deadline() (time.Time, bool) { return c.context().Deadline() }

// Done is part of [context.Context].
func (c *apiCall) Done() <-chan struct{} { return c.context().Done() }

// Err is part of [context.Context].
func (c *apiCall) Err() error { return c.context().Err() }

// Value is part of [context.Context].
func (c *apiCall) Value(key any) any {
	if e := c.ending.Load(); e != nil {
		return e.Value(key)
	}
	return c.values.Value(key)
}

// close ends the call when nobody needs it any more.
func (c *apiCall) close() {
	c.end(nil)
	if c.stop != nil {
		c.stop()
	}
	if c.list != nil {
		c.list.remove(c)
	}
}

// end ends the call, if it has not ended yet; nil is the good end.
func (c *apiCall) end(why error) {
	if why == nil && c.ended.Load() {
		return
	}
	c.mu.Lock()
	ended := c.ended.Load()
	e, wake, lasting := c.ending.Load(), c.wake, c.lasting
	if !ended && (e == nil || e.Err() == nil) {
		c.over, c.why = why == nil, why
	}
	c.ended.Store(true)
	c.mu.Unlock()
	// At the deadline both end by themselves, and say that time is up.
	if e != nil && time.Now().Before(c.deadline) {
		e.cancel()
	}
	if lasting != nil && why != nil && time.Now().Before(c.deadline) {
		lasting()
	}
	if wake != nil {
		signal(wake)
	}
	if c.substitute != nil && why != nil {
		c.substitute.await(why)
	}
}

// hasEnded reports whether end was called.
func (c *apiCall) hasEnded() bool { return c.ended.Load() }

// wakes makes the end of the call wake who waits on a channel.
func (c *apiCall) wakes(wake chan struct{}) {
	c.mu.Lock()
	c.wake = wake
	ended := c.ended.Load()
	c.mu.Unlock()
	if ended {
		signal(wake)
	}
}

// signal wakes who waits on a channel that has room for one signal.
func signal(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// endOf returns why the call that ctx is of was ended, before there was all of the
// response, or else why ctx was, which somebody else may have made of that of the call; nil
// if neither was.
func endOf(ctx context.Context) error {
	c := callOf(ctx)
	if c != nil {
		if why := c.whyEnded(); why != nil || ctx == context.Context(c) {
			return why
		}
	}
	return context.Cause(ctx)
}

// whyEnded returns why the call was ended before there was all of the response, or nil.
func (c *apiCall) whyEnded() error {
	if !c.ended.Load() && c.ending.Load() == nil {
		return nil
	}
	c.mu.Lock()
	ended, over, why := c.ended.Load(), c.over, c.why
	c.mu.Unlock()
	e := c.ending.Load()
	switch {
	case over, !ended && e == nil:
		return nil
	case why != nil:
		return why
	case e == nil:
		return context.Canceled
	}
	cause := context.Cause(e)
	if cause != nil && !isCallTimeout(cause) {
		return context.Canceled // by who waited for it, whatever their reason
	}
	return cause
}

func isCallTimeout(err error) bool {
	var t callTimeout
	return errors.As(err, &t)
}

// callValues is a context with what is known of a call.
type callValues struct {
	context.Context
	call *apiCall
}

type callKey struct{}

// callOf returns the call that ctx is of, nil for none.
func callOf(ctx context.Context) *apiCall {
	if c, ok := ctx.(*apiCall); ok {
		return c
	}
	c, _ := ctx.Value(callKey{}).(*apiCall)
	return c
}

// insideKey marks the context of a request that a server makes, so that it does
// not call itself.
type insideKey struct{ *Server }

// Value is part of [context.Context].
func (v *callValues) Value(key any) any {
	switch key := key.(type) {
	case callerKey:
		return v.call.caller
	case callKey:
		return v.call
	case targetKey:
		return &v.call.target
	case insideKey:
		if key.Server == v.call.server {
			return true
		}
	case messageKey, callNoteKey: // another server that the API calls has its own
		return nil
	}
	if isRouterKey(key) {
		return nil
	}
	return v.Context.Value(key)
}

// lastingContext returns a context for what is done with the answer of the call that ctx
// is of: in process, ctx ends with the handler. It must be canceled.
func lastingContext(ctx context.Context) (context.Context, context.CancelFunc) {
	c := callOf(ctx)
	if c == nil {
		return context.WithCancel(ctx)
	}
	if _, inside := c.server.api.(inProcess); !inside {
		return context.WithCancel(ctx)
	}
	ctx, cancel := context.WithDeadlineCause(&c.values, c.deadline, callTimeout(c.allowed))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lasting = cancel
	if c.canceled {
		cancel()
	}
	return ctx, cancel
}
