package mcpmount_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
	mcpauth "github.com/mcpmount/mcpmount/auth"
)

const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`

// do sends a request without a body, and without a network.
func do(ctx context.Context, srv http.Handler, method string, h http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, "/mcp", nil)
	for name, values := range h {
		r.Header[name] = values
	}
	r.Header.Set("Accept", "text/event-stream")
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, r)
	return w
}

// A stream is a GET of a session, or another request that is answered by events.
type stream struct {
	events *bufio.Reader
	leave  func()
	left   chan struct{} // closed when the server has ended it
}

// openStream opens a stream, and waits until the server cannot go on.
func openStream(t *testing.T, srv http.Handler, method, body string, h http.Header) *stream {
	t.Helper()
	reader, writer := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	s := &stream{events: bufio.NewReader(reader), left: make(chan struct{})}
	s.leave = func() { cancel(); reader.Close() }
	t.Cleanup(s.leave)
	r := httptest.NewRequestWithContext(ctx, method, "/mcp", strings.NewReader(body))
	r.Header = h.Clone()
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Content-Type", "application/json")
	go func() {
		defer close(s.left)
		srv.ServeHTTP(&pipeResponse{w: writer, header: http.Header{}}, r)
		writer.Close()
	}()
	return s
}

// line returns the next line that is not empty, or "" at the end.
func (s *stream) line() string {
	for {
		line, err := s.events.ReadString('\n')
		if line = strings.TrimSpace(line); line != "" || err != nil {
			return line
		}
	}
}

// with returns h with one more header.
func with(h http.Header, name, value string) http.Header {
	h = h.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set(name, value)
	return h
}

// openAs opens a session and uses it; h says who opens it. It returns the header
// of the messages in it.
func openAs(t *testing.T, srv http.Handler, h http.Header) http.Header {
	t.Helper()
	w := send(t.Context(), srv, initialize, h)
	if w.Code != http.StatusOK {
		t.Fatalf("initialize: %d %s", w.Code, w.Body)
	}
	h = with(with(h, "Mcp-Session-Id", w.Header().Get("Mcp-Session-Id")), "Mcp-Protocol-Version", "2025-11-25")
	if w := send(t.Context(), srv, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, h); w.Code != http.StatusAccepted {
		t.Fatalf("initialized: %d %s", w.Code, w.Body)
	}
	return h
}

// alive reports whether the session in h is there.
func alive(t *testing.T, srv http.Handler, h http.Header) bool {
	t.Helper()
	w := send(t.Context(), srv, ping, h)
	if w.Code != http.StatusOK && w.Code != http.StatusNotFound {
		t.Fatalf("ping: %d %s", w.Code, w.Body)
	}
	return w.Code == http.StatusOK
}

// verified is a server behind the app's own check of tokens, "user.number".
func verified(srv http.Handler) http.Handler {
	return auth.RequireBearerToken(func(_ context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
		user, _, _ := strings.Cut(token, ".")
		return &auth.TokenInfo{UserID: user}, nil
	}, &auth.RequireBearerTokenOptions{AllowMissingExpiration: true})(srv)
}

// certified is a server that sees the certificate a header names.
func certified(srv http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := r.Header.Get("X-Certificate"); name != "" {
			r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{Raw: []byte(name)}}}
		}
		srv.ServeHTTP(w, r)
	})
}

// To others, a session is one that never was; to the one who opened it, nothing
// they did has happened.
func TestSessionPrincipal(t *testing.T) {
	bearer := func(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }
	byUser := &mcpmount.Options{Principal: func(r *http.Request) string { return r.Header.Get("X-User") }}
	tests := []struct {
		name        string
		opts        *mcpmount.Options
		wrap        func(http.Handler) http.Handler
		alice, also http.Header // the second one is who opened it, too
		others      []http.Header
	}{
		{"hook", byUser, nil, http.Header{"X-User": {"alice"}}, http.Header{"X-User": {"alice"}, "Authorization": {"Bearer new"}},
			[]http.Header{{"X-User": {"mallory"}}, {}, {"Authorization": {"Bearer alice"}}}},
		{"verified token", nil, verified, bearer("alice.1"), bearer("alice.2"), []http.Header{bearer("mallory.1"), bearer("alic.1")}},
		{"credential", nil, nil, bearer("alice"), with(bearer("alice"), "Cookie", "a=b"), []http.Header{bearer("mallory"), {}, {"X-Api-Key": {"Bearer alice"}}}},
		{"API key", nil, nil, http.Header{"X-Api-Key": {"k1"}}, http.Header{"X-Api-Key": {"k1"}}, []http.Header{{"X-Api-Key": {"k2"}}, {}, {"X-Api-Key": {"k1", "k2"}}}},
		{"client certificate", nil, certified, http.Header{"X-Certificate": {"alice"}}, http.Header{"X-Certificate": {"alice"}, "Cookie": {"a=b"}},
			[]http.Header{{"X-Certificate": {"mallory"}}, {}, with(bearer("alice"), "X-Certificate", "alice")}},
		{"nobody", nil, nil, http.Header{}, http.Header{"Cookie": {"a=b"}}, []http.Header{bearer("mallory")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var srv http.Handler = newNotesServer(t, http.NotFound, tt.opts)
				if tt.wrap != nil {
					srv = tt.wrap(srv)
				}
				session := openAs(t, srv, tt.alice)
				id := session.Get("Mcp-Session-Id")
				for _, h := range tt.others {
					their, no := with(h, "Mcp-Session-Id", id), with(h, "Mcp-Session-Id", "no-such-session")
					for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
						request := func(h http.Header) *httptest.ResponseRecorder {
							if method == http.MethodPost {
								return send(t.Context(), srv, ping, h)
							}
							return do(t.Context(), srv, method, h)
						}
						got, want := request(their), request(no)
						if got.Code != http.StatusNotFound || want.Code != got.Code || got.Body.String() != want.Body.String() {
							t.Errorf("%s of %v: %d %s, of no session: %d %s", method, h, got.Code, got.Body, want.Code, want.Body)
						}
						if !strings.Contains(got.Body.String(), `"jsonrpc":"2.0"`) {
							t.Errorf("%s: %s, want a JSON-RPC error", method, got.Body)
						}
					}
				}
				also := with(with(tt.also, "Mcp-Session-Id", id), "Mcp-Protocol-Version", "2025-11-25")
				if !alive(t, srv, session) || !alive(t, srv, also) {
					t.Error("the session is not there for who opened it")
				}
			})
		})
	}
}

// The same is so of a stream of HTTP with SSE.
func TestSSEPrincipal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSSE(t, newNotesServer(t, http.NotFound, nil))
		message := func(endpoint, token string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/"+endpoint, strings.NewReader(ping))
			r.Header.Set("Content-Type", "application/json")
			if token != "" {
				r.Header.Set("Authorization", token)
			}
			w := httptest.NewRecorder()
			c.srv.ServeHTTP(w, r)
			return w
		}
		got, want := message(c.endpoint, "Bearer mallory"), message("messages?sessionid=no", "")
		if got.Code != http.StatusNotFound || want.Code != got.Code || got.Body.String() != want.Body.String() {
			t.Errorf("a message of another one: %d %s, for no session: %d %s", got.Code, got.Body, want.Code, want.Body)
		}
		if w := message(c.endpoint, ""); w.Code != http.StatusAccepted {
			t.Errorf("a message of who opened it: %d %s", w.Code, w.Body)
		}
		c.next()
	})
}

// At the cap, a new session takes the place of the one that its principal has
// not used for the longest time, and never of another principal's.
func TestMaxSessionsOfAPrincipal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		srv := newNotesServer(t, func(http.ResponseWriter, *http.Request) { <-release }, &mcpmount.Options{KeepAlive: -1, Limits: mcpmount.Limits{MaxSessions: 4}})
		alice, bob := http.Header{"Authorization": {"alice"}}, http.Header{"Authorization": {"bob"}}
		reading, calling, oldest := openAs(t, srv, alice), openAs(t, srv, alice), openAs(t, srv, alice)
		time.Sleep(time.Second)
		newest := openAs(t, srv, alice)
		s := openStream(t, srv, http.MethodGet, "", reading)
		s.line()
		gone, cancel := context.WithCancel(t.Context())
		cancel() // a call goes on without its client
		go send(gone, srv, `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"whoami","arguments":{}}}`, calling)
		synctest.Wait()

		if w := send(t.Context(), srv, initialize, bob); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), `"id":1`) {
			t.Errorf("another principal: %d %v %s", w.Code, w.Header(), w.Body)
		}
		first := openAs(t, srv, alice)
		if alive(t, srv, oldest) {
			t.Error("the session that was idle for the longest time is still there")
		}
		second := openAs(t, srv, alice) // in place of newest
		if alive(t, srv, newest) {
			t.Error("the second of those that were idle is still there")
		}
		for name, h := range map[string]http.Header{"a stream": reading, "a call": calling, "first": first, "second": second} {
			if !alive(t, srv, h) {
				t.Errorf("the session with %s is gone", name)
			}
		}
		close(release)
		do(t.Context(), srv, http.MethodDelete, first)
		openAs(t, srv, bob)
		s.leave()
		<-s.left
	})
}

// What ends is the session that has been idle for the longest time, used or not,
// unless they are of nobody.
func TestMaxSessionsUnused(t *testing.T) {
	for _, who := range []http.Header{{"Authorization": {"alice"}}, {}} {
		synctest.Test(t, func(t *testing.T) {
			srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Limits: mcpmount.Limits{MaxSessions: 2}})
			used := openAs(t, srv, who)
			time.Sleep(time.Second)
			unused := with(who, "Mcp-Session-Id", send(t.Context(), srv, initialize, who).Header().Get("Mcp-Session-Id"))
			time.Sleep(time.Second)
			openAs(t, srv, who)
			known := len(who) > 0
			if alive(t, srv, used) == known || alive(t, srv, unused) != known {
				t.Errorf("sessions of %v: another one ended than should", who)
			}
		})
	}
}

// A principal that has all its places takes its own, whoever else has none.
func TestMaxSessionsPerPrincipal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Limits: mcpmount.Limits{MaxSessions: 10, MaxSessionsPerPrincipal: 2}})
		alice := http.Header{"Authorization": {"alice"}}
		var sessions []http.Header
		for range 5 {
			sessions = append(sessions, openAs(t, srv, alice))
			time.Sleep(time.Second)
		}
		for i, h := range sessions {
			if got := alive(t, srv, h); got != (i >= 3) {
				t.Errorf("session %d of 5: there %v, want the last two", i, got)
			}
		}
		for range 5 { // nobody is many clients
			openAs(t, srv, nil)
		}
	})
}

// Clients that do not say who they are do not take each other's place, unless a
// session was not used, or not for a while.
func TestMaxSessionsOfNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Limits: mcpmount.Limits{MaxSessions: 3}})
		first, second := openAs(t, srv, nil), openAs(t, srv, nil)
		for i := range 100 { // a flood has one place
			if w := send(t.Context(), srv, initialize, nil); w.Code != http.StatusOK {
				t.Fatalf("initialize %d: %d %s", i, w.Code, w.Body)
			}
		}
		third := openAs(t, srv, nil)
		refused := func() bool { return send(t.Context(), srv, initialize, nil).Code == http.StatusServiceUnavailable }
		if !refused() {
			t.Error("a session took the place of one that is in use")
		}
		time.Sleep(5*time.Minute - time.Second)
		if !alive(t, srv, first) || !refused() {
			t.Error("a session took the place of one that was in use")
		}
		time.Sleep(time.Second)
		if refused() {
			t.Error("no session in place of one that nobody used for five minutes")
		}
		if alive(t, srv, second) || !alive(t, srv, third) || !alive(t, srv, first) {
			t.Error("another session ended than the one that was idle for the longest time")
		}
	})
}

// A session is idle when nothing of it is under way, and one that is not used
// after it was opened is not kept for long.
func TestSessionIdleWithAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Limits: mcpmount.Limits{SessionIdle: time.Hour}})
		listening, unused := openAs(t, srv, nil), send(t.Context(), srv, initialize, nil).Header()
		s := openStream(t, srv, http.MethodGet, "", listening)
		read := make(chan int)
		go func() {
			comments := 0
			for s.line() != "" {
				comments++
			}
			read <- comments
		}()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if w := send(t.Context(), srv, ping, http.Header{"Mcp-Session-Id": unused["Mcp-Session-Id"]}); w.Code != http.StatusNotFound {
			t.Errorf("a session that was not used: %d", w.Code)
		}
		time.Sleep(3*time.Hour + time.Second)
		if !alive(t, srv, listening) {
			t.Error("a session ended under its stream")
		}
		s.leave()
		<-s.left
		if got := <-read; got != 1+185*60/25 { // the first one says that the stream is there
			t.Errorf("%d comments in 185 minutes", got)
		}
		time.Sleep(time.Hour + time.Second)
		synctest.Wait()
		if alive(t, srv, listening) {
			t.Error("a session outlived its stream by more than an hour")
		}
	})
}

// A client that is gone, and does not say so, is noticed by what it does not
// read.
func TestSessionWithADeadStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Limits: mcpmount.Limits{SessionIdle: time.Minute}})
		session := openAs(t, srv, nil)
		s := openStream(t, srv, http.MethodGet, "", session)
		start := time.Now()
		if got := s.line(); got != ": ok" {
			t.Fatalf("the stream begins with %q", got)
		}
		<-s.left
		if took := time.Since(start); took != mcpmount.DefaultKeepAlive+10*time.Second {
			t.Errorf("the stream that nobody reads ended after %v", took)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if alive(t, srv, session) {
			t.Error("the session of a client that is gone is still there")
		}
	})
}

// A client that answers something uses its session no longer than that.
func TestSessionIdleAfterAResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Limits: mcpmount.Limits{SessionIdle: time.Minute}})
		session := openAs(t, srv, nil)
		if w := send(t.Context(), srv, `{"jsonrpc":"2.0","id":9,"result":{}}`, session); w.Code != http.StatusAccepted {
			t.Errorf("a response: %d %s", w.Code, w.Body)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if alive(t, srv, session) {
			t.Error("the session is there after two minutes")
		}
	})
}

// The end of a session is that of its calls, whoever handles them.
func TestSessionEndsItsCalls(t *testing.T) {
	for _, past := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			begun, ended := make(chan struct{}), make(chan error, 1)
			wait := func(ctx context.Context) {
				close(begun)
				select {
				case <-ctx.Done():
					ended <- nil
				case <-time.After(time.Hour):
					ended <- errors.New("it was left to run")
				}
			}
			srv := newNotesServer(t, func(_ http.ResponseWriter, r *http.Request) { wait(r.Context()) }, &mcpmount.Options{NoFastPath: past, KeepAlive: -1, Limits: mcpmount.Limits{CallTimeout: -1}})
			err := srv.Extend(func(s *mcp.Server) {
				s.AddTool(&mcp.Tool{Name: "wait", InputSchema: map[string]any{"type": "object"}}, func(ctx context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
					wait(ctx)
					return new(mcp.CallToolResult), nil
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, tool := range []string{"wait", "whoami"} {
				begun = make(chan struct{})
				session := openAs(t, srv, nil)
				go send(t.Context(), srv, `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"`+tool+`","arguments":{}}}`, session)
				<-begun
				go do(t.Context(), srv, http.MethodDelete, session)
				if err := <-ended; err != nil {
					t.Errorf("%s, NoFastPath is %t: %v", tool, past, err)
				}
			}
		})
	}
}

// What a session costs is over when it ends, whichever way it does.
func TestSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Limits: mcpmount.Limits{MaxSessions: 1}})
		alice, bob := http.Header{"Authorization": {"alice"}}, http.Header{"Authorization": {"bob"}}
		for _, body := range []string{
			`{"jsonrpc":"2.0","id":1,"method":"initialize"}`,
			`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":7}}`,
			`{"jsonrpc":"2.0","method":"initialize","params":{}}`,
		} { // opens none
			if w := send(t.Context(), srv, body, alice); w.Code == http.StatusServiceUnavailable {
				t.Errorf("%s: %d %s", body, w.Code, w.Body)
			}
			synctest.Wait()
		}
		session := openAs(t, srv, bob)
		if w := do(t.Context(), srv, http.MethodDelete, session); w.Code != http.StatusNoContent {
			t.Errorf("DELETE: %d %s", w.Code, w.Body)
		}
		if alive(t, srv, session) {
			t.Error("a session is there after DELETE")
		}
		openAs(t, srv, alice)
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// What lasts as long as a session or a stream is small: anybody can open many.
// What a call has may be large.
func TestWhatIsKeptIsSmall(t *testing.T) {
	srv := newNotesServer(t, http.NotFound, nil)
	large := `"` + strings.Repeat("x", 64<<10) + `"`
	many := "[" + strings.Repeat("[],", 1000) + "[]]"
	for method, params := range map[string]string{
		"initialize":                `{"protocolVersion":"2025-11-25","capabilities":{"experimental":{"x":PAD}},"clientInfo":{"name":"x","version":"1"}}`,
		"notifications/initialized": `{"_meta":{"x":PAD}}`,
		"logging/setLevel":          `{"level":"info","_meta":{"x":PAD}}`,
		"resources/subscribe":       `{"uri":"x","_meta":{"x":PAD}}`,
		"subscriptions/listen":      `{"notifications":{"toolsListChanged":true},"_meta":{"x":PAD}}`,
	} {
		for _, pad := range []string{large, many} {
			message := `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":` + strings.Replace(params, "PAD", pad, 1) + `}`
			for _, body := range []string{message, `[` + message + `]`} {
				if w := send(t.Context(), srv, body, nil); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "at most") {
					t.Errorf("%s with %d bytes: %d %.200s", method, len(body), w.Code, w.Body)
				}
			}
		}
	}
	h := openAs(t, srv, nil)
	if w := send(t.Context(), srv, `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"x":`+large+`}}}`, h); w.Code != http.StatusOK {
		t.Errorf("a large ping: %d %s", w.Code, w.Body)
	}
	endless := `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"x":[` + strings.Repeat("[],", 300_000) + `0]}}}`
	if w := send(t.Context(), srv, endless, h); w.Code != http.StatusBadRequest {
		t.Errorf("a ping of 300,000 values: %d %.200s", w.Code, w.Body)
	}
}

// Whoever has another credential is another principal, whichever header it is in.
func TestCredentialHeaderIsPrincipal(t *testing.T) {
	everybody := func(context.Context, string, *http.Request) (*auth.TokenInfo, error) { return new(auth.TokenInfo), nil }
	srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Auth: &mcpauth.Resource{KeyHeader: "X-Token", Verifier: everybody}})
	h := openAs(t, srv, http.Header{"X-Token": {"alice"}})
	if !alive(t, srv, h) {
		t.Error("the session is not there for who opened it")
	}
	if alive(t, srv, with(h, "X-Token", "mallory")) {
		t.Error("the session is there for somebody else")
	}
}
