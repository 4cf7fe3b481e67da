package mcpmount_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// limited returns the tools of the notes API within limits, and its problems.
func limited(t *testing.T, doc *mcpmount.Document, limits mcpmount.Limits) (map[string]*mcp.Tool, []string) {
	t.Helper()
	srv, err := mcpmount.New(doc, mcpmount.InProcess(newNotesAPI()), &mcpmount.Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	tools := map[string]*mcp.Tool{}
	for _, tool := range srv.Tools() {
		tools[tool.Name] = tool
	}
	var problems []string
	for _, p := range srv.Problems() {
		problems = append(problems, p.String())
	}
	return tools, problems
}

// schemaText returns a schema of a tool as text, "" if there is none.
func schemaText(schema any) string {
	raw, _ := schema.(json.RawMessage)
	return string(raw)
}

func TestMaxOutputSchemaBytes(t *testing.T) {
	const (
		note = `{"type":"object","properties":{"id":{"type":["string","null"],"readOnly":true},"text":{"type":["string","null"]}}}`
		list = `{"type":"object","properties":{"result":{"type":["array","null"],"items":{"$ref":"#/$defs/Note"}}},"$defs":{"Note":{"type":["object","null"],"properties":{"id":{"type":["string","null"],"readOnly":true},"text":{"type":["string","null"]}}}}}`
		stub = `{"type":"object","properties":{"result":{"type":["array","null"],"items":{"type":["object","null"]}}}}`
		any  = `{"type":"object"}`
	)
	left := func(pointer string, n int) string {
		return fmt.Sprintf("%s: the output schema was left out: even cut it has more than %d bytes", pointer, n)
	}
	tests := []struct {
		limit               int
		list, note, whoever string
		problems            []string
	}{
		{0, list, note, any, nil},
		{-1, list, note, any, nil},
		{130, stub, note, any, []string{"/paths/~1notes/get: the output schema was cut to fit 130 bytes"}},
		{17, "", "", any, []string{left("/paths/~1notes/get", 17), left("/paths/~1notes/post", 17), left("/paths/~1notes~1{id}/get", 17)}},
		{16, "", "", "", []string{left("/paths/~1notes/get", 16), left("/paths/~1notes/post", 16), left("/paths/~1notes~1{id}/get", 16), left("/paths/~1whoami/get", 16)}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.limit), func(t *testing.T) {
			tools, problems := limited(t, parse(t, notesSpec), mcpmount.Limits{MaxOutputSchemaBytes: tt.limit})
			for name, want := range map[string]string{"listNotes": tt.list, "getNote": tt.note, "createNote": tt.note, "whoami": tt.whoever, "deleteNote": ""} {
				if got := schemaText(tools[name].OutputSchema); got != want {
					t.Errorf("output schema of %s = %s, want %s", name, got, want)
				}
			}
			if diff := cmp.Diff(tt.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// A list that is too long loses output schemas, the largest first, and no more
// than it must.
func TestMaxListBytes(t *testing.T) {
	left := func(pointer string, n int) string {
		return fmt.Sprintf("%s: the output schema was left out: the list of tools has more than %d bytes", pointer, n)
	}
	tests := []struct {
		limit    int
		without  []string
		problems []string
	}{
		{0, nil, nil},
		{-1, nil, nil},
		{2500, []string{"listNotes"}, []string{left("/paths/~1notes/get", 2500)}},
		{2400, []string{"listNotes", "createNote"}, []string{left("/paths/~1notes/get", 2400), left("/paths/~1notes/post", 2400)}},
		{1950, []string{"listNotes", "createNote", "getNote", "whoami"}, []string{
			left("/paths/~1notes/get", 1950), left("/paths/~1notes/post", 1950), left("/paths/~1notes~1{id}/get", 1950), left("/paths/~1whoami/get", 1950)}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.limit), func(t *testing.T) {
			tools, problems := limited(t, parse(t, notesSpec), mcpmount.Limits{MaxListBytes: tt.limit})
			with := map[string]bool{"listNotes": true, "createNote": true, "getNote": true, "whoami": true}
			for _, name := range tt.without {
				with[name] = false
			}
			for name, want := range with {
				if got := schemaText(tools[name].OutputSchema) != ""; got != want {
					t.Errorf("%s has an output schema: %v, want %v", name, got, want)
				}
			}
			if diff := cmp.Diff(tt.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// Where that is not enough, the input schemas that are larger than the others
// are cut, and stay what they were to a call.
func TestMaxListBytesCutsInputs(t *testing.T) {
	doc := parse(t, notesSpec)
	list := doc.Operation("listNotes")
	for i := range 100 {
		list.Parameters = append(list.Parameters, mcpmount.Parameter{Name: fmt.Sprint("p", i), In: mcpmount.InQuery, Description: strings.Repeat("long ", 20)})
	}
	const limit = 6000
	tools, problems := limited(t, doc, mcpmount.Limits{MaxListBytes: limit})
	total := 0
	for _, tool := range tools {
		raw, err := json.Marshal(tool)
		if err != nil {
			t.Fatal(err)
		}
		total += len(raw)
	}
	if total > limit {
		t.Errorf("the list has %d bytes, want at most %d", total, limit)
	}
	cut := schemaText(tools["listNotes"].InputSchema)
	if strings.Contains(cut, "long") || !strings.Contains(cut, `"p99"`) || !strings.Contains(cut, `"limit":{"type":"integer","maximum":100}`) {
		t.Errorf("input schema %s, want every argument without its description", cut)
	}
	uncut, _ := limited(t, parse(t, notesSpec), mcpmount.Limits{})
	for _, name := range []string{"createNote", "getNote", "whoami"} {
		if got, want := schemaText(tools[name].InputSchema), schemaText(uncut[name].InputSchema); got != want {
			t.Errorf("input schema of %s = %s, want %s", name, got, want)
		}
	}
	cuts := 0
	for _, p := range problems {
		if strings.HasPrefix(p, "/paths/~1notes/get: the input schema was cut to fit ") {
			cuts++
		}
	}
	if cuts != 1 {
		t.Errorf("problems %q, want one for the input schema of GET /notes", problems)
	}
}

// A call of a tool whose schema was cut is checked against what is left of it.
func TestCallWithCutSchema(t *testing.T) {
	doc := parse(t, notesSpec)
	for i := range 100 {
		doc.Operation("listNotes").Parameters = append(doc.Operation("listNotes").Parameters, mcpmount.Parameter{Name: fmt.Sprint("p", i), In: mcpmount.InQuery, Description: strings.Repeat("long ", 20)})
	}
	_, srv, _ := serve(t, &mcpmount.Options{Limits: mcpmount.Limits{MaxListBytes: 6000}})
	if err := srv.Update(doc); err != nil {
		t.Fatal(err)
	}
	if got := callPlain(t, srv, "listNotes", `{"limit":5,"p99":"x"}`); !strings.Contains(got, "limit 5") {
		t.Errorf("a call: %s", got)
	}
	if got := callPlain(t, srv, "listNotes", `{"limit":101}`); !strings.Contains(got, `argument \"limit\"`) {
		t.Errorf("a call with a limit that is too large: %s", got)
	}
}

// post sends one POST to a server without a network.
func post(srv http.Handler, session, version, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if session != "" {
		r.Header.Set("Mcp-Session-Id", session)
		r.Header.Set("Mcp-Protocol-Version", version)
	}
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, r)
	return w
}

// open opens a session of the given version.
func open(t *testing.T, srv http.Handler, version string) (session string) {
	t.Helper()
	w := post(srv, "", "", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"`+version+`","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`)
	session = w.Header().Get("Mcp-Session-Id")
	if session == "" || !strings.Contains(w.Body.String(), `"protocolVersion":"`+version+`"`) {
		t.Fatalf("initialize: %d %s", w.Code, w.Body)
	}
	if w := post(srv, session, version, `{"jsonrpc":"2.0","method":"notifications/initialized"}`); w.Code != http.StatusAccepted {
		t.Fatalf("initialized: %d %s", w.Code, w.Body)
	}
	return session
}

// A session ends when nothing was asked in it for Limits.SessionIdle, and not
// before.
func TestSessionIdle(t *testing.T) {
	tests := []struct {
		name string
		set  time.Duration
		idle time.Duration // 0 for never
	}{
		{"a minute", time.Minute, time.Minute},
		{"the default", 0, mcpmount.DefaultSessionIdle},
		{"never", -1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(newNotesAPI()), &mcpmount.Options{Limits: mcpmount.Limits{SessionIdle: tt.set}})
				if err != nil {
					t.Fatal(err)
				}
				const version = "2025-11-25"
				session := open(t, srv, version)
				ping := func() int { return post(srv, session, version, `{"jsonrpc":"2.0","id":2,"method":"ping"}`).Code }
				wait := tt.idle - time.Second
				if tt.idle == 0 {
					wait = 24 * time.Hour
				}
				for range 3 {
					time.Sleep(wait)
					if status := ping(); status != http.StatusOK {
						t.Fatalf("after %v: %d", wait, status)
					}
				}
				if tt.idle > 0 {
					time.Sleep(tt.idle + time.Second)
					if status := ping(); status != http.StatusNotFound {
						t.Errorf("after %v: %d, want 404", tt.idle+time.Second, status)
					}
				}
				if err := srv.Shutdown(t.Context()); err != nil {
					t.Errorf("Shutdown = %v", err)
				}
			})
		})
	}
}

// 2025-03-26 alone has batches. Each message is answered, and notifications are
// not.
func TestBatch(t *testing.T) {
	const batch = `[{"jsonrpc":"2.0","id":2,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/roots/list_changed"},` +
		`{"jsonrpc":"2.0","id":"three","method":"tools/call","params":{"name":"getNote","arguments":{"id":"7"}}}]`
	_, srv, _ := serve(t, nil)
	session := open(t, srv, "2025-03-26")
	for name, w := range map[string]*httptest.ResponseRecorder{
		"in a session":      post(srv, session, "2025-03-26", batch),
		"without a session": post(srv, "", "", batch),
	} {
		body := w.Body.String()
		if w.Code != http.StatusOK || !strings.Contains(body, `{"jsonrpc":"2.0","id":2,"result":{}}`) ||
			!strings.Contains(body, `{"jsonrpc":"2.0","id":"three","result":{"content":[{"type":"text","text":"{\"id\":\"7\",\"text\":\"hello\"}"}]`) {
			t.Errorf("%s: %d %s", name, w.Code, body)
		}
		if n := strings.Count(body, `"jsonrpc"`); n != 2 {
			t.Errorf("%s: %d answers, want 2: %s", name, n, body)
		}
	}
	if w := post(srv, session, "2025-03-26", `[{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}]`); w.Code != http.StatusAccepted || w.Body.Len() > 0 {
		t.Errorf("a batch of notifications: %d %s", w.Code, w.Body)
	}
}

// Options.Server has the last word on the SDK's options. Lists of several pages
// are lists all the same.
func TestOptionsServer(t *testing.T) {
	_, srv, ts := serve(t, &mcpmount.Options{Instructions: "first", Server: func(o *mcp.ServerOptions) {
		if o.Instructions != "first" {
			t.Errorf("Server is given the instructions %q, want those of the options", o.Instructions)
		}
		o.Instructions, o.PageSize = "second", 2
	}})
	session := eras[1].connect(t, ts.URL+"/mcp", nil, nil)
	if got := session.InitializeResult().Instructions; got != "second" {
		t.Errorf("instructions %q, want those that Server set", got)
	}
	page, err := session.ListTools(t.Context(), nil)
	if err != nil || len(page.Tools) != 2 || page.NextCursor == "" {
		t.Errorf("a page: %+v, %v, want 2 tools and a cursor", page, err)
	}
	if n := len(srv.Tools()); n != 7 {
		t.Errorf("Tools has %d, want 7", n)
	}
	if h := srv.Health(); !h.OK || h.Tools != 7 {
		t.Errorf("health %+v, want 7 tools", h)
	}
}

// Operations that share a body which hardly fits are all served, the last like the first:
// what putting schemas together may cost is bounded, and a large body then is one argument.
func TestSharedLargeBodies(t *testing.T) {
	const operations = 400
	properties, paths := map[string]any{}, map[string]any{}
	for i := range 900 {
		properties[fmt.Sprint("p", i)] = map[string]any{"type": "string", "description": strings.Repeat("d", 40)}
	}
	for i := range operations {
		paths[fmt.Sprint("/t", i)] = map[string]any{"post": map[string]any{
			"requestBody": map[string]any{"content": map[string]any{"application/json": map[string]any{"schema": map[string]any{"$ref": "#/components/schemas/B"}}}},
			"responses":   map[string]any{"200": map[string]any{"description": "done"}},
		}}
	}
	spec, err := json.Marshal(map[string]any{
		"openapi": "3.1.0", "info": map[string]any{"title": "T", "version": "1"}, "paths": paths,
		"components": map[string]any{"schemas": map[string]any{"B": map[string]any{"type": "object", "properties": properties}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	tools, problems := limited(t, parse(t, string(spec)), mcpmount.Limits{})
	whole := 0
	for _, tool := range tools {
		if strings.Contains(schemaText(tool.InputSchema), `"body"`) {
			whole++
		}
	}
	if len(tools) != operations || whole == 0 || whole == operations {
		t.Errorf("%d tools of %d operations, %d with one argument for the body; %d problems, such as %.200q", len(tools), operations, whole, len(problems), problems)
	}
}
