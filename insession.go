package mcpmount

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
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

// An underWay has the messages of a session that are being handled. The zero
// underWay is empty.
type underWay struct {
	mu       sync.Mutex
	messages []handled                // the oldest first
	timer    *time.Timer              // fires when a call is no longer prompt; nil before the first one
	timed    bool                     // the timer runs; it may fire too early
	streams  map[string]chan struct{} // the streams of late answers; closed when the answer is there
}

// A handled is a message of a session that is being handled.
type handled struct {
	id   messageID
	call *sessionCall // nil if the SDK handles it
}

// begin notes a message, and the call that handles it, nil if that is the SDK; end must
// follow. It reports false if a message with that id is being handled already.
func (u *underWay) begin(id messageID, call *sessionCall) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.find(id) >= 0 {
		return false
	}
	u.messages = append(u.messages, handled{id, call})
	if call == nil {
		return true
	}
	call.since = time.Now()
	switch {
	case u.timer == nil:
		u.timer = time.AfterFunc(promptly, u.hurry)
	case !u.timed:
		u.timer.Reset(promptly)
	}
	u.timed = true
	return true
}

// cancelAll cancels the messages that the SDK does not know of.
func (u *underWay) cancelAll() {
	u.mu.Lock()
	messages := slices.Clone(u.messages)
	u.mu.Unlock()
	for _, m := range messages {
		if m.call != nil {
			m.call.cancel()
		}
	}
}

// find returns the index of the message with the given id, -1 if there is none.
func (u *underWay) find(id messageID) int {
	return slices.IndexFunc(u.messages, func(m handled) bool { return m.id == id })
}

func (u *underWay) end(id messageID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if i := u.find(id); i >= 0 {
		u.messages = slices.Delete(u.messages, i, i+1)
	}
}

// cancel cancels the message with the given id, if it is one that the SDK does not
// know of.
func (u *underWay) cancel(id messageID) {
	u.mu.Lock()
	var call *sessionCall
	if i := u.find(id); i >= 0 {
		call = u.messages[i].call
	}
	u.mu.Unlock()
	if call != nil {
		call.cancel()
	}
}

// hurry begins the streams of calls that are no longer prompt. The session has one timer
// for all calls, since most of them are answered before it fires.
func (u *underWay) hurry() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.timed = false
	for _, m := range u.messages {
		if m.call == nil || m.call.slow {
			continue
		}
		if left := promptly - time.Since(m.call.since); left > 0 {
			u.timer.Reset(left)
			u.timed = true
			return
		}
		m.call.slow = true
		go m.call.late.begin()
	}
}

// open notes a stream that an answer will be sent on; close must follow.
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

// answered returns a channel that is closed when the stream of an event, named by its id,
// has its answer; nil if there is nothing to wait for.
func (u *underWay) answered(event string) <-chan struct{} {
	stream, _, _ := strings.Cut(event, "_")
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.streams[stream]
}

// hear applies what the messages m say about the session and its other messages.
func (s *session) hear(m *envelope) {
	if m.odd {
		s.odd.Store(true)
	}
	for _, id := range m.cancels {
		s.underWay.cancel(idOf(id))
	}
}

// A messageID is an id as the SDK compares them: numbers by value, and a string is never
// equal to a number.
type messageID struct {
	integer bool
	number  int64
	text    string
}

func idOf(id *tree.Node) messageID {
	if id.Is(tree.Number) {
		if n, err := strconv.ParseInt(id.Text, 10, 64); err == nil {
			return messageID{integer: true, number: n}
		}
	}
	return messageID{text: id.Str()}
}

// A sessionCall is a call in a session that the SDK does not handle.
type sessionCall struct {
	late   lateAnswer
	cancel func()
	since  time.Time // when it began; guarded by the underWay, as is slow
	slow   bool      // late has begun, or is about to
}

// serveInSession answers a call in a session.
func (f *fastPath) serveInSession(w http.ResponseWriter, r *http.Request, m *envelope, body *buffer, c *caller) bool {
	door, underWay := f.server.door, &c.session.underWay
	ctx := f.context(r, m, c)
	f.addSubstitute(ctx, w, legacy, m)
	call := &sessionCall{late: lateAnswer{door: door, session: c.session, w: w, r: r}, cancel: ctx.call.cancel}
	if ctx.call.substitute != nil {
		ctx.call.substitute.late = &call.late
	}
	id := idOf(m.id)
	if !underWay.begin(id, call) {
		f.vacate(ctx.call.room)
		duplicateID(w, m.id)
		return true
	}
	defer underWay.end(id)
	defer call.late.abandon()
	f.call(ctx, legacy, m, body)
	if ctx.call.substitute.claim() && !call.late.end(body.bytes) {
		writeAnswer(w, http.StatusOK, body.bytes)
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
	defer l.close()
	l.write("event: message\n", bytes.Clone(answer))
	return true
}

// abandon ends a stream without an answer, when the goroutine of the call ends: from then on
// nothing may be written to the ResponseWriter.
func (l *lateAnswer) abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended && l.id != "" {
		l.close()
	}
	l.ended = true
}

func (l *lateAnswer) close() {
	l.session.underWay.close(l.id)
	l.stop()
}

// write stores an event, so that the client can come back for it, and sends it.
func (l *lateAnswer) write(name string, data []byte) {
	_ = l.door.events.Append(l.r.Context(), l.session.id, l.id, data) // the client may read it all the same
	_, _ = fmt.Fprintf(l.stream, "%sid: %s_%d\ndata: %s\n\n", name, l.id, l.events, data)
	_ = l.stream.FlushError()
	l.events++
}

// awaitAnswer waits, if r comes back to the stream of a late answer, until the answer is
// there: the SDK would send what the event store has by now, and end the stream.
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
