package main

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A process is told to end while a call is under way.
func TestSIGTERM(t *testing.T) {
	const gaveUp = "the call was canceled: the server is shutting down"
	tests := []struct {
		name    string
		timeout string
		twice   bool
		release bool // the API answers after the signal
		answer  string
		exit    int
	}{
		{"the call finishes", "30s", false, true, "late but there", exitOK},
		{"the call takes too long", "50ms", false, false, gaveUp, exitOK},
		{"no patience", "0s", false, false, gaveUp, exitOK},
		{"a second signal", "30s", true, false, "", exitFailure},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			called, release := make(chan struct{}), make(chan struct{})
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				close(called)
				select {
				case <-release:
				case <-r.Context().Done():
				}
				_, _ = io.WriteString(w, "late but there")
			}))
			defer api.Close()
			process, url, log := startProcess(t, "serve", "--listen", "127.0.0.1:0", "--shutdown-timeout", tt.timeout, "--upstream", api.URL)
			answer := make(chan string, 1)
			go func() {
				res, err := http.Post(url, "application/json", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getX"}}`))
				if err != nil {
					answer <- ""
					return
				}
				defer res.Body.Close()
				body, _ := io.ReadAll(res.Body)
				answer <- string(body)
			}()
			<-called
			terminate(t, process)
			for line := range log {
				if strings.Contains(line, "shutting down") {
					break
				}
			}
			if tt.release {
				checkRefusing(t, url)
				close(release)
			}
			if tt.twice {
				terminate(t, process)
			}
			if got := <-answer; !strings.Contains(got, tt.answer) {
				t.Errorf("the call got %q, want %q", got, tt.answer)
			}
			for range log { // until the process has ended
			}
			_ = process.Wait()
			if got := process.ProcessState.ExitCode(); got != tt.exit {
				t.Errorf("exit code %d, want %d", got, tt.exit)
			}
		})
	}
}

// startProcess runs mcpmount with a minimal document, and returns the URL that
// it serves and the lines of its log after that.
func startProcess(t *testing.T, args ...string) (*exec.Cmd, string, <-chan string) {
	t.Helper()
	document := filepath.Join(t.TempDir(), "api.yaml")
	if err := os.WriteFile(document, []byte(minimal), 0o600); err != nil {
		t.Fatal(err)
	}
	process := exec.CommandContext(t.Context(), "mcpmount", append(args, document)...)
	stderr, err := process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	for line := range lines {
		if url := regexp.MustCompile(`http://127\.0\.0\.1:\d+/mcp`).FindString(line); url != "" {
			return process, url, lines
		}
	}
	t.Fatal("the process ended")
	return nil, "", nil
}

func terminate(t *testing.T, process *exec.Cmd) {
	t.Helper()
	if err := process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// checkRefusing checks that a server that is ending says so to those who come,
// and to those who ask whether it is well.
func checkRefusing(t *testing.T, url string) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		res, err := http.Get(strings.TrimSuffix(url, defaultPath) + healthPath)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode == http.StatusServiceUnavailable {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("health: %s", res.Status)
		}
	}
	res, err := http.Post(url, "application/json", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("a new request: %s, Retry-After %q", res.Status, res.Header.Get("Retry-After"))
	}
}
