package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Behind a proxy, a client is where the proxy says, whatever the client itself
// claims; without one, the header means nothing.
func TestSeen(t *testing.T) {
	for _, tt := range []struct {
		proxy  bool
		values []string
		want   string
	}{
		{true, []string{"10.0.0.1, 198.51.100.7"}, "198.51.100.7:0"},
		{true, []string{"10.0.0.1", "2001:db8::1"}, "[2001:db8::1]:0"},
		{true, []string{"198.51.100.7, unknown"}, "192.0.2.1:1234"},
		{true, []string{""}, "192.0.2.1:1234"},
		{true, nil, "192.0.2.1:1234"},
		{false, []string{"198.51.100.7"}, "192.0.2.1:1234"},
	} {
		var got string
		flags := &listenFlags{BehindTLSProxy: tt.proxy}
		app := flags.seen(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/mcp", nil)
		r.Header["X-Forwarded-For"] = tt.values
		app.ServeHTTP(httptest.NewRecorder(), r)
		if got != tt.want {
			t.Errorf("proxy %t, %q: %s, want %s", tt.proxy, tt.values, got, tt.want)
		}
	}
}

// The flags reach the server: a line for each call, and a limit.
func TestAccessLog(t *testing.T) {
	var log bytes.Buffer
	process := &processKeys{}
	process.AccessLog = true
	a := &api{apiSettings: &apiSettings{}, process: process, log: slog.New(slog.NewTextHandler(&log, nil))}
	a.keys.MaxCalls, a.keys.MaxCallsPerCaller, a.keys.CallsPerMinute = 1, 1, 1
	a.keys.Upstream = "http://127.0.0.1:9"
	a.src = sourceOf(t, `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{"/a":{"get":{"operationId":"a","responses":{}}}}}`)
	var err error
	if a.upstream, err = a.keys.connect(a.src, nil, &terminal{stderr: &log}, a.log); err != nil {
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

func sourceOf(t *testing.T, spec string) *source {
	t.Helper()
	doc, err := parseDocument([]byte(spec), "test")
	if err != nil {
		t.Fatal(err)
	}
	return &source{doc: doc, name: "test"}
}
