package mcpmount

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
)

// maxUnread is how much a handler can write before somebody must have read it.
const maxUnread = 64 << 10

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
	head    bool          // the method is HEAD
	ctx     context.Context
	call    *apiCall           // whose context ctx is; nil if ctx is the exchange's own
	cancel  context.CancelFunc // of an own ctx
	header  http.Header        // belongs to the handler
	ready   chan struct{}      // closed when the response can be returned

	mu       sync.Mutex
	turn     sync.Cond // data was read or written, or the end came
	status   int       // 0 until the header is written
	sent     http.Header
	fields   [4]field // of sent, the first kept of them, until that is made
	kept     int
	declared int64 // Content-Length, or -1
	written  int64
	buf      []byte
	read     int   // how much of buf has been read
	opened   bool  // ready is closed
	err      error // why no more will be written: io.EOF is the good end
	closed   bool  // by the reader
	unwatch  func() bool

	// What request and the response are made of, here for the sake of one
	// allocation.
	inner    innerContext
	url      url.URL
	coding   [1]string
	response http.Response
}

func newExchange(ctx context.Context, r *http.Request) *exchange {
	x := &exchange{header: make(http.Header), ready: make(chan struct{}), declared: -1, head: r.Method == http.MethodHead}
	x.turn.L = &x.mu
	if call, ok := ctx.Value(callKey{}).(*apiCall); ok && call.ctx == ctx {
		x.ctx, x.call = ctx, call
	} else {
		x.ctx, x.cancel = context.WithCancel(ctx)
	}
	x.innerRequest(r)
	return x
}

// serve runs h to its end, whatever that is.
func (x *exchange) serve(h http.Handler) {
	body, returned := x.request.Body, false
	defer func() {
		var failure error
		if v := recover(); v != nil || !returned {
			failure = &handlerError{Value: v, Stack: debug.Stack()}
		}
		x.finish(failure)
		body.Close()
	}()
	growStack()
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
func (x *exchange) wait(ctx context.Context, r *http.Request) (*http.Response, error) {
	select {
	case <-x.ready:
	case <-ctx.Done():
		select {
		case <-x.ready: // the handler has returned, which ends ctx
		default:
			_ = x.Close()
			return nil, endOf(ctx)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.status == 0 {
		return nil, x.err
	}
	x.response = http.Response{
		Status:     statusLine(x.status),
		StatusCode: x.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        x.sent,
		ContentLength: x.contentLength(),
		Body:          x,
		Request:       r,
	}
	return &x.response, nil
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

// finish ends the exchange after the handler has. If the call ended first, a
// handler that stopped for that reason has not said all it had to say.
func (x *exchange) finish(failure error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	defer x.endContext()
	if failure == nil {
		failure = endOf(x.ctx)
	}
	switch {
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

// end records why no more will be written, and wakes who waits for it.
func (x *exchange) end(err error) {
	if x.err == nil {
		x.err = err
	}
	x.turn.Broadcast()
}

// open lets the response be returned, when the handler has returned or before.
func (x *exchange) open(returned bool) {
	if x.opened {
		return
	}
	x.opened = true
	x.setSent(returned)
	x.sniff()
	close(x.ready)
}

// stream opens the exchange while the handler is still running: from now on
// the end of the context must reach a reader and a writer that wait.
func (x *exchange) stream() {
	if x.opened || x.err != nil {
		return
	}
	x.unwatch = context.AfterFunc(x.ctx, func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.end(endOf(x.ctx))
	})
	x.open(false)
}

// sniff sets the Content-Type when the handler did not, as net/http does.
func (x *exchange) sniff() {
	if len(x.buf) == 0 {
		return
	}
	if _, typed := x.sent["Content-Type"]; !typed && x.sent.Get("Content-Encoding") == "" {
		x.sent.Set("Content-Type", http.DetectContentType(x.buf))
	}
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

// keepHeader keeps the header as it is now. Most are small, and do not change any
// more: that is seen when the handler has returned.
func (x *exchange) keepHeader() {
	for name, values := range x.header {
		if len(values) != 1 || x.kept == len(x.fields) {
			x.sent = x.header.Clone()
			return
		}
		x.fields[x.kept] = field{name, values[0]}
		x.kept++
	}
}

// A field is one of a header.
type field struct{ name, value string }

// setSent sets the header that was kept.
func (x *exchange) setSent(returned bool) {
	if x.sent != nil {
		return
	}
	same := returned && len(x.header) == x.kept
	for _, f := range x.fields[:x.kept] {
		values := x.header[f.name]
		same = same && len(values) == 1 && values[0] == f.value
	}
	if same {
		x.sent = x.header
		return
	}
	x.sent = make(http.Header, x.kept)
	for _, f := range x.fields[:x.kept] {
		x.sent[f.name] = []string{f.value}
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
	for n := 0; n < len(p); {
		if err := x.waitForRoom(); err != nil {
			return n, err
		}
		end := min(len(p), n+maxUnread-x.unread())
		x.buf = append(x.room(end-n), p[n:end]...)
		n = end
		x.turn.Broadcast()
	}
	return len(p), nil
}

func (x *exchange) unread() int { return len(x.buf) - x.read }

// room returns buf with room for n bytes more, reusing what has been read.
func (x *exchange) room(n int) []byte {
	if x.read > 0 && len(x.buf)+n > cap(x.buf) {
		x.buf = x.buf[:copy(x.buf, x.buf[x.read:])]
		x.read = 0
	}
	return x.buf
}

func (x *exchange) waitForRoom() error {
	for x.err == nil && x.unread() >= maxUnread {
		x.stream()
		x.turn.Wait()
	}
	return x.writeError()
}

// writeError returns the error of a write after the end.
func (x *exchange) writeError() error {
	if errors.Is(x.err, io.EOF) {
		return io.ErrClosedPipe
	}
	return x.err
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
	x.turn.Broadcast()
	return n, nil
}

// rest returns all that there is still to read, if the handler has returned well
// and it is no more than most bytes; else how many bytes wait to be read.
func (x *exchange) rest(most int64) (data []byte, waiting int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !errors.Is(x.err, io.EOF) || x.closed || !x.hasBody() || x.head || int64(x.unread()) > most {
		return nil, x.unread()
	}
	data = x.buf[x.read:]
	x.buf, x.read = nil, 0
	return data, 0
}

// Close closes the body of the response, and thereby ends the call.
func (x *exchange) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed = true
	x.buf, x.read = nil, 0
	x.end(io.ErrClosedPipe)
	x.endContext()
	return nil
}
