package mcpmount_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

const notesSpec = `
openapi: 3.1.0
info: {title: Notes, version: "2", description: Notes of people.}
servers: [{url: /v1}]
paths:
  /notes:
    get:
      operationId: listNotes
      summary: List notes
      parameters: [{name: limit, in: query, schema: {type: integer, maximum: 100}}]
      responses:
        "200": {description: notes, content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Note"}}}}}
    post:
      operationId: createNote
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
      responses:
        "201": {description: created, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getNote
      responses:
        "200": {description: a note, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
    delete:
      operationId: deleteNote
      deprecated: true
      responses: {"204": {description: gone}}
  /whoami:
    get:
      operationId: whoami
      responses:
        "200": {description: who, content: {application/json: {schema: {type: object}}}}
  /stream:
    get: {operationId: stream, responses: {"200": {description: lines, content: {application/x-ndjson: {}}}}}
  /panic:
    get: {operationId: panic, responses: {"200": {description: never}}}
components:
  schemas:
    Note:
      type: object
      required: [text]
      properties:
        id: {type: string, readOnly: true}
        text: {type: string}
`

// notesAPI is an app as people have it: routes, and middleware around them.
type notesAPI struct {
	mux *http.ServeMux

	mu  sync.Mutex
	log []string // method, path, caller address, authorization
}

func newNotesAPI() *notesAPI {
	a := &notesAPI{mux: http.NewServeMux()}
	reply := func(w http.ResponseWriter, status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(v)
	}
	a.mux.HandleFunc("GET /v1/notes", func(w http.ResponseWriter, r *http.Request) {
		reply(w, 200, []map[string]string{{"id": "1", "text": "limit " + r.FormValue("limit")}})
	})
	a.mux.HandleFunc("POST /v1/notes", func(w http.ResponseWriter, r *http.Request) {
		var note map[string]any
		if err := json.NewDecoder(r.Body).Decode(&note); err != nil {
			reply(w, 400, map[string]string{"error": err.Error()})
			return
		}
		note["id"] = "2"
		reply(w, 201, note)
	})
	a.mux.HandleFunc("GET /v1/notes/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == "missing" {
			reply(w, 404, map[string]string{"error": "no such note"})
			return
		}
		reply(w, 200, map[string]string{"id": r.PathValue("id"), "text": "hello"})
	})
	a.mux.HandleFunc("DELETE /v1/notes/{id}", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) })
	a.mux.HandleFunc("GET /v1/whoami", func(w http.ResponseWriter, r *http.Request) {
		reply(w, 200, map[string]any{
			"authorization": r.Header.Get("Authorization"), "tenant": r.Header.Get("X-Tenant"), "cookie": r.Header.Get("Cookie"),
			"session": r.Header.Get("Mcp-Session-Id"), "value": r.Context().Value(userKey{}), "host": r.Host,
		})
	})
	a.mux.HandleFunc("GET /v1/stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		for i := range 3 {
			fmt.Fprintf(w, "{\"n\":%d}\n", i)
			http.NewResponseController(w).Flush()
		}
	})
	a.mux.HandleFunc("GET /v1/panic", func(http.ResponseWriter, *http.Request) { panic("boom") })
	return a
}

type userKey struct{}

// ServeHTTP is the outermost handler: it authenticates and logs.
func (a *notesAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.log = append(a.log, r.Method+" "+r.URL.Path+" "+r.RemoteAddr)
	a.mu.Unlock()
	if user, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		r = r.WithContext(context.WithValue(r.Context(), userKey{}, user))
	}
	a.mux.ServeHTTP(w, r)
}

// serve mounts the notes API's MCP server into the app and serves both.
func serve(t *testing.T, opts *mcpmount.Options) (*notesAPI, *mcpmount.Server, *httptest.Server) {
	t.Helper()
	if opts == nil {
		opts = &mcpmount.Options{}
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	app := newNotesAPI()
	srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(app), opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Mount(app.mux, "/mcp"); err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(app)
	t.Cleanup(ts.Close)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		srv.Shutdown(ctx)
	})
	return app, srv, ts
}

func parse(t testing.TB, spec string) *mcpmount.Document {
	t.Helper()
	doc, err := mcpmount.ParseOpenAPI([]byte(spec))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// An era is a way of connecting to a server.

type era struct {
	name      string
	transport func(url string, h http.Header) mcp.Transport
	versions  []string
}

var eras = []era{
	{"2026-07-28", streamable, nil},
	{"2025-11-25", streamable, []string{"2025-11-25"}},
	{"2025-06-18", streamable, []string{"2025-06-18"}},
	{"2024-11-05 SSE", func(url string, h http.Header) mcp.Transport {
		return &mcp.SSEClientTransport{Endpoint: url + "/sse", HTTPClient: headerClient(h)}
	}, []string{"2024-11-05"}},
	{"2024-11-05 SSE at the endpoint", func(url string, h http.Header) mcp.Transport {
		return &mcp.SSEClientTransport{Endpoint: url, HTTPClient: headerClient(h)}
	}, []string{"2024-11-05"}},
}

func streamable(url string, h http.Header) mcp.Transport {
	return &mcp.StreamableClientTransport{Endpoint: url, HTTPClient: headerClient(h)}
}

type headerTransport http.Header

func (h headerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, values := range h {
		r.Header[name] = values
	}
	return http.DefaultTransport.RoundTrip(r)
}

func headerClient(h http.Header) *http.Client { return &http.Client{Transport: headerTransport(h)} }

func (e era) connect(t *testing.T, url string, h http.Header, opts *mcp.ClientOptions) *mcp.ClientSession {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, opts)
	var sessionOpts *mcp.ClientSessionOptions
	if e.versions != nil {
		sessionOpts = &mcp.ClientSessionOptions{ProtocolVersion: e.versions[0]}
	}
	session, err := client.Connect(t.Context(), e.transport(url, h), sessionOpts)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { session.Close() })
	return session
}

func text(res *mcp.CallToolResult) string {
	var parts []string
	for _, c := range res.Content {
		if tc, ok := c.(*mcp.TextContent); ok {
			parts = append(parts, tc.Text)
		}
	}
	return strings.Join(parts, "\n")
}

func call(t *testing.T, session *mcp.ClientSession, name string, args map[string]any) *mcp.CallToolResult {
	t.Helper()
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: name, Arguments: args})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return res
}
