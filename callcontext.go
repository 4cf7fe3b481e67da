package mcpmount

import (
	"context"
	"errors"
	"sync"
)

// An apiCall is a call of the API that is under way: its context has what is
// known of it.
type apiCall struct {
	ctx    context.Context // ends with the call
	cancel context.CancelFunc
	list   *callList // that it is in; nil for none

	server *Server
	caller caller
	target target
	values callValues

	mu   sync.Mutex
	over bool        // it is over because there is all of the response
	why  error       // it was ended, nil for what its context says
	stop func() bool // waiting for another context; nil for none
}

// callContext returns the context of a request to the API for t, and the call,
// which must be ended. The context ends when ctx does, and when the call takes too long. Its
// values are those of the caller's current request and nothing else: within a
// session, the values of the SDK's context are those of the request that opened it, which may
// have been somebody else's.
func (s *Server) callContext(ctx context.Context, t *tool) (context.Context, *apiCall) {
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
		c.values.Context = context.Background()
		if c.caller.request != nil {
			c.values.Context = context.WithoutCancel(c.caller.request.Context())
		}
	}
	c.ctx, c.cancel = withCallTimeout(&c.values, s.timeout(t))
	if ours {
		c.list = m.calls
		c.list.add(c)
	} else {
		c.mu.Lock()
		c.stop = context.AfterFunc(ctx, func() { c.end(context.Cause(ctx)) })
		c.mu.Unlock()
	}
	return c.ctx, c
}

// end ends the call, if it has not ended yet; nil is the good end.
func (c *apiCall) end(why error) {
	c.mu.Lock()
	if c.ctx.Err() == nil {
		c.over, c.why = why == nil, why
	}
	stop := c.stop
	c.mu.Unlock()
	c.cancel()
	if stop != nil {
		stop()
	}
	if c.list != nil {
		c.list.remove(c)
	}
}

// endOf returns why the call that ctx is of was ended, before there was all of the
// response; nil if it was not.
func endOf(ctx context.Context) error {
	cause := context.Cause(ctx)
	c, ok := ctx.Value(callKey{}).(*apiCall)
	if cause == nil || !ok {
		return cause
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.over:
		return nil
	case c.why != nil:
		return c.why
	case isCallTimeout(cause):
		return cause
	}
	return context.Canceled // by who waited for it, whatever their reason
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

// insideKey marks the context of a request that a server makes, so that it does
// not call itself.
type insideKey struct{ *Server }

// Value is part of [context.Context].
func (v *callValues) Value(key any) any {
	switch key := key.(type) {
	case callerKey:
		return &v.call.caller
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
	return v.Context.Value(key)
}

// A callList has the calls that end when the server waits no longer. The zero
// callList is empty.
type callList struct {
	mu      sync.Mutex
	stopped bool
	calls   map[*apiCall]struct{}
}

func (l *callList) add(c *apiCall) {
	l.mu.Lock()
	stopped := l.stopped
	if l.calls == nil {
		l.calls = map[*apiCall]struct{}{}
	}
	l.calls[c] = struct{}{}
	l.mu.Unlock()
	if stopped {
		c.end(errShutdown)
	}
}

func (l *callList) remove(c *apiCall) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.calls, c)
}

// stop ends all calls, and those that are added later.
func (l *callList) stop() {
	l.mu.Lock()
	l.stopped = true
	calls := make([]*apiCall, 0, len(l.calls))
	for c := range l.calls {
		calls = append(calls, c)
	}
	l.mu.Unlock()
	for _, c := range calls {
		c.end(errShutdown)
	}
}
