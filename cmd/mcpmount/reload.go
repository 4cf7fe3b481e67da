package main

import (
	"context"
	"log/slog"
	"reflect"
	"slices"

	"github.com/mcpmount/mcpmount"
)

// change makes the service what a changed configuration says. An API of which nothing
// changed is left alone; one whose selection, names, descriptions, overlays or lock
// did is updated, and its sessions go on; any other one gets a new server. On an
// error nothing has changed.
func (s *service) change(ctx context.Context, set *settings) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || ctx.Err() != nil {
		return nil
	}
	next := make([]*api, len(set.apis))
	for i, settings := range set.apis {
		var err error
		if next[i], err = s.prepare(ctx, settings); err != nil {
			return err
		}
	}
	mux, err := s.routes(next)
	if err != nil {
		return err
	}
	for _, a := range next {
		s.adopt(ctx, a)
	}
	s.handler.Store(mux)
	s.leave(ctx, next)
	s.apis = next
	if !reflect.DeepEqual(set.process, s.process) {
		s.log.Warn("keys of the process itself have changed; restart to have them", "configuration", s.file)
	}
	return nil
}

// prepare returns the API of settings: the one that is served if nothing changed,
// or another one with its server if that can take over what changed.
func (s *service) prepare(ctx context.Context, settings *apiSettings) (*api, error) {
	old := s.find(settings.name)
	switch {
	case old == nil || !settings.isUpdate(old.apiSettings):
		return settings.open(ctx, s.t, &s.process, s.log)
	case settings.isSame(old.apiSettings):
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
		if err := a.srv.Update(a.src.doc); err != nil { // not known to happen: such a server was made of it
			a.log.Error("the tools of an API could not be updated", "error", err)
		}
	default:
		changes := old.srv.Fingerprints().Changes(a.srv.Fingerprints())
		a.log.Info("API replaced", "path", a.keys.Path, "tools", len(a.srv.Tools()), "changed", shorten(changes))
	}
	a.watch(ctx)
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
