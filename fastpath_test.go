package mcpmount_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// Who cancels a call in a session reaches the API, and the call is answered, before
// it has become a stream and after that.
func TestCancelInSession(t *testing.T) {
	for _, after := range []time.Duration{time.Millisecond, time.Minute / 2} {
		synctest.Test(t, func(t *testing.T) {
			ended := make(chan struct{})
			srv := newNotesServer(t, func(w http.ResponseWriter, r *http.Request) {
				<-r.Context().Done()
				close(ended)
			}, &mcpmount.Options{Limits: mcpmount.Limits{CallTimeout: time.Hour}})
			session := openAs(t, srv, nil)
			answered := make(chan *httptest.ResponseRecorder, 1)
			call := `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"whoami"}}`
			go func() { answered <- send(t.Context(), srv, call, session) }()
			time.Sleep(after)
			if w := send(t.Context(), srv, call, session); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "duplicate") {
				t.Errorf("a second message with the id: %d %s", w.Code, w.Body)
			}
			for _, id := range []string{`"7"`, `8`, `7`} { // the last one is it
				select {
				case <-ended:
					t.Errorf("canceled before %s", id)
				default:
				}
				send(t.Context(), srv, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":`+id+`}}`, session)
				synctest.Wait()
			}
			<-ended
			if w := <-answered; !strings.Contains(w.Body.String(), "the call was canceled") || !strings.Contains(w.Body.String(), `"id":7`) {
				t.Errorf("the answer is %d %s", w.Code, w.Body)
			}
		})
	}
}

// Shutdown waits for calls, and cancels them when it waits no longer.
func TestShutdownUnderCall(t *testing.T) {
	for _, inSession := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			srv := newNotesServer(t, func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-r.Context().Done():
				case <-time.After(time.Second):
					io.WriteString(w, "done")
				}
			}, nil)
			var h http.Header
			if inSession {
				h = openAs(t, srv, nil)
			}
			answers := make(chan string)
			for i := range 2 {
				go func() {
					time.Sleep(time.Duration(i) * 900 * time.Millisecond)
					answers <- send(t.Context(), srv, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"whoami"}}`, i), h).Body.String()
				}()
			}
			time.Sleep(950 * time.Millisecond)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			go srv.Shutdown(ctx)
			if first := <-answers; !strings.Contains(first, "done") {
				t.Errorf("a call that Shutdown waits for is answered %s", first)
			}
			if second := <-answers; !strings.Contains(second, "shutting down") {
				t.Errorf("a call that Shutdown does not wait for is answered %s", second)
			}
		})
	}
}

// Lists are those of the moment, however often they were asked for.
func TestListsChange(t *testing.T) {
	srv := newNotesServer(t, http.NotFound, nil)
	session := openAs(t, srv, nil)
	modernBody, modernHeader := `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{`+modernMeta+`}}`, headerOf("2026-07-28", "tools/list", "")
	lists := func(name string) (seen []bool) {
		for range 2 {
			for _, body := range []string{
				send(t.Context(), srv, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, nil).Body.String(),
				send(t.Context(), srv, `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}`, session).Body.String(),
				send(t.Context(), srv, modernBody, modernHeader).Body.String(),
			} {
				if !strings.Contains(body, `"listNotes"`) {
					t.Fatalf("the list is %s", body)
				}
				seen = append(seen, strings.Contains(body, `"`+name+`"`))
			}
		}
		return seen
	}
	expect := func(name string, want bool) {
		t.Helper()
		for i, got := range lists(name) {
			if got != want {
				t.Errorf("list %d has %s: %v", i, name, got)
			}
		}
	}
	expect("getNote", true)
	doc := parse(t, notesSpec)
	doc.Operations = doc.Operations[:1]
	if err := srv.Update(doc); err != nil {
		t.Fatal(err)
	}
	expect("getNote", false)
	if err := srv.Extend(func(s *mcp.Server) {
		s.AddTool(&mcp.Tool{Name: "byHand", InputSchema: map[string]any{"type": "object"}}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return &mcp.CallToolResult{}, nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	expect("byHand", true)
	if err := srv.Extend(func(s *mcp.Server) { s.RemoveTools("byHand") }); err != nil {
		t.Fatal(err)
	}
	expect("byHand", false)
}

// Middleware sees every message.
func TestMiddlewareSeesAll(t *testing.T) {
	var seen []string
	srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Middleware: []mcp.Middleware{func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			seen = append(seen, method)
			return next(ctx, method, req)
		}
	}}})
	for _, method := range []string{"ping", "tools/list", "resources/list"} {
		send(t.Context(), srv, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q}`, method), nil)
	}
	send(t.Context(), srv, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}}`, nil)
	if got := strings.Join(seen, " "); got != "ping tools/list resources/list tools/call" {
		t.Errorf("it saw %s", got)
	}
}

// A client in a session that takes event streams only gets one.
func TestSessionAccept(t *testing.T) {
	srv := newNotesServer(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }, nil)
	session := openAs(t, srv, nil)
	for accept, want := range map[string]string{"text/event-stream": "text/event-stream", "text/event-stream, application/json": "application/json", "": "application/json"} {
		h := session
		if accept != "" {
			h = with(session, "Accept", accept)
		}
		w := send(t.Context(), srv, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}}`, h)
		if got := w.Header().Get("Content-Type"); got != want && hasFastPath || !strings.Contains(w.Body.String(), `"text":"ok"`) {
			t.Errorf("Accept %q: %s %s, want %s", accept, got, w.Body, want)
		}
	}
}

const saySpec = `
openapi: 3.1.0
info: {title: Say, version: "1"}
paths:
  /say:
    get:
      operationId: say
      parameters:
        - {name: as, in: query, schema: {type: string}}
        - {name: letter, in: query, schema: {type: string}}
        - {name: size, in: query, schema: {type: integer}}
      responses: {"200": {description: said}}
`

// say answers with a letter, as often and as what the query wants.
func say(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	size, _ := strconv.Atoi(q.Get("size"))
	text := strings.Repeat(q.Get("letter"), size)
	status := http.StatusOK
	switch q.Get("as") {
	case "JSON":
		w.Header().Set("Content-Type", "application/json")
		text = `{"v":"` + text + `"}`
	case "text":
		w.Header().Set("Content-Type", "text/plain")
	case "image":
		w.Header().Set("Content-Type", "image/png")
	case "failure":
		w.Header().Set("Content-Type", "text/plain")
		status = http.StatusTeapot
	}
	w.WriteHeader(status)
	for len(text) > 0 { // as it is read, or all at once
		n := min(len(text), 3000)
		io.WriteString(w, text[:n])
		text = text[n:]
		if size%2 == 0 {
			http.NewResponseController(w).Flush()
		}
	}
}

// A wrapped transport has bodies that are read bit by bit.
type wrapped struct{ http.RoundTripper }

func (w wrapped) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct{ io.ReadCloser }{res.Body}
	}
	return res, err
}

// answerIn returns the answer in w, which in a session may be the last event of a stream.
func answerIn(w *httptest.ResponseRecorder) string {
	body := w.Body.String()
	if w.Header().Get("Content-Type") != "text/event-stream" {
		return body
	}
	return strings.TrimRight(body[strings.LastIndex(body, "data: ")+len("data: "):], "\n")
}

// The bodies of responses are read into what was of another call before.
func TestAnswersAreNotMixed(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(say))
	t.Cleanup(api.Close)
	service, err := mcpmount.Upstream(api.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]func(text string) string{
		"JSON": func(s string) string {
			return `{"content":[{"type":"text","text":"{\"v\":\"` + s + `\"}"}],"structuredContent":{"v":"` + s + `"}}`
		},
		"text": func(s string) string { return `{"content":[{"type":"text","text":"` + s + `"}]}` },
		"image": func(s string) string {
			return `{"content":[{"type":"image","mimeType":"image/png","data":"` + base64.StdEncoding.EncodeToString([]byte(s)) + `"}]}`
		},
		"failure": func(s string) string {
			return `{"content":[{"type":"text","text":"HTTP 418 I'm a teapot\n` + s + `"}],"isError":true}`
		},
	}
	inside := mcpmount.InProcess(http.HandlerFunc(say))
	for name, transport := range map[string]http.RoundTripper{"in process": inside, "service": service, "wrapped": wrapped{inside}} {
		t.Run(name, func(t *testing.T) {
			srv, err := mcpmount.New(parse(t, saySpec), transport, &mcpmount.Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			for letter := 'a'; letter < 'h'; letter++ {
				var h http.Header
				if letter%2 == 0 {
					h = openAs(t, srv, nil)
				}
				t.Run(string(letter), func(t *testing.T) {
					t.Parallel()
					for i := range 25 {
						size := 1 + i*i*i*int(letter-'a'+1)
						for as, want := range wanted {
							if as == "failure" {
								size = min(size, 4<<10) // more is not shown
							}
							got := answerIn(send(t.Context(), srv, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"say","arguments":{"as":%q,"letter":%q,"size":%d}}}`, as, string(letter), size), h))
							if want := `{"jsonrpc":"2.0","id":1,"result":` + want(strings.Repeat(string(letter), size)) + `}`; got != want {
								t.Fatalf("%d as %s: %.200s, want %.200s", size, as, got, want)
							}
						}
					}
				})
			}
		})
	}
}

// A tryTwice sends each request two times, the first time with a time limit of its own.
type tryTwice struct{ http.RoundTripper }

func (w tryTwice) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), 50*time.Millisecond)
	defer cancel()
	if res, err := w.RoundTripper.RoundTrip(r.Clone(ctx)); err == nil {
		if _, err := io.Copy(io.Discard, res.Body); err == nil && res.StatusCode < 500 {
			return nil, errors.New("there was an answer")
		}
		res.Body.Close()
	} else if !errors.Is(err, context.DeadlineExceeded) {
		return nil, err
	}
	return w.RoundTripper.RoundTrip(r)
}

// Who stands between a server and the handler may call that more than once: neither the
// first answer nor the end of the first attempt is that of the call.
func TestInProcessTwice(t *testing.T) {
	fails := map[string]http.HandlerFunc{
		"answers": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"waits":   func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"streams": func(w http.ResponseWriter, r *http.Request) {
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	}
	for name, fail := range fails {
		for _, slow := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				var tries atomic.Int32
				api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if tries.Add(1) == 1 {
						fail(w, r)
						return
					}
					time.Sleep(100 * time.Millisecond)
					fmt.Fprintf(w, "the end of the context: %t", r.Context().Err() != nil)
				})
				srv, err := mcpmount.New(parse(t, notesSpec), tryTwice{mcpmount.InProcess(api)}, &mcpmount.Options{Logger: slog.New(slog.DiscardHandler), NoFastPath: slow})
				if err != nil {
					t.Fatal(err)
				}
				defer srv.Shutdown(t.Context())
				if got := send(t.Context(), srv, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}}`, nil).Body.String(); !strings.Contains(got, "the end of the context: false") {
					t.Errorf("%s, without the fast path %t: %s", name, slow, got)
				}
			})
		}
	}
}

// A thief keeps all that it gets of a call, changes it, and uses it during later calls.
type thief struct {
	mu   sync.Mutex
	kept []loot
}

type loot struct {
	w http.ResponseWriter
	r *http.Request
	http.Header
	context.Context
}

// use uses what is left of a call that is over.
func (l *loot) use() {
	io.WriteString(l.w, strings.Repeat("LATE", 20_000))
	http.NewResponseController(l.w).Flush()
	l.w.WriteHeader(http.StatusTeapot)
	io.ReadAll(l.r.Body)
	l.Set("Accept", "anything")
	mcpmount.RequestFrom(l.Context)
	mcpmount.TraceFrom(l.Context)
	ctx, cancel := context.WithCancel(l)
	defer cancel()
	<-ctx.Done()
}

func (a *thief) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	size, _ := strconv.Atoi(q.Get("size"))
	mine := loot{w, r, r.Header, r.Context()}
	if q.Get("as") == "steal" {
		a.mu.Lock()
		a.kept = append(a.kept, mine)
		for i := range a.kept {
			if a.kept[i].Err() != nil {
				a.kept[i].use()
			}
		}
		a.mu.Unlock()
	}
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, strings.Repeat(q.Get("letter"), size))
	for name := range r.Header {
		r.Header[name][0] = "changed"
		r.Header[name] = append(r.Header[name], "more")
	}
	r.URL.Path, r.URL.RawQuery, r.Method, r.Host = "/elsewhere", "x=y", "PUT", "evil"
	*r = *r.WithContext(context.WithValue(r.Context(), "key", "value")) //nolint:staticcheck // any key will do
	switch q.Get("as") {
	case "exit":
		runtime.Goexit()
	case "panic":
		panic(http.ErrAbortHandler)
	}
}

// Whatever an app does with what it got of a call, other calls have answers of their own.
func TestAppKeepsCalls(t *testing.T) {
	srv, err := mcpmount.New(parse(t, saySpec), mcpmount.InProcess(new(thief)), &mcpmount.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewUnstartedServer(srv)
	site.EnableHTTP2 = true
	site.StartTLS()
	t.Cleanup(site.Close)
	plain := httptest.NewServer(srv)
	t.Cleanup(plain.Close)
	session := openAs(t, srv, nil)
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			letter, url, client := string(rune('a'+i)), plain.URL, plain.Client()
			if i%4 == 0 {
				url, client = site.URL, site.Client()
			}
			for n := range 30 {
				as := []string{"steal", "", "", "exit", "", "panic"}[n%6]
				size := 1 + n*n*n*i
				if as == "exit" || as == "panic" {
					size %= 1000 // so that nothing is sent before
				}
				id := 100*i + n
				body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"say","arguments":{"as":%q,"letter":%q,"size":%d}}}`, id, as, letter, size)
				r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
				if n%2 == 0 {
					r.Header = session.Clone()
				}
				r.Header.Set("Content-Type", "application/json")
				res, err := client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				got, _ := io.ReadAll(res.Body)
				res.Body.Close()
				want := strings.Repeat(letter, size)
				if as == "exit" || as == "panic" {
					want = "the API failed while handling the request"
				}
				if !strings.Contains(string(got), fmt.Sprintf(`"id":%d,"result":{"content":[{"type":"text","text":"%s"}]`, id, want)) {
					t.Errorf("%d %s: %.200s, want %.50s", size, as, got, want)
				}
			}
		})
	}
	callers.Wait()
}
