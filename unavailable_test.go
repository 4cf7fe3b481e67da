package mcpmount_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/resilient"
)

// A call that a transport does not send, since the API fails, is refused: whoever called
// learns why and when to try again, in each form of answer, and the operator that nothing was
// sent.
func TestUnavailable(t *testing.T) {
	const spec = `
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get: {operationId: orders}
    post: {operationId: order}
`
	const refusal = "the API failed 2 times in a row and is left alone for a while; nothing was sent. Try again in 60 s."
	for _, slow := range []bool{false, true} {
		var calls []string
		doc := parse(t, spec)
		doc.PreferResources()
		sent := 0
		api, err := mcpmount.Upstream("https://api.example.com", &resilient.Transport{
			Next:     failing(func() { sent++ }),
			Failures: 2, Retries: -1, Pause: time.Minute, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		srv, err := mcpmount.New(doc, api, &mcpmount.Options{NoFastPath: slow, Logger: slog.New(slog.DiscardHandler), Observe: func(_ context.Context, c mcpmount.Call) {
			calls = append(calls, fmt.Sprint(c.Method, " ", c.Status, " ", c.Reason))
		}})
		if err != nil {
			t.Fatal(err)
		}
		const order = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"order","arguments":{}}}`
		for _, tt := range []struct {
			message string
			want    []string
		}{
			{order, []string{"the API closed the connection before it answered; what was asked for may have happened all the same", `"isError":true`}},
			{order, []string{"the API closed the connection"}},
			{order, []string{refusal, `"isError":true`, `"mcpmount/retryAfter":60`}},
			{`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"api://shop/orders"}}`, []string{refusal, `"code":-32603`, `"retryAfter":60`}},
		} {
			got := send(t.Context(), srv, tt.message, nil).Body.String()
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("without the fast path: %t; the answer to %s lacks %s:\n%s", slow, tt.message, want, got)
				}
			}
		}
		want := "tools/call error transport, tools/call error transport, tools/call refused unavailable, resources/read refused unavailable"
		if got := strings.Join(calls, ", "); got != want || sent != 2 {
			t.Errorf("without the fast path: %t; %d requests, observed %s", slow, sent, got)
		}
	}
}

// failing is a transport whose connections are reset.
type failing func()

func (f failing) RoundTrip(*http.Request) (*http.Response, error) {
	f()
	return nil, syscall.ECONNRESET
}
