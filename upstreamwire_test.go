package mcpmount_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcpmount/mcpmount"
)

const thingSpec = `
openapi: 3.1.0
info: {title: Things, version: "1"}
paths:
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: getThing, responses: {"200": {description: a thing}}}
    head: {operationId: probeThing, responses: {"200": {description: there is one}}}
    put:
      operationId: putThing
      requestBody: {content: {text/plain: {schema: {type: string}}}}
      responses: {"200": {description: changed}}
`

// A rawAnswer is what an API says to a request, as it is on the wire.
type rawAnswer struct {
	raw   string
	close bool
}

// A rawAPI answers one request after the other, on whatever connection it comes.
type rawAPI struct {
	url     string
	answers []rawAnswer

	mu       sync.Mutex
	requests []string // "METHOD path headers body"
	conns    int
}

func newRawAPI(t *testing.T, answers []rawAnswer) *rawAPI {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &rawAPI{url: "http://" + l.Addr().String(), answers: answers}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			a.mu.Lock()
			a.conns++
			a.mu.Unlock()
			go a.serve(c)
		}
	}()
	return a
}

func (a *rawAPI) serve(c net.Conn) {
	defer c.Close()
	for in := bufio.NewReader(c); ; {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, _ := io.ReadAll(r.Body)
		r.Host = "" // has a port of its own each time
		var header strings.Builder
		_ = r.Header.Write(&header)
		a.mu.Lock()
		answer := a.answers[min(len(a.requests), len(a.answers)-1)]
		a.requests = append(a.requests, r.Method+" "+r.RequestURI+" "+header.String()+string(body))
		a.mu.Unlock()
		if _, err := io.WriteString(c, answer.raw); err != nil || answer.close {
			return
		}
	}
}

// seen returns the requests, and how many connections there were.
func (a *rawAPI) seen() ([]string, int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.requests, a.conns
}

// callThing returns the answer to a call of a tool for a thing.
func callThing(srv http.Handler, tool, id, more string) string {
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":{"id":"` + id + `"` + more + `}}}`
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/mcp", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, r)
	return w.Body.String()
}

// Whatever an API says, a call has the result that it has through a transport of
// net/http, and the API gets the same requests.
func TestUpstreamWire(t *testing.T) {
	const (
		head    = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
		first   = head + "Content-Length: 5\r\n\r\nfirst"
		second  = head + "Content-Length: 6\r\n\r\nsecond"
		zipped  = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x2a\xc9\xc8\xcc\x4b\x57\x28\xc9\x48\x2d\x4a\x05\x04\x00\x00\xff\xff\x2f\x66\xe3\xe3\x0b\x00\x00\x00"
		broken  = head + "Content-Length: 40\r\n\r\nbeginning"
		interim = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
	)
	get, put, probe := "getThing", "putThing", "probeThing"
	ok := func(raw ...string) (all []rawAnswer) {
		for _, s := range raw {
			all = append(all, rawAnswer{raw: s})
		}
		return all
	}
	for _, tt := range []struct {
		name    string
		tools   []string
		answers []rawAnswer
		conns   int // 0 for whatever it is
	}{
		{"one connection", []string{get, get, put, get}, ok(first, second), 1},
		{"chunks", []string{get, get}, ok(head+"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\n two\r\n0\r\nX-Trailer: x\r\n\r\n", second), 1},
		{"no length", []string{get, get}, []rawAnswer{{head + "\r\nuntil the end", true}, {second, false}}, 2},
		{"closed", []string{get, get}, []rawAnswer{{head + "Connection: close\r\nContent-Length: 5\r\n\r\nfirst", true}, {second, false}}, 2},
		{"to be closed", []string{get, get}, ok(head+"Connection: close\r\nContent-Length: 5\r\n\r\nfirst", second), 2},
		{"more than is read", []string{get, get}, ok(head+"Content-Length: 100\r\n\r\n"+strings.Repeat("x", 51), second), 2},
		{"HTTP/1.0", []string{get, get}, []rawAnswer{{"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nfirst", true}, {second, false}}, 2},
		{"interim responses", []string{get, get}, ok("HTTP/1.1 100 Continue\r\n\r\n"+interim+first, second), 1},
		{"another protocol", []string{get, get}, []rawAnswer{{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", true}, {second, false}}, 2},
		{"no content", []string{put, get, get}, ok("HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", second), 1},
		{"not modified", []string{get, get}, ok("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", second), 1},
		{"HEAD", []string{probe, get}, ok(head+"Content-Length: 5\r\n\r\n", second), 1},
		{"HEAD with a body", []string{probe, get}, ok(first, second), 2},
		{"an error", []string{get, get}, ok("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"error\":\"never\"}", second), 1},
		{"a redirect", []string{get}, ok("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"), 1},
		{"compressed", []string{get, get}, ok(head+"Content-Encoding: gzip\r\nContent-Length: "+strconv.Itoa(len(zipped))+"\r\n\r\n"+zipped, second), 1},
		{"compressed, broken", []string{get, get}, ok(head+"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n"+zipped[:20], second), 0},
		{"compressed, by another name", []string{get}, ok(head + "Content-Encoding: br\r\nContent-Length: 5\r\n\r\nfirst"), 0},
		{"cut off", []string{get, get}, []rawAnswer{{broken, true}, {second, false}}, 2},
		{"cut off in a chunk", []string{get, get}, []rawAnswer{{head + "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n9\r\nx", true}, {second, false}}, 2},
		{"cut off in the header", []string{get, get}, []rawAnswer{{"HTTP/1.1 200 OK\r\nContent-", true}, {second, false}}, 2},
		{"no answer", []string{get, get}, []rawAnswer{{"", true}, {second, false}}, 2},
		{"no answer on a connection that was idle", []string{get, get}, []rawAnswer{{first, false}, {"", true}, {second, false}}, 2},
		{"no answer on a connection that was idle, to a change", []string{get, put}, []rawAnswer{{first, false}, {"", true}, {second, false}}, 1},
		{"half an answer on a connection that was idle", []string{get, get}, []rawAnswer{{first, false}, {"HTTP/1", true}, {second, false}}, 1},
		{"not HTTP", []string{get}, []rawAnswer{{"SSH-2.0-OpenSSH_9\r\n", true}}, 1},
		{"two lengths", []string{get}, []rawAnswer{{head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nfirst", true}}, 1},
		{"a bad length", []string{get}, []rawAnswer{{head + "Content-Length: -5\r\n\r\nfirst", true}}, 1},
		{"a length and chunks", []string{get, get}, ok(head+"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n", second), 0},
		{"an unknown coding", []string{get}, []rawAnswer{{head + "Transfer-Encoding: rot13\r\n\r\nfirst", true}}, 1},
		{"a bad header", []string{get}, []rawAnswer{{head + "Bad Name\r\n\r\nfirst", true}}, 1},
		{"a header that is too long", []string{get}, []rawAnswer{{head + "X: " + strings.Repeat("x", 2<<20) + "\r\nContent-Length: 5\r\n\r\nfirst", true}}, 1},
		{"interim responses without end", []string{get}, []rawAnswer{{strings.Repeat(interim, 40_000), true}}, 1},
		{"more than was said", []string{get, get}, ok(first+second, second), 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want []string
			var wantRequests []string
			for _, rt := range []http.RoundTripper{&http.Transport{MaxResponseHeaderBytes: 1 << 20}, nil} {
				api := newRawAPI(t, tt.answers)
				transport, err := mcpmount.Upstream(api.url, rt)
				if err != nil {
					t.Fatal(err)
				}
				srv, _ := serveMCP(t, thingSpec, transport, mcpmount.Options{Limits: mcpmount.Limits{MaxResponseBytes: 50}})
				var got []string
				for i, tool := range tt.tools {
					more := ""
					if tool == put && i%2 == 0 {
						more = `,"body":"content"`
					}
					got = append(got, callThing(srv, tool, strconv.Itoa(i), more))
				}
				requests, conns := api.seen()
				if rt != nil {
					want, wantRequests = got, requests
					continue
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("results (-net/http +own):\n%s", diff)
				}
				if diff := cmp.Diff(wantRequests, requests); diff != "" {
					t.Errorf("requests (-net/http +own):\n%s", diff)
				}
				if tt.conns != 0 && conns != tt.conns {
					t.Errorf("%d connections, want %d", conns, tt.conns)
				}
			}
		})
	}
}

// What an API says when nobody has asked is not the answer to the next call.
func TestUpstreamUnasked(t *testing.T) {
	const answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	said := make(chan error)
	more := make(chan bool)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			go func() {
				in := bufio.NewReader(c)
				for {
					if _, err := http.ReadRequest(in); err != nil {
						return
					}
					io.WriteString(c, answer+"right")
					if <-more {
						_, err := io.WriteString(c, answer+"wrong")
						said <- err
					}
				}
			}()
		}
	}()
	transport, err := mcpmount.Upstream("http://"+l.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	srv, _ := serveMCP(t, thingSpec, transport, mcpmount.Options{})
	for i := range 50 {
		if got := callThing(srv, "getThing", "1", ""); !strings.Contains(got, "right") || strings.Contains(got, "wrong") {
			t.Fatalf("call %d: %s", i, got)
		}
		select {
		case more <- true:
		case <-time.After(10 * time.Second):
			t.Fatal("the API was not called")
		}
		if err := <-said; err != nil {
			t.Fatal(err)
		}
	}
}
