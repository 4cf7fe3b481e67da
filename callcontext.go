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

// An apiCall is a call of the API that is under way. It is also the context of the
// request, which ends with the call. Most handlers never ask a context when it ends;
// until one does, the call has neither a channel nor a timer for that.
//
// A call is made by callContext; in a session, it can be canceled once it has begun; it
// ends once, with a reason, or with nil when the response is complete; and it is closed
// when nobody needs it any more. The end of a call is neither that of its exchange, whose
// body may still be read, nor its answer, which the substitute may write: see "When a call
// has ended" in docs/architecture.md, and which of the fields below are nil when.
type apiCall struct {
	server *Server
	caller *caller
	target target
	values callValues // the context but for the end of the call

	// room has memory for the result. It belongs to the fast path, which lends it until the
	// answer is in its buffer; nil if the SDK gets the result, which may keep it.
	room *callRoom

	// substitute answers the call if its handler, which runs on the goroutine of the
	// call, does not return. It is set before the call is made; nil if the handler has a
	// goroutine of its own.
	substitute *substitute

	tool      *tool         // nil unless it is a call of one
	arguments *tree.Node    // of it
	fields    *reduce.Paths // of the answer that they choose, nil for all

	allowed  time.Duration
	deadline time.Time
	ending   atomic.Pointer[ending] // nil until somebody asks when the call ends; may end first, at the deadline

	mu       sync.Mutex    // guards what follows up to lasting
	begun    bool          // it can be canceled
	canceled bool          // cancel was called, maybe before it had begun
	complete bool          // it has ended because the response is complete
	unwanted bool          // end was called with a reason, maybe after the response was complete
	ended    atomic.Bool   // end was called; written while mu is held
	why      error         // it has ended for this reason; nil if it is complete, or ending knows
	wake     chan struct{} // wakes whoever waits for the handler; nil for nobody
	lasting  func()        // cancels the context of lastingContext; nil for none

	stop func() bool // stops waiting for the end of the SDK's context; nil if the call is in a list

	// The list that ends the call in time, nil if the SDK has the call, and its neighbors
	// there, which are guarded by the list.
	list           *callList
	next, previous *apiCall
}

// An ending is the context of a call of which somebody wants to know when it ends.
type ending struct {
	context.Context
	cancel context.CancelFunc
}

// callContext returns a new call of t, which is the context of its request to the API; it
// must be closed. The context ends when ctx does, and when the call takes too long. Its
// values are those of the caller's current request and nothing else: within a session,
// the SDK's context has the values of the request that opened it, which may have been
// somebody else's.
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

// cancel cancels the call, at once or when it begins.
func (c *apiCall) cancel() {
	c.mu.Lock()
	c.canceled = true
	begun := c.begun
	c.mu.Unlock()
	if begun {
		c.end(context.Canceled)
	}
}

// context returns the context that ends with the call. The first one to ask has it made.
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

// close ends the call, if it has not ended, and lets go of what it holds.
func (c *apiCall) close() {
	c.end(nil)
	if c.stop != nil {
		c.stop()
	}
	if c.list != nil {
		c.list.remove(c)
	}
}

// end ends the call, if it has not ended yet, for a reason; nil if the response is complete.
func (c *apiCall) end(why error) {
	if why == nil && c.ended.Load() {
		return
	}
	c.mu.Lock()
	e, wake, lasting := c.ending.Load(), c.wake, c.lasting
	if !c.ended.Load() && (e == nil || e.Err() == nil) {
		c.complete, c.why = why == nil, why
	}
	c.unwanted = c.unwanted || why != nil
	c.ended.Store(true)
	c.mu.Unlock()
	// At the deadline both contexts end by themselves, with the time that is up as the cause.
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

// wakes has the end of the call signal wake, at once if it has ended.
func (c *apiCall) wakes(wake chan struct{}) {
	c.mu.Lock()
	c.wake = wake
	ended := c.ended.Load()
	c.mu.Unlock()
	if ended {
		signal(wake)
	}
}

// signal puts a signal into a channel that has room for one, unless one is there already.
func signal(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// endOf returns why ctx ended early: why its call was ended before the response was
// complete, or else the cause of ctx itself, which can be a context that somebody derived
// from that of the call. It is nil if neither has ended.
func endOf(ctx context.Context) error {
	c := callOf(ctx)
	if c != nil {
		if why := c.whyEnded(); why != nil || ctx == context.Context(c) {
			return why
		}
	}
	return context.Cause(ctx)
}

// whyEnded returns why the call was ended before the response was complete, or nil.
func (c *apiCall) whyEnded() error {
	if !c.ended.Load() && c.ending.Load() == nil {
		return nil
	}
	c.mu.Lock()
	complete, why := c.complete, c.why
	c.mu.Unlock()
	if complete || why != nil {
		return why
	}
	cause := context.Cause(c.ending.Load()) // which is there: without it, end sets one of the two
	if cause != nil && !isCallTimeout(cause) {
		return context.Canceled // by who waited for it, whatever their reason
	}
	return cause
}

func isCallTimeout(err error) bool {
	var t callTimeout
	return errors.As(err, &t)
}

// callValues is a context with the values of a call.
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

// lastingContext returns a context for work on the answer to the call of ctx: in process,
// ctx itself ends when the handler returns. The context must be canceled.
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
	if c.unwanted {
		cancel()
	}
	return ctx, cancel
}
