package server_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/examples/internal/server"
)

// A call that is under way at SIGTERM is answered before Run returns.
func TestRunDrains(t *testing.T) {
	called, release := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, _ *http.Request) {
		close(called)
		<-release
		_, _ = io.WriteString(w, "late but there")
	})
	doc := &mcpmount.Document{Operations: []mcpmount.Operation{{Method: "GET", Path: "/slow", Name: "slow"}}}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(mux), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	ended := make(chan error, 1)
	go func() { ended <- server.Run(address, mux, srv) }()

	answer := make(chan string, 1)
	go func() { answer <- post(t.Context(), "http://"+address+"/mcp") }()
	select {
	case <-called:
	case got := <-answer:
		t.Fatalf("the call got %s", got)
	case err := <-ended:
		t.Fatal(err)
	}
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for srv.Health().OK { // it is not from the moment that Run shuts down
		runtime.Gosched()
	}
	select {
	case err := <-ended:
		t.Fatalf("Run = %v while a call was under way", err)
	default:
	}
	close(release)
	if got := <-answer; !strings.Contains(got, "late but there") {
		t.Errorf("the call got %s", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
}

// post calls the tool as soon as somebody listens.
func post(ctx context.Context, url string) string {
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow"}}`))
		if err != nil {
			return err.Error()
		}
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		if ctx.Err() != nil {
			return ctx.Err().Error()
		}
		if err != nil {
			runtime.Gosched()
			continue
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return err.Error()
		}
		return string(body)
	}
}
