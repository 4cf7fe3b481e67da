package main

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// serveStdio serves the client that started this process, until it closes
// standard input or ctx is done.
func serveStdio(ctx context.Context, srv *mcpmount.Server, t *terminal) error {
	stdio := &mcp.IOTransport{Reader: io.NopCloser(t.stdin), Writer: nopCloser{t.stdout}}
	err := srv.Run(context.WithoutCancel(ctx), &patientTransport{stdio, ctx.Done()})
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// A patientTransport has an end of its input when stop is closed. It lets be
// answered what was asked before the end, which the SDK would drop: "printf … |
// mcpmount serve --stdio" would print nothing.
type patientTransport struct {
	mcp.Transport
	stop <-chan struct{}
}

// Connect implements [mcp.Transport].
func (t *patientTransport) Connect(ctx context.Context) (mcp.Connection, error) {
	conn, err := t.Transport.Connect(ctx)
	return &patientConn{Connection: conn, stop: t.stop, pending: map[jsonrpc.ID]bool{}}, err
}

type patientConn struct {
	mcp.Connection
	stop <-chan struct{}

	mu      sync.Mutex
	pending map[jsonrpc.ID]bool // requests that were read and not answered
	idle    chan struct{}       // closed when pending is empty; nil if nobody waits
}

func (c *patientConn) Read(ctx context.Context) (jsonrpc.Message, error) {
	msg, err := c.readUntilStop(ctx)
	if req, ok := msg.(*jsonrpc.Request); ok && req.IsCall() {
		c.mu.Lock()
		c.pending[req.ID] = true
		c.mu.Unlock()
	}
	if err != nil {
		c.wait(ctx)
	}
	return msg, err
}

func (c *patientConn) readUntilStop(ctx context.Context) (jsonrpc.Message, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-c.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	msg, err := c.Connection.Read(ctx)
	select {
	case <-c.stop:
		return nil, io.EOF
	default:
		return msg, err
	}
}

func (c *patientConn) Write(ctx context.Context, msg jsonrpc.Message) error {
	err := c.Connection.Write(ctx, msg)
	if res, ok := msg.(*jsonrpc.Response); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.pending, res.ID)
		if c.idle != nil && len(c.pending) == 0 {
			close(c.idle)
			c.idle = nil
		}
	}
	return err
}

// wait returns when all requests are answered, when ctx ends, or after a while: a
// request that was cancelled may get no answer.
func (c *patientConn) wait(ctx context.Context) {
	idle := make(chan struct{})
	c.mu.Lock()
	if c.idle = idle; len(c.pending) == 0 {
		close(idle)
		c.idle = nil
	}
	c.mu.Unlock()
	timeout := time.NewTimer(drainTimeout)
	defer timeout.Stop()
	select {
	case <-idle:
	case <-ctx.Done():
	case <-timeout.C:
	}
}
