//go:build !slowpath && !race

package mcpmount_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount"
)

// What a message allocates is bounded: a call with what the API's handler does, and
// a list, however long it is.
func TestAllocations(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, smallItem)
	})
	for _, tt := range []struct {
		name, doc, method, params string
		most                      float64
	}{
		{"a call", benchSpec, "tools/call", callItem, 10},
		{"a list", manyTools(1), "tools/list", "", 20},
		{"a long list", manyTools(1000), "tools/list", "", 20},
	} {
		for _, version := range []string{"2025-11-25", "2026-07-28"} {
			t.Run(fmt.Sprint(tt.name, " ", version), func(t *testing.T) {
				srv, err := mcpmount.New(parse(t, tt.doc), mcpmount.InProcess(api), &mcpmount.Options{Logger: slog.New(slog.DiscardHandler)})
				if err != nil {
					t.Fatal(err)
				}
				p := newBenchPost(t, version, tt.method, tt.params)
				p.send(srv)
				if got := testing.AllocsPerRun(200, func() { p.send(srv) }); got > tt.most {
					t.Errorf("%.0f allocations, want at most %.0f", got, tt.most)
				}
				if p.answer.status != http.StatusOK || p.answer.bytes < len(smallItem) || strings.Contains(tt.name, "long") && p.answer.bytes < 100_000 {
					t.Errorf("status %d, %d bytes", p.answer.status, p.answer.bytes)
				}
			})
		}
	}
}

// Where there are no sessions, clients as they are begin at the cost of a list.
func TestInitializeAllocations(t *testing.T) {
	const most = 20
	srv, err := mcpmount.New(parse(t, benchSpec), mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{Stateless: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for i, params := range append([]string{""}, plainGreetings...) {
		p := newBenchPost(t, "2025-11-25", "initialize", params)
		want := http.StatusOK
		if params == "" {
			p.text, want = `{"jsonrpc":"2.0","method":"notifications/initialized"}`, http.StatusAccepted
			p.request.ContentLength = int64(len(p.text))
		}
		p.send(srv)
		if got := testing.AllocsPerRun(200, func() { p.send(srv) }); got > most || p.answer.status != want {
			t.Errorf("%d: %.0f allocations and status %d, want at most %d and %d", i, got, p.answer.status, most, want)
		}
	}
}

// What a call of an API over loopback allocates is bounded, too, with what the API's
// server does for it.
func TestServiceAllocations(t *testing.T) {
	api := httptest.NewServer(answering())
	defer api.Close()
	transport, err := mcpmount.Upstream(api.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	secret := mcpmount.StaticCredentials(map[string]mcpmount.Credential{"key": {Secret: "a-secret-of-the-service"}})
	srv, err := mcpmount.New(parse(t, securedBenchSpec), transport, &mcpmount.Options{Credentials: secret, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	p := newBenchPost(t, "2025-11-25", "tools/call", callItem)
	p.send(srv)
	const most = 85
	if got := testing.AllocsPerRun(200, func() { p.send(srv) }); got > most {
		t.Errorf("%.0f allocations, want at most %d", got, most)
	}
	if p.answer.status != http.StatusOK || p.answer.bytes < len(smallItem) {
		t.Errorf("status %d, %d bytes", p.answer.status, p.answer.bytes)
	}
}

// A large answer is written into memory that was used before, though its message is small.
func TestLargeAnswerAllocations(t *testing.T) {
	item := bigItem(100_000)
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, item)
	})
	srv, err := mcpmount.New(parse(t, benchSpec), mcpmount.InProcess(api), &mcpmount.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	p := newBenchPost(t, "2025-11-25", "tools/call", callItem)
	for range 3 {
		p.send(srv)
	}
	const calls = 100
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range calls {
		p.send(srv)
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / calls; p.answer.bytes < 2*len(item) || each > uint64(len(item))/2 {
		t.Errorf("an answer of %d bytes allocates %d", p.answer.bytes, each)
	}
}
