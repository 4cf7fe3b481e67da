package mcpmount

import (
	"context"
	"sync/atomic"
	"time"
)

// A lentContext is a context until it is taken back, and then an empty one. The
// SDK keeps the context of the request that opens a session for as long as the
// session: with it, it would keep the request and its connection. Of its values it has
// only those that the SDK itself asks for. Others would be those of later messages, which
// may come, from somebody else, while the request is still being handled.
type lentContext struct {
	ctx      atomic.Pointer[context.Context]
	tokenKey any
}

// lend lends ctx, whose TokenInfo is under tokenKey.
func lend(ctx context.Context, tokenKey any) *lentContext {
	l := &lentContext{tokenKey: tokenKey}
	l.ctx.Store(&ctx)
	return l
}

func (l *lentContext) takeBack() {
	empty := context.Background()
	l.ctx.Store(&empty)
}

func (l *lentContext) Deadline() (time.Time, bool) { return (*l.ctx.Load()).Deadline() }
func (l *lentContext) Done() <-chan struct{}       { return (*l.ctx.Load()).Done() }
func (l *lentContext) Err() error                  { return (*l.ctx.Load()).Err() }

// Value is part of [context.Context].
func (l *lentContext) Value(key any) any {
	if key != l.tokenKey && key != any(callerKey{}) {
		return nil
	}
	return (*l.ctx.Load()).Value(key)
}

// A valueContext also has the values of another context.
type valueContext struct {
	context.Context
	more context.Context
}

func (v valueContext) Value(key any) any {
	if value := v.Context.Value(key); value != nil {
		return value
	}
	return v.more.Value(key)
}
