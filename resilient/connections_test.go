package resilient

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// named returns a server that answers with its name, how many connections it got, and
// what has an element for each that is closed.
func named(t *testing.T, name string) (*httptest.Server, *atomic.Int64, <-chan struct{}) {
	connections, closed := new(atomic.Int64), make(chan struct{}, 100)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, name+" "+r.Proto)
	}))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			connections.Add(1)
		case http.StateClosed:
			closed <- struct{}{}
		}
	}
	srv.EnableHTTP2 = true
	t.Cleanup(srv.Close)
	return srv, connections, closed
}

// moving returns a transport whose dialer leads every name to the address of the
// moment.
func moving(address *atomic.Value) *http.Transport {
	return &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		IdleConnTimeout:   time.Minute,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address.Load().(string))
		},
	}
}

// get returns what is at a URL.
func get(t *testing.T, rt http.RoundTripper, method, url string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := rt.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return string(data), err
}

// A name moves to another server while the first one goes on serving: connections
// that are old enough are not used any more, of HTTP/1.1 and of HTTP/2.
func TestConnectionAge(t *testing.T) {
	for _, tt := range []struct{ scheme, proto string }{{"http", "HTTP/1.1"}, {"https", "HTTP/2.0"}} {
		old, oldConnections, oldClosed := named(t, "old")
		young, _, _ := named(t, "young")
		if tt.scheme == "https" {
			old.StartTLS()
			young.StartTLS()
		} else {
			old.Start()
			young.Start()
		}
		var address atomic.Value
		address.Store(old.Listener.Addr().String())
		kept := &Transport{Next: moving(&address), Logger: quiet()}
		renewed := &Transport{Next: moving(&address), ConnectionAge: time.Nanosecond, Logger: quiet()}
		check := func(rt *Transport, want string) {
			t.Helper()
			got, err := get(t, rt, "GET", tt.scheme+"://api.example.com/")
			if err != nil || got != want+" "+tt.proto {
				t.Errorf("got %q, error %v, want %s %s", got, err, want, tt.proto)
			}
		}
		for range 3 {
			check(kept, "old")
		}
		if n := oldConnections.Load(); n != 1 {
			t.Errorf("three requests took %d connections", n)
		}
		check(renewed, "old")
		address.Store(young.Listener.Addr().String())
		check(kept, "old")
		check(renewed, "young")

		select { // what is not used any more is closed
		case <-oldClosed:
		case <-time.After(10 * time.Second):
			t.Error("the connection to the first server stays open")
		}

		// When the breaker opens, the next request looks again as well.
		kept.stale.Store(true)
		check(kept, "young")
	}
}

// The first transport is the user's own, and is used as it is.
func TestOwnTransport(t *testing.T) {
	srv, connections, _ := named(t, "one")
	srv.Start()
	own := &http.Transport{}
	rt := &Transport{Next: own, ConnectionAge: -1}
	if _, err := get(t, rt, "GET", srv.URL); err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, own, "GET", srv.URL); err != nil || connections.Load() != 1 {
		t.Errorf("%d connections, error %v", connections.Load(), err)
	}
	rt.CloseIdleConnections()
	if _, err := get(t, rt, "GET", srv.URL); err != nil || connections.Load() != 2 {
		t.Errorf("%d connections after they were closed, error %v", connections.Load(), err)
	}
	shared := &Transport{}
	if _, err := get(t, shared, "GET", srv.URL); err != nil || shared.pool.current == http.DefaultTransport {
		t.Errorf("connections are shared with the rest of the program; error %v", err)
	}
}

// An API that opens its breaker is looked for anew.
func TestBreakerRenews(t *testing.T) {
	srv, _, _ := named(t, "there")
	srv.Start()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { // takes a request and hangs up
		for {
			conn, err := gone.Accept()
			if err != nil {
				return
			}
			_, _ = http.ReadRequest(bufio.NewReader(conn))
			conn.Close()
		}
	}()
	defer gone.Close()
	var address atomic.Value
	address.Store(gone.Addr().String())
	rt := &Transport{Next: moving(&address), Failures: 1, Retries: -1, Pause: time.Nanosecond, ConnectionAge: -1, Logger: quiet()}
	first := rt.next(time.Now())
	if _, err := get(t, rt, "GET", "http://api.example.com"); !errors.Is(err, io.EOF) {
		t.Errorf("the error is %v", err)
	}
	if rt.next(time.Now()) == first {
		t.Error("connections are kept")
	}
}

// A server that ends with requests on its way: HTTP/1.1 connections close, HTTP/2 sends
// GOAWAY. What was answered is answered, and the next requests go to its successor, those
// that change something included.
func TestDraining(t *testing.T) {
	for _, scheme := range []string{"http", "https"} {
		arrived, release := make(chan struct{}), make(chan struct{})
		old := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				arrived <- struct{}{}
				<-release
			}
			io.WriteString(w, "old")
		}))
		young, _, _ := named(t, "young")
		old.EnableHTTP2 = true
		if scheme == "https" {
			old.StartTLS()
			young.StartTLS()
		} else {
			old.Start()
			young.Start()
		}
		var address atomic.Value
		address.Store(old.Listener.Addr().String())
		rt := &Transport{Next: moving(&address), Logger: quiet()}
		if got, err := get(t, rt, "POST", scheme+"://api.example.com/"); got != "old" {
			t.Fatal(got, err)
		}
		slow := make(chan string)
		go func() {
			got, err := get(t, rt, "POST", scheme+"://api.example.com/slow")
			if err != nil {
				got = err.Error()
			}
			slow <- got
		}()
		<-arrived
		address.Store(young.Listener.Addr().String())
		ended := make(chan error)
		go func() { ended <- old.Config.Shutdown(context.Background()) }()
		for { // until the server has said that it ends
			conn, err := net.Dial("tcp", old.Listener.Addr().String())
			if err != nil {
				break
			}
			conn.Close()
		}
		close(release)
		if got := <-slow; got != "old" {
			t.Errorf("%s: what was under way got %s", scheme, got)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for range 3 {
			if got, err := get(t, rt, "POST", scheme+"://api.example.com/"); !strings.HasPrefix(got, "young") {
				t.Errorf("%s: after the end got %q, error %v", scheme, got, err)
			}
		}
		old.Close()
	}
}

// A server that resets a connection which is used again, after it has read the
// request: what only reads is sent again, and nothing else.
func TestResetOfReusedConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	requests := new(atomic.Int64)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answerOnce(conn, requests)
		}
	}()
	for method, want := range map[string]int64{"GET": 3, "POST": 2} {
		requests.Store(0)
		rt := &Transport{Logger: quiet()}
		if got, err := get(t, rt, method, "http://"+listener.Addr().String()); got != "ok" {
			t.Fatal(got, err)
		}
		got, err := get(t, rt, method, "http://"+listener.Addr().String())
		if (err == nil) != (method == "GET") || requests.Load() != want {
			t.Errorf("%s: got %q, error %v, %d requests", method, got, err, requests.Load())
		}
	}
}

// answerOnce answers the first request of a connection, and resets the connection
// at the second.
func answerOnce(conn net.Conn, requests *atomic.Int64) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for range 2 {
		r, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		if requests.Add(1) == 2 {
			_ = conn.(*net.TCPConn).SetLinger(0)
			return
		}
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	}
}

// A transport that wraps another one may know how to renew it.
func TestClone(t *testing.T) {
	var address atomic.Value
	rt := &Transport{Next: wrapper{moving(&address)}, ConnectionAge: time.Nanosecond}
	for _, name := range []string{"old", "young"} {
		srv, _, _ := named(t, name)
		srv.Start()
		address.Store(srv.Listener.Addr().String())
		if got, err := get(t, rt, "GET", "http://api.example.com"); err != nil || got != name+" HTTP/1.1" {
			t.Errorf("got %q, error %v, want %s", got, err, name)
		}
	}
}

type wrapper struct{ next *http.Transport }

func (w wrapper) RoundTrip(r *http.Request) (*http.Response, error) { return w.next.RoundTrip(r) }
func (w wrapper) Clone() http.RoundTripper                          { return wrapper{w.next.Clone()} }

// What is sent again does not wait for the connection of the response that it is sent
// again for; a response that is too large to be kept for that is the one that counts.
func TestRetryOverOneConnection(t *testing.T) {
	for size, want := range map[int]int64{0: 3, 100: 3, mostKept: 3, mostKept + 1: 1, 10 * mostKept: 1} {
		requests := new(atomic.Int64)
		page := strings.Repeat("x", size)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, page)
		}))
		next := &http.Transport{MaxConnsPerHost: 1}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		r, _ := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
		rt := &Transport{Next: next, MaxRequests: 1, Logger: quiet()}
		res, err := rt.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(data) != page || requests.Load() != want {
			t.Errorf("%d of %d bytes, error %v, %d requests, want %d", len(data), size, err, requests.Load(), want)
		}
		if n := len(rt.host(r.URL.Host).places); n != 0 {
			t.Errorf("%d places are taken", n)
		}
		cancel()
		next.CloseIdleConnections()
		srv.Close()
	}
}
