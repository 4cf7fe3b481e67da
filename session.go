package mcpmount

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
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

func (q *quota) full() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.taken >= q.max
}

// A ticket holds the places of the messages of one POST. A nil ticket holds
// none.
type ticket struct {
	places *quota

	mu    sync.Mutex
	left  int
	timer *time.Timer
}

// give gives back n places, or what is left.
func (t *ticket) give(n int) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n = min(n, t.left)
	t.left -= n
	t.places.give(n)
	if t.left == 0 && t.timer != nil {
		t.timer.Stop()
	}
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

// A sessionStore keeps the events of the SDK's sessions, and thereby knows
// which sessions there are: the SDK opens the stream "" for each, and says when
// it has closed.
type sessionStore struct {
	mcp.EventStore
	places *quota // of sessions

	mu      sync.Mutex
	pending map[string]*quota // of messages, by session
}

func newSessionStore(places *quota) *sessionStore {
	return &sessionStore{EventStore: mcp.NewMemoryEventStore(nil), places: places, pending: map[string]*quota{}}
}

var errTooManySessions = errors.New("too many sessions")

// Open is part of [mcp.EventStore].
func (s *sessionStore) Open(ctx context.Context, session, stream string) error {
	if stream == "" && !s.begin(session) {
		return errTooManySessions
	}
	return s.EventStore.Open(ctx, session, stream)
}

func (s *sessionStore) begin(session string) bool {
	if !s.places.take(1) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending[session] = &quota{max: maxPending}
	return true
}

// SessionClosed is part of [mcp.EventStore].
func (s *sessionStore) SessionClosed(ctx context.Context, session string) error {
	s.mu.Lock()
	if s.pending[session] != nil {
		delete(s.pending, session)
		s.places.give(1)
	}
	s.mu.Unlock()
	return s.EventStore.SessionClosed(ctx, session)
}

// enter takes n places in a session. It returns a nil ticket if there is no
// such session, and false if there is no room.
func (s *sessionStore) enter(session string, n int) (*ticket, bool) {
	s.mu.Lock()
	places := s.pending[session]
	s.mu.Unlock()
	if places == nil {
		return nil, true
	}
	if !places.take(n) {
		return nil, false
	}
	return &ticket{places: places, left: n}, true
}
