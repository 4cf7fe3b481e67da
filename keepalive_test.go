package mcpmount_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
)

// Silent streams get comments, in every era.
func TestKeepAlive(t *testing.T) {
	slow := `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"whoami","arguments":{},"_meta":{"progressToken":1}}}`
	listen, modernHeader := modern("subscriptions/listen")
	tests := []struct {
		name string
		open func(t *testing.T, srv http.Handler) *stream
	}{
		{"GET of a session", func(t *testing.T, srv http.Handler) *stream {
			return openStream(t, srv, http.MethodGet, "", openAs(t, srv, nil))
		}},
		{"call in a session", func(t *testing.T, srv http.Handler) *stream {
			return openStream(t, srv, http.MethodPost, slow, openAs(t, srv, nil))
		}},
		{"call in a session of 2025-06-18", func(t *testing.T, srv http.Handler) *stream {
			return openStream(t, srv, http.MethodPost, slow, with(openAs(t, srv, nil), "Mcp-Protocol-Version", "2025-06-18"))
		}},
		{"call without a session", func(t *testing.T, srv http.Handler) *stream {
			return openStream(t, srv, http.MethodPost, slow, http.Header{})
		}},
		{"subscription", func(t *testing.T, srv http.Handler) *stream {
			return openStream(t, srv, http.MethodPost, listen, modernHeader)
		}},
		{"HTTP with SSE", func(t *testing.T, srv http.Handler) *stream {
			c := openSSE(t, srv)
			return &stream{c.events, c.leave, c.left}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				defer close(release)
				api := func(w http.ResponseWriter, r *http.Request) {
					select {
					case <-release:
					case <-r.Context().Done():
					}
				}
				srv := newNotesServer(t, api, &mcpmount.Options{KeepAlive: 10 * time.Second, Limits: mcpmount.Limits{CallTimeout: time.Hour}})
				s := tt.open(t, srv)
				start := time.Now()
				var silent []string
				for line := s.line(); len(silent) < 3; line = s.line() {
					if time.Since(start) > 0 {
						silent = append(silent, line)
					}
				}
				if took := time.Since(start); took != 40*time.Second {
					t.Errorf("four comments in %v, want 40s", took)
				}
				for _, line := range silent {
					if line != ": keep-alive" {
						t.Errorf("in the silence: %q", line)
					}
				}
				s.leave()
				<-s.left
			})
		})
	}
}

// An answer that comes after a comment is an event, whatever status it would
// have had.
func TestKeepAliveBeforeAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Middleware: slowUnknownTool()})
		body, h := modern("tools/call")
		body = strings.Replace(body, `"params":{`, `"params":{"name":"nothing","arguments":{},`, 1)
		body = strings.Replace(body, `"_meta":{`, `"_meta":{"progressToken":1,`, 1)
		s := openStream(t, srv, http.MethodPost, body, with(h, "Mcp-Name", "nothing"))
		var lines []string
		for line := s.line(); line != ""; line = s.line() {
			lines = append(lines, line)
		}
		if len(lines) != 4 || lines[1] != ": keep-alive" || lines[2] != "event: message" || !strings.Contains(lines[3], `"code":-32602`) || !strings.HasPrefix(lines[3], "data: {") {
			t.Errorf("the stream is %q", lines)
		}
	})
}

// Without it, nothing is written that nobody said.
func TestKeepAliveNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, &mcpmount.Options{KeepAlive: -1})
		s := openStream(t, srv, http.MethodGet, "", openAs(t, srv, nil))
		s.line()
		time.AfterFunc(time.Hour, s.leave)
		if got := s.line(); got != "" {
			t.Errorf("%q", got)
		}
		<-s.left
	})
}

// slowUnknownTool is middleware that takes a minute for a call.
func slowUnknownTool() []mcp.Middleware {
	return []mcp.Middleware{func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			if method == "tools/call" {
				time.Sleep(time.Minute)
			}
			return next(ctx, method, req)
		}
	}}
}

// Comments come between events and never within, and every client ignores them.
func TestKeepAliveAmongEvents(t *testing.T) {
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			_, srv, ts := serve(t, &mcpmount.Options{KeepAlive: time.Millisecond})
			changed := make(chan struct{}, 100)
			session := e.connect(t, ts.URL+"/mcp", nil, &mcp.ClientOptions{
				ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) { changed <- struct{}{} },
			})
			for range 20 {
				for _, name := range []string{"stream", "getNote"} {
					params := &mcp.CallToolParams{Name: name, Arguments: map[string]any{}}
					if name == "getNote" {
						params.Arguments = map[string]any{"id": "7"}
					}
					params.SetProgressToken("x")
					if res, err := session.CallTool(t.Context(), params); err != nil || res.IsError {
						t.Fatalf("%s: %v %v", name, res, err)
					}
				}
				if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "nothing"}); err == nil || !strings.Contains(err.Error(), "nothing") {
					t.Fatalf("an unknown tool: %v", err)
				}
			}
			doc := parse(t, notesSpec)
			doc.Operations = doc.Operations[:2]
			if err := srv.Update(doc); err != nil {
				t.Fatal(err)
			}
			select {
			case <-changed:
			case <-time.After(10 * time.Second):
				t.Error("the client is not told of a change")
			}
		})
	}
}

// Subscriptions last, so that they are counted as sessions are.
func TestSubscriptionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Limits: mcpmount.Limits{MaxSessions: 2}})
		body, h := modern("subscriptions/listen")
		first := openStream(t, srv, http.MethodPost, body, h)
		first.line()
		openStream(t, srv, http.MethodPost, body, h).line()
		if w := send(t.Context(), srv, body, h); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("the third one: %d %s", w.Code, w.Body)
		}
		first.leave()
		<-first.left
		if line := openStream(t, srv, http.MethodPost, body, h).line(); !strings.Contains(line, "event") {
			t.Errorf("another one in its place: %q", line)
		}
	})
}

// Who may not come in any more does not go on listening.
func TestStreamsEndWithTheToken(t *testing.T) {
	listen, modernHeader := modern("subscriptions/listen")
	for name, open := range map[string]func(t *testing.T, srv http.Handler, h http.Header) *stream{
		"GET": func(t *testing.T, srv http.Handler, h http.Header) *stream {
			return openStream(t, srv, http.MethodGet, "", openAs(t, srv, h))
		},
		"subscription": func(t *testing.T, srv http.Handler, h http.Header) *stream {
			for name, values := range modernHeader {
				h[name] = values
			}
			return openStream(t, srv, http.MethodPost, listen, h)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				expires := time.Now().Add(time.Minute)
				srv := newNotesServer(t, http.NotFound, &mcpmount.Options{KeepAlive: -1, Auth: &auth.Resource{
					Verifier: func(context.Context, string, *http.Request) (*sdk.TokenInfo, error) {
						return &sdk.TokenInfo{UserID: "alice", Expiration: expires}, nil
					},
				}})
				s := open(t, srv, http.Header{"Authorization": {"Bearer x"}})
				go io.Copy(io.Discard, s.events)
				time.Sleep(59 * time.Second)
				synctest.Wait()
				select {
				case <-s.left:
					t.Fatal("it ended before its time")
				default:
				}
				time.Sleep(2 * time.Second)
				synctest.Wait()
				select {
				case <-s.left:
				default:
					t.Error("it goes on")
				}
			})
		})
	}
}
