package mcpmount

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
)

// stallTimeout is how long a client may take to read stallBytes of a stream.
const (
	stallTimeout = 10 * time.Second
	stallBytes   = 64 << 10
)

// keepAliveComment is what is written to a stream that has been silent: a comment,
// which clients ignore (HTML, "Server-sent events", section 9.2.6).
const keepAliveComment = ": keep-alive\n\n"

var errStreamEnded = errors.New("the stream has ended")

// A streamWriter writes what may become a stream of events. It ends the stream
// of a client that does not read it: whoever writes holds locks, for which others
// wait. And it says something now and then, so that proxies do not take a silent
// stream for a dead one, and the server notices when the client has gone.
type streamWriter struct {
	out        http.ResponseWriter
	controller *http.ResponseController
	quit       func() // ends the request, because nobody reads the answer
	header     http.Header

	mu     sync.Mutex
	begun  bool        // the header is written
	late   bool        // what is written is an answer that came too late to have a status of its own
	ended  bool        // nothing may be written any more
	wrote  time.Time   // when it was written to last
	timer  *time.Timer // of the next comment
	opener bool        // a comment may be the first that is written
}

// newStreamWriter returns a writer to w, which the caller ends.
func newStreamWriter(w http.ResponseWriter, quit func()) *streamWriter {
	return &streamWriter{out: w, controller: http.NewResponseController(w), quit: quit, header: http.Header{}}
}

// keepAlive writes a comment whenever there was nothing else for so long; never,
// if that is negative. If opener is true, it begins a stream that has not begun.
func (s *streamWriter) keepAlive(every time.Duration, opener bool) {
	if every <= 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opener = opener
	s.wrote = time.Now()
	s.timer = time.AfterFunc(every, func() { s.tick(every) })
}

func (s *streamWriter) tick(every time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	wait := every - time.Since(s.wrote)
	if wait <= 0 && (s.begun || s.opener) {
		s.comment()
		wait = every
	}
	s.timer.Reset(max(wait, time.Millisecond))
}

// begin begins a stream of events before there is one. On a nil streamWriter it
// does nothing.
func (s *streamWriter) begin() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun {
		s.comment()
	}
}

// comment says that the stream is there.
func (s *streamWriter) comment() {
	if !s.begun {
		s.out.Header().Set("Content-Type", "text/event-stream")
		s.out.Header().Set("Cache-Control", "no-cache, no-transform")
		s.start(http.StatusOK)
	}
	if _, err := s.write([]byte(keepAliveComment)); err == nil {
		_ = s.timed(s.controller.Flush)
	}
}

// end makes sure that nothing is written any more.
func (s *streamWriter) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if s.timer != nil {
		s.timer.Stop()
	}
}

// Header is part of [http.ResponseWriter]. The header is the handler's own until
// it is written, so that a comment can be written before.
func (s *streamWriter) Header() http.Header { return s.header }

// Unwrap is looked for by [http.ResponseController].
func (s *streamWriter) Unwrap() http.ResponseWriter { return s.out }

// WriteHeader is part of [http.ResponseWriter].
func (s *streamWriter) WriteHeader(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writeHeader(status)
}

func (s *streamWriter) writeHeader(status int) {
	switch {
	case s.begun:
		s.late = status >= http.StatusBadRequest
	case !s.ended:
		maps.Copy(s.out.Header(), s.header)
		s.start(status)
	}
}

func (s *streamWriter) start(status int) {
	s.begun = true
	if strings.HasPrefix(s.out.Header().Get("Content-Type"), "text/event-stream") {
		s.out.Header().Set("X-Accel-Buffering", "no")
	}
	s.out.WriteHeader(status)
}

// Write is part of [http.ResponseWriter].
func (s *streamWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun {
		s.writeHeader(http.StatusOK)
	}
	if !s.late {
		return s.write(p)
	}
	if _, err := s.write(event("message", p)); err != nil {
		return 0, err
	}
	return len(p), s.timed(s.controller.Flush)
}

func (s *streamWriter) write(p []byte) (n int, err error) {
	if s.ended {
		return 0, errStreamEnded
	}
	s.wrote = time.Now()
	for n < len(p) && err == nil {
		var m int
		err = s.timed(func() (err error) {
			m, err = s.out.Write(p[n:min(len(p), n+stallBytes)])
			return err
		})
		n += m
	}
	return n, err
}

// FlushError is looked for by [http.ResponseController].
func (s *streamWriter) FlushError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return errStreamEnded
	}
	if !s.begun {
		s.writeHeader(http.StatusOK)
	}
	return s.timed(s.controller.Flush)
}

// timed calls f, which must not take longer than stallTimeout. The deadline is
// lifted afterwards: in HTTP/2 one that passes ends a stream that is merely
// silent, in HTTP/1.1 it would be that of the next request too. Where it cannot
// be set, nothing is bounded.
func (s *streamWriter) timed(f func() error) error {
	_ = s.controller.SetWriteDeadline(time.Now().Add(stallTimeout))
	err := f()
	if err == nil {
		_ = s.controller.SetWriteDeadline(time.Time{})
	} else if !errors.Is(err, http.ErrNotSupported) {
		s.quit()
	}
	return err
}
