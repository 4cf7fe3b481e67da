package mcpmount_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// The end of an app as the guide has it: a call that is under way finishes, with the
// app's pool open, streams end, and then the pool is closed.
func TestLifecycle(t *testing.T) {
	started, goOn := make(chan struct{}), make(chan struct{})
	var closed atomic.Bool // the pool
	mux := http.NewServeMux()
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) {
		close(started)
		<-goOn
		fmt.Fprintf(w, "pool closed: %v", closed.Load())
	})
	doc := &mcpmount.Document{Operations: []mcpmount.Operation{mcpmount.Route[mcpmount.None, string]("GET", "/report")}}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(mux), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: mux}
	draining := make(chan struct{})
	server.RegisterOnShutdown(func() {
		defer close(draining)
		srv.Shutdown(context.Background())
	})
	go server.Serve(ln)

	session := eras[1].connect(t, "http://"+ln.Addr().String()+"/mcp", nil, nil) // which has a stream open
	answered := make(chan string, 1)
	go func() {
		res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "get_report"})
		if err != nil {
			answered <- err.Error()
			return
		}
		answered <- text(res)
	}()
	<-started
	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		err := server.Shutdown(ctx)
		closed.Store(true)
		ended <- err
	}()
	select {
	case <-draining:
		t.Error("the calls were not waited for")
	case err := <-ended:
		t.Errorf("the server ended before the call: %v", err)
	case got := <-answered:
		t.Errorf("the call was answered too early: %s", got)
	case <-time.After(100 * time.Millisecond):
	}
	close(goOn)
	if got := <-answered; got != "pool closed: false" {
		t.Errorf("the call got %q", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("Shutdown = %v", err)
	}
	<-draining
}
