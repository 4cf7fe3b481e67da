package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A stoppable writer is read only while it is open.
type stoppable struct {
	open chan struct{} // closed while somebody reads
	text strings.Builder
}

func (s *stoppable) Write(p []byte) (int, error) {
	<-s.open
	return s.text.Write(p)
}

// A line is written when Write returns, unless nobody reads: then one Write waits for a moment and
// the others not at all, lines wait up to a bound, and of the others there is the number.
func TestLogWriter(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		synctest.Test(t, func(t *testing.T) {
			reader := &stoppable{open: make(chan struct{})}
			close(reader.open)
			w := &logWriter{to: reader, lost: (&logFlags{LogLevel: "error", LogFormat: format}).lostLines}
			for i := range 3 {
				fmt.Fprintf(w, "line %d\n", i)
				if !strings.HasSuffix(reader.text.String(), fmt.Sprintf("line %d\n", i)) {
					t.Fatalf("line %d is not written: %q", i, &reader.text)
				}
			}
			reader.open = make(chan struct{})
			reader.text.Reset()
			long := strings.Repeat("x", 1<<20-1) + "\n"
			for i, want := range []time.Duration{logPatience, 0, 0, 0, 0, 0, 0} { // one is being written, four wait
				start := time.Now()
				if _, err := io.WriteString(w, long); err != nil || time.Since(start) != want {
					t.Errorf("line %d: %v after %v, want %v", i, err, time.Since(start), want)
				}
			}
			start := time.Now()
			if w.flush(); time.Since(start) != lastWords {
				t.Errorf("the end waited for %v, want %v", time.Since(start), lastWords)
			}
			close(reader.open)
			w.flush()
			fmt.Fprintln(w, "later")
			lines := strings.SplitAfter(reader.text.String(), "\n")
			if len(lines) != 8 || strings.Join(lines[:5], "") != strings.Repeat(long, 5) || lines[6] != "later\n" {
				t.Fatalf("%d lines", len(lines))
			}
			said := strings.Contains(lines[5], "level=ERROR") && strings.HasSuffix(lines[5], " lines=2\n")
			if format == "json" {
				var line struct{ Lines int }
				said = json.Unmarshal([]byte(lines[5]), &line) == nil && line.Lines == 2
			}
			if !said {
				t.Errorf("%s: two lines were lost, and it says %s", format, lines[5])
			}
		})
	}
}

// A server answers and ends, whether or not its log is read, and what waits comes when it is.
func TestServeWithUnreadLog(t *testing.T) {
	document := filepath.Join(t.TempDir(), "api.json")
	if err := os.WriteFile(document, []byte(minimal), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, resumes := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		told, stderr := io.Pipe()
		exit := make(chan int, 1)
		go func() {
			exit <- run(ctx, []string{"serve", "--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:1", document}, strings.NewReader(""), io.Discard, stderr, os.LookupEnv)
			stderr.Close()
		}()
		log := bufio.NewReader(told)
		endpoint, said := firstURL(log)
		for !strings.Contains(said, "for a client") {
			line, err := log.ReadString('\n')
			if err != nil {
				t.Fatal(said, err)
			}
			said += line
		}
		const calls = 20
		for range calls {
			if answer := answered(endpoint, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getX"}}`); !strings.Contains(answer, `"isError":true`) {
				t.Fatalf("answer: %s", answer)
			}
		}
		for n := 0; resumes && n < calls; {
			line, err := log.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(line, "msg=call") {
				n++
			}
		}
		cancel()
		if resumes {
			go func() { _, _ = io.Copy(io.Discard, log) }()
		}
		if code := <-exit; code != exitOK {
			t.Errorf("exit code %d", code)
		}
		told.Close()
	}
}
