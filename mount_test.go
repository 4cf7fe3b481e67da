package mcpmount_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount"
)

func TestMount(t *testing.T) {
	for _, catchAll := range []string{"GET /", "GET /{path...}", "/"} {
		t.Run(catchAll, func(t *testing.T) { testMount(t, catchAll) })
	}
}

func testMount(t *testing.T, catchAll string) {
	mux := http.NewServeMux()
	for _, pattern := range []string{catchAll, "GET /{tenant}/orders", "POST /{tenant}/orders", "GET /static/x"} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, pattern) })
	}
	for i, path := range []string{"/mcp/crm", "/mcp/slack/", "/deep/down/here"} {
		doc, err := mcpmount.Select{IncludeOperations: []string{[]string{"whoami", "getNote", "panic"}[i]}}.Apply(parse(t, notesSpec))
		if err != nil {
			t.Fatal(err)
		}
		srv, err := mcpmount.New(doc, mcpmount.InProcess(newNotesAPI()), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := srv.Mount(mux, path); err != nil {
			t.Fatal(err)
		}
		if err := srv.Mount(mux, path); err == nil {
			t.Errorf("mounting twice at %s: no error", path)
		}
	}
	ts := httptest.NewServer(mux)
	t.Cleanup(ts.Close)
	for path, tool := range map[string]string{"/mcp/crm": "whoami", "/mcp/slack": "getNote", "/mcp/slack/": "getNote", "/deep/down/here/": "panic"} {
		list, err := eras[1].connect(t, ts.URL+path, nil, nil).ListTools(t.Context(), nil)
		if err != nil || len(list.Tools) != 1 || list.Tools[0].Name != tool {
			t.Errorf("%s lists %v, %v, want %s", path, list, err, tool)
		}
	}
	for path, want := range map[string]string{
		"/": catchAll, "/acme/orders": "GET /{tenant}/orders", "/mcp/orders": "GET /{tenant}/orders", "/mcp": catchAll, "/mcp/crm/x": catchAll, "/static/x": "GET /static/x",
	} {
		res, err := http.Get(ts.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if string(body) != want {
			t.Errorf("GET %s is served by %q, want %q", path, body, want)
		}
	}
	for _, path := range []string{"mcp", "/{x}", "/a b", "/api/messages", "/sse", "/api/sse/"} {
		srv, _ := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(mux), nil)
		if err := srv.Mount(http.NewServeMux(), path); err == nil {
			t.Errorf("Mount at %q: no error", path)
		}
	}
}

func TestMountNil(t *testing.T) {
	srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(newNotesAPI()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Mount(nil, "/mcp"); err == nil || !strings.Contains(err.Error(), "no mux") {
		t.Errorf("Mount = %v", err)
	}
}

// A Server is right under any prefix, and behind StripPrefix.
func TestStripPrefix(t *testing.T) {
	srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(newNotesAPI()), nil)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/mcp/", http.StripPrefix("/api/mcp", srv))
	mux.Handle("/api/mcp", http.StripPrefix("/api/mcp", srv))
	ts := httptest.NewServer(mux)
	t.Cleanup(ts.Close)
	for _, e := range eras {
		session := e.connect(t, ts.URL+"/api/mcp", nil, nil)
		if got := text(call(t, session, "getNote", map[string]any{"id": "7"})); !strings.Contains(got, "hello") {
			t.Errorf("%s: getNote = %s", e.name, got)
		}
	}
}

func TestNoRecursion(t *testing.T) {
	mux := http.NewServeMux()
	spec := `{"openapi":"3.1.0","info":{"title":"x","version":"1"},"paths":{"/mcp":{"post":{"operationId":"self",
		"requestBody":{"content":{"application/json":{"schema":{}}}},"responses":{"200":{"description":"x"}}}}}}`
	srv, err := mcpmount.New(parse(t, spec), mcpmount.InProcess(mux), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(mux)
	t.Cleanup(ts.Close)
	res := call(t, eras[0].connect(t, ts.URL+"/mcp", nil, nil), "self", map[string]any{"body": map[string]any{"jsonrpc": "2.0", "method": "tools/list", "id": 1}})
	if !res.IsError || !strings.Contains(text(res), "508") {
		t.Errorf("self = %s", text(res))
	}
}

func TestListIsTheSameInProcessAndUpstream(t *testing.T) {
	app := newNotesAPI()
	upstream := httptest.NewServer(app)
	defer upstream.Close()
	remote, err := mcpmount.Upstream(upstream.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	var lists []string
	for _, transport := range []http.RoundTripper{mcpmount.InProcess(app), remote} {
		srv, err := mcpmount.New(parse(t, notesSpec), transport, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(`{"jsonrpc":"2.0","method":"tools/list","id":1}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		lists = append(lists, w.Body.String())
		ts := httptest.NewServer(srv)
		session := eras[0].connect(t, ts.URL, http.Header{"Authorization": {"Bearer alice"}}, nil)
		if got := text(call(t, session, "getNote", map[string]any{"id": "7"})); !strings.Contains(got, "hello") {
			t.Errorf("getNote = %s", got)
		}
		session.Close()
		ts.Close()
	}
	if lists[0] != lists[1] || len(lists[0]) < 1000 {
		t.Errorf("lists differ:\n%s\n%s", lists[0], lists[1])
	}
}

func TestInProcessSplit(t *testing.T) {
	app := newNotesAPI()
	srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(app), nil)
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	if res, err := http.Get(ts.URL + "/v1/notes/1"); err != nil || res.StatusCode == 200 {
		t.Errorf("the API answers on the MCP listener: %v, %v", res, err)
	}
	if got := text(call(t, eras[0].connect(t, ts.URL, nil, nil), "getNote", map[string]any{"id": "7"})); !strings.Contains(got, "hello") {
		t.Errorf("getNote = %s", got)
	}
}
