package authserver_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpmount/mcpmount/auth/authserver"
	"github.com/mcpmount/mcpmount/internal/logintest"
)

// A spy is a Store that remembers what it was given.
type spy struct {
	*authserver.MemoryStore
	mu    sync.Mutex
	given []string
	fail  bool
}

func newSpy() *spy { return &spy{MemoryStore: authserver.NewMemoryStore()} }

func (s *spy) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	s.mu.Lock()
	s.given = append(s.given, key+"\n"+string(value))
	fail := s.fail
	s.mu.Unlock()
	if fail {
		return errors.New(logintest.Marker + "down")
	}
	return s.MemoryStore.Put(ctx, key, value, ttl)
}

func (s *spy) puts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.given
}

var secret = []byte(logintest.Marker + "0123456789abcdef0123456789abcdef")

// Nothing is stored for who only asks, and nothing that is stored can be read.
func TestStored(t *testing.T) {
	t.Parallel()
	store := newSpy()
	s := newSite(t, func(c *authserver.Config) { c.Store, c.Secret = store, secret })
	s.client.Register(t)
	b := s.browser(t)
	b.Answer(t, b.Get(t, s.client.AuthorizeURL()), "deny")
	if n := len(store.puts()); n != 0 {
		t.Errorf("%d records of somebody who registered, asked and denied", n)
	}
	a := s.login(t)
	b2 := s.client.Refresh(t, a.Text("refresh_token"))
	text := strings.Join(store.puts(), "\n")
	for _, secret := range append(s.provider.Issued(), logintest.Marker, a.Text("access_token"), a.Text("refresh_token"), b2.Text("access_token"), "alice", s.client.ID) {
		if strings.Contains(text, secret) {
			t.Errorf("the store has %.12s…", secret)
		}
	}
	for _, put := range store.puts() {
		key, value, _ := strings.Cut(put, "\n")
		if kind, digest, ok := strings.Cut(key, ":"); !ok || kind == "" || len(digest) != 43 || len(value) > 64<<10 {
			t.Errorf("key %s, %d bytes", key, len(value))
		}
	}
}

// Who can write to the store cannot put one record in the place of another one.
func TestStoreTampered(t *testing.T) {
	t.Parallel()
	store := newSpy()
	s := newSite(t, func(c *authserver.Config) { c.Store, c.Secret = store, secret })
	mine, theirs := s.login(t), s.login(t)
	var sessions []string
	for _, put := range store.puts() {
		if key, value, _ := strings.Cut(put, "\n"); strings.HasPrefix(key, "session:") {
			sessions = append(sessions, key, value)
		}
	}
	if len(sessions) != 4 || !s.valid(t, mine.Text("access_token")) {
		t.Fatal(len(sessions))
	}
	if err := store.MemoryStore.Put(t.Context(), sessions[0], []byte(sessions[3]), time.Hour); err != nil {
		t.Fatal(err)
	}
	if s.valid(t, mine.Text("access_token")) || !s.valid(t, theirs.Text("access_token")) {
		t.Error("a session is that of somebody else")
	}
}

// A store that fails ends no session, and says nothing.
func TestStoreDown(t *testing.T) {
	t.Parallel()
	store := &downStore{spy: newSpy()}
	s := newSite(t, func(c *authserver.Config) {
		c.Store, c.Secret, c.Logger = store, secret, slog.New(slog.DiscardHandler)
	})
	a := s.login(t)
	store.down.Store(true)
	if b := s.client.Refresh(t, a.Text("refresh_token")); b.Status != http.StatusServiceUnavailable || b.Header.Get("Retry-After") == "" {
		t.Errorf("%d %s", b.Status, b.Body)
	}
	if _, err := s.Verify(t.Context(), a.Text("access_token"), nil); err == nil || strings.Contains(err.Error(), "invalid") {
		t.Errorf("a token that nobody can check: %v", err)
	}
	store.down.Store(false)
	if b := s.client.Refresh(t, a.Text("refresh_token")); b.Status != http.StatusOK {
		t.Errorf("afterwards: %d %s", b.Status, b.Body)
	}
}

type downStore struct {
	*spy
	down atomic.Bool
}

func (d *downStore) Get(ctx context.Context, key string) ([]byte, error) {
	if d.down.Load() {
		return nil, errors.New("down")
	}
	return d.spy.Get(ctx, key)
}

func (d *downStore) Take(ctx context.Context, key string) ([]byte, error) {
	if d.down.Load() {
		return nil, errors.New("down")
	}
	return d.spy.Take(ctx, key)
}

// Two processes with one store are one server: each step is made at another one.
func TestReplicas(t *testing.T) {
	t.Parallel()
	store := authserver.NewMemoryStore()
	var config authserver.Config
	s := newSite(t, func(c *authserver.Config) {
		c.Store, c.Secret = store, secret
		config = *c
	})
	second, err := authserver.New(config)
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int32
	balancer := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handlers := []http.Handler{s.Server, second}
		handlers[n.Add(1)%2].ServeHTTP(w, r)
	}))
	t.Cleanup(balancer.Close)
	// The name of both is that of the site, whose connections come here.
	s.web.Config.Handler = balancer.Config.Handler
	s.client.Register(t)
	a := s.login(t)
	b := s.client.Refresh(t, a.Text("refresh_token"))
	if b.Status != http.StatusOK || !s.valid(t, b.Text("access_token")) {
		t.Fatalf("%d %s", b.Status, b.Body)
	}
	if _, err := second.Verify(t.Context(), b.Text("access_token"), nil); err != nil {
		t.Error(err)
	}
	stranger := newSite(t, func(c *authserver.Config) {
		c.Store, c.Secret = store, append([]byte("another "), secret...)
	})
	if stranger.valid(t, b.Text("access_token")) {
		t.Error("a server with another secret reads the store")
	}
}

// Of many who use a code or a refresh token at once, one at most gets tokens, and then
// nobody has any.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	a := s.login(t)
	code := s.browser(t).Login(t, s.client.AuthorizeURL(), redirect).Get("code")
	for what, use := range map[string]func() *logintest.Answer{
		"refresh token": func() *logintest.Answer { return s.client.Refresh(t, a.Text("refresh_token")) },
		"code":          func() *logintest.Answer { return s.client.Redeem(t, code) },
	} {
		answers := make([]*logintest.Answer, 8)
		var group sync.WaitGroup
		for i := range answers {
			group.Go(func() { answers[i] = use() })
		}
		group.Wait()
		got := 0
		for _, b := range answers {
			if b.Status == http.StatusOK {
				got++
				if s.valid(t, b.Text("access_token")) {
					t.Errorf("%s: a token of a session that ended is valid", what)
				}
			}
		}
		if got > 1 || s.valid(t, a.Text("access_token")) && what == "refresh token" {
			t.Errorf("%s: %d got tokens", what, got)
		}
	}
}

func TestMemoryStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, ctx := authserver.NewMemoryStore(), t.Context()
		put := func(key string) error { return m.Put(ctx, key, []byte(key), time.Minute) }
		if err := put("a:1"); err != nil {
			t.Fatal(err)
		}
		if v, err := m.Get(ctx, "a:1"); err != nil || string(v) != "a:1" {
			t.Errorf("%q %v", v, err)
		}
		time.Sleep(time.Minute)
		if _, err := m.Get(ctx, "a:1"); !errors.Is(err, authserver.ErrNotFound) {
			t.Errorf("when its time is up: %v", err)
		}
		if _, err := m.Take(ctx, "a:1"); !errors.Is(err, authserver.ErrNotFound) {
			t.Errorf("when its time is up: %v", err)
		}
		if err := m.Put(ctx, "a:1", make([]byte, 1<<20), time.Minute); err == nil {
			t.Error("a megabyte is taken")
		}
		fill := func(kind string, n int) (err error) {
			for i := range n {
				if e := put(fmt.Sprint(kind, ":", i)); e != nil {
					err = e
				}
			}
			return err
		}
		if err := fill("session", 60_000); err == nil {
			t.Error("sessions are not bounded")
		}
		if err := fill("login", 60_000); err != nil {
			t.Errorf("logins: %v", err) // the new ones take the place of old ones
		}
		logins := 0
		for i := range 60_000 {
			if _, err := m.Get(ctx, fmt.Sprint("login:", i)); err == nil {
				logins++
			}
		}
		if _, err := m.Get(ctx, "session:0"); err != nil || logins == 0 || logins > 5000 {
			t.Errorf("%d logins; a session: %v", logins, err)
		}
		time.Sleep(time.Minute)
		if err := fill("session", 1); err != nil {
			t.Errorf("when the time of the others is up: %v", err)
		}
	})
}

// A token is for one endpoint, even if another one has the same store and secret.
func TestEndpointsApart(t *testing.T) {
	t.Parallel()
	store := authserver.NewMemoryStore()
	var config authserver.Config
	s := newSite(t, func(c *authserver.Config) {
		c.Store, c.Secret = store, secret
		config = *c
	})
	config.Resource += "/other"
	other, err := authserver.New(config)
	if err != nil {
		t.Fatal(err)
	}
	a := s.login(t)
	if _, err := other.Verify(t.Context(), a.Text("access_token"), nil); err == nil {
		t.Error("a token for one endpoint is one for another")
	}
}

// Documents of clients are fetched at a pace for each address.
func TestDocumentPace(t *testing.T) {
	t.Parallel()
	fetched := 0
	s := newSite(t, func(c *authserver.Config) {
		c.Documents = &http.Client{Transport: transportFunc(func(*http.Request) (*http.Response, error) {
			fetched++
			return nil, errors.New("nothing there")
		})}
	})
	b := s.browser(t)
	for i := range 200 {
		b.Get(t, s.client.AuthorizeURL("client_id", fmt.Sprintf("https://client.example/%d.json", i)))
	}
	if fetched == 0 || fetched > 100 {
		t.Errorf("%d documents were fetched for one address", fetched)
	}
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
