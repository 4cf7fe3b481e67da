package main

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
	"github.com/mcpmount/mcpmount/auth/authserver"
)

// apiSettings are the settings of one API, from flags or from a configuration file.
type apiSettings struct {
	name  string   // "" if they are from flags
	place position // where the configuration file has the API
	keys  apiKeys
	put   []string // the values that replaced each ${…} of the file, which errors must not show

	places map[string]position // where its keys are
	filled map[string]bool     // the keys that had a ${…}

	// named are the sums of the files that keys name and that are read once, when a server is
	// made: if one changes, the API needs a new server.
	named map[string][sha256.Size]byte
}

// apiKeys are the keys of an API in a configuration file, by their flags.
type apiKeys struct {
	Document   string `placeholder:"FILE" help:"OpenAPI document: a file, an https URL, or http on loopback"`
	mountFlags `embed:""`
}

// An api is an API that is served.
type api struct {
	*apiSettings
	process  *processKeys
	log      *slog.Logger
	callers  *auth.Resource     // who may call; nil for anybody
	logins   *authserver.Server // where callers log in; nil if elsewhere
	src      *source            // the document, as it was read first
	upstream *upstream
	srv      *mcpmount.Server
	metrics  *apiMetrics // nil for none
	traces   *traces     // nil for none
	unwatch  func()      // stops following the document; nil if it is not followed
	probes   []probe     // of the identity providers, until they are made
}

// open reads the document and all files of an API, and makes its server. Nothing is sent to
// the API yet. Its errors say which API they are about.
func (s *apiSettings) open(ctx context.Context, of *service) (*api, error) {
	a := &api{apiSettings: s, process: &of.process, log: of.log, traces: of.traces}
	if s.name != "" {
		a.log = a.log.With("api", s.name)
	}
	if err := a.make(ctx, of); err != nil {
		return nil, s.explain(err)
	}
	return a, nil
}

func (a *api) make(ctx context.Context, of *service) error {
	t := of.t
	if err := a.check(t); err != nil {
		return err
	}
	locked, err := a.read(ctx, t)
	if err != nil {
		return err
	}
	a.metrics = of.metrics.of(a.label())
	if a.upstream, err = a.keys.connect(a.src, a.keys.ForwardHeader, a.traces, t, a.log); err != nil {
		return err
	}
	if a.logins, err = a.keys.login(a.callers, a.issuer(), a.keys.PublicURL, a.src.doc, t, a.log); err != nil {
		return err
	}
	if a.probes, err = a.keys.probes(a.keys.PublicURL, t); err != nil {
		return err
	}
	if a.srv, err = a.newServer(t); err != nil {
		return err
	}
	if locked != nil {
		return locked.compare(a.srv)
	}
	return nil
}

// issuer returns the URL of the server where callers log in, if it is this process:
// one for each API of a file, so that several can have one.
func (a *api) issuer() string {
	u, err := url.Parse(a.keys.PublicURL)
	if err != nil || a.name != "" {
		return strings.TrimRight(a.keys.PublicURL, "/")
	}
	return u.Scheme + "://" + u.Host
}

// check refuses what is known to be wrong.
func (a *api) check(t *terminal) (err error) {
	k := &a.keys
	for _, own := range statusPaths() {
		if strings.TrimRight(k.Path, "/") == own {
			return misuse("--path "+a.endpoint(), "--path %s is where the server tells its health", k.Path)
		}
	}
	if strings.HasPrefix(k.Path, "/.well-known/") {
		return misuse("--path "+a.endpoint(), "--path: below /.well-known is what servers tell of themselves")
	}
	if err := k.authFlags.check(a.process.Stdio); err != nil {
		return err
	}
	if !a.process.Stdio {
		if err := a.process.admit(k.on(), a.process.encrypted(), k.AllowUnauthenticated); err != nil {
			return err
		}
	}
	if err := checkPublicURL(k.PublicURL); err != nil {
		return err
	}
	if a.callers, err = k.resource(k.PublicURL, t, a.log); err != nil {
		return err
	}
	if err := k.watchFlags.check(); err != nil {
		return err
	}
	if err := k.limitFlags.check(); err != nil {
		return err
	}
	return k.apiFlags.check()
}

// read reads the document, and returns the lock that holds it, if there is one.
func (a *api) read(ctx context.Context, t *terminal) (locked *lock, err error) {
	k := &a.keys
	roots, err := k.roots()
	if err != nil {
		return nil, err
	}
	if a.src, err = k.read(ctx, t, k.Document, roots); err != nil {
		return nil, err
	}
	if err := a.src.notEmpty(); err != nil {
		return nil, err
	}
	if err := k.setTimeouts(a.src); err != nil {
		return nil, err
	}
	if locked, err = k.hold(a.src, a.log); err != nil {
		return nil, err
	}
	k.follow(a.src, k.Overlay, func(ctx context.Context) (*source, error) {
		return readSource(ctx, t.stdin, k.Document, k.RefRoot, roots, k.Overlay...)
	})
	return locked, nil
}

func (a *api) newServer(t *terminal) (*mcpmount.Server, error) {
	k := &a.keys
	opts := k.options(a.log)
	opts.Limits = k.limits()
	k.bound(&opts.Limits)
	opts.Observe = a.observer()
	a.traces.watch(a.name, opts)
	opts.Auth = a.callers
	var err error
	if opts.Credentials, err = k.credentials(a.src, t, a.log); err != nil {
		return nil, err
	}
	opts.ForwardHeaders = k.ForwardHeader
	opts.Stateless = k.Stateless
	opts.KeepCalls = k.KeepCalls
	opts.PublicURL = k.PublicURL
	opts.AllowedHosts = a.process.AllowHost
	opts.AllowedOrigins = k.AllowOrigin
	return mcpmount.New(a.src.doc, a.upstream.transport, opts)
}

// update serves src in place of what is served.
func (a *api) update(src *source) error {
	if err := a.keys.prepare(src); err != nil {
		return err
	}
	if err := a.keys.setTimeouts(src); err != nil {
		return err
	}
	locked, err := a.keys.hold(src, a.log)
	if err != nil {
		return err
	}
	if err := src.notEmpty(); err != nil {
		return err
	}
	if err := a.fits(src, locked); err != nil {
		return err
	}
	if err := a.srv.Update(src.doc); err != nil {
		return err
	}
	a.metrics.updated(a.srv)
	return nil
}

// observer returns the function that counts and logs calls, nil if neither is wanted.
func (a *api) observer() func(context.Context, mcpmount.Call) {
	write := accessLog(a.log)
	switch {
	case a.metrics == nil && a.process.logsCalls():
		return write
	case a.metrics == nil:
		return nil
	}
	return func(ctx context.Context, call mcpmount.Call) {
		a.metrics.observe(call)
		if a.process.logsCalls() {
			write(ctx, call)
		}
	}
}

// fits returns an error if src cannot be served in place of what is served. The
// API stays where it is: who can change a document must not be able to lead calls
// elsewhere.
func (a *api) fits(src *source, locked *lock) error {
	base, _, err := a.keys.destination(src, a.upstream.secrets)
	if err != nil {
		return err
	}
	if base.String() != a.upstream.base.String() {
		return fail("restart to call it there, or start with --upstream "+displayURL(a.upstream.url),
			"the API would be at %s, no longer at %s", displayURL(base), displayURL(a.upstream.base))
	}
	for _, other := range src.others(base) {
		if !slices.Contains(a.upstream.others, other) {
			return fail("restart to call it there", "operations would be called at %s, where none was called before", other)
		}
	}
	if locked == nil {
		return nil
	}
	next, err := mcpmount.New(src.doc, a.upstream.transport, a.keys.options(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	return locked.compare(next)
}

// endpoint returns the path of an API that names none.
func (s *apiSettings) endpoint() string { return strings.TrimRight(defaultPath+"/"+s.name, "/") }

// isUpdate reports whether settings differ only in what a server can take over as
// it does a document that changed.
func (s *apiSettings) isUpdate(other *apiSettings) bool {
	return reflect.DeepEqual(s.keys.fixed(), other.keys.fixed()) && maps.Equal(s.named, other.named)
}

// fixed returns k without the keys that [api.update] applies.
func (k apiKeys) fixed() apiKeys {
	k.selectionFlags, k.namingFlags, k.Resources = selectionFlags{}, namingFlags{}, false
	k.answerFlags = answerFlags{}
	k.Overlay, k.watchFlags, k.lockFlags = nil, watchFlags{}, lockFlags{}
	return k
}
