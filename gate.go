package mcpmount

import (
	"context"
	"sync"
	"sync/atomic"
)

// A gate counts what is under way, and can be closed. The zero gate is open.
type gate struct {
	mu     sync.Mutex
	inside int
	closed atomic.Bool   // is written while mu is held
	empty  chan struct{} // closed when nothing is inside after close
}

// enter reports whether the gate is open; if so, leave must follow.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed.Load() {
		return false
	}
	g.inside++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.closed.Load() && g.inside == 0 {
		close(g.empty)
	}
}

// A visit is one entry through a gate. Leaving more than once does nothing.
type visit struct {
	gate *gate
	left sync.Once
}

func (v *visit) leave() { v.left.Do(v.gate.leave) }

// depart ends v, which may have ended already. A nil v stands for an entry without a
// visit, which is still inside.
func (g *gate) depart(v *visit) {
	if v == nil {
		g.leave()
	} else {
		v.leave()
	}
}

func (g *gate) isClosed() bool { return g.closed.Load() }

// close closes the gate and waits until all have left or ctx ends.
func (g *gate) close(ctx context.Context) error {
	g.mu.Lock()
	if !g.closed.Swap(true) {
		g.empty = make(chan struct{})
		if g.inside == 0 {
			close(g.empty)
		}
	}
	empty := g.empty
	g.mu.Unlock()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
