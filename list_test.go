package mcpmount_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// largeDocument returns a document with n operations, in no order.
func largeDocument(n int) *mcpmount.Document {
	doc := &mcpmount.Document{Info: mcpmount.Info{Title: "R"}}
	for i := range n {
		id := i * 7919 % n // a prime: every number once
		doc.Operations = append(doc.Operations, mcpmount.Operation{Method: "GET", Path: fmt.Sprintf("/x%05d", id), Name: fmt.Sprintf("x%05d", id)})
	}
	return doc
}

// Many clients read the first page only: it has all there is, sorted.
func TestListIsOnePage(t *testing.T) {
	doc := largeDocument(2500)
	for i := range doc.Operations {
		if i%2 == 0 {
			doc.Operations[i].Kind = mcpmount.KindResource
		}
	}
	ts := httptest.NewServer(newServer(t, doc, echo))
	t.Cleanup(ts.Close)
	for _, e := range eras[:2] {
		session := e.connect(t, ts.URL, nil, nil)
		tools, err := session.ListTools(t.Context(), nil)
		if err != nil || len(tools.Tools) != 1250 || tools.NextCursor != "" {
			t.Fatalf("%s: %d tools, cursor %q, %v", e.name, len(tools.Tools), tools.NextCursor, err)
		}
		if !slices.IsSortedFunc(tools.Tools, func(a, b *mcp.Tool) int { return strings.Compare(a.Name, b.Name) }) {
			t.Errorf("%s: the tools are not sorted", e.name)
		}
		resources, err := session.ListResources(t.Context(), nil)
		if err != nil || len(resources.Resources) != 1250 || resources.NextCursor != "" {
			t.Fatalf("%s: %d resources, cursor %q, %v", e.name, len(resources.Resources), resources.NextCursor, err)
		}
		if !slices.IsSortedFunc(resources.Resources, func(a, b *mcp.Resource) int { return strings.Compare(a.URI, b.URI) }) {
			t.Errorf("%s: the resources are not sorted", e.name)
		}
	}
}

// Whoever wants pages sets their size. What is there before and after a change
// between two pages is listed exactly once.
func TestListPages(t *testing.T) {
	srv, err := mcpmount.New(largeDocument(10), mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{
		Logger: slog.New(slog.DiscardHandler),
		Server: func(o *mcp.ServerOptions) { o.PageSize = 4 },
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(srv.Tools()); n != 10 {
		t.Errorf("Tools returns %d tools, want all", n)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	for _, e := range eras[:2] {
		if err := srv.Update(largeDocument(10)); err != nil {
			t.Fatal(err)
		}
		session := e.connect(t, ts.URL, nil, nil)
		var names []string
		params := &mcp.ListToolsParams{}
		for pages := 1; ; pages++ {
			page, err := session.ListTools(t.Context(), params)
			if err != nil {
				t.Fatal(err)
			}
			for _, tool := range page.Tools {
				names = append(names, tool.Name)
			}
			if page.NextCursor == "" {
				break
			}
			params.Cursor = page.NextCursor
			if pages > 1 {
				continue
			}
			doc := largeDocument(11) // one more at the end; the last of the first page goes
			doc.Operations = slices.DeleteFunc(doc.Operations, func(op mcpmount.Operation) bool { return op.Name == "x00003" })
			if err := srv.Update(doc); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{"x00000", "x00001", "x00002", "x00003", "x00004", "x00005", "x00006", "x00007", "x00008", "x00009", "x00010"}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", e.name, diff)
		}
		for _, cursor := range []string{"x", "AAAA", "/w==", strings.Repeat("A", 10_000)} {
			if _, err := session.ListTools(t.Context(), &mcp.ListToolsParams{Cursor: cursor}); err == nil || !strings.Contains(err.Error(), "invalid params") {
				t.Errorf("%s: cursor %.10q: error %v, want invalid params", e.name, cursor, err)
			}
		}
	}
}

// The API does not tell when a resource changed, so there is nothing to
// subscribe to.
func TestNoSubscriptions(t *testing.T) {
	doc := parse(t, notesSpec)
	doc.PreferResources()
	ts := httptest.NewServer(newServer(t, doc, echo))
	t.Cleanup(ts.Close)
	for _, e := range eras {
		session := e.connect(t, ts.URL, nil, nil)
		c := session.InitializeResult().Capabilities
		if c.Resources == nil || c.Resources.Subscribe || !c.Resources.ListChanged || !c.Tools.ListChanged {
			t.Errorf("%s: resources %+v, tools %+v", e.name, c.Resources, c.Tools)
		}
		if e.versions == nil {
			continue // since 2026-07-28 what is not advertised is left out of the answer, without an error
		}
		if err := session.Subscribe(t.Context(), &mcp.SubscribeParams{URI: "api://notes/whoami"}); err == nil {
			t.Errorf("%s: a subscription was accepted", e.name)
		}
	}
}
