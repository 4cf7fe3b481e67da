// Package examples_test starts each program of this module as a process, calls it
// over REST and through MCP, and has it end by SIGTERM.
package examples_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

var binaries string // the folder of the programs, and of the command mcpmount

func TestMain(m *testing.M) {
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "examples")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	binaries = dir
	for _, args := range [][]string{{"build", "-o", dir + "/", "./..."}, {"-C", "..", "build", "-o", dir + "/", "./cmd/mcpmount"}} {
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			return 0, fmt.Errorf("go %v: %w\n%s", args, err, out)
		}
	}
	return m.Run(), nil
}

// A process is a running program.
type process struct {
	cmd      *exec.Cmd
	url      string
	sessions []*mcp.ClientSession
	done     chan struct{} // closed at the end of its log

	mu  sync.Mutex
	log []string
	new *sync.Cond
}

// start runs a program of this module on a free port until the test is over.
func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := run(t, name, append([]string{"-listen", "127.0.0.1:0"}, args...)...)
	_, p.url, _ = strings.Cut(p.logged(t, regexp.MustCompile("listening on http://")), "listening on ")
	return p
}

// run runs a program until the test is over.
func run(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(t.Context(), filepath.Join(binaries, name), args...), done: make(chan struct{})}
	p.new = sync.NewCond(&p.mu)
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.Dir = t.TempDir()
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read(stderr)
	t.Cleanup(func() { p.stop(t) })
	return p
}

func (p *process) read(stderr io.Reader) {
	defer func() {
		p.mu.Lock()
		close(p.done)
		p.new.Broadcast()
		p.mu.Unlock()
	}()
	for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
		p.mu.Lock()
		p.log = append(p.log, scanner.Text())
		p.new.Broadcast()
		p.mu.Unlock()
	}
}

// logged waits for a line of the log that fits, and returns it.
func (p *process) logged(t *testing.T, line *regexp.Regexp) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for next := 0; ; next++ {
		for next == len(p.log) {
			select {
			case <-p.done:
				t.Fatalf("%s ended without logging %v:\n%s", p.cmd, line, strings.Join(p.log, "\n"))
			default:
				p.new.Wait()
			}
		}
		if line.MatchString(p.log[next]) {
			return p.log[next]
		}
	}
}

// stop tells the process to end, while its clients are connected, and checks
// that it ends well. A second call does nothing.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if p.cmd.ProcessState != nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // an error if it has ended, which Wait tells better
	<-p.done
	if err := p.cmd.Wait(); err != nil && t.Context().Err() == nil || p.cmd.ProcessState.ExitCode() != 0 {
		t.Errorf("%s: %v:\n%s", p.cmd, p.cmd.ProcessState, strings.Join(p.log, "\n"))
	}
	for _, session := range p.sessions {
		session.Close()
	}
}

// eras are a version of MCP with sessions, and the one without.
var eras = []string{"2025-11-25", "2026-07-28"}

// connect returns a client of the endpoint at path, which sends the header, in
// pairs of name and value, with each request.
func (p *process) connect(t *testing.T, path, version string, opts *mcp.ClientOptions, header ...string) *mcp.ClientSession {
	t.Helper()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test"}, opts).Connect(t.Context(), &mcp.StreamableClientTransport{
		Endpoint: p.url + path, HTTPClient: &http.Client{Transport: withHeader(header)},
	}, &mcp.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		t.Fatal(err)
	}
	p.sessions = append(p.sessions, session)
	return session
}

type withHeader []string

func (h withHeader) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for pair := range slices.Chunk(h, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	return http.DefaultTransport.RoundTrip(r)
}

// rest makes a request to the API, and returns the status and the body.
func (p *process) rest(t *testing.T, method, path, body string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := withHeader(header).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(text))
}

// call calls a tool, and returns its text, and whether that is an error.
func call(ctx context.Context, t *testing.T, session *mcp.ClientSession, tool string, args any) (string, bool) {
	t.Helper()
	res, err := session.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: args})
	if err != nil {
		return err.Error(), true
	}
	var text strings.Builder
	for _, content := range res.Content {
		if c, ok := content.(*mcp.TextContent); ok {
			text.WriteString(c.Text)
		}
	}
	return strings.TrimSpace(text.String()), res.IsError
}

// checkCall checks the text of a call that must succeed.
func checkCall(t *testing.T, session *mcp.ClientSession, tool string, args any, want string) {
	t.Helper()
	if got, isError := call(t.Context(), t, session, tool, args); isError || got != want {
		t.Errorf("%s %v = %s (error %t), want %s", tool, args, got, isError, want)
	}
}

// checkFails checks that a call is an error that says why.
func checkFails(t *testing.T, session *mcp.ClientSession, tool string, args any, why string) {
	t.Helper()
	if got, isError := call(t.Context(), t, session, tool, args); !isError || !strings.Contains(got, why) {
		t.Errorf("%s %v = %s (error %t), want an error with %q", tool, args, got, isError, why)
	}
}

// checkREST checks the answer of the API itself.
func checkREST(t *testing.T, p *process, method, path, body string, status int, want string, header ...string) {
	t.Helper()
	if got, text := p.rest(t, method, path, body, header...); got != status || !strings.Contains(text, want) {
		t.Errorf("%s %s = %d %s, want %d %s", method, path, got, text, status, want)
	}
}

// checkTools checks the names of the tools that are listed.
func checkTools(t *testing.T, session *mcp.ClientSession, want ...string) {
	t.Helper()
	list, err := session.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, tool := range list.Tools {
		got = append(got, tool.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tools (-want +got):\n%s", diff)
	}
}

// Each program has a paragraph of the README, and the other way round.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	for _, m := range regexp.MustCompile(`(?m)^### \[(\w+)\]\((\w+)\)$`).FindAllSubmatch(readme, -1) {
		if string(m[1]) != string(m[2]) {
			t.Errorf("%s links to %s", m[1], m[2])
		}
		described = append(described, string(m[1]))
	}
	slices.Sort(described)
	var there []string
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() && entry.Name() != "internal" {
			there = append(there, entry.Name())
		}
	}
	if diff := cmp.Diff(there, described); diff != "" {
		t.Errorf("folders (-) and paragraphs (+):\n%s", diff)
	}
}
