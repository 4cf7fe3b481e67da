package mcpmount_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

const slowSpec = `
openapi: 3.1.0
info: {title: Slow, version: "1"}
paths:
  /events: {get: {operationId: events, responses: {"200": {description: ok}}}}
  /lines: {get: {operationId: lines, responses: {"200": {description: ok}}}}
  /text: {get: {operationId: text, responses: {"200": {description: ok}}}}
  /many: {get: {operationId: many, responses: {"200": {description: ok}}}}
  /log: {get: {operationId: log, responses: {"200": {description: ok}}}}
  /endless: {get: {operationId: endless, x-mcp: {timeout: 300ms}, responses: {"200": {description: ok}}}}
  /slow: {get: {operationId: slow, responses: {"200": {description: ok}}}}
`

// slowAPI answers bit by bit. After each bit but the last, it waits until
// somebody has heard of it.
func slowAPI(heard <-chan struct{}) http.Handler {
	mux := http.NewServeMux()
	bits := func(path, contentType string, bits ...string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			for i, bit := range bits {
				_, _ = io.WriteString(w, bit)
				_ = http.NewResponseController(w).Flush()
				if i == len(bits)-1 {
					break
				}
				select {
				case <-heard:
				case <-r.Context().Done():
				}
			}
		})
	}
	bits("/events", "text/event-stream", "data: {\"n\":1}\n\n", "data: {\"n\":2}\n\n", "data: {\"n\":3}\n\n")
	bits("/lines", "application/x-ndjson", "{\"n\":1}\n", "{\"n\":2}\n", "{\"n\":3}\n")
	bits("/text", "text/plain", "one\n", "two\n\n", "three")
	bits("/log", "application/x-ndjson", `{"level":"WARN","msg":"low on ink","page":7}`+"\n"+`{"level":"debug","message":"not asked for"}`+"\n", `{"level":"high","msg":"no level"}`+"\n")
	mux.HandleFunc("GET /many", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		for i := range 100_000 {
			fmt.Fprintf(w, "%d\n", i+1)
		}
	})
	mux.HandleFunc("GET /endless", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		fmt.Fprintln(w, `{"n":1}`)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("GET /slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	return mux
}

// A listenerClient is a client of slowAPI, and what it hears.
type listenerClient struct {
	*mcp.ClientSession
	progress chan *mcp.ProgressNotificationParams
	logged   chan *mcp.LoggingMessageParams
	heard    chan struct{} // to let slowAPI go on
}

// eachSlow calls f with a client of each era, over HTTP and on stdio.
func eachSlow(t *testing.T, f func(t *testing.T, c *listenerClient)) {
	stdio := func(version string) func(*testing.T, *mcpmount.Server, string, *mcp.ClientOptions) *mcp.ClientSession {
		return func(t *testing.T, srv *mcpmount.Server, _ string, opts *mcp.ClientOptions) *mcp.ClientSession {
			near, far := mcp.NewInMemoryTransports()
			go func() { _ = srv.Run(t.Context(), far) }()
			session, err := mcp.NewClient(&mcp.Implementation{Name: "test"}, opts).
				Connect(t.Context(), near, &mcp.ClientSessionOptions{ProtocolVersion: version})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = session.Close() })
			return session
		}
	}
	run := func(name string, connect func(*testing.T, *mcpmount.Server, string, *mcp.ClientOptions) *mcp.ClientSession) {
		t.Run(name, func(t *testing.T) {
			c := &listenerClient{
				progress: make(chan *mcp.ProgressNotificationParams, 1000),
				logged:   make(chan *mcp.LoggingMessageParams, 1000),
				heard:    make(chan struct{}, 1000),
			}
			srv, url := serveAPI(t, slowSpec, slowAPI(c.heard), mcpmount.Options{})
			c.ClientSession = connect(t, srv, url, &mcp.ClientOptions{
				ProgressNotificationHandler: func(_ context.Context, req *mcp.ProgressNotificationClientRequest) {
					c.progress <- req.Params
					c.heard <- struct{}{}
				},
				LoggingMessageHandler: func(_ context.Context, req *mcp.LoggingMessageRequest) {
					c.logged <- req.Params
					c.heard <- struct{}{}
				},
			})
			f(t, c)
		})
	}
	for _, e := range eras {
		run(e.name, func(t *testing.T, _ *mcpmount.Server, url string, opts *mcp.ClientOptions) *mcp.ClientSession {
			return e.connect(t, url, nil, opts)
		})
	}
	run("stdio", stdio(""))
	run("stdio 2025-11-25", stdio("2025-11-25"))
}

// A client hears of a streamed response while it comes: the API does not go on
// until it has.
func TestProgressWhileStreaming(t *testing.T) {
	eachSlow(t, func(t *testing.T, c *listenerClient) {
		for tool, want := range map[string][]string{
			"events": {`1 {"n":1}`, `2 {"n":2}`, `3 {"n":3}`},
			"lines":  {`1 {"n":1}`, `2 {"n":2}`, `3 {"n":3}`},
			"text":   {"1 one", "2 two", "3 three"},
		} {
			params := &mcp.CallToolParams{Name: tool}
			params.SetProgressToken(tool)
			res, err := c.CallTool(t.Context(), params)
			if err != nil || res.IsError {
				t.Fatalf("%s: %v, %v", tool, res, err)
			}
			var got []string
			for range want {
				p := <-c.progress
				if p.ProgressToken != tool {
					t.Errorf("%s: token %v", tool, p.ProgressToken)
				}
				got = append(got, fmt.Sprint(p.Progress, " ", p.Message))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tool, diff)
			}
			if tool == "text" && text(res) != "one\ntwo\n\nthree" {
				t.Errorf("text = %q", text(res))
			}
		}
	})
}

// However much an API says, a client hears little of it, in order; one that did
// not ask hears nothing.
func TestProgressIsBounded(t *testing.T) {
	eachSlow(t, func(t *testing.T, c *listenerClient) {
		if call(t, c.ClientSession, "many", nil); len(c.progress) > 0 {
			t.Errorf("without a token: %d notifications", len(c.progress))
		}
		params := &mcp.CallToolParams{Name: "many"}
		params.SetProgressToken("p")
		since := time.Now()
		res, err := c.CallTool(t.Context(), params)
		if err != nil || !strings.HasSuffix(text(res), "\n100000") {
			t.Fatalf("%.100s, %v", text(res), err)
		}
		most := 22 + int(time.Since(since)/(100*time.Millisecond))
		last := 0.0
		for n := 0; last < 100_000; n++ {
			p := <-c.progress
			if p.Progress <= last || n > most {
				t.Fatalf("progress %v after %v, %d notifications in %v", p.Progress, last, n, time.Since(since))
			}
			last = p.Progress
		}
	})
}

// Lines of a log become log messages for who asked for them, and stay in the
// result.
func TestLogMessages(t *testing.T) {
	eachSlow(t, func(t *testing.T, c *listenerClient) {
		params := &mcp.CallToolParams{Name: "log"}
		if c.InitializeResult().ProtocolVersion < "2026-07-28" {
			if err := c.SetLoggingLevel(t.Context(), &mcp.SetLoggingLevelParams{Level: "info"}); err != nil {
				t.Fatal(err)
			}
		} else {
			params.Meta = mcp.Meta{"io.modelcontextprotocol/logLevel": "info"}
		}
		res, err := c.CallTool(t.Context(), params)
		if err != nil || !strings.Contains(text(res), "not asked for") {
			t.Fatalf("%v, %v", res, err)
		}
		p := <-c.logged
		data, _ := json.Marshal(p.Data)
		if p.Level != "warning" || p.Logger != "log" || string(data) != `{"level":"WARN","msg":"low on ink","page":7}` {
			t.Errorf("%s %s %s", p.Level, p.Logger, data)
		}
		if len(c.logged) > 0 {
			t.Errorf("more was logged: %+v", <-c.logged)
		}
	})
}

// The time of an operation is its own, and what arrived within it is delivered.
func TestOperationTimeout(t *testing.T) {
	eachSlow(t, func(t *testing.T, c *listenerClient) {
		res := call(t, c.ClientSession, "endless", nil)
		want := "{\"n\":1}\nthe stream was cut after 300ms; the operator can allow more time (Operation.Timeout, x-mcp.timeout in the document, --timeout)"
		if got := text(res); got != want || res.IsError {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestOperationTimeoutOverrides(t *testing.T) {
	tests := []struct {
		name          string
		limit, own    time.Duration
		want          string
		callerTimeout time.Duration
	}{
		{"shorter", time.Hour, 50 * time.Millisecond, "within 50ms", 0},
		{"longer", time.Millisecond, 200 * time.Millisecond, "within 200ms", 0},
		{"none", 50 * time.Millisecond, 0, "within 50ms", 0},
		{"unlimited", time.Millisecond, -1, "canceled", 200 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := parse(t, slowSpec)
			for i := range doc.Operations {
				doc.Operations[i].Timeout = tt.own
			}
			srv, err := mcpmount.New(doc, mcpmount.InProcess(slowAPI(nil)), &mcpmount.Options{
				Limits: mcpmount.Limits{CallTimeout: tt.limit}, Logger: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			ctx := t.Context()
			if tt.callerTimeout > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, tt.callerTimeout)
				defer cancel()
			}
			w := send(ctx, srv, strings.Replace(callWait, "wait", "slow", 1), nil)
			if got := w.Body.String(); !strings.Contains(got, tt.want) && (tt.callerTimeout == 0 || got != "") {
				t.Errorf("%s, want %q", got, tt.want)
			}
		})
	}
}
