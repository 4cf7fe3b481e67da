package main

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"maps"
	"reflect"
	"slices"

	"github.com/mcpmount/mcpmount"
)

// change applies a changed configuration to the service. An API whose settings are the same
// is left alone; one that differs in its selection, names, descriptions, answers, overlays or
// lock is updated, and its sessions go on; any other one gets a new server. If there is an
// error, nothing has changed.
func (s *service) change(ctx context.Context, set *settings) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || ctx.Err() != nil {
		return nil
	}
	if err := s.fits(set); err != nil {
		return err
	}
	next, err := openEach(ctx, set.apis, nil, s.prepare)
	if err != nil {
		return err
	}
	mux, err := s.routes(next)
	if err != nil {
		return err
	}
	s.handler.Store(mux) // before anything says so
	for _, a := range next {
		s.adopt(ctx, a)
	}
	if err := s.metrics.show(next); err != nil { // not known to happen: each API has its own label
		s.log.Error("the metrics of an API cannot be shown", "error", err)
	}
	s.leave(ctx, next)
	s.apis = next
	s.log.Info("the configuration is served", "configuration", s.file, "apis", len(next))
	if changed := changedKeys(s.process, set.process); len(changed) > 0 {
		s.log.Warn("keys of the process itself have changed; restart to have them", "configuration", s.file, "keys", shorten(changed))
	}
	return nil
}

// fits returns an error if the client of standard input and output, which has one server until it
// ends, could not be served by what set says.
func (s *service) fits(set *settings) error {
	if !s.process.Stdio {
		return nil
	}
	const hint = "the client has to start the server again; with --stdio, only selection, names, descriptions, overlays and lock change while it runs"
	if len(set.apis) != 1 {
		return fail(hint, "--stdio serves one API; %s has %d", set.file, len(set.apis))
	}
	old := s.find(set.apis[0].name)
	if old == nil || !set.apis[0].isUpdate(old.apiSettings) {
		return set.apis[0].explain(fail(hint, "this needs another server"))
	}
	return nil
}

// prepare returns the API of settings: the one that is served if nothing changed,
// or another one with its server if that can take over what changed.
func (s *service) prepare(ctx context.Context, settings *apiSettings) (*api, error) {
	old := s.find(settings.name)
	switch {
	case old == nil || !settings.isUpdate(old.apiSettings):
		return settings.open(ctx, s)
	case reflect.DeepEqual(settings.keys, old.keys): // and so are the files that they name
		return old, nil
	}
	a := *old
	a.apiSettings = settings
	if err := a.reread(ctx, s.t); err != nil {
		return nil, settings.explain(err)
	}
	return &a, nil
}

// reread reads the document for a server that runs.
func (a *api) reread(ctx context.Context, t *terminal) error {
	if err := a.check(t); err != nil {
		return err
	}
	locked, err := a.read(ctx, t)
	if err != nil {
		return err
	}
	api := *a.upstream
	api.others = a.src.others(api.base) // another selection can have others, and is the operator's
	a.upstream = &api
	if err := a.fits(a.src, locked); err != nil {
		return err
	}
	_, err = mcpmount.New(a.src.doc, a.upstream.transport, a.keys.options(slog.New(slog.DiscardHandler)))
	return err
}

// adopt serves a, which was prepared, and follows its document.
func (s *service) adopt(ctx context.Context, a *api) {
	old := s.find(a.name)
	switch {
	case a == old:
		return
	case old == nil:
		a.log.Info("API added", "path", a.keys.Path, "tools", len(a.srv.Tools()))
	case a.srv == old.srv:
		old.unwatch()
		a.log.Info("API changed", "keys", shorten(changedKeys(old.keys, a.keys)))
		if err := a.srv.Update(a.src.doc); err != nil { // not known to happen: such a server was made of it
			a.log.Error("the tools of an API could not be updated", "error", err)
		}
	default:
		attrs := []any{"path", a.keys.Path, "tools", len(a.srv.Tools())}
		if keys := changedKeys(old.keys, a.keys); len(keys) > 0 {
			attrs = append(attrs, "keys", shorten(keys))
		}
		if files := changedFiles(old.named, a.named); len(files) > 0 {
			attrs = append(attrs, "files", shorten(files))
		}
		if changes := old.srv.Fingerprints().Changes(a.srv.Fingerprints()); len(changes) > 0 {
			attrs = append(attrs, "changed", shorten(changes))
		}
		a.log.Info("API replaced", attrs...)
	}
	a.metrics.serves(a.srv, a.upstream)
	a.watch(ctx)
	a.probe(ctx)
	a.src.release()
}

// changedFiles returns the names of files that have another sum, or are not in both.
func changedFiles(old, next map[string][sha256.Size]byte) (names []string) {
	both := maps.Clone(old)
	maps.Copy(both, next)
	for name := range both {
		a, before := old[name]
		b, after := next[name]
		if a != b || before != after {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// leave ends the servers that are not among next.
func (s *service) leave(ctx context.Context, next []*api) {
	for _, old := range s.apis {
		if slices.ContainsFunc(next, func(a *api) bool { return a.srv == old.srv }) {
			continue
		}
		if !slices.ContainsFunc(next, func(a *api) bool { return a.name == old.name }) {
			old.log.Info("API removed", "path", old.keys.Path)
		}
		old.unwatch()
		s.retire(ctx, old)
	}
}

// find returns the API that is served under a name, nil if there is none.
func (s *service) find(name string) *api {
	for _, a := range s.apis {
		if a.name == name {
			return a
		}
	}
	return nil
}
