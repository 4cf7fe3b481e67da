package mcpmount

import (
	"container/list"
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
	new   list.List // of sessions that are idle, and were not used yet; the longest idle first
	used  list.List // of sessions that are idle, and were used
}

// A session is a place that is taken. Its fields are guarded by the table.
type session struct {
	table *sessionTable
	of    principal
	id    string // "" until it is known to the SDK, and of a stream

	close    func()          // ends it in the SDK, which it does by itself until it is initialized
	life     context.Context // of its calls: when it has ended, nobody can fetch an answer
	end      context.CancelFunc
	messages quota
	underWay underWay
	odd      atomic.Bool // its answers depend on what only the SDK knows of it

	users int       // requests, and the messages of requests that have ended
	since time.Time // when it was used last, if nobody uses it
	used  bool      // there was a message after the first one
	ended bool
	timer *time.Timer   // runs while nobody uses it
	entry *list.Element // of one of the owner's lists, while nobody uses it
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
	s := &session{table: t, of: p, users: 1, close: func() {}, messages: quota{max: maxPending}}
	s.life, s.end = context.WithCancel(context.Background())
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
	var least *session
	if e := o.new.Front(); e != nil {
		least = e.Value.(*session)
	}
	if e := o.used.Front(); e != nil {
		s := e.Value.(*session)
		if (p != nobody || time.Since(s.since) >= patience) && (least == nil || s.since.Before(least.since)) {
			least = s
		}
	}
	return least
}

// enter takes n places for messages in the session with the given id, which the
// caller uses until it calls leave. It returns nil if p has no such session, and
// false if there is no room for the messages.
func (t *sessionTable) enter(id string, p principal, n int) (*session, *ticket, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.byID[id]
	if s == nil || s.of != p {
		return nil, nil, true
	}
	if !s.messages.take(n) {
		return s, nil, false
	}
	s.used = true
	s.users++
	t.unlist(s)
	if n == 0 {
		return s, nil, true
	}
	s.users++
	return s, &ticket{places: &s.messages, left: n, done: s.leave}, true
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
		t.list(s)
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

// list notes that nobody uses s.
func (t *sessionTable) list(s *session) {
	s.since = time.Now()
	wait, where := t.idle, &t.owners[s.of].used
	if !s.used {
		wait, where = min(wait, patience), &t.owners[s.of].new
	}
	s.entry = where.PushBack(s)
	s.timer = time.AfterFunc(wait, func() { t.expire(s, wait) })
}

// unlist notes that somebody uses s.
func (t *sessionTable) unlist(s *session) {
	if s.entry == nil {
		return
	}
	s.timer.Stop()
	o := t.owners[s.of]
	o.new.Remove(s.entry) // which knows which list it is of
	o.used.Remove(s.entry)
	s.entry = nil
}

// expire ends s if nobody has used it for the given time.
func (t *sessionTable) expire(s *session, idle time.Duration) {
	t.mu.Lock()
	if s.ended || s.entry == nil || time.Since(s.since) < idle {
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
	t.unlist(s)
	s.end()
	s.ended = true
	delete(t.byID, s.id)
	t.taken--
	o := t.owners[s.of]
	if o.taken--; o.taken == 0 {
		delete(t.owners, s.of)
	}
	return s.close
}
