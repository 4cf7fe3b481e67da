package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	fileInterval = 2 * time.Second
	urlInterval  = time.Minute

	// minInterval keeps a mistyped unit from keeping a processor busy.
	minInterval = 10 * time.Millisecond
)

// A feed is something that can be read again: a document, or a configuration.
type feed[T any] interface {
	// next returns it if it is another one than at the call before, and nil if it
	// is not, or if it is too early to look; force looks at once.
	next(ctx context.Context, force bool) (*T, error)
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

// A watcher serves what is read again when it has changed. What cannot be served
// is said once, and changes nothing.
type watcher[T any] struct {
	kind   string  // what it is: "document"
	feed   feed[T] // nil if it cannot be read again
	update func(*T) error
	log    *slog.Logger // which says which one
	tried  func(error)  // is told of each attempt; nil for nobody

	failed error // what was said last; nil if all is well
}

// follow looks in intervals, and at SIGHUP, until ctx is done or the returned
// function is called.
func (w *watcher[T]) follow(ctx context.Context, every time.Duration) (stop func()) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.run(ctx, every, hangup)
	}()
	return func() {
		signal.Stop(hangup)
		cancel()
		<-done
	}
}

// run looks in intervals, which 0 turns off, and when told to.
func (w *watcher[T]) run(ctx context.Context, every time.Duration, hangup <-chan os.Signal) {
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

// look reads anew and serves that, if it is another one.
func (w *watcher[T]) look(ctx context.Context, force bool) {
	if w.feed == nil {
		w.log.Warn("the " + w.kind + " cannot be read again")
		return
	}
	next, err := w.feed.next(ctx, force)
	if ctx.Err() != nil {
		return
	}
	if err == nil && next == nil {
		w.unchanged(force)
		return
	}
	if err == nil {
		err = w.update(next)
	}
	if w.tried != nil {
		w.tried(err)
	}
	switch {
	case err != nil && (force || w.failed == nil || w.failed.Error() != err.Error()):
		w.complain(err)
	case err == nil && w.failed != nil:
		w.log.Info("the " + w.kind + " is good again")
	}
	w.failed = err
}

// unchanged answers whoever asked.
func (w *watcher[T]) unchanged(asked bool) {
	switch {
	case asked && w.failed != nil:
		w.complain(w.failed)
	case asked:
		w.log.Info("the " + w.kind + " is the same as before")
	}
}

func (w *watcher[T]) complain(err error) {
	told := err.Error()
	if all := (mistakes)(nil); errors.As(err, &all) {
		told = fmt.Sprintf("%v (and %s)", all[0], count(len(all)-1, "more mistake"))
	}
	attrs := []any{"error", told}
	if f := new(failure); errors.As(err, &f) && f.hint != "" {
		attrs = append(attrs, "hint", f.hint)
	}
	w.log.Error("the "+w.kind+" cannot be served; what was served before stays", attrs...)
}
