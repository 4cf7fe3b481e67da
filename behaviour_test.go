package mcpmount_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/internal/tree"
)

var update = flag.Bool("update", false, "rewrite the golden sections of testdata/behaviour")

// TestBehaviour runs each file of testdata/behaviour in process and through the
// network: what the API sees and what the client gets is the same.
func TestBehaviour(t *testing.T) {
	files, err := filepath.Glob("testdata/behaviour/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no behaviours: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			b, err := readBehaviour(file, data)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				for _, g := range b.observe(t, serveInProcess) {
					b.set(g.section, g.text)
				}
				if err := b.write(); err != nil {
					t.Fatal(err)
				}
			}
			for _, way := range []struct {
				name  string
				serve servingWay
			}{{"in process", serveInProcess}, {"network", serveOverNetwork}} {
				t.Run(way.name, func(t *testing.T) {
					t.Parallel()
					b.compare(t, b.observe(t, way.serve))
				})
			}
		})
	}
}

// A golden is what a golden section should say.
type golden struct{ section, text string }

// compare reports golden sections that are missing, differ, or that nothing was
// observed for.
func (b *behaviour) compare(t *testing.T, observed []golden) {
	t.Helper()
	seen := map[string]bool{}
	for _, g := range observed {
		seen[g.section] = true
		if !b.has(g.section) {
			t.Errorf("section %q is missing; -update writes it:\n%s", g.section, g.text)
		} else if diff := cmp.Diff(strings.Split(string(b.section(g.section)), "\n"), strings.Split(g.text, "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", g.section, diff)
		}
	}
	for _, f := range b.archive.Files {
		if slices.Contains([]string{"problems.txt", "tools.json", "resources.json", "error.txt"}, f.Name) && !seen[f.Name] {
			t.Errorf("there is nothing to compare section %q with", f.Name)
		}
	}
}

// observe serves the document, makes the calls and returns what the golden
// sections should say.
func (b *behaviour) observe(t *testing.T, way servingWay) []golden {
	t.Helper()
	api := &scriptedAPI{}
	doc, err := b.document(t)
	var post poster
	var problems []mcpmount.Problem
	if err == nil {
		post, problems, err = b.start(t, way, doc, api)
	}
	if err != nil {
		if len(b.calls) > 0 {
			t.Fatalf("there is no server to call: %v", err)
		}
		return []golden{{"error.txt", err.Error() + "\n"}}
	}
	var list []golden
	if b.has("problems.txt") {
		list = append(list, golden{"problems.txt", problemLines(problems)})
	}
	if b.has("tools.json") {
		list = append(list, golden{"tools.json", b.tools(t, post)})
	}
	if b.has("resources.json") {
		list = append(list, golden{"resources.json", post.resources(t)})
	}
	for i, c := range b.calls {
		list = append(list, b.call(t, i+1, c, api, post)...)
	}
	return list
}

func (b *behaviour) start(t *testing.T, way servingWay, doc *mcpmount.Document, api http.Handler) (poster, []mcpmount.Problem, error) {
	t.Helper()
	opts, err := b.options.server()
	if err != nil {
		t.Fatal(err)
	}
	opts.Logger = slog.New(slog.DiscardHandler)
	srv, post, err := way(t, doc, api, opts)
	if err != nil {
		return nil, nil, err
	}
	return post, srv.Problems(), nil
}

func problemLines(problems []mcpmount.Problem) string {
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintln(&b, p)
	}
	return b.String()
}

// call makes call n.
func (b *behaviour) call(t *testing.T, n int, c behaviourCall, api *scriptedAPI, post poster) []golden {
	t.Helper()
	section := func(name string) string { return fmt.Sprintf("%d/%s", n, name) }
	if err := api.expect(b.section(section("response"))); err != nil {
		t.Fatalf("%s: %v", section("response"), err)
	}
	method, params := "tools/call", any(map[string]any{"name": c.Name, "arguments": c.Arguments})
	if c.URI != "" {
		method, params = "resources/read", map[string]any{"uri": c.URI}
	}
	result := post.result(t, method, params, c.Headers)
	request, asked := api.seen()
	if asked > 1 {
		t.Errorf("call %d made %d requests", n, asked)
	}
	if asked == 0 && b.has(section("response")) {
		t.Errorf("section %q was not asked for", section("response"))
	}
	return []golden{{section("request"), request}, {section("result.json"), result}}
}

// A servingWay starts a server for doc and returns what posts messages to it.
type servingWay func(t *testing.T, doc *mcpmount.Document, api http.Handler, opts *mcpmount.Options) (*mcpmount.Server, poster, error)

func serveInProcess(_ *testing.T, doc *mcpmount.Document, api http.Handler, opts *mcpmount.Options) (*mcpmount.Server, poster, error) {
	srv, err := mcpmount.New(doc, mcpmount.InProcess(api), opts)
	return srv, func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		return w.Result(), nil
	}, err
}

func serveOverNetwork(t *testing.T, doc *mcpmount.Document, api http.Handler, opts *mcpmount.Options) (*mcpmount.Server, poster, error) {
	t.Helper()
	upstream := httptest.NewServer(api)
	t.Cleanup(upstream.Close)
	transport, err := mcpmount.Upstream(upstream.URL, nil)
	if err != nil {
		return nil, nil, err
	}
	srv, err := mcpmount.New(doc, transport, opts)
	if err != nil {
		return nil, nil, err
	}
	front := httptest.NewServer(srv)
	t.Cleanup(front.Close)
	return srv, func(r *http.Request) (*http.Response, error) {
		out, err := http.NewRequestWithContext(r.Context(), r.Method, front.URL+r.URL.Path, r.Body)
		if err != nil {
			return nil, err
		}
		out.Header = r.Header
		return front.Client().Do(out)
	}, nil
}

// A poster sends a request to the MCP endpoint.
type poster func(*http.Request) (*http.Response, error)

// result returns the result of a method, or its error, as readable JSON.
func (post poster) result(t *testing.T, method string, params any, headers map[string]string) string {
	t.Helper()
	message, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", bytes.NewReader(message))
	r.Header.Set("Content-Type", "application/json")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	res, err := post(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Result, Error json.RawMessage }
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%s: %d %s: %v", method, res.StatusCode, body, err)
	}
	text := answer.Result
	if text == nil {
		text = slices.Concat([]byte(`{"error":`), answer.Error, []byte("}"))
	}
	n, err := tree.ParseJSON(text, tree.Limits{})
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return readable(n.Without("ttlMs", "cacheScope")) // how long it may be kept is not what is shown
}

// tools returns the list of tools, with the fields that the options name.
func (b *behaviour) tools(t *testing.T, post poster) string {
	t.Helper()
	var list struct{ Tools []json.RawMessage }
	if err := json.Unmarshal([]byte(post.result(t, "tools/list", struct{}{}, nil)), &list); err != nil {
		t.Fatal(err)
	}
	fields := b.options.Tools
	if fields == nil {
		fields = []string{"name", "description", "inputSchema", "outputSchema"}
	}
	shown := []json.RawMessage{}
	for _, tool := range list.Tools {
		var have map[string]json.RawMessage
		if err := json.Unmarshal(tool, &have); err != nil {
			t.Fatal(err)
		}
		var members []string
		for _, f := range fields {
			if have[f] != nil {
				members = append(members, fmt.Sprintf("%q:%s", f, have[f]))
			}
		}
		shown = append(shown, json.RawMessage("{"+strings.Join(members, ",")+"}"))
	}
	return mustReadable(t, shown)
}

// resources returns the lists of resources and of templates.
func (post poster) resources(t *testing.T) string {
	t.Helper()
	var lists struct {
		Resources         json.RawMessage `json:"resources"`
		ResourceTemplates json.RawMessage `json:"resourceTemplates"`
	}
	for _, method := range []string{"resources/list", "resources/templates/list"} {
		if err := json.Unmarshal([]byte(post.result(t, method, struct{}{}, nil)), &lists); err != nil {
			t.Fatal(err)
		}
	}
	return mustReadable(t, lists)
}

func mustReadable(t *testing.T, v any) string {
	t.Helper()
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	n, err := tree.ParseJSON(out.Bytes(), tree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return readable(n)
}
