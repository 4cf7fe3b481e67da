package mcpmount_test

import (
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

func TestResources(t *testing.T) {
	app := newNotesAPI()
	doc := parse(t, notesSpec)
	doc.PreferResources()
	srv, err := mcpmount.New(doc, mcpmount.InProcess(app), &mcpmount.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	for _, e := range eras[:2] {
		session := e.connect(t, ts.URL, nil, nil)
		resources, err := session.ListResources(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var uris []string
		for _, r := range resources.Resources {
			uris = append(uris, r.URI)
		}
		templates, err := session.ListResourceTemplates(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range templates.ResourceTemplates {
			uris = append(uris, r.URITemplate)
		}
		slices.Sort(uris)
		want := []string{"api://notes/notes", "api://notes/notes/{id}", "api://notes/notes{?limit}", "api://notes/panic", "api://notes/stream", "api://notes/whoami"}
		if diff := cmp.Diff(want, uris); diff != "" {
			t.Errorf("resources (-want +got):\n%s", diff)
		}
		for uri, want := range map[string]string{
			"api://notes/notes":          `limit `,
			"api://notes/notes?limit=5":  `limit 5`,
			"api://notes/notes/a%20b":    `"id":"a b"`,
			"api://notes/notes/missing":  `!not found`,
			"api://notes/notes?limit=x":  `!limit`,
			"api://notes/notes?offset=5": `!not found`,
			"api://notes/notes/..":       `!`,
			"api://notes/notes/%2e%2e":   `!`,
			"api://notes/panic":          `!`,
			"api://notes/nope":           `!not found`,
			"file:///etc/passwd":         `!not found`,
		} {
			res, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri})
			if message, fails := strings.CutPrefix(want, "!"); fails {
				if err == nil || !strings.Contains(strings.ToLower(err.Error()), message) {
					t.Errorf("%s: %s: error %v, want %q", e.name, uri, err, message)
				}
				continue
			}
			if err != nil || len(res.Contents) != 1 || !strings.Contains(res.Contents[0].Text, want) || res.Contents[0].MIMEType != "application/json" {
				t.Errorf("%s: %s: %+v, %v, want %q", e.name, uri, res, err, want)
			}
		}
		if list, err := session.ListTools(t.Context(), nil); err != nil || len(list.Tools) != 2 {
			t.Errorf("tools beside resources: %v, %v", list, err)
		}
	}
	if h := srv.Health(); !h.OK || h.Tools != 2 || h.Resources != 4 || h.ResourceTemplates != 2 {
		t.Errorf("health %+v", h)
	}
}

// A concrete path is read before a templated one, whatever the order of the
// document.
func TestConcreteResourceFirst(t *testing.T) {
	doc := parse(t, `{"openapi":"3.1.0","info":{"title":"n","version":"1"},"paths":{
		"/notes/{id}":{"get":{"operationId":"one","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{"200":{"description":"x"}}}},
		"/notes/mine":{"get":{"operationId":"mine","parameters":[{"name":"q","in":"query","schema":{"type":"string"}}],"responses":{"200":{"description":"x"}}}}}}`)
	doc.PreferResources()
	var seen []string
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen = append(seen, r.URL.String()) })
	srv, err := mcpmount.New(doc, mcpmount.InProcess(api), nil)
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	session := eras[1].connect(t, ts.URL, nil, nil)
	for _, uri := range []string{"api://n/notes/mine?q=1", "api://n/notes/7"} {
		if _, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri}); err != nil {
			t.Errorf("%s: %v", uri, err)
		}
	}
	if got := strings.Join(seen, " "); got != "/notes/mine?q=1 /notes/7" {
		t.Errorf("the API saw %s", got)
	}
}

// A second operation with the URI of another one costs itself the resource, and
// nothing else.
func TestResourceURIs(t *testing.T) {
	doc := parse(t, `{"openapi":"3.1.0","info":{"title":"n","version":"1"},"paths":{
		"/notes":{"get":{"operationId":"all"}},
		"/notes#mine":{"get":{"operationId":"mine"}},
		"/objects/{id}":{"get":{"operationId":"object","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"object"}}]}}}}`)
	doc.PreferResources()
	srv, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range srv.Tools() {
		names = append(names, tool.Name)
	}
	if diff := cmp.Diff([]string{"mine", "object"}, names); diff != "" || srv.Health().Resources != 1 {
		t.Errorf("%+v; tools (-want +got):\n%s", srv.Health(), diff)
	}
	var problems []string
	for _, p := range srv.Problems() {
		if strings.HasPrefix(p.Message, "stays a tool: ") {
			problems = append(problems, p.Pointer+" "+p.Message)
		}
	}
	want := []string{
		`/paths/~1notes#mine/get stays a tool: api://n/notes is the URI of GET /notes already`,
		`/paths/~1objects~1{id}/get stays a tool: path parameter "id" is an object`,
	}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// A binary answer is a blob, and what is sent decides on the media type, in
// every era.
func TestReadBlob(t *testing.T) {
	doc := parse(t, `{"openapi":"3.1.0","info":{"title":"n","version":"1"},"paths":{"/{name}":{"get":{"operationId":"file",
		"parameters":[{"name":"name","in":"path","required":true,"schema":{"type":"string"}}],
		"responses":{"200":{"description":"ok","content":{"image/png":{}}}}}}}}`)
	doc.PreferResources()
	srv := newServer(t, doc, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/logo" {
			w.Header().Set("Content-Type", "image/png")
			w.Write([]byte("\x89PNG\x00\xff"))
			return
		}
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Write([]byte("a,b\n"))
	})
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	for _, e := range eras {
		session := e.connect(t, ts.URL, nil, nil)
		list, err := session.ListResourceTemplates(t.Context(), nil)
		if err != nil || len(list.ResourceTemplates) != 1 || list.ResourceTemplates[0].MIMEType != "image/png" {
			t.Errorf("%s: templates %+v, %v", e.name, list, err)
		}
		var got []*mcp.ResourceContents
		for _, uri := range []string{"api://n/logo", "api://n/table"} {
			res, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri})
			if err != nil {
				t.Fatalf("%s: %s: %v", e.name, uri, err)
			}
			got = append(got, res.Contents...)
		}
		want := []*mcp.ResourceContents{
			{URI: "api://n/logo", MIMEType: "image/png", Blob: []byte("\x89PNG\x00\xff")},
			{URI: "api://n/table", MIMEType: "text/csv", Text: "a,b\n"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", e.name, diff)
		}
	}
}
