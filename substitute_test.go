package mcpmount_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mcpmount/mcpmount"
)

// callOverHTTP makes a call of whoami over a connection of its own, and returns the
// answer when all of it is there.
func callOverHTTP(t *testing.T, srv http.Handler) (*http.Response, string) {
	t.Helper()
	site := httptest.NewServer(srv)
	t.Cleanup(site.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.URL, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Mcp-Protocol-Version", "2025-11-25")
	res, err := site.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// A handler that does not hear that its call is over does not keep the answer back,
// and what it does later is of no consequence.
func TestDeafHandler(t *testing.T) {
	released := make(chan struct{})
	over := make(chan mcpmount.Call, 1)
	wrote := make(chan error, 1)
	srv := newNotesServer(t, func(w http.ResponseWriter, _ *http.Request) {
		<-released
		_, err := io.WriteString(w, "too late")
		wrote <- err
	}, &mcpmount.Options{
		Limits:  mcpmount.Limits{CallTimeout: 20 * time.Millisecond},
		Observe: func(_ context.Context, c mcpmount.Call) { over <- c },
	})
	res, body := callOverHTTP(t, srv)
	if res.StatusCode != http.StatusOK || res.Close != hasFastPath || !strings.Contains(body, `"isError":true`) || !strings.Contains(body, "did not answer within 20ms") {
		t.Errorf("the answer is %d, last on its connection: %t, %s", res.StatusCode, res.Close, body)
	}
	close(released)
	if err := <-wrote; err == nil {
		t.Error("the handler can write after its call")
	}
	if c := <-over; c.Status != mcpmount.CallError || c.Reason != mcpmount.ReasonTimeout {
		t.Errorf("observed as %s, %s", c.Status, c.Reason)
	}
}

// When Shutdown waits no longer, calls are answered whose handlers do not return.
func TestShutdownUnderDeafHandler(t *testing.T) {
	began, released := make(chan struct{}), make(chan struct{})
	srv := newNotesServer(t, func(http.ResponseWriter, *http.Request) {
		close(began)
		<-released
	}, nil)
	defer close(released)
	go func() {
		<-began
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		_ = srv.Shutdown(ctx)
	}()
	if _, body := callOverHTTP(t, srv); !strings.Contains(body, "the server is shutting down") {
		t.Errorf("the answer is %s", body)
	}
}

// A handler that ends its goroutine ends that of the connection, after the answer.
func TestHandlerExits(t *testing.T) {
	srv := newNotesServer(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half")
		runtime.Goexit()
	}, nil)
	if _, body := callOverHTTP(t, srv); !strings.Contains(body, `"isError":true`) || strings.Contains(body, "half") || !strings.Contains(body, "API failed") {
		t.Errorf("the answer is %s", body)
	}
}

// What a handler writes beyond the limit is refused, its context ends, and what
// there is becomes the answer.
func TestHandlerWritesTooMuch(t *testing.T) {
	const most = 300_000
	srv := newNotesServer(t, func(w http.ResponseWriter, r *http.Request) {
		line := strings.Repeat("x", 999) + "\n"
		written := 0
		for {
			n, err := io.WriteString(w, line)
			if written += n; err != nil {
				break
			}
		}
		if written > most+len(line) {
			panic(fmt.Sprintf("%d bytes were taken", written))
		}
		<-r.Context().Done()
	}, &mcpmount.Options{Limits: mcpmount.Limits{MaxResponseBytes: most}})
	if _, body := callOverHTTP(t, srv); strings.Contains(body, `"isError":true`) || strings.Count(body, "x") < most*9/10 || !strings.Contains(body, "was cut after 300000 bytes") {
		t.Errorf("the answer has %d bytes, and ends in %s", len(body), body[max(0, len(body)-200):])
	}
}

// A stream that the end of the call cuts is answered with what there was of it.
func TestHandlerStreamsToTheEnd(t *testing.T) {
	srv := newNotesServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: one\n\n")
		w.(http.Flusher).Flush()
		w.Header().Set("Content-Type", "text/html") // too late
		io.WriteString(w, "data: two\n\n")
		<-r.Context().Done()
	}, &mcpmount.Options{Limits: mcpmount.Limits{CallTimeout: 20 * time.Millisecond}})
	if _, body := callOverHTTP(t, srv); !strings.Contains(body, "one") || !strings.Contains(body, "two") || !strings.Contains(body, "the stream was cut after 20ms") {
		t.Errorf("the answer is %s", body)
	}
}
