package auth_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpmount/mcpmount/auth"
)

// A provider is an identity provider that needs no network.
type provider struct {
	mu       sync.Mutex
	pages    map[string][]byte // by URL
	down     bool
	redirect string

	asked   atomic.Int32
	latency time.Duration
}

func (p *provider) RoundTrip(r *http.Request) (*http.Response, error) {
	p.asked.Add(1)
	select {
	case <-time.After(p.latency):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return nil, errors.New("connection refused")
	}
	res := &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{}, Request: r}
	page, ok := p.pages[r.URL.String()]
	switch {
	case p.redirect != "":
		res.StatusCode, res.Status = http.StatusFound, "302 Found"
		res.Header.Set("Location", p.redirect)
	case !ok:
		res.StatusCode, res.Status = http.StatusNotFound, "404 Not Found"
	}
	res.Body = io.NopCloser(bytes.NewReader(page))
	return res, nil
}

func (p *provider) set(page string, body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages[page] = body
}

func (p *provider) setDown(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

const keysPage = issuer + "/keys"

func newProvider(t testing.TB, signers ...signer) *provider {
	return &provider{pages: map[string][]byte{
		issuer + "/.well-known/openid-configuration": fmt.Appendf(nil, `{"issuer": %q, "jwks_uri": %q}`, issuer, keysPage),
		keysPage: keySet(t, signers...),
	}}
}

func (p *provider) verifier(t testing.TB, change func(*auth.JWT)) auth.Verifier {
	t.Helper()
	j := auth.JWT{Issuer: issuer, Audiences: []string{audience}, Client: &http.Client{Transport: p}}
	if change != nil {
		change(&j)
	}
	verify, err := auth.NewJWT(j)
	if err != nil {
		t.Fatal(err)
	}
	return verify
}

func TestKeysAreFetchedOnce(t *testing.T) {
	t.Parallel()
	s := newECDSA(t, "k1")
	synctest.Test(t, func(t *testing.T) {
		p := newProvider(t, s)
		p.latency = time.Second
		verify := p.verifier(t, nil)
		token := s.sign(t, claims(nil))
		var wait sync.WaitGroup
		for range 50 {
			wait.Go(func() {
				if _, err := verify(t.Context(), token, nil); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if n := p.asked.Load(); n != 2 {
			t.Errorf("the provider was asked %d times, want twice: metadata and keys", n)
		}
	})
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	first, second, forged := newECDSA(t, "k1"), newECDSA(t, "k2"), newECDSA(t, "k1")
	unnamed := newECDSA(t, "")
	synctest.Test(t, func(t *testing.T) {
		p := newProvider(t, first)
		verify := p.verifier(t, nil)
		valid := func(s signer, want bool) {
			t.Helper()
			_, err := verify(t.Context(), s.sign(t, claims(nil)), nil)
			if (err == nil) != want || err != nil && !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("key %q: %v, want valid = %v", s.id, err, want)
			}
		}
		valid(first, true)

		p.set(keysPage, keySet(t, second))
		valid(second, false) // asked a moment ago
		time.Sleep(31 * time.Second)
		valid(second, true)
		valid(first, false)

		// What anybody can make up does not make the server ask.
		before := p.asked.Load()
		for i := range 100 {
			made := forged
			made.id = fmt.Sprint("made-up-", i)
			valid(made, false)
			valid(forged, false)
		}
		if n := p.asked.Load() - before; n > 1 {
			t.Errorf("forged tokens made %d requests", n)
		}

		// A key without an id is replaced by another one.
		p.set(keysPage, keySet(t, unnamed))
		time.Sleep(31 * time.Second)
		valid(unnamed, true)
		replaced := newECDSA(t, "")
		p.set(keysPage, keySet(t, replaced))
		time.Sleep(31 * time.Second)
		valid(replaced, true)
		valid(unnamed, false)
	})
}

func TestKeysOutliveAnOutage(t *testing.T) {
	t.Parallel()
	s := newECDSA(t, "k1")
	synctest.Test(t, func(t *testing.T) {
		p := newProvider(t, s)
		verify := p.verifier(t, nil)
		token := func() string { return s.sign(t, claims(nil)) }
		p.setDown(true)
		if _, err := verify(t.Context(), token(), nil); err == nil || errors.Is(err, auth.ErrInvalid) {
			t.Errorf("before the first key: %v, want an error that is not ErrInvalid", err)
		}
		p.setDown(false)
		time.Sleep(31 * time.Second)
		if _, err := verify(t.Context(), token(), nil); err != nil {
			t.Errorf("after the outage: %v", err)
		}
		p.setDown(true)
		time.Sleep(23 * time.Hour)
		if _, err := verify(t.Context(), token(), nil); err != nil {
			t.Errorf("stale keys: %v", err)
		}
		time.Sleep(2 * time.Hour)
		if _, err := verify(t.Context(), token(), nil); err == nil || errors.Is(err, auth.ErrInvalid) {
			t.Errorf("too stale: %v, want an error that is not ErrInvalid", err)
		}
	})
}

// A caller that leaves does not take the keys away from the others.
func TestKeysOfACallerThatLeft(t *testing.T) {
	t.Parallel()
	s := newECDSA(t, "k1")
	synctest.Test(t, func(t *testing.T) {
		p := newProvider(t, s)
		p.latency = time.Second
		verify := p.verifier(t, nil)
		ctx, cancel := contextWithTimeout(t, time.Millisecond)
		defer cancel()
		if _, err := verify(ctx, s.sign(t, claims(nil)), nil); err == nil {
			t.Error("no error, though the caller left")
		}
		if _, err := verify(t.Context(), s.sign(t, claims(nil)), nil); err != nil {
			t.Error(err)
		}
	})
}

// A provider that does not answer is one that is down.
func TestKeysOfAProviderThatHangs(t *testing.T) {
	t.Parallel()
	s := newECDSA(t, "k1")
	synctest.Test(t, func(t *testing.T) {
		p := newProvider(t, s)
		p.latency = time.Hour
		verify, before := p.verifier(t, nil), time.Now()
		if _, err := verify(t.Context(), s.sign(t, claims(nil)), nil); err == nil || errors.Is(err, auth.ErrInvalid) {
			t.Errorf("%v, want an error that is not ErrInvalid", err)
		}
		if waited := time.Since(before); waited > time.Minute {
			t.Errorf("it took %v", waited)
		}
	})
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	s := newECDSA(t, "k1")
	metadata := func(iss, keys string) []byte {
		return fmt.Appendf(nil, `{"issuer": %q, "jwks_uri": %q}`, iss, keys)
	}
	for name, c := range map[string]struct {
		issuer string
		pages  map[string][]byte
		ok     bool
	}{
		"OpenID Connect":          {issuer, map[string][]byte{issuer + "/.well-known/openid-configuration": metadata(issuer, keysPage)}, true},
		"RFC 8414":                {issuer, map[string][]byte{issuer + "/.well-known/oauth-authorization-server": metadata(issuer, keysPage)}, true},
		"OpenID Connect, a path":  {issuer + "/t1", map[string][]byte{issuer + "/t1/.well-known/openid-configuration": metadata(issuer+"/t1", keysPage)}, true},
		"RFC 8414, a path":        {issuer + "/t1/", map[string][]byte{issuer + "/.well-known/oauth-authorization-server/t1": metadata(issuer+"/t1/", keysPage)}, true},
		"another issuer":          {issuer, map[string][]byte{issuer + "/.well-known/openid-configuration": metadata(issuer+"/t2", keysPage)}, false},
		"keys without TLS":        {issuer, map[string][]byte{issuer + "/.well-known/openid-configuration": metadata(issuer, "http://login.example.com/keys")}, false},
		"keys on this machine":    {issuer, map[string][]byte{issuer + "/.well-known/openid-configuration": metadata(issuer, "http://127.0.0.1/keys"), "http://127.0.0.1/keys": keySet(t, s)}, false},
		"keys on the file system": {issuer, map[string][]byte{issuer + "/.well-known/openid-configuration": metadata(issuer, "file:///etc/keys")}, false},
		"no keys":                 {issuer, map[string][]byte{issuer + "/.well-known/openid-configuration": metadata(issuer, "")}, false},
		"a page":                  {issuer, map[string][]byte{issuer + "/.well-known/openid-configuration": []byte("<html>")}, false},
		"far too long":            {issuer, map[string][]byte{issuer + "/.well-known/openid-configuration": append([]byte(strings.Repeat(" ", 1<<20)), metadata(issuer, keysPage)...)}, false},
		"nothing":                 {issuer, map[string][]byte{}, false},
	} {
		p := newProvider(t, s)
		c.pages[keysPage] = keySet(t, s)
		p.pages = c.pages
		verify := p.verifier(t, func(j *auth.JWT) { j.Issuer = c.issuer })
		_, err := verify(t.Context(), s.sign(t, claims(map[string]any{"iss": c.issuer})), nil)
		if (err == nil) != c.ok || errors.Is(err, auth.ErrInvalid) {
			t.Errorf("%s: %v, want ok = %v", name, err, c.ok)
		}
	}
}

// Who can redirect a request for keys cannot bring their own.
func TestKeysAreNotRedirected(t *testing.T) {
	t.Parallel()
	s := newECDSA(t, "k1")
	p := newProvider(t, s)
	p.redirect = "https://evil.example/keys"
	p.pages["https://evil.example/keys"] = keySet(t, s)
	verify := p.verifier(t, func(j *auth.JWT) { j.KeySetURL = keysPage })
	if _, err := verify(t.Context(), s.sign(t, claims(nil)), nil); err == nil {
		t.Error("no error")
	}
	if n := p.asked.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// A probe says of a provider what its first token would find out, and spoils nothing for that one.
func TestProbe(t *testing.T) {
	t.Parallel()
	s := newECDSA(t, "k1")
	synctest.Test(t, func(t *testing.T) {
		p := newProvider(t, s)
		j := auth.JWT{Issuer: issuer, Audiences: []string{audience}, Client: &http.Client{Transport: p}}
		if err := j.Probe(t.Context()); err != nil {
			t.Error(err)
		}
		p.setDown(true)
		verify := p.verifier(t, nil)
		if err := j.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), issuer) {
			t.Errorf("a provider that is down: %v", err)
		}
		p.setDown(false)
		if _, err := verify(t.Context(), s.sign(t, claims(nil)), nil); err != nil {
			t.Errorf("a token right after: %v", err)
		}
		p.set(issuer+"/.well-known/openid-configuration", []byte(`{"issuer": "https://login.example.com/"}`))
		if err := j.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), `names the issuer "https://login.example.com/", not`) {
			t.Errorf("another name: %v", err)
		}
		asked := p.asked.Load()
		j.KeySet = keySet(t, s)
		if err := j.Probe(t.Context()); err != nil || p.asked.Load() != asked {
			t.Errorf("keys that are at hand: %v", err)
		}
		if err := (auth.JWT{}).Probe(t.Context()); err == nil {
			t.Error("a description of nothing is no error")
		}
	})
}
