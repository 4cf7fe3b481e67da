package mcpmount

import (
	"net/http"
	"time"
)

// stallTimeout is how long a client may take to read stallBytes of a stream.
const (
	stallTimeout = 10 * time.Second
	stallBytes   = 64 << 10
)

// A streamWriter ends the stream of a client that does not read it: whoever
// writes holds locks, for which others wait.
type streamWriter struct {
	http.ResponseWriter
	controller *http.ResponseController
}

func newStreamWriter(w http.ResponseWriter) *streamWriter {
	return &streamWriter{w, http.NewResponseController(w)}
}

// Unwrap is looked for by [http.ResponseController].
func (s *streamWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// Write is part of [http.ResponseWriter].
func (s *streamWriter) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		err = s.timed(func() (err error) {
			m, err = s.ResponseWriter.Write(p[n:min(len(p), n+stallBytes)])
			return err
		})
		n += m
	}
	return n, err
}

// FlushError is looked for by [http.ResponseController].
func (s *streamWriter) FlushError() error { return s.timed(s.controller.Flush) }

// timed calls f, which must not take longer than stallTimeout. The deadline is
// lifted afterwards: in HTTP/2 one that passes ends a stream that is merely
// silent, in HTTP/1.1 it would be that of the next request too. Where it cannot
// be set, nothing is bounded.
func (s *streamWriter) timed(f func() error) error {
	_ = s.controller.SetWriteDeadline(time.Now().Add(stallTimeout))
	err := f()
	if err == nil {
		_ = s.controller.SetWriteDeadline(time.Time{})
	}
	return err
}

// streaming gives h a ResponseWriter that ends streams nobody reads.
func streaming(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(newStreamWriter(w), r)
	})
}
