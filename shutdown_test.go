package mcpmount_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// Shutdown lets calls finish, whichever way their clients connect, refuses new
// ones, and leaves nothing behind.
func TestShutdownDrains(t *testing.T) {
	before := runtime.NumGoroutine()
	app := newWaitAPI()
	srv, err := mcpmount.New(parse(t, waitSpec), mcpmount.InProcess(app), nil)
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv)
	near, far := mcp.NewInMemoryTransports()
	ran := make(chan error, 1)
	go func() { ran <- srv.Run(context.Background(), far) }()
	local, err := mcp.NewClient(&mcp.Implementation{Name: "test"}, nil).Connect(t.Context(), near, nil)
	if err != nil {
		t.Fatal(err)
	}
	sessions := []*mcp.ClientSession{local}
	for _, e := range eras[:3] { // TestSSEShutdown is about the others: their client forgets what it has read when the stream ends
		sessions = append(sessions, e.connect(t, ts.URL, nil, nil))
	}
	results := make(chan string, len(sessions))
	for i, session := range sessions {
		go func() {
			res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "wait"})
			if err != nil {
				results <- fmt.Sprintf("client %d: %v", i, err)
				return
			}
			results <- text(res)
		}()
		<-app.began
	}
	drained := make(chan error, 1)
	go func() { drained <- srv.Shutdown(context.Background()) }()
	for srv.Health().OK { // it says so when nothing comes in any more
		runtime.Gosched()
	}
	w := send(t.Context(), srv, callWait, nil)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "shutting down") {
		t.Errorf("a new call: %d %v %s", w.Code, w.Header(), w.Body)
	}
	select {
	case err := <-drained:
		t.Fatalf("Shutdown = %v while calls were under way", err)
	default:
	}
	app.finish()
	for range sessions {
		if got := <-results; got != "waited" {
			t.Errorf("a call that was under way: %s", got)
		}
	}
	if err := <-drained; err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	if err := <-ran; err != nil {
		t.Errorf("Run = %v", err)
	}
	_, late := mcp.NewInMemoryTransports()
	if err := srv.Run(t.Context(), late); err != nil {
		t.Errorf("Run after Shutdown = %v", err)
	}
	for _, session := range sessions {
		_ = session.Close()
	}
	ts.Close()
	http.DefaultClient.CloseIdleConnections()
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines are left of %d:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// When its time is up, Shutdown waits no longer: the API hears that the calls
// have ended, and their clients why.
func TestShutdownEndsCalls(t *testing.T) {
	eachTransport(t, func(t *testing.T, upstream bool) {
		app, srv, url := serveWait(t, upstream, mcpmount.Options{})
		body := make(chan string, 1)
		go func() {
			res, err := postRaw(t.Context(), t, url, callWait)
			if err != nil {
				body <- err.Error()
				return
			}
			defer res.Body.Close()
			b, _ := io.ReadAll(res.Body)
			body <- string(b)
		}()
		<-app.began
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := srv.Shutdown(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Shutdown = %v", err)
		}
		app.checkEnded(t, time.Now())
		if got := <-body; !strings.Contains(got, "the call was canceled: the server is shutting down") {
			t.Errorf("the client got %s", got)
		}
	})
}

// The end of the context of Run ends the calls of its client.
func TestRunEnds(t *testing.T) {
	app, srv, _ := serveWait(t, false, mcpmount.Options{})
	near, far := mcp.NewInMemoryTransports()
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- srv.Run(ctx, far) }()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test"}, nil).Connect(t.Context(), near, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	go func() { _, _ = session.CallTool(t.Context(), &mcp.CallToolParams{Name: "wait"}) }()
	<-app.began
	since := time.Now()
	cancel()
	app.checkEnded(t, since)
	if err := <-ran; !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v", err)
	}
}

// While calls on stdio finish, new ones are refused, and cancellations heard.
func TestShutdownOnStdio(t *testing.T) {
	app, srv, _ := serveWait(t, false, mcpmount.Options{})
	near, far := mcp.NewInMemoryTransports()
	ran := make(chan error, 1)
	go func() { ran <- srv.Run(t.Context(), far) }()
	conn, err := near.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	send := func(message string) {
		t.Helper()
		msg, err := jsonrpc.DecodeMessage([]byte(message))
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Write(t.Context(), msg); err != nil {
			t.Fatal(err)
		}
	}
	answer := func() string {
		t.Helper()
		msg, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		data, _ := jsonrpc.EncodeMessage(msg)
		return string(data)
	}
	send(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"1"}}}`)
	answer()
	send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	send(callWait)
	<-app.began
	drained := make(chan error, 1)
	go func() { drained <- srv.Shutdown(context.Background()) }()
	for srv.Health().OK {
		runtime.Gosched()
	}
	send(strings.Replace(callWait, `"id":1`, `"id":2`, 1))
	if got := answer(); !strings.Contains(got, `"id":2`) || !strings.Contains(got, "shutting down") {
		t.Errorf("a new call: %s", got)
	}
	send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	if got := answer(); !strings.Contains(got, `"id":1`) {
		t.Errorf("the call that was canceled: %s", got)
	}
	if err := <-drained; err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	if err := <-ran; err != nil {
		t.Errorf("Run = %v", err)
	}
}

// A client that begins a message and does not go on keeps nobody waiting.
func TestShutdownDoesNotWaitForBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, nil)
		body, more := io.Pipe()
		answered := make(chan int, 1)
		go func() {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", body)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			srv.ServeHTTP(w, r)
			answered <- w.Code
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		io.WriteString(more, ping)
		more.Close()
		if code := <-answered; code != http.StatusServiceUnavailable {
			t.Errorf("the message after Shutdown: %d", code)
		}
	})
}
