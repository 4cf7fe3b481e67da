package mcpmount_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcpmount/mcpmount"
)

// Two ways are one API behind two servers, with and without the fast path, and
// what came of a message on each.
type twoWays [2]struct {
	srv *mcpmount.Server
	api *echoAPI

	mu    sync.Mutex
	calls []mcpmount.Call
}

// An echoAPI answers with JSON of a request and notes it.
type echoAPI struct {
	mu       sync.Mutex
	requests []string
}

func (a *echoAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, _ := io.ReadAll(r.Body)
	body := string(data)
	if _, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); params["boundary"] != "" {
		body = strings.ReplaceAll(body, params["boundary"], "BOUNDARY")
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	a.mu.Lock()
	a.requests = append(a.requests, written(r))
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if strings.Contains(r.URL.Path, "missing") {
		w.WriteHeader(http.StatusNotFound)
	}
	json.NewEncoder(w).Encode(map[string]any{"method": r.Method, "uri": r.RequestURI, "body": body, "n": 1e3, "<&>": nil})
}

func newTwoWays(tb testing.TB, doc *mcpmount.Document, opts mcpmount.Options) *twoWays {
	tb.Helper()
	both := &twoWays{}
	for i := range both {
		way := &both[i]
		way.api = &echoAPI{}
		own := opts
		own.Logger = slog.New(slog.DiscardHandler)
		own.NoFastPath = i == 1
		own.Observe = func(_ context.Context, c mcpmount.Call) {
			way.mu.Lock()
			defer way.mu.Unlock()
			c.Duration = 0
			way.calls = append(way.calls, c)
		}
		srv, err := mcpmount.New(doc, mcpmount.InProcess(way.api), &own)
		if err != nil {
			tb.Fatal(err)
		}
		way.srv = srv
		tb.Cleanup(func() { srv.Shutdown(context.Background()) })
	}
	return both
}

// An outcome is what came of a message.
type outcome struct {
	Status   int
	Header   http.Header
	Messages []any
	Requests []string
	Calls    []mcpmount.Call
}

// send sends a message both ways and reports what differs. In a session, answers
// differ in how they are sent, and only their messages count.
func (both *twoWays) send(t *testing.T, body string, h http.Header, sessions [2]string) {
	t.Helper()
	var got [2]outcome
	for i := range both {
		way := &both[i]
		way.api.requests, way.calls = nil, nil
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/mcp", strings.NewReader(body))
		for name, values := range h {
			r.Header[name] = values
		}
		if sessions[i] != "" {
			r.Header.Set("Mcp-Session-Id", sessions[i])
		}
		w := httptest.NewRecorder()
		way.srv.ServeHTTP(w, r)
		cancel()
		header := w.Header().Clone()
		header.Del("Content-Length") // which only the fast path knows
		if header.Get("Mcp-Session-Id") != "" {
			header.Set("Mcp-Session-Id", "a new one")
		}
		if sessions[i] != "" {
			header = nil
		}
		got[i] = outcome{w.Code, header, decoded(t, answers(t, w)), way.api.requests, way.calls}
		completeRefusals(got[i].Messages)
	}
	if diff := cmp.Diff(got[1], got[0]); diff != "" {
		t.Errorf("%q\n%v (-without +with the fast path):\n%s", body, h, diff)
	}
}

// completeRefusals says that a result which refuses a call for a limit is complete, as
// 2026-07-28 wants it: no middleware of the SDK can.
func completeRefusals(messages []any) {
	for _, m := range messages {
		message, _ := m.(map[string]any)
		result, _ := message["result"].(map[string]any)
		meta, _ := result["_meta"].(map[string]any)
		if meta["mcpmount/retryAfter"] != nil && meta["io.modelcontextprotocol/serverInfo"] != nil {
			result["resultType"] = "complete"
		}
	}
}

// decoded decodes messages; numbers stay as they are written.
func decoded(t *testing.T, messages [][]byte) (list []any) {
	t.Helper()
	for _, message := range messages {
		d := json.NewDecoder(bytes.NewReader(message))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Errorf("%q: %v", message, err)
		}
		list = append(list, v)
	}
	return list
}

// headerOf returns the header of a message of the given version, "" for none.
func headerOf(version, method, name string) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	if version != "" {
		h.Set("Mcp-Protocol-Version", version)
	}
	if version == "2026-07-28" {
		h.Set("Mcp-Method", method)
		if name != "" {
			h.Set("Mcp-Name", name)
		}
	}
	return h
}

const modernMeta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"x","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`

// oddParams are the params of calls that have something unusual; each is tried
// with and without the members that 2026-07-28 wants.
var oddParams = []string{
	`"name":"getNote","arguments":{"id":"7"}`,
	`"name":"getNote","arguments":{"id":"<&>\u2028\ud800"}`,
	`"name":"getNote","arguments":{"id":"missing"}`,
	`"name":"getNote","arguments":{"id":".."}`,
	`"name":"getNote","arguments":{"id":""}`,
	`"name":"getNote","arguments":{}`,
	`"name":"listNotes","arguments":{"limit":900719925474e993}`,
	`"name":"listNotes","arguments":{"limit":[1e400]}`,
	`"name":"listNotes","arguments":{"limit":-1e-400}`,
	`"name":"getNote"`,
	`"name":"getNote","arguments":null`,
	`"name":"getNote","arguments":[]`,
	`"name":"getNote","arguments":"id"`,
	`"name":"getNote","arguments":{"id":"7","id":"8"}`,
	`"name":"getNote","arguments":{"ID":"7"}`,
	`"name":"getNote","Arguments":{"id":"7"}`,
	`"n\u0061me":"getNote","argum\u0065nts":{"\u0069d":"7"}`,
	`"name":"getNote","arguments":{"id":"7"},"task":{"ttl":1}`,
	`"name":"getNote","arguments":{"id":"7"},"requestState":"x"`,
	`"name":"getNote","arguments":{"id":"7"},"inputResponses":{}`,
	`"name":"getNote","name":"whoami"`,
	`"name":"nope"`, `"name":7`, `"name":null`, `"name":["getNote"]`, ``,
	`"name":"listNotes","arguments":{"limit":101}`,
	`"name":"listNotes","arguments":{"limit":9007199254740993}`,
	`"name":"listNotes","arguments":{"limit":1e1}`,
	`"name":"listNotes","arguments":{"limit":1.0}`,
	`"name":"listNotes","arguments":{"limit":"7"}`, `"name":"listNotes","arguments":{"limit":["7.0"]}`, `"name":"listNotes","arguments":{"limit":null,"body":"{}"}`,
	`"name":"getNote","arguments":{"id":7}`, `"name":"createNote","arguments":{"body":{"text":["a"]}}`, `"name":"createNote","arguments":{"body":"a"}`,
	`"name":"createNote","arguments":{"text":"a\tb"}`,
	`"name":"createNote","arguments":{"text":7}`,
	`"name":"stream"`, `"name":"panic"`, `"name":"deleteNote","arguments":{"id":"7"}`,
	`"name":"createNote","arguments":{"text":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`,
	`"name":"createNote","arguments":{"text":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`,
	`"name":"createNote","arguments":{"text":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}`,
	`"uri":"api://notes/notes/7"`, `"uri":"api://notes/nope"`, `"uri":7`, `"uri":""`, `"uri":"api://notes/notes/%2e%2e"`, `"uri":"api://notes/notes/missing"`,
	`"cursor":""`, `"cursor":"x"`, `"protocolVersion":"2025-11-25"`,
}

// oddMetas are values of "_meta".
var oddMetas = []string{
	``, `"_meta":null`, `"_meta":{}`, `"_meta":[]`, `"_meta":{"progressToken":1}`, `"_meta":{"x":1e999}`, `"_meta":{"x":{"y":[1,"2",null]}}`, modernMeta,
	strings.Replace(modernMeta, `"version":"1"`, `"version":1`, 1),
	strings.Replace(modernMeta, `"version":"1"`, `"version":"1","icons":[{"src":"x"}]`, 1),
	strings.Replace(modernMeta, `"version":"1"`, `"version":"1","icons":{}`, 1),
	strings.Replace(modernMeta, `"version":"1"`, `"version":"1","icons":[{"src":"x","mimeType":"image/png","sizes":["any"],"theme":"dark"},7]`, 1),
	strings.Replace(modernMeta, `"version":"1"`, `"version":"1","icons":[{"src":"x","sizes":"any"}]`, 1),
	strings.Replace(modernMeta, `"version":"1"`, `"version":"1","icons":[{"src":"x","sizes":[7],"Theme":"dark"}]`, 1),
	strings.Replace(modernMeta, `{"name":"x","version":"1"}`, `null`, 1),
	strings.Replace(modernMeta, `Capabilities":{}`, `Capabilities":{"roots":{"listChanged":true},"sampling":{},"elicitation":{"form":{},"url":{}},"x":1}`, 1),
	strings.Replace(modernMeta, `Capabilities":{}`, `Capabilities":{"roots":{"listChanged":1}}`, 1),
	strings.Replace(modernMeta, `Capabilities":{}`, `Capabilities":{"roots":{"listChanged":{}}}`, 1),
	strings.Replace(modernMeta, `Capabilities":{}`, `Capabilities":{"sampling":{"tools":7}}`, 1),
	strings.Replace(modernMeta, `Capabilities":{}`, `Capabilities":[]`, 1),
	strings.Replace(modernMeta, `Capabilities":{}`, `Capabilities":{"experimental":{"a":{"b":1}},"extensions":[]}`, 1),
	strings.Replace(modernMeta, `2026-07-28`, `2025-11-25`, 1),
	strings.Replace(modernMeta, `"2026-07-28"`, `7`, 1),
}

// oddMethods are methods, those that the fast path takes among them.
var oddMethods = []string{
	"tools/call", "tools/list", "resources/list", "resources/templates/list", "resources/read", "prompts/list", "ping", "server/discover",
	"initialize", "nope", "tools\\/call", "Tools/call", "",
}

// differentialServers returns the notes API, its resources being resources, both
// ways.
func differentialServers(tb testing.TB, opts mcpmount.Options) *twoWays {
	tb.Helper()
	doc := parse(tb, notesSpec)
	for i := range doc.Operations {
		if op := &doc.Operations[i]; op.Method == http.MethodGet && op.Path == "/notes/{id}" {
			twin := *op
			twin.Name, twin.Kind = "readNote", mcpmount.KindResource
			doc.Operations = append(doc.Operations, twin)
			break
		}
	}
	return newTwoWays(tb, doc, opts)
}

// Whatever a message looks like, the answer, what the API saw and what was
// observed are the same with the fast path and without it.
func TestDifferential(t *testing.T) {
	both := differentialServers(t, mcpmount.Options{})
	for _, version := range []string{"", "2025-03-26", "2025-11-25", "2026-07-28"} {
		for _, method := range oddMethods {
			for i, params := range oddParams {
				metas := oddMetas
				if i > 0 && method != "tools/call" {
					metas = []string{"", modernMeta}
				}
				for _, meta := range metas {
					list := strings.Trim(params+","+meta, ",")
					name := "getNote"
					if strings.Contains(params, "uri") {
						name = "api://notes/notes/7"
					}
					both.send(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"%s","params":{%s}}`, method, list), headerOf(version, method, name), [2]string{})
				}
			}
		}
	}
}

// What is odd about a message or its header, and not about its params.
func TestDifferentialMessages(t *testing.T) {
	both := differentialServers(t, mcpmount.Options{})
	call := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getNote","arguments":{"id":"7"}}}`
	bodies := []string{
		call, "\ufeff" + call, " \n" + call + "\r\n", call + "x", "[" + call + "]", "[]", "", "null", `"x"`, "{}",
		`{"jsonrpc":"2.0","method":"tools/call","params":{"name":"getNote","arguments":{"id":"7"}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"ping"}`, `{"jsonrpc":"2.0","id":1,"method":"ping","params":null}`, `{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, `{"jsonrpc":"2.0","id":1,"method":"tools/call"}`, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":null}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{},"extra":[1]}`, `{"jsonrpc":"2.0","id":1,"result":{}}`,
		`{"jsonrpc":"2.0","id":1,"m\u0065thod":"tools/list"}`, `{"jsonrpc":"1.0","id":1,"method":"tools/list"}`,
	}
	for _, id := range []string{`"a"`, `""`, `"a\u0041<&>\u2028"`, `-0`, `0`, `7.5`, `1e2`, `9007199254740991`, `9007199254740993`, `null`, `true`, `[]`, `{}`, `"` + strings.Repeat("x", 1000) + `"`} {
		bodies = append(bodies, strings.Replace(call, `"id":1`, `"id":`+id, 1))
	}
	headers := []http.Header{
		headerOf("", "", ""), headerOf("2025-11-25", "", ""), headerOf("2026-07-28", "tools/call", "getNote"), headerOf("2020-01-01", "", ""),
		with(headerOf("", "", ""), "Accept", "text/event-stream"), with(headerOf("", "", ""), "Accept", "application/json"), with(headerOf("", "", ""), "Accept", "text/html"),
		with(headerOf("", "", ""), "Last-Event-Id", "x_1"), with(headerOf("", "", ""), "Mcp-Session-Id", "nope"), with(headerOf("", "", ""), "Content-Type", "text/plain"),
		with(headerOf("", "", ""), "Content-Type", "application/json; charset=utf-8"), with(headerOf("", "", ""), "Origin", "http://evil.example"),
		with(headerOf("", "", ""), "Content-Encoding", "gzip"), with(headerOf("2025-11-25", "", ""), "Mcp-Method", "tools/list"),
		headerOf("2026-07-28", "tools/list", ""), headerOf("2026-07-28", "tools/call", "listNotes"), headerOf("2026-07-28", "tools/call", ""),
		with(headerOf("2026-07-28", "tools/call", "getNote"), "Accept", "text/event-stream"),
	}
	for _, body := range bodies {
		for _, h := range headers {
			both.send(t, body, h, [2]string{})
			if modern := strings.Replace(body, `"params":{`, `"params":{`+modernMeta+`,`, 1); modern != body {
				both.send(t, modern, h, [2]string{})
			}
		}
	}
}

// In a session the messages are the same.
func TestDifferentialSession(t *testing.T) {
	both := differentialServers(t, mcpmount.Options{})
	var sessions [2]string
	for i := range both {
		sessions[i] = openSession(t, both[i].srv).Get("Mcp-Session-Id")
	}
	for _, h := range []http.Header{
		{"Mcp-Protocol-Version": {"2025-11-25"}, "Accept": {"application/json, text/event-stream"}},
		{"Mcp-Protocol-Version": {"2025-03-26"}, "Accept": {"text/event-stream"}}, {},
	} {
		h.Set("Content-Type", "application/json")
		for _, method := range oddMethods {
			for _, params := range oddParams {
				for _, meta := range []string{"", `"_meta":{"a":"b"}`} {
					list := strings.Trim(params+","+meta, ",")
					both.send(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"%s","params":{%s}}`, method, list), h, sessions)
				}
			}
		}
	}
}

// Limits refuse the same calls, with the same words.
func TestDifferentialLimits(t *testing.T) {
	for _, opts := range []mcpmount.Options{
		{Limits: mcpmount.Limits{CallsPerMinute: 2}}, {Limits: mcpmount.Limits{MaxResponseBytes: 20}}, {Limits: mcpmount.Limits{MaxRequestBytes: 100}},
		{OutputSchemas: mcpmount.OutputSchemasStrict}, {OutputSchemas: mcpmount.OutputSchemasNone}, {Stateless: true},
		{Principal: func(r *http.Request) string { return r.Header.Get("X-User") }, Limits: mcpmount.Limits{CallsPerMinute: 2}},
	} {
		both := differentialServers(t, opts)
		for _, user := range []string{"", "a", "b"} {
			for range 4 {
				for _, version := range []string{"2025-11-25", "2026-07-28"} {
					for _, params := range []string{`"name":"getNote","arguments":{"id":"7"}`, `"uri":"api://notes/notes/7"`} {
						method, name := "tools/call", "getNote"
						if strings.Contains(params, "uri") {
							method, name = "resources/read", "api://notes/notes/7"
						}
						if version == "2026-07-28" {
							params += "," + modernMeta
						}
						h := headerOf(version, method, name)
						h.Set("X-User", user)
						both.send(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s}}`, method, params), h, [2]string{})
					}
				}
			}
		}
	}
}

// Real documents: each tool is called with no arguments and with a value for each.
func TestDifferentialDocuments(t *testing.T) {
	dir := os.Getenv("MCPMOUNT_SPECS")
	if dir == "" {
		dir = "../shared/specs"
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) == 0 {
		t.Skip("no documents in " + dir)
	}
	read := 0
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || info.IsDir() || info.Size() > 200<<10 || read == 25 {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := mcpmount.ParseOpenAPI(data)
		if err != nil {
			continue
		}
		read++
		t.Run(filepath.Base(file), func(t *testing.T) { differDocument(t, doc) })
	}
	if read == 0 {
		t.Error("no document was read")
	}
}

func differDocument(t *testing.T, doc *mcpmount.Document) {
	t.Helper()
	both := newTwoWays(t, doc, mcpmount.Options{})
	tools := both[0].srv.Tools()
	both.send(t, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, headerOf("", "", ""), [2]string{})
	for i, tool := range tools {
		if i == 40 {
			break
		}
		raw, _ := json.Marshal(tool.InputSchema)
		var schema map[string]any
		if err := json.Unmarshal(raw, &schema); err != nil {
			t.Fatal(err)
		}
		arguments, _ := json.Marshal(sample(schema, schema, 0))
		for _, args := range []string{"{}", string(arguments)} {
			if len(args) < 1<<20 {
				both.send(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, tool.Name, args), headerOf("2025-11-25", "", ""), [2]string{})
			}
		}
	}
}

// sample returns a value for a schema, which need not conform.
func sample(root, schema map[string]any, depth int) any {
	if ref, ok := schema["$ref"].(string); ok && depth < 4 {
		defs, _ := root["$defs"].(map[string]any)
		target, _ := defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		return sample(root, target, depth+1)
	}
	if values, ok := schema["enum"].([]any); ok && len(values) > 0 {
		return values[0]
	}
	kind, _ := schema["type"].(string)
	switch kind {
	case "object":
		object := map[string]any{}
		properties, _ := schema["properties"].(map[string]any)
		for name, property := range properties {
			if p, ok := property.(map[string]any); ok && depth < 4 {
				object[name] = sample(root, p, depth+1)
			}
		}
		return object
	case "array":
		if items, ok := schema["items"].(map[string]any); ok && depth < 4 {
			return []any{sample(root, items, depth+1)}
		}
		return []any{}
	case "integer", "number":
		return 1
	case "boolean":
		return true
	}
	return "text"
}

// FuzzDifferential sends any bytes both ways.
func FuzzDifferential(f *testing.F) {
	for _, params := range oddParams {
		for _, meta := range []string{"", modernMeta} {
			f.Add(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{%s}}`, strings.Trim(params+","+meta, ",")), byte(0))
			f.Add(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":"x","method":"resources/read","params":{%s}}`, strings.Trim(params+","+meta, ",")), byte(1))
		}
	}
	for _, params := range greetings() {
		f.Add(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{%s}}`, params), byte(4))
		f.Add(fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/initialized","params":{%s}}`, params), byte(5))
	}
	pairs := [2]*twoWays{differentialServers(f, mcpmount.Options{}), differentialServers(f, mcpmount.Options{Stateless: true})}
	f.Fuzz(func(t *testing.T, body []byte, header byte) {
		if bytes.Contains(body, []byte("listen")) || bytes.Contains(body, []byte(`\u00`)) && bytes.Contains(body, []byte("subscri")) {
			t.Skip("a stream that stays open")
		}
		version := []string{"", "2025-11-25", "2026-07-28", "2025-03-26"}[header%4]
		var m struct {
			Method string
			Params struct{ Name, URI string }
		}
		json.Unmarshal(body, &m)
		if strings.ContainsAny(m.Method+m.Params.Name+m.Params.URI, "\x00\r\n") {
			t.Skip("no header has that")
		}
		pairs[header/4%2].send(t, string(body), headerOf(version, m.Method, m.Params.Name+m.Params.URI), [2]string{})
	})
}
