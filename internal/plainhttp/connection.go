package plainhttp

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"sync"
	"time"
)

// A conn is a connection of a [Transport]. One request at a time uses it.
//
// It is used for another one only if the whole response was read, nothing came
// behind that, and nothing has come since: what an API says unasked must not be the
// answer to the next request, which can be somebody else's.
type conn struct {
	to    net.Conn
	host  string        // of URLs
	r     *bufio.Reader // of the conn itself, which counts
	w     *bufio.Writer
	probe *probe
	limit int64       // bytes that the headers of a response may have
	keep  func(*conn) // takes it when it can be used again
	born  time.Time
	since time.Time // when keep took it

	reused  bool
	heard   bool        // something has come in answer to the request
	left    int64       // how much may still come
	expire  func()      // ends what reads or writes
	unwatch func() bool // keeps the end of a request from expiring it
}

func newConn(to net.Conn, host string, limit int64, keep func(*conn)) *conn {
	c := &conn{to: to, host: host, limit: limit, keep: keep, born: time.Now(), probe: newProbe(to), w: bufio.NewWriter(to)}
	c.r = bufio.NewReader(c)
	c.expire = func() { _ = to.SetDeadline(time.Unix(1, 0)) } // fails if it is closed, which is as good
	return c
}

func (c *conn) close() { _ = c.to.Close() } // nobody waits for what is not sent

var errLongHeader = errors.New("the header of the response is too long")

// Read reads for c.r.
func (c *conn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errLongHeader
	}
	n, err := c.to.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	c.heard = c.heard || n > 0
	return n, err
}

// exchange sends r with a body and returns the response, which the connection is for until its
// body was read or closed. After an error, it is closed.
func (c *conn) exchange(r *http.Request, content io.ReadCloser) (*http.Response, error) {
	c.heard, c.left = false, c.limit
	c.unwatch = context.AfterFunc(r.Context(), c.expire)
	res, err := c.send(r, content)
	if err != nil {
		c.unwatch()
		c.close()
		return nil, err
	}
	c.left = math.MaxInt64
	b := &body{ctx: r.Context(), conn: c, in: res.Body, reusable: !res.Close && res.StatusCode != http.StatusSwitchingProtocols}
	if res.Body == http.NoBody {
		b.finish(io.EOF)
	} else {
		res.Body = b
	}
	return res, nil
}

// send sends r and returns the first response that is not an interim one. How many
// of those there are is bounded by what their headers may have together.
func (c *conn) send(r *http.Request, content io.ReadCloser) (*http.Response, error) {
	if err := c.write(r, content); err != nil {
		return nil, err
	}
	for {
		res, err := http.ReadResponse(c.r, r)
		if err != nil {
			return nil, err
		}
		if interim := 100 <= res.StatusCode && res.StatusCode <= 199; !interim || res.StatusCode == http.StatusSwitchingProtocols {
			return res, nil
		}
	}
}

// A body is that of a response. When it has been read, or is closed, the connection
// is somebody else's. It can be closed while it is read.
type body struct {
	ctx      context.Context
	in       io.Reader
	reusable bool

	mu   sync.Mutex
	conn *conn // nil afterwards
	err  error // of reading on
}

// Read is part of [io.Reader]. When the request has ended before the body, the error
// is why.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	done, err := b.conn == nil, b.err
	b.mu.Unlock()
	if done {
		return 0, err
	}
	n, err := b.in.Read(p)
	if err == nil {
		return n, nil
	}
	if why := context.Cause(b.ctx); why != nil && !errors.Is(err, io.EOF) {
		err = why
	}
	b.finish(err)
	return n, err
}

// Close is part of [io.Closer]. What has not been read is not waited for.
func (b *body) Close() error {
	b.finish(http.ErrBodyReadAfterClose)
	return nil
}

// finish gives the connection back, or closes it if it has not come to the end of the
// response.
func (b *body) finish(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.conn
	if c == nil {
		return
	}
	b.conn, b.err = nil, err
	if c.unwatch() && errors.Is(err, io.EOF) && b.reusable && c.r.Buffered() == 0 {
		c.keep(c)
		return
	}
	c.close()
}
