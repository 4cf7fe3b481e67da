package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A real API and its real document: Prometheus Alertmanager, where it is
// installed, and the corpus, where it is present.
func TestAlertmanager(t *testing.T) {
	program, err := exec.LookPath("prometheus-alertmanager")
	if err != nil {
		t.Skip("prometheus-alertmanager is not installed")
	}
	document := filepath.Join(specsDir(t), "alertmanager.yaml")
	api, stop := startAlertmanager(t, program)
	session := connect(t, serveUntilEnd(t, "serve", "--listen", "127.0.0.1:0", "--upstream", api, document))
	list, err := session.ListTools(t.Context(), nil)
	if err != nil || len(list.Tools) != 9 {
		t.Fatalf("%d tools, %v, want the document's 9 operations", len(list.Tools), err)
	}

	silence := map[string]any{
		"matchers":  []any{map[string]any{"name": "job", "value": "backup", "isRegex": false}},
		"startsAt":  time.Now().UTC().Format(time.RFC3339),
		"endsAt":    time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
		"createdBy": "a test", "comment": "set through MCP",
	}
	posted := callTool(t, session, "postSilences", silence)
	if posted.IsError {
		t.Fatalf("postSilences: %s", resultText(posted))
	}
	if got := getText(t, api+"/api/v2/silences"); !strings.Contains(got, `"comment":"set through MCP"`) {
		t.Errorf("the API has the silences %s", got)
	}
	var created struct {
		SilenceID string `json:"silenceID"`
	}
	if err := json.Unmarshal([]byte(resultText(posted)), &created); err != nil || created.SilenceID == "" {
		t.Fatalf("postSilences answered %s", resultText(posted))
	}
	if got := callTool(t, session, "getSilence", map[string]any{"silenceID": created.SilenceID}); !strings.Contains(resultText(got), "set through MCP") {
		t.Errorf("getSilence: %s", resultText(got))
	}
	filtered := callTool(t, session, "getSilences", map[string]any{"filter": []any{`job="backup"`}})
	if !strings.Contains(resultText(filtered), created.SilenceID) {
		t.Errorf("getSilences with a filter: %s", resultText(filtered))
	}

	var requests atomic.Int64
	proxy := httptest.NewServer(counting(t, api, &requests))
	defer proxy.Close()
	counted := connect(t, serveUntilEnd(t, "serve", "--listen", "127.0.0.1:0", "--upstream", proxy.URL, document))
	silence["matchers"] = "job=backup"
	wrong := callTool(t, counted, "postSilences", silence)
	if !wrong.IsError || !strings.Contains(resultText(wrong), `argument "matchers"`) {
		t.Errorf("a wrong argument: %s", resultText(wrong))
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("a wrong argument became %d requests", n)
	}
	if callTool(t, counted, "getStatus", map[string]any{}); requests.Load() != 1 {
		t.Errorf("%d requests were counted for one call", requests.Load())
	}

	stop()
	dead := callTool(t, session, "getStatus", map[string]any{})
	if !dead.IsError || !strings.Contains(resultText(dead), "refused") {
		t.Errorf("with the API stopped: %s", resultText(dead))
	}
}

// startAlertmanager starts the program on a free port of loopback.
func startAlertmanager(t *testing.T, program string) (api string, stop func()) {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(config, []byte("route: {receiver: none}\nreceivers: [{name: none}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	api = "http://" + address
	return api, startProgram(t, api+"/-/ready", program, "--config.file="+config, "--storage.path="+dir,
		"--web.listen-address="+address, "--cluster.listen-address=")
}

// startProgram starts a server that others wrote, and waits until it answers 200 at a URL.
func startProgram(t *testing.T, ready, program string, args ...string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		cmd.Wait()
	})
	t.Cleanup(stop)
	for range 300 {
		if res, err := http.Get(ready); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return stop
			}
		}
		time.Sleep(100 * time.Millisecond) // another process: there is nothing to wait on
	}
	t.Fatalf("%s did not become ready", program)
	return nil
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// counting returns a proxy to api that counts what it passes on.
func counting(t *testing.T, api string, requests *atomic.Int64) http.Handler {
	t.Helper()
	target, err := url.Parse(api)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		proxy.ServeHTTP(w, r)
	})
}

func connect(t *testing.T, endpoint string) *mcp.ClientSession {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: endpoint}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	return session
}

func getText(t *testing.T, address string) string {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func callTool(t *testing.T, session *mcp.ClientSession, name string, args map[string]any) *mcp.CallToolResult {
	t.Helper()
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: name, Arguments: args})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return res
}

func resultText(res *mcp.CallToolResult) string {
	var b strings.Builder
	for _, c := range res.Content {
		if text, ok := c.(*mcp.TextContent); ok {
			b.WriteString(text.Text)
		}
	}
	return b.String()
}

// specsDir returns the folder with other people's documents.
func specsDir(t *testing.T) string {
	t.Helper()
	for _, dir := range []string{os.Getenv("MCPMOUNT_SPECS"), "../../../shared/specs"} {
		if _, err := os.Stat(filepath.Join(dir, "MANIFEST.tsv")); dir != "" && err == nil {
			return dir
		}
	}
	t.Skip("no documents: set MCPMOUNT_SPECS")
	return ""
}

// serveUntilEnd runs the command for the rest of the test, and returns the
// first URL it tells.
func serveUntilEnd(t *testing.T, args ...string) string {
	t.Helper()
	endpoint, _ := serveLogged(t, args...)
	return endpoint
}

// serveLogged is serveUntilEnd, and returns the lines that the command logs
// after the URL.
func serveLogged(t *testing.T, args ...string) (endpoint string, logged <-chan string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	told, stderr := io.Pipe()
	exit := make(chan int, 1)
	go func() {
		exit <- run(ctx, args, strings.NewReader(""), io.Discard, stderr, os.LookupEnv)
		stderr.Close()
	}()
	reader := bufio.NewReader(told)
	endpoint, log := firstURL(reader)
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		for {
			line, err := reader.ReadString('\n')
			select {
			case lines <- line:
			default: // nobody reads
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		for range lines { // until the command has ended
		}
		if code := <-exit; code != exitOK {
			t.Errorf("mcpmount %s: exit code %d", args[0], code)
		}
	})
	if endpoint == "" {
		t.Fatalf("mcpmount %s told no URL:\n%s", args[0], log)
	}
	return endpoint, lines
}
