package mcpmount_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

func TestEras(t *testing.T) {
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			_, _, ts := serve(t, nil)
			session := e.connect(t, ts.URL+"/mcp", http.Header{"Authorization": {"Bearer alice"}}, nil)
			list, err := session.ListTools(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, tool := range list.Tools {
				names = append(names, tool.Name)
			}
			want := []string{"createNote", "deleteNote", "getNote", "listNotes", "panic", "stream", "whoami"}
			if diff := cmp.Diff(want, names); diff != "" {
				t.Errorf("tools (-want +got):\n%s", diff)
			}
			if got := text(call(t, session, "getNote", map[string]any{"id": "7"})); got != `{"id":"7","text":"hello"}` {
				t.Errorf("getNote = %s", got)
			}
			created := call(t, session, "createNote", map[string]any{"text": "new"})
			if diff := cmp.Diff(map[string]any{"id": "2", "text": "new"}, created.StructuredContent); diff != "" || created.IsError {
				t.Errorf("createNote (-want +got):\n%s", diff)
			}
			if res := call(t, session, "getNote", map[string]any{"id": "missing"}); !res.IsError || !strings.Contains(text(res), "404") {
				t.Errorf("a missing note: error %v, %s", res.IsError, text(res))
			}
			if res := call(t, session, "panic", nil); !res.IsError {
				t.Errorf("a panic: %s", text(res))
			}
			if res := call(t, session, "whoami", nil); !strings.Contains(text(res), "Bearer alice") {
				t.Errorf("whoami after a panic: %s", text(res))
			}
			if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "nope"}); err == nil {
				t.Error("a tool that is not listed was called")
			}
		})
	}
}

func TestWrongArguments(t *testing.T) {
	app, _, ts := serve(t, nil)
	session := eras[0].connect(t, ts.URL+"/mcp", nil, nil)
	for _, tt := range []struct {
		tool string
		args map[string]any
		want string
	}{
		{"listNotes", map[string]any{"limit": "ten"}, `argument "limit"`},
		{"listNotes", map[string]any{"limit": 101}, `argument "limit"`},
		{"listNotes", map[string]any{"offset": 1}, `the arguments are "limit"`},
		{"createNote", map[string]any{}, `missing argument "text"`},
		{"getNote", map[string]any{"id": "../whoami"}, `"id"`},
		{"getNote", map[string]any{"id": ".."}, `"id"`},
		{"getNote", map[string]any{"id": "%2e%2e"}, `"id"`},
		{"getNote", map[string]any{"id": ""}, `"id"`},
	} {
		res := call(t, session, tt.tool, tt.args)
		if !res.IsError || !strings.Contains(text(res), tt.want) {
			t.Errorf("%s %v: error %v: %s, want %s", tt.tool, tt.args, res.IsError, text(res), tt.want)
		}
	}
	app.mu.Lock()
	defer app.mu.Unlock()
	for _, line := range app.log {
		if !strings.Contains(line, " /mcp ") {
			t.Errorf("the API saw %s", line)
		}
	}
}

func TestProgress(t *testing.T) {
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			_, _, ts := serve(t, nil)
			heard := make(chan string, 10)
			session := e.connect(t, ts.URL+"/mcp", nil, &mcp.ClientOptions{
				ProgressNotificationHandler: func(_ context.Context, req *mcp.ProgressNotificationClientRequest) {
					heard <- fmt.Sprint(req.Params.Progress, " ", req.Params.Message)
				},
			})
			params := &mcp.CallToolParams{Name: "stream"}
			params.SetProgressToken("p")
			res, err := session.CallTool(t.Context(), params)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(res.StructuredContent); got != "map[result:[map[n:0] map[n:1] map[n:2]]]" {
				t.Errorf("result %s", got)
			}
			for _, want := range []string{`1 {"n":0}`, `2 {"n":1}`, `3 {"n":2}`} {
				select {
				case got := <-heard:
					if got != want {
						t.Errorf("progress %q, want %q", got, want)
					}
				case <-time.After(10 * time.Second):
					t.Fatalf("no progress %q", want)
				}
			}
		})
	}
}

func TestInfo(t *testing.T) {
	_, _, ts := serve(t, nil)
	init := eras[1].connect(t, ts.URL+"/mcp", nil, nil).InitializeResult()
	if i := init.ServerInfo; i.Name != "Notes" || i.Version != "2" || i.Title != "Notes" {
		t.Errorf("server info %+v", i)
	}
	if init.Instructions != "Notes of people." {
		t.Errorf("instructions %q", init.Instructions)
	}
	_, _, ts = serve(t, &mcpmount.Options{Info: mcp.Implementation{Name: "n", Version: "9"}, Instructions: "Be brief."})
	init = eras[1].connect(t, ts.URL+"/mcp", nil, nil).InitializeResult()
	if i := init.ServerInfo; i.Name != "n" || i.Version != "9" || i.Title != "Notes" || init.Instructions != "Be brief." {
		t.Errorf("server info %+v, instructions %q", i, init.Instructions)
	}
}

func TestAnnotationsAndText(t *testing.T) {
	_, srv, _ := serve(t, &mcpmount.Options{DescribeResponses: mcpmount.DescribeAll})
	tools := map[string]*mcp.Tool{}
	for _, tool := range srv.Tools() {
		tools[tool.Name] = tool
	}
	if a := tools["getNote"].Annotations; !a.ReadOnlyHint || *a.DestructiveHint || !a.IdempotentHint {
		t.Errorf("GET: %+v", a)
	}
	if a := tools["deleteNote"].Annotations; a.ReadOnlyHint || !*a.DestructiveHint || !a.IdempotentHint {
		t.Errorf("DELETE: %+v", a)
	}
	if a := tools["createNote"].Annotations; a.ReadOnlyHint || a.IdempotentHint {
		t.Errorf("POST: %+v", a)
	}
	if d := tools["deleteNote"].Description; !strings.HasPrefix(d, "Deprecated.") || !strings.Contains(d, "**204**: gone") {
		t.Errorf("description %q", d)
	}
}

// The longest result of what is read by default is a line that the SDK's clients
// read, which take 16 MiB: quotes within quotes are three times as long.
func TestDefaultResultFitsALine(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	body := `"` + strings.Repeat(`\"`, mcpmount.DefaultMaxResponseBytes/2-1) + `"`
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, body)
	})
	srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(api), nil)
	if err != nil {
		t.Fatal(err)
	}
	clientSide, serverSide := mcp.NewInMemoryTransports()
	go srv.Run(t.Context(), serverSide)
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test"}, nil).Connect(t.Context(), clientSide, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if got := text(call(t, session, "getNote", map[string]any{"id": "7"})); got != body {
		t.Errorf("getNote has %d bytes, want %d", len(got), len(body))
	}
}

func TestRunStdio(t *testing.T) {
	app := newNotesAPI()
	srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(app), nil)
	if err != nil {
		t.Fatal(err)
	}
	clientSide, serverSide := mcp.NewInMemoryTransports()
	done := make(chan error, 1)
	go func() { done <- srv.Run(t.Context(), serverSide) }()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test"}, nil).Connect(t.Context(), clientSide, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(call(t, session, "getNote", map[string]any{"id": "7"})); !strings.Contains(got, "hello") {
		t.Errorf("getNote = %s", got)
	}
	session.Close()
	if err := <-done; err != nil {
		t.Errorf("Run = %v", err)
	}
}

func TestNewErrors(t *testing.T) {
	api := mcpmount.InProcess(http.NewServeMux())
	doc := shopDocument()
	illegal := shopDocument()
	illegal.Operations[0].Name = "list orders"
	same := shopDocument()
	same.Operations[0].Name, same.Operations[1].Name = "x", "x"
	tests := []struct {
		name string
		doc  *mcpmount.Document
		api  http.RoundTripper
		opts *mcpmount.Options
		want string
	}{
		{"no transport", doc, nil, nil, "InProcess(handler)"},
		{"no document", nil, api, nil, "Options.Source"},
		{"illegal name", illegal, api, nil, `"list orders" contains ' '`},
		{"one name for two", same, api, nil, `"x" is already that of GET /orders`},
		{"connection header", doc, api, &mcpmount.Options{ForwardHeaders: []string{"Transfer-Encoding"}}, `"Transfer-Encoding" cannot be forwarded`},
		{"public URL", doc, api, &mcpmount.Options{PublicURL: "example.com"}, "must be an absolute"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := mcpmount.New(tt.doc, tt.api, tt.opts); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New = %v, want %q", err, tt.want)
			}
		})
	}
}
