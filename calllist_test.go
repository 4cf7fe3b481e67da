package mcpmount_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpmount/mcpmount"
)

// A handler whose time is up is told so, and not that its caller has left, which is
// what apps choose between 504 and 499 by.
func TestTimeIsUp(t *testing.T) {
	const timeout = 3 * time.Second
	watches := map[string]func(ctx context.Context){
		"done": func(ctx context.Context) { <-ctx.Done() },
		"after": func(ctx context.Context) {
			ended := make(chan struct{})
			context.AfterFunc(ctx, func() { close(ended) })
			<-ended
		},
		"derived": func(ctx context.Context) {
			derived, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			<-derived.Done()
		},
		"asked late": func(context.Context) { time.Sleep(timeout + time.Millisecond) },
	}
	for name, watch := range watches {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls, handlers sync.WaitGroup
				api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					handlers.Add(1)
					defer handlers.Done()
					began, ctx := time.Now(), r.Context()
					watch(ctx)
					var late interface{ Timeout() bool }
					if !errors.Is(ctx.Err(), context.DeadlineExceeded) || !errors.As(context.Cause(ctx), &late) {
						t.Errorf("the context ended with %v, because of %v", ctx.Err(), context.Cause(ctx))
					}
					if at, ok := ctx.Deadline(); !ok || !at.Equal(began.Add(timeout)) {
						t.Errorf("the deadline is %v, %v", at, ok)
					}
				})
				opts := &mcpmount.Options{Logger: slog.New(slog.DiscardHandler), Limits: mcpmount.Limits{CallTimeout: timeout}}
				srv, err := mcpmount.New(parse(t, benchSpec), mcpmount.InProcess(api), opts)
				if err != nil {
					t.Fatal(err)
				}
				defer srv.Shutdown(t.Context())
				session := openAs(t, srv, nil)
				for i := range 30 { // the timers of each fire in any order
					var header http.Header
					if i%2 == 0 {
						header = session
					}
					calls.Go(func() {
						time.Sleep(time.Duration(i) * 100 * time.Millisecond)
						began := time.Now()
						w := send(t.Context(), srv, `{"jsonrpc":"2.0","id":`+strconv.Itoa(i+7)+`,"method":"tools/call","params":{"name":"getItem","arguments":{"id":"1"}}}`, header)
						if took := time.Since(began); took < timeout || took > timeout+time.Millisecond || !strings.Contains(w.Body.String(), "did not answer within 3s") {
							t.Errorf("call %d: after %v: %s", i, took, w.Body)
						}
					})
				}
				calls.Wait()
				handlers.Wait()
			})
		})
	}
}

// What is done with an answer, when the handler has returned, ends with the call, too.
func TestTransformEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := make(chan struct{}, 1)
		opts := &mcpmount.Options{Logger: slog.New(slog.DiscardHandler)}
		opts.Results.Transform = func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
			began <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		}
		api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(smallItem))
		})
		srv, err := mcpmount.New(parse(t, benchSpec), mcpmount.InProcess(api), opts)
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Shutdown(t.Context())
		session := openAs(t, srv, nil)
		go func() {
			<-began
			send(t.Context(), srv, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`, session)
		}()
		start := time.Now()
		w := send(t.Context(), srv, `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"getItem","arguments":{"id":"1"}}}`, session)
		if took := time.Since(start); took > time.Second {
			t.Errorf("it took %v: %s", took, w.Body)
		}
	})
}
