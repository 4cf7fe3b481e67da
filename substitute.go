package mcpmount

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A substitute answers a call in the place of the call's own goroutine, when that is
// stuck in a handler that does not return although the call is over. Either of them may
// answer, whoever claims the answer first.
type substitute struct {
	fast *fastPath
	w    http.ResponseWriter
	id   *tree.Node
	op   *Operation
	late *lateAnswer // nil outside of sessions

	exchange exchange // with the handler, here for the sake of one allocation
	of       era
	running  atomic.Bool // the handler runs, so that the substitute may have to answer

	mu      sync.Mutex
	claimed bool // somebody has the answer to write, or has written it
}

// graceOfHandlers is how long a handler may take to return when its call is over.
const graceOfHandlers = 100 * time.Millisecond

// addSubstitute gives a call of a tool a substitute, if there can be one: an answer can
// be complete before its handler has returned where a connection has one at a time,
// and what is written can be flushed. A stream is read while it comes, by the goroutine
// of the call: a handler that hears late of its end has not answered in vain.
func (f *fastPath) addSubstitute(ctx *messageContext, w http.ResponseWriter, of era, m *envelope) {
	if _, ok := w.(http.Flusher); !ok || ctx.caller.request.ProtoMajor != 1 || m.method != "tools/call" {
		return
	}
	if _, ok := f.server.api.(inProcess); !ok || m.tool.streams {
		return
	}
	ctx.call.substitute = &substitute{fast: f, w: w, id: m.id, of: of, op: &m.tool.op}
}

// claim reports whether the answer is still to be written; then the caller has to write it,
// and nobody else will. Without a substitute, a nil one, it always is.
func (s *substitute) claim() bool {
	if s == nil {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.claimed
	s.claimed = true
	return !before
}

// await answers the call, which is over for the given reason, if its handler does
// not return soon.
func (s *substitute) await(why error) {
	if s.running.Load() {
		time.AfterFunc(graceOfHandlers, func() { s.answer(why) })
	}
}

// answer answers the call, and closes the connection after it: as long as the handler
// runs, no other request can be answered there.
func (s *substitute) answer(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.claimed || !s.running.Load() {
		return
	}
	s.claimed = true
	_ = s.exchange.Close()
	defer func() {
		if p := recover(); p != nil { // in a ResponseWriter of the app
			s.fast.server.logger.Error("panic", "panic", p)
		}
	}()
	var answer buffer
	s.fast.answers.result(&answer, s.id, 0, func(dst []byte) []byte {
		return s.fast.answers.callResult(dst, s.of, transportErrorResult(s.op, why))
	})
	if s.late != nil && s.late.end(answer.bytes) {
		return
	}
	s.w.Header().Set("Connection", "close")
	setLengthHeader(s.w.Header(), len(answer.bytes)) // since the handler has not returned
	writeAnswer(s.w, http.StatusOK, answer.bytes)
	_ = http.NewResponseController(s.w).Flush()
}
