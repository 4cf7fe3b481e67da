package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthCommand(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != readyPath {
				status = http.StatusNotFound
			}
			w.WriteHeader(status)
			w.Write([]byte(body))
		}
	}
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	tests := []struct {
		name    string
		handler http.HandlerFunc
		code    int
		told    string
	}{
		{"ready", answer(200, `{"ok":true,"tools":3}`), exitOK, `{"ok":true,"tools":3}`},
		{"draining", answer(503, `{"ok":false,"tools":3}`), exitFailure, "not ready: status 503"},
		{"not ok", answer(200, `{"ok":false}`), exitFailure, "not ready"},
		{"something else", answer(200, "<html>"), exitFailure, "not where a server of mcpmount"},
		{"an API", answer(200, `{"tools":3}`), exitFailure, "not where a server of mcpmount"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, exitFailure, "status 302"},
		{"silence", silent, exitFailure, "deadline exceeded"},
	}
	for _, tt := range tests {
		for _, start := range []func(http.Handler) *httptest.Server{httptest.NewServer, httptest.NewTLSServer} {
			srv := start(tt.handler)
			timeout := "--timeout=10s"
			if tt.name == "silence" {
				timeout = "--timeout=50ms"
			}
			var out strings.Builder
			if code := run(t.Context(), []string{"health", srv.URL + readyPath, timeout}, nil, &out, &out, nil); code != tt.code || !strings.Contains(out.String(), tt.told) {
				t.Errorf("%s: exit code %d, %s", tt.name, code, &out)
			}
			srv.Close()
		}
	}
}

func TestHealthCommandMisuse(t *testing.T) {
	for _, args := range []string{"health localhost:8080", "health file:///etc/passwd", "health --timeout 0s", "health http://a:b@127.0.0.1/"} {
		var out strings.Builder
		if code := run(t.Context(), strings.Fields(args), nil, &out, &out, nil); code != exitUsage {
			t.Errorf("%s: exit code %d, %s", args, code, &out)
		}
	}
}
