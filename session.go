package mcpmount

import (
	"container/ring"
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long a session is kept that was opened and then not used, and how
// long an idle session of nobody is safe from making room for a new one.
const patience = 5 * time.Minute

// A sessionTable knows all sessions, those that the SDK keeps and the streams of
// HTTP with SSE: whom they belong to, and which of them are idle.
type sessionTable struct {
	max   int           // how many sessions there may be
	share int           // how many of them one known principal may have
	idle  time.Duration // how long a session may be idle

	mu     sync.Mutex
	taken  int
	byID   map[string]*session
	owners map[principal]*owner
}

// An owner is a principal that has sessions. The rings are the heads of the lists of its
// idle sessions, the one that has been idle for the longest time first.
type owner struct {
	taken  int
	unused ring.Ring // sessions that were opened and not used yet
	used   ring.Ring // the others
}

// A session is a place in the table. Its fields are guarded by the table.
type session struct {
	table *sessionTable
	of    principal
	owner *owner // the owner that the table has for of
	id    string // "" until the SDK has given it one, and for a stream

	close    func()          // ends it in the SDK, which it does by itself until it is initialized
	life     context.Context // of its calls: when it has ended, nobody can fetch an answer
	end      func()
	messages quota
	underWay underWay
	odd      atomic.Bool // its answers depend on what only the SDK knows of it

	users int       // requests, and the messages of requests that have ended
	since time.Time // when it was used last, if nobody uses it
	used  bool      // there was a message after the first one
	ended bool
	idle  ring.Ring   // its element in one of the owner's rings, while nobody uses it
	timer *time.Timer // ends the session when it has been idle for too long; nil before it was idle
	timed bool        // the timer runs; it may fire too early
}

func newSessionTable(limits Limits) *sessionTable {
	return &sessionTable{
		max: limits.MaxSessions, share: limits.MaxSessionsPerPrincipal, idle: limits.SessionIdle,
		byID: map[string]*session{}, owners: map[principal]*owner{},
	}
}

// open takes a place for a session of p, which the caller uses until it calls
// leave. If no place is free, the session that p has not used for the longest time
// ends; if p has none, open returns nil. A session of somebody else is never ended.
func (t *sessionTable) open(p principal) *session {
	t.mu.Lock()
	o := t.owners[p]
	if o == nil {
		o = &owner{}
	}
	end := func() {}
	if t.taken >= t.max || p != nobody && o.taken >= t.share {
		gone := o.leastUsed(p)
		if gone == nil {
			t.mu.Unlock()
			return nil
		}
		end = t.remove(gone)
	}
	t.taken++
	o.taken++
	t.owners[p] = o
	s := &session{table: t, of: p, owner: o, users: 1, close: func() {}, messages: quota{max: maxPending}}
	s.idle.Value = s
	life, cancel := context.WithCancel(context.Background())
	s.life, s.end = life, func() {
		cancel()
		s.underWay.cancelAll()
	}
	t.mu.Unlock()
	end()
	return s
}

// load returns how many places are taken.
func (t *sessionTable) load() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.taken
}

// leastUsed returns the session that has to make room for another one of p, or nil: the
// one that has been idle for the longest time. Nobody is not one client but all those
// that do not say who they are. Of their sessions, only those count that were opened
// and not used, and those that have been idle for as long as patience.
func (o *owner) leastUsed(p principal) *session {
	least, _ := o.unused.Next().Value.(*session)
	if s, ok := o.used.Next().Value.(*session); ok {
		if (p != nobody || time.Since(s.since) >= patience) && (least == nil || s.since.Before(least.since)) {
			least = s
		}
	}
	return least
}

// enter takes n places for messages in the session with the given id, which the
// caller uses until it calls leave. It returns nil if p has no such session, and
// false if there is no room for the messages.
func (t *sessionTable) enter(id string, p principal, n int) (*session, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.byID[id]
	if s == nil || s.of != p {
		return nil, true
	}
	if !s.messages.take(n) {
		return s, false
	}
	s.used = true
	s.users++
	s.setBusy()
	return s, true
}

// ticket returns a ticket for n places that were taken in s. It counts as a user of s
// until all of them have been given back. It is nil if n is 0.
func (s *session) ticket(n int) *ticket {
	if n == 0 {
		return nil
	}
	s.table.mu.Lock()
	defer s.table.mu.Unlock()
	s.users++
	return &ticket{places: &s.messages, left: n, session: s}
}

// leave ends one use of the session.
func (s *session) leave() {
	t := s.table
	t.mu.Lock()
	defer t.mu.Unlock()
	s.users--
	switch {
	case s.users > 0 || s.ended:
	case s.id == "":
		t.remove(s) // nobody can come back to it
	default:
		s.setIdle()
	}
}

// named makes s the session with the given id.
func (s *session) named(id string) {
	s.table.mu.Lock()
	defer s.table.mu.Unlock()
	s.id = id
	s.table.byID[id] = s
}

// closes sets the function that ends s in the SDK.
func (s *session) closes(f func()) {
	s.table.mu.Lock()
	defer s.table.mu.Unlock()
	s.close = f
}

// forget gives back the place of a session that has ended in the SDK.
func (t *sessionTable) forget(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.byID[id]; s != nil {
		t.remove(s)
	}
}

// setIdle notes that nobody uses s. A timer that runs already is left alone: setting it
// anew for each message costs more than letting it fire too early.
func (s *session) setIdle() {
	s.since = time.Now()
	idle := &s.owner.used
	if !s.used {
		idle = &s.owner.unused
	}
	idle.Prev().Link(&s.idle)
	switch {
	case s.timer == nil:
		s.timer = time.AfterFunc(s.idleLimit(), s.expire)
	case !s.timed:
		s.timer.Reset(s.idleLimit())
	}
	s.timed = true
}

// idleLimit returns how long s may be idle.
func (s *session) idleLimit() time.Duration {
	if !s.used {
		return min(s.table.idle, patience)
	}
	return s.table.idle
}

// setBusy notes that somebody uses s, which may be so already.
func (s *session) setBusy() { s.idle.Prev().Unlink(1) }

// expire ends s if nobody has used it for too long.
func (s *session) expire() {
	t := s.table
	t.mu.Lock()
	s.timed = false
	if s.ended || s.users > 0 {
		t.mu.Unlock()
		return
	}
	if left := s.idleLimit() - time.Since(s.since); left > 0 {
		s.timer.Reset(left)
		s.timed = true
		t.mu.Unlock()
		return
	}
	end := t.remove(s)
	t.mu.Unlock()
	end()
}

// remove gives back the place of s. It returns what ends s in the SDK, to be
// called without the lock.
func (t *sessionTable) remove(s *session) (end func()) {
	s.setBusy()
	if s.timer != nil {
		s.timer.Stop()
	}
	s.end()
	s.ended = true
	delete(t.byID, s.id)
	t.taken--
	if s.owner.taken--; s.owner.taken == 0 {
		delete(t.owners, s.of)
	}
	return s.close
}
