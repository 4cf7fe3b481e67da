package mcpmount

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync"
)

// listings are what the SDK answered to messages whose answer depends on the tool
// set, the scopes of the caller and the version of the protocol alone: lists, and what
// the server can do. An answer is kept until the tool set changes. The zero listings are
// empty.
type listings struct {
	mu       sync.Mutex
	changing int // how many change what is listed
	turn     int // goes up when it has changed
	results  map[listingKey][]byte
	bytes    int
}

// A listingKey says what an answer depends on.
type listingKey struct {
	method string
	of     era
	seen   string // which scopes the caller has, of those that tools need
	asked  string // for which version of the protocol, by initialize
}

// maxListings bounds what is kept, in bytes: callers with other scopes see other
// lists.
const maxListings = 32 << 20

// change is called before what is listed changes, and what it returns after:
// meanwhile nothing is kept. Clients are told of a change before it is over, and
// must not get what was before.
func (l *listings) change() (changed func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changing++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.changing--
		l.turn++
		l.results, l.bytes = nil, 0
	}
}

// changeLists is called before what is listed changes, and what it returns after.
func (d *frontDoor) changeLists() (changed func()) {
	if d.fast == nil {
		return func() {}
	}
	return d.fast.lists.change()
}

// now returns the turn that it is. Keys are made after it: what a key means is
// different after a change.
func (l *listings) now() (turn int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.turn
}

// get returns a result, nil if there is none, or if there was a change since the
// turn.
func (l *listings) get(key listingKey, turn int) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changing > 0 || l.turn != turn {
		return nil
	}
	return l.results[key]
}

// put keeps a result, unless there was a change since the turn.
func (l *listings) put(key listingKey, turn int, result []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changing > 0 || l.turn != turn || len(result) > maxListings {
		return
	}
	if l.results == nil || l.bytes+len(result) > maxListings {
		l.results, l.bytes = map[listingKey][]byte{}, 0
	}
	key.method = strings.Clone(key.method) // which is a part of a message
	l.results[key] = result
	l.bytes += len(result)
}

// serveList answers a message with what is kept, or else with what the SDK answers
// to it, which is kept from then on. It reports whether it has.
func (f *fastPath) serveList(w http.ResponseWriter, r *http.Request, of era, m *envelope, body []byte) bool {
	turn := f.lists.now()
	seen, ok := f.server.grantedScopes(r.Context())
	if !ok {
		return false
	}
	key := listingKey{method: m.method, of: of, seen: seen}
	if m.method == "initialize" {
		key.asked = f.opening(m)
	}
	result := f.lists.get(key, turn)
	if result == nil {
		if result = f.ask(r, body); result == nil {
			return false
		}
		f.lists.put(key, turn, result)
	}
	f.answers.list(w, m.id, result)
	return true
}

// ask returns the result that the SDK answers to r with, nil if that is an error.
func (f *fastPath) ask(r *http.Request, body []byte) []byte {
	door := f.server.door
	var answer recording
	door.plain.ServeHTTP(&answer, door.inward(r, body, caller{request: r, gone: r.Context()}))
	if answer.status != http.StatusOK && answer.status != 0 {
		return nil
	}
	return bytes.Clone(memberText(answer.body, "result")) // nil stays nil
}

// A recording is an [http.ResponseWriter] that keeps what is written.
type recording struct {
	header http.Header
	status int
	body   []byte
}

func (p *recording) Header() http.Header {
	if p.header == nil {
		p.header = http.Header{}
	}
	return p.header
}

func (p *recording) WriteHeader(status int) { p.status = status }

func (p *recording) Write(b []byte) (int, error) {
	p.body = append(p.body, b...)
	return len(b), nil
}

// grantedScopes returns which of the tools' needs of scopes the caller meets, as a text
// that is the same for callers who see the same list. It reports false if tools have too
// many different needs.
func (s *Server) grantedScopes(ctx context.Context) (seen string, ok bool) {
	a, set := s.door.authorizer, s.set.Load()
	if a == nil || a.StepUp || set == nil {
		return "", true
	}
	if len(set.needs) > maxNeeds {
		return "", false
	}
	var b strings.Builder
	for _, need := range set.needs {
		if a.grants(ctx, need) {
			b.WriteByte('+')
		} else {
			b.WriteByte('-')
		}
	}
	return b.String(), true
}

// maxNeeds bounds how many different scopes the tools may need of callers for
// lists to be kept.
const maxNeeds = 64
