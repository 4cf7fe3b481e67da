package mcpmount_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// getDocument returns a document with one GET operation that is a resource.
func getDocument(path string, parameters ...mcpmount.Parameter) *mcpmount.Document {
	return &mcpmount.Document{
		Info:       mcpmount.Info{Title: "R"},
		Operations: []mcpmount.Operation{{Method: "GET", Path: path, Kind: mcpmount.KindResource, Parameters: parameters}},
	}
}

// echo answers with the path and the query of the request.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, "path "+r.URL.Path+" query "+r.URL.RawQuery)
}

func newServer(t testing.TB, doc *mcpmount.Document, api http.HandlerFunc) *mcpmount.Server {
	t.Helper()
	srv, err := mcpmount.New(doc, mcpmount.InProcess(api), &mcpmount.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return srv
}

// readPlain reads a resource with a bare POST.
func readPlain(t testing.TB, srv http.Handler, uri string) string {
	t.Helper()
	params, err := json.Marshal(map[string]string{"uri": uri})
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(postPlain(srv, "resources/read", string(params)), `\u0026`, "&") // as the SDK writes it
}

// callPlain calls a tool with a bare POST.
func callPlain(t testing.TB, srv http.Handler, name, arguments string) string {
	t.Helper()
	return postPlain(srv, "tools/call", fmt.Sprintf(`{"name":%q,"arguments":%s}`, name, arguments))
}

func postPlain(srv http.Handler, method, params string) string {
	r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"`+method+`","params":`+params+`}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, r)
	return w.Body.String()
}

// What RFC 3986 lets a segment have can be read in every era, under the URI that
// the client wrote.
func TestReadEscapes(t *testing.T) {
	srv := newServer(t, getDocument("/x/{id}/y",
		mcpmount.Parameter{Name: "id", In: mcpmount.InPath, Required: true},
		mcpmount.Parameter{Name: "at", In: mcpmount.InQuery}), echo)
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	for _, e := range eras {
		session := e.connect(t, ts.URL, nil, nil)
		for id, want := range map[string]string{
			"a:b":                  "a:b",
			"a@b":                  "a@b",
			"a+b":                  "a+b",
			"a%2Bb":                "a+b",
			"2024-01-01T00:00:00Z": "2024-01-01T00:00:00Z",
			"!$&'()*,;=~":          "!$&'()*,;=~",
			"%C3%A9":               "é",
			"é":                    "é",
		} {
			uri := "api://r/x/" + id + "/y"
			res, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri + "?at=10:00"})
			if err != nil {
				t.Errorf("%s: %s: %v", e.name, uri, err)
				continue
			}
			want := &mcp.ResourceContents{URI: uri + "?at=10:00", MIMEType: "text/plain", Text: "path /x/" + want + "/y query at=10:00"}
			want.Text = strings.Replace(want.Text, "10:00", url.QueryEscape("10:00"), 1)
			if diff := cmp.Diff([]*mcp.ResourceContents{want}, res.Contents); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", e.name, uri, diff)
			}
		}
		for _, uri := range []string{"api://r/x/a:b/z", "api://r/x//y", "api://r/x/a/b/y", "api://r/x/a:b/y?no=1", "api://r/x/%zz/y"} {
			if _, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri}); err == nil || !strings.Contains(err.Error(), "not found") {
				t.Errorf("%s: %s: error %v, want not found", e.name, uri, err)
			}
		}
	}
}

// Clients of 2026-07-28 require a resultType; older ones do not know it.
func TestReadResultType(t *testing.T) {
	srv := newServer(t, getDocument("/x/{id}", mcpmount.Parameter{Name: "id", In: mcpmount.InPath, Required: true}), echo)
	for version, want := range map[string]bool{"2026-07-28": true, "2025-11-25": false} {
		body := `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"api://r/x/a:b","_meta":{` +
			`"io.modelcontextprotocol/protocolVersion":"` + version + `","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},` +
			`"io.modelcontextprotocol/clientCapabilities":{}}}}`
		r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Mcp-Protocol-Version", version)
		r.Header.Set("Mcp-Method", "resources/read")
		r.Header.Set("Mcp-Name", "api://r/x/a:b")
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		if got := w.Body.String(); !strings.Contains(got, "path /x/a:b") || strings.Contains(got, `"resultType":"complete"`) != want {
			t.Errorf("%s: %d %s, want a resultType: %v", version, w.Code, got, want)
		}
	}
}

// The names of parameters become names that a URI template can have, each its
// own, and are found again.
func TestTemplateVariables(t *testing.T) {
	tests := []struct {
		path, query []string
		uri         string // to read
		template    string
		want        string
	}{
		{[]string{"a..b"}, nil, "api://r/x/7", "api://r/x/{a__b}", "path /x/7 query "},
		{[]string{".x"}, nil, "api://r/x/7", "api://r/x/{_x}", "path /x/7 query "},
		{[]string{"a."}, nil, "api://r/x/7", "api://r/x/{a_}", "path /x/7 query "},
		{[]string{"größe"}, nil, "api://r/x/7", "api://r/x/{gr_e}", "path /x/7 query "},
		{[]string{"-"}, nil, "api://r/x/7", "api://r/x/{_}", "path /x/7 query "},
		{[]string{"a-b", "a.b", "a_b"}, nil, "api://r/x/7/8/9", "api://r/x/{a_b}/{a_b_2}/{a_b_3}", "path /x/7/8/9 query "},
		{[]string{"id"}, []string{"id"}, "api://r/x/7?id__query=8", "api://r/x/{id__path}{?id__query}", "path /x/7 query id=8"},
		{nil, []string{"page-size", "page.size", "page_size"}, "api://r/x?page_size_2=2&page_size=1", "api://r/x{?page_size,page_size_2,page_size_3}", "path /x query page-size=1&page.size=2"},
		{nil, []string{"filter[a]"}, "api://r/x?filter_a=b", "api://r/x{?filter_a}", "path /x query filter%5Ba%5D=b"},
	}
	for _, tt := range tests {
		t.Run(tt.template, func(t *testing.T) {
			path := "/x"
			var parameters []mcpmount.Parameter
			for _, name := range tt.path {
				path += "/{" + name + "}"
				parameters = append(parameters, mcpmount.Parameter{Name: name, In: mcpmount.InPath, Required: true})
			}
			for _, name := range tt.query {
				parameters = append(parameters, mcpmount.Parameter{Name: name, In: mcpmount.InQuery})
			}
			srv := newServer(t, getDocument(path, parameters...), echo)
			ts := httptest.NewServer(srv)
			t.Cleanup(ts.Close)
			list, err := eras[0].connect(t, ts.URL, nil, nil).ListResourceTemplates(t.Context(), nil)
			if err != nil || len(list.ResourceTemplates) != 1 || list.ResourceTemplates[0].URITemplate != tt.template {
				t.Fatalf("templates %v, %v, want %s", list, err, tt.template)
			}
			if got := readPlain(t, srv, tt.uri); !strings.Contains(got, `"text":"`+tt.want+`"`) {
				t.Errorf("%s: %s, want %s", tt.uri, got, tt.want)
			}
		})
	}
}

// FuzzTemplateVariable checks that a parameter of any name makes a resource, or
// leaves a problem, and that any value of it is found: it reaches the API or is
// an error of the argument.
func FuzzTemplateVariable(f *testing.F) {
	for _, name := range []string{"id", "a..b", ".x", "a-", "größe", "%41", "a*", "a:3", "+a", "", "{", "\xff", strings.Repeat("a", 100)} {
		f.Add(name, "a:b")
		f.Add(name, "../\x00")
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		doc := getDocument("/x/{"+name+"}", mcpmount.Parameter{Name: name, In: mcpmount.InPath, Required: true})
		srv := newServer(t, doc, echo)
		if len(srv.Problems()) > 0 || value == "" {
			return
		}
		got := readPlain(t, srv, "api://r/x/"+url.PathEscape(value))
		if strings.Contains(got, "not found") || !strings.Contains(got, "path /x/") && !strings.Contains(got, `"code":-32602`) {
			t.Errorf("name %q, value %q: %s", name, value, got)
		}
	})
}

// A template that the SDK could not look for is none, and hides no other.
func TestTooManyVariables(t *testing.T) {
	doc := getDocument("/x/{id}", mcpmount.Parameter{Name: "id", In: mcpmount.InPath, Required: true})
	many := doc.Operations[0]
	many.Path, many.Parameters = "/a", nil
	for i := range 2000 {
		many.Parameters = append(many.Parameters, mcpmount.Parameter{Name: fmt.Sprint("v", i), In: mcpmount.InQuery})
	}
	doc.Operations = append(doc.Operations, many)
	srv := newServer(t, doc, echo)
	if p := srv.Problems(); len(p) != 1 || !strings.Contains(p[0].Message, "stays a tool: it has more than 256 parameters") {
		t.Errorf("problems %v", p)
	}
	if got := readPlain(t, srv, "api://r/x/7"); !strings.Contains(got, "path /x/7") {
		t.Errorf("the other template: %s", got)
	}
}

// Values become what the schema says, whatever it says it with.
func TestReadTypes(t *testing.T) {
	tests := []struct{ schema, value, want string }{
		{`{"type":"integer"}`, "7", "7"},
		{`{"$ref":"#/$defs/ID","$defs":{"ID":{"type":"integer"}}}`, "7", "7"},
		{`{"$ref":"#/$defs/A","$defs":{"A":{"$ref":"#/$defs/B","description":"a"},"B":{"type":"number"}}}`, "7.5", "7.5"},
		{`{"anyOf":[{"type":"integer"},{"type":"string","enum":["all"]}]}`, "7", "7"},
		{`{"anyOf":[{"type":"integer"},{"type":"string","enum":["all"]}]}`, "all", "all"},
		{`{"oneOf":[{"$ref":"#/$defs/ID"},{"type":"null"}],"$defs":{"ID":{"type":"integer"}}}`, "7", "7"},
		{`{"allOf":[{"$ref":"#/$defs/ID"},{"maximum":10}],"$defs":{"ID":{"type":"integer"}}}`, "7", "7"},
		{`{"type":"boolean"}`, "true", "true"},
		{`{"type":"string"}`, "7", "7"},
		{`{"type":["string","null"]}`, "null", "null"},
		{`{}`, "7", "7"},
		{`{"type":"array","items":{"$ref":"#/$defs/ID"},"$defs":{"ID":{"type":"integer"}}}`, "7", "7"},
		{`{"$ref":"#/$defs/Tree","$defs":{"Tree":{"type":"array","items":{"$ref":"#/$defs/Tree"}}}}`, "7", "!"},
		{`{"$ref":"#/$defs/ID","$defs":{"ID":{"type":"integer"}}}`, "x", "!"},
		{`{"allOf":[{"$ref":"#/$defs/ID"},{"maximum":10}],"$defs":{"ID":{"type":"integer"}}}`, "11", "!"},
	}
	for _, tt := range tests {
		t.Run(tt.schema+" "+tt.value, func(t *testing.T) {
			schema, err := mcpmount.NewSchema(json.RawMessage(tt.schema))
			if err != nil {
				t.Fatal(err)
			}
			srv := newServer(t, getDocument("/x", mcpmount.Parameter{Name: "v", In: mcpmount.InQuery, Schema: schema}), echo)
			got := readPlain(t, srv, "api://r/x?v="+tt.value)
			if tt.want == "!" {
				if !strings.Contains(got, `"code":-32602`) || !strings.Contains(got, `argument \"v\"`) {
					t.Errorf("%s, want an error of the argument", got)
				}
				return
			}
			if !strings.Contains(got, "query v="+tt.want+`"`) {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// Several values of one variable are an array.
func TestReadArray(t *testing.T) {
	schema, err := mcpmount.NewSchema(json.RawMessage(`{"type":"array","items":{"$ref":"#/$defs/ID"},"$defs":{"ID":{"type":"integer"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	srv := newServer(t, getDocument("/x", mcpmount.Parameter{Name: "v", In: mcpmount.InQuery, Schema: schema}), echo)
	if got := readPlain(t, srv, "api://r/x?v=7&v=8"); !strings.Contains(got, `query v=7&v=8`) {
		t.Errorf("two values: %s", got)
	}
	if got := readPlain(t, srv, "api://r/x?v=7&v=y"); !strings.Contains(got, `"code":-32602`) {
		t.Errorf("a value that is no integer: %s", got)
	}
}

// An API that fails is an error with a code, which says what happened.
func TestReadErrors(t *testing.T) {
	tests := []struct {
		name string
		api  http.HandlerFunc
		code int64
		want string
	}{
		{"an error", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no disk", 500) }, jsonrpc.CodeInternalError, "HTTP 500 Internal Server Error\nno disk"},
		{"forbidden", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(403) }, jsonrpc.CodeInternalError, "HTTP 403"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/y", 302) }, jsonrpc.CodeInternalError, "location: /y"},
		{"a panic", func(http.ResponseWriter, *http.Request) { panic("boom") }, jsonrpc.CodeInternalError, "read api://r/x: "},
		{"not found", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no item 7", 404) }, mcp.CodeResourceNotFound, "not found: HTTP 404 Not Found\nno item 7"},
		{"gone", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(410) }, mcp.CodeResourceNotFound, "not found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ts := httptest.NewServer(newServer(t, getDocument("/x"), tt.api))
			t.Cleanup(ts.Close)
			for _, e := range eras[:2] {
				_, err := e.connect(t, ts.URL, nil, nil).ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "api://r/x"})
				var wire *jsonrpc.Error
				if !errors.As(err, &wire) || wire.Code != tt.code || !strings.Contains(fmt.Sprint(err), tt.want) {
					t.Errorf("%s: error %v, want code %d and %q", e.name, err, tt.code, tt.want)
				}
			}
		})
	}
}

// Whatever a URI is, there is an answer, and the session goes on.
func TestReadHostileURI(t *testing.T) {
	doc := parse(t, notesSpec)
	doc.PreferResources()
	srv := newServer(t, doc, echo)
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	for _, uri := range []string{"", "\x01", "api://notes/\x7f", "api://notes/notes/\u2028?", "a\"\\b", "api://notes/{id}", "%", strings.Repeat("api://notes/", 10_000)} {
		got := readPlain(t, srv, uri)
		var message struct {
			Error struct {
				Code int
				Data struct{ URI string }
			}
		}
		if len(got) > 100_000 {
			t.Errorf("%.20q: %d bytes of an answer", uri, len(got))
		}
		if err := json.Unmarshal([]byte(got), &message); err != nil || message.Error.Code != -32602 || message.Error.Data.URI != uri && message.Error.Data.URI != "" {
			t.Errorf("%.20q: %.200s, %v", uri, got, err)
		}
		for _, e := range eras[1:] {
			session := e.connect(t, ts.URL, nil, nil)
			var wire *jsonrpc.Error
			if _, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri}); !errors.As(err, &wire) || wire.Code != jsonrpc.CodeInvalidParams {
				t.Errorf("%s: %.20q: error %.200v", e.name, uri, err)
			}
			if _, err := session.ListTools(t.Context(), nil); err != nil {
				t.Errorf("%s: after %.20q: %v", e.name, uri, err)
			}
		}
	}
}

// FuzzReadURI checks that any URI gets one answer, and that what reaches the API
// has the path and the arguments of the template.
func FuzzReadURI(f *testing.F) {
	for _, uri := range []string{"api://r/x/1,2/y?tags=a&tags=b,c&n=1", "api://r/x/%2C/y?", "api://r/x/a/y?tags=%zz", "api://r/x/%2e%2e/y", "api://r/x/a/y?&&n", "\x01", "api://r/x/a/y?n=1;n=2#x"} {
		f.Add(uri)
	}
	doc := parse(f, `{"openapi":"3.1.0","info":{"title":"r","version":"1"},"paths":{"/x/{ids}/y":{"get":{"operationId":"x","parameters":[
		{"name":"ids","in":"path","required":true,"schema":{"type":"array","items":{"type":"string"}}},
		{"name":"tags","in":"query","schema":{"type":"array","items":{"type":"string"}}},
		{"name":"n","in":"query","schema":{"type":"integer"}}]}}}}`)
	doc.PreferResources()
	srv := newServer(f, doc, func(w http.ResponseWriter, r *http.Request) {
		segments := strings.Split(r.URL.EscapedPath(), "/")
		if len(segments) != 4 || segments[1] != "x" || segments[3] != "y" || !hasOnly(r.URL.Query(), "tags", "n") {
			io.WriteString(w, "escaped: "+r.URL.String())
		}
	})
	f.Fuzz(func(t *testing.T, uri string) {
		got := readPlain(t, srv, uri)
		if !json.Valid([]byte(got)) || !strings.Contains(got, `"id":1`) || strings.Contains(got, "escaped: ") {
			t.Errorf("%q: %s", uri, got)
		}
	})
}

// hasOnly reports whether query has no names but these.
func hasOnly(query url.Values, names ...string) bool {
	for _, name := range names {
		query.Del(name)
	}
	return len(query) == 0
}

// Which of many templates a URI is of costs little, however it is cut into segments.
func TestReadManyTemplates(t *testing.T) {
	doc := getDocument("/a/{id}", mcpmount.Parameter{Name: "id", In: mcpmount.InPath})
	for i := range 500 {
		op := doc.Operations[0]
		op.Path = fmt.Sprintf("/r%d/{id}", i)
		doc.Operations = append(doc.Operations, op)
	}
	srv := newServer(t, doc, echo)
	var before, after runtime.MemStats
	for _, n := range []int{1_000, 20_000} {
		before = after
		body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"api://r/%s"}}`, strings.Repeat("/", n))
		r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), "not found") {
			t.Fatalf("%.200s", w.Body)
		}
		runtime.ReadMemStats(&after)
	}
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 64 {
		t.Errorf("a URI of 20 KB among 500 templates took %d MB", took)
	}
}
