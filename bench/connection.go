package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"time"
)

// A connection is a keep-alive connection that sends requests as they are and reads
// their responses into a buffer: a client that costs as little as it can, since it
// has one processor for what a server does with another.
type connection struct {
	net  net.Conn
	in   []byte // what was read; a part of a response
	body []byte // of a chunked response
}

// A response is valid until the next one is read.
type response struct {
	status int
	head   []byte
	body   []byte
}

// dial connects to addr, for a minute.
func dial(ctx context.Context, addr string) (*connection, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &connection{net: conn, in: make([]byte, 0, 8<<10)}
	c.lastFor(time.Minute)
	return c, nil
}

// lastFor sets when c ends: what it does then fails.
func (c *connection) lastFor(d time.Duration) {
	_ = c.net.SetDeadline(time.Now().Add(d)) // fails if c is closed, and so does what follows
}

func (c *connection) close() { _ = c.net.Close() }

// exchange sends a request and returns its response.
func (c *connection) exchange(request []byte) (response, error) {
	if _, err := c.net.Write(request); err != nil {
		return response{}, err
	}
	c.in = c.in[:0]
	end := -1
	for end < 0 {
		if err := c.fill(); err != nil {
			return response{}, fmt.Errorf("read the response: %w", err)
		}
		end = bytes.Index(c.in, []byte("\r\n\r\n"))
	}
	head := c.in[:end+2]
	if len(head) < 12 {
		return response{}, fmt.Errorf("response %q is not HTTP", head)
	}
	status, err := strconv.Atoi(string(head[9:12]))
	if err != nil {
		return response{}, fmt.Errorf("response %.20q has no status", head)
	}
	res := response{status: status, head: head}
	if length := res.header("Content-Length"); length != nil {
		n, err := strconv.Atoi(string(length))
		if err != nil {
			return res, err
		}
		res.body, err = c.plain(end+4, n)
		res.head = c.in[:end+2] // the buffer may have moved
		return res, err
	}
	if bytes.EqualFold(res.header("Transfer-Encoding"), []byte("chunked")) {
		res.body, err = c.chunked(end + 4)
		res.head = c.in[:end+2]
	}
	return res, err
}

// header returns the value of a field, or nil.
func (r response) header(name string) []byte {
	for line := range bytes.Lines(r.head) {
		if len(line) > len(name) && line[len(name)] == ':' && bytes.EqualFold(line[:len(name)], []byte(name)) {
			return bytes.TrimSpace(line[len(name)+1:])
		}
	}
	return nil
}

// plain returns the body of n bytes that begins at a place of the buffer.
func (c *connection) plain(from, n int) ([]byte, error) {
	for len(c.in) < from+n {
		if err := c.fill(); err != nil {
			return nil, fmt.Errorf("read the body: %w", err)
		}
	}
	return c.in[from : from+n], nil
}

// chunked returns the body whose first chunk begins at a place of the buffer.
func (c *connection) chunked(from int) ([]byte, error) {
	c.body = c.body[:0]
	for {
		line := bytes.Index(c.in[from:], []byte("\r\n"))
		if line < 0 {
			if err := c.fill(); err != nil {
				return nil, fmt.Errorf("read a chunk: %w", err)
			}
			continue
		}
		size, err := strconv.ParseInt(string(c.in[from:from+line]), 16, 32)
		if err != nil {
			return nil, fmt.Errorf("chunk size %.20q is not a number", c.in[from:from+line])
		}
		content, err := c.plain(from+line+2, int(size)+2)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			return c.body, nil
		}
		c.body = append(c.body, content[:size]...)
		from += line + 2 + int(size) + 2
	}
}

// fill reads more into the buffer.
func (c *connection) fill() error {
	if len(c.in) == cap(c.in) {
		c.in = append(c.in, make([]byte, cap(c.in))...)[:len(c.in)]
	}
	n, err := c.net.Read(c.in[len(c.in):cap(c.in)])
	c.in = c.in[:len(c.in)+n]
	if n > 0 {
		return nil
	}
	return err
}
