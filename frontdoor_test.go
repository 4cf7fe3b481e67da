package mcpmount_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

func TestBarePOST(t *testing.T) {
	_, _, ts := serve(t, nil)
	for _, path := range []string{"/mcp", "/mcp/"} {
		for _, accept := range []string{"", "*/*", "application/json"} {
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, ts.URL+path, strings.NewReader(`{"jsonrpc":"2.0","method":"tools/list","id":1}`))
			req.Header.Set("Content-Type", "application/json")
			req.Header["Accept"] = []string{accept}
			if accept == "" {
				req.Header["Accept"] = nil
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(res.Body)
			res.Body.Close()
			var answer struct {
				ID     int
				Result mcp.ListToolsResult
			}
			if err := json.Unmarshal(body, &answer); err != nil || res.StatusCode != 200 || answer.ID != 1 || len(answer.Result.Tools) != 7 {
				t.Errorf("%s with Accept %q: %d %s", path, accept, res.StatusCode, body)
			}
			if ct := res.Header.Get("Content-Type"); ct != "application/json" {
				t.Errorf("Content-Type = %q", ct)
			}
		}
	}
}

func TestDoor(t *testing.T) {
	_, _, ts := serve(t, &mcpmount.Options{Limits: mcpmount.Limits{MaxRequestBytes: 1000}})
	ping := `{"jsonrpc":"2.0","method":"ping","id":1}`
	jsonType := http.Header{"Content-Type": {"application/json"}}
	tests := []struct {
		name, method, path, body string
		header                   http.Header
		want                     int
		contains                 string
	}{
		{"ping", "POST", "/mcp", ping, jsonType, 200, `"result":{}`},
		{"no content type", "POST", "/mcp", ping, nil, 415, "application/json"},
		{"form", "POST", "/mcp", ping, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 415, "application/json"},
		{"charset", "POST", "/mcp", ping, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, 200, "result"},
		{"compressed", "POST", "/mcp", ping, http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, 415, "compressed"},
		{"two credentials", "POST", "/mcp", ping, http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer a", "Bearer b"}}, 400, "Authorization"},
		{"two sessions", "POST", "/mcp", ping, http.Header{"Content-Type": {"application/json"}, "Mcp-Session-Id": {"a", "b"}}, 400, "Mcp-Session-Id"},
		{"two versions", "POST", "/mcp", ping, http.Header{"Content-Type": {"application/json"}, "Mcp-Protocol-Version": {"2025-11-25", "2026-07-28"}}, 400, "Mcp-Protocol-Version"},
		{"PUT", "PUT", "/mcp/", ping, jsonType, 405, ""},
		{"request and response at once", "POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`, jsonType, 400, "not both"},
		{"not JSON", "POST", "/mcp", `{"jsonrpc":`, jsonType, 400, `-32700`},
		{"not JSON-RPC", "POST", "/mcp", `{"id":1}`, jsonType, 400, `"id":1`},
		{"method in other letters", "POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"tools/list"}`, jsonType, 400, `-32600`},
		{"smuggled method", "POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}`, jsonType, 400, `-32700`},
		{"too large", "POST", "/mcp", `{"jsonrpc":"2.0","method":"ping","id":"` + strings.Repeat("x", 2000) + `"}`, jsonType, 413, "1000 bytes"},
		{"unknown session", "POST", "/mcp", ping, http.Header{"Content-Type": {"application/json"}, "Mcp-Session-Id": {"nope"}}, 404, ""},
		{"stream of an unknown session", "GET", "/mcp", "", http.Header{"Accept": {"text/event-stream"}, "Mcp-Session-Id": {"nope"}}, 404, "no such session"},
		{"end of an unknown session", "DELETE", "/mcp", "", http.Header{"Mcp-Session-Id": {"nope"}}, 404, "no such session"},
		{"stream of an unknown version", "GET", "/mcp", "", http.Header{"Mcp-Session-Id": {"nope"}, "Mcp-Protocol-Version": {"1"}}, 400, "-32022"},
		{"stream of a version without any", "GET", "/mcp", "", http.Header{"Accept": {"text/event-stream"}, "Mcp-Protocol-Version": {"2026-07-28"}}, 405, ""},
		{"GET without a stream", "GET", "/mcp", "", nil, 405, "GET"},
		{"GET of a person", "GET", "/mcp", "", http.Header{"Accept": {"*/*"}}, 405, "GET"},
		{"unknown tool", "POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"zz"}}`, jsonType, 200, `{"jsonrpc":"2.0","id":1,"error"`},
		{"GET of a client that knows better", "GET", "/mcp", "", http.Header{"Accept": {"text/event-stream"}, "Mcp-Protocol-Version": {"2025-11-25"}}, 405, ""},
		{"DELETE without a session", "DELETE", "/mcp", "", nil, 405, ""},
		{"POST to the SSE stream", "POST", "/mcp/sse", ping, jsonType, 405, "GET"},
		{"message for an unknown SSE session", "POST", "/mcp/messages?sessionid=x", ping, jsonType, 404, "no such session"},
		{"evil origin", "POST", "/mcp", ping, http.Header{"Content-Type": {"application/json"}, "Origin": {"https://evil.example"}}, 403, "origin"},
		{"own route", "GET", "/v1/notes/1", "", nil, 200, "hello"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, _ := http.NewRequestWithContext(t.Context(), tt.method, ts.URL+tt.path, strings.NewReader(tt.body))
			for name, values := range tt.header {
				req.Header[name] = values
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != tt.want || !strings.Contains(string(body), tt.contains) {
				t.Errorf("%d %s, want %d with %q", res.StatusCode, body, tt.want, tt.contains)
			}
			if res.StatusCode == 405 && res.Header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
		})
	}
}

func TestStateless(t *testing.T) {
	_, _, ts := serve(t, &mcpmount.Options{Stateless: true})
	for _, e := range eras[:3] {
		session := e.connect(t, ts.URL+"/mcp", nil, nil)
		if session.ID() != "" {
			t.Errorf("%s: session %q", e.name, session.ID())
		}
		if got := text(call(t, session, "getNote", map[string]any{"id": "7"})); !strings.Contains(got, "hello") {
			t.Errorf("%s: getNote = %s", e.name, got)
		}
	}
	tests := []struct {
		name, method, path, body string
		header                   http.Header
		want                     int
		allow                    string
	}{
		{"stream", http.MethodGet, "/mcp", "", nil, 405, "POST"},
		{"stream of a session", http.MethodGet, "/mcp", "", http.Header{"Mcp-Session-Id": {"a"}}, 405, "POST"},
		{"end of a session", http.MethodDelete, "/mcp", "", http.Header{"Mcp-Session-Id": {"a"}}, 405, "POST"},
		{"HTTP with SSE", http.MethodGet, "/mcp/sse", "", nil, 404, ""},
		{"initialize", http.MethodPost, "/mcp", initialize, nil, 200, ""},
		{"session of another replica", http.MethodPost, "/mcp", ping, http.Header{"Mcp-Session-Id": {"a"}, "Mcp-Protocol-Version": {"2025-11-25"}}, 200, ""},
	}
	for _, tt := range tests {
		res := request(t, ts.Client(), tt.method, ts.URL+tt.path, tt.body, tt.header)
		res.Body.Close()
		if res.StatusCode != tt.want || res.Header.Get("Allow") != tt.allow || res.Header.Get("Mcp-Session-Id") != "" {
			t.Errorf("%s: %d with %v, want %d", tt.name, res.StatusCode, res.Header, tt.want)
		}
	}
}

// Clients hold on to lists if they may. Whether middleware makes a list depend on who
// asks, the server does not know; see TestScopesCaching for when it does.
func TestCaching(t *testing.T) {
	doc := parse(t, notesSpec)
	doc.PreferResources()
	srv, err := mcpmount.New(doc, mcpmount.InProcess(newNotesAPI()), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"server/discover", "tools/list", "resources/list", "resources/templates/list", "resources/read"} {
		body, h := modern(method)
		if method == "resources/read" {
			body, h = strings.Replace(body, `"params":{`, `"params":{"uri":"api://notes/whoami",`, 1), with(h, "Mcp-Name", "api://notes/whoami")
		}
		if w := send(t.Context(), srv, body, h); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"ttlMs":0,"cacheScope":"private"`) {
			t.Errorf("%s: %d %s", method, w.Code, w.Body)
		}
	}
}

// An answer is JSON for who does not ask for events alone.
func TestAccept(t *testing.T) {
	srv := newNotesServer(t, http.NotFound, nil)
	for accept, want := range map[string]string{
		"": "application/json", "*/*": "application/json", "text/html": "application/json", "nonsense": "application/json",
		"application/*;q=0.5, text/event-stream": "application/json", "text/event-stream": "text/event-stream", "text/*": "text/event-stream",
	} {
		h := http.Header{"Accept": {accept}}
		if accept == "" {
			h = nil
		}
		w := send(t.Context(), srv, ping, h)
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != want || !strings.Contains(w.Body.String(), `"result":{}`) {
			t.Errorf("Accept %q: %d %s %s, want %s", accept, w.Code, got, w.Body, want)
		}
	}
}

func TestShutdown(t *testing.T) {
	_, srv, ts := serve(t, nil)
	session := eras[1].connect(t, ts.URL+"/mcp", nil, nil)
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := session.ListTools(t.Context(), nil); err == nil {
		t.Error("a session outlived Shutdown")
	}
	res, err := http.Post(ts.URL+"/mcp", "application/json", strings.NewReader(`{"jsonrpc":"2.0","method":"ping","id":1}`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after Shutdown: %d", res.StatusCode)
	}
}

// newNotesServer returns a server for the notes API, which api plays.
func newNotesServer(t *testing.T, api http.HandlerFunc, opts *mcpmount.Options) *mcpmount.Server {
	t.Helper()
	if opts == nil {
		opts = &mcpmount.Options{}
	}
	opts.Logger = slog.New(slog.DiscardHandler)
	srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(api), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Shutdown(context.Background()) })
	return srv
}

// send POSTs a message without a network.
func send(ctx context.Context, srv http.Handler, body string, h http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/mcp", strings.NewReader(body))
	maps.Copy(r.Header, h)
	r.Header.Set("Content-Type", "application/json")
	r.RemoteAddr = "203.0.113.9:1"
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, r)
	return w
}

const initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}`

// openSession opens a session of 2025-11-25, and returns what names it.
func openSession(t *testing.T, srv http.Handler) http.Header {
	t.Helper()
	w := send(t.Context(), srv, initialize, nil)
	h := http.Header{"Mcp-Session-Id": {w.Header().Get("Mcp-Session-Id")}, "Mcp-Protocol-Version": {"2025-11-25"}}
	if w = send(t.Context(), srv, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, h); w.Code != http.StatusAccepted {
		t.Fatalf("initialized: %d %s", w.Code, w.Body)
	}
	return h
}

// modern is what a message of 2026-07-28 has, besides its method.
func modern(method string) (string, http.Header) {
	meta := `{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"x","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
	body := `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{"notifications":{"toolsListChanged":true},"_meta":` + meta + `}}`
	return body, http.Header{"Mcp-Protocol-Version": {"2026-07-28"}, "Mcp-Method": {method}, "Accept": {"application/json, text/event-stream"}}
}

// Every refusal is a JSON-RPC error with the id of what was refused, and an
// unknown method does not end the connection of older clients.
func TestRefusals(t *testing.T) {
	srv := newNotesServer(t, http.NotFound, nil)
	session := openSession(t, srv)
	unknown, modernHeader := modern("x/y")
	tests := []struct {
		name, body string
		header     http.Header
		want       int
		id, code   string
	}{
		{"no params", `{"jsonrpc":"2.0","id":7,"method":"tools/call"}`, nil, 400, "7", "-32600"},
		{"no params in a session", `{"jsonrpc":"2.0","id":"a","method":"tools/call"}`, session, 400, `"a"`, "-32600"},
		{"unknown method", `{"jsonrpc":"2.0","id":7,"method":"x/y"}`, nil, 200, "7", "-32601"},
		{"unknown method in a session", `{"jsonrpc":"2.0","id":7,"method":"x/\"y"}`, session, 200, "7", "-32601"},
		{"unknown method of a newer client", unknown, modernHeader, 404, "1", "-32601"},
		{"unknown session", `{"jsonrpc":"2.0","id":7,"method":"ping"}`, http.Header{"Mcp-Session-Id": {"nope"}}, 404, "7", "-32600"},
		{"unknown version", `{"jsonrpc":"2.0","id":7,"method":"ping"}`, http.Header{"Mcp-Protocol-Version": {"2020-01-01"}}, 400, "7", "-32022"},
		{"unknown version of the future", `{"jsonrpc":"2.0","id":7,"method":"ping"}`, http.Header{"Mcp-Protocol-Version": {"2099-01-01"}}, 400, "7", "-32022"},
		{"initialize of a newer client", strings.Replace(initialize, "2025-11-25", "2026-07-28", 1), modernHeader, 400, "1", "-32602"},
		{"batch of a newer client", `[{"jsonrpc":"2.0","id":7,"method":"ping"}]`, modernHeader, 400, "null", "-32600"},
		{"notification as a call", `{"jsonrpc":"2.0","id":7,"method":"notifications/initialized"}`, session, 400, "7", "-32600"},
		{"fraction", `{"jsonrpc":"2.0","id":1.5,"method":"ping"}`, nil, 400, "1.5", "-32600"},
		{"batch where there is none", `[{"jsonrpc":"2.0","id":7,"method":"ping"}]`, session, 400, "null", "-32600"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := send(t.Context(), srv, tt.body, tt.header)
			var got struct {
				ID    json.RawMessage
				Error struct{ Code json.RawMessage }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%s: %v", w.Body, err)
			}
			if w.Code != tt.want || string(got.ID) != tt.id || string(got.Error.Code) != tt.code || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("%d %s, want %d with id %s and code %s", w.Code, w.Body, tt.want, tt.id, tt.code)
			}
		})
	}
	if w := send(t.Context(), srv, `{"jsonrpc":"2.0","method":"notifications/x"}`, session); w.Code != http.StatusAccepted || w.Body.Len() > 0 {
		t.Errorf("unknown notification: %d %s", w.Code, w.Body)
	}
}

func TestMaxSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Limits: mcpmount.Limits{MaxSessions: 2}})
		stream := openSSE(t, srv)
		session := openSession(t, srv)
		refused := func() bool {
			w := send(t.Context(), srv, initialize, nil)
			return w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") != "" && strings.Contains(w.Body.String(), `"id":1`)
		}
		if !refused() {
			t.Error("a third session began")
		}
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sse", nil))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("a third stream: %d", w.Code)
		}
		if w := send(t.Context(), srv, `{"jsonrpc":"2.0","method":"tools/list","id":1}`, nil); w.Code != http.StatusOK {
			t.Errorf("without a session: %d", w.Code)
		}
		stream.leave()
		<-stream.left
		if refused() {
			t.Error("no session in place of the stream that ended")
		}
		r := httptest.NewRequest(http.MethodDelete, "/mcp", nil)
		r.Header = session
		srv.ServeHTTP(httptest.NewRecorder(), r)
		if refused() {
			t.Error("no session in place of the one that was deleted")
		}
		time.Sleep(mcpmount.DefaultSessionIdle + 1)
		synctest.Wait()
		if refused() {
			t.Error("no session in place of the ones that were idle")
		}
	})
}

func TestSessionPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Middleware: slowNotification(release)})
		session := openSession(t, srv)
		synctest.Wait()
		for i := range 128 {
			if w := send(t.Context(), srv, rootsChanged, session); w.Code != http.StatusAccepted {
				t.Fatalf("notification %d: %d %s", i, w.Code, w.Body)
			}
		}
		if w := send(t.Context(), srv, rootsChanged, session); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("one more: %d with %v", w.Code, w.Header())
		}
		close(release)
		synctest.Wait()
		for range 300 { // each has its place back when it is answered
			if w := send(t.Context(), srv, `{"jsonrpc":"2.0","id":1,"method":"ping"}`, session); w.Code != http.StatusOK {
				t.Fatalf("after the others: %d %s", w.Code, w.Body)
			}
		}
	})
}

// A subscription lasts until somebody ends it; Shutdown does.
func TestShutdownEndsSubscriptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, nil)
		body, h := modern("subscriptions/listen")
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if w := send(t.Context(), srv, body, h); w.Code != http.StatusOK {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		}()
		synctest.Wait()
		select {
		case <-ended:
			t.Fatal("the subscription ended by itself")
		default:
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		<-ended
	})
}

// A client that does not read the stream of its session keeps the others
// waiting for so long, and then no more.
func TestSessionStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, nil)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/mcp", nil)
		r.Header = openSession(t, srv)
		r.Header.Set("Accept", "text/event-stream")
		other := openSSE(t, srv)
		reader, writer := io.Pipe()
		go srv.ServeHTTP(&pipeResponse{w: writer, header: http.Header{}}, r)
		io.ReadFull(reader, make([]byte, len(": ok\n\n")))
		for _, n := range []int{2, 1} {
			start := time.Now()
			doc := parse(t, notesSpec)
			doc.Operations = doc.Operations[:n]
			if err := srv.Update(doc); err != nil {
				t.Fatal(err)
			}
			if got := other.next(); !strings.Contains(got, "list_changed") {
				t.Errorf("the other client is told %s", got)
			}
			if took := time.Since(start); took > 11*time.Second || n == 1 && took > time.Second {
				t.Errorf("the other client was told after %v", took)
			}
		}
	})
}
