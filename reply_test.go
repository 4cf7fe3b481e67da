package mcpmount_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A stream of a session begins with an event that has an id and no data, so that
// a client can come back for the rest (MCP 2025-11-25, basic/transports). Clients
// warn of names that they do not know.
func TestPrimingEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, "{\n\"a\":\r\n[1,2]\n}")
		}, nil)
		session := openSession(t, srv)
		for _, params := range []string{`"name":"getNote","arguments":{"id":"7"}`, `"name":"getNote","arguments":{"id":"7"},"_meta":{"progressToken":1}`} {
			stream := send(t.Context(), srv, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{`+params+`}}`, session).Body.String()
			if !regexp.MustCompile(`\Aid: \S+\ndata: \n\nevent: message\nid: \S+\ndata: \{.*"id":2.*\}\n\n\z`).MatchString(stream) {
				t.Errorf("%s: the stream is\n%.500q", params, stream)
			}
		}
	})
}

// A call whose session is ended under it gets an answer, or a stream that ends: an empty answer
// of no type ends some clients with an error when they leave.
func TestSessionEndedUnderCall(t *testing.T) {
	called := make(chan struct{})
	srv := newServer(t, parse(t, notesSpec), func(_ http.ResponseWriter, r *http.Request) {
		close(called)
		<-r.Context().Done()
	})
	for _, version := range []string{"2025-03-26", "2025-11-25"} {
		called = make(chan struct{})
		w := send(t.Context(), srv, strings.Replace(initialize, "2025-11-25", version, 1), nil)
		header := http.Header{"Mcp-Session-Id": {w.Header().Get("Mcp-Session-Id")}, "Mcp-Protocol-Version": {version}}
		send(t.Context(), srv, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, header)
		answered := make(chan *httptest.ResponseRecorder)
		go func() {
			answered <- send(t.Context(), srv, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"listNotes"}}`, header)
		}()
		<-called
		r := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/mcp", nil)
		r.Header, r.RemoteAddr = header, "203.0.113.9:1"
		srv.ServeHTTP(httptest.NewRecorder(), r)
		if w := <-answered; w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/event-stream" && !strings.Contains(w.Body.String(), `"text":"the call was canceled"`) {
			t.Errorf("%s: %d %v %s", version, w.Code, w.Header(), w.Body)
		}
	}
}
