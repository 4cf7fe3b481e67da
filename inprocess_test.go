package mcpmount

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// newCall returns a request as it is built for path, escaped, below /v1.
func newCall(t testing.TB, ctx context.Context, method, path, body string) *http.Request {
	t.Helper()
	bare, _, _ := strings.Cut(path, "?")
	ctx = withTarget(ctx, &target{basePath: "/v1", path: bare})
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://localhost/v1"+path, content)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", "mcpmount")
	return r
}

// newCaller returns an MCP request with every header that may or may not be
// copied.
func newCaller() *http.Request {
	r := httptest.NewRequest("POST", "https://api.example.com/mcp", nil)
	r.RemoteAddr = "203.0.113.7:5555"
	r.TLS = &tls.ConnectionState{ServerName: "api.example.com"}
	for _, name := range []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Baggage", "Connection", "Content-Length",
		"Content-Type", "Cookie", "Forwarded", "Host", "Keep-Alive", "Last-Event-Id", "Mcp-Protocol-Version",
		"Mcp-Session-Id", "Origin", "Proxy-Authorization", "Referer", "Sec-Fetch-Site", "Te", "Tracestate",
		"Transfer-Encoding", "Upgrade", "User-Agent", "X-Api-Key", "X-Forwarded-For", "X-Forwarded-Host",
		"X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Proto", "X-Http-Method-Override", "X-Original-Url",
		"X-Real-Ip", "X-Request-Id",
	} {
		r.Header.Set(name, "caller's "+name)
	}
	r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	return r
}

// A seenRequest is all that a handler can see of a request.
type seenRequest struct {
	Method, RequestURI, Path, RawPath, RawQuery, Origin string
	Proto, Host, RemoteAddr, ServerName, Body           string
	Length                                              int64
	Encoding                                            []string
	Header                                              http.Header
}

func see(r *http.Request) seenRequest {
	body, _ := io.ReadAll(r.Body)
	s := seenRequest{
		Method: r.Method, RequestURI: r.RequestURI, Path: r.URL.Path, RawPath: r.URL.RawPath,
		RawQuery: r.URL.RawQuery, Origin: r.URL.Scheme + r.URL.Host, Proto: r.Proto, Host: r.Host,
		RemoteAddr: r.RemoteAddr, Body: string(body), Length: r.ContentLength, Encoding: r.TransferEncoding,
		Header: r.Header.Clone(),
	}
	if r.TLS != nil {
		s.ServerName = r.TLS.ServerName
	}
	return s
}

func TestInProcessRequest(t *testing.T) {
	onStdio := withCaller(t.Context(), caller{local: true})
	called := withCaller(t.Context(), caller{request: newCaller()})
	own := newCall(t, called, "GET", "/orders", "")
	own.Header.Set("Authorization", "own")
	unknownLength := newCall(t, t.Context(), "PUT", "/orders", "")
	unknownLength.Body = io.NopCloser(strings.NewReader("content"))
	tests := []struct {
		name string
		r    *http.Request
		want seenRequest
	}{
		{
			name: "of a caller",
			r:    newCall(t, called, "GET", "/orders/a%2Fb?x=1&y=%20", ""),
			want: seenRequest{
				Method: "GET", RequestURI: "/v1/orders/a%2Fb?x=1&y=%20", Path: "/v1/orders/a/b",
				RawPath: "/v1/orders/a%2Fb", RawQuery: "x=1&y=%20", Proto: "HTTP/1.1", Host: "api.example.com",
				RemoteAddr: "203.0.113.7:5555", ServerName: "api.example.com",
				Header: http.Header{
					"Accept-Encoding":    {"identity"},
					"Accept-Language":    {"caller's Accept-Language"},
					"Authorization":      {"caller's Authorization"},
					"Forwarded":          {"caller's Forwarded"},
					"Traceparent":        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
					"Tracestate":         {"caller's Tracestate"},
					"User-Agent":         {"mcpmount"},
					"X-Forwarded-For":    {"caller's X-Forwarded-For"},
					"X-Forwarded-Host":   {"caller's X-Forwarded-Host"},
					"X-Forwarded-Port":   {"caller's X-Forwarded-Port"},
					"X-Forwarded-Prefix": {"caller's X-Forwarded-Prefix"},
					"X-Forwarded-Proto":  {"caller's X-Forwarded-Proto"},
					"X-Real-Ip":          {"caller's X-Real-Ip"},
					"X-Request-Id":       {"caller's X-Request-Id"},
				},
			},
		},
		{
			name: "on stdio, with a body",
			r:    newCall(t, onStdio, "POST", "/orders", `{"a":1}`),
			want: seenRequest{
				Method: "POST", RequestURI: "/v1/orders", Path: "/v1/orders", Proto: "HTTP/1.1",
				Host: "localhost", RemoteAddr: "127.0.0.1:0", Body: `{"a":1}`, Length: 7,
				Header: http.Header{
					"Accept-Encoding": {"identity"}, "Content-Length": {"7"}, "User-Agent": {"mcpmount"},
				},
			},
		},
		{
			name: "of nobody, with a body of unknown length",
			r:    unknownLength,
			want: seenRequest{
				Method: "PUT", RequestURI: "/v1/orders", Path: "/v1/orders", Proto: "HTTP/1.1",
				Host: "localhost", RemoteAddr: "0.0.0.0:0", Body: "content", Length: -1, Encoding: []string{"chunked"},
				Header: http.Header{"Accept-Encoding": {"identity"}, "User-Agent": {"mcpmount"}},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got seenRequest
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = see(r) })
			mustRoundTrip(t, InProcess(h), tt.r)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("the handler saw another request (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("with a header of its own", func(t *testing.T) {
		var got []string
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header["Authorization"] })
		mustRoundTrip(t, InProcess(h), own)
		if want := []string{"own"}; !cmp.Equal(got, want) {
			t.Errorf("Authorization = %q, want %q", got, want)
		}
	})
}

func TestInProcessWithoutAHandler(t *testing.T) {
	if _, err := New(&Document{}, InProcess(nil), nil); err == nil {
		t.Error("New takes a transport without a handler")
	}
}

// The context of a call may descend from the request that opened the session:
// what is said about the connection must be about the current one.
func TestInProcessContext(t *testing.T) {
	type key struct{}
	opener, current := &http.Server{Addr: "opener"}, &http.Server{Addr: "current"}
	addr := &net.TCPAddr{Port: 1234}
	request := newCaller()
	ctx := context.WithValue(request.Context(), http.ServerContextKey, current)
	request = request.WithContext(context.WithValue(ctx, http.LocalAddrContextKey, addr))
	ctx = context.WithValue(t.Context(), http.ServerContextKey, opener)
	ctx = withCaller(context.WithValue(ctx, key{}, "value"), caller{request: request})

	var inner context.Context
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner = r.Context()
		if err := inner.Err(); err != nil {
			t.Errorf("the context ended before the handler: %v", err)
		}
	})
	mustRoundTrip(t, InProcess(h), newCall(t, ctx, "GET", "/", ""))
	if got := inner.Value(http.ServerContextKey); got != current {
		t.Errorf("server = %v, want that of the current request", got)
	}
	if got := inner.Value(http.LocalAddrContextKey); got != addr {
		t.Errorf("local address = %v, want %v", got, addr)
	}
	if got := inner.Value(key{}); got != "value" {
		t.Errorf("value = %v, want that of the call", got)
	}
	if inner.Err() == nil {
		t.Error("the context goes on after the handler returned")
	}
}

func mustRoundTrip(t testing.TB, rt http.RoundTripper, r *http.Request) *http.Response {
	t.Helper()
	res, err := rt.RoundTrip(r)
	if err != nil {
		t.Fatalf("RoundTrip: %v", err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func mustRead(t testing.TB, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("read the body: %v", err)
	}
	return string(body)
}

// answers are handlers whose responses must be the same in process and over the
// network.
var answers = map[string]http.HandlerFunc{
	"nothing": func(w http.ResponseWriter, r *http.Request) {},
	"implicit status": func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello")
	},
	"a string": func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "<!DOCTYPE html><p>hello")
	},
	"the first status wins": func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(201)
		w.WriteHeader(500)
		io.WriteString(w, `{"a":1}`)
	},
	"early hints": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(103)
		w.WriteHeader(100)
		w.WriteHeader(202)
	},
	"headers after the status": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(200)
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("X-Late", "yes")
		io.WriteString(w, `{}`)
	},
	"headers changed in place": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{}`)
		w.Header()["Content-Type"][0] = "text/plain"
	},
	"no type wanted": func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = nil
		io.WriteString(w, "hello")
	},
	"encoded content is not sniffed": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		io.WriteString(w, "hello")
	},
	"no content": func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(204)
		if _, err := io.WriteString(w, "x"); !errors.Is(err, http.ErrBodyNotAllowed) {
			panic(err)
		}
	},
	"not modified": func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(304)
	},
	"a declared length": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5")
		io.WriteString(w, "hel")
		io.WriteString(w, "lo")
	},
	"more than the declared length": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5")
		io.WriteString(w, "hello")
		if _, err := io.WriteString(w, "!"); !errors.Is(err, http.ErrContentLength) {
			panic(err)
		}
	},
	"less than the declared length": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5")
		io.WriteString(w, "hel")
	},
	"flushed before it is written": func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		io.WriteString(w, "hello")
	},
	"flushed often": func(w http.ResponseWriter, r *http.Request) {
		for range 10 {
			io.WriteString(w, "hello")
			w.(http.Flusher).Flush()
		}
	},
	"long": func(w http.ResponseWriter, r *http.Request) {
		for i := range 5000 {
			fmt.Fprintf(w, "%d: the quick brown fox jumps over the lazy dog\n", i)
		}
	},
	"long in one write": func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("0123456789", 50_000))
	},
	"echo": func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %q", r.Method, r.RequestURI, see(r).Body)
	},
}

func TestInProcessLikeServer(t *testing.T) {
	for name, h := range answers {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			t.Run(name+"/"+method, func(t *testing.T) {
				srv := httptest.NewUnstartedServer(h)
				srv.Config.ErrorLog = log.New(io.Discard, "", 0)
				srv.Start()
				defer srv.Close()
				network, err := Upstream(srv.URL, &http.Transport{DisableCompression: true, DisableKeepAlives: true})
				if err != nil {
					t.Fatal(err)
				}
				want := answerOf(t, network, method)
				got := answerOf(t, InProcess(h), method)
				if got.Length < 0 {
					want.Length = -1 // the buffer of net/http has another size
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("in process another response than over the network (-network +in process):\n%s", diff)
				}
			})
		}
	}
}

type seenResponse struct {
	Status, Body, Err string
	Length            int64
	Header            http.Header
}

func answerOf(t *testing.T, rt http.RoundTripper, method string) seenResponse {
	t.Helper()
	body := ""
	if method == "POST" {
		body = "content"
	}
	res := mustRoundTrip(t, rt, newCall(t, t.Context(), method, "/orders?x=1", body))
	content, err := io.ReadAll(res.Body)
	s := seenResponse{Status: res.Status, Body: string(content), Length: res.ContentLength, Header: res.Header.Clone()}
	if err != nil {
		s.Err = err.Error()
	}
	for name, values := range s.Header {
		if len(values) == 0 || name == "Date" || name == "Content-Length" || name == "Connection" {
			delete(s.Header, name) // not sent, or a matter of the connection
		}
	}
	return s
}

type closeRecorder struct {
	io.Reader
	closed chan bool
}

func (c *closeRecorder) Close() error {
	close(c.closed)
	return nil
}

func TestTransportsRefuse(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	change := func(f func(r *http.Request)) *http.Request {
		r := newCall(t, t.Context(), "POST", "/orders/17", "")
		f(r)
		return r
	}
	byHand := httptest.NewRequestWithContext(t.Context(), "POST", "http://localhost/a/../b", nil)
	tests := []struct {
		name string
		r    *http.Request
		want string
	}{
		{"another host", change(func(r *http.Request) { r.URL.Host = "evil.example" }), "origin"},
		{"another scheme", change(func(r *http.Request) { r.URL.Scheme = "https" }), "origin"},
		{"a user", change(func(r *http.Request) { r.URL.User = url.User("me") }), "origin"},
		{"another path", change(func(r *http.Request) { r.URL.Path = "/v1/admin" }), "path"},
		{"another base path", change(func(r *http.Request) { r.URL.Path = "/orders/17" }), "path"},
		{"another escaping", change(func(r *http.Request) { r.URL.RawPath = "/v1/orders%2F17"; r.URL.Path = "/v1/orders/17" }), "path"},
		{"an opaque URL", change(func(r *http.Request) { r.URL.Opaque = "//evil.example/v1/orders/17" }), "origin"},
		{"a dot segment", newCall(t, t.Context(), "POST", "/orders/..", ""), "dot segment"},
		{"an escaped dot segment", newCall(t, t.Context(), "POST", "/orders/%2e%2E/admin", ""), "dot segment"},
		{"a dot segment behind an escaped slash", newCall(t, t.Context(), "POST", "/orders/x%2F..%2Fadmin", ""), "dot segment"},
		{"a dot segment behind a backslash", newCall(t, t.Context(), "POST", `/orders/x%5C..%5Cadmin`, ""), "dot segment"},
		{"a single dot", newCall(t, t.Context(), "POST", "/./orders", ""), "dot segment"},
		{"a line break in a header", change(func(r *http.Request) { r.Header.Set("X-A", "a\r\nX-B: b") }), "line break"},
		{"a line break in the name of a header", change(func(r *http.Request) { r.Header["X-A: a\r\nX-B"] = []string{"b"} }), "line break"},
		{"a zero byte in a header", change(func(r *http.Request) { r.Header.Set("X-A", "a\x00") }), "zero byte"},
		{"the end of the context", newCall(t, ended, "POST", "/orders", ""), "canceled"},
		{"a dot segment by hand", byHand, "dot segment"},
	}
	for _, tt := range tests {
		sent := false
		api := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sent = true })
		network, err := Upstream("https://api.example.com", InProcess(api))
		if err != nil {
			t.Fatal(err)
		}
		for name, rt := range map[string]http.RoundTripper{"in process": InProcess(api), "upstream": network} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				body := &closeRecorder{strings.NewReader("content"), make(chan bool)}
				r := tt.r.WithContext(tt.r.Context())
				r.Body = body
				_, err := rt.RoundTrip(r)
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("RoundTrip = %v, want an error about %q", err, tt.want)
				}
				if sent {
					t.Error("the request was sent")
				}
				<-body.closed
			})
		}
	}
}

func TestInProcessByHand(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Host, r.RequestURI, " ", r.RemoteAddr)
	})
	ctx := withCaller(t.Context(), caller{request: newCaller()})
	r, err := http.NewRequestWithContext(ctx, "GET", "http://tenant.example/a/b?c=d", nil)
	if err != nil {
		t.Fatal(err)
	}
	res := mustRoundTrip(t, InProcess(h), r)
	if got, want := mustRead(t, res), "tenant.example/a/b?c=d 203.0.113.7:5555"; got != want {
		t.Errorf("the handler saw %q, want %q", got, want)
	}
}

func TestInProcessClosesRequestBody(t *testing.T) {
	body := &closeRecorder{strings.NewReader("content"), make(chan bool)}
	r := newCall(t, t.Context(), "POST", "/", "")
	r.Body = body
	mustRoundTrip(t, InProcess(answers["nothing"]), r)
	<-body.closed
}

func TestInProcessConcurrently(t *testing.T) {
	rt := InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range 3 {
			io.WriteString(w, r.RequestURI)
			w.(http.Flusher).Flush()
		}
	}))
	ctx := withCaller(t.Context(), caller{request: newCaller()})
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			path := fmt.Sprintf("/orders/%d", i)
			res, err := rt.RoundTrip(newCall(t, ctx, "GET", path, ""))
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			if got, want := mustRead(t, res), strings.Repeat("/v1"+path, 3); got != want {
				t.Errorf("body = %q, want %q", got, want)
			}
		})
	}
	wg.Wait()
}

const smallJSON = `{"id":17,"name":"a thing","price":12.5,"tags":["a","b"],` +
	`"nested":{"x":1,"y":[1,2,3]},"description":"some text to make it 135 bytes"}`

func BenchmarkInProcess(b *testing.B) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, smallJSON)
	})
	rt := InProcess(mux)
	request := httptest.NewRequest("POST", "/mcp", nil)
	request.Header.Set("Authorization", "Bearer token")
	r := newCall(b, withCaller(b.Context(), caller{request: request}), "GET", "/orders/17?a=b", "")
	p := make([]byte, 512)
	b.ReportAllocs()
	for b.Loop() {
		res, err := rt.RoundTrip(r)
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = res.Body.Read(p)
		}
		res.Body.Close()
	}
}
