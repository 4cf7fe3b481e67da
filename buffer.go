package mcpmount

import (
	"io"
	"sync"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A buffer is memory for a message or an answer, which goes back to its pool when nobody
// needs what is in it.
type buffer struct {
	bytes  []byte
	parser tree.Parser // of a message in bytes
}

// A bufferPool has buffers. The zero pool is ready to use.
type bufferPool struct{ small, large sync.Pool }

// Sizes of buffers. Large ones have a pool of their own: in one pool, all of its buffers would
// soon be large, and stay in memory. Those above maxBuffer are not kept.
const (
	minBuffer   = 4 << 10
	largeBuffer = 64 << 10
	maxBuffer   = 4 << 20
)

// get returns an empty buffer for about as many bytes as expected; it may have to grow.
func (p *bufferPool) get(expected int64) *buffer {
	pool := &p.small
	if expected > largeBuffer {
		pool = &p.large
	}
	if b, ok := pool.Get().(*buffer); ok {
		b.bytes = b.bytes[:0]
		return b
	}
	return &buffer{bytes: make([]byte, 0, minBuffer)}
}

// put takes a buffer that nobody uses any more.
func (p *bufferPool) put(b *buffer) {
	switch size := cap(b.bytes); {
	case size <= largeBuffer:
		p.small.Put(b)
	case size <= maxBuffer:
		p.large.Put(b)
	}
}

// enlarge empties b, and makes room for n bytes. If b would become large by that, it gets
// the memory of a buffer that is large already.
func (p *bufferPool) enlarge(b *buffer, n int64) {
	if n > largeBuffer && n > int64(cap(b.bytes)) {
		other := p.get(n)
		b.bytes, other.bytes = other.bytes, b.bytes
		p.put(other)
	}
	b.bytes = b.bytes[:0]
	b.reserve(n)
}

// read reads all of r, but stops soon after most bytes. The expected length is a hint: a
// length that a sender only announces takes no memory.
func (b *buffer) read(r io.Reader, expected, most int64) error {
	b.reserve(min(expected, largeBuffer-1) + 1)
	for int64(len(b.bytes)) <= most {
		if len(b.bytes) == cap(b.bytes) {
			have := int64(len(b.bytes))
			b.reserve(max(have, min(expected+1-have, 7*have)))
		}
		n, err := r.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reserve makes room for n more bytes, and not for many more.
func (b *buffer) reserve(n int64) {
	if need := len(b.bytes) + int(n); need > cap(b.bytes) {
		b.bytes = append(make([]byte, 0, need), b.bytes...)
	}
}
