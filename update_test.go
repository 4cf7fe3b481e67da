package mcpmount_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

func TestUpdate(t *testing.T) {
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			_, srv, ts := serve(t, nil)
			changed := make(chan struct{}, 10)
			session := e.connect(t, ts.URL+"/mcp", nil, &mcp.ClientOptions{
				ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) { changed <- struct{}{} },
			})
			doc, err := mcpmount.Select{ReadOnly: true, ExcludeOperations: []string{"panic", "stream"}}.Apply(parse(t, notesSpec))
			if err != nil {
				t.Fatal(err)
			}
			if err := srv.Update(doc); err != nil {
				t.Fatal(err)
			}
			select {
			case <-changed:
			case <-time.After(10 * time.Second):
				t.Fatal("the client was not told")
			}
			list, err := session.ListTools(t.Context(), nil)
			if err != nil || len(list.Tools) != 3 {
				t.Fatalf("after the update: %v, %v", list, err)
			}
			if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "deleteNote", Arguments: map[string]any{"id": "1"}}); err == nil {
				t.Error("a tool that is gone was called")
			}
		})
	}
}

func TestUpdateIsOneStep(t *testing.T) {
	_, srv, _ := serve(t, nil)
	small, err := mcpmount.Select{IncludeOperations: []string{"whoami"}}.Apply(parse(t, notesSpec))
	if err != nil {
		t.Fatal(err)
	}
	full := parse(t, notesSpec)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 50 {
			if err := srv.Update(small); err != nil {
				t.Error(err)
			}
			if err := srv.Update(full); err != nil {
				t.Error(err)
			}
		}
	}()
	for {
		if n := len(srv.Tools()); n != 1 && n != 7 {
			t.Fatalf("a list has %d tools", n)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

func TestUpdateKeepsTheOldOnError(t *testing.T) {
	_, srv, _ := serve(t, nil)
	doc := parse(t, notesSpec)
	doc.Operation("getNote").Name = "same"
	doc.Operation("listNotes").Name = "same"
	err := srv.Update(doc)
	if err == nil || !strings.Contains(err.Error(), `"same"`) || !strings.Contains(err.Error(), "Operation.Name") {
		t.Errorf("error %v", err)
	}
	if n := len(srv.Tools()); n != 7 {
		t.Errorf("%d tools are left", n)
	}
}

func TestSource(t *testing.T) {
	app := newNotesAPI()
	spec, fail := notesSpec, false
	srv, err := mcpmount.New(nil, mcpmount.InProcess(app), &mcpmount.Options{
		Info:   mcp.Implementation{Name: "late"},
		Logger: slog.New(slog.DiscardHandler),
		Source: func(context.Context) ([]byte, error) {
			if fail {
				return nil, fmt.Errorf("not now")
			}
			return []byte(spec), nil
		},
		Edit: mcpmount.Select{ReadOnly: true}.Apply,
	})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	fail = true
	res, err := http.Post(ts.URL, "application/json", strings.NewReader(`{"jsonrpc":"2.0","method":"tools/list","id":1}`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("while the source fails: %d", res.StatusCode)
	}
	fail = false
	if err := srv.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	session := eras[0].connect(t, ts.URL, nil, nil)
	count := func() int {
		list, err := session.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return len(list.Tools)
	}
	if n := count(); n != 5 {
		t.Errorf("%d tools, want the 5 that read", n)
	}
	spec = strings.Replace(notesSpec, "  /panic:", "  /late:\n    get: {operationId: late, responses: {\"200\": {description: new}}}\n  /panic:", 1)
	if err := srv.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 6 {
		t.Errorf("%d tools after the refresh, want 6", n)
	}
	fail = true
	if err := srv.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "not now") {
		t.Errorf("refresh = %v", err)
	}
	if n := count(); n != 6 {
		t.Errorf("%d tools after a failed refresh", n)
	}
}

// While the source fails, the document that there is is served, and one read
// answers all who wait; health does not wait.
func TestSourceFails(t *testing.T) {
	var reads atomic.Int32
	release := make(chan struct{})
	opts := &mcpmount.Options{Logger: slog.New(slog.DiscardHandler), Source: func(context.Context) ([]byte, error) {
		reads.Add(1)
		<-release
		return nil, fmt.Errorf("not now")
	}}
	lost, err := mcpmount.New(nil, mcpmount.InProcess(newNotesAPI()), opts)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(newNotesAPI()), opts)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(srv *mcpmount.Server) int {
		r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(`{"jsonrpc":"2.0","method":"tools/list","id":1}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		return w.Code
	}
	answers := make(chan int)
	for range 10 {
		go func() { answers <- ask(lost) }()
	}
	if h := lost.Health(); h.OK {
		t.Errorf("health without a document: %+v", h)
	}
	close(release)
	for range 10 {
		if status := <-answers; status != http.StatusServiceUnavailable {
			t.Errorf("without a document: %d", status)
		}
	}
	if n := reads.Load(); n != 1 {
		t.Errorf("%d reads for 10 requests", n)
	}
	if status := ask(kept); status != http.StatusOK {
		t.Errorf("with a document: %d", status)
	}
}

// Extensions that the SDK refuses cost themselves, not the process.
func TestParamHeader(t *testing.T) {
	for _, schema := range []string{`{type: number, x-mcp-header: X}`, `{type: string, x-mcp-header: "a b"}`, `{type: string, x-mcp-header: 1}`} {
		doc := parse(t, strings.Replace(notesSpec, "{type: integer, maximum: 100}", schema, 1))
		srv, err := mcpmount.New(doc, mcpmount.InProcess(newNotesAPI()), nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(srv.Tools()); n != 7 || len(srv.Problems()) != 1 || !strings.Contains(srv.Problems()[0].Message, "x-mcp-header") {
			t.Errorf("%s: %d tools, problems %v", schema, n, srv.Problems())
		}
	}
}

// Clients hear of resources that changed, and not of an update that leaves all
// resources as they were.
func TestUpdateResources(t *testing.T) {
	resources := func() *mcpmount.Document {
		doc := parse(t, notesSpec)
		doc.PreferResources()
		return doc
	}
	described, fewer, more := resources(), resources(), resources()
	described.Operation("getNote").Description = "One note."
	fewer.Operation("listNotes").Kind = mcpmount.KindTool // a resource and a template
	more.Operation("deleteNote").Description = "Gone for good."
	steps := []struct {
		name      string
		doc       *mcpmount.Document
		resources int // how often clients are told of resources
		tools     int
	}{
		{"the same", resources(), 0, 0},
		{"another description", described, 1, 0},
		{"the same again", described, 0, 0},
		{"fewer", fewer, 1, 1},
		{"as at first", resources(), 1, 1},
		{"another tool", more, 0, 1},
	}
	synctest.Test(t, func(t *testing.T) {
		srv, err := mcpmount.New(resources(), mcpmount.InProcess(newNotesAPI()), nil)
		if err != nil {
			t.Fatal(err)
		}
		var changed, tools int
		clientSide, serverSide := mcp.NewInMemoryTransports()
		done := make(chan error, 1)
		go func() { done <- srv.Run(t.Context(), serverSide) }()
		session, err := mcp.NewClient(&mcp.Implementation{Name: "test"}, &mcp.ClientOptions{
			ResourceListChangedHandler: func(context.Context, *mcp.ResourceListChangedRequest) { changed++ },
			ToolListChangedHandler:     func(context.Context, *mcp.ToolListChangedRequest) { tools++ },
		}).Connect(t.Context(), clientSide, &mcp.ClientSessionOptions{ProtocolVersion: "2025-11-25"})
		if err != nil {
			t.Fatal(err)
		}
		settle := func() { time.Sleep(time.Minute); synctest.Wait() }
		settle()
		for _, step := range steps {
			changed, tools = 0, 0
			if err := srv.Update(step.doc); err != nil {
				t.Fatal(err)
			}
			settle()
			if changed != step.resources || tools != step.tools {
				t.Errorf("%s: told %d times of resources and %d times of tools, want %d and %d", step.name, changed, tools, step.resources, step.tools)
			}
		}
		if err := srv.Extend(func(*mcp.Server) {}); err != nil {
			t.Errorf("Extend after the updates = %v", err)
		}
		session.Close()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}
