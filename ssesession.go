package mcpmount

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Reasons not to accept a message.
var (
	errPending = errors.New("too many messages are under way")
	errClosing = errors.New("the server is shutting down")
	errEnded   = errors.New("the session has ended")
	errUsedID  = errors.New("a call with this id is under way")
)

// An sseSession is the transport and the connection of one stream. Only the
// goroutine of the stream writes to it, so that a client which does not read
// keeps nobody waiting but the calls of its own, and these not for long.
type sseSession struct {
	gate     *gate
	of       principal
	incoming chan jsonrpc.Message
	outgoing chan sseEvent
	done     chan struct{}
	end      func()
	places   *quota

	mu    sync.Mutex
	calls map[jsonrpc.ID]bool // that the SDK has not answered
	held  int                 // calls whose answer is not written; each has a place, and is inside the gate
	ended bool                // no call comes in any more
}

// An sseEvent is a message on its way to the client.
type sseEvent struct {
	data   []byte
	answer bool // to a call
}

func newSSESession(g *gate, of principal) *sseSession {
	done := make(chan struct{})
	return &sseSession{
		gate:     g,
		of:       of,
		incoming: make(chan jsonrpc.Message, 16),
		outgoing: make(chan sseEvent, 16),
		done:     done,
		end:      sync.OnceFunc(func() { close(done) }),
		places:   &quota{max: maxPending},
		calls:    map[jsonrpc.ID]bool{},
	}
}

// accept gives the message in r to the SDK.
func (s *sseSession) accept(r *http.Request, msg jsonrpc.Message) error {
	c := caller{request: r}
	req, ok := msg.(*jsonrpc.Request)
	switch {
	case !ok:
		return s.pass(r.Context(), msg) // a response, for which a call may be waiting
	case req.IsCall():
		if err := s.begin(req.ID); err != nil {
			return err
		}
	case !s.places.take(1):
		return errPending
	default:
		c.ticket = &ticket{places: s.places, left: 1}
	}
	req.Extra = &mcp.RequestExtra{Header: r.Header.Clone(), TokenInfo: c.tokenInfo()}
	err := s.pass(r.Context(), req)
	switch {
	case err == nil:
		c.ticket.expire()
	case req.IsCall():
		s.forget(req.ID)
		s.leave()
	default:
		c.ticket.giveAll()
	}
	return err
}

// begin takes what a call holds until its answer is written. Another one with
// the same id would never be answered.
func (s *sseSession) begin(id jsonrpc.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended:
		return errEnded
	case s.calls[id]:
		return errUsedID
	case !s.places.take(1):
		return errPending
	case !s.gate.enter():
		s.places.give(1)
		return errClosing
	}
	s.calls[id] = true
	s.held++
	return nil
}

// forget lets an id be used again: a client may do that as soon as it has read
// the answer.
func (s *sseSession) forget(id jsonrpc.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.calls, id)
}

// leave gives back what begin took.
func (s *sseSession) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held > 0 {
		s.held--
		s.places.give(1)
		s.gate.leave()
	}
}

// abandon gives back what begin took for calls that will not be answered.
func (s *sseSession) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for range s.held {
		s.gate.leave()
	}
	s.held = 0
}

func (s *sseSession) pass(ctx context.Context, msg jsonrpc.Message) error {
	select {
	case s.incoming <- msg:
		return nil
	case <-s.done:
		return errEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// deliver writes what there is to say until the client leaves or the session
// ends.
func (s *sseSession) deliver(ctx context.Context, w *streamWriter) {
	for {
		select {
		case e := <-s.outgoing:
			if s.isDone() || s.send(w, e) != nil {
				return
			}
		case <-ctx.Done():
			return
		case <-s.done:
			return
		}
	}
}

func (s *sseSession) isDone() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

func (s *sseSession) send(w *streamWriter, e sseEvent) error {
	if err := writeEvent(w, "message", e.data); err != nil {
		return err
	}
	if e.answer {
		s.leave()
	}
	return nil
}

func writeEvent(w *streamWriter, name string, data []byte) error {
	if _, err := w.Write(event(name, data)); err != nil {
		return err
	}
	return w.FlushError()
}

// event returns an event with the given name and one line of data.
func event(name string, data []byte) []byte {
	return fmt.Appendf(nil, "event: %s\ndata: %s\n\n", name, data)
}

// Connect implements [mcp.Transport].
func (s *sseSession) Connect(context.Context) (mcp.Connection, error) { return s, nil }

// SupportsProtocolVersion keeps the SDK from offering 2026-07-28, which has no
// such transport.
func (s *sseSession) SupportsProtocolVersion(version string) bool { return version < firstStateless }

// SessionID implements [mcp.Connection].
func (s *sseSession) SessionID() string { return "" }

// Read implements [mcp.Connection].
func (s *sseSession) Read(ctx context.Context) (jsonrpc.Message, error) {
	select {
	case msg := <-s.incoming:
		return msg, nil
	case <-s.done:
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Write implements [mcp.Connection]. A session that takes nothing for
// stallTimeout ends.
func (s *sseSession) Write(_ context.Context, msg jsonrpc.Message) error {
	data, err := jsonrpc.EncodeMessage(msg)
	if err != nil {
		return err
	}
	e := sseEvent{data: data}
	if response, ok := msg.(*jsonrpc.Response); ok {
		e.answer = true
		s.forget(response.ID)
	}
	stalled := time.NewTimer(stallTimeout)
	defer stalled.Stop()
	select {
	case s.outgoing <- e:
		return nil
	case <-s.done:
	case <-stalled.C:
		s.end()
	}
	return io.EOF
}

// Close implements [mcp.Connection].
func (s *sseSession) Close() error {
	s.end()
	return nil
}
