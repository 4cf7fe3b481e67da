package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mcpmount/mcpmount"
)

// A call that is under way is answered, whichever way the session ends.
func TestStdioAnswersBeforeItEnds(t *testing.T) {
	tests := []struct {
		name string
		end  func(interrupt context.CancelFunc, input io.Closer)
	}{
		{"input ends", func(_ context.CancelFunc, input io.Closer) { input.Close() }},
		{"interrupt", func(interrupt context.CancelFunc, _ io.Closer) { interrupt() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := mcpmount.ParseOpenAPI([]byte(minimal))
			if err != nil {
				t.Fatal(err)
			}
			called, ended := make(chan struct{}), make(chan struct{})
			api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				close(called)
				<-ended
				io.WriteString(w, "late but there")
			})
			srv, err := mcpmount.New(doc, mcpmount.InProcess(api), nil)
			if err != nil {
				t.Fatal(err)
			}
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			stdin, input := io.Pipe()
			defer input.Close()
			output, stdout := io.Pipe()
			served := make(chan error, 1)
			go func() {
				served <- serveStdio(ctx, srv, &terminal{stdin: stdin, stdout: stdout}, 10*time.Second)
				stdout.Close()
			}()
			answers := bufio.NewScanner(output)
			ask := func(message string) {
				if _, err := io.WriteString(input, message+"\n"); err != nil {
					t.Error(err)
				}
			}
			ask(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`)
			answers.Scan()
			ask(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
			ask(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"getX","arguments":{}}}`)
			<-called
			tt.end(interrupt, input)
			close(ended)
			answers.Scan()
			if got := answers.Text(); !strings.Contains(got, "late but there") {
				t.Errorf("answer = %q", got)
			}
			if err := <-served; err != nil {
				t.Errorf("serveStdio = %v", err)
			}
		})
	}
}
