package mcpmount

import (
	"net/http"
	"testing"
)

// Work on an answer does not begin as if nothing were the matter when the call was ended
// between its response and that work, whatever the reason.
func TestLastingContextOfUnwantedAnswer(t *testing.T) {
	op := Operation{Name: "get", Method: "GET", Path: "/"}
	srv, err := New(&Document{Operations: []Operation{op}}, InProcess(http.NotFoundHandler()), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		why   error
		ended bool
	}{{nil, false}, {errShutdown, true}} {
		call := srv.callContext(t.Context(), srv.tool("get"))
		call.end(nil) // the handler has returned
		call.end(tt.why)
		ctx, cancel := lastingContext(call)
		if ended := ctx.Err() != nil; ended != tt.ended {
			t.Errorf("after an end for %v: ended is %v", tt.why, ended)
		}
		cancel()
		call.close()
	}
}
