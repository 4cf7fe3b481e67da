package mcpmount

import (
	"context"
	"sync"
	"time"
)

// errShutdown is the cause of the end of a call that [Server.Shutdown] did not
// wait for.
var errShutdown error = shutdownError{}

type shutdownError struct{}

func (shutdownError) Error() string { return "the server is shutting down" }

// Is makes a shutdownError a [context.Canceled].
func (shutdownError) Is(target error) bool { return target == context.Canceled }

// lifetime returns the context in which a message of c is handled. It ends with
// ctx, which the SDK ends when it hears that the message is cancelled; when the
// caller has left for good; and when the server waits no longer.
func (d *frontDoor) lifetime(ctx context.Context, c caller) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancelCause(ctx)
	unwatch := context.AfterFunc(d.stopped, func() { end(errShutdown) })
	stop := func() { unwatch(); end(nil) }
	if c.gone == nil {
		return ctx, stop
	}
	forget := context.AfterFunc(c.gone, func() { end(context.Canceled) })
	return ctx, func() { forget(); stop() }
}

// goneFor returns the context that ends when the sender of a message outside of
// a session cannot be answered any more, or nil if that does not matter. From
// 2026-07-28 on, a disconnect is a cancellation (basic/patterns/cancellation).
// Before, it is not to be taken for one (2025-11-25, basic/transports, "Sending
// Messages to the Server"), and [Options.KeepCalls] decides.
func (s *Server) goneFor(ctx context.Context, modern bool) context.Context {
	if s.opts.KeepCalls && !modern {
		return nil
	}
	return ctx
}

// timeout returns how long a call of t may take.
func (s *Server) timeout(t *tool) time.Duration {
	limits := Limits{CallTimeout: t.op.Timeout}
	if t.op.Timeout == 0 {
		return s.opts.Limits.CallTimeout
	}
	return limits.withDefaults().CallTimeout
}

// lastWords is how long calls that Shutdown has canceled may take to be
// answered.
const lastWords = 500 * time.Millisecond

// stopCalls cancels what is under way.
func (d *frontDoor) stopCalls() {
	d.stop()
	d.calls.stop()
}

// drain refuses further messages, waits for those under way, and closes all
// sessions. When ctx ends, it cancels what is under way.
func (d *frontDoor) drain(ctx context.Context) error {
	defer d.stopCalls()
	err := d.gate.close(ctx)
	if err != nil {
		d.stopCalls()
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer cancel()
		_ = d.gate.close(wait)
	}
	d.sse.close()
	var closing sync.WaitGroup
	for session := range d.server.mcp.Sessions() {
		closing.Go(func() { _ = session.Close() }) // which waits for its calls
	}
	closed := make(chan struct{})
	go func() {
		closing.Wait()
		close(closed)
	}()
	select {
	case <-closed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
