package mcpmount

import (
	"container/ring"
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long a session is kept without having been used after it was
// opened, and how long a session of nobody is kept once there is no place for
// another one.
const patience = 5 * time.Minute

// A sessionTable knows the sessions there are, in the SDK's keeping or as
// streams of HTTP with SSE: whose they are, and which of them nobody uses.
type sessionTable struct {
	max   int           // sessions of all
	share int           // sessions of one principal that is known
	idle  time.Duration // that a session may be

	mu     sync.Mutex
	taken  int
	byID   map[string]*session
	owners map[principal]*owner
}

// An owner has sessions.
type owner struct {
	taken int
	new   ring.Ring // before the sessions that are idle, and were not used yet; the longest idle first
	used  ring.Ring // before those that are idle, and were used
}

// A session is a place that is taken. Its fields are guarded by the table.
type session struct {
	table *sessionTable
	of    principal
	owner *owner // that of is
	id    string // "" until it is known to the SDK, and of a stream

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
	place ring.Ring   // in one of the owner's rings, while nobody uses it
	timer *time.Timer // for when it is idle for too long; nil before it was idle
	timed bool        // the timer runs, and may be early
}

func newSessionTable(limits Limits) *sessionTable {
	return &sessionTable{
		max: limits.MaxSessions, share: limits.MaxSessionsPerPrincipal, idle: limits.SessionIdle,
		byID: map[string]*session{}, owners: map[principal]*owner{},
	}
}

// open takes a place for a session of p, which the caller uses until it calls
// leave. If there is none, it ends the session that p has not used for the
// longest time; if there is none either, it returns nil. A session of somebody
// else is never ended.
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
	s.place.Value = s
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

// leastUsed returns the session that ends for another one of p: the one that has
// been idle for the longest time. Nobody is not one client but all that do not
// say who they are: of these, only sessions that were opened and not used, and
// such as have been idle for a while.
func (o *owner) leastUsed(p principal) *session {
	least, _ := o.new.Next().Value.(*session)
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
	s.unlist()
	return s, true
}

// ticket returns a ticket for n places of s that are taken, who uses s until it
// is used up. It is nil for none.
func (s *session) ticket(n int) *ticket {
	if n == 0 {
		return nil
	}
	s.table.mu.Lock()
	defer s.table.mu.Unlock()
	s.users++
	return &ticket{places: &s.messages, left: n, session: s}
}

// leave is called by who does not use the session any more.
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
		s.list()
	}
}

// named makes s the session with the given id.
func (s *session) named(id string) {
	s.table.mu.Lock()
	defer s.table.mu.Unlock()
	s.id = id
	s.table.byID[id] = s
}

// closes says how s is ended in the SDK.
func (s *session) closes(f func()) {
	s.table.mu.Lock()
	defer s.table.mu.Unlock()
	s.close = f
}

// forget gives the place of a session back that has ended.
func (t *sessionTable) forget(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.byID[id]; s != nil {
		t.remove(s)
	}
}

// list notes that nobody uses s. A timer that runs is left alone, since it would be set
// for each message.
func (s *session) list() {
	s.since = time.Now()
	idle := &s.owner.used
	if !s.used {
		idle = &s.owner.new
	}
	idle.Prev().Link(&s.place)
	switch {
	case s.timer == nil:
		s.timer = time.AfterFunc(s.mayIdle(), s.expire)
	case !s.timed:
		s.timer.Reset(s.mayIdle())
	}
	s.timed = true
}

// mayIdle returns how long s may be idle.
func (s *session) mayIdle() time.Duration {
	if !s.used {
		return min(s.table.idle, patience)
	}
	return s.table.idle
}

// unlist notes that somebody uses s.
func (s *session) unlist() { s.place.Prev().Unlink(1) }

// expire ends s if nobody has used it for too long.
func (s *session) expire() {
	t := s.table
	t.mu.Lock()
	s.timed = false
	if s.ended || s.users > 0 {
		t.mu.Unlock()
		return
	}
	if left := s.mayIdle() - time.Since(s.since); left > 0 {
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
	s.unlist()
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
