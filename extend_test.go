package mcpmount_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

func TestExtend(t *testing.T) {
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			_, srv, ts := serve(t, &mcpmount.Options{Principal: samePrincipal})
			err := srv.Extend(func(s *mcp.Server) {
				mcp.AddTool(s, &mcp.Tool{Name: "me"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
					r := mcpmount.RequestFrom(ctx)
					return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: fmt.Sprint(r.Header.Get("Authorization"), " ", r.Context().Value(userKey{}), " ", ctx.Value(userKey{}))}}}, nil, nil
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
			if got := text(call(t, session, "me", map[string]any{})); got != "Bearer alice alice alice" {
				t.Errorf("me = %q", got)
			}
			h.Set("Authorization", "Bearer bob")
			if got := text(call(t, session, "me", map[string]any{})); got != "Bearer bob bob bob" {
				t.Errorf("me = %q", got)
			}
			if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "crash", Arguments: map[string]any{}}); err == nil {
				t.Error("a tool that panicked succeeded")
			}
			if got := text(call(t, session, "me", map[string]any{})); got != "Bearer bob bob bob" {
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

// A document does not take the place of what is hand-written, whatever is
// added or replaced later.
func TestUpdateRefusesHandWrittenResources(t *testing.T) {
	_, srv, ts := serve(t, nil)
	mine := func(_ context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: req.Params.URI, Text: "mine"}}}, nil
	}
	err := srv.Extend(func(s *mcp.Server) {
		s.AddResource(&mcp.Resource{URI: "api://notes/whoami", Name: "whoami"}, mine)
		s.AddResource(&mcp.Resource{URI: "api://notes/notes/special", Name: "special"}, mine)
	})
	if err != nil {
		t.Fatal(err)
	}
	doc := parse(t, notesSpec)
	doc.PreferResources()
	if err := srv.Update(doc); err == nil || !strings.Contains(err.Error(), "api://notes/whoami") || !strings.Contains(err.Error(), "tool") {
		t.Errorf("Update = %v", err)
	}
	doc.Operation("whoami").Kind = mcpmount.KindTool
	if err := srv.Update(doc); err != nil {
		t.Fatal(err)
	}
	for _, e := range eras[:2] {
		session := e.connect(t, ts.URL+"/mcp", nil, nil)
		for uri, want := range map[string]string{"api://notes/whoami": "mine", "api://notes/notes/special": "mine", "api://notes/notes/7": "hello"} {
			res, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri})
			if err != nil || !strings.Contains(res.Contents[0].Text, want) {
				t.Errorf("%s: %s: %+v, %v, want %s", e.name, uri, res, err, want)
			}
		}
	}
}

// Prompts are hand-written only; clients hear of one that is added while
// serving.
func TestExtendPrompts(t *testing.T) {
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			_, srv, ts := serve(t, nil)
			greet := func(_ context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
				if req.Params.Arguments["who"] == "" {
					return nil, errors.New("greet whom?")
				}
				return &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{{Role: "user", Content: &mcp.TextContent{Text: "Greet " + req.Params.Arguments["who"]}}}}, nil
			}
			prompt := func(name string) func(*mcp.Server) {
				return func(s *mcp.Server) {
					s.AddPrompt(&mcp.Prompt{Name: name, Arguments: []*mcp.PromptArgument{{Name: "who", Required: true}}}, greet)
				}
			}
			if err := srv.Extend(prompt("greet")); err != nil {
				t.Fatal(err)
			}
			changed := make(chan struct{}, 10)
			session := e.connect(t, ts.URL+"/mcp", nil, &mcp.ClientOptions{
				PromptListChangedHandler: func(context.Context, *mcp.PromptListChangedRequest) { changed <- struct{}{} },
			})
			if err := srv.Extend(prompt("getNote")); err != nil { // the name of a tool is none of a prompt
				t.Fatal(err)
			}
			wait(t, changed)
			list, err := session.ListPrompts(t.Context(), nil)
			if err != nil || len(list.Prompts) != 2 {
				t.Errorf("prompts %+v, %v", list, err)
			}
			res, err := session.GetPrompt(t.Context(), &mcp.GetPromptParams{Name: "greet", Arguments: map[string]string{"who": "Ada"}})
			if err != nil || res.Messages[0].Content.(*mcp.TextContent).Text != "Greet Ada" {
				t.Errorf("greet: %+v, %v", res, err)
			}
			if err := srv.Update(parse(t, notesSpec)); err != nil {
				t.Fatal(err)
			}
			if _, err := session.GetPrompt(t.Context(), &mcp.GetPromptParams{Name: "greet"}); err == nil || !strings.Contains(err.Error(), "greet whom?") {
				t.Errorf("after an update: %v", err)
			}
		})
	}
}

// wait waits until a client was told.
func wait(t *testing.T, told <-chan struct{}) {
	t.Helper()
	select {
	case <-told:
	case <-time.After(10 * time.Second):
		t.Fatal("the client was not told")
	}
}
