package frameworks

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// A stack is an app on a router with an MCP server mounted into it.
type stack struct {
	name  string
	start func(t *testing.T, s *service, doc *mcpmount.Document) (*mcpmount.Server, string)

	// What differs: the tests fail if it is not so, either way.
	streams   bool // a client hears of the first line of a stream before the last
	cancels   bool // a handler sees that its call was canceled
	rests     bool // a value with slashes reaches a route that takes the rest of a path as it is
	wrongCode int  // the status of a method that a path does not have
}

var stacks = []stack{
	{"net/http", startServeMux, true, true, true, 405},
	{"chi", startChi, true, true, false, 405},
	{"gorilla/mux", startGorilla, true, true, true, 405},
	{"gin", startGin, true, true, true, 404},
	{"echo v4", startEcho4, true, true, false, 405},
	{"echo v5", startEcho5, true, true, false, 405},
	{"fiber v3", startFiber3, true, false, true, 405},
	{"fiber v3 beside net/http", startFiber3Beside, true, true, true, 405},
	{"fiber v2", startFiber2, false, false, true, 405},
	{"fiber v2 beside net/http", startFiber2Beside, false, true, true, 405},
}

func each(t *testing.T, run func(t *testing.T, st stack)) {
	for _, st := range stacks {
		t.Run(st.name, func(t *testing.T) { run(t, st) })
	}
}

func listen(t *testing.T, h http.Handler) string {
	t.Helper()
	ts := httptest.NewServer(h)
	t.Cleanup(ts.Close)
	return ts.URL
}

// An era is a version of the protocol, and how a client connects.
var eras = []struct{ name, version, path string }{
	{"2026-07-28", "", "/mcp"},
	{"2025-11-25", "2025-11-25", "/mcp"},
	{"2025-06-18", "2025-06-18", "/mcp"},
	{"2024-11-05 SSE", "2024-11-05", "/mcp/sse"},
}

type withToken struct{}

func (withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer t")
	return http.DefaultTransport.RoundTrip(r)
}

func connect(t *testing.T, url, version, path string, opts *mcp.ClientOptions) *mcp.ClientSession {
	t.Helper()
	client := &http.Client{Transport: withToken{}}
	var transport mcp.Transport = &mcp.StreamableClientTransport{Endpoint: url + path, HTTPClient: client}
	if strings.HasSuffix(path, "/sse") {
		transport = &mcp.SSEClientTransport{Endpoint: url + path, HTTPClient: client}
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "suite"}, opts).Connect(t.Context(), transport, &mcp.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { session.Close() })
	return session
}

func start(t *testing.T, st stack) (*service, *mcpmount.Server, string) {
	t.Helper()
	s := newService()
	srv, url := st.start(t, s, document())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		srv.Shutdown(ctx)
	})
	return s, srv, url
}

func call(t *testing.T, session *mcp.ClientSession, name string, args map[string]any) (text string, isError bool) {
	t.Helper()
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: name, Arguments: args})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, c := range res.Content {
		if c, ok := c.(*mcp.TextContent); ok {
			text += c.Text
		}
	}
	return strings.TrimSpace(text), res.IsError
}

// Clients of every version list and call the same tools on every router.
func TestEras(t *testing.T) {
	each(t, func(t *testing.T, st stack) {
		for _, era := range eras {
			t.Run(era.name, func(t *testing.T) {
				_, srv, url := start(t, st)
				if problems := srv.Problems(); len(problems) > 0 {
					t.Error(problems)
				}
				session := connect(t, url, era.version, era.path, nil)
				list, err := session.ListTools(t.Context(), nil)
				if err != nil || len(list.Tools) != 10 {
					t.Fatalf("%d tools, %v", len(list.Tools), err)
				}
				for _, c := range []struct {
					tool    string
					args    map[string]any
					want    string
					isError bool
				}{
					{"get_items", map[string]any{"limit": 7}, `{"items":[{"id":"1","name":"cup","price":3}],"limit":7}`, false},
					{"get_items", map[string]any{"limit": 700}, `limit`, true},
					{"post_items", map[string]any{"name": "pot", "price": 2.5}, `{"id":"2","name":"pot","price":2.5}`, false},
					{"post_items", map[string]any{}, `missing argument "name"`, true},
					{"get_items_id", map[string]any{"id": "missing"}, `no such item`, true},
					{"delete_items_id", map[string]any{"id": "1"}, ``, false},
					{"get_whoami", nil, `"authorization":"Bearer t"`, false},
					{"get_panic", nil, `the API failed while handling the request`, true},
				} {
					text, isError := call(t, session, c.tool, c.args)
					if isError != c.isError || !strings.Contains(text, c.want) {
						t.Errorf("%s %v: error %v, %s", c.tool, c.args, isError, text)
					}
				}
			})
		}
	})
}

// A value of the path reaches the handler decoded, whatever the router does with
// escapes; those that would be other segments are refused.
func TestPathValues(t *testing.T) {
	each(t, func(t *testing.T, st stack) {
		_, _, url := start(t, st)
		session := connect(t, url, "", "/mcp", nil)
		for _, id := range []string{"v1.2", "ü 1", "日本", "bob@example.com", "a+b", "50%", "a:b;c,d", "x'(y)!*", "$&=", "a?b#c", "~tilde", "{id}", "%zz"} {
			text, isError := call(t, session, "get_items_id", map[string]any{"id": id})
			var got item
			if err := json.Unmarshal([]byte(text), &got); err != nil || isError || got.ID != id {
				t.Errorf("%q: %s", id, text)
			}
		}
		for _, id := range []string{"a/b", "..", ".", "", "a%2Fb", "%2e%2e", `a\b`, "a\x00b"} {
			if text, isError := call(t, session, "get_items_id", map[string]any{"id": id}); !isError {
				t.Errorf("%q is not refused: %s", id, text)
			}
		}
		for path, want := range map[string]bool{"a.txt": true, "b/c.txt": st.rests} {
			text, isError := call(t, session, "get_files_path", map[string]any{"path": path})
			if got := strings.Contains(text, `"`+path+`"`); isError || got != want {
				t.Errorf("files %q: %s", path, text)
			}
		}
	})
}

// post sends one message without a session.
func post(t *testing.T, url, message string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", url+"/mcp", strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

const callItems = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_items","arguments":{}}}`

// The app's middleware sees the MCP request once and the request that it becomes
// once, with the app's own auth deciding.
func TestMiddleware(t *testing.T) {
	each(t, func(t *testing.T, st stack) {
		s, _, url := start(t, st)
		if status, body := post(t, url, callItems); status != 200 || !strings.Contains(body, "cup") {
			t.Fatal(status, body)
		}
		outer := 1
		if strings.Contains(st.name, "beside") || st.name == "net/http" && s.count("/mcp") == 0 {
			outer = 0
		}
		if s.count("/mcp") != outer || s.count("/items") != 1 {
			t.Errorf("the middleware saw /mcp %d times, /items %d times", s.count("/mcp"), s.count("/items"))
		}
		_, body := post(t, url, strings.Replace(callItems, "get_items", "get_whoami", 1))
		if !strings.Contains(body, "401") || !strings.Contains(body, "who are you") {
			t.Errorf("without a token: %s", body)
		}
	})
}

// Everything else of the router is as it was: HEAD, OPTIONS, methods and paths
// that it does not have, and the endpoint with and without a slash.
func TestRouter(t *testing.T) {
	each(t, func(t *testing.T, st stack) {
		_, _, url := start(t, st)
		putCode := 405
		if strings.Contains(st.name, "beside") {
			putCode = 404 // of fiber, which has what is not mounted
		}
		for _, c := range []struct {
			method, path string
			want         int
		}{
			{"GET", "/items", 200}, {"GET", "/nothing", 404}, {"PUT", "/items", st.wrongCode}, {"GET", "/mcpx", 404},
			{"GET", "/mcp", 405}, {"PUT", "/mcp/", putCode}, {"DELETE", "/mcp", 405}, {"OPTIONS", "/mcp", 405},
		} {
			r, err := http.NewRequestWithContext(t.Context(), c.method, url+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != c.want {
				t.Errorf("%s %s: %d, want %d", c.method, c.path, res.StatusCode, c.want)
			}
		}
	})
}

// A client that asks for progress hears of a stream while it runs, where the
// router lets it.
func TestStreams(t *testing.T) {
	each(t, func(t *testing.T, st stack) {
		s, _, url := start(t, st)
		progress := make(chan struct{}, 10)
		session := connect(t, url, "", "/mcp", &mcp.ClientOptions{
			ProgressNotificationHandler: func(context.Context, *mcp.ProgressNotificationClientRequest) { progress <- struct{}{} },
		})
		done := make(chan string, 1)
		go func() {
			params := &mcp.CallToolParams{Name: "get_stream"}
			params.SetProgressToken("p")
			res, err := session.CallTool(t.Context(), params)
			if err != nil {
				done <- err.Error()
				return
			}
			text, _ := json.Marshal(res.Content)
			done <- string(text)
		}()
		heard := false
		limit := 10 * time.Second
		if !st.streams {
			limit = 300 * time.Millisecond // what comes later comes with the result
		}
		select {
		case <-progress:
			heard = true
		case <-time.After(limit):
		}
		close(s.release)
		if got := <-done; !strings.Contains(got, `\"n\":2`) {
			t.Errorf("the result is %s", got)
		}
		if heard != st.streams {
			t.Errorf("heard of the first line before the last: %v, want %v", heard, st.streams)
		}
	})
}

// A handler learns from its context that the call was canceled, where the router
// has one.
func TestCancel(t *testing.T) {
	each(t, func(t *testing.T, st stack) {
		s, _, url := start(t, st)
		defer close(s.giveUp)
		session := connect(t, url, "", "/mcp", nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "get_slow"})
			done <- err
		}()
		<-s.started
		cancel()
		if err := <-done; err == nil {
			t.Error("the call was answered")
		}
		limit := 10 * time.Second
		if !st.cancels {
			limit = 300 * time.Millisecond
		}
		select {
		case <-s.canceled:
			if !st.cancels {
				t.Error("the handler saw it; the table says that it does not")
			}
		case <-time.After(limit):
			if st.cancels {
				t.Error("the handler did not see it")
			}
		}
	})
}

// A file of two megabytes goes through the endpoint, the tool and the router.
func TestUpload(t *testing.T) {
	each(t, func(t *testing.T, st stack) {
		_, _, url := start(t, st)
		session := connect(t, url, "", "/mcp", nil)
		content := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xff, 0}, 1<<20))
		text, isError := call(t, session, "post_upload", map[string]any{"file": map[string]any{"base64": content, "filename": "big.bin"}})
		if want := fmt.Sprintf(`{"name":"big.bin","size":%d}`, 2<<20); isError || text != want {
			t.Errorf("got %s, want %s", text, want)
		}
	})
}

// A tool of one's own knows its caller.
func TestExtend(t *testing.T) {
	each(t, func(t *testing.T, st stack) {
		_, srv, url := start(t, st)
		err := srv.Extend(func(s *mcp.Server) {
			mcp.AddTool(s, &mcp.Tool{Name: "me"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
				r := mcpmount.RequestFrom(ctx)
				return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: r.Method + " " + r.Header.Get("Authorization")}}}, nil, nil
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, era := range eras {
			if text, _ := call(t, connect(t, url, era.version, era.path, nil), "me", nil); text != "POST Bearer t" {
				t.Errorf("%s: %s", era.name, text)
			}
		}
	})
}

// The table of the guide says what these tests see.
func TestTable(t *testing.T) {
	page, err := os.ReadFile("../../docs/frameworks.md")
	if err != nil {
		t.Fatal(err)
	}
	mark := func(yes bool) string {
		if yes {
			return "yes"
		}
		return "no"
	}
	for _, st := range stacks {
		row := fmt.Sprintf("| %s | %s | %s | %s |", st.name, mark(st.streams), mark(st.cancels), mark(st.rests))
		if !strings.Contains(string(page), row+"\n") {
			t.Errorf("docs/frameworks.md has no row\n%s", row)
		}
	}
}
