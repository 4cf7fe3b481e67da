package mcpmount_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
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
	for name, transport := range map[string]http.RoundTripper{"in process": mcpmount.InProcess(http.HandlerFunc(say)), "service": service} {
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
							got := send(t.Context(), srv, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"say","arguments":{"as":%q,"letter":%q,"size":%d}}}`, as, string(letter), size), h).Body.String()
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
