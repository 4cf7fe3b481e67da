package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// The SDK rounds numbers of structured content; what --json prints must not be
// rounded.
func TestResultKeepsLargeNumbers(t *testing.T) {
	doc, err := mcpmount.ParseOpenAPI([]byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"id":12345678901234567890}`)
	})
	srv, err := mcpmount.New(doc, mcpmount.InProcess(api), nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := dialServer(t.Context(), srv)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	res, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: "getX"})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := (&callFlags{JSON: true}).print(&b, s, res); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `"id": 12345678901234567890`) {
		t.Errorf("result = %s", &b)
	}
}

// How much a result holds is for --max-response-bytes to say, not for the line of
// a message.
func TestResultOfAnySize(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	doc, err := mcpmount.ParseOpenAPI([]byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	const size = 9 << 20 // twice that is beyond the 16 MiB that the SDK reads
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `"`+strings.Repeat("x", size-2)+`"`)
	})
	for _, limit := range []int64{0, size} {
		srv, err := mcpmount.New(doc, mcpmount.InProcess(api), &mcpmount.Options{Limits: mcpmount.Limits{MaxResponseBytes: limit}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := dialServer(t.Context(), srv)
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		res, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: "getX"})
		if err != nil {
			t.Fatalf("limit %d: %v", limit, err)
		}
		if complete := len(res.Content) == 1; complete != (limit == size) {
			t.Errorf("limit %d: complete is %v", limit, complete)
		}
	}
}

// What tools --json prints is, byte for byte but for white space, what a client
// is sent.
func TestToolListIsWhatClientsGet(t *testing.T) {
	app, srv, err := newDemo(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app)
	defer server.Close()
	var message struct {
		Result struct{ Tools json.RawMessage }
	}
	answer := postJSON(t, server.URL+"/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	if err := json.Unmarshal(answer, &message); err != nil {
		t.Fatal(err)
	}
	var printed, compact bytes.Buffer
	if err := printJSON(&printed, toolList{Tools: srv.Tools()}); err != nil {
		t.Fatal(err)
	}
	if err := json.Compact(&compact, printed.Bytes()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"tools":`+string(message.Result.Tools)+`}`, compact.String()); diff != "" {
		t.Errorf("list (-sent +printed):\n%s", diff)
	}
}
