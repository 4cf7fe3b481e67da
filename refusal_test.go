package mcpmount_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount"
)

// Whoever is refused is told what to do about it, in the words of who can.
func TestRefusalsNameARemedy(t *testing.T) {
	srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{
		Limits: mcpmount.Limits{MaxRequestBytes: 2 << 20}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	call := func(arguments string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getNote","arguments":` + arguments + `}}`
	}
	for _, tt := range []struct {
		name, body string
		header     http.Header
		status     int
		remedy     string
	}{
		{"size", call(`{"id":"` + strings.Repeat("x", 3<<20) + `"}`), nil, 413, "send less in one message"},
		{"values", call(`{"id":[` + strings.Repeat("1,", 200_000) + `1]}`), nil, 400, "line 1, column 400077: a message has at most 200000 values, 67 levels of them, and numbers of 1100 digits: send less"},
		{"depth", call(`{"id":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`), nil, 400, "67 levels"},
		{"digits", call(`{"id":1e9999}`), nil, 400, "1100 digits"},
		{"kept", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"a":"` + strings.Repeat("x", 17<<10) + `"}}`, nil, 400, "leave out of its params"},
		{"batch", `[]`, nil, 400, "1 to 128 messages: send others"},
		{"letters", `{"jsonrpc":"2.0","id":1,"Method":"ping"}`, nil, 400, "write it as the protocol does"},
		{"compressed", call(`{}`), http.Header{"Content-Encoding": {"gzip"}}, 415, "Content-Encoding: the body must not be compressed, send it as it is"},
		{"twice", call(`{}`), http.Header{"Mcp-Session-Id": {"a", "b"}}, 400, "one Mcp-Session-Id header at most: send it once"},
		{"version", call(`{}`), http.Header{"Mcp-Protocol-Version": {"1"}}, 400, "these are: 2026-07-28, 2025-11-25"},
		{"origin", call(`{}`), http.Header{"Origin": {"https://chat.example.com"}}, 403, `origin \"https://chat.example.com\" is not allowed; the operator can allow it (AllowedOrigins, --allow-origin)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", strings.NewReader(tt.body))
			r.Header.Set("Content-Type", "application/json")
			for name, values := range tt.header {
				r.Header[name] = values
			}
			w := httptest.NewRecorder()
			srv.ServeHTTP(w, r)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.remedy) {
				t.Errorf("%d %s, want %d with %s", w.Code, w.Body, tt.status, tt.remedy)
			}
		})
	}
}

// A client hears who can admit a larger message, and so does the operator, once: the bound is
// that of the server, or one that the app has for all requests.
func TestLargeMessageIsToldToBoth(t *testing.T) {
	for _, tt := range []struct {
		bound func(http.Handler) http.Handler
		limit int
		owner string
	}{
		{func(h http.Handler) http.Handler { return h }, 2000, "Limits.MaxRequestBytes, --max-request-bytes"},
		{func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 1000) }, 1000, "http.MaxBytesReader"},
	} {
		var log bytes.Buffer
		srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{
			Limits: mcpmount.Limits{MaxRequestBytes: 2000}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, length := range []int{3000, 4000} {
			body := io.MultiReader(strings.NewReader(`{"jsonrpc":"2.0","id":"`), strings.NewReader(strings.Repeat("x", length)), strings.NewReader(`","method":"ping"}`))
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", body) // whose length is not told
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			tt.bound(srv).ServeHTTP(w, r)
			if want := fmt.Sprintf("more than %d bytes", tt.limit); w.Code != 413 || !strings.Contains(w.Body.String(), want) || !strings.Contains(w.Body.String(), tt.owner) {
				t.Errorf("%d %s, want %s and %s", w.Code, w.Body, want, tt.owner)
			}
		}
		if said := fmt.Sprintf("limit=\"%d bytes (%s", tt.limit, tt.owner); strings.Count(log.String(), said) != 1 || strings.Count(log.String(), "level=WARN") != 1 {
			t.Errorf("want %s once in the log:\n%s", said, &log)
		}
	}
}
