package mcpmount

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A Health is kept for a second, so that asking often costs nothing, and says
// when lists can not be served.
func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, err := New(&Document{Operations: []Operation{{Method: "GET", Path: "/x"}}}, InProcess(http.NotFoundHandler()), nil)
		if err != nil {
			t.Fatal(err)
		}
		served, lists := srv.base, 0
		var broken error
		srv.base = func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			lists++
			if broken != nil {
				return nil, broken
			}
			return served(ctx, method, req)
		}
		steps := []struct {
			name   string
			wait   time.Duration
			do     func()
			want   Health
			cached bool
		}{
			{"at first", 0, func() {}, Health{OK: true, Tools: 1}, false},
			{"at once again", 0, func() {}, Health{OK: true, Tools: 1}, true},
			{"failing, not yet seen", time.Second - 1, func() { broken = errors.New("broken") }, Health{OK: true, Tools: 1}, true},
			{"failing", 1, func() {}, Health{}, false},
			{"mended, not yet seen", time.Second - 1, func() { broken = nil }, Health{}, true},
			{"mended", 1, func() {}, Health{OK: true, Tools: 1}, false},
			{"without tools, at once", 0, func() {
				if err := srv.Update(&Document{}); err != nil {
					t.Error(err)
				}
			}, Health{OK: true}, false},
		}
		for _, step := range steps {
			time.Sleep(step.wait)
			step.do()
			before := lists
			if got := srv.Health(); got != step.want {
				t.Errorf("%s: Health = %+v, want %+v", step.name, got, step.want)
			}
			if cached := lists == before; cached != step.cached {
				t.Errorf("%s: kept: %v, want %v", step.name, cached, step.cached)
			}
		}
	})
}

// A Load has the calls that are under way and the sessions that are kept, of every
// kind.
func TestLoad(t *testing.T) {
	reached, release := make(chan struct{}), make(chan struct{})
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached <- struct{}{}
		<-release
	})
	srv, err := New(&Document{Operations: []Operation{{Method: "GET", Path: "/x", Name: "getX"}}}, InProcess(api), nil)
	if err != nil {
		t.Fatal(err)
	}
	post := func(body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/mcp", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		return w
	}
	check := func(when string, want Load) {
		t.Helper()
		if got := srv.Load(); got != want {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
	}
	check("at first", Load{})
	opened := post(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`)
	check("with a session", Load{Sessions: 1})
	done := make(chan struct{})
	go func() {
		defer close(done)
		post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getX"}}`)
	}()
	<-reached
	check("during a call", Load{Calls: 1, Sessions: 1})
	close(release)
	<-done
	check("after it", Load{Sessions: 1})
	r := httptest.NewRequestWithContext(t.Context(), "DELETE", "/mcp", nil)
	r.Header.Set(sessionHeader, opened.Header().Get(sessionHeader))
	r.Header.Set(versionHeader, "2025-11-25")
	srv.ServeHTTP(httptest.NewRecorder(), r)
	check("after the session", Load{})
}
