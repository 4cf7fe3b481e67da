package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// until returns the lines before the first one with text.
func until(t *testing.T, lines <-chan string, text string) (before []string) {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case line := <-lines:
			if strings.Contains(line, text) {
				return before
			}
			before = append(before, line)
		case <-timeout:
			t.Fatalf("nothing was logged with %q, but\n%s", text, strings.Join(before, ""))
		}
	}
}

// listed returns the names of the tools at an endpoint, or the status if that is
// not 200.
func listed(t *testing.T, endpoint string) string {
	t.Helper()
	res, err := http.Post(endpoint, "application/json", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return res.Status
	}
	var message struct {
		Result struct{ Tools []struct{ Name string } }
	}
	if err := json.NewDecoder(res.Body).Decode(&message); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range message.Result.Tools {
		names = append(names, tool.Name)
	}
	return strings.Join(names, " ")
}

// The file of a running process is edited: APIs change, come and go, and what is
// wrong changes nothing.
func TestServeFollowsConfig(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.URL.Path+" "+r.Header.Get("X-Key"))
	}))
	t.Cleanup(backend.Close)
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	replaceFile(t, path("api.yaml"), strings.Replace(watchedEntry, "API", backend.URL, 1))
	replaceFile(t, path("parts.yaml"), watchedPart)
	replaceFile(t, path("overlay.yaml"), "overlay: 1.0.0\nactions: [{target: '$.paths[\"/orders\"]', remove: true}]\n")
	config := func(more, apis string) {
		replaceFile(t, path("mcpmount.yaml"), "listen: 127.0.0.1:0\ndefaults: {watch-interval: 20ms}\n"+more+"apis:\n"+apis)
	}
	const crm, shop = "  crm: {document: api.yaml}\n", "  shop: {document: api.yaml, read-only: true}\n"
	config("", crm+shop)
	endpoint, log := serveLogged(t, "serve", "--config", path("mcpmount.yaml"))
	base := strings.TrimSuffix(endpoint, "/crm")
	check := func(want ...string) {
		t.Helper()
		for i, name := range []string{"crm", "shop", "third"} {
			if got := listed(t, base+"/"+name); got != want[i] {
				t.Errorf("%s lists %s, want %s", name, got, want[i])
			}
		}
	}
	check("createOrder getOrder", "getOrder", "404 Not Found")
	client := listenTo(t, &mcp.StreamableClientTransport{Endpoint: base + "/crm"}, "2025-11-25")

	// What a server can take over leaves its sessions alone.
	config("", strings.Replace(crm, "}", ", rename: {getOrder: find}}", 1)+shop)
	until(t, log, `msg="API changed" api=crm keys=rename`)
	until(t, log, "added=find removed=getOrder")
	if got := client.told(t, client.tools); got != "createOrder find" {
		t.Errorf("the session lists %s", got)
	}
	config("", strings.Replace(crm, "}", ", rename: {getOrder: find}, offer-fields: find, max-result-bytes: 1000}", 1)+shop)
	until(t, log, "find (input schema)")
	client.told(t, client.tools)
	config("", strings.Replace(crm, "}", ", overlay: overlay.yaml}", 1)+shop)
	until(t, log, "added=getOrder")
	check("getOrder", "getOrder", "404 Not Found")
	replaceFile(t, path("overlay.yaml"), "overlay: 1.0.0\nactions: [{target: '$.paths[\"/orders/{id}\"]', remove: true}]\n")
	until(t, log, "added=createOrder removed=getOrder")
	check("createOrder", "getOrder", "404 Not Found")

	// What is wrong is said once, whether in the file or in what it names.
	const refused = "the configuration cannot be served"
	for _, wrong := range []struct{ apis, why string }{
		{crm + shop + "  third: {dokument: api.yaml}\n", "mcpmount.yaml:6:11"},
		{crm + shop + "  third: {document: none.yaml}\n", "third: there is no file"},
		{crm + shop + "  third: {document: api.yaml, path: /mcp/crm}\n", "crm and third have one path"},
		{crm + shop + "  third: {document: api.yaml, auth: keys}\n", "third: auth keys needs a file of keys"},
		{crm + strings.Replace(shop, "read-only: true", "exclude-path: /nothing", 1), `exclude path \"/nothing\" names nothing`},
		{strings.Replace(crm, "}", ", watch-interval: 1ms}", 1) + shop, "watch-interval must be 0 or at least"},
		{"", "apis must be a mapping"},
		{strings.Replace(crm, "}", ", read-only: 1}", 1) + shop + "  third: {dokument: api.yaml}\n", `4:40: read-only takes true or false, not a number (and 1 more mistake)" hint="read-only: true"`},
		{strings.Replace(crm, "}", ", lock: none}", 1) + strings.Replace(shop, "true", "true, lock: none", 1), `/none (and 1 more mistake)" hint="mcpmount tools --lock`},
	} {
		config("", wrong.apis)
		until(t, log, wrong.why)
		check("createOrder", "getOrder", "404 Not Found")
	}
	if res := callTool(t, client.session, "createOrder", nil); resultText(res) != "/orders " {
		t.Errorf("a call while the file is broken: %s", resultText(res))
	}

	// APIs come, go, and get other servers.
	config("access-log: false\n", strings.Replace(crm, "}", ", header: {X-Key: two}}", 1)+"  third: {document: api.yaml, include-operation: createOrder}\n")
	lines := strings.Join(until(t, log, "the configuration is good again"), "")
	for _, want := range []string{
		`msg="API replaced" api=crm path=/mcp/crm tools=2 keys="header, overlay"`,
		`msg="API added" api=third path=/mcp/third tools=1`,
		`msg="API removed" api=shop path=/mcp/shop`,
		`msg="keys of the process itself have changed; restart to have them" configuration=` + path("mcpmount.yaml") + ` keys=access-log`,
	} {
		if !strings.Contains(lines, want) {
			t.Errorf("the log lacks %s:\n%s", want, lines)
		}
	}
	if strings.Contains(lines, refused) {
		t.Errorf("what is wrong was said again:\n%s", lines)
	}
	check("createOrder getOrder", "404 Not Found", "createOrder")
	next := listenTo(t, &mcp.StreamableClientTransport{Endpoint: base + "/crm"}, "2025-11-25")
	if res := callTool(t, next.session, "getOrder", map[string]any{"id": "7"}); resultText(res) != "/orders/7 two" {
		t.Errorf("a call of the new server: %s", resultText(res))
	}

	// Documents are followed as ever, each by its own API.
	replaceFile(t, path("api.yaml"), "nothing")
	until(t, log, "the document cannot be served")
	check("createOrder getOrder", "404 Not Found", "createOrder")
	hangUp(t)
	until(t, log, "the document cannot be served")
}

// One that was refused is tried again after a while, since what it names may be
// there then, and so is one that was broken when the process started to look.
func TestConfigFeedRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		f := &configFeed{name: writeConfig(t, "x"), read: func() (*settings, error) { reads++; return &settings{}, nil }}
		look := func(want int) {
			t.Helper()
			if _, err := f.next(t.Context(), false); err != nil || reads != want {
				t.Errorf("%d reads, want %d; error %v", reads, want, err)
			}
		}
		look(1)
		look(1)
		time.Sleep(minRest + time.Second)
		look(2)
		f.resting = time.Time{} // it was served
		time.Sleep(minRest + time.Second)
		look(2)
		if _, err := f.next(t.Context(), true); err != nil || reads != 3 {
			t.Errorf("asked for, it was read %d times, error %v", reads, err)
		}
	})
}

// answered returns the answer to a message, or why there is none.
func answered(endpoint, message string) string {
	res, err := http.Post(endpoint, "application/json", strings.NewReader(message))
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return fmt.Sprint(res.Status, " ", string(body), " ", err)
	}
	return string(body)
}

// simpleTool returns the name of a tool that needs no argument.
func simpleTool(t *testing.T, endpoint string) string {
	var message struct {
		Result struct {
			Tools []struct {
				Name        string
				InputSchema struct{ Required []string }
				Annotations struct{ ReadOnlyHint bool }
			}
		}
	}
	if err := json.Unmarshal([]byte(answered(endpoint, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)), &message); err != nil {
		t.Error(err)
	}
	for _, tool := range message.Result.Tools {
		if len(tool.InputSchema.Required) == 0 && tool.Annotations.ReadOnlyHint {
			return tool.Name
		}
	}
	t.Errorf("%s: no tool without required arguments", endpoint)
	return ""
}

// memory returns a line of what the system knows of a process, where it says so.
func memory(t *testing.T, pid int, key string) string {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "(not known here)"
	}
	if m := regexp.MustCompile(key + `:\s*(.*)`).FindStringSubmatch(string(data)); m != nil {
		return m[1]
	}
	return "(not known here)"
}

// startConfig runs mcpmount with a configuration, and returns the first URL that
// it serves and the lines of its log after that, without those of calls, of which
// there may be more than are read.
func startConfig(t *testing.T, file string) (*exec.Cmd, string, <-chan string) {
	t.Helper()
	process := exec.CommandContext(t.Context(), "mcpmount", "serve", "--config", file)
	stderr, err := process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
			if line := scanner.Text(); !strings.Contains(line, " msg=call ") {
				lines <- line
			}
		}
	}()
	endpoint := ""
	for line := range lines {
		if endpoint == "" {
			endpoint = regexp.MustCompile(`http://127\.0\.0\.1:\d+/mcp/\w+`).FindString(line)
		}
		if strings.HasPrefix(line, "mcpmount: for a client: ") { // the last line
			return process, endpoint, lines
		}
	}
	t.Fatal("the process ended")
	return nil, "", nil
}

// At SIGTERM the calls of all APIs finish.
func TestSIGTERMOfSeveralAPIs(t *testing.T) {
	called, release := make(chan struct{}, 2), make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		called <- struct{}{}
		<-release
		io.WriteString(w, "late but there")
	}))
	defer backend.Close()
	file := writeConfig(t, fmt.Sprintf("listen: 127.0.0.1:0\nshutdown-timeout: 30s\ndefaults: {upstream: %q}\napis: {a: {document: api.yaml}, b: {document: api.yaml}}\n", backend.URL))
	replaceFile(t, filepath.Join(filepath.Dir(file), "api.yaml"), minimal)
	process, endpoint, log := startConfig(t, file)
	answers := make(chan string, 2)
	for _, url := range []string{endpoint, strings.TrimSuffix(endpoint, "a") + "b"} {
		go func() {
			answers <- answered(url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getX"}}`)
		}()
	}
	<-called
	<-called
	terminate(t, process)
	until(t, log, "shutting down")
	close(release)
	for range 2 {
		if got := <-answers; !strings.Contains(got, "late but there") {
			t.Errorf("a call got %s", got)
		}
	}
	for range log { // until the process has ended
	}
	if err := process.Wait(); err != nil {
		t.Error(err)
	}
}
