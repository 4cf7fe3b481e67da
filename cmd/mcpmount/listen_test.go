package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

func TestListenFlags(t *testing.T) {
	tests := []struct {
		listen string
		anyone bool
		err    string
	}{
		{"", false, ""},
		{"127.0.0.1:0", false, ""},
		{"127.8.8.8:80", false, ""},
		{"[::1]:8080", false, ""},
		{"localhost:8080", false, ""},
		{"0.0.0.0:8080", false, "anyone could call the tools"},
		{"[::]:8080", false, "anyone could call the tools"},
		{":8080", false, "anyone could call the tools"},
		{"192.168.1.5:8080", false, "anyone could call the tools"},
		{"localhost.example.com:8080", false, "anyone could call the tools"},
		{":8080", true, ""},
		{"8080", true, "HOST:PORT"},
		{"localhost", false, "HOST:PORT"},
		{"::1", false, "HOST:PORT"},
	}
	for _, tt := range tests {
		t.Run(tt.listen, func(t *testing.T) {
			f := listenFlags{Listen: tt.listen}
			err := f.check()
			if err == nil {
				err = f.admit(false, false, tt.anyone)
			}
			checkError(t, err, tt.err)
			if tt.listen == "" && f.Listen != defaultListen {
				t.Errorf("Listen = %q, want %q", f.Listen, defaultListen)
			}
		})
	}
}

// Clients that only listen must not hold up the end of a server.
func TestServerEndsWhileClientsListen(t *testing.T) {
	doc, err := mcpmount.ParseOpenAPI([]byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), nil)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	if err := srv.Mount(mux, defaultPath); err != nil {
		t.Fatal(err)
	}
	listener, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	served := make(chan error, 1)
	go func() {
		served <- (&shutdownFlags{ShutdownTimeout: 10 * time.Second}).serve(ctx, listener, mux, srv, slog.New(slog.NewTextHandler(&log, nil)))
	}()
	endpoint := "http://" + listener.Addr().String() + defaultPath

	session, err := newClient().Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: endpoint}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, endpoint+"/sse", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	stream, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	if stream.StatusCode != http.StatusOK {
		t.Fatalf("status of the stream = %d", stream.StatusCode)
	}

	interrupt()
	if err := <-served; err != nil || strings.Contains(log.String(), "cut off") {
		t.Errorf("serve = %v, log %s", err, &log)
	}
	io.Copy(io.Discard, stream.Body) // must come to an end
}

// A client that does not send what it announced is not waited for, whether it may call or not.
// An answer takes as long as it does, and so does a stream.
func TestSlowRequests(t *testing.T) {
	answer := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refused" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if _, err := io.ReadAll(r.Body); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			io.WriteString(w, "the client has left")
		case <-time.After(500 * time.Millisecond):
			io.WriteString(w, "an answer")
		}
	}
	listener, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hs := newHTTPServer(http.HandlerFunc(answer), slog.New(slog.DiscardHandler))
	if hs.ReadTimeout <= 0 || hs.ReadTimeout > time.Minute {
		t.Errorf("a request may take %v", hs.ReadTimeout)
	}
	hs.ReadTimeout = 100 * time.Millisecond
	go hs.Serve(listener)
	t.Cleanup(func() { hs.Close() })
	for _, request := range []string{
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{",
		"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
	} {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, request)
		conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.ReadAll(conn); err != nil {
			t.Errorf("%q: the server still waits: %v", request, err)
		}
		conn.Close()
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPost} {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+listener.Addr().String(), strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if method == http.MethodGet {
			r.Body = http.NoBody
			r.ContentLength = 0
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(res.Body); err != nil || string(body) != "an answer" {
			t.Errorf("%s: %q, %v", method, body, err)
		}
		res.Body.Close()
	}
}

func TestHealth(t *testing.T) {
	doc, err := mcpmount.ParseOpenAPI([]byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), nil)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	handleStatus(mux, []*api{{apiSettings: &apiSettings{name: "x"}, srv: srv, upstream: &upstream{}}})
	ask := func(path string) (int, string) {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	for _, path := range []string{healthPath, readyPath} {
		if code, got := ask(path); code != http.StatusOK || !strings.Contains(got, `"tools":1`) || !strings.Contains(got, `"apis":{"x":{`) || strings.Contains(got, "getX") {
			t.Errorf("%s = %d %s, want counts and no names of tools", path, code, got)
		}
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{healthPath: http.StatusServiceUnavailable, readyPath: http.StatusServiceUnavailable, alivePath: http.StatusOK} {
		if code, got := ask(path); code != want {
			t.Errorf("%s of a server that ends = %d %s, want %d", path, code, got, want)
		}
	}
}
