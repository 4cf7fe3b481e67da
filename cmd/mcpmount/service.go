package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcpmount/mcpmount/auth"
)

// handover is how long a server that another one replaces still takes calls:
// those whose requests were on their way to it.
const handover = time.Second

// A service is what a process serves: APIs, each at its path. Requests find the APIs
// of the moment; one change comes after the other.
type service struct {
	t       *terminal
	process processKeys
	file    string            // the configuration, "" if flags say all
	files   []string          // that it reads
	sum     [sha256.Size]byte // of both at the start
	tls     *tls.Config
	log     *slog.Logger
	traces  *traces // nil for none

	metrics    *metrics // nil if nobody asked for them
	metricsURL string   // where they are, "" for nowhere

	handler atomic.Pointer[http.ServeMux]

	mu     sync.Mutex
	apis   []*api
	closed bool

	leaving sync.WaitGroup // servers that were replaced, and let their calls finish
}

// newService returns a service without APIs.
func newService(t *terminal, set *settings) (*service, error) {
	s := &service{t: t, process: set.process, file: set.file, files: set.files, sum: set.sum, log: set.process.logger(t.stderr)}
	var err error
	if s.tls, err = s.process.config(s.log); err != nil {
		return nil, set.top.explain(err)
	}
	if s.process.MetricsListen != "" {
		if s.metrics, err = newMetrics(set.file != ""); err != nil {
			return nil, err
		}
	}
	if s.process.Stdio && len(set.apis) != 1 {
		return nil, misuse("leave out --stdio", "--stdio serves one API; %s has %d", set.file, len(set.apis))
	}
	return s, nil
}

// open makes the servers of the APIs, the first ones of the service.
func (s *service) open(ctx context.Context, list []*apiSettings) error {
	var err error
	s.apis, err = openEach(ctx, list, nil, func(ctx context.Context, settings *apiSettings) (*api, error) { return settings.open(ctx, s) })
	if err != nil {
		return err
	}
	mux, err := s.routes(s.apis)
	if err != nil {
		return err
	}
	for _, a := range s.apis {
		a.metrics.serves(a.srv, a.upstream)
	}
	s.handler.Store(mux)
	return s.metrics.show(s.apis)
}

// lookLonger is how long more mistakes are looked for once there is one: documents may be on
// servers that do not answer.
const lookLonger = 10 * time.Second

// openEach opens each API of list. Its error has all mistakes: the known ones, which may be
// nil, and those that open returns.
func openEach(ctx context.Context, list []*apiSettings, known error, open func(context.Context, *apiSettings) (*api, error)) ([]*api, error) {
	var apis []*api
	var wrong []error
	cancel := func() {}
	defer func() { cancel() }()
	tell := func(err error) {
		if wrong = append(wrong, err); len(wrong) == 1 {
			ctx, cancel = context.WithTimeout(ctx, lookLonger)
		}
	}
	if known != nil {
		tell(known)
	}
	for _, settings := range list {
		a, err := open(ctx, settings)
		switch {
		case err == nil:
			apis = append(apis, a)
		case len(wrong) > 0 && ctx.Err() != nil:
			return nil, mistakesOf(wrong...)
		default:
			tell(err)
		}
	}
	return apis, mistakesOf(wrong...)
}

// further returns err and, if that is about a place in the file, why APIs whose keys are right
// could not be served. s may be nil.
func (s *settings) further(ctx context.Context, t *terminal, err error) error {
	if s == nil || placeOf(err) == (position{}) {
		return err
	}
	of := &service{t: t, process: s.process, log: quietLogger(t.stderr)}
	_, err = openEach(ctx, s.apis, err, func(ctx context.Context, a *apiSettings) (*api, error) { return a.open(ctx, of) })
	return err
}

// routes returns what serves list. Nothing of the APIs themselves is changed.
func (s *service) routes(list []*api) (*http.ServeMux, error) {
	mux := http.NewServeMux()
	var wrong []error
	for _, a := range list {
		err := a.srv.Mount(mux, a.keys.Path)
		if err == nil && a.logins != nil {
			err = a.logins.Mount(mux)
		}
		if err != nil {
			wrong = append(wrong, a.explain(misuse("--path "+a.endpoint(), "--path: %w", err)))
		}
	}
	if err := mistakesOf(wrong...); err != nil {
		return nil, err
	}
	if len(list) == 1 && list[0].keys.on() {
		mux.Handle(auth.WellKnown, list[0].srv.Metadata()) // where some clients look
	}
	handleStatus(mux, list)
	return mux, nil
}

// ServeHTTP implements [http.Handler] by the APIs of the moment.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handler.Load().ServeHTTP(w, r)
}

// follow applies changes of the configuration and of the documents of the APIs, until ctx is
// done or the returned function is called. read reads the configuration.
func (s *service) follow(ctx context.Context, read func() (*settings, error)) (stop func()) {
	stopFile := func() {}
	s.mu.Lock()
	for _, a := range s.apis {
		a.watch(ctx)
	}
	s.mu.Unlock()
	if s.file != "" {
		feed := &configFeed{name: s.file, files: s.files, sum: s.sum, read: read}
		w := &watcher[settings]{kind: "configuration", feed: feed, log: s.log.With("configuration", s.file), tried: s.metrics.configReloaded}
		w.update = func(next *settings) error {
			err := s.change(ctx, next)
			if err == nil {
				feed.resting = time.Time{}
			}
			return err
		}
		stopFile = w.follow(ctx, s.every())
	}
	return func() {
		stopFile()
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, a := range s.apis {
			a.unwatch()
		}
	}
}

// every returns how often the configuration is looked at: as often as the API that
// is looked at most often. 0 is never.
func (s *service) every() (every time.Duration) {
	for _, a := range s.apis {
		own := fileInterval
		if a.keys.WatchInterval != nil {
			own = *a.keys.WatchInterval
		}
		if own > 0 && (every == 0 || own < every) {
			every = own
		}
	}
	return every
}

// watch follows the document until ctx is done or unwatch is called.
func (a *api) watch(ctx context.Context) {
	w := &watcher[source]{kind: "document", feed: a.src.feed, update: a.update, log: a.log.With("document", a.src.name), tried: a.metrics.documentReloaded}
	a.unwatch = w.follow(ctx, a.keys.every(a.src))
}

// retire ends a server that nobody finds any more, once its calls have finished.
func (s *service) retire(ctx context.Context, a *api) {
	s.leaving.Go(func() {
		select {
		case <-ctx.Done():
		case <-time.After(handover):
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.process.ShutdownTimeout)
		defer cancel()
		if err := a.srv.Shutdown(ctx); err != nil {
			a.log.Warn("calls of a server that was replaced were cut off", "after", s.process.ShutdownTimeout)
		}
	})
}

// Shutdown implements [drainer]: it lets the calls of all APIs finish.
func (s *service) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	list := slices.Clone(s.apis)
	s.mu.Unlock()
	ends := make(chan error, len(list))
	for _, a := range list {
		go func() { ends <- a.srv.Shutdown(ctx) }()
	}
	var err error
	for range list {
		err = errors.Join(err, <-ends)
	}
	s.leaving.Wait()
	return err
}

// serveHTTP serves on the network. Once the port is open, it says ready.
func (s *service) serveHTTP(ctx context.Context) error {
	listener, err := listen(ctx, s.process.Listen)
	if err != nil {
		return err
	}
	base := "http://"
	if s.tls != nil {
		base, listener = "https://", tls.NewListener(listener, s.tls)
	}
	s.tell(base + reachable(listener.Addr()))
	s.probe(ctx)
	return s.process.serve(ctx, listener, s.process.seen(s), s, s.log)
}

// serveStdio serves the only API to the client that started this process.
func (s *service) serveStdio(ctx context.Context) error {
	s.tell("")
	return serveStdio(ctx, s.apis[0].srv, s.t, s.process.ShutdownTimeout)
}

// tell says what is served, and where. The base of the URLs is "" for stdio.
func (s *service) tell(base string) {
	clients := map[string]client{}
	for _, a := range s.apis {
		n := newNotice(a.src, a.upstream, a.srv)
		n.api, n.config = a.name, s.file
		n.title = cmp.Or(a.keys.Name, n.title)
		if a.logins != nil {
			n.redirect = a.logins.RedirectURI()
		}
		if base != "" {
			n.url = cmp.Or(a.keys.PublicURL, base+a.keys.Path)
			clients[cmp.Or(a.name, slug(n.title))] = client{"http", n.url, a.keys.headers()}
		}
		n.print(s.t.stderr, s.log)
		a.src.release()
	}
	printClients(s.t.stderr, s.log, clients)
	printMetrics(s.t.stderr, s.log, s.metricsURL)
	debug.FreeOSMemory() // reading takes several times the memory of serving
}
