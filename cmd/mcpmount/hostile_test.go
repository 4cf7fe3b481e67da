//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What a hostile document may cost a command that reads it.
const (
	mostTime   = 5 * time.Second
	mostMemory = 512 << 20 // resident bytes at the peak
)

// TestHostileDocuments gives documents that cost more than they look to the
// command as it is shipped. It either lists tools or says why not.
func TestHostileDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	command := buildCommand(t)
	for _, d := range hostileDocuments {
		t.Run(d.name, func(t *testing.T) {
			dir := t.TempDir()
			name := writeHostile(t, dir, d)
			r := runCommand(t, command, "tools", name)
			r.check(t)
			if !strings.Contains(r.stdout+r.stderr, d.want) {
				t.Errorf("output = %.500q, want %q", r.stdout+r.stderr, d.want)
			}
			t.Logf("%s: %s, %d MB: exit code %d", name[len(dir)+1:], r.took.Round(time.Millisecond), r.peak>>20, r.code)
		})
	}
}

// TestCheckHostileDocuments has those whose problems are the danger.
func TestCheckHostileDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	command := buildCommand(t)
	for _, d := range hostileDocuments {
		if !d.check {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			r := runCommand(t, command, "check", "--json", writeHostile(t, t.TempDir(), d))
			r.check(t)
			if most := 32 << 20; len(r.stdout) > most {
				t.Errorf("%d bytes of output, want at most %d", len(r.stdout), most)
			}
			t.Logf("%s, %d MB: exit code %d", r.took.Round(time.Millisecond), r.peak>>20, r.code)
		})
	}
}

// TestManyOperations lists the tools of 100,000 operations.
func TestManyOperations(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	const n, most = 100_000, 2 << 30
	name := writeHostile(t, t.TempDir(), hostileDocument{file: "d.json", write: sequence(text(`{"openapi": "3.0.0", "paths": {`),
		numbered(n, ",", `"/p%d/{id}": {"get": {"operationId": "op%d", "summary": "Returns one of many things", "parameters": [
			{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}, {"name": "q", "in": "query", "schema": {"$ref": "#/components/schemas/A"}}],
			"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}}}`),
		text(`}, "components": {"schemas": {"A": {"type": "object", "properties": {"a": {"type": "string"}}}}}}`))})
	r := runCommand(t, buildCommand(t), "tools", name)
	if r.code != exitOK || !strings.Contains(r.stdout, "100000 tools") {
		t.Errorf("exit code %d: %.500s", r.code, r.stderr)
	}
	if r.peak > most {
		t.Errorf("%d MB resident, want at most %d", r.peak>>20, most>>20)
	}
	t.Logf("%s, %d MB", r.took.Round(time.Millisecond), r.peak>>20)
}

func writeHostile(t *testing.T, dir string, d hostileDocument) string {
	t.Helper()
	name := filepath.Join(dir, d.file)
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	d.write(w)
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

// buildCommand builds the command without the instruments of the test.
func buildCommand(t *testing.T) string {
	t.Helper()
	command := filepath.Join(t.TempDir(), "mcpmount")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", command, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return command
}

// A childRun is what a command did and cost.
type childRun struct {
	stdout, stderr string
	code           int
	took           time.Duration // see elapsed
	peak           int           // resident bytes
}

func runCommand(t *testing.T, command string, args ...string) childRun {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, command, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err := cmd.Run()
	took := elapsed(time.Since(start), cmd.ProcessState)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return childRun{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode(), took, peakMemory(cmd.ProcessState)}
}

// elapsed returns how long a process ran, without the time in which others had
// the processors.
func elapsed(wall time.Duration, state *os.ProcessState) time.Duration {
	return min(wall, state.UserTime()+state.SystemTime())
}

// peakMemory returns the most resident bytes that a process had. What its
// parent had when it was started is the least that Linux says.
func peakMemory(state *os.ProcessState) int {
	peak := int(state.SysUsage().(*syscall.Rusage).Maxrss)
	if runtime.GOOS == "darwin" {
		return peak
	}
	return peak << 10
}

// check checks what is true of every document.
func (r childRun) check(t *testing.T) {
	t.Helper()
	switch {
	case r.code == exitFailure && !strings.HasPrefix(r.stderr, "mcpmount: error: "):
		t.Errorf("stderr = %.500q, want an error", r.stderr)
	case r.code == exitOK && r.stdout == "" || r.code != exitOK && r.code != exitFailure:
		t.Errorf("exit code %d and %d bytes of output, want a list or an error", r.code, len(r.stdout))
	}
	if strings.Contains(r.stderr, "goroutine ") || strings.Contains(r.stderr, "runtime error") {
		t.Errorf("stderr = %.1000s", r.stderr)
	}
	if len(r.stderr) > 16<<10 {
		t.Errorf("%d bytes on stderr, want few", len(r.stderr))
	}
	if r.took > mostTime {
		t.Errorf("took %s, want at most %s", r.took, mostTime)
	}
	if r.peak > mostMemory {
		t.Errorf("%d MB resident, want at most %d", r.peak>>20, mostMemory>>20)
	}
}
