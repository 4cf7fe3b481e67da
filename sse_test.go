package mcpmount_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// An sseClient is a client of 2024-11-05, without a network.
type sseClient struct {
	t        *testing.T
	srv      http.Handler
	endpoint string
	events   *bufio.Reader
	leave    func()
	left     chan struct{} // closed when the stream has ended
}

func openSSE(t *testing.T, srv http.Handler) *sseClient {
	t.Helper()
	reader, writer := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	c := &sseClient{t: t, srv: srv, events: bufio.NewReader(reader), left: make(chan struct{})}
	c.leave = func() { cancel(); reader.Close() }
	t.Cleanup(c.leave)
	go func() {
		defer close(c.left)
		srv.ServeHTTP(&pipeResponse{w: writer, header: http.Header{}}, httptest.NewRequestWithContext(ctx, http.MethodGet, "/sse", nil))
		writer.Close()
	}()
	c.endpoint = c.next()
	c.post(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2024-11-05","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}`)
	c.next()
	c.post(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	return c
}

// next returns the data of the next event, or "" at the end.
func (c *sseClient) next() string {
	for {
		line, err := c.events.ReadString('\n')
		if err != nil {
			return ""
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			return strings.TrimSpace(data)
		}
	}
}

func (c *sseClient) post(body string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, "/"+c.endpoint, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.RemoteAddr = "203.0.113.9:1"
	w := httptest.NewRecorder()
	c.srv.ServeHTTP(w, r)
	return w
}

func (c *sseClient) call(id int) *httptest.ResponseRecorder {
	return c.post(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"whoami","arguments":{}}}`, id))
}

// A pipeResponse is a connection that holds nothing: a write waits until the
// client has read it, or for the deadline.
type pipeResponse struct {
	w      *io.PipeWriter
	header http.Header
	timer  *time.Timer
}

func (p *pipeResponse) Header() http.Header         { return p.header }
func (p *pipeResponse) WriteHeader(int)             {}
func (p *pipeResponse) Write(b []byte) (int, error) { return p.w.Write(b) }
func (p *pipeResponse) Flush()                      {}

func (p *pipeResponse) SetWriteDeadline(deadline time.Time) error {
	if p.timer != nil {
		p.timer.Stop()
	}
	if !deadline.IsZero() {
		p.timer = time.AfterFunc(time.Until(deadline), func() { p.w.CloseWithError(os.ErrDeadlineExceeded) })
	}
	return nil
}

// slowNotification is middleware that handles a notification when release is
// closed; what a session sends meanwhile waits.
func slowNotification(release chan struct{}) []mcp.Middleware {
	return []mcp.Middleware{func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			if method == "notifications/roots/list_changed" {
				<-release
			}
			return next(ctx, method, req)
		}
	}}
}

const rootsChanged = `{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}`

// However many messages wait, each is handled as its caller's, or refused.
func TestSSEPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		callers := map[string]int{}
		release := make(chan struct{})
		srv := newNotesServer(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			callers[r.RemoteAddr]++
			mu.Unlock()
		}, &mcpmount.Options{Middleware: slowNotification(release)})
		c := openSSE(t, srv)
		synctest.Wait() // the client's notification is handled
		c.post(rootsChanged)
		accepted := 0
		for id := range 200 {
			switch w := c.call(id + 10); w.Code {
			case http.StatusAccepted:
				accepted++
			case http.StatusTooManyRequests:
				if w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), fmt.Sprintf(`"id":%d`, id+10)) {
					t.Errorf("429 with %v: %s", w.Header(), w.Body)
				}
			default:
				t.Fatalf("%d: %s", w.Code, w.Body)
			}
		}
		if accepted != 127 {
			t.Errorf("%d calls accepted beside a notification, want 127", accepted)
		}
		close(release)
		for range accepted {
			c.next()
		}
		if callers["203.0.113.9:1"] != accepted || len(callers) != 1 {
			t.Errorf("calls by caller = %v, want %d by the one who called", callers, accepted)
		}
		if w := c.call(5); w.Code != http.StatusAccepted {
			t.Errorf("after the answers: %d", w.Code)
		}
		c.next()
	})
}

// What the SDK drops without a word keeps no place for ever.
func TestSSEDroppedNotifications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSSE(t, newNotesServer(t, http.NotFound, &mcpmount.Options{KeepAlive: -1}))
		synctest.Wait()
		unknown := func() int { return c.post(`{"jsonrpc":"2.0","method":"notifications/unknown"}`).Code }
		for i := range 128 {
			if got := unknown(); got != http.StatusAccepted {
				t.Fatalf("notification %d: %d", i, got)
			}
		}
		if got := unknown(); got != http.StatusTooManyRequests {
			t.Errorf("one more: %d, want 429", got)
		}
		time.Sleep(2 * time.Minute)
		if got := unknown(); got != http.StatusAccepted {
			t.Errorf("after a while: %d", got)
		}
	})
}

// An unknown method is an error, and not the end of the stream.
func TestSSEUnknownMethod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSSE(t, newNotesServer(t, http.NotFound, nil))
		for _, id := range []int{7, 8} {
			w := c.post(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"x/y"}`, id))
			if got := c.next(); w.Code != http.StatusAccepted || !strings.Contains(got, "-32601") || !strings.Contains(got, fmt.Sprintf(`"id":%d`, id)) {
				t.Errorf("%d, then %s", w.Code, got)
			}
		}
	})
}

func TestSSERepeatedID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c := openSSE(t, newNotesServer(t, func(http.ResponseWriter, *http.Request) { <-release }, nil))
		c.call(7)
		if w := c.call(7); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"id":7`) {
			t.Errorf("an id that is in use: %d %s", w.Code, w.Body)
		}
		close(release)
		c.next()
		if w := c.call(7); w.Code != http.StatusAccepted {
			t.Errorf("an id that was in use: %d %s", w.Code, w.Body)
		}
		c.next()
	})
}

// A client that does not read its stream loses it, and nobody waits for that.
func TestSSEStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, nil)
		deaf, other := openSSE(t, srv), openSSE(t, srv)
		deaf.call(2)
		synctest.Wait()
		start := time.Now()
		doc := parse(t, notesSpec)
		doc.Operations = doc.Operations[:2]
		if err := srv.Update(doc); err != nil {
			t.Fatal(err)
		}
		if got := other.next(); !strings.Contains(got, "list_changed") {
			t.Errorf("the other client is told %s", got)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("the other client was told after %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown = %v with a call that cannot be answered, want the end of its context", err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("Shutdown returned after %v", took)
		}
		<-deaf.left
		if took := time.Since(start); took > 11*time.Second {
			t.Errorf("the stream that nobody reads ended after %v", took)
		}
	})
}

// Neither does a client that reads too little, or that leaves.
func TestSSESlow(t *testing.T) {
	tests := []struct {
		name string
		read func(*sseClient)
		max  time.Duration // until the stream ends
	}{
		{"leaves", func(c *sseClient) { c.leave() }, 0},
		{"reads now and then", func(c *sseClient) {
			for c.next() != "" {
				time.Sleep(9 * time.Second)
			}
		}, 20 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := openSSE(t, newNotesServer(t, http.NotFound, nil))
				start := time.Now()
				for id := range 60 {
					c.call(id + 10)
				}
				synctest.Wait()
				read := make(chan struct{})
				go func() { tt.read(c); close(read) }()
				<-c.left
				if took := time.Since(start); took > tt.max {
					t.Errorf("the stream ended after %v, want at most %v", took, tt.max)
				}
				<-read
			})
		})
	}
}

// Shutdown waits for the answers, not only for the POSTs, and nothing begins
// after it.
func TestSSEShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		srv := newNotesServer(t, func(w http.ResponseWriter, r *http.Request) {
			<-release
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"ok":true}`)
		}, nil)
		c := openSSE(t, srv)
		c.call(2)
		shut := make(chan error, 1)
		go func() { shut <- srv.Shutdown(context.Background()) }()
		synctest.Wait()
		select {
		case err := <-shut:
			t.Fatalf("Shutdown = %v during a call", err)
		default:
		}
		if w := c.call(3); w.Code != http.StatusServiceUnavailable {
			t.Errorf("a call during Shutdown: %d %s", w.Code, w.Body)
		}
		close(release)
		if got := c.next(); !strings.Contains(got, `"ok":true`) {
			t.Errorf("a call under way was answered %q", got)
		}
		if err := <-shut; err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		<-c.left
		for _, path := range []string{"/sse", "/mcp", "/messages?sessionid=x"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("Accept", "text/event-stream")
			w := httptest.NewRecorder()
			srv.ServeHTTP(w, r)
			if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
				t.Errorf("GET %s after Shutdown: %d with %v", path, w.Code, w.Header())
			}
		}
	})
}

// A client that leaves during its call keeps no Shutdown waiting.
func TestSSEShutdownAfterTheClientLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := make(chan struct{})
		srv := newNotesServer(t, func(w http.ResponseWriter, r *http.Request) {
			close(started)
			<-r.Context().Done()
		}, nil)
		c := openSSE(t, srv)
		c.call(2)
		<-started
		c.leave()
		<-c.left
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
	})
}
