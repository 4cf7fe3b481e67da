package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
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
