package mcpmount

import (
	"cmp"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// A limitError says that a body is longer than the limit, which it is.
type limitError int64

func (e limitError) Error() string {
	return "more than " + strconv.FormatInt(int64(e), 10) + " bytes"
}

// A codingError names a content coding that cannot be undone.
type codingError string

func (e codingError) Error() string { return fmt.Sprintf("content coding %q", string(e)) }

// A bodyReader reads the body of a response up to a limit, which holds for what
// is there after decompression.
type bodyReader struct {
	r     io.Reader
	limit int64
	left  int64
	err   error // why the end was not reached

	buffers *bufferPool // for a body that is read whole; nil for none
	lent    *buffer     // the buffer from the pool that has the body; nil for none
}

// open makes b the reader of the body of res. Transports undo the compression
// that they asked for; this is for an API that compresses unasked (RFC 9110
// section 8.4.1). The request of res was made with ctx.
func (b *bodyReader) open(ctx context.Context, res *http.Response, limit int64) {
	*b = bodyReader{r: res.Body, limit: limit, left: limit, buffers: b.buffers}
	var err error
	switch coding := strings.ToLower(firstField(res.Header, "Content-Encoding")); coding {
	case "", "identity":
	case "gzip", "x-gzip":
		b.r, err = gzip.NewReader(res.Body)
	case "deflate":
		b.r, err = zlib.NewReader(res.Body)
	default:
		err = codingError(shorten(coding, 32))
	}
	if err != nil && !errors.Is(err, io.EOF) { // nothing is nothing in any coding
		b.err = err
	}
	if err != nil {
		b.r = http.NoBody
	}
	b.r = redactorOf(ctx, res).reader(b.r)
}

// Read reads on until the end or the limit, where it finds out whether there is
// more.
func (b *bodyReader) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.left == 0 {
		return 0, b.probe()
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

func (b *bodyReader) probe() error {
	var more [1]byte
	switch _, err := io.ReadFull(b.r, more[:]); err {
	case nil:
		b.err = limitError(b.limit)
	case io.EOF:
		return io.EOF
	default:
		b.err = err
	}
	return b.err
}

// all reads the whole body. The expected length is a hint.
func (b *bodyReader) all(expected int64) []byte {
	if x, ok := b.r.(*exchange); ok && b.err == nil {
		data, lent := x.rest(b.left)
		b.left -= int64(len(data))
		b.lent = lent
		return b.further(data)
	}
	const most = 64 << 10
	size := min(max(expected, 0), b.limit, most) + 1
	if expected < 0 {
		size = 512
	}
	if b.buffers == nil {
		return b.further(make([]byte, 0, size))
	}
	b.lent = b.buffers.get(size)
	b.lent.reserve(size)
	b.lent.bytes = b.further(b.lent.bytes)
	return b.lent.bytes
}

// further reads what is left of the body, and appends it to data.
func (b *bodyReader) further(data []byte) []byte {
	for {
		n, err := b.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err != nil {
			return data
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
	}
}

// giveBack returns the buffer of a body that was read whole to its pool.
func (b *bodyReader) giveBack() {
	if b.lent != nil && b.buffers != nil {
		b.buffers.put(b.lent)
	}
	b.lent = nil
}

// complete reports whether reading has come to the end of the body.
func (b *bodyReader) complete() bool { return b.err == nil }

// shortfall says why reading did not come to the end, for a model, and whether
// that makes the call a failure. A stream need not have an end.
func (b *bodyReader) shortfall(ctx context.Context, stream bool) (note string, failed bool) {
	err, noun := b.err, "response"
	if stream {
		noun = "stream"
	}
	var limit limitError
	if !errors.As(err, &limit) {
		err = cmp.Or(endOf(ctx), err)
	}
	var (
		coding  codingError
		timeout callTimeout
		failure *handlerError
	)
	switch {
	case errors.As(err, &limit):
		return fmt.Sprintf("the %s was cut after %d bytes; the operator can allow more (Limits.MaxResponseBytes, --max-response-bytes)", noun, int64(limit)), false
	case errors.As(err, &coding):
		return fmt.Sprintf("the %s cannot be read: it is compressed with %q", noun, string(coding)), true
	case errors.As(err, &timeout):
		return fmt.Sprintf("the %s was cut after %v%s", noun, timeout.duration(), moreTime), !stream
	case isTimeout(err):
		return fmt.Sprintf("the %s was cut when the time for the call was up", noun), !stream
	case errors.Is(err, errShutdown):
		return fmt.Sprintf("the %s was cut: %v", noun, errShutdown), !stream
	case errors.Is(err, context.Canceled):
		return fmt.Sprintf("the %s was cut when the call was canceled", noun), !stream
	case errors.As(err, &failure):
		return fmt.Sprintf("the API failed before the %s was complete", noun), true
	}
	return fmt.Sprintf("the %s ended before it was complete", noun), true
}
