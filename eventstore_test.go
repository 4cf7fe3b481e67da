package mcpmount

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// openLog opens a session of an event store.
func openLog(t *testing.T, e *eventStore, id string) {
	t.Helper()
	s := e.table.open(nobody)
	if err := e.Open(withCaller(context.Background(), caller{opens: s}), id, ""); err != nil {
		t.Fatal(err)
	}
}

func newTestStore() *eventStore { return newEventStore(newSessionTable(Limits{}.withDefaults())) }

// after collects what a client gets that comes back.
func after(e *eventStore, session, stream string, index int) (events [][]byte, err error) {
	for data, err := range e.After(context.Background(), session, stream, index) {
		if err != nil {
			return nil, err
		}
		events = append(events, data)
	}
	return events, nil
}

// check compares what is counted with what is there.
func (e *eventStore) check(t *testing.T) {
	t.Helper()
	total, events := 0, 0
	for id, log := range e.logs {
		n := 0
		for _, s := range log.streams {
			events += len(s.data)
			for _, data := range s.data {
				n += len(data) + eventCost
			}
		}
		if n != log.bytes || n > maxSessionEvents || log.recent.Len() > maxStreams || len(log.streams) != log.recent.Len()+1 {
			t.Fatalf("session %s: %d bytes counted as %d, %d streams, %d of them recent", id, n, log.bytes, len(log.streams), log.recent.Len())
		}
		total += n
	}
	if total != e.bytes || total > maxEvents || events != e.all.Len() {
		t.Fatalf("%d bytes counted as %d, %d events as %d", total, e.bytes, events, e.all.Len())
	}
}

// Whatever is written, the store stays within its bounds; and what a client gets
// that comes back is all that came after what it has, or an error.
func TestEventStore(t *testing.T) {
	e := newTestStore()
	random := rand.New(rand.NewPCG(1, 2))
	written := map[string][][]byte{}
	for i := range 1500 {
		session, stream := fmt.Sprint(random.IntN(30)), fmt.Sprint(random.IntN(200))
		key := session + " " + stream
		switch {
		case e.logs[session] == nil:
			openLog(t, e, session)
		case random.IntN(500) == 0:
			if err := e.SessionClosed(t.Context(), session); err != nil {
				t.Fatal(err)
			}
			for s := range 200 {
				delete(written, fmt.Sprint(session, " ", s))
			}
		case written[key] == nil:
			if err := e.Open(t.Context(), session, stream); err != nil {
				t.Fatal(err)
			}
			written[key] = [][]byte{}
		default:
			for range random.IntN(20) {
				data := bytes.Repeat([]byte{byte(i)}, random.IntN(100_000))
				if e.Append(t.Context(), session, stream, data) == nil || e.stream(session, stream) != nil {
					written[key] = append(written[key], data)
				}
			}
			if e.stream(session, stream) == nil {
				continue
			}
			index := random.IntN(len(written[key])+1) - 1
			got, err := after(e, session, stream, index)
			if want := written[key][index+1:]; err == nil && !bytes.Equal(bytes.Join(got, nil), bytes.Join(want, nil)) {
				t.Fatalf("stream %s after %d: %d events, want %d", key, index, len(got), len(want))
			}
		}
		if i%50 == 0 {
			e.check(t)
		}
	}
	for id := range e.logs {
		e.SessionClosed(t.Context(), id)
	}
	if e.bytes != 0 || e.all.Len() != 0 {
		t.Errorf("%d bytes and %d events are left of no session", e.bytes, e.all.Len())
	}
}

func TestEventStoreBounds(t *testing.T) {
	e := newTestStore()
	openLog(t, e, "a")
	put := func(session, stream string, size int) error {
		return e.Append(t.Context(), session, stream, make([]byte, size))
	}
	open := func(session, stream string) {
		t.Helper()
		if err := e.Open(t.Context(), session, stream); err != nil {
			t.Fatal(err)
		}
	}
	open("a", "call")
	if err := put("a", "call", maxSessionEvents); !errors.Is(err, mcp.ErrEventsPurged) {
		t.Errorf("an event larger than all that is kept: %v", err)
	}
	for i := range maxStreams + 10 {
		open("a", fmt.Sprint(i))
		if err := put("a", fmt.Sprint(i), 10); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := after(e, "a", "9", -1); err == nil {
		t.Error("a stream is there that as many followed as are kept")
	}
	if events, err := after(e, "a", "10", -1); err != nil || len(events) != 1 {
		t.Errorf("the oldest that is kept: %d events, %v", len(events), err)
	}
	for i := range 100 { // of one session each, more than all may have
		id := fmt.Sprint("s", i)
		openLog(t, e, id)
		if err := put(id, "", maxSessionEvents/2); err != nil {
			t.Fatal(err)
		}
	}
	e.check(t)
	if events, err := after(e, "s0", "", -1); err != nil || len(events) != 0 {
		t.Errorf("the oldest event of all: %d, %v, want it gone", len(events), err)
	}
	if events, err := after(e, "s99", "", -1); err != nil || len(events) != 1 {
		t.Errorf("the newest event of all: %d, %v", len(events), err)
	}
	for _, err := range []error{put("none", "", 1), put("a", "none", 1), e.Open(t.Context(), "none", "x"), e.Open(t.Context(), "none", "")} {
		if err == nil {
			t.Error("an event of nobody was kept")
		}
	}
}
