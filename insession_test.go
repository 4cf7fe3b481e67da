package mcpmount_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpmount/mcpmount"
)

// A stopwatch knows when it was flushed first.
type stopwatch struct {
	*httptest.ResponseRecorder
	start   time.Time
	flushed time.Duration // 0 for never
}

func (w *stopwatch) Flush() {
	if w.flushed == 0 {
		w.flushed = time.Since(w.start)
	}
	w.ResponseRecorder.Flush()
}

// Each call in a session that is not answered in 100 ms becomes a stream of events then,
// whatever else is under way, and however long the session lasts.
func TestCallsInSessionBecomeStreams(t *testing.T) {
	if !hasFastPath {
		t.Skip("the SDK answers in streams from the beginning")
	}
	calls := []struct {
		after, takes, streamed time.Duration
	}{
		{after: 0, takes: 300 * time.Millisecond, streamed: 100 * time.Millisecond},
		{after: 60 * time.Millisecond, takes: 300 * time.Millisecond, streamed: 100 * time.Millisecond},
		{after: 70 * time.Millisecond, takes: 90 * time.Millisecond},
		{after: 350 * time.Millisecond, takes: 110 * time.Millisecond, streamed: 100 * time.Millisecond},
		{after: time.Hour, takes: time.Millisecond},
		{after: time.Hour + 50*time.Millisecond, takes: time.Second, streamed: 100 * time.Millisecond},
	}
	synctest.Test(t, func(t *testing.T) {
		api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			takes, _ := time.ParseDuration(strings.TrimPrefix(r.URL.Path, "/items/"))
			time.Sleep(takes)
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(smallItem))
		})
		opts := &mcpmount.Options{Logger: slog.New(slog.DiscardHandler), Limits: mcpmount.Limits{SessionIdle: 2 * time.Hour}}
		srv, err := mcpmount.New(parse(t, benchSpec), mcpmount.InProcess(api), opts)
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Shutdown(t.Context())
		session := open(t, srv, "2025-11-25")
		var answers sync.WaitGroup
		for i, c := range calls {
			answers.Go(func() {
				time.Sleep(c.after)
				body := `{"jsonrpc":"2.0","id":` + strconv.Itoa(i+7) + `,"method":"tools/call","params":{"name":"getItem","arguments":{"id":"` + c.takes.String() + `"}}}`
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", strings.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Accept", "application/json, text/event-stream")
				r.Header.Set("Mcp-Session-Id", session)
				r.Header.Set("Mcp-Protocol-Version", "2025-11-25")
				w := &stopwatch{ResponseRecorder: httptest.NewRecorder(), start: time.Now()}
				srv.ServeHTTP(w, r)
				if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"id":`+strconv.Itoa(i+7)) || !strings.Contains(w.Body.String(), "a thing") {
					t.Errorf("call %d: %d %s", i, w.Code, w.Body)
				}
				if w.flushed != c.streamed || time.Since(w.start) != c.takes {
					t.Errorf("call %d was a stream after %v, want %v; it took %v", i, w.flushed, c.streamed, time.Since(w.start))
				}
			})
		}
		answers.Wait()
	})
}

// A call whose goroutine exits after it has become a stream leaves nobody behind who
// writes to that.
func TestCallInSessionExits(t *testing.T) {
	if !hasFastPath {
		t.Skip("the SDK has goroutines of its own for calls")
	}
	synctest.Test(t, func(t *testing.T) {
		opts := &mcpmount.Options{KeepAlive: 10 * time.Millisecond}
		opts.Results.Transform = func(context.Context, json.RawMessage) (json.RawMessage, error) {
			time.Sleep(2 * promptly)
			runtime.Goexit()
			return nil, nil
		}
		srv := newNotesServer(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{}`) }, opts)
		session := openAs(t, srv, nil)
		w := httptest.NewRecorder()
		var call sync.WaitGroup
		call.Go(func() {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"whoami"}}`))
			r.Header = with(session, "Content-Type", "application/json")
			srv.ServeHTTP(w, r)
			t.Error("the goroutine goes on")
		})
		call.Wait()
		written := w.Body.String()
		if !strings.Contains(written, "keep-alive") {
			t.Errorf("the stream is %q", written)
		}
		time.Sleep(time.Minute)
		if w.Body.String() != written {
			t.Error("somebody writes to the stream of a call that has gone")
		}
	})
}
