package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Whoever reads the log may end before the server does.
func TestServeWithoutReaderOfLog(t *testing.T) {
	document := filepath.Join(t.TempDir(), "api.json")
	if err := os.WriteFile(document, []byte(minimal), 0o600); err != nil {
		t.Fatal(err)
	}
	process := exec.CommandContext(t.Context(), "mcpmount", "serve", "--stdio", "--upstream", "http://127.0.0.1:1", document)
	log, err := process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	log.Close()
	process.Stdin = strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n")
	answer, err := process.Output()
	if err != nil || !strings.Contains(string(answer), `"result"`) {
		t.Errorf("answer %q, %v", answer, err)
	}
}

// SIGHUP while a server starts: it does not end, and looks again once it has started.
func TestHangupAtStart(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	var requests atomic.Int32
	documents := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) > 1 {
			_, _ = io.WriteString(w, strings.Replace(minimal, "getX", "getLater", 1))
			return
		}
		close(asked)
		<-release
		_, _ = io.WriteString(w, minimal)
	}))
	defer documents.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	process := exec.CommandContext(ctx, "mcpmount", "serve", "--listen", "127.0.0.1:0", "--watch-interval", "0", documents.URL)
	log, err := process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	if err := process.Process.Signal(syscall.SIGHUP); err != nil {
		t.Skipf("no SIGHUP here: %v", err)
	}
	close(release)
	var said strings.Builder
	for lines := bufio.NewScanner(log); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "added=getLater") {
			terminate(t, process)
		}
	}
	if err := process.Wait(); err != nil || !strings.Contains(said.String(), "added=getLater") {
		t.Errorf("%v; the log:\n%s", err, &said)
	}
}

// Who is interrupted says so and nothing else, also where nothing ever comes from standard input.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	silent, open := io.Pipe()
	defer open.Close()
	for _, args := range [][]string{
		{"check", "-"},
		{"serve", "-"},
		{"tools", "http://127.0.0.1:1/openapi.json"},
		{"tools", "--mcp", "http://127.0.0.1:1/mcp"},
		{"health", "http://127.0.0.1:1/readyz"},
	} {
		var stdout, stderr strings.Builder
		code := run(ctx, args, silent, &stdout, &stderr, os.LookupEnv)
		if code != exitFailure || stdout.Len() > 0 || stderr.String() != "mcpmount: error: interrupted\n" {
			t.Errorf("%v: exit code %d, %s%s", args, code, &stdout, &stderr)
		}
	}
}
