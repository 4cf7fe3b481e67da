package mcpmount_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount"
)

// A benchPost is a message to a server, as many times as wanted, without a network.
type benchPost struct {
	request *http.Request
	body    *strings.Reader
	text    string
	answer  discard
}

// A discard is a ResponseWriter that keeps the status and the length.
type discard struct {
	header http.Header
	status int
	bytes  int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(p []byte) (int, error) { d.bytes += len(p); return len(p), nil }
func (d *discard) Flush()                      {}

// newBenchPost returns a post of a message with the given method and params, an
// object without its braces, as a client of the version sends it.
func newBenchPost(b testing.TB, version, method, params string) *benchPost {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://api.example.com/mcp", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.RemoteAddr = "192.0.2.1:1234"
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Mcp-Protocol-Version", version)
	if version == "2026-07-28" {
		r.Header.Set("Mcp-Method", method)
		var named struct{ Name, URI string }
		json.Unmarshal([]byte("{"+params+"}"), &named)
		if name := named.Name + named.URI; name != "" {
			r.Header.Set("Mcp-Name", name)
		}
		if params != "" {
			params += ","
		}
		params += `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
	}
	text := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s}}`, method, params)
	body := strings.NewReader(text)
	r.Body, r.ContentLength = io.NopCloser(body), int64(len(text))
	return &benchPost{request: r, text: text, body: body, answer: discard{header: http.Header{}}}
}

func (p *benchPost) send(h http.Handler) {
	p.body.Reset(p.text)
	clear(p.answer.header)
	p.answer.status, p.answer.bytes = 0, 0
	h.ServeHTTP(&p.answer, p.request)
}

// run measures the post.
func (p *benchPost) run(b *testing.B, h http.Handler) {
	b.Helper()
	if p.send(h); p.answer.status != http.StatusOK && p.answer.status != 0 {
		b.Fatalf("status %d", p.answer.status)
	}
	b.ReportAllocs()
	for b.Loop() {
		p.send(h)
	}
	b.ReportMetric(float64(p.answer.bytes), "answer-B")
}

const benchSpec = `
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /items/{id}:
    get:
      operationId: getItem
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
      responses:
        "200":
          description: an item
          content:
            application/json:
              schema:
                type: object
                properties:
                  id: {type: string}
                  name: {type: string}
                  price: {type: number}
                  tags: {type: array, items: {type: string}}
                  items: {type: array, items: {type: object, properties: {id: {type: integer}, name: {type: string}, ok: {type: boolean}}}}
`

func benchServer(b *testing.B, doc string, api http.Handler) *mcpmount.Server {
	b.Helper()
	opts := mcpmount.Options{Logger: slog.New(slog.DiscardHandler)}
	srv, err := mcpmount.New(parse(b, doc), mcpmount.InProcess(api), &opts)
	if err != nil {
		b.Fatal(err)
	}
	return srv
}

// answering answers every request with JSON.
func answering() http.Handler {
	data := []byte(smallItem)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(data)
	})
}

const smallItem = `{"id":"17","name":"a thing","price":12.5,"tags":["a","b"]}`

const callItem = `"name":"getItem","arguments":{"id":"17","limit":5}`

// BenchmarkToolCall measures a call of a tool with a trivial handler, arguments
// checked, from ServeHTTP to the last byte of the answer.
func BenchmarkToolCall(b *testing.B) {
	srv := benchServer(b, benchSpec, answering())
	for _, version := range []string{"2025-11-25", "2026-07-28"} {
		b.Run(version, func(b *testing.B) { newBenchPost(b, version, "tools/call", callItem).run(b, srv) })
	}
	b.Run("session", func(b *testing.B) {
		open := newBenchPost(b, "2025-11-25", "initialize", `"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}`)
		open.send(srv)
		call := newBenchPost(b, "2025-11-25", "tools/call", callItem)
		call.request.Header.Set("Mcp-Session-Id", open.answer.header.Get("Mcp-Session-Id"))
		call.run(b, srv)
	})
	b.Run("the API alone", func(b *testing.B) {
		r, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://api.example.com/items/17?limit=5", nil)
		api := answering()
		b.ReportAllocs()
		for b.Loop() {
			api.ServeHTTP(&discard{header: http.Header{}}, r)
		}
	})
}

const securedBenchSpec = benchSpec + `
security: [{key: []}]
components: {securitySchemes: {key: {type: http, scheme: bearer}}}
`

// BenchmarkServiceCall measures a call of an API over loopback, with the server of the
// API in the same process, and with a credential for it.
func BenchmarkServiceCall(b *testing.B) {
	api := httptest.NewServer(answering())
	defer api.Close()
	for name, opts := range map[string]mcpmount.Options{
		"open": {},
		"credential": {Credentials: mcpmount.StaticCredentials(map[string]mcpmount.Credential{
			"key": {Secret: "a-secret-of-the-service"},
		})},
	} {
		b.Run(name, func(b *testing.B) {
			transport, err := mcpmount.Upstream(api.URL, nil)
			if err != nil {
				b.Fatal(err)
			}
			opts.Logger = slog.New(slog.DiscardHandler)
			srv, err := mcpmount.New(parse(b, securedBenchSpec), transport, &opts)
			if err != nil {
				b.Fatal(err)
			}
			newBenchPost(b, "2025-11-25", "tools/call", callItem).run(b, srv)
		})
	}
}

// bigItem returns an item of about n bytes.
func bigItem(n int) string {
	var s strings.Builder
	s.WriteString(`{"id":"17","items":[`)
	for i := 0; s.Len() < n; i++ {
		if i > 0 {
			s.WriteByte(',')
		}
		fmt.Fprintf(&s, `{"id":%d,"name":"an item of a list","ok":true}`, i)
	}
	s.WriteString(`]}`)
	return s.String()
}

// BenchmarkLargeAnswer measures a call whose answer is 100 KB of JSON, which
// becomes text and structured content, beside the API, which encodes as much.
func BenchmarkLargeAnswer(b *testing.B) {
	var item struct {
		ID    string `json:"id"`
		Items []struct {
			ID   int    `json:"id"`
			Name string `json:"name"`
			OK   bool   `json:"ok"`
		} `json:"items"`
	}
	if err := json.Unmarshal([]byte(bigItem(100_000)), &item); err != nil {
		b.Fatal(err)
	}
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(item)
	})
	srv := benchServer(b, benchSpec, api)
	b.Run("call", func(b *testing.B) { newBenchPost(b, "2025-11-25", "tools/call", callItem).run(b, srv) })
	b.Run("the API alone", func(b *testing.B) {
		r, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://api.example.com/items/17", nil)
		b.ReportAllocs()
		for b.Loop() {
			api.ServeHTTP(&discard{header: http.Header{}}, r)
		}
	})
}

const hello = `"protocolVersion":"2025-11-25","capabilities":{"roots":{"listChanged":true},"sampling":{}},"clientInfo":{"name":"bench","title":"Bench","version":"1"}`

// BenchmarkInitialize measures how a client begins: where there are no sessions, and where
// that opens one, which the client ends.
func BenchmarkInitialize(b *testing.B) {
	b.Run("stateless", func(b *testing.B) {
		srv, err := mcpmount.New(parse(b, benchSpec), mcpmount.InProcess(answering()), &mcpmount.Options{Stateless: true, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		newBenchPost(b, "2025-11-25", "initialize", hello).run(b, srv)
	})
	b.Run("session", func(b *testing.B) {
		srv := benchServer(b, benchSpec, answering())
		end, _ := http.NewRequestWithContext(b.Context(), http.MethodDelete, "http://api.example.com/mcp", nil)
		end.Header.Set("Mcp-Protocol-Version", "2025-11-25")
		gone := discard{header: http.Header{}}
		newBenchPost(b, "2025-11-25", "initialize", hello).run(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			srv.ServeHTTP(w, r)
			end.Header["Mcp-Session-Id"] = w.Header()["Mcp-Session-Id"]
			if srv.ServeHTTP(&gone, end); gone.status != http.StatusNoContent {
				b.Fatalf("a session ends with status %d", gone.status)
			}
		}))
	})
}

// manyTools returns a document with n operations.
func manyTools(n int) string {
	var s strings.Builder
	s.WriteString("openapi: 3.1.0\ninfo: {title: Many, version: \"1\"}\npaths:\n")
	for i := range n {
		fmt.Fprintf(&s, "  /things%d/{id}:\n    get:\n      operationId: getThing%d\n      description: Returns one thing of the kind %d, with all that is known of it.\n"+
			"      parameters: [{name: id, in: path, required: true, schema: {type: string}}, {name: limit, in: query, schema: {type: integer, minimum: 1}}]\n"+
			"      responses: {\"200\": {description: a thing}}\n", i, i, i)
	}
	return s.String()
}

// BenchmarkListTools measures the list of many tools.
func BenchmarkListTools(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		srv := benchServer(b, manyTools(n), answering())
		for _, version := range []string{"2025-11-25", "2026-07-28"} {
			b.Run(fmt.Sprintf("%d/%s", n, version), func(b *testing.B) { newBenchPost(b, version, "tools/list", "").run(b, srv) })
		}
	}
}

// BenchmarkNew measures making a server of 1,000 tools, the document read.
func BenchmarkNew(b *testing.B) {
	doc := parse(b, manyTools(1000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := mcpmount.New(doc, mcpmount.InProcess(answering()), &mcpmount.Options{Logger: slog.New(slog.DiscardHandler)}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUpload measures a call with a file of 1 MB in base64, beside what reads as
// much of a request.
func BenchmarkUpload(b *testing.B) {
	const doc = `{"openapi":"3.1.0","info":{"title":"Files","version":"1"},"paths":{"/files":{"post":{"operationId":"upload",
		"requestBody":{"required":true,"content":{"application/octet-stream":{}}},"responses":{"204":{"description":"stored"}}}}}}`
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); err != nil || n != int64(len(content)) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	srv := benchServer(b, doc, api)
	newBenchPost(b, "2025-11-25", "tools/call", `"name":"upload","arguments":{"body":"`+base64.StdEncoding.EncodeToString(content)+`"}`).run(b, srv)
}
