package mcpmount_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mcpmount/mcpmount"
)

// scale returns small, or with MCPMOUNT_SOAK set large: how much of something a
// test does.
func scale(small, large int) int {
	if os.Getenv("MCPMOUNT_SOAK") != "" {
		return large
	}
	return small
}

// memory returns what the process holds on to, in bytes, and its goroutines.
func memory() (bytes, goroutines int) {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int(s.HeapAlloc + s.StackInuse), runtime.NumGoroutine()
}

// settle waits until there are no more goroutines than there were.
func settle(t *testing.T, goroutines int) {
	t.Helper()
	now := runtime.NumGoroutine()
	for deadline := time.Now().Add(20 * time.Second); now > goroutines && time.Now().Before(deadline); now = runtime.NumGoroutine() {
		time.Sleep(10 * time.Millisecond)
	}
	if now > goroutines {
		t.Errorf("%d goroutines, %d before", now, goroutines)
	}
}

// notesServer listens with the notes API's server, and nothing around it.
func notesServer(t *testing.T, opts *mcpmount.Options) (*mcpmount.Server, *httptest.Server) {
	t.Helper()
	srv := newNotesServer(t, newNotesAPI().ServeHTTP, opts)
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	return srv, ts
}

// request sends a request to url, and returns its response.
func request(t *testing.T, client *http.Client, method, url, body string, h http.Header) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range h {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// Clients that open sessions without end cost no more than the sessions that may
// be, and when these were idle, nothing.
func TestSessionFlood(t *testing.T) {
	const most = 200
	srv, ts := notesServer(t, &mcpmount.Options{Limits: mcpmount.Limits{MaxSessions: most, SessionIdle: time.Hour}})
	flood := func(n int) {
		for range n { // of new connections, to see that these are not kept
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			res := request(t, client, http.MethodPost, ts.URL, initialize, nil)
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if res.StatusCode != http.StatusOK || res.Header.Get("Mcp-Session-Id") == "" {
				t.Fatalf("initialize: %s", res.Status)
			}
		}
	}
	flood(1)
	empty, _ := memory()
	flood(most)
	settle(t, most+50)
	full, _ := memory()
	n := scale(1500, 10_000)
	flood(n)
	settle(t, most+50)
	after, _ := memory()
	t.Logf("a session has %d bytes; after %d more, %d bytes more in all", (full-empty)/most, n, after-full)
	if more := after - full; more > 500*n {
		t.Errorf("%d bytes more after %d more sessions", more, n)
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSessionFloodIdle(t *testing.T) {
	_, before := memory()
	_, ts := notesServer(t, &mcpmount.Options{Limits: mcpmount.Limits{SessionIdle: 200 * time.Millisecond}})
	_, serving := memory()
	for range scale(300, 10_000) {
		res := request(t, ts.Client(), http.MethodPost, ts.URL, initialize, nil)
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	ts.Client().CloseIdleConnections()
	settle(t, serving)
	ts.Close()
	settle(t, before)
}

// What a client costs that listens, besides its connection, is told by the log.
func TestListenStreams(t *testing.T) {
	listen, modernHeader := modern("subscriptions/listen")
	tests := []struct {
		name string
		open func(t *testing.T, client *http.Client, url string) *http.Response
	}{
		{"subscription", func(t *testing.T, client *http.Client, url string) *http.Response {
			return request(t, client, http.MethodPost, url, listen, modernHeader)
		}},
		{"session", func(t *testing.T, client *http.Client, url string) *http.Response {
			res := request(t, client, http.MethodPost, url, initialize, nil)
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
			h := http.Header{"Mcp-Session-Id": {res.Header.Get("Mcp-Session-Id")}, "Mcp-Protocol-Version": {"2025-11-25"}}
			initialized := request(t, client, http.MethodPost, url, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, h)
			initialized.Body.Close()
			return request(t, client, http.MethodGet, url, "", h)
		}},
		{"HTTP with SSE", func(t *testing.T, client *http.Client, url string) *http.Response {
			return request(t, client, http.MethodGet, url+"/sse", "", nil)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := scale(100, 1000)
			srv, ts := notesServer(t, nil)
			plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, ": ok\n\n")
				http.NewResponseController(w).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(time.Minute):
				}
			}))
			defer plain.Close()
			open := func(url string, open func(*testing.T, *http.Client, string) *http.Response) (bytes, goroutines int, streams []*http.Response) {
				client := &http.Client{Transport: &http.Transport{MaxIdleConns: 1}}
				b, g := memory()
				for range n {
					res := open(t, client, url)
					if res.StatusCode != http.StatusOK {
						t.Fatalf("%s", res.Status)
					}
					if _, err := bufio.NewReaderSize(res.Body, 16).ReadString('\n'); err != nil { // flushed at once
						t.Fatal(err)
					}
					streams = append(streams, res)
				}
				client.CloseIdleConnections()
				bytes, goroutines = memory()
				return (bytes - b) / n, (goroutines - g) / n, streams
			}
			baseBytes, baseGoroutines, streams := open(plain.URL, func(t *testing.T, client *http.Client, url string) *http.Response {
				return request(t, client, http.MethodGet, url, "", nil)
			})
			leave(streams)
			_, before := memory()
			bytes, goroutines, streams := open(ts.URL, tt.open)
			t.Logf("a stream has %d bytes and %d goroutines, besides %d bytes and %d goroutines of a connection and its client",
				bytes-baseBytes, goroutines-baseGoroutines, baseBytes, baseGoroutines)
			if bytes-baseBytes > 100<<10 {
				t.Errorf("a stream has %d bytes", bytes-baseBytes)
			}
			leave(streams)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if err := srv.Shutdown(ctx); err != nil {
				t.Error(err)
			}
			ts.Close()
			settle(t, before)
		})
	}
}

func leave(streams []*http.Response) {
	for _, res := range streams {
		res.Body.Close()
	}
}

// A call that has ended leaves nothing, whoever has answered it, in a session or without.
func TestCallsLeaveNothing(t *testing.T) {
	const calls, each = 500, 512 // bytes: less than what a call has, more than what moves by itself
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{}}}`
	for _, past := range []bool{false, true} {
		srv := newNotesServer(t, newNotesAPI().ServeHTTP, &mcpmount.Options{NoFastPath: past})
		for name, h := range map[string]http.Header{"no session": nil, "a session": openSession(t, srv)} {
			run := func() {
				for range calls {
					if w := send(t.Context(), srv, body, h); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "isError") {
						t.Fatalf("%d %s", w.Code, w.Body)
					}
				}
			}
			run()
			before, _ := memory()
			run()
			if after, _ := memory(); after-before > calls*each {
				t.Errorf("%s, NoFastPath is %t: %d calls left %d bytes", name, past, calls, after-before)
			}
		}
	}
}
