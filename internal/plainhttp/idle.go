package plainhttp

import (
	"slices"
	"time"
)

// take returns an idle connection to host, nil if there is none.
func (t *Transport) take(host string) *conn {
	for {
		c := t.pop(host)
		if c == nil {
			return nil
		}
		if c.probe.quiet() {
			c.reused = true
			return c
		}
		c.close()
	}
}

func (t *Transport) pop(host string) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.quits = false
	list := t.idle[host]
	n := len(list)
	if n == 0 {
		return nil
	}
	c := list[n-1]
	t.idle[host] = slices.Delete(list, n-1, n)
	t.count--
	return c
}

// keep takes a connection that nobody uses any more.
func (t *Transport) keep(c *conn) {
	c.since = time.Now()
	if t.Age > 0 && c.since.Sub(c.born) > t.Age || !t.push(c) {
		c.close()
	}
}

func (t *Transport) push(c *conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count >= maxIdle || t.quits {
		return false
	}
	if t.idle == nil {
		t.idle = map[string][]*conn{}
	}
	t.idle[c.host] = append(t.idle[c.host], c)
	t.count++
	if t.timer == nil {
		t.timer = time.AfterFunc(idleTime, t.prune)
	}
	return true
}

// prune closes the connections that have been idle for too long.
func (t *Transport) prune() { t.closeIdle(time.Now().Add(-idleTime)) }

// CloseIdleConnections closes the connections that have no request, as
// [http.Client.CloseIdleConnections] expects of a transport; and unless there is
// another request, those that have one when it has ended.
func (t *Transport) CloseIdleConnections() {
	t.mu.Lock()
	t.quits = true
	t.mu.Unlock()
	t.closeIdle(time.Now())
	t.Next.CloseIdleConnections()
}

// closeIdle closes the connections that have been idle since a time.
func (t *Transport) closeIdle(since time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for host, list := range t.idle {
		old := 0
		for old < len(list) && !list[old].since.After(since) {
			list[old].close()
			old++
		}
		t.count -= old
		if t.idle[host] = slices.Delete(list, 0, old); len(t.idle[host]) == 0 {
			delete(t.idle, host)
		}
	}
	switch {
	case t.timer == nil:
	case t.count == 0:
		t.timer.Stop()
		t.timer = nil
	default:
		t.timer.Reset(idleTime / 2)
	}
}
