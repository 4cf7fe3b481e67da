package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A faultyAPI does to each request what its path says.
type faultyAPI struct {
	down     atomic.Bool // whether it resets every connection
	requests atomic.Int64
	arrived  chan struct{} // an element for each request to /silent
	odd      atomic.Int64
}

// document returns the document of f, with two operations for each path.
func (f *faultyAPI) document() string {
	var paths []string
	for _, name := range strings.Fields("ok silent drip half chunked reset flapping limited later busy") {
		paths = append(paths, fmt.Sprintf(`"/%[1]s":{"get":{"operationId":"%[1]s"},"post":{"operationId":"%[1]s_post"}}`, name))
	}
	return `{"openapi":"3.1.0","info":{"title":"Faulty","version":"1"},"paths":{` + strings.Join(paths, ",") + `}}`
}

func (f *faultyAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.requests.Add(1)
	if f.down.Load() {
		raw(w, "")
		return
	}
	switch r.URL.Path {
	case "/ok":
		io.WriteString(w, "fine")
	case "/silent":
		f.arrived <- struct{}{}
		<-r.Context().Done()
	case "/drip":
		w.Header().Set("Content-Length", "1000000")
		for tick := time.NewTicker(10 * time.Millisecond); r.Context().Err() == nil; <-tick.C {
			io.WriteString(w, "x")
			http.NewResponseController(w).Flush()
		}
	case "/half":
		raw(w, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nthe first half")
	case "/chunked":
		raw(w, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\nA\r\nthe first \r\n")
	case "/reset":
		raw(w, "")
	case "/flapping":
		if f.odd.Add(1)%2 == 1 {
			raw(w, "")
			return
		}
		io.WriteString(w, "fine")
	case "/limited":
		if f.odd.Add(1)%2 == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		io.WriteString(w, "fine")
	case "/later":
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	case "/busy":
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// raw writes a response as it is and ends the connection, with a reset if there is
// nothing to write.
func raw(w http.ResponseWriter, text string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	if text == "" {
		_ = conn.(*net.TCPConn).SetLinger(0)
	}
	io.WriteString(conn, text)
}

// A toolCaller calls tools of one API.
type toolCaller struct {
	t        *testing.T
	endpoint string
}

// call returns the text of a result, and how long it took.
func (c toolCaller) call(tool string) (text string, isError bool, took time.Duration) {
	start := time.Now()
	got := answered(c.endpoint, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`","arguments":{}}}`)
	took = time.Since(start)
	var message struct {
		Result *struct {
			Content []struct{ Text string }
			IsError bool
		}
	}
	if err := json.Unmarshal([]byte(got), &message); err != nil || message.Result == nil {
		return got, true, took
	}
	var texts []string
	for _, content := range message.Result.Content {
		texts = append(texts, content.Text)
	}
	return strings.Join(texts, "\n"), message.Result.IsError, took
}

// expect calls a tool, and wants a text and an end within a time.
func (c toolCaller) expect(tool, want string, isError bool, atLeast, within time.Duration) {
	c.t.Helper()
	text, failed, took := c.call(tool)
	if text != want || failed != isError {
		c.t.Errorf("%s: error %t, %q, want %q", tool, failed, text, want)
	}
	if took < atLeast || took > within {
		c.t.Errorf("%s took %v, not %v to %v", tool, took, atLeast, within)
	}
	c.t.Logf("%-9s %7v  %s", tool, took.Round(time.Millisecond), strings.ReplaceAll(text, "\n", " / "))
}

// An API does everything wrong that there is. Its calls end in time with errors that
// say what happened; while it fails it is left alone; and the other API of the process
// does not notice.
func TestServeFaultyAPI(t *testing.T) {
	faulty := &faultyAPI{arrived: make(chan struct{}, 100)}
	backend := httptest.NewServer(faulty)
	t.Cleanup(backend.Close)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "fine") }))
	t.Cleanup(other.Close)
	config := writeConfig(t, fmt.Sprintf("listen: 127.0.0.1:0\naccess-log: false\ndefaults: {timeout: 400ms, breaker-pause: 500ms}\napis:\n"+
		"  bad: {document: api.json, upstream: %q, operation-timeout: {limited: 5s, drip: 600ms}, max-api-requests: 8}\n"+
		"  good: {document: api.json, upstream: %q, timeout: 30s}\n", backend.URL, other.URL))
	replaceFile(t, filepath.Join(filepath.Dir(config), "api.json"), faulty.document())
	process, endpoint, log := startConfig(t, config)
	bad := toolCaller{t, endpoint}
	good := toolCaller{t, strings.TrimSuffix(endpoint, "bad") + "good"}

	// Somebody calls the other API all the time.
	stop, calls, slowest := make(chan struct{}), 0, time.Duration(0)
	var caller sync.WaitGroup
	caller.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			text, _, took := good.call("ok")
			if text != "fine" {
				t.Errorf("the other API: %s", text)
				return
			}
			calls, slowest = calls+1, max(slowest, took)
		}
	})

	const (
		soon    = 2 * time.Second // for a machine that is busy
		more    = "; the operator can allow more time (Operation.Timeout, x-mcp.timeout in the document, --timeout)"
		unknown = "; what was asked for may have happened all the same"
		closed  = "the API closed the connection before it answered"
	)
	for _, tt := range []struct {
		tool, want      string
		isError         bool
		atLeast, within time.Duration
	}{
		{"silent", "the API did not answer within 400ms" + more, true, 400 * time.Millisecond, 400*time.Millisecond + soon},
		{"silent_post", "the API did not answer within 400ms" + more + unknown, true, 400 * time.Millisecond, 400*time.Millisecond + soon},
		{"half", "the first half\nthe response ended before it was complete", true, 0, soon},
		{"chunked", "the first \nthe response ended before it was complete", true, 0, soon},
		{"reset", closed, true, 0, soon},
		{"reset_post", closed + unknown, true, 0, soon},
		{"flapping", "fine", false, 0, soon},
		{"limited", "fine", false, time.Second, time.Second + soon},
		{"limited_post", "HTTP 429 Too Many Requests\nretry after 1 seconds", true, 0, time.Second},
		{"later", "HTTP 429 Too Many Requests\nretry after 3600 seconds", true, 0, soon},
		{"busy", "HTTP 503 Service Unavailable", true, 0, soon},
	} {
		bad.expect(tt.tool, tt.want, tt.isError, tt.atLeast, tt.within)
		bad.expect("ok", "fine", false, 0, soon)
	}
	text, failed, took := bad.call("drip")
	if !failed || !strings.HasPrefix(text, "xx") || !strings.HasSuffix(text, "the response was cut after 600ms"+more) || took > 600*time.Millisecond+soon {
		t.Errorf("drip: error %t after %v: %s", failed, took, text)
	}
	bad.expect("ok", "fine", false, 0, soon)

	// An outage: the breaker opens, and nothing is sent.
	health := strings.TrimSuffix(endpoint, "/mcp/bad") + readyPath
	checkDegraded(t, health, false)
	faulty.down.Store(true)
	const left = "the API failed 5 times in a row and is left alone for a while; nothing was sent. Try again in 1 s."
	for text = ""; text != left; text, _, _ = bad.call("reset_post") {
		if text != "" && text != closed+unknown {
			t.Fatalf("while the API is down: %s", text)
		}
	}
	until(t, log, `msg="the API fails and is not called for a while"`)
	checkDegraded(t, health, true)

	// Its end: one request finds out, then all pass.
	faulty.down.Store(false)
	before := faulty.requests.Load()
	deadline := time.Now().Add(20 * time.Second)
	for text != "fine" && time.Now().Before(deadline) {
		if text, _, _ = bad.call("ok"); text != "fine" && text != left {
			t.Fatalf("after the outage: %s", text)
		}
	}
	if got := faulty.requests.Load() - before; got != 1 {
		t.Errorf("there were %d requests before one was answered", got)
	}
	until(t, log, `msg="the API answers again"`)
	checkDegraded(t, health, false)

	// More calls that hang than the API may have: they end, and the other one goes on.
	results := make(chan string, 40)
	for range cap(results) {
		go func() { text, _, _ := bad.call("silent"); results <- text }()
	}
	for range 8 {
		<-faulty.arrived
	}
	good.expect("ok", "fine", false, 0, soon)
	kinds := map[string]int{}
	for range cap(results) {
		text := <-results
		if i := strings.IndexAny(text, ",;"); i > 0 {
			text = text[:i]
		}
		kinds[text]++
	}
	t.Logf("%d calls at a time: %v", cap(results), kinds)
	for kind := range kinds {
		switch kind {
		case "the API did not answer within 400ms", "the API has 8 requests under way", "the API failed 5 times in a row and is left alone for a while":
		case "the API cannot be reached: no connection was made in time": // on a machine that is busy
		default:
			t.Errorf("a call got %s", kind)
		}
	}
	close(stop)
	caller.Wait()
	t.Logf("the other API answered %d calls, the slowest in %v", calls, slowest)
	if calls < 100 || slowest > soon {
		t.Errorf("the other API noticed: %d calls, the slowest took %v", calls, slowest)
	}
	terminate(t, process)
	for range log { // until the process has ended
	}
	if err := process.Wait(); err != nil {
		t.Error(err)
	}
}

// checkDegraded checks what the process says of its health: it is ready, whether or
// not the API that fails is left alone.
func checkDegraded(t *testing.T, url string, want bool) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var status struct {
		OK, Degraded bool
		APIs         map[string]struct{ OK, Degraded bool }
	}
	if err := json.NewDecoder(res.Body).Decode(&status); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || !status.OK || !status.APIs["bad"].OK {
		t.Errorf("the process is not ready: %d, %+v", res.StatusCode, status)
	}
	if status.Degraded != want || status.APIs["bad"].Degraded != want || status.APIs["good"].Degraded {
		t.Errorf("the health is %+v, want degraded %t", status, want)
	}
}
