package plainhttp

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// newTransport returns a Transport, and the URL of a server that answers with h.
func newTransport(t *testing.T, h http.HandlerFunc) (*Transport, string) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	plain, ok := New(&http.Transport{DialContext: new(net.Dialer).DialContext}, 0).(*Transport)
	if !ok {
		t.Skip("the system has no way to look at idle connections")
	}
	t.Cleanup(plain.CloseIdleConnections)
	return plain, srv.URL
}

func newRequest(t *testing.T, ctx context.Context, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func get(t *testing.T, rt http.RoundTripper, url string) *http.Response {
	t.Helper()
	res, err := rt.RoundTrip(newRequest(t, t.Context(), http.MethodGet, url, ""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// Calls at a time have the responses to their own requests, also when others end in
// the middle of theirs, and no connection is used by two.
func TestConnections(t *testing.T) {
	plain, url := newTransport(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s%s", r.URL.Path, strings.Repeat(".", len(r.URL.Path)*100))
		if strings.Contains(r.URL.Path, "slow") {
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
	})
	var calls sync.WaitGroup
	for worker := range 8 {
		calls.Go(func() {
			for i := range 50 {
				path := fmt.Sprintf("/fast/%d/%d", worker, i)
				if i%5 == worker%5 {
					path = fmt.Sprintf("/slow/%d/%d", worker, i)
				}
				ctx, cancel := context.WithCancel(t.Context())
				res, err := plain.RoundTrip(newRequest(t, ctx, http.MethodGet, url+path, ""))
				if err != nil {
					t.Error(err)
					cancel()
					return
				}
				begin := make([]byte, len(path))
				if _, err := io.ReadFull(res.Body, begin); err != nil || string(begin) != path {
					t.Errorf("the response for %s begins with %q, %v", path, begin, err)
				}
				if strings.Contains(path, "slow") {
					cancel()
					if _, err := io.Copy(io.Discard, res.Body); !errors.Is(err, context.Canceled) {
						t.Errorf("a body that was cut ends with %v", err)
					}
				} else if rest, err := io.ReadAll(res.Body); err != nil || len(rest) != len(path)*100 {
					t.Errorf("the response for %s has %d bytes more, %v", path, len(rest), err)
				}
				cancel()
				res.Body.Close()
				res.Body.Close()
			}
		})
	}
	calls.Wait()
	if n := plain.count; n == 0 || n > 8 {
		t.Errorf("%d connections are kept, want at most one for each call at a time", n)
	}
}

// A body that was closed or read is no way to a connection that others use.
func TestBodyAfterwards(t *testing.T) {
	plain, url := newTransport(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })
	first := get(t, plain, url+"/first")
	read(t, first)
	second := get(t, plain, url+"/second")
	first.Body.Close()
	if n, err := first.Body.Read(make([]byte, 100)); n > 0 || err != io.EOF {
		t.Errorf("%d bytes and %v, want the end", n, err)
	}
	if got := read(t, second); got != "/second" {
		t.Errorf("got %q", got)
	}
	third := get(t, plain, url+"/third")
	third.Body.Close()
	if _, err := third.Body.Read(make([]byte, 100)); !errors.Is(err, http.ErrBodyReadAfterClose) {
		t.Errorf("a closed body is read with %v", err)
	}
	if plain.count != 0 {
		t.Error("a connection is kept of which the response was not read")
	}
}

// A body can be closed by somebody else than who reads it.
func TestCloseWhileRead(t *testing.T) {
	plain, url := newTransport(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/zipped" {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.WriteString(z, "begin")
			_ = z.Flush()
		} else {
			io.WriteString(w, "begin")
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	for range 20 {
		for _, path := range []string{"/plain", "/zipped"} {
			res := get(t, plain, url+path)
			if _, err := io.ReadFull(res.Body, make([]byte, 5)); err != nil {
				t.Fatal(err)
			}
			read := make(chan error)
			go func() {
				_, err := res.Body.Read(make([]byte, 1))
				read <- err
			}()
			res.Body.Close()
			if err := <-read; err == nil {
				t.Error("a body that never ends was read to its end")
			}
		}
	}
	if plain.count != 0 {
		t.Error("a connection is kept of which the response was not read")
	}
}

// Readers of compressed bodies are used again, and not by two at a time.
func TestUnzipped(t *testing.T) {
	plain, url := newTransport(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", r.Header.Get("Accept-Encoding"))
		z := gzip.NewWriter(w)
		io.WriteString(z, r.URL.Path+strings.Repeat(".", 1<<20))
		z.Close()
	})
	for i := range 10 {
		one, other := get(t, plain, url+"/one"), get(t, plain, url+"/other")
		if _, err := one.Body.Read(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			one.Body.Close()
			one.Body.Close()
		}
		if got := read(t, other); len(got) != 1<<20+6 || !strings.HasPrefix(got, "/other.") || !other.Uncompressed {
			t.Fatalf("got %d bytes, %.20s", len(got), got)
		}
	}
}

// A request is as it was, also one that is sent twice.
func TestRequestUnchanged(t *testing.T) {
	sent := make(chan string, 10)
	plain, url := newTransport(t, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		sent <- string(text)
		if strings.HasSuffix(r.URL.Path, "gone") && r.Header.Get("Gone") == "" {
			panic(http.ErrAbortHandler)
		}
	})
	get(t, plain, url+"/first")
	<-sent
	r := newRequest(t, t.Context(), http.MethodPut, url+"/gone", "content")
	r.Header.Set("Idempotency-Key", "1")
	before := r.Header.Clone()
	if res, err := plain.RoundTrip(r); err == nil {
		t.Errorf("status %d", res.StatusCode)
	}
	if len(sent) != 2 || <-sent != "content" || <-sent != "content" {
		t.Error("the request was not sent twice")
	}
	if !maps.EqualFunc(before, r.Header, slices.Equal) {
		t.Errorf("the header is %v, was %v", r.Header, before)
	}
}

// Connections that nobody has used for long, or that are old, are closed, and others
// are not.
func TestPrune(t *testing.T) {
	all := make(chan struct{})
	plain, url := newTransport(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/last" {
			close(all)
		}
		<-all
	})
	began := make(chan struct{})
	var calls sync.WaitGroup
	for _, path := range []string{"/a", "/b"} {
		calls.Go(func() { began <- struct{}{}; get(t, plain, url+path) })
	}
	<-began
	<-began
	get(t, plain, url+"/last")
	calls.Wait()
	host := strings.TrimPrefix(url, "http://")
	kept := slices.Clone(plain.idle[host])
	if len(kept) == 0 || plain.timer == nil {
		t.Fatalf("%d connections are kept, with the timer %v", len(kept), plain.timer)
	}
	kept[0].since = time.Now().Add(-idleTime)
	plain.prune()
	if plain.count != len(kept)-1 || (plain.timer == nil) != (len(kept) == 1) {
		t.Errorf("%d of %d connections are left, with the timer %v", plain.count, len(kept), plain.timer)
	}
	if kept[0].probe.quiet() {
		t.Error("the old connection is open")
	}
	plain.CloseIdleConnections()
	if plain.count != 0 || plain.timer != nil || len(plain.idle) != 0 {
		t.Errorf("%d connections are left, with the timer %v", plain.count, plain.timer)
	}
	get(t, plain, url+"/c")
	plain.idle[host][0].born = time.Now().Add(-time.Hour)
	if get(t, plain, url+"/d"); plain.count != 1 {
		t.Error("a connection that may have any age is not kept")
	}
	plain.Age = time.Hour - time.Minute
	if get(t, plain, url+"/e"); plain.count != 0 {
		t.Error("a connection is kept for ever")
	}
}

// A connection that is in use when all are to be closed is closed when it is not.
func TestCloseLater(t *testing.T) {
	plain, url := newTransport(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "some") })
	clone := plain.Clone().(*Transport)
	for _, later := range []*Transport{plain, clone} {
		res := get(t, later, url)
		later.CloseIdleConnections()
		if read(t, res); later.count != 0 {
			t.Error("a connection is kept")
		}
		if read(t, get(t, later, url)); later.count != 1 {
			t.Error("no connection is kept any more")
		}
	}
	clone.CloseIdleConnections()
	if clone.count != 0 || plain.count != 1 {
		t.Errorf("%d and %d connections are kept, want none of the one and one of the other", clone.count, plain.count)
	}
}

// What is not small and plain is for net/http.
func TestTakes(t *testing.T) {
	plain := &Transport{Next: &http.Transport{Proxy: func(r *http.Request) (*url.URL, error) {
		if r.URL.Host == "proxied.example" {
			return &url.URL{Scheme: "http", Host: "proxy.example"}, nil
		}
		return nil, nil
	}}}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = []string{value} }
	}
	tests := []struct {
		name string
		edit func(r *http.Request)
		want bool
	}{
		{"a GET", func(*http.Request) {}, true},
		{"a header", header("Authorization", "Bearer a b,c=="), true},
		{"a small body", func(r *http.Request) { setBody(r, maxBody) }, true},
		{"a large body", func(r *http.Request) { setBody(r, maxBody+1) }, false},
		{"a body of unknown length", func(r *http.Request) { setBody(r, 1); r.ContentLength = -1 }, false},
		{"a body that is not in memory", func(r *http.Request) { setBody(r, 1); r.GetBody = nil }, false},
		{"TLS", func(r *http.Request) { r.URL.Scheme = "https" }, false},
		{"no host", func(r *http.Request) { r.URL.Host = "" }, false},
		{"a host with more", func(r *http.Request) { r.URL.Host = "api.example/x" }, false},
		{"a host that is not ASCII", func(r *http.Request) { r.URL.Host = "bücher.example" }, false},
		{"a Host that is not ASCII", func(r *http.Request) { r.Host = "bücher.example" }, false},
		{"a host with a zone", func(r *http.Request) { r.URL.Host = "[fe80::1%25eth0]" }, false},
		{"a query with a space", func(r *http.Request) { r.URL.RawQuery = "a b" }, false},
		{"a query with a line break", func(r *http.Request) { r.URL.RawQuery = "a\r\nX: y" }, false},
		{"a path without a slash", func(r *http.Request) { r.URL.Path = "*" }, false},
		{"a password", func(r *http.Request) { r.URL.User = url.UserPassword("a", "b") }, false},
		{"an opaque URL", func(r *http.Request) { r.URL.Opaque = "//api.example/x" }, false},
		{"a proxy", func(r *http.Request) { r.URL.Host = "proxied.example" }, false},
		{"a method with more", func(r *http.Request) { r.Method = "GET /x" }, false},
		{"CONNECT", func(r *http.Request) { r.Method = http.MethodConnect }, false},
		{"a trace", func(r *http.Request) {
			*r = *r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{}))
		}, false},
		{"an upgrade", header("Upgrade", "websocket"), false},
		{"a header with a line break", header("X", "a\r\nY: b"), false},
		{"a header that is not ASCII", header("X", "ü"), false},
		{"a header with a bad name", header("X: Y", "a"), false},
		{"a header without a name", header("", "a"), false},
		{"trailers", func(r *http.Request) { r.Trailer = http.Header{"X": nil} }, false},
		{"a transfer encoding", func(r *http.Request) { r.TransferEncoding = []string{"chunked"} }, false},
		{"the last request", func(r *http.Request) { r.Close = true }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRequest(t, t.Context(), http.MethodGet, "http://api.example/orders", "")
			tt.edit(r)
			if got := plain.takes(r); got != tt.want {
				t.Errorf("taken: %t, want %t", got, tt.want)
			}
		})
	}
	dial := new(net.Dialer).DialContext
	for _, next := range []*http.Transport{
		{}, {DialContext: dial, Protocols: new(http.Protocols)}, {DialContext: dial, DisableKeepAlives: true}, {DialContext: dial, DisableCompression: true},
		{DialContext: dial, MaxConnsPerHost: 1}, {DialContext: dial, ResponseHeaderTimeout: 1},
	} {
		if got := New(next, time.Hour); got != http.RoundTripper(next) {
			t.Errorf("%T in front of a transport with settings of its own", got)
		}
	}
}

func setBody(r *http.Request, n int) {
	text := strings.Repeat("x", n)
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	r.Body, _ = r.GetBody()
	r.ContentLength = int64(n)
}
