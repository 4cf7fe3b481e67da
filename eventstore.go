package mcpmount

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// What is kept of events that a client could come back for, in bytes; eventCost
// is what an event takes besides its data.
const (
	maxSessionEvents = 4 << 20
	maxEvents        = 64 << 20
	eventCost        = 512
)

// How many streams of a session can be resumed, and how many events of its
// stream "" wait for a client.
const (
	maxStreams = maxPending
	maxWaiting = 64
)

// errNoSession is for a session that did not come in through the door.
var errNoSession = errors.New("no such session")

// An eventStore keeps the last events of the SDK's sessions, so that a client
// can come back for what it missed (MCP 2025-11-25, basic/transports,
// "Resumability and Redelivery"). The SDK tells it of the sessions there are: it
// opens the stream "" for each, and says when it has closed.
type eventStore struct {
	table *sessionTable

	mu    sync.Mutex
	logs  map[string]*eventLog // by session
	all   list.List            // of events, the oldest first
	bytes int
}

// An eventLog has the events of a session.
type eventLog struct {
	streams map[string]*eventStream
	recent  list.List // of streams but "", the one without events for the longest time first
	events  []*list.Element
	bytes   int
}

// An eventStream has the last events of a stream.
type eventStream struct {
	id    string
	log   *eventLog
	first int // number of the first one
	data  [][]byte
	entry *list.Element // in recent
}

func newEventStore(table *sessionTable) *eventStore {
	return &eventStore{table: table, logs: map[string]*eventLog{}}
}

// Open is part of [mcp.EventStore].
func (e *eventStore) Open(ctx context.Context, session, stream string) error {
	if session == "" {
		return nil // Options.Server wants none to be named: it ends with its POST
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if stream == "" {
		opened := callerFrom(ctx).opens
		if opened == nil {
			return errNoSession
		}
		opened.named(session)
		e.logs[session] = &eventLog{streams: map[string]*eventStream{}}
	}
	log := e.logs[session]
	if log == nil {
		return errNoSession
	}
	s := &eventStream{id: stream, log: log}
	log.streams[stream] = s
	if stream != "" {
		s.entry = log.recent.PushBack(s)
	}
	if log.recent.Len() > maxStreams {
		e.discard(log.recent.Front().Value.(*eventStream))
	}
	return nil
}

// Append is part of [mcp.EventStore]. What is too large to be kept is not an
// error as long as the client reads it.
func (e *eventStore) Append(_ context.Context, session, stream string, data []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.stream(session, stream)
	if s == nil {
		return fmt.Errorf("%w: the stream is not kept any more", mcp.ErrEventsPurged)
	}
	if s.entry != nil {
		s.log.recent.MoveToBack(s.entry)
	}
	s.data = append(s.data, data)
	element := e.all.PushBack(s)
	s.log.events = append(s.log.events, element)
	e.count(s, len(data)+eventCost)
	if stream == "" && len(s.data) > maxWaiting {
		e.drop(s)
	}
	for s.log.bytes > maxSessionEvents {
		e.drop(s.log.events[0].Value.(*eventStream))
	}
	for e.bytes > maxEvents {
		e.drop(e.all.Front().Value.(*eventStream))
	}
	if len(s.data) == 0 {
		return mcp.ErrEventsPurged
	}
	return nil
}

func (e *eventStore) count(s *eventStream, n int) {
	s.log.bytes += n
	e.bytes += n
}

// drop drops the oldest event of s, and s with its last one.
func (e *eventStore) drop(s *eventStream) {
	i := slices.IndexFunc(s.log.events, func(element *list.Element) bool { return element.Value.(*eventStream) == s })
	e.all.Remove(s.log.events[i])
	s.log.events = slices.Delete(s.log.events, i, i+1)
	e.count(s, -len(s.data[0])-eventCost)
	s.data[0] = nil
	s.data = s.data[1:]
	s.first++
	if len(s.data) == 0 {
		s.forget()
	}
}

// discard drops all of s.
func (e *eventStore) discard(s *eventStream) {
	for len(s.data) > 0 {
		e.drop(s)
	}
	s.forget()
}

// forget takes s out of its log, unless it is the stream "".
func (s *eventStream) forget() {
	if s.entry != nil {
		s.log.recent.Remove(s.entry)
		delete(s.log.streams, s.id)
	}
}

// After is part of [mcp.EventStore].
func (e *eventStore) After(ctx context.Context, session, stream string, index int) iter.Seq2[[]byte, error] {
	events, err := e.after(session, stream, index)
	if err == nil && len(events) == 0 && stream != "" {
		callerFrom(ctx).stream.begin() // the SDK says nothing until there is an event
	}
	return func(yield func([]byte, error) bool) {
		if err != nil {
			yield(nil, err)
			return
		}
		for _, data := range events {
			if !yield(data, nil) {
				return
			}
		}
	}
}

func (e *eventStore) after(session, stream string, index int) ([][]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.stream(session, stream)
	if s == nil {
		return nil, errors.New("no such stream")
	}
	next := index + 1
	if stream == "" {
		s.renumber(next)
	}
	if next < s.first {
		return nil, mcp.ErrEventsPurged
	}
	return slices.Clone(s.data[min(next-s.first, len(s.data)):]), nil
}

// renumber makes the events of the stream "" follow on the one that a client
// has seen last, since the SDK counts on from there. The client has all, or all
// that is kept is news to it: a change that it is not told of is one more that it
// does not know of, but without a stream it would not know of any.
func (s *eventStream) renumber(next int) {
	switch end := s.first + len(s.data); {
	case next < s.first:
		s.first = next
	case next > end:
		s.first = next - len(s.data)
	}
}

func (e *eventStore) stream(session, stream string) *eventStream {
	if log := e.logs[session]; log != nil {
		return log.streams[stream]
	}
	return nil
}

// SessionClosed is part of [mcp.EventStore].
func (e *eventStore) SessionClosed(_ context.Context, session string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if log := e.logs[session]; log != nil {
		for _, element := range log.events {
			e.all.Remove(element)
		}
		e.bytes -= log.bytes
		delete(e.logs, session)
	}
	e.table.forget(session)
	return nil
}
