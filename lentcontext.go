package mcpmount

import (
	"context"
	"sync/atomic"
	"time"
)

// A lentContext is a context until it is taken back, and then an empty one. The
// SDK keeps the context of the request that opens a session for as long as the
// session: with it, it would keep the request and its connection, and give later
// messages the values of an earlier one.
type lentContext struct {
	ctx atomic.Pointer[context.Context]
}

func lend(ctx context.Context) *lentContext {
	l := new(lentContext)
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
func (l *lentContext) Value(key any) any           { return (*l.ctx.Load()).Value(key) }

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
