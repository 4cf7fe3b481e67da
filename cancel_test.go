package mcpmount_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

const waitSpec = `
openapi: 3.1.0
info: {title: Wait, version: "1"}
paths:
  /wait: {get: {operationId: wait, responses: {"200": {description: ok}}}}
  /stream: {get: {operationId: stream, responses: {"200": {description: ok}}}}
  /deaf: {get: {operationId: deaf, responses: {"200": {description: ok}}}}
  /fast: {get: {operationId: fast, responses: {"200": {description: ok}}}}
`

// A waitAPI has operations that go on until they are told to stop.
type waitAPI struct {
	*http.ServeMux
	began   chan struct{} // one element for each call that has begun
	ended   chan time.Time
	release chan struct{} // closed: calls that wait are answered
	finish  func()        // closes release
}

func newWaitAPI() *waitAPI {
	a := &waitAPI{ServeMux: http.NewServeMux(), began: make(chan struct{}, 100), ended: make(chan time.Time, 100), release: make(chan struct{})}
	a.finish = sync.OnceFunc(func() { close(a.release) })
	wait := func(w http.ResponseWriter, r *http.Request) {
		a.began <- struct{}{}
		select {
		case <-r.Context().Done():
			a.ended <- time.Now()
		case <-a.release:
			fmt.Fprint(w, "waited")
		}
	}
	a.HandleFunc("GET /wait", wait)
	a.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		fmt.Fprintln(w, `{"n":1}`)
		http.NewResponseController(w).Flush()
		wait(w, r)
	})
	a.HandleFunc("GET /deaf", func(w http.ResponseWriter, _ *http.Request) {
		a.began <- struct{}{}
		<-a.release
		_, _ = w.Write(make([]byte, 1<<20))
		a.ended <- time.Now()
	})
	a.HandleFunc("GET /fast", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "fast") })
	return a
}

// serveWait serves a waitAPI, in process or behind a network, as MCP at the URL
// that it returns.
func serveWait(t *testing.T, upstream bool, opts mcpmount.Options) (*waitAPI, *mcpmount.Server, string) {
	t.Helper()
	app := newWaitAPI()
	transport := mcpmount.InProcess(app)
	if upstream {
		api := httptest.NewServer(app)
		t.Cleanup(api.Close)
		var err error
		if transport, err = mcpmount.Upstream(api.URL, nil); err != nil {
			t.Fatal(err)
		}
	}
	srv, url := serveMCP(t, waitSpec, transport, opts)
	t.Cleanup(app.finish)
	return app, srv, url
}

func serveAPI(t *testing.T, spec string, app http.Handler, opts mcpmount.Options) (*mcpmount.Server, string) {
	t.Helper()
	return serveMCP(t, spec, mcpmount.InProcess(app), opts)
}

// serveMCP serves nothing but MCP, at the URL that it returns.
func serveMCP(t *testing.T, spec string, api http.RoundTripper, opts mcpmount.Options) (*mcpmount.Server, string) {
	t.Helper()
	opts.Logger = slog.New(slog.DiscardHandler)
	srv, err := mcpmount.New(parse(t, spec), api, &opts)
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx)
	})
	return srv, ts.URL
}

// promptly is what the end of a call at the client may take to reach the API;
// the time limit of a call is far above it.
const promptly = 100 * time.Millisecond

// checkEnded checks that the API was told that a call has ended, long before the
// time limit of the call, and returns how long that took.
func (a *waitAPI) checkEnded(t *testing.T, since time.Time) time.Duration {
	t.Helper()
	select {
	case at := <-a.ended:
		return at.Sub(since)
	case <-time.After(mcpmount.DefaultCallTimeout * 2 / 3):
		t.Fatal("the API did not hear that the call has ended")
		return 0
	}
}

// checkPromptly has calls given up until the API is told of one promptly. A
// machine that does everything at once may be late, but not each time. The
// function gives a call up and says when.
func (a *waitAPI) checkPromptly(t *testing.T, giveUp func() time.Time) {
	t.Helper()
	var took []time.Duration
	for range 50 {
		took = append(took, a.checkEnded(t, giveUp()))
		if took[len(took)-1] <= promptly {
			t.Logf("the API heard after %v", took)
			return
		}
	}
	t.Errorf("the API heard after %v, never within %v", took, promptly)
}

// checkGoesOn checks that the API is not told that a call has ended.
func (a *waitAPI) checkGoesOn(t *testing.T) {
	t.Helper()
	select {
	case <-a.ended:
		t.Error("the call has ended")
	case <-time.After(2 * promptly):
	}
}

func eachTransport(t *testing.T, f func(t *testing.T, upstream bool)) {
	t.Run("in process", func(t *testing.T) { f(t, false) })
	t.Run("upstream", func(t *testing.T) { f(t, true) })
}

// A client that gives a call up is heard by the API, whichever way its version
// has of saying so.
func TestCancelReachesAPI(t *testing.T) {
	for _, e := range eras {
		for _, tool := range []string{"wait", "stream"} {
			t.Run(e.name+"/"+tool, func(t *testing.T) {
				eachTransport(t, func(t *testing.T, upstream bool) {
					app, _, url := serveWait(t, upstream, mcpmount.Options{})
					cancelCall(t, app, e.connect(t, url, nil, nil), tool)
				})
			})
		}
	}
}

func TestCancelReachesAPIOnStdio(t *testing.T) {
	for _, version := range []string{"", "2025-11-25"} {
		eachTransport(t, func(t *testing.T, upstream bool) {
			app, srv, _ := serveWait(t, upstream, mcpmount.Options{})
			near, far := mcp.NewInMemoryTransports()
			done := make(chan error, 1)
			go func() { done <- srv.Run(t.Context(), far) }()
			session, err := mcp.NewClient(&mcp.Implementation{Name: "test"}, nil).
				Connect(t.Context(), near, &mcp.ClientSessionOptions{ProtocolVersion: version})
			if err != nil {
				t.Fatal(err)
			}
			cancelCall(t, app, session, "wait")
			_ = session.Close()
			// The answer to the call that was given up may come too late for the client.
			if err := <-done; err != nil && !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("Run = %v", err)
			}
		})
	}
}

// cancelCall calls a tool, gives the call up while it is running, and calls
// another one.
func cancelCall(t *testing.T, app *waitAPI, session *mcp.ClientSession, tool string) {
	t.Helper()
	var calls sync.WaitGroup
	app.checkPromptly(t, func() time.Time {
		ctx, cancel := context.WithCancel(t.Context())
		calls.Go(func() {
			if _, err := session.CallTool(ctx, &mcp.CallToolParams{Name: tool}); err == nil {
				t.Error("a call that was given up has a result")
			}
		})
		<-app.began
		since := time.Now()
		cancel()
		return since
	})
	calls.Wait()
	if got := text(call(t, session, "fast", nil)); got != "fast" {
		t.Errorf("the next call: %q", got)
	}
}

// postRaw sends a message with the given headers, which come in pairs.
func postRaw(ctx context.Context, t *testing.T, url, body string, header ...string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return http.DefaultClient.Do(req)
}

const (
	callWait   = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait"}}`
	modernWait = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait","_meta":{` +
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"raw","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`
)

// A disconnect ends a call for which nobody can come back; see
// Options.KeepCalls.
func TestDisconnect(t *testing.T) {
	tests := []struct {
		name   string
		opts   mcpmount.Options
		body   string
		header []string
		ends   bool
	}{
		{"2026-07-28", mcpmount.Options{}, modernWait, modernHeader, true},
		{"2026-07-28, calls are kept", mcpmount.Options{KeepCalls: true}, modernWait, modernHeader, true},
		{"2025-11-25 without a session", mcpmount.Options{}, callWait, []string{"Mcp-Protocol-Version", "2025-11-25"}, true},
		{"bare", mcpmount.Options{}, callWait, nil, true},
		{"bare, event stream", mcpmount.Options{}, callWait, []string{"Accept", "text/event-stream"}, true},
		{"bare, batch", mcpmount.Options{}, "[" + callWait + "]", nil, true},
		{"stateless", mcpmount.Options{Stateless: true}, callWait, []string{"Mcp-Session-Id", "x", "Mcp-Protocol-Version", "2025-06-18"}, true},
		{"bare, calls are kept", mcpmount.Options{KeepCalls: true}, callWait, nil, false},
		{"2025-11-25, calls are kept", mcpmount.Options{KeepCalls: true}, callWait, []string{"Mcp-Protocol-Version", "2025-11-25"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachTransport(t, func(t *testing.T, upstream bool) {
				app, _, url := serveWait(t, upstream, tt.opts)
				var calls sync.WaitGroup
				giveUp := func() time.Time {
					ctx, cancel := context.WithCancel(t.Context())
					calls.Go(func() {
						if res, err := postRaw(ctx, t, url, tt.body, tt.header...); err == nil {
							_, _ = io.Copy(io.Discard, res.Body)
							res.Body.Close()
						}
					})
					<-app.began
					since := time.Now()
					cancel()
					return since
				}
				if tt.ends {
					app.checkPromptly(t, giveUp)
				} else {
					giveUp()
					app.checkGoesOn(t)
				}
				calls.Wait()
			})
		})
	}
}

var modernHeader = []string{"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", "wait"}

// What holds for a bridged call holds for hand-written tools.
func TestDisconnectHandWritten(t *testing.T) {
	began, ended := make(chan struct{}), make(chan struct{})
	_, srv, url := serveWait(t, false, mcpmount.Options{})
	err := srv.Extend(func(s *mcp.Server) {
		mcp.AddTool(s, &mcp.Tool{Name: "own"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
			close(began)
			<-ctx.Done()
			close(ended)
			return nil, nil, ctx.Err()
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-began
		cancel()
	}()
	if _, err := postRaw(ctx, t, url, strings.Replace(callWait, `"wait"`, `"own","arguments":{}`, 1)); err == nil {
		t.Error("an answer came")
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the tool did not hear that its caller has left")
	}
}

// beginSession opens a session by hand and returns the headers of messages in it.
func beginSession(t *testing.T, url, version string) []string {
	t.Helper()
	res, err := postRaw(t.Context(), t, url, `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"`+version+
		`","capabilities":{},"clientInfo":{"name":"raw","version":"1"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	header := []string{"Mcp-Session-Id", res.Header.Get("Mcp-Session-Id"), "Mcp-Protocol-Version", version}
	tell(t, url, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, header)
	return header
}

// tell sends a notification.
func tell(t *testing.T, url, body string, header []string) {
	t.Helper()
	res, err := postRaw(t.Context(), t, url, body, header...)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		t.Fatalf("%s: %s", body, res.Status)
	}
}

// Within a session, a disconnect is not a cancellation: the call goes on, its
// answer can be fetched, and a notification from elsewhere ends it.
func TestDisconnectInSession(t *testing.T) {
	for _, version := range []string{"2025-03-26", "2025-06-18", "2025-11-25"} {
		t.Run(version, func(t *testing.T) {
			eachTransport(t, func(t *testing.T, upstream bool) {
				app, _, url := serveWait(t, upstream, mcpmount.Options{})
				header := beginSession(t, url, version)
				ctx, cancel := context.WithCancel(t.Context())
				go func() {
					if res, err := postRaw(ctx, t, url, callWait, header...); err == nil {
						_, _ = io.Copy(io.Discard, res.Body)
						res.Body.Close()
					}
				}()
				<-app.began
				cancel()
				app.checkGoesOn(t)
				since := time.Now()
				tell(t, url, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, header)
				app.checkEnded(t, since)
			})
		})
	}
}

// A client whose stream broke off comes back for the answer.
func TestAnswerIsFetched(t *testing.T) {
	app, _, url := serveWait(t, false, mcpmount.Options{})
	header := beginSession(t, url, "2025-11-25")
	ctx, cancel := context.WithCancel(t.Context())
	res, err := postRaw(ctx, t, url, callWait, header...)
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 200)
	n, err := res.Body.Read(first) // the event that says where to go on from
	if err != nil {
		t.Fatal(err)
	}
	_, id, _ := strings.Cut(string(first[:n]), "id: ")
	id, _, _ = strings.Cut(id, "\n")
	<-app.began
	cancel()
	res.Body.Close()
	app.finish()
	for {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		req.Header.Set("Accept", "text/event-stream")
		req.Header.Set("Last-Event-Id", id)
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		if res, err = http.DefaultClient.Do(req); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusConflict { // the server has not seen the first stream end
			break
		}
		res.Body.Close()
	}
	defer res.Body.Close()
	events, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(events), `"waited"`) {
		t.Errorf("%s: %q, %v", res.Status, events, err)
	}
}

// The end of a session ends its calls: nobody can fetch the answers.
func TestDeleteEndsCalls(t *testing.T) {
	eachTransport(t, func(t *testing.T, upstream bool) {
		app, _, url := serveWait(t, upstream, mcpmount.Options{})
		header := beginSession(t, url, "2025-11-25")
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			if res, err := postRaw(t.Context(), t, url, callWait, header...); err == nil {
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
		}()
		<-app.began
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodDelete, url, nil)
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		since := time.Now()
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.StatusCode != http.StatusNoContent {
			t.Fatalf("DELETE: %v, %v", res, err)
		}
		res.Body.Close()
		app.checkEnded(t, since)
		<-answered
	})
}

// A call in a session whose client never comes back ends at its time limit.
func TestAbandonedCallEnds(t *testing.T) {
	app, _, url := serveWait(t, false, mcpmount.Options{Limits: mcpmount.Limits{CallTimeout: 500 * time.Millisecond}})
	header := beginSession(t, url, "2025-11-25")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-app.began
		cancel()
	}()
	if res, err := postRaw(ctx, t, url, callWait, header...); err == nil {
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	app.checkEnded(t, time.Now())
}

// A client may cancel as often as it likes: what it cancelled takes no room.
func TestManyCancellations(t *testing.T) {
	_, _, url := serveWait(t, false, mcpmount.Options{})
	header := beginSession(t, url, "2025-11-25")
	for i := range 300 {
		tell(t, url, fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%d}}`, i), header)
	}
}

// A handler that does not listen keeps nobody waiting, and what it says later
// goes nowhere.
func TestCancelDeafHandler(t *testing.T) {
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			app, _, url := serveWait(t, false, mcpmount.Options{Limits: mcpmount.Limits{CallTimeout: 200 * time.Millisecond}})
			session := e.connect(t, url, nil, nil)
			res := call(t, session, "deaf", nil)
			if !res.IsError || !strings.Contains(text(res), "did not answer within 200ms; the operator can allow more time") {
				t.Errorf("%v", text(res))
			}
			if got := text(call(t, session, "fast", nil)); got != "fast" {
				t.Errorf("the next call: %q", got)
			}
			app.finish()
			<-app.ended
		})
	}
}
