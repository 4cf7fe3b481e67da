package mcpmount_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// The log says what an update did: names, and which part of each changed.
func TestUpdateIsLogged(t *testing.T) {
	edit := func(change func(*mcpmount.Document)) *mcpmount.Document {
		doc := parse(t, notesSpec)
		change(doc)
		return doc
	}
	op := func(name string, change func(*mcpmount.Operation)) *mcpmount.Document {
		return edit(func(doc *mcpmount.Document) { change(doc.Operation(name)) })
	}
	shorter, err := mcpmount.Select{ExcludeOperations: []string{"panic", "stream"}}.Apply(parse(t, notesSpec))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		doc  *mcpmount.Document
		want string // behind the message; "" if nothing is logged
	}{
		{"nothing", edit(func(*mcpmount.Document) {}), ""},
		{"removed", shorter, `tools=5 resources=0 removed="panic, stream"`},
		{"renamed", op("whoami", func(o *mcpmount.Operation) { o.Name = "who" }), `tools=7 resources=0 added=who removed=whoami`},
		{"description", op("whoami", func(o *mcpmount.Operation) { o.Description = "Who am I?" }), `changed="whoami (description)"`},
		{"title", op("whoami", func(o *mcpmount.Operation) { o.Summary = "Who am I?" }), `changed="whoami (title, description, annotations)"`},
		{"path", op("whoami", func(o *mcpmount.Operation) { o.Path = "/who" }), `changed="whoami (description, request)"`},
		{"base path", edit(func(d *mcpmount.Document) {
			d.BasePath = "/v2"
			*d = mcpmount.Document{Info: d.Info, BasePath: d.BasePath, Operations: d.Operations[:1]}
		}), `(request)"`},
		{"style", op("listNotes", func(o *mcpmount.Operation) { o.Parameters[0].Style = "pipeDelimited" }), `changed="listNotes (request)"`},
		{"argument", op("listNotes", func(o *mcpmount.Operation) { o.Parameters = nil }), `changed="listNotes (input schema, request)"`},
		{"method", op("deleteNote", func(o *mcpmount.Operation) { o.Method = "POST" }), `changed="deleteNote (description, annotations, request)"`},
		{"resource", op("whoami", func(o *mcpmount.Operation) { o.Kind = mcpmount.KindResource }), `tools=6 resources=1 added=api://notes/whoami removed=whoami`},
		{"many", largeDocument(13), `added="x00000, x00001, x00002, x00003, x00004, x00005, x00006, x00007, x00008, x00009 and 3 more"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			log.Reset()
			if err := srv.Update(tt.doc); err != nil {
				t.Fatal(err)
			}
			if got := log.String(); tt.want == "" && got != "" || !strings.Contains(got, tt.want) || strings.Count(got, "\n") > 1 {
				t.Errorf("log %s\nwant %s", got, tt.want)
			}
			log.Reset()
			if err := srv.Update(nil); err == nil || log.Len() > 0 {
				t.Errorf("a failed update: %v, log %s", err, &log)
			}
		})
	}
}

// A tool that is removed while it is called finishes, with the request that it
// began with; then it is gone.
func TestUpdateDuringCall(t *testing.T) {
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			entered, finish := make(chan struct{}), make(chan struct{})
			api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				close(entered)
				select {
				case <-finish:
				case <-r.Context().Done():
				}
				io.WriteString(w, "done")
			})
			srv := newServer(t, largeDocument(1), api)
			ts := httptest.NewServer(srv)
			t.Cleanup(ts.Close)
			session := e.connect(t, ts.URL, nil, nil)
			type answer struct {
				res *mcp.CallToolResult
				err error
			}
			answers := make(chan answer, 1)
			go func() {
				res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "x00000"})
				answers <- answer{res, err}
			}()
			<-entered
			if err := srv.Update(&mcpmount.Document{}); err != nil {
				t.Fatal(err)
			}
			if _, err := session.CallTool(context.WithoutCancel(t.Context()), &mcp.CallToolParams{Name: "x00000"}); err == nil || !strings.Contains(err.Error(), "x00000") {
				t.Errorf("a call after the update: %v", err)
			}
			close(finish)
			if a := <-answers; a.err != nil || a.res.IsError || text(a.res) != "done" {
				t.Errorf("the call under way: %+v", a)
			}
		})
	}
}
