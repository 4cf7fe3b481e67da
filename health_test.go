package mcpmount

import (
	"context"
	"errors"
	"net/http"
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
			{"without tools", time.Hour, func() {
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
