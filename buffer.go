package mcpmount

import (
	"io"
	"slices"
	"sync"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A buffer is used again when nobody needs what is in it.
type buffer struct {
	bytes  []byte
	parser tree.Parser // of a message in bytes
}

// A bufferPool has buffers. The zero pool is ready to use.
type bufferPool struct{ pool sync.Pool }

// What is put back is between these: a larger one is rare, and would be kept.
const (
	minBuffer = 4 << 10
	maxBuffer = 1 << 20
)

// get returns an empty buffer.
func (p *bufferPool) get() *buffer {
	if b, ok := p.pool.Get().(*buffer); ok {
		b.bytes = b.bytes[:0]
		return b
	}
	return &buffer{bytes: make([]byte, 0, minBuffer)}
}

// put takes a buffer that nobody uses any more.
func (p *bufferPool) put(b *buffer) {
	if cap(b.bytes) <= maxBuffer {
		p.pool.Put(b)
	}
}

// read reads all of r, but ends soon when there are more than most bytes. The
// length that is expected is a hint; what somebody only announces takes no memory.
func (b *buffer) read(r io.Reader, expected, most int64) error {
	if room := min(expected, 64<<10) + 1; room > int64(cap(b.bytes)) {
		b.bytes = slices.Grow(b.bytes, int(room))
	}
	for int64(len(b.bytes)) <= most {
		if len(b.bytes) == cap(b.bytes) {
			b.bytes = slices.Grow(b.bytes, len(b.bytes))
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
