package auth_test

import (
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

// A tokenServer answers introspection requests without a network.
type tokenServer struct {
	mu      sync.Mutex
	answer  string
	status  int
	request *http.Request // the last one
	body    string

	asked   atomic.Int32
	latency time.Duration
}

func (s *tokenServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked.Add(1)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	select {
	case <-time.After(s.latency):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.request, s.body = r, string(body)
	return &http.Response{StatusCode: s.status, Status: http.StatusText(s.status), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(s.answer)), Request: r}, nil
}

// set makes the server answer, with 200.
func (s *tokenServer) set(answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.answer = http.StatusOK, answer
}

func (s *tokenServer) verifier(t *testing.T, change func(*auth.Introspection)) auth.Verifier {
	t.Helper()
	i := auth.Introspection{
		Endpoint: issuer + "/introspect", ClientID: "mcp", ClientSecret: "s&cret", Audiences: []string{audience},
		Client: &http.Client{Transport: s},
	}
	if change != nil {
		change(&i)
	}
	verify, err := auth.NewIntrospection(i)
	if err != nil {
		t.Fatal(err)
	}
	return verify
}

func active(extra string) string {
	return fmt.Sprintf(`{"active": true, "sub": "alice", "aud": %q, "scope": "a b"%s}`, audience, extra)
}

func TestIntrospection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &tokenServer{status: http.StatusOK, answer: active(""), latency: time.Second}
		verify := s.verifier(t, nil)
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				info, err := verify(t.Context(), "s3cr3t-token", nil)
				if err != nil || len(info.Scopes) != 2 || !strings.HasSuffix(info.UserID, " alice") {
					t.Errorf("got %+v, %v", info, err)
				}
			})
		}
		wait.Wait()
		if n := s.asked.Load(); n != 1 {
			t.Errorf("%d requests for one token, want 1", n)
		}
		if user, password, _ := s.request.BasicAuth(); user != "mcp" || password != "s%26cret" {
			t.Errorf("credentials %q %q", user, password)
		}
		if s.body != "token=s3cr3t-token&token_type_hint=access_token" {
			t.Errorf("body %q", s.body)
		}

		s.set(`{"active": false}`) // revoked
		if _, err := verify(t.Context(), "s3cr3t-token", nil); err != nil {
			t.Errorf("within the minute: %v", err)
		}
		time.Sleep(time.Minute)
		if _, err := verify(t.Context(), "s3cr3t-token", nil); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("after the minute: %v, want ErrInvalid", err)
		}
		s.set(active(""))
		time.Sleep(6 * time.Second)
		if _, err := verify(t.Context(), "s3cr3t-token", nil); err != nil {
			t.Errorf("active again: %v", err)
		}
	})
}

// What an answer need not say is not asked of it, and whose token it is
// depends on the issuer that it names.
func TestIntrospectionAccepts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ issuer, answer, user string }{
		{issuer, active(""), issuer + "/introspect alice"},
		{issuer, active(`, "iss": "` + issuer + `", "nbf": 1`), issuer + " alice"},
		{"", active(`, "iss": "https://other.example"`), "https://other.example alice"},
	} {
		s := &tokenServer{status: http.StatusOK, answer: c.answer}
		verify := s.verifier(t, func(i *auth.Introspection) { i.Issuer = c.issuer })
		info, err := verify(t.Context(), "s3cr3t-token", nil)
		if err != nil || info.UserID != c.user {
			t.Errorf("issuer %q, %s: got %+v, %v; want %s", c.issuer, c.answer, info, err, c.user)
		}
	}
}

func TestIntrospectionExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &tokenServer{status: http.StatusOK}
		s.set(active(fmt.Sprintf(`, "exp": %d`, time.Now().Add(10*time.Second).Unix())))
		verify := s.verifier(t, nil)
		if _, err := verify(t.Context(), "s3cr3t-token", nil); err != nil {
			t.Error(err)
		}
		time.Sleep(10 * time.Second)
		if _, err := verify(t.Context(), "s3cr3t-token", nil); !errors.Is(err, auth.ErrExpired) {
			t.Errorf("%v, want ErrExpired", err)
		}
	})
}

func TestIntrospectionRefuses(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"inactive":           `{"active": false, "sub": "alice", "aud": "` + audience + `"}`,
		"active is text":     strings.Replace(active(""), "true", `"true"`, 1),
		"active in capitals": strings.Replace(active(""), "active", "Active", 1),
		"no active":          `{"sub": "alice", "aud": "` + audience + `"}`,
		"other audience":     strings.Replace(active(""), audience, audience+"/other", 1),
		"no audience":        `{"active": true, "sub": "alice"}`,
		"no subject":         `{"active": true, "aud": "` + audience + `"}`,
		"other issuer":       active(`, "iss": "https://evil.example"`),
		"expired":            active(`, "exp": 1`),
		"not yet":            active(`, "nbf": 99999999999`),
		"expiry is text":     active(`, "exp": "never"`),
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &tokenServer{status: http.StatusOK, answer: answer}
			verify := s.verifier(t, func(i *auth.Introspection) { i.Issuer = issuer })
			if _, err := verify(t.Context(), "s3cr3t-token", nil); !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("%s: %v, want ErrInvalid", name, err)
			}
		})
	}
}

// A server that fails is left alone for a while, and its failure is not that of
// the token.
func TestIntrospectionOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &tokenServer{status: http.StatusInternalServerError}
		verify := s.verifier(t, func(i *auth.Introspection) { i.SecretInBody = true })
		for i := range 20 {
			if _, err := verify(t.Context(), fmt.Sprint("s3cr3t-", i), nil); err == nil || errors.Is(err, auth.ErrInvalid) {
				t.Errorf("%v, want an error that is not ErrInvalid", err)
			}
		}
		if n := s.asked.Load(); n != 5 {
			t.Errorf("%d requests, want 5", n)
		}
		if !strings.Contains(s.body, "client_secret=s%26cret") || s.request.Header.Get("Authorization") != "" {
			t.Errorf("client_secret_post: body %q", s.body)
		}
		s.set(active(""))
		time.Sleep(5 * time.Second)
		if _, err := verify(t.Context(), "s3cr3t-token", nil); err != nil {
			t.Errorf("after the outage: %v", err)
		}
	})
}

// Only failures in a row are an outage.
func TestIntrospectionFailsNowAndThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &tokenServer{}
		verify := s.verifier(t, nil)
		for i := range 20 {
			if s.status = http.StatusInternalServerError; i%4 == 3 {
				s.set([]string{active(""), `{"active": false}`}[i/4%2])
			}
			verify(t.Context(), fmt.Sprint("s3cr3t-", i), nil)
		}
		if n := s.asked.Load(); n != 20 {
			t.Errorf("%d of 20 tokens were asked for", n)
		}
	})
}

// Nobody waits for a server that does not answer.
func TestIntrospectionHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &tokenServer{status: http.StatusOK, answer: active(""), latency: time.Hour}
		verify, before := s.verifier(t, nil), time.Now()
		if _, err := verify(t.Context(), "s3cr3t-token", nil); err == nil || errors.Is(err, auth.ErrInvalid) {
			t.Errorf("%v, want an error that is not ErrInvalid", err)
		}
		if waited := time.Since(before); waited > time.Minute {
			t.Errorf("it took %v", waited)
		}
	})
}

func TestIntrospectionForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &tokenServer{status: http.StatusOK, answer: `{"active": false}`}
		verify := s.verifier(t, nil)
		flood := 9_000
		if testing.Short() {
			flood = 900
		}
		for range 3 {
			var wait sync.WaitGroup
			for i := range flood {
				wait.Go(func() { verify(t.Context(), fmt.Sprint(time.Now().UnixNano(), i), nil) })
			}
			wait.Wait()
		}
		s.set(active(""))
		if _, err := verify(t.Context(), "s3cr3t-token", nil); err != nil {
			t.Errorf("after a flood of made-up tokens: %v", err)
		}
	})
}

func TestIntrospectionDescription(t *testing.T) {
	t.Parallel()
	ok := auth.Introspection{Endpoint: issuer + "/introspect", ClientID: "mcp", ClientSecret: "secret", Audiences: []string{audience}}
	for name, change := range map[string]func(*auth.Introspection){
		"no endpoint": func(i *auth.Introspection) { i.Endpoint = "" },
		"plain http":  func(i *auth.Introspection) { i.Endpoint = "http://login.example.com/introspect" },
		"no client":   func(i *auth.Introspection) { i.ClientID = "" },
		"no secret":   func(i *auth.Introspection) { i.ClientSecret = "" },
		"no audience": func(i *auth.Introspection) { i.Audiences = nil },
	} {
		i := ok
		change(&i)
		if _, err := auth.NewIntrospection(i); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := auth.NewIntrospection(ok); err != nil {
		t.Error(err)
	}
}

// A probe is about a token that nobody has: that it is not active is what should be said of it.
func TestIntrospectionProbe(t *testing.T) {
	t.Parallel()
	s := &tokenServer{}
	i := auth.Introspection{Endpoint: issuer + "/introspect", ClientID: "mcp", ClientSecret: "s&cret", Audiences: []string{audience}, Client: &http.Client{Transport: s}}
	seen := map[string]bool{}
	for range 2 {
		s.set(`{"active": false}`)
		if err := i.Probe(t.Context()); err != nil {
			t.Error(err)
		}
		seen[s.body] = true
	}
	if len(seen) != 2 {
		t.Errorf("one token might be somebody's in the end: %v", seen)
	}
	for status, answer := range map[int]string{http.StatusUnauthorized: `{"active": false}`, http.StatusOK: "<html>"} {
		s.set(answer)
		s.status = status
		if err := i.Probe(t.Context()); err == nil || errors.Is(err, auth.ErrInvalid) || strings.Contains(err.Error(), "html") {
			t.Errorf("%d %s: %v", status, answer, err)
		}
	}
	if err := (auth.Introspection{}).Probe(t.Context()); err == nil {
		t.Error("a description of nothing is no error")
	}
}
