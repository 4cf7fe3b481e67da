package main

import (
	"context"
	"fmt"
	"net/http"
)

// An idle is what a session costs that its client has opened and does not use.
type idle struct {
	subject
	sessions int
	rss      float64 // bytes per session, of the process
	heap     float64 // bytes per session, in use
	skipped  string
}

// idleSessions opens n sessions at each of the subjects, none of which keeps a
// connection.
func (b *bench) idleSessions(ctx context.Context, n int, subjects ...subject) ([]idle, error) {
	var all []idle
	for _, s := range subjects {
		fmt.Fprintf(b.progress, "%d idle sessions, %s\n", n, s.name)
		i := idle{subject: s, sessions: n}
		if err := b.openSessions(ctx, &i); err != nil {
			i.skipped = err.Error()
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		all = append(all, i)
	}
	return all, nil
}

func (b *bench) openSessions(ctx context.Context, i *idle) error {
	p, err := b.start(ctx, i.subject, spec{Subject: i.name})
	if err != nil {
		return err
	}
	defer p.stop()
	open := func(n int) (rss, heap int64, err error) {
		for range n {
			if _, err := openSession(ctx, p.addr, i.path(session)); err != nil {
				return 0, 0, err
			}
		}
		m, err := get[memory](ctx, http.MethodGet, p.admin+"/memory?gc")
		if err != nil {
			return 0, 0, err
		}
		u, err := p.usage(ctx)
		return u.rss, int64(m.Heap), err
	}
	rss, heap, err := open(i.sessions / 10) // what is made once is there then
	if err != nil {
		return err
	}
	moreRSS, moreHeap, err := open(i.sessions)
	i.rss = float64(moreRSS-rss) / float64(i.sessions)
	i.heap = float64(moreHeap-heap) / float64(i.sessions)
	return err
}
