package mcpmount_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

func TestExtend(t *testing.T) {
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			_, srv, ts := serve(t, nil)
			err := srv.Extend(func(s *mcp.Server) {
				mcp.AddTool(s, &mcp.Tool{Name: "me"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
					r := mcpmount.RequestFrom(ctx)
					return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: fmt.Sprint(r.Header.Get("Authorization"), " ", r.Context().Value(userKey{}))}}}, nil, nil
				})
				mcp.AddTool(s, &mcp.Tool{Name: "crash"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
					panic("boom")
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			h := http.Header{"Authorization": {"Bearer alice"}}
			session := e.connect(t, ts.URL+"/mcp", h, nil)
			if got := text(call(t, session, "me", map[string]any{})); got != "Bearer alice alice" {
				t.Errorf("me = %q", got)
			}
			h.Set("Authorization", "Bearer bob")
			if got := text(call(t, session, "me", map[string]any{})); got != "Bearer bob bob" {
				t.Errorf("me = %q", got)
			}
			if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "crash", Arguments: map[string]any{}}); err == nil {
				t.Error("a tool that panicked succeeded")
			}
			if got := text(call(t, session, "me", map[string]any{})); got != "Bearer bob bob" {
				t.Errorf("me after a panic = %q", got)
			}
		})
	}
}

func TestExtendRefusesCollisions(t *testing.T) {
	_, srv, ts := serve(t, nil)
	tool := func(s *mcp.Server, name string) {
		s.AddTool(&mcp.Tool{Name: name, InputSchema: json.RawMessage(`{"type":"object"}`)}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return &mcp.CallToolResult{}, nil
		})
	}
	err := srv.Extend(func(s *mcp.Server) { tool(s, "getNote"); tool(s, "mine") })
	if err == nil || !strings.Contains(err.Error(), `"getNote"`) {
		t.Errorf("Extend = %v", err)
	}
	session := eras[0].connect(t, ts.URL+"/mcp", nil, nil)
	if got := text(call(t, session, "getNote", map[string]any{"id": "7"})); !strings.Contains(got, "hello") {
		t.Errorf("the bridged tool answers %q", got)
	}
	doc := parse(t, notesSpec)
	doc.Operation("whoami").Name = "mine"
	if err := srv.Update(doc); err == nil || !strings.Contains(err.Error(), `"mine"`) {
		t.Errorf("Update = %v", err)
	}
}

// An update that changes nothing leaves nothing to collide with.
func TestExtendAfterUpdate(t *testing.T) {
	_, srv, _ := serve(t, nil)
	if err := srv.Update(parse(t, notesSpec)); err != nil {
		t.Fatal(err)
	}
	if err := srv.Extend(func(*mcp.Server) {}); err != nil {
		t.Errorf("Extend = %v", err)
	}
}

// A hand-written resource does not take the place of a bridged one, and what is
// added may look at the server.
func TestExtendResources(t *testing.T) {
	doc := parse(t, notesSpec)
	doc.PreferResources()
	srv, err := mcpmount.New(doc, mcpmount.InProcess(newNotesAPI()), nil)
	if err != nil {
		t.Fatal(err)
	}
	hijack := func(_ context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: req.Params.URI, Text: "hijacked"}}}, nil
	}
	before := srv.Health()
	err = srv.Extend(func(s *mcp.Server) {
		s.AddResource(&mcp.Resource{URI: "api://notes/whoami", Name: "x"}, hijack)
		s.AddResourceTemplate(&mcp.ResourceTemplate{URITemplate: "api://notes/notes/{id}", Name: "y"}, hijack)
		s.AddResource(&mcp.Resource{URI: "mine://x", Name: "z"}, hijack)
		if n := len(srv.Tools()); n != before.Tools {
			t.Errorf("%d tools while extending", n)
		}
	})
	if err == nil || !strings.Contains(err.Error(), `"api://notes/whoami"`) || !strings.Contains(err.Error(), `"api://notes/notes/{id}"`) || strings.Contains(err.Error(), "mine://") {
		t.Errorf("Extend = %v", err)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	session := eras[0].connect(t, ts.URL, nil, nil)
	for uri, want := range map[string]string{"api://notes/whoami": "authorization", "api://notes/notes/7": "hello", "mine://x": "hijacked"} {
		res, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri})
		if err != nil || !strings.Contains(res.Contents[0].Text, want) {
			t.Errorf("%s: %+v, %v, want %s", uri, res, err, want)
		}
	}
}
