package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

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

// With --stdio a configuration is followed as far as the one server can: its tools change, and
// the rest waits for the client to start it again.
func TestStdioFollowsConfig(t *testing.T) {
	file := writeConfig(t, "")
	replaceFile(t, filepath.Join(filepath.Dir(file), "api.yaml"), strings.Replace(watchedEntry, "API", "http://127.0.0.1:9", 1))
	replaceFile(t, filepath.Join(filepath.Dir(file), "parts.yaml"), watchedPart)
	config := func(apis string) {
		replaceFile(t, file, "stdio: true\ndefaults: {watch-interval: 20ms}\napis: "+apis+"\n")
	}
	config("{a: {document: api.yaml}}")
	toServer, fromClient := io.Pipe()
	toClient, fromServer := io.Pipe()
	told, stderr := io.Pipe()
	exit := make(chan int, 1)
	go func() {
		exit <- run(t.Context(), []string{"serve", "--config", file}, toServer, fromServer, stderr, os.LookupEnv)
		stderr.Close()
	}()
	log := make(chan string, 1000)
	go func() {
		defer close(log)
		for lines := bufio.NewScanner(told); lines.Scan(); {
			log <- lines.Text()
		}
	}()
	client := listenTo(t, &mcp.IOTransport{Reader: toClient, Writer: fromClient}, "2025-11-25")
	config("{a: {document: api.yaml, rename: {getOrder: find}}}")
	if got := client.told(t, client.tools); got != "createOrder find" {
		t.Errorf("after the edit: %s", got)
	}
	for _, apis := range []string{
		"{a: {document: api.yaml, timeout: 1s}}",
		"{b: {document: api.yaml}}",
		"{a: {document: api.yaml}, b: {document: api.yaml}}",
	} {
		config(apis)
		await(t, log, "", "the configuration cannot be served", "start the server again")
		if got := client.list(t); got != "createOrder find" {
			t.Errorf("with %s: %s", apis, got)
		}
		config("{a: {document: api.yaml, rename: {getOrder: find}}}")
		await(t, log, "", "the configuration is good again")
	}
	client.session.Close()
	if code := <-exit; code != exitOK {
		t.Errorf("exit code %d", code)
	}
}
