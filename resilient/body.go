package resilient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// A body is that of a response. It tells how it ended.
type body struct {
	io.ReadCloser
	host   *host
	ctx    context.Context // of the request
	done   func(error)     // tells the breaker; nil if it knows
	leaves bool            // whether the request has a place until then
	ended  atomic.Bool
}

// Read is part of [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		b.end(nil)
	default:
		b.end(err)
	}
	return n, err
}

// Close is part of [io.Closer].
func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.end(nil)
	return err
}

func (b *body) end(err error) {
	if b.ended.Swap(true) {
		return
	}
	if b.done != nil {
		if err != nil {
			err = ending(b.ctx, err)
		}
		b.done(err)
	}
	if b.leaves {
		b.host.leave()
	}
}

// hasBody reports whether there is something to read of res. After 101 the body is the
// connection.
func hasBody(res *http.Response) bool {
	return res.Body != nil && res.Body != http.NoBody && res.StatusCode != http.StatusSwitchingProtocols
}

// isStream reports whether the body of res is events or records, which may go on for ever.
func isStream(res *http.Response) bool {
	media, parameters, _ := strings.Cut(strings.ToLower(res.Header.Get("Content-Type")), ";")
	_, sub, _ := strings.Cut(strings.TrimSpace(media), "/")
	switch sub {
	case "event-stream", "ndjson", "x-ndjson", "jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "json-lines", "stream+json", "json-seq":
		return true
	}
	return strings.Contains(parameters, "stream=watch") // of Kubernetes
}
