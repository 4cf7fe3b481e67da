package mcpmount_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// TestParity checks that what docs/parity.md names is there: each row of its
// tables has a proof or says why it does not apply, each proof is a test
// function or a behaviour, and each behaviour is named by exactly the rows that
// its comment claims.
func TestParity(t *testing.T) {
	page, err := os.ReadFile("docs/parity.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testFunctions(t)
	claims := behaviourClaims(t)
	named := map[string][]string{}
	seen := map[string]bool{}
	for line := range strings.SplitSeq(string(page), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) == 1 || strings.TrimSpace(cells[1]) == "row" || strings.HasPrefix(cells[1], "---") {
			continue
		}
		row := strings.TrimSpace(cells[1])
		if len(cells) != 6 || !rowPattern.MatchString(row) {
			t.Fatalf("%q is not a row with a number and four columns", line)
		}
		if seen[row] {
			t.Errorf("row %s is there twice", row)
		}
		seen[row] = true
		proofs := proofPattern.FindAllStringSubmatch(cells[4], -1)
		if len(proofs) == 0 && !strings.Contains(cells[3], "Not applicable") {
			t.Errorf("row %s has no proof, and does not say that it is not applicable", row)
		}
		for _, proof := range proofs {
			name := proof[1]
			_, isBehaviour := claims[name]
			if !isBehaviour && !tests[name] {
				t.Errorf("row %s: there is no test %q", row, name)
			}
			if isBehaviour {
				named[name] = append(named[name], row)
			}
		}
	}
	if len(seen) == 0 {
		t.Error("no row was found")
	}
	for name, rows := range claims {
		slices.Sort(named[name])
		if diff := cmp.Diff(named[name], rows); diff != "" {
			t.Errorf("rows that name %s (-) and that it claims (+):\n%s", name, diff)
		}
	}
}

var (
	rowPattern   = regexp.MustCompile(`^[A-Z]\d*\.?\d+$`)
	proofPattern = regexp.MustCompile("`([^`]+)`")
	claimPattern = regexp.MustCompile(`(?m)^Parity: (.+)$`)
	testPattern  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// behaviourClaims returns the rows that each behaviour says it answers.
func behaviourClaims(t *testing.T) map[string][]string {
	t.Helper()
	claims := map[string][]string{}
	for name, data := range readAll(t, "testdata/behaviour/*.txtar") {
		comment, _, _ := strings.Cut(string(data), "\n-- ")
		var rows []string
		for _, m := range claimPattern.FindAllStringSubmatch(comment, -1) {
			rows = append(rows, strings.Fields(m[1])...)
		}
		slices.Sort(rows)
		claims[strings.TrimSuffix(filepath.Base(name), ".txtar")] = rows
	}
	return claims
}

// testFunctions returns the names of the tests of the module.
func testFunctions(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, pattern := range []string{"*_test.go", "cmd/mcpmount/*_test.go", "internal/*/*_test.go"} {
		for _, data := range readAll(t, pattern) {
			for _, m := range testPattern.FindAllSubmatch(data, -1) {
				names[string(m[1])] = true
			}
		}
	}
	return names
}

func readAll(t *testing.T, pattern string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	contents := map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		contents[file] = data
	}
	return contents
}

// What cannot be a behaviour is refused, so that a slip of the pen is no test that
// cannot fail.
func TestReadBehaviour(t *testing.T) {
	const document = "-- openapi.yaml --\nopenapi: 3.1.0\n"
	const call = "-- 1/call.json --\n{\"name\": \"x\"}\n"
	tests := []struct{ name, file, want string }{
		{"sound", "About.\n" + document + call + "-- 1/request --\n-- 1/result.json --\n", ""},
		{"no comment", document + call, "comment"},
		{"no document", "About.\n" + call, "openapi"},
		{"two documents", "About.\n" + document + "-- openapi.json --\n{}\n" + call, "openapi"},
		{"misspelled section", "About.\n" + document + call + "-- 1/requests --\n", `"1/requests"`},
		{"section twice", "About.\n" + document + call + call, "twice"},
		{"gap", "About.\n" + document + call + "-- 3/call.json --\n{\"name\": \"x\"}\n", `"3/call.json" belongs to no call`},
		{"golden without a call", "About.\n" + document + call + "-- 2/request --\n", `"2/request" belongs to no call`},
		{"nothing shown", "About.\n" + document, "nothing is shown"},
		{"unknown option", "About.\n" + document + call + "-- options.json --\n{\"Option\": 1}\n", "Option"},
		{"unknown field of a call", "About.\n" + document + "-- 1/call.json --\n{\"name\": \"x\", \"args\": {}}\n", "args"},
		{"call of nothing", "About.\n" + document + "-- 1/call.json --\n{}\n", "give a name"},
		{"option without effect", "About.\n" + document + call + "-- options.json --\n{\"Tools\": [\"name\"]}\n", "tools.json"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readBehaviour("x", []byte(tt.file))
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("readBehaviour = %v, want %q", err, tt.want)
			}
		})
	}
}

// What the HTTP client of an upstream adds is on every request, whatever the
// caller sent.
func TestUpstreamClientDefaults(t *testing.T) {
	app := newNotesAPI()
	api := httptest.NewServer(app)
	t.Cleanup(api.Close)
	client := headerTransport{"Authorization": {"Bearer own"}, "X-Tenant": {"own"}, "Cookie": {"a=b"}}
	transport, err := mcpmount.Upstream(api.URL, client)
	if err != nil {
		t.Fatal(err)
	}
	doc := parse(t, notesSpec)
	doc.Operation("whoami").Kind = mcpmount.KindResource
	srv, err := mcpmount.New(doc, transport, &mcpmount.Options{Info: mcp.Implementation{Name: "n"}, ForwardHeaders: []string{"X-Tenant"}})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	for _, e := range eras {
		session := e.connect(t, ts.URL, http.Header{"X-Tenant": {"caller's"}, "Authorization": {"Bearer caller's"}}, nil)
		res, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "api://n/whoami"})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"authorization":"Bearer own"`, `"tenant":"own"`, `"cookie":"a=b"`} {
			if got := res.Contents[0].Text; !strings.Contains(got, want) {
				t.Errorf("%s: the API saw %s, want %s", e.name, got, want)
			}
		}
	}
}

// A log at its most talkative holds no credentials and no arguments.
func TestLogsHoldNoSecrets(t *testing.T) {
	var mu sync.Mutex
	var log bytes.Buffer
	writer := writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return log.Write(p)
	})
	logger := slog.New(slog.NewTextHandler(writer, &slog.HandlerOptions{Level: slog.LevelDebug}))
	_, _, ts := serve(t, &mcpmount.Options{Logger: logger, ForwardHeaders: []string{"X-Api-Key"}})
	secrets := http.Header{"Authorization": {"Bearer s3cr3t-token"}, "Cookie": {"session=s3cr3t-cookie"}, "X-Api-Key": {"s3cr3t-key"}}
	session := eras[0].connect(t, ts.URL+"/mcp", secrets, nil)
	call(t, session, "createNote", map[string]any{"text": "s3cr3t-argument"})
	call(t, session, "getNote", map[string]any{"id": "missing"})
	call(t, session, "panic", nil)
	mu.Lock()
	defer mu.Unlock()
	if !strings.Contains(log.String(), "boom") {
		t.Fatalf("the panic is not in the log:\n%s", &log)
	}
	if strings.Contains(log.String(), "s3cr3t") {
		t.Errorf("the log has a secret:\n%s", &log)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// A server is whole from its first request on, however many come at once.
func TestFirstRequestsAtOnce(t *testing.T) {
	srv, err := mcpmount.New(nil, mcpmount.InProcess(newNotesAPI()), &mcpmount.Options{
		Info:   mcp.Implementation{Name: "n"},
		Logger: slog.New(slog.DiscardHandler),
		Source: func(context.Context) ([]byte, error) { return []byte(notesSpec), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", strings.NewReader(`{"jsonrpc":"2.0","method":"tools/list","id":1}`))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			srv.ServeHTTP(w, r)
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"getNote"`) {
				t.Errorf("%d %.100s", w.Code, w.Body)
			}
		})
	}
	wg.Wait()
}

// A message of HTTP with SSE is refused where it was posted, and the stream it was
// meant for goes on.
func TestSSEMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSSE(t, newNotesServer(t, http.NotFound, nil))
		endpoint := c.endpoint
		path, _, _ := strings.Cut(endpoint, "?")
		ping := `{"jsonrpc":"2.0","id":7,"method":"ping"}`
		for _, tt := range []struct {
			name, endpoint, body string
			want                 int
		}{
			{"no session", path, ping, http.StatusMethodNotAllowed},
			{"a session that is none", path + "?sessionid=../x", ping, http.StatusNotFound},
			{"not JSON", endpoint, `{"jsonrpc":`, http.StatusBadRequest},
			{"not JSON-RPC", endpoint, `{"hello":1}`, http.StatusBadRequest},
			{"sound", endpoint, ping, http.StatusAccepted},
		} {
			c.endpoint = tt.endpoint
			if w := c.post(tt.body); w.Code != tt.want {
				t.Errorf("%s: %d %s, want %d", tt.name, w.Code, w.Body, tt.want)
			}
		}
		if got := c.next(); !strings.Contains(got, `"id":7`) {
			t.Errorf("the stream has %s, want the answer to the sound message", got)
		}
	})
}
