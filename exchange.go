package mcpmount

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
)

// maxUnread is how much a handler can write before it has to wait for a reader.
const maxUnread = 64 << 10

// maxExpected bounds the memory that is reserved for a length that a handler announces.
const maxExpected = 1 << 20

// A handlerError says that a handler did not return: it panicked, or ended its
// goroutine. A model may read its text; Value and Stack are for the operator.
type handlerError struct {
	Value any // nil after runtime.Goexit
	Stack []byte
}

func (e *handlerError) Error() string { return "the API failed while handling the request" }

func (e *handlerError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// An exchange is one call of a handler. To the handler it is the
// [http.ResponseWriter], to the caller the body of the response.
//
// It is also an [http.Flusher] and what [http.NewResponseController] looks for
// except for Hijack, and an http.CloseNotifier, which gin asks for to stream.
type exchange struct {
	request *http.Request // belongs to the handler
	ctx     context.Context
	call    *apiCall           // the call that ctx is, if the exchange may end it; nil if ctx is the exchange's own
	cancel  context.CancelFunc // ends ctx, if that is the exchange's own
	header  http.Header        // belongs to the handler
	limit   int                // how many bytes are kept, if here; else 0
	wake    chan struct{}      // wakes whoever waits for the response; has room for one signal; nil if here

	mu         sync.Mutex
	turn       *sync.Cond // data was read or written, or the end came; nil if here
	status     int        // 0 until the header is written
	sent       http.Header
	fields     []field // what sent is made of, until it is made
	declared   int64   // Content-Length, or -1
	written    int64
	buf        []byte
	lent       *buffer // the buffer of a pool that buf is in, nil for none
	read       int     // how much of buf has been read
	mostUnread int64   // how much of buf may wait to be read
	err        error   // why no more will be written, whether or not the call has ended; io.EOF if the handler has written all
	head       bool    // the method is HEAD
	here       bool    // the handler runs on the goroutine of the call: nobody reads before it has returned
	opened     bool    // the response can be returned
	closed     bool    // the reader has closed the body
	unwatch    func() bool
}

// newExchange returns an exchange for r. If own is true, nobody but the transport has r.
func newExchange(ctx context.Context, r *http.Request, own bool) *exchange {
	var x *exchange
	switch call, ok := ctx.(*apiCall); {
	case !ok || !own: // whoever has it may call again
		x = new(exchange)
		x.ctx, x.cancel = context.WithCancel(ctx)
	case call.substitute == nil:
		x = &exchange{ctx: ctx, call: call}
	default:
		x = &call.substitute.exchange
		x.ctx, x.call = ctx, call
	}
	x.header, x.declared, x.mostUnread, x.head = make(http.Header), -1, maxUnread, r.Method == http.MethodHead
	x.innerRequest(r)
	return x
}

// serve runs h until it returns, panics or ends its goroutine.
func (x *exchange) serve(h http.Handler) {
	body, returned := x.request.Body, false
	defer func() {
		var failure error
		v := recover()
		if v != nil || !returned {
			failure = &handlerError{Value: v, Stack: debug.Stack()}
		}
		x.finish(failure)
		body.Close()
		if v == nil && !returned && x.here { // the goroutine of the call ends
			x.call.substitute.answer(failure)
		}
	}()
	if !x.here {
		growStack()
	}
	h.ServeHTTP(x, x.request)
	returned = true
}

// growStack gives the goroutine the stack that a handler is going to need while
// there is next to nothing on it to move. Growing it frame by frame costs a
// small handler a quarter of its time.
//
//go:noinline
func growStack() {
	var frame [3 << 10]byte
	runtime.KeepAlive(&frame)
}

// wait waits until the handler has begun to answer, or the call ends.
func (x *exchange) wait(r *http.Request) (*http.Response, error) {
	if !x.waitOpen() {
		_ = x.Close()
		return nil, endOf(x.ctx)
	}
	return x.opening(r)
}

// opening returns the response that the handler has begun, or the reason why it has not.
func (x *exchange) opening(r *http.Request) (*http.Response, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.status == 0 {
		return nil, x.err
	}
	res := x.responseRoom()
	*res = http.Response{
		Status:     statusLine(x.status),
		StatusCode: x.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        x.sent,
		ContentLength: x.contentLength(),
		Body:          x,
		Request:       r,
	}
	return res, nil
}

// responseRoom returns memory for the response: that of the call, if nobody gets the response
// who could keep it.
func (x *exchange) responseRoom() *http.Response {
	if x.call != nil && x.call.room != nil {
		return &x.call.room.response
	}
	return new(http.Response)
}

// statusLine returns the Status of a response.
func statusLine(code int) string {
	if code == http.StatusOK {
		return "200 OK" // which most are
	}
	return strconv.Itoa(code) + " " + http.StatusText(code)
}

// contentLength returns the length of the body, or of what GET would return, if
// it is known, or -1.
func (x *exchange) contentLength() int64 {
	switch {
	case x.head:
		return x.declared
	case !x.hasBody():
		return 0
	case x.declared < 0 && x.unwatch == nil:
		return x.written // all of it: the handler has returned
	}
	return x.declared
}

// hasBody reports whether the status admits a body: RFC 9110 section 6.4.1.
func (x *exchange) hasBody() bool {
	return x.status >= 200 && x.status != http.StatusNoContent && x.status != http.StatusNotModified
}

// finish ends the exchange when the handler has ended. If the call ended before, the
// handler may have stopped for that reason, and its response is not complete.
func (x *exchange) finish(failure error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	defer x.endContext()
	if failure == nil {
		failure = endOf(x.ctx)
	}
	switch {
	case x.isFull(): // what became of the rest does not matter
	case failure != nil:
		if !x.opened {
			x.status = 0 // what it would have answered does not count
		}
	case x.hasBody() && x.written < x.declared:
		failure = io.ErrUnexpectedEOF
	default:
		x.writeHeader(http.StatusOK)
		failure = io.EOF
	}
	x.end(failure)
	x.open(true)
	if x.unwatch != nil {
		x.unwatch()
	}
}

// endContext ends the context of the handler.
func (x *exchange) endContext() {
	if x.call != nil {
		x.call.end(nil)
	} else {
		x.cancel()
	}
}

// end records why no more will be written, and wakes whoever waits for more.
func (x *exchange) end(err error) {
	if x.err == nil {
		x.err = err
	}
	x.stir()
}

// stir wakes whoever waits for data to be read or written, or for the end.
func (x *exchange) stir() {
	if x.turn != nil {
		x.turn.Broadcast()
	}
}

// open lets the response be returned; returned says that the handler has ended.
func (x *exchange) open(returned bool) {
	if x.opened {
		return
	}
	x.opened = true
	x.setSent(returned)
	x.sniff()
	signal(x.wake)
}

// isOpen reports whether the response can be returned.
func (x *exchange) isOpen() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.opened
}

// waitOpen waits until the response can be returned, and reports false if the call
// ends before.
func (x *exchange) waitOpen() bool {
	if x.call == nil {
		for !x.isOpen() {
			select {
			case <-x.wake:
			case <-x.ctx.Done():
				return x.isOpen() // the handler may have returned, which ends ctx
			}
		}
		return true
	}
	x.call.wakes(x.wake)
	timer := time.NewTimer(time.Until(x.call.deadline))
	defer timer.Stop()
	for !x.isOpen() {
		select {
		case <-x.wake: // by the handler, or the end of the call
			if x.call.hasEnded() {
				return x.isOpen()
			}
		case <-x.call.values.Done():
			x.call.end(context.Canceled)
		case <-timer.C:
			x.call.end(callTimeout(x.call.allowed))
		}
	}
	return true
}

// stream opens the exchange while the handler is still running: from now on
// the end of the context must reach a reader and a writer that wait.
func (x *exchange) stream() {
	if x.opened || x.err != nil {
		return
	}
	if x.here {
		x.open(false)
		return
	}
	x.unwatch = context.AfterFunc(x.ctx, func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.end(endOf(x.ctx))
	})
	x.open(false)
}

// Header is part of [http.ResponseWriter].
func (x *exchange) Header() http.Header { return x.header }

// WriteHeader is part of [http.ResponseWriter]. The first final status wins.
func (x *exchange) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic("invalid WriteHeader code " + strconv.Itoa(status)) // as net/http; serve recovers it
	}
	if status < 200 && status != http.StatusSwitchingProtocols {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.writeHeader(status)
}

func (x *exchange) writeHeader(status int) {
	if x.status != 0 || x.err != nil {
		return
	}
	x.status = status
	x.keepHeader()
	if length := x.header["Content-Length"]; len(length) > 0 {
		if n, err := strconv.ParseInt(length[0], 10, 64); err == nil && n >= 0 {
			x.declared = n
		}
	}
}

// Write is part of [http.ResponseWriter].
func (x *exchange) Write(p []byte) (int, error) { return write(x, p) }

// WriteString is part of [io.StringWriter].
func (x *exchange) WriteString(s string) (int, error) { return write(x, s) }

func write[T []byte | string](x *exchange, p T) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.writeHeader(http.StatusOK)
	switch {
	case x.err != nil:
		return 0, x.writeError()
	case !x.hasBody():
		return 0, http.ErrBodyNotAllowed
	case x.declared >= 0 && x.written+int64(len(p)) > x.declared:
		return 0, http.ErrContentLength
	}
	x.written += int64(len(p))
	if x.head {
		const sniffed = 512 // what sniff looks at, as if it were sent
		x.buf = append(x.buf, p[:min(len(p), sniffed-len(x.buf))]...)
		return len(p), nil
	}
	if x.buf == nil {
		x.makeBuf(max(len(p), int(min(x.declared, maxExpected))))
	}
	for n := 0; n < len(p); {
		if err := x.waitForRoom(); err != nil {
			return n, err
		}
		end := n + int(min(int64(len(p)-n), max(int64(x.limit), x.mostUnread)-int64(x.unread())))
		x.buf = append(x.makeRoom(end-n), p[n:end]...)
		n = end
		x.stir()
	}
	return len(p), nil
}

// makeBuf makes buf, with room for size bytes.
func (x *exchange) makeBuf(size int) {
	if x.call == nil || x.call.room == nil {
		x.buf = make([]byte, 0, size)
		return
	}
	x.lent = x.call.server.door.buffers.get(int64(size))
	x.lent.reserve(int64(size))
	x.buf = x.lent.bytes
}

func (x *exchange) unread() int { return len(x.buf) - x.read }

// makeRoom returns buf with room for n bytes more, reusing what has been read.
func (x *exchange) makeRoom(n int) []byte {
	if x.read > 0 && len(x.buf)+n > cap(x.buf) {
		x.buf = x.buf[:copy(x.buf, x.buf[x.read:])]
		x.read = 0
	}
	return x.buf
}

func (x *exchange) waitForRoom() error {
	if x.here && x.err == nil && x.unread() >= x.limit {
		x.err = limitError(x.limit - 1)
		x.endContext() // more is of no use
	}
	for !x.here && x.err == nil && int64(x.unread()) >= x.mostUnread {
		x.stream()
		x.turn.Wait()
	}
	return x.writeError()
}

// writeError returns the error of a write after the end.
func (x *exchange) writeError() error {
	if errors.Is(x.err, io.EOF) || x.isFull() {
		return io.ErrClosedPipe
	}
	return x.err
}

// isFull reports whether there was more than is kept.
func (x *exchange) isFull() bool {
	if x.err == nil {
		return false
	}
	var limit limitError
	return errors.As(x.err, &limit)
}

// Flush is part of [http.Flusher].
func (x *exchange) Flush() { _ = x.FlushError() }

// FlushError is looked for by [http.ResponseController].
func (x *exchange) FlushError() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.writeHeader(http.StatusOK)
	x.stream()
	return x.writeError()
}

// SetReadDeadline is looked for by [http.ResponseController]. The request is
// in memory: nothing can be late.
func (x *exchange) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline is looked for by [http.ResponseController]. The context of
// the request bounds how long a write can wait.
func (x *exchange) SetWriteDeadline(time.Time) error { return nil }

// EnableFullDuplex is looked for by [http.ResponseController].
func (x *exchange) EnableFullDuplex() error { return nil }

// CloseNotify makes the exchange an http.CloseNotifier.
func (x *exchange) CloseNotify() <-chan bool {
	gone := make(chan bool, 1)
	context.AfterFunc(x.ctx, func() { gone <- true })
	return gone
}
