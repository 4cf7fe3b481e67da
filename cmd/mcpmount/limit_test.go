package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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

// What a client may send in one message is for the operator to say.
func TestMaxRequestBytes(t *testing.T) {
	document := filepath.Join(t.TempDir(), "api.json")
	if err := os.WriteFile(document, []byte(minimal), 0o600); err != nil {
		t.Fatal(err)
	}
	message := `{"jsonrpc":"2.0","id":"` + strings.Repeat("x", 5<<20) + `","method":"ping"}`
	for bytes, want := range map[string]int{"": 413, "6291456": 200, "-1": 200, "1000": 413} {
		args := []string{"serve", "--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:9"}
		if bytes != "" {
			args = append(args, "--max-request-bytes", bytes)
		}
		endpoint := serveUntilEnd(t, append(args, document)...)
		res, err := http.Post(endpoint, "application/json", strings.NewReader(message))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != want || want == 413 && !strings.Contains(string(body), "--max-request-bytes") {
			t.Errorf("--max-request-bytes %s: %d %.300s, %v, want %d", bytes, res.StatusCode, body, err, want)
		}
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
