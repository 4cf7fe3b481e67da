package mcpmount

import (
	"sync"
	"time"
)

// A callList has the calls that are under way, and ends them when their time is up
// or the server waits no longer. The zero callList is empty.
type callList struct {
	mu      sync.Mutex
	stopped bool
	first   *apiCall

	// One timer watches all calls, since hardly any call takes as long as it may. It fires
	// when the first deadline has come; it is never stopped, but replaced by another one.
	alarm time.Time // when it fires; zero if there is no timer
	timer int       // its number; timers with an earlier number do nothing
}

// add adds c, which must be removed.
func (l *callList) add(c *apiCall) {
	l.mu.Lock()
	stopped := l.stopped
	c.list, c.next = l, l.first
	if c.next != nil {
		c.next.previous = c
	}
	l.first = c
	if l.alarm.IsZero() || c.deadline.Before(l.alarm) || c.deadline.Sub(l.alarm) > c.allowed+time.Second {
		l.watch(c.deadline, c.allowed) // there is no alarm, or it is too late, or overdue: another clock set it
	}
	l.mu.Unlock()
	if stopped {
		c.end(errShutdown)
	}
}

// watch sets the alarm for a time, which comes after the given duration.
func (l *callList) watch(at time.Time, after time.Duration) {
	l.alarm = at
	l.timer++
	timer := l.timer
	time.AfterFunc(after, func() { l.expire(timer) })
}

// expire ends the calls whose time is up, and watches the others.
func (l *callList) expire(timer int) {
	l.mu.Lock()
	if timer != l.timer {
		l.mu.Unlock()
		return
	}
	now := time.Now()
	var late []*apiCall
	l.alarm = time.Time{}
	next := time.Time{}
	for c := l.first; c != nil; c = c.next {
		switch {
		case !c.deadline.After(now):
			late = append(late, c)
		case next.IsZero() || c.deadline.Before(next):
			next = c.deadline
		}
	}
	if !next.IsZero() {
		l.watch(next, next.Sub(now))
	}
	l.mu.Unlock()
	for _, c := range late {
		c.end(callTimeout(c.allowed))
	}
}

// remove removes c, if it is still there.
func (l *callList) remove(c *apiCall) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case c.previous != nil:
		c.previous.next = c.next
	case l.first == c:
		l.first = c.next
	}
	if c.next != nil {
		c.next.previous = c.previous
	}
	c.next, c.previous = nil, nil
}

// stop ends all calls, and those that are added later.
func (l *callList) stop() {
	l.mu.Lock()
	l.stopped = true
	var calls []*apiCall
	for c := l.first; c != nil; c = c.next {
		calls = append(calls, c)
	}
	l.mu.Unlock()
	for _, c := range calls {
		c.end(errShutdown)
	}
}
