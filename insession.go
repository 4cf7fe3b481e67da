package mcpmount

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// promptly is how long a call in a session may take to be answered by JSON, which
// is lost with its connection. What takes longer becomes a stream of events, to
// which the client can come back.
const promptly = 100 * time.Millisecond

// An underWay has the messages of a session that are being handled, by id. The
// zero underWay is empty.
type underWay struct {
	mu      sync.Mutex
	cancels map[string]context.CancelFunc
	streams map[string]chan struct{} // of calls that the SDK does not handle; closed when there is an answer
}

// begin notes a message, and what cancels it; it reports false if there is one
// with that id already. end must follow.
func (u *underWay) begin(id string, cancel context.CancelFunc) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, ok := u.cancels[id]; ok {
		return false
	}
	if u.cancels == nil {
		u.cancels = map[string]context.CancelFunc{}
	}
	u.cancels[id] = cancel
	return true
}

func (u *underWay) end(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.cancels, id)
}

// cancel cancels the message with the given id, if it is one that the SDK does not
// know of.
func (u *underWay) cancel(id string) {
	u.mu.Lock()
	cancel := u.cancels[id]
	u.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

// open notes a stream that an answer will be on; close must follow.
func (u *underWay) open(stream string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.streams == nil {
		u.streams = map[string]chan struct{}{}
	}
	u.streams[stream] = make(chan struct{})
}

func (u *underWay) close(stream string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	close(u.streams[stream])
	delete(u.streams, stream)
}

// answered returns a channel that is closed when there is an answer on the stream
// that an event is of; nil if there is nothing to wait for.
func (u *underWay) answered(event string) <-chan struct{} {
	stream, _, _ := strings.Cut(event, "_")
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.streams[stream]
}

// hear notes what the messages m do to others of the session.
func (s *session) hear(m envelope) {
	if m.odd {
		s.odd.Store(true)
	}
	for _, id := range m.cancels {
		s.underWay.cancel(idKey(id))
	}
}

// idKey returns an id as the SDK compares them: those of a text and of a number
// differ, those of numbers by value.
func idKey(id *tree.Node) string {
	if n, err := strconv.ParseInt(id.Str(), 10, 64); id.Is(tree.Number) && err == nil {
		return strconv.FormatInt(n, 10)
	}
	return `"` + id.Str()
}

// serveInSession answers a call in a session.
func (f *fastPath) serveInSession(w http.ResponseWriter, r *http.Request, m *envelope, body []byte, c *caller) bool {
	gone, cancel := context.WithCancel(c.gone)
	defer cancel()
	c.gone = gone
	id := idKey(m.id)
	if !c.session.underWay.begin(id, cancel) {
		duplicateID(w, m.id)
		return true
	}
	late := &lateAnswer{door: f.server.door, session: c.session, w: w, r: r}
	timer := time.AfterFunc(promptly, late.begin)
	answer := f.call(f.context(r, m, c), legacy, m, body)
	timer.Stop()
	c.session.underWay.end(id)
	if late.end(answer.bytes) {
		f.server.door.buffers.put(answer.buffer)
	} else {
		f.answers.write(w, http.StatusOK, answer.buffer)
	}
	return true
}

// duplicateID refuses a message with the id of one that is under way.
func duplicateID(w http.ResponseWriter, id *tree.Node) {
	writeError(w, http.StatusBadRequest, id, codeInvalidRequest, "duplicate in-flight request ID "+id.Str())
}

// A lateAnswer is an answer in a session that does not come promptly: it becomes a
// stream of events like those of the SDK, with the same event store.
type lateAnswer struct {
	door    *frontDoor
	session *session
	w       http.ResponseWriter
	r       *http.Request

	mu     sync.Mutex
	ended  bool
	id     string // of the stream, "" before it has begun
	events int
	stream *streamWriter
	stop   func()
}

// begin begins the stream, with an event that the client can come back to where
// its version has that (MCP 2025-11-25, basic/transports).
func (l *lateAnswer) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	id := rand.Text()
	if err := l.door.events.Open(l.r.Context(), l.session.id, id); err != nil {
		return // the session has ended
	}
	l.id = id
	l.session.underWay.open(id)
	_, l.stream, l.stop = l.door.stream(l.w, l.r)
	h := l.stream.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache, no-transform")
	h.Set("Connection", "keep-alive")
	l.stream.keepAlive(l.door.server.opts.KeepAlive, true)
	if firstField(l.r.Header, versionHeader) >= firstResumed {
		l.write("", nil)
	}
}

// firstResumed is the first version whose streams begin with an event.
const firstResumed = "2025-11-25"

// end ends a stream that has begun with an answer, and reports whether it has.
func (l *lateAnswer) end(answer []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	if l.id == "" {
		return false
	}
	for i, c := range answer { // JSON has line breaks between values only
		if c == '\n' || c == '\r' {
			answer[i] = ' '
		}
	}
	l.write("event: message\n", bytes.Clone(answer))
	l.session.underWay.close(l.id)
	l.stop()
	return true
}

// write keeps an event, and writes it.
func (l *lateAnswer) write(name string, data []byte) {
	_ = l.door.events.Append(l.r.Context(), l.session.id, l.id, data) // the client may read it all the same
	_, _ = fmt.Fprintf(l.stream, "%sid: %s_%d\ndata: %s\n\n", name, l.id, l.events, data)
	_ = l.stream.FlushError()
	l.events++
}

// awaitAnswer waits, where a client comes back to the stream of a call that the SDK
// does not handle, until there is an answer: the SDK has all that is on the stream,
// and takes that for the end.
func awaitAnswer(r *http.Request, s *session, stream *streamWriter) {
	answered := s.underWay.answered(r.Header.Get("Last-Event-Id"))
	if answered == nil {
		return
	}
	stream.begin()
	select {
	case <-answered:
	case <-r.Context().Done():
	case <-s.life.Done():
	}
}
