package mcpmount_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount"
)

// Clients tell of a refusal by its status only. The operator, who can mend it, finds the
// host and the origin in the log: each once, whoever knocks, and not without bounds.
func TestRefusalsAreLogged(t *testing.T) {
	var log bytes.Buffer
	srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{
		PublicURL: "https://api.example.com/mcp", Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	knock := func(host, origin string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/mcp", nil)
		r.Host = host
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		srv.ServeHTTP(httptest.NewRecorder(), r)
	}
	knock("api.example.com", "https://api.example.com")
	if strings.Contains(log.String(), "refused") {
		t.Errorf("nothing was refused, but the log has\n%s", &log)
	}
	for _, host := range []string{"shop.example.com", "api.example.com", "evil.example"} {
		knock(host, "https://chat.example.com"+strings.Repeat("x", 1000))
	}
	for _, want := range []string{"host=shop.example.com", "PublicURL", "origin=https://chat.example.com", "AllowedOrigins"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, &log)
		}
	}
	if strings.Count(log.String(), "host refused") != 1 || strings.Count(log.String(), "origin refused") != 1 || log.Len() > 1000 {
		t.Errorf("the log has\n%s", &log)
	}
}
