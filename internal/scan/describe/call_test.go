package describe_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/internal/scan/describe"
)

// serveApps runs the apps, and returns their URLs by name.
func serveApps(t *testing.T) map[string]string {
	t.Helper()
	binary := t.TempDir() + "/serve"
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/serve")
	build.Dir = apps
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), binary)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
	urls := map[string]string{}
	lines := bufio.NewScanner(stdout)
	for len(urls) < 9 && lines.Scan() {
		if name, url, found := strings.Cut(lines.Text(), " "); found && strings.HasPrefix(url, "http://") {
			urls[name] = url
		}
	}
	go io.Copy(io.Discard, stdout) // what frameworks print
	return urls
}

// callTool calls a tool, and returns the text of the result and whether it is an error.
func callTool(t *testing.T, srv *mcpmount.Server, tool, arguments string) (text string, failed bool) {
	t.Helper()
	request := httptest.NewRequest(http.MethodPost, "http://localhost/mcp", strings.NewReader(
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`","arguments":`+arguments+`}}`))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	recorder := httptest.NewRecorder()
	srv.ServeHTTP(recorder, request)
	var message struct {
		Result struct {
			Content []struct{ Text string }
			IsError bool
		}
		Error *struct{ Message string }
	}
	body := recorder.Body.String()
	if i := strings.Index(body, "data: {"); i >= 0 {
		body = body[i+len("data: "):]
	}
	if err := json.Unmarshal([]byte(body), &message); err != nil {
		t.Fatalf("%s: %v: %s", tool, err, body)
	}
	if message.Error != nil {
		return message.Error.Message, true
	}
	for _, content := range message.Result.Content {
		text += content.Text
	}
	return text, message.Result.IsError
}

// Tools of scanned documents reach the handlers as they want to be called, and what comes back is
// what the documents say, down to the last property: else a strict server calls it an error. What
// the documents refuse does not reach the handlers.
func TestScannedToolsWork(t *testing.T) {
	const id = `"5f0c4a4e-6b7e-4c7e-9d3a-1f2e3d4c5b6a"`
	tests := []struct{ app, tool, arguments, want string }{
		{"netapp", "listItems", `{"limit":3,"status":"open","tag":["a","b"]}`, `"next":0`},
		{"netapp", "listItems", `{"limit":"many"}`, "error: limit"},
		{"netapp", "listItems", `{"status":"lost"}`, "error: status"},
		{"netapp", "createItem", `{"name":"Mug","kind":"small","count":1}`, `"name":"Mug"`},
		{"netapp", "createItem", `{"name":"M","kind":"small","count":1}`, "error: name"},
		{"netapp", "getItem", `{"id":` + id + `,"expand":true}`, `"status":"open"`},
		{"netapp", "getItem", `{"id":` + id + `}`, `"name":"Mug"`},
		{"netapp", "getItem", `{"id":"7"}`, "error: id"},
		{"netapp", "postOrders", `{"item":` + id + `,"count":2}`, `"count":2`},
		{"netapp", "getOrders", `{}`, "paid"},
		{"netapp", "login", `{"name":"a","password":"b"}`, ""},
		{"netapp", "login", `{"name":"a"}`, "error: password"},
		{"netapp", "since", `{"from":"2024-01-02T03:04:05Z","day":"2024-01-02"}`, "ok"},
		{"netapp", "since", `{"from":"2024-01-02T03:04:05Z"}`, "error: day"},
		{"netapp", "optional", `{"n":7}`, `"code":7`},
		{"netapp", "raw", `{"message":"hi"}`, `"message":"hi"`},
		{"netapp", "rpcCreate", `{"name":"Mug"}`, `"name":"Mug"`},
		{"chiapp", "chiappCreate", `{"name":"Mug","kind":"small","count":1}`, ""},
		{"chiapp", "chiappGet", `{"slug":"some-thing"}`, "article"},
		{"chiapp", "chiappGet", `{"slug":"Some"}`, "error: slug"},
		{"ginapp", "listItems", `{"page":2,"status":"open","tag":["a"],"order":"asc"}`, `"code":0`},
		{"ginapp", "listItems", `{"page":0}`, "error: page"},
		{"ginapp", "listItems", `{"order":"up"}`, "error: order"},
		{"ginapp", "createItem", `{"name":"Mug","kind":"small","count":1}`, `"name":"Mug"`},
		{"ginapp", "getItem", `{"id":3}`, `"id": 3`},
		{"ginapp", "search", `{"q":"x","id":["1","2"]}`, `"next":0`},
		{"ginapp", "search", `{}`, "error: q"},
		{"ginapp", "addPhoto", `{"id":3,"file":{"text":"abc","filename":"a.txt"}}`, `"size":3`},
		{"ginapp", "addPhoto", `{"id":3}`, "error: file"},
		{"ginapp", "setNote", `{"id":"3","dry":"yes"}`, `"dry":true`},
		{"ginapp", "patchItem", `{"id":3,"body":{"a":1}}`, `"a":1`},
		{"ginapp", "ginappCreate", `{"name":"Mug","kind":"small","count":1}`, `"name":"Mug"`},
		{"echo4app", "echo4appList", `{"shop":"x","page":2}`, `"page":2`},
		{"echo4app", "hello", `{"name":"Ann"}`, "hello Ann"},
		{"echo4app", "hello", `{}`, "error: name"},
		{"echo4app", "setLimit", `{"limit":3}`, "3"},
		{"echo4app", "setLimit", `{}`, "error: limit"},
		{"echo4app", "subscribe", `{"mail":"a@example.com"}`, ""},
		{"echo5app", "echo5appList", `{"shop":"x","page":2}`, `"page":2`},
		{"echo5app", "typedQuery", `{"page":2}`, `"next":12`},
		{"fiber2app", "fiber2appList", `{"page":2}`, `"page":2`},
		{"fiber2app", "fiber2appCreate", `{"name":"Mug","kind":"small","count":1}`, `"name":"Mug"`},
		{"fiber2app", "greet", `{"n":1,"name":"Ann"}`, "hello Ann"},
		{"fiber2app", "fiber2appRemove", `{"id":"1","sure":"yes"}`, ""},
		{"fiber2app", "fiber2appRemove", `{"id":"1"}`, "error: sure"},
		{"fiber3app", "fiber3appUpdate", `{"id":1,"dry":true,"name":"x"}`, ""},
		{"fiber3app", "fiber3appGet", `{"id":1}`, "paid"},
		{"gorillaapp", "gorillaappGet", `{"id":"12"}`, "paid"},
		{"gorillaapp", "gorillaappGet", `{"id":"x"}`, "error: id"},
	}
	urls := serveApps(t)
	servers := map[string]*mcpmount.Server{}
	for _, tt := range tests {
		srv := servers[tt.app]
		if srv == nil {
			srv = strictServer(t, tt.app, urls[tt.app], nil)
			servers[tt.app] = srv
		}
		text, failed := callTool(t, srv, tt.tool, tt.arguments)
		want, refused := strings.CutPrefix(tt.want, "error: ")
		if failed != refused || !strings.Contains(text, want) {
			t.Errorf("%s: %s %s = %q, failed: %t; want %q", tt.app, tt.tool, tt.arguments, text, failed, tt.want)
		}
	}
}

// What middleware checks is a security scheme: its credentials reach the app, and what needs others is
// not called.
func TestScannedKeysWork(t *testing.T) {
	url := serveApps(t)["keysapp"]
	none := strictServer(t, "keysapp", url, nil)
	some := strictServer(t, "keysapp", url, mcpmount.StaticCredentials(map[string]mcpmount.Credential{
		"X-Api-Key": {Secret: "key"}, "basicAuth": {User: "user", Secret: "pass"}, "key-query": {Secret: "key"}}))
	for _, tt := range []struct {
		srv        *mcpmount.Server
		tool, want string
	}{
		{none, "getEchoOpen", "true"},
		{none, "getEchoKeyedOne", "error: missing key in request header"},
		{some, "getEchoKeyedOne", "true"},
		{none, "getEchoKeyedBoth", "error: missing key in request header"},
		{some, "getEchoKeyedBoth", "true"},
		{none, "getEchoEitherAfter", "error: missing key"},
		{some, "getEchoEitherAfter", "true"},
		{none, "getEchoEitherBefore", "true"},
		{some, "getEchoBearer", "error: bearerAuth"},
		{some, "getEchoSkipped", "true"},
	} {
		text, failed := callTool(t, tt.srv, tt.tool, "{}")
		want, refused := strings.CutPrefix(tt.want, "error: ")
		if failed != refused || !strings.Contains(text, want) {
			t.Errorf("%s = %q, failed: %t; want %q", tt.tool, text, failed, tt.want)
		}
	}
}

// strictServer returns a server of the document of an app, which is at a URL.
func strictServer(t *testing.T, name, url string, credentials mcpmount.Credentials) *mcpmount.Server {
	t.Helper()
	doc, err := mcpmount.ParseOpenAPI(describeApp(t, name).Document(describe.Info{Title: name}).JSON())
	if err != nil {
		t.Fatal(err)
	}
	api, err := mcpmount.Upstream(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	srv, err := mcpmount.New(doc, api, &mcpmount.Options{OutputSchemas: mcpmount.OutputSchemasStrict, Credentials: credentials})
	if err != nil {
		t.Fatal(err)
	}
	return srv
}
