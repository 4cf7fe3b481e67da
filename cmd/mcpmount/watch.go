package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/mcpmount/mcpmount"
)

const (
	fileInterval = 2 * time.Second
	urlInterval  = time.Minute

	// minInterval keeps a mistyped unit from keeping a processor busy.
	minInterval = 10 * time.Millisecond
)

// A feed is a document that can be read again.
type feed interface {
	// next returns the document if it is another one than at the call before,
	// and nil if it is not, or if it is too early to look; force looks at once.
	next(ctx context.Context, force bool) (*source, error)
}

// watchFlags say how a server follows its document.
type watchFlags struct {
	WatchInterval *time.Duration `placeholder:"2s" help:"how often to look whether DOCUMENT changed (default 2s, for a URL 1m); 0: never, only at SIGHUP"`
}

// check refuses what is known to be wrong.
func (f *watchFlags) check() error {
	if every := f.WatchInterval; every != nil && *every != 0 && *every < minInterval {
		return misuse("--watch-interval 0 turns it off", "--watch-interval must be 0 or at least %s", minInterval)
	}
	return nil
}

// every returns how often to look at src; 0 is never.
func (f *watchFlags) every(src *source) time.Duration {
	switch {
	case f.WatchInterval != nil:
		return *f.WatchInterval
	case src.url != nil:
		return urlInterval
	}
	return fileInterval
}

// A watcher serves a document again when it has changed. What cannot be served
// is said once, and changes nothing.
type watcher struct {
	name   string
	feed   feed // nil if the document cannot be read again
	update func(*source) error
	log    *slog.Logger

	failed error // what was said last; nil if all is well
}

// watch follows src until ctx is done or the returned function is called.
func (c *serveCommand) watch(ctx context.Context, src *source, api *upstream, srv *mcpmount.Server, log *slog.Logger) (stop func()) {
	w := &watcher{name: src.name, feed: src.feed, log: log, update: func(next *source) error {
		return c.update(next, api, srv, log)
	}}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.run(ctx, c.every(src), hangup)
	}()
	return func() {
		signal.Stop(hangup)
		cancel()
		<-done
	}
}

// run looks at the document in intervals, which 0 turns off, and when told to.
func (w *watcher) run(ctx context.Context, every time.Duration, hangup <-chan os.Signal) {
	var tick <-chan time.Time
	if every > 0 && w.feed != nil {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			w.look(ctx, false)
		case <-hangup:
			w.look(ctx, true)
		}
	}
}

// look reads the document and serves it, if it is another one.
func (w *watcher) look(ctx context.Context, force bool) {
	if w.feed == nil {
		w.log.Warn("the document cannot be read again", "document", w.name)
		return
	}
	src, err := w.feed.next(ctx, force)
	if ctx.Err() != nil {
		return
	}
	if err == nil && src == nil {
		w.unchanged(force)
		return
	}
	if err == nil {
		err = w.update(src)
	}
	switch {
	case err != nil && (force || w.failed == nil || w.failed.Error() != err.Error()):
		w.complain(err)
	case err == nil && w.failed != nil:
		w.log.Info("the document is good again", "document", w.name)
	}
	w.failed = err
}

// unchanged answers whoever asked.
func (w *watcher) unchanged(asked bool) {
	switch {
	case asked && w.failed != nil:
		w.complain(w.failed)
	case asked:
		w.log.Info("the document is the same as before", "document", w.name)
	}
}

func (w *watcher) complain(err error) {
	attrs := []any{"document", w.name, "error", err}
	if f := new(failure); errors.As(err, &f) && f.hint != "" {
		attrs = append(attrs, "hint", f.hint)
	}
	w.log.Error("the document cannot be served; what was served before stays", attrs...)
}

// update serves src in place of what is served. The API stays where it is: who
// can change a document must not be able to lead calls elsewhere.
func (c *serveCommand) update(src *source, api *upstream, srv *mcpmount.Server, log *slog.Logger) error {
	if err := c.prepare(src); err != nil {
		return err
	}
	locked, err := c.hold(src, log)
	if err != nil {
		return err
	}
	if err := src.notEmpty(); err != nil {
		return err
	}
	base, _, err := c.destination(src, api.secrets)
	if err != nil {
		return err
	}
	if base.String() != api.base.String() {
		return fail("restart to call it there, or start with --upstream "+displayURL(api.url),
			"the API would be at %s, no longer at %s", displayURL(base), displayURL(api.base))
	}
	if locked != nil {
		next, err := mcpmount.New(src.doc, api.transport, c.options(slog.New(slog.DiscardHandler)))
		if err != nil {
			return err
		}
		if err := locked.compare(next); err != nil {
			return err
		}
	}
	return srv.Update(src.doc)
}
