package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The flags reach the server: a line for each call, and a limit.
func TestAccessLog(t *testing.T) {
	var log bytes.Buffer
	process := &processKeys{}
	a := &api{apiSettings: &apiSettings{}, process: process, log: slog.New(slog.NewTextHandler(&log, nil))}
	a.keys.MaxCalls, a.keys.MaxCallsPerCaller, a.keys.CallsPerMinute = 1, 1, 1
	a.keys.Upstream = "http://127.0.0.1:9"
	a.src = sourceOf(t, `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{"/a":{"get":{"operationId":"a","responses":{}}}}}`)
	var err error
	if a.upstream, err = a.keys.connect(a.src, nil, nil, &terminal{stderr: &log}, a.log); err != nil {
		t.Fatal(err)
	}
	srv, err := a.newServer(&terminal{stderr: &log})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/mcp",
			strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":"hunter2"}}}`))
		r.Header.Set("Content-Type", "application/json")
		srv.ServeHTTP(httptest.NewRecorder(), r)
	}
	for _, want := range []string{
		`msg=call method=tools/call name=a principal="" status=refused reason=arguments duration=`,
		`msg=call method=tools/call name=a principal="" status=refused reason=limit duration=`,
		"remote=192.0.2.1:1234",
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("there is no %s in\n%s", want, &log)
		}
	}
	if strings.Contains(log.String(), "hunter2") {
		t.Errorf("the log has arguments:\n%s", &log)
	}
}

// The access log is there unless it is turned off, in the format of the log.
func TestAccessLogByDefault(t *testing.T) {
	backend := newMoody(t)
	folder := t.TempDir()
	document := filepath.Join(folder, "api.yaml")
	replaceFile(t, document, strings.Replace(watchedEntry, "API", backend.URL, 1))
	replaceFile(t, filepath.Join(folder, "parts.yaml"), watchedPart)
	file := filepath.Join(folder, "mcpmount.yaml")
	replaceFile(t, file, "{listen: '127.0.0.1:0', access-log: false, apis: {crm: {document: api.yaml}}}")
	const trace = "0af7651916cd43dd8448eb211c80319c"
	for _, tt := range []struct {
		args []string
		want string // a pattern
	}{
		{[]string{"--listen", "127.0.0.1:0", document},
			`level=INFO msg=call method=tools/call name=createOrder principal=credentials-[0-9a-f]{8} status=ok http_status=200 duration=\S+ argument_bytes=20 result_bytes=2 remote=127\.0\.0\.1:\d+ trace_id=` + trace},
		{[]string{"--listen", "127.0.0.1:0", "--log-format", "json", document},
			`"msg":"call","method":"tools/call","name":"createOrder","principal":"credentials-[0-9a-f]{8}","status":"ok","http_status":200,"duration":\d+,"argument_bytes":20,"result_bytes":2,"remote":"[0-9.:]+","trace_id":"` + trace + `"\}`},
		{[]string{"--listen", "127.0.0.1:0", "--access-log=false", document}, ""},
		{[]string{"--listen", "127.0.0.1:0", "--log-level", "warn", document}, ""},
		{[]string{"--config", file}, ""},
		{[]string{"--config", file, "--access-log"}, `msg=call api=crm method=tools/call`},
	} {
		told, stderr := io.Pipe()
		reader := bufio.NewReader(told)
		done := make(chan int, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			done <- run(ctx, append([]string{"serve"}, tt.args...), strings.NewReader(""), io.Discard, stderr, environment)
			stderr.Close()
		}()
		endpoint, _ := firstURL(reader)
		rest := make(chan string, 1)
		go func() {
			data, _ := io.ReadAll(reader)
			rest <- string(data)
		}()
		r, err := http.NewRequestWithContext(t.Context(), "POST", strings.Trim(endpoint, `"`),
			strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"createOrder","arguments":{"item":"swordfish"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Content-Type": {"application/json"}, "Traceparent": {"00-" + trace + "-b7ad6b7169203331-01"}, "Authorization": {"Bearer s3cr3t-key"}}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		cancel()
		if code := <-done; code != exitOK {
			t.Errorf("%q: exit code %d", tt.args, code)
		}
		log := <-rest
		found := regexp.MustCompile(tt.want).FindString(log)
		if tt.want == "" && strings.Contains(log, "createOrder") || tt.want != "" && found == "" ||
			strings.Contains(log, "swordfish") || strings.Contains(log, "s3cr3t") {
			t.Errorf("%q: want %s in\n%s", tt.args, tt.want, strings.ReplaceAll(log, "s3cr3t", "***"))
		}
	}
}

// A client on stdio that does not read standard error is not kept waiting by lines about
// its calls, unless somebody asks for them.
func TestAccessLogOnStdio(t *testing.T) {
	document := filepath.Join(t.TempDir(), "api.json")
	replaceFile(t, document, strings.Replace(minimal, `"paths"`, `"servers": [{"url": "http://127.0.0.1:9"}], "paths"`, 1))
	const messages = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"nothing"}}
`
	for flag, want := range map[string]int{"--stdio": 0, "--access-log": 1} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{"serve", "--stdio", flag, document}, strings.NewReader(messages), &stdout, &stderr, environment); code != exitOK {
			t.Errorf("exit code %d", code)
		}
		if got := strings.Count(stderr.String(), "msg=call "); got != want || !strings.Contains(stdout.String(), `unknown tool`) {
			t.Errorf("%s: %d lines, want %d; stdout %s", flag, got, want, &stdout)
		}
	}
}
