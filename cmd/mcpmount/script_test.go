package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite what scripts compare")

func TestMain(m *testing.M) {
	testscript.Main(lastingTests{m}, map[string]func(){"mcpmount": main})
}

// lastingTests do not end by a SIGHUP that comes after its server has ended. The command itself runs without.
type lastingTests struct{ *testing.M }

func (m lastingTests) Run() int {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	return m.M.Run()
}

// TestScripts runs the sessions in testdata/script: what a user types, and what
// happens then. With -update, what commands print replaces what is compared.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serving": serving,
			"occupy":  occupy,
			"health":  health,
			"lists":   lists,
			"hangup":  hangup,
		},
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error { // scripts are logged, and no secret may be
			env.Setenv("TOKEN", "s3cr3t-api-token-of-the-operator")
			env.Setenv("READER", "s3cr3t-0123456789abcdef-reader")
			env.Setenv("WRITER", "s3cr3t-fedcba9876543210-writer")
			return goCommand(env)
		},
	})
}

// goCommand lets the go command of a script, which has no home, use what is compiled already.
func goCommand(env *testscript.Env) error {
	cache := os.Getenv("GOCACHE")
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		cache = filepath.Join(user, "go-build")
	}
	env.Setenv("GOCACHE", cache)
	env.Setenv("GOFLAGS", "-mod=mod")
	env.Setenv("GOPROXY", "off") // the programs of scripts need no other module
	return nil
}

// serving runs mcpmount with the given arguments for the rest of a script, and
// puts the first URL it tells into an environment variable:
//
//	serving VARIABLE args…
//
// In the arguments, files need absolute names. At the end of the script it is
// interrupted, and must exit with 0.
func serving(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: serving VARIABLE args…")
	}
	ctx, cancel := context.WithCancel(context.Background())
	told, stderr := io.Pipe()
	exit := make(chan int, 1)
	env := func(name string) (string, bool) { v := ts.Getenv(name); return v, v != "" }
	go func() {
		exit <- run(ctx, args[1:], strings.NewReader(""), io.Discard, stderr, env)
		stderr.Close()
	}()
	lines, drained := bufio.NewReader(told), make(chan struct{})
	address, log := firstURL(lines)
	go func() {
		defer close(drained)
		io.Copy(io.Discard, lines)
	}()
	ts.Defer(func() {
		cancel()
		<-drained
		if code := <-exit; code != exitOK {
			ts.Fatalf("mcpmount %s: exit code %d", args[1], code)
		}
	})
	if address == "" {
		ts.Fatalf("mcpmount %s told no URL:\n%s", args[1], log)
	}
	ts.Setenv(args[0], address)
}

// firstURL reads lines up to the first one with a URL.
func firstURL(lines *bufio.Reader) (address, log string) {
	pattern := regexp.MustCompile(`https?://[^\s,]+`)
	for {
		line, err := lines.ReadString('\n')
		log += line
		if address := pattern.FindString(line); address != "" || err != nil {
			return address, log
		}
	}
}

// occupy listens on a free port for the rest of a script, and puts its address
// into an environment variable.
func occupy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: occupy VARIABLE")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { listener.Close() })
	ts.Setenv(args[0], listener.Addr().String())
}

// health asks the server whose MCP endpoint is given for its health.
func health(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: health URL")
	}
	endpoint, err := url.Parse(args[0])
	ts.Check(err)
	res, err := http.Get(endpoint.ResolveReference(&url.URL{Path: healthPath}).String())
	ts.Check(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d %s", res.StatusCode, body)
}

// lists waits until the server at a URL lists the given tools and no others:
//
//	lists URL TOOL…
func lists(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: lists URL TOOL…")
	}
	want, got := strings.Join(args[1:], " "), ""
	for range 200 {
		if got = toolNames(ts, args[0]); got == want {
			return
		}
		time.Sleep(50 * time.Millisecond) // the server looks at a file
	}
	ts.Fatalf("the tools are %s, want %s", got, want)
}

func toolNames(ts *testscript.TestScript, endpoint string) string {
	res, err := http.Post(endpoint, "application/json", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	ts.Check(err)
	defer res.Body.Close()
	var message struct {
		Result struct{ Tools []struct{ Name string } }
	}
	ts.Check(json.NewDecoder(res.Body).Decode(&message))
	var names []string
	for _, tool := range message.Result.Tools {
		names = append(names, tool.Name)
	}
	return strings.Join(names, " ")
}

// hangup sends SIGHUP to the servers that the script runs.
func hangup(ts *testscript.TestScript, neg bool, args []string) {
	self, err := os.FindProcess(os.Getpid())
	ts.Check(err)
	ts.Check(self.Signal(syscall.SIGHUP))
}
