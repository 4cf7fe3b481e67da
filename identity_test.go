package mcpmount_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// samePrincipal lets a client change its credentials within a session, as one
// does whose token was renewed.
func samePrincipal(*http.Request) string { return "me" }

func TestIdentity(t *testing.T) {
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			app, _, ts := serve(t, &mcpmount.Options{ForwardHeaders: []string{"x-tenant"}, Principal: samePrincipal})
			h := http.Header{"Authorization": {"Bearer alice"}, "X-Tenant": {"acme"}, "Cookie": {"sid=1"}, "X-Secret": {"s"}}
			session := e.connect(t, ts.URL+"/mcp", h, nil)
			check := func(user string) {
				t.Helper()
				got, _ := call(t, session, "whoami", nil).StructuredContent.(map[string]any)
				want := map[string]any{
					"authorization": "Bearer " + user, "tenant": "acme", "cookie": "", "session": "", "value": user, "host": strings.TrimPrefix(ts.URL, "http://"),
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("whoami as %s (-want +got):\n%s", user, diff)
				}
			}
			check("alice")
			h.Set("Authorization", "Bearer bob")
			check("bob")
			app.mu.Lock()
			defer app.mu.Unlock()
			inner := app.log[len(app.log)-1]
			for _, line := range app.log {
				if strings.Contains(line, "/v1/whoami") {
					inner = line
				}
			}
			if !strings.HasPrefix(inner, "GET /v1/whoami 127.0.0.1:") {
				t.Errorf("the app's log says %q, want the caller's address", inner)
			}
		})
	}
}

func TestAppAuth(t *testing.T) {
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			notes := newNotesAPI()
			app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/v1/") && r.Header.Get("Authorization") != "Bearer alice" {
					notes.mu.Lock()
					notes.log = append(notes.log, "401 "+r.URL.Path+" "+r.RemoteAddr)
					notes.mu.Unlock()
					w.Header().Set("WWW-Authenticate", "Bearer")
					http.Error(w, "who are you?", http.StatusUnauthorized)
					return
				}
				notes.ServeHTTP(w, r)
			})
			srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(app), &mcpmount.Options{Logger: slog.New(slog.DiscardHandler), Principal: samePrincipal})
			if err != nil {
				t.Fatal(err)
			}
			if err := srv.Mount(notes.mux, "/mcp"); err != nil {
				t.Fatal(err)
			}
			ts := httptest.NewServer(app)
			t.Cleanup(ts.Close)
			h := http.Header{}
			session := e.connect(t, ts.URL+"/mcp", h, nil)
			if res := call(t, session, "getNote", map[string]any{"id": "7"}); !res.IsError || !strings.Contains(text(res), "401") {
				t.Errorf("without the header: error %v: %s", res.IsError, text(res))
			}
			h.Set("Authorization", "Bearer alice")
			if res := call(t, session, "panic", nil); !res.IsError {
				t.Errorf("panic: %s", text(res))
			}
			if res := call(t, session, "getNote", map[string]any{"id": "7"}); res.IsError || !strings.Contains(text(res), "hello") {
				t.Errorf("with the header: error %v: %s", res.IsError, text(res))
			}
			notes.mu.Lock()
			defer notes.mu.Unlock()
			for _, want := range []string{"401 /v1/notes/7 127.0.0.1:", "GET /v1/notes/7 127.0.0.1:"} {
				if !slices.ContainsFunc(notes.log, func(line string) bool { return strings.HasPrefix(line, want) }) {
					t.Errorf("the app's log lacks %q: %q", want, notes.log)
				}
			}
		})
	}
}

// A call of a client that has left is still that client's, or is not made.
func TestIdentityOutlivesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		callers := map[string]int{}
		srv := newNotesServer(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			callers[r.RemoteAddr+" "+r.Header.Get("Authorization")]++
			mu.Unlock()
		}, &mcpmount.Options{Principal: samePrincipal})
		h := openSession(t, srv)
		h.Set("Authorization", "Bearer mallory")
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for i := range 100 {
			body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"whoami","arguments":{}}}`, i+10)
			send(gone, srv, body, h)
			send(gone, srv, body, nil)
		}
		synctest.Wait()
		delete(callers, "203.0.113.9:1 ") // without a session
		if callers["203.0.113.9:1 Bearer mallory"] != 100 || len(callers) != 1 {
			t.Errorf("calls by caller = %v, want 100 by the one who left", callers)
		}
	})
}

// The SDK handles a notification after the POST that carried it was answered.
func TestIdentityOfNotifications(t *testing.T) {
	for _, e := range []string{"session", "SSE"} {
		t.Run(e, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				callers := make(chan string, 100)
				srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Middleware: []mcp.Middleware{func(next mcp.MethodHandler) mcp.MethodHandler {
					return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
						if method == "notifications/roots/list_changed" {
							callers <- mcpmount.RequestFrom(ctx).RemoteAddr
						}
						return next(ctx, method, req)
					}
				}}})
				var notify func() int
				if e == "SSE" {
					c := openSSE(t, srv)
					notify = func() int { return c.post(rootsChanged).Code }
				} else {
					h := openSession(t, srv)
					notify = func() int { return send(t.Context(), srv, rootsChanged, h).Code }
				}
				for range 100 {
					if got := notify(); got != http.StatusAccepted {
						t.Fatalf("notification: %d", got)
					}
					if got := <-callers; got != "203.0.113.9:1" {
						t.Errorf("a notification of %q, want 203.0.113.9:1", got)
					}
				}
			})
		})
	}
}

// Only Run has a local user: whoever comes by another way is nobody, and gets
// nothing.
func TestIdentityWithoutARequest(t *testing.T) {
	seen := make(chan string, 1)
	srv := newNotesServer(t, func(w http.ResponseWriter, r *http.Request) { seen <- r.RemoteAddr }, nil)
	connect := func(serve func(mcp.Transport)) (*mcp.ClientSession, error) {
		near, far := mcp.NewInMemoryTransports()
		go serve(far)
		session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), near, nil)
		if err == nil {
			t.Cleanup(func() { session.Close() })
		}
		return session, err
	}
	session, err := connect(func(far mcp.Transport) { srv.Run(t.Context(), far) })
	if err != nil {
		t.Fatal(err)
	}
	call(t, session, "whoami", nil)
	if got := <-seen; got != "127.0.0.1:0" {
		t.Errorf("within Run: RemoteAddr = %q, want 127.0.0.1:0", got)
	}
	var server *mcp.Server
	if err := srv.Extend(func(s *mcp.Server) { server = s }); err != nil {
		t.Fatal(err)
	}
	if session, err := connect(func(far mcp.Transport) { server.Connect(t.Context(), far, nil) }); err == nil {
		res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "whoami"})
		t.Errorf("a caller that nobody knows got %v, %v", res, err)
	}
}

// What the app knows of a token is what a tool sees: that of the current
// request, and nothing if there is none.
func TestIdentityOfTokens(t *testing.T) {
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			var now, extra, inner string
			user := func(info *auth.TokenInfo) string {
				if info == nil {
					return "nobody"
				}
				return fmt.Sprint(info.Scopes, info.Extra)
			}
			srv := newNotesServer(t, func(w http.ResponseWriter, r *http.Request) {
				inner = user(auth.TokenInfoFromContext(r.Context()))
			}, &mcpmount.Options{Principal: samePrincipal, Middleware: []mcp.Middleware{func(next mcp.MethodHandler) mcp.MethodHandler {
				return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
					if method == "tools/call" {
						now, extra = user(auth.TokenInfoFromContext(ctx)), user(req.GetExtra().TokenInfo)
					}
					return next(ctx, method, req)
				}
			}}})
			verify := auth.RequireBearerToken(func(_ context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
				return &auth.TokenInfo{Scopes: []string{token}, Extra: map[string]any{"a": "b"}}, nil
			}, &auth.RequireBearerTokenOptions{AllowMissingExpiration: true})(srv)
			ts := httptest.NewServer(http.StripPrefix("/mcp", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") == "" {
					srv.ServeHTTP(w, r)
				} else {
					verify.ServeHTTP(w, r)
				}
			})))
			t.Cleanup(ts.Close)
			h := http.Header{"Authorization": {"Bearer alice"}}
			session := e.connect(t, ts.URL+"/mcp", h, nil)
			t.Cleanup(func() { session.Close() })
			check := func(want string) {
				t.Helper()
				call(t, session, "whoami", nil)
				if now != want || extra != want || inner != want {
					t.Errorf("TokenInfo = %s in the context, %s in the message, %s in the API, want %s", now, extra, inner, want)
				}
			}
			check("[alice] map[a:b]")
			h.Set("Authorization", "Bearer bob")
			check("[bob] map[a:b]")
			h.Del("Authorization")
			check("nobody")
		})
	}
}
