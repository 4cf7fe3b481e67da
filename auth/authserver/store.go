package authserver

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Store keeps what a [Server] knows of its users. Processes that share one are
// one Server. Keys are printable ASCII of at most 100 bytes: a kind, such as "login",
// a colon, and a digest. Values are encrypted, and at most 64 KiB.
//
// Implementations are safe for concurrent use. An error other than
// [ErrNotFound] means that nobody can tell at the moment.
type Store interface {
	// Put stores value under key for ttl, which is more than zero. It replaces
	// what is there.
	Put(ctx context.Context, key string, value []byte, ttl time.Duration) error

	// Get returns the value under key, or ErrNotFound.
	Get(ctx context.Context, key string) ([]byte, error)

	// Take is Get and Delete in one step: of several callers at once, one gets the
	// value, and the others ErrNotFound. What can be used once depends on it.
	Take(ctx context.Context, key string) ([]byte, error)

	// Delete forgets key. It is no error if there is none.
	Delete(ctx context.Context, key string) error
}

// ErrNotFound is the error of a [Store] about a key that is not there, or whose
// time is up.
var ErrNotFound = errors.New("not found")

const (
	// maxRecords bounds the records of a kind, of users whom the provider knows.
	maxRecords = 50_000

	// maxLogins bounds those of the kind that anybody can make. A new one takes
	// the place of another one then.
	maxLogins = 4096

	maxRecordBytes = 64 << 10
	maxStoreBytes  = 256 << 20

	// sweepEvery is how often expired records of a kind are dropped; if there is no room,
	// once in a second.
	sweepEvery = time.Minute
)

// loginKind is the kind of records that anybody can make.
const loginKind = "login"

var errFull = errors.New("the store is full")

// A MemoryStore is a [Store] of one process: what is in it ends with the
// process. It holds at most 50,000 records of a kind and 256 MiB.
type MemoryStore struct {
	mu    sync.Mutex
	kinds map[string]map[string]item
	swept map[string]time.Time // of a kind: when expired ones were dropped
	bytes int
}

type item struct {
	value   []byte
	expires time.Time
}

// NewMemoryStore returns an empty MemoryStore.
func NewMemoryStore() *MemoryStore {
	return &MemoryStore{kinds: map[string]map[string]item{}, swept: map[string]time.Time{}}
}

// Put implements [Store]. Without room, it is an error.
func (m *MemoryStore) Put(_ context.Context, key string, value []byte, ttl time.Duration) error {
	if len(value) > maxRecordBytes {
		return errors.New("the record is too large")
	}
	kind, _, _ := strings.Cut(key, ":")
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kinds[kind] == nil {
		m.kinds[kind] = map[string]item{}
	}
	m.drop(kind, key)
	if !m.room(kind, len(value), now) {
		return errFull
	}
	m.kinds[kind][key] = item{slices.Clone(value), now.Add(ttl)}
	m.bytes += len(value)
	return nil
}

// room makes room for a value of n bytes, if it can.
func (m *MemoryStore) room(kind string, n int, now time.Time) bool {
	most := maxRecords
	if kind == loginKind {
		most = maxLogins
	}
	if idle := now.Sub(m.swept[kind]); idle > sweepEvery || idle > time.Second && (len(m.kinds[kind]) >= most || m.bytes+n > maxStoreBytes) {
		m.swept[kind] = now
		for key, it := range m.kinds[kind] {
			if !now.Before(it.expires) {
				m.drop(kind, key)
			}
		}
	}
	if kind == loginKind && len(m.kinds[kind]) >= most {
		for key := range m.kinds[kind] {
			m.drop(kind, key)
			break
		}
	}
	return len(m.kinds[kind]) < most && m.bytes+n <= maxStoreBytes
}

func (m *MemoryStore) drop(kind, key string) {
	m.bytes -= len(m.kinds[kind][key].value)
	delete(m.kinds[kind], key)
}

// Get implements [Store].
func (m *MemoryStore) Get(_ context.Context, key string) ([]byte, error) { return m.find(key, false) }

// Take implements [Store].
func (m *MemoryStore) Take(_ context.Context, key string) ([]byte, error) { return m.find(key, true) }

// Delete implements [Store].
func (m *MemoryStore) Delete(_ context.Context, key string) error {
	kind, _, _ := strings.Cut(key, ":")
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(kind, key)
	return nil
}

func (m *MemoryStore) find(key string, drop bool) ([]byte, error) {
	kind, _, _ := strings.Cut(key, ":")
	m.mu.Lock()
	defer m.mu.Unlock()
	it, ok := m.kinds[kind][key]
	live := ok && time.Now().Before(it.expires)
	if ok && (drop || !live) {
		m.drop(kind, key)
	}
	if !live {
		return nil, ErrNotFound
	}
	return slices.Clone(it.value), nil
}
