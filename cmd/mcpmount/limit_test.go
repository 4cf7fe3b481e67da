package main

import (
	"net/http"
	"net/http/httptest"
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

func sourceOf(t *testing.T, spec string) *source {
	t.Helper()
	doc, err := parseDocument([]byte(spec), "test")
	if err != nil {
		t.Fatal(err)
	}
	return &source{doc: doc, name: "test"}
}
