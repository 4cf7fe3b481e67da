package main

import (
	"context"
	"fmt"
	"net"
	"time"
)

// A connection is a keep-alive connection that sends requests as they are and reads
// their responses into a buffer: a client that costs as little as it can, since it
// has one processor for what a server does with another.
type connection struct {
	net net.Conn
	arrival
}

// dial connects to addr, for a minute.
func dial(ctx context.Context, addr string) (*connection, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &connection{net: conn, arrival: newArrival()}
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
	c.begin()
	for {
		n, err := c.net.Read(c.space())
		if n == 0 && err != nil {
			return response{}, fmt.Errorf("read the response: %w", err)
		}
		c.add(n)
		if res, complete, err := c.response(); complete || err != nil {
			return res, err
		}
	}
}
