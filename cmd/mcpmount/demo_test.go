package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the demo prints must work when it is pasted: the bodies of its curl
// lines are sent as curl --json sends them.
func TestDemoCurlLines(t *testing.T) {
	app, srv, err := newDemo(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app)
	defer server.Close()
	var text strings.Builder
	printDemo(&text, server.URL, len(srv.Tools()))

	var names []string
	for _, tool := range srv.Tools() {
		names = append(names, tool.Name)
	}
	bodies := regexp.MustCompile(`(?s)--json '(.*?)'`).FindAllStringSubmatch(text.String(), -1)
	if len(bodies) != 2 {
		t.Fatalf("%d curl lines with a body, want 2:\n%s", len(bodies), &text)
	}
	for _, body := range bodies {
		answer := postJSON(t, server.URL+"/mcp", body[1])
		var message struct {
			Result struct {
				Tools             []struct{ Name string }
				StructuredContent json.RawMessage
			}
		}
		if err := json.Unmarshal(answer, &message); err != nil {
			t.Fatalf("%v: %s", err, answer)
		}
		var listed []string
		for _, tool := range message.Result.Tools {
			listed = append(listed, tool.Name)
		}
		switch {
		case listed != nil:
			if diff := cmp.Diff(names, listed); diff != "" {
				t.Errorf("tools (-want +got):\n%s", diff)
			}
		case !bytes.Contains(message.Result.StructuredContent, []byte(`"mug"`)):
			t.Errorf("answer to %s = %s", body[1], answer)
		}
	}
}

func postJSON(t *testing.T, url, body string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(res.Body); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v: %s", res.StatusCode, err, &answer)
	}
	return answer.Bytes()
}

// A call goes through the middleware of the app, as the caller who made it.
func TestDemoLogsEveryCallTwice(t *testing.T) {
	var log bytes.Buffer
	app, _, err := newDemo(slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getProduct","arguments":{"id":"mug"}}}`))
	r.Header.Set("Content-Type", "application/json")
	app.ServeHTTP(w, r)
	for _, want := range []string{
		"remote=192.0.2.1:1234 method=GET path=/products/mug status=200",
		"remote=192.0.2.1:1234 method=POST path=/mcp status=200",
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log lacks %q:\n%s", want, &log)
		}
	}
}

func TestDemoTools(t *testing.T) {
	_, srv, err := newDemo(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range srv.Tools() {
		names = append(names, tool.Name)
	}
	want := []string{"addProductPhoto", "cancelOrder", "createOrder", "exportPrices", "getOrder", "getProduct", "getProductImage", "getStats", "listOrders", "listProducts"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("tools (-want +got):\n%s", diff)
	}
	if problems := srv.Problems(); len(problems) > 0 {
		t.Errorf("problems = %v, want none", problems)
	}
}
