package mcpmount

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A substitute answers a call in the place of its own goroutine, which is with a
// handler that does not return although the call is over. The zero substitute never
// does.
type substitute struct {
	fast *fastPath
	w    http.ResponseWriter
	id   *tree.Node
	op   *Operation
	late *lateAnswer // nil outside of sessions

	wanted atomic.Pointer[exchange] // of a handler that has not returned

	mu       sync.Mutex
	answered bool
	of       era // here for the sake of its size
}

// graceOfHandlers is how long a handler has, when its call is over, to return by itself.
const graceOfHandlers = 100 * time.Millisecond

// addSubstitute gives a call of a tool a substitute, if there can be one: an answer can
// be complete before its handler has returned where a connection has one at a time,
// and what is written can be flushed.
func (f *fastPath) addSubstitute(ctx *messageContext, w http.ResponseWriter, of era, m *envelope) {
	if _, ok := w.(http.Flusher); !ok || ctx.caller.request.ProtoMajor != 1 || m.method != "tools/call" {
		return
	}
	if _, ok := f.server.api.(inProcess); !ok {
		return
	}
	s := &ctx.substitute
	s.fast, s.w, s.id, s.of, s.op = f, w, m.id, of, &m.tool.op
}

// claim reports whether the answer is still to be written, which nobody else does
// afterwards.
func (s *substitute) claim() bool {
	if s.fast == nil {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.answered
	s.answered = true
	return !before
}

// await answers the call, which is over for the given reason, if its handler does
// not return soon.
func (s *substitute) await(why error) {
	if s.wanted.Load() != nil {
		time.AfterFunc(graceOfHandlers, func() { s.answer(why) })
	}
}

// answer answers the call. The connection is of no use to others as long as the
// handler has it.
func (s *substitute) answer(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.wanted.Load()
	if s.answered || x == nil {
		return
	}
	s.answered = true
	_ = x.Close()
	defer func() {
		if p := recover(); p != nil { // in a ResponseWriter of the app
			s.fast.server.logger.Error("panic", "panic", p)
		}
	}()
	answer := s.fast.answers.result(s.id, 0, func(dst []byte) []byte {
		return s.fast.answers.callResult(dst, s.of, transportErrorResult(s.op, why))
	})
	if s.late != nil && s.late.end(answer.bytes) {
		return
	}
	s.w.Header().Set("Connection", "close")
	setLengthHeader(s.w.Header(), len(answer.bytes)) // since the handler has not returned
	s.fast.answers.write(s.w, http.StatusOK, answer.buffer)
	_ = http.NewResponseController(s.w).Flush()
}
