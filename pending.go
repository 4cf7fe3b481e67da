package mcpmount

import (
	"math"
	"sync"
	"time"
)

// maxPending bounds the messages of a session that wait or are being handled:
// the SDK itself queues any number of them.
const maxPending = 128

// pendingFor is how long a message keeps its place after the client has gone,
// if the SDK drops it without handling it.
const pendingFor = time.Minute

// A quota is a number of places.
type quota struct {
	max int

	mu    sync.Mutex
	taken int
}

// take takes n places, or none if there are not as many.
func (q *quota) take(n int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n > q.max-q.taken {
		return false
	}
	q.taken += n
	return true
}

func (q *quota) give(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken -= n
}

// A ticket holds the places of the messages of one POST. A nil ticket holds
// none.
type ticket struct {
	places  *quota
	session *session // that is left when the last place has been given back; nil for none

	mu    sync.Mutex
	left  int
	timer *time.Timer
}

// give gives back n places, or what is left.
func (t *ticket) give(n int) {
	if t != nil && t.take(n) && t.session != nil {
		t.session.leave()
	}
}

// take reports whether it took the last place away from t.
func (t *ticket) take(n int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	n = min(n, t.left)
	t.left -= n
	t.places.give(n)
	if t.left == 0 && t.timer != nil {
		t.timer.Stop()
	}
	return n > 0 && t.left == 0
}

func (t *ticket) giveAll() { t.give(math.MaxInt) }

// expire gives back what is left after a while.
func (t *ticket) expire() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left > 0 {
		t.timer = time.AfterFunc(pendingFor, t.giveAll)
	}
}
