package mcpmount

import (
	"fmt"
	"net/http"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// wrapper returns the writer that keeps what is written to w from being sent at once,
// as [http.ResponseController] finds out; nil if there is none. Middleware that notes
// a status for its log often has such a one, and nobody notices before there are streams.
func wrapper(w http.ResponseWriter) http.ResponseWriter {
	for {
		switch t := w.(type) {
		case http.Flusher, interface{ FlushError() error }:
			return nil
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return w
		}
	}
}

const wrappedText = "no streams of events: middleware around the MCP server wraps the ResponseWriter in a type that cannot be flushed; " +
	"give it a method Unwrap() http.ResponseWriter, or mount outside of that middleware"

// streams reports whether w can carry a stream of events. If not, the log says so, once.
func (d *frontDoor) streams(w http.ResponseWriter) bool {
	by := wrapper(w)
	if by == nil {
		return true
	}
	d.wrapped.give("type", fmt.Sprintf("%T", by))
	return false
}

// noStream refuses to begin a stream that would not arrive: the client would wait for its
// header for as long as the stream lasts.
func noStream(w http.ResponseWriter, status int, id *tree.Node) {
	writeError(w, status, id, codeInternal, "there are no streams of events here: what the server writes cannot be flushed")
}
