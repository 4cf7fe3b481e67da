package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A document in two files, with a tool and a resource.
const (
	watchedEntry = `openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: API}]
paths:
  /orders:
    post:
      operationId: createOrder
      requestBody: {content: {application/json: {schema: {$ref: parts.yaml#/Order}}}}
      responses: {"201": {description: ok}}
  /orders/{id}:
    get:
      operationId: getOrder
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok}}
`
	watchedPart  = "Order: {type: object, properties: {item: {type: string}}}\n"
	watchedExtra = "  /items:\n    post: {operationId: createItem, responses: {\"201\": {description: ok}}}\n"
)

// replaceFile writes a file as editors do: under another name first.
func replaceFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path+"~", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		t.Fatal(err)
	}
}

// await returns the first line with all of the texts; the lines before must not
// have the text not, unless that is "".
func await(t *testing.T, lines <-chan string, not string, texts ...string) {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case line := <-lines:
			found := true
			for _, text := range texts {
				found = found && strings.Contains(line, text)
			}
			if found {
				return
			}
			if not != "" && strings.Contains(line, not) {
				t.Fatalf("log %s before %q", line, texts)
			}
		case <-timeout:
			t.Fatalf("nothing was logged with %q", texts)
		}
	}
}

// A listener is a client that is told of changes.
type listener struct {
	name             string
	session          *mcp.ClientSession
	tools, resources chan struct{}
}

func listenTo(t *testing.T, transport mcp.Transport, version string) *listener {
	t.Helper()
	l := &listener{name: version, tools: make(chan struct{}, 100), resources: make(chan struct{}, 100)}
	var err error
	l.session, err = mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, &mcp.ClientOptions{
		ToolListChangedHandler:     func(context.Context, *mcp.ToolListChangedRequest) { l.tools <- struct{}{} },
		ResourceListChangedHandler: func(context.Context, *mcp.ResourceListChangedRequest) { l.resources <- struct{}{} },
	}).Connect(t.Context(), transport, &mcp.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.session.Close() })
	return l
}

// told waits until the client was told of a change, and returns what it lists.
func (l *listener) told(t *testing.T, changed <-chan struct{}) string {
	t.Helper()
	select {
	case <-changed:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s was not told", l.name)
	}
	return l.list(t)
}

// list returns the names of the tools and resource templates.
func (l *listener) list(t *testing.T) string {
	t.Helper()
	var names []string
	for tool, err := range l.session.Tools(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, tool.Name)
	}
	for template, err := range l.session.ResourceTemplates(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, template.URITemplate)
	}
	return strings.Join(names, " ")
}

// The document is edited while clients of both eras listen.
func TestServeFollowsFiles(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }))
	t.Cleanup(api.Close)
	folder := t.TempDir()
	document, part := filepath.Join(folder, "api.yaml"), filepath.Join(folder, "parts.yaml")
	entry := strings.Replace(watchedEntry, "API", api.URL, 1)
	replaceFile(t, document, entry)
	replaceFile(t, part, watchedPart)
	endpoint, log := serveLogged(t, "serve", "--listen", "127.0.0.1:0", "--resources", "--exclude-operation", "createOrder",
		"--include-path", "/**", "--operation-timeout", "getOrder=5s", "--watch-interval", "20ms", document)
	clients := []*listener{
		listenTo(t, &mcp.StreamableClientTransport{Endpoint: endpoint}, "2026-07-28"),
		listenTo(t, &mcp.StreamableClientTransport{Endpoint: endpoint}, "2025-11-25"),
		listenTo(t, &mcp.SSEClientTransport{Endpoint: endpoint + "/sse"}, "2024-11-05"),
	}
	const refused = "the document cannot be served"
	const order = "api://shop/orders/{id}"
	check := func(want string) {
		t.Helper()
		for _, c := range clients {
			if got := c.list(t); got != want {
				t.Errorf("%s lists %s, want %s", c.name, got, want)
			}
		}
	}
	check(order)

	replaceFile(t, document, entry+watchedExtra)
	await(t, log, refused, "document updated", "tools=1", "added=createItem")
	for _, c := range clients {
		if got := c.told(t, c.tools); got != "createItem "+order {
			t.Errorf("%s lists %s after the edit", c.name, got)
		}
	}
	replaceFile(t, document, strings.Replace(entry, "/orders/{id}", "/order/{id}", 1)+watchedExtra)
	await(t, log, refused, "added=api://shop/order/{id}", "removed="+order)
	for _, c := range clients {
		if got := c.told(t, c.resources); got != "createItem api://shop/order/{id}" {
			t.Errorf("%s lists %s after the edit", c.name, got)
		}
	}

	for _, broken := range []struct{ content, why string }{
		{"openapi: 3.1.0\npaths: [", "line 3"},
		{"", "api.yaml"},
		{strings.ReplaceAll(entry, "createOrder", "placeOrder"), "createOrder"}, // the flags name an operation that is gone
		{strings.ReplaceAll(entry, "getOrder", "readOrder"), "--operation-timeout"},
		{strings.Replace(entry, api.URL, "https://evil.example", 1), "https://evil.example"},
		{entry + strings.Replace(watchedExtra, "{operationId", "{servers: [{url: 'https://evil.example/'}], operationId", 1), "https://evil.example"},
	} {
		replaceFile(t, document, broken.content)
		await(t, log, "document updated", refused, broken.why)
		check("createItem api://shop/order/{id}")
		if res := callTool(t, clients[0].session, "createItem", nil); resultText(res) != "/items" {
			t.Errorf("a call while the document is broken: %s", resultText(res))
		}
	}
	replaceFile(t, document, entry+watchedExtra)
	await(t, log, refused, "the document is good again")
	check("createItem " + order)

	if err := os.Remove(part); err != nil { // costs a schema, no tool
		t.Fatal(err)
	}
	if err := os.WriteFile(document, []byte(entry+strings.Replace(watchedExtra, "createItem", "createThing", 1)), 0o600); err != nil { // in place
		t.Fatal(err)
	}
	await(t, log, "", "added=createThing") // a slow machine may see the file half written
	hangUp(t)
	await(t, log, refused, "the document is the same as before")
}

// hangUp sends SIGHUP to this process; a server must run in it.
func hangUp(t *testing.T) {
	t.Helper()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGHUP); err != nil {
		t.Skipf("no SIGHUP here: %v", err)
	}
}

// With an interval of 0, only SIGHUP makes the server look.
func TestServeHangup(t *testing.T) {
	document := filepath.Join(t.TempDir(), "api.yaml")
	entry := strings.Replace(watchedEntry, "API", "http://127.0.0.1:9", 1)
	replaceFile(t, document, entry)
	endpoint, log := serveLogged(t, "serve", "--listen", "127.0.0.1:0", "--watch-interval", "0", document)
	replaceFile(t, document, entry+watchedExtra)
	client := listenTo(t, &mcp.StreamableClientTransport{Endpoint: endpoint}, "2025-11-25")
	if got := client.list(t); got != "createOrder getOrder" {
		t.Errorf("before SIGHUP: %s", got)
	}
	hangUp(t)
	await(t, log, "", "added=createItem")
	if got := client.told(t, client.tools); got != "createItem createOrder getOrder" {
		t.Errorf("after SIGHUP: %s", got)
	}
	replaceFile(t, document, "nothing")
	for range 2 { // who asks is answered
		hangUp(t)
		await(t, log, "", "the document cannot be served", "hint=")
	}
}

// Over standard input and output, clients are told as well, and nothing else
// gets into the protocol.
func TestServeStdioFollows(t *testing.T) {
	document := filepath.Join(t.TempDir(), "api.yaml")
	entry := strings.Replace(watchedEntry, "API", "http://127.0.0.1:9", 1)
	replaceFile(t, document, entry)
	toServer, fromClient := io.Pipe()
	toClient, fromServer := io.Pipe()
	exit := make(chan int, 1)
	go func() {
		exit <- run(t.Context(), []string{"serve", "--stdio", "--watch-interval", "20ms", document}, toServer, fromServer, io.Discard, os.LookupEnv)
	}()
	client := listenTo(t, &mcp.IOTransport{Reader: toClient, Writer: fromClient}, "2025-11-25")
	replaceFile(t, document, entry+watchedExtra)
	if got := client.told(t, client.tools); got != "createItem createOrder getOrder" {
		t.Errorf("after the edit: %s", got)
	}
	client.session.Close()
	if code := <-exit; code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// A URL is asked with conditions, and left alone for a while after a failure.
func TestServeFollowsURL(t *testing.T) {
	var mu sync.Mutex
	content, status := strings.Replace(watchedEntry, "API", "/", 1), http.StatusOK
	var full, unmodified int
	set := func(newContent string, newStatus int) {
		mu.Lock()
		defer mu.Unlock()
		content, status = newContent, newStatus
	}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		tag := fmt.Sprintf("%q", fmt.Sprint(len(content)))
		w.Header().Set("ETag", tag)
		switch {
		case status != http.StatusOK:
			w.WriteHeader(status)
		case r.Header.Get("If-None-Match") == tag:
			unmodified++
			w.WriteHeader(http.StatusNotModified)
		default:
			full++
			io.WriteString(w, content)
		}
	}))
	t.Cleanup(api.Close)
	endpoint, log := serveLogged(t, "serve", "--listen", "127.0.0.1:0", "--watch-interval", "20ms", api.URL+"/openapi.yaml?key=secret")
	client := listenTo(t, &mcp.StreamableClientTransport{Endpoint: endpoint}, "2026-07-28")
	entry := content
	set(entry+watchedExtra, http.StatusOK)
	await(t, log, "cannot be served", "added=createItem")
	if got := client.told(t, client.tools); got != "createItem createOrder getOrder" {
		t.Errorf("after the edit: %s", got)
	}
	hangUp(t)
	await(t, log, "cannot be served", "the document is the same as before")
	set("gone", http.StatusServiceUnavailable)
	await(t, log, "secret", "cannot be served", "503 Service Unavailable")
	set(entry, http.StatusOK)
	hangUp(t) // at once, in spite of the failure
	await(t, log, "cannot be served", "removed=createItem")
	await(t, log, "cannot be served", "the document is good again")
	mu.Lock()
	defer mu.Unlock()
	if full != 3 || unmodified < 1 {
		t.Errorf("%d full answers and %d others, want 3, one for each document, and at least 1", full, unmodified)
	}
}

func TestURLFeedRests(t *testing.T) {
	requests := 0
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	t.Cleanup(api.Close)
	f := &urlFeed{url: mustParse(t, api.URL)}
	var rests []string
	for range 9 {
		if _, err := f.next(t.Context(), true); err == nil {
			t.Fatal("no error")
		}
		if src, err := f.next(t.Context(), false); src != nil || err != nil {
			t.Fatalf("while it rests: %v, %v", src, err)
		}
		rests = append(rests, f.rest.String())
	}
	want := "10s 20s 40s 1m20s 2m40s 5m20s 10m0s 10m0s 10m0s"
	if diff := cmp.Diff(want, strings.Join(rests, " ")); diff != "" || requests != 9 {
		t.Errorf("%d requests; rests (-want +got):\n%s", requests, diff)
	}
}

// A fakeFeed returns what it is told to.
type fakeFeed struct {
	src *source
	err error
}

func (f *fakeFeed) next(context.Context, bool) (*source, error) { return f.src, f.err }

// What is wrong is said once, and again when something else is, or when asked.
func TestWatcherSaysItOnce(t *testing.T) {
	var log strings.Builder
	feed, wrong := &fakeFeed{}, error(nil)
	w := &watcher[source]{kind: "document", feed: feed, update: func(*source) error { return wrong }, log: slog.New(slog.NewTextHandler(&log, nil))}
	for i, step := range []struct {
		src       *source
		err, bad  error
		asked     bool
		wantLines string
	}{
		{wantLines: ""},
		{asked: true, wantLines: "same as before"},
		{err: errors.New("down"), wantLines: "error=down"},
		{err: errors.New("down"), wantLines: ""},
		{wantLines: ""},
		{asked: true, wantLines: "error=down"},
		{err: errors.New("down"), asked: true, wantLines: "error=down"},
		{src: &source{}, bad: errors.New("empty"), wantLines: "error=empty"},
		{src: &source{}, bad: errors.New("empty"), wantLines: ""},
		{src: &source{}, wantLines: "good again"},
		{src: &source{}, wantLines: ""},
	} {
		log.Reset()
		feed.src, feed.err, wrong = step.src, step.err, step.bad
		w.look(t.Context(), step.asked)
		if got := log.String(); step.wantLines == "" && got != "" || !strings.Contains(got, step.wantLines) || strings.Count(got, "\n") > 1 {
			t.Errorf("step %d: log %q, want %q", i, got, step.wantLines)
		}
	}
}

func TestWatchInterval(t *testing.T) {
	for _, tt := range []struct{ value, err string }{
		{"0", ""}, {"10ms", ""}, {"1ms", "at least 10ms"}, {"-1s", "--watch-interval"}, {"soon", "--watch-interval"},
	} {
		document := filepath.Join(t.TempDir(), "none.yaml")
		var stderr strings.Builder
		run(t.Context(), []string{"serve", "--watch-interval", tt.value, document}, strings.NewReader(""), io.Discard, &stderr, os.LookupEnv)
		if tt.err == "" {
			tt.err = "there is no file"
		}
		if !strings.Contains(stderr.String(), tt.err) {
			t.Errorf("--watch-interval %s: %s, want %s", tt.value, &stderr, tt.err)
		}
	}
}
