package main

import (
	"context"
	"crypto/tls"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mcpmount/mcpmount/auth"
)

// probeTimeout bounds how long an identity provider is looked for: it may be at three places.
const probeTimeout = 30 * time.Second

// A probe asks an identity provider for what callers will need of it, which else nobody does
// before the first of them comes.
type probe struct {
	kind string // of --auth
	ask  func(context.Context) error
	hint string // for what is most often wrong
}

// probes returns those of the providers that the flags name.
func (f *authFlags) probes(publicURL string, t *terminal) (list []probe, err error) {
	client, err := f.provider()
	if err != nil {
		return nil, err
	}
	const issuerHint = "is it up, and --auth-issuer exactly what its tokens name?"
	for _, kind := range f.Auth {
		switch {
		case kind == "jwt":
			tokens, err := f.tokens(publicURL, client)
			if err != nil {
				return nil, err
			}
			hint := issuerHint + " --auth-jwks is for one without metadata"
			if f.AuthJwks != "" {
				hint = "is it up, and --auth-jwks where its keys are?"
			}
			list = append(list, probe{kind, tokens.Probe, hint})
		case kind == "introspection":
			server, err := f.introspection(publicURL, client, t)
			if err != nil {
				return nil, err
			}
			list = append(list, probe{kind, server.Probe, "is it up, and are --auth-endpoint and --auth-client as it knows them?"})
		case kind == "oauth" && f.AuthIssuer != "" && (len(f.AuthLoginScope) == 0 || slices.Contains(f.AuthLoginScope, "openid")):
			tokens := auth.JWT{Issuer: f.AuthIssuer, Audiences: []string{publicURL}, Client: client} // as ID tokens are
			list = append(list, probe{kind, tokens.Probe, issuerHint})
		}
	}
	return list, nil
}

// probe makes the probes of all APIs.
func (s *service) probe(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.apis {
		a.probe(ctx)
	}
}

// probe makes the probes of an API that is watched, once, in the background, and logs what is
// wrong, until ctx is done or unwatch is called. A provider that is not there yet keeps nothing
// from starting.
func (a *api) probe(ctx context.Context) {
	if len(a.probes) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	var asking sync.WaitGroup
	for _, p := range a.probes {
		asking.Go(func() {
			if err := p.ask(ctx); err != nil && !errors.Is(ctx.Err(), context.Canceled) {
				a.complain(p, err)
			}
		})
	}
	a.probes = nil
	unwatch := a.unwatch
	a.unwatch = func() {
		cancel()
		asking.Wait()
		unwatch()
	}
}

func (a *api) complain(p probe, err error) {
	hint := p.hint
	if errors.As(err, new(*tls.CertificateVerificationError)) {
		hint = "--auth-ca-cert FILE or SSL_CERT_FILE names the authority of its certificate"
	}
	if a.name != "" {
		hint = asKeys(hint)
	}
	a.log.Warn("the identity provider does not answer as it has to; until it does, callers with its tokens are refused",
		"auth", p.kind, "error", strings.ReplaceAll(err.Error(), "\n", "; "), "hint", hint)
}
