package mcpmount_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcpmount/mcpmount"
)

// FuzzDoor posts any bytes as a message, in every era: the answer is JSON-RPC,
// and the API hears of no more than the calls that a strict reader finds.
func FuzzDoor(f *testing.F) {
	for _, body := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getNote","arguments":{"id":"7"}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","Method":"ping","params":{"name":"getNote","arguments":{"id":"7"}}}`,
		`[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"tools/call","params":{"name":"whoami"}}]`,
		`{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"whoami","arguments":null}}`,
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"progressToken":1}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true}}}`,
		`{"jsonrpc":"2.0","id":1,"result":{}}`, `{"id":`, `[]`, "\xff\xfe", ``,
	} {
		f.Add([]byte(body), byte(0))
		f.Add([]byte(body), byte(1))
	}
	versions := []string{"", "2026-07-28", "2025-11-25", "2025-03-26", "2020-01-01"}
	var calls atomic.Int32
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusNoContent)
	})
	srv, err := mcpmount.New(parse(f, notesSpec), mcpmount.InProcess(api), &mcpmount.Options{
		Logger: slog.New(slog.DiscardHandler), Limits: mcpmount.Limits{MaxSessions: 4},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte, version byte) {
		calls.Store(0)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // some messages open streams
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/mcp", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		if v := versions[int(version)%len(versions)]; v != "" {
			r.Header.Set("Mcp-Protocol-Version", v)
		}
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		if wanted := callsIn(body); int(calls.Load()) > wanted {
			t.Errorf("the API was called %d times for %d calls in %q", calls.Load(), wanted, body)
		}
		for _, message := range answers(t, w) {
			if !isJSONRPC(message) {
				t.Errorf("%d %q for %q is not JSON-RPC", w.Code, message, body)
			}
		}
	})
}

// callsIn counts the messages of a body that ask for the API.
func callsIn(body []byte) (n int) {
	var batch []json.RawMessage
	if json.Unmarshal(body, &batch) != nil {
		batch = []json.RawMessage{body}
	}
	for _, raw := range batch {
		var fields map[string]any // keys are exact
		if json.Unmarshal(raw, &fields) != nil || fields["jsonrpc"] != "2.0" || fields["method"] != "tools/call" {
			continue
		}
		if params, ok := fields["params"].(map[string]any); ok && params["name"] != nil {
			n++
		}
	}
	return n
}

// answers returns the messages of a response, each as it was sent.
func answers(t *testing.T, w *httptest.ResponseRecorder) (messages [][]byte) {
	t.Helper()
	kind := w.Header().Get("Content-Type")
	switch {
	case w.Body.Len() == 0:
		return nil
	case strings.HasPrefix(kind, "application/json"):
		return [][]byte{w.Body.Bytes()}
	case !strings.HasPrefix(kind, "text/event-stream"):
		t.Errorf("%d: Content-Type %q", w.Code, kind)
		return nil
	}
	lines := bufio.NewReader(w.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if data, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("data:")); ok && len(bytes.TrimSpace(data)) > 0 {
			messages = append(messages, data)
		}
		if err == io.EOF {
			return messages
		}
	}
}

func isJSONRPC(message []byte) bool {
	var batch []struct {
		Version string `json:"jsonrpc"`
	}
	if json.Unmarshal(message, &batch) != nil {
		message = append(append([]byte("["), message...), ']')
		if json.Unmarshal(message, &batch) != nil {
			return false
		}
	}
	for _, m := range batch {
		if m.Version != "2.0" {
			return false
		}
	}
	return len(batch) > 0
}
