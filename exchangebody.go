package mcpmount

import (
	"bytes"
	"io"
	"net/http"
)

// Read reads the body of the response.
func (x *exchange) Read(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	if !x.hasBody() || x.head {
		return 0, io.EOF
	}
	for x.err == nil && x.unread() == 0 {
		x.turn.Wait()
	}
	if x.unread() == 0 {
		return 0, x.err
	}
	n := copy(p, x.buf[x.read:])
	x.read += n
	if x.unread() == 0 {
		x.buf, x.read = x.buf[:0], 0
	}
	x.stir()
	return n, nil
}

// rest waits until the handler has written all, and returns what is still to be read, but
// no more than most bytes, and the buffer of a pool that they are in, nil for none. Up to
// that many bytes, the handler need not wait for a reader.
func (x *exchange) rest(most int64) (data []byte, lent *buffer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed || !x.hasBody() || x.head {
		return nil, nil
	}
	x.mostUnread = most
	x.stir()
	for x.err == nil && int64(x.unread()) < most {
		x.turn.Wait()
	}
	end := x.read + int(min(most, int64(x.unread())))
	data = x.buf[x.read:end:end]
	if lent, x.lent = x.lent, nil; lent != nil {
		lent.bytes = x.buf
	}
	x.buf, x.read = bytes.Clone(x.buf[end:]), 0 // data is not written to any more
	x.stir()
	return data, lent
}

// Close closes the body of the response, which ends the call.
func (x *exchange) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed = true
	if x.lent != nil { // what was read of it was copied, and nothing more is written
		x.lent.bytes = x.buf
		x.call.server.door.buffers.put(x.lent)
	}
	x.buf, x.read, x.lent = nil, 0, nil
	x.end(io.ErrClosedPipe)
	x.endContext()
	return nil
}
