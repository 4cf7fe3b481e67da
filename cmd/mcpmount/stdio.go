package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// serveStdio serves the client that started this process, until it closes
// standard input or ctx is done. What was asked for before that is answered, if
// it does not take longer than patience.
func serveStdio(ctx context.Context, srv *mcpmount.Server, t *terminal, patience time.Duration) error {
	stdio := &patientTransport{
		Transport: &mcp.IOTransport{Reader: io.NopCloser(t.stdin), Writer: nopCloser{t.stdout}},
		ended:     make(chan struct{}),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Run(context.WithoutCancel(ctx), stdio) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	case <-stdio.ended:
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := srv.Shutdown(drain); err != nil {
		return nil // those who still wait were told so
	}
	if err := <-served; !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// A patientTransport does not tell the SDK that its input has ended, since the
// SDK would then drop what was asked: "printf … | mcpmount serve --stdio" would
// print nothing.
type patientTransport struct {
	mcp.Transport
	ended chan struct{} // closed at the end of the input
}

// Connect implements [mcp.Transport].
func (t *patientTransport) Connect(ctx context.Context) (mcp.Connection, error) {
	conn, err := t.Transport.Connect(ctx)
	if err != nil {
		return nil, err
	}
	closed := make(chan struct{})
	return &patientConn{conn, t.ended, closed, sync.OnceFunc(func() { close(closed) })}, nil
}

type patientConn struct {
	mcp.Connection
	ended, closed chan struct{}
	setClosed     func()
}

// Read implements [mcp.Connection]. It is not called again after an error.
func (c *patientConn) Read(ctx context.Context) (jsonrpc.Message, error) {
	msg, err := c.Connection.Read(ctx)
	if err == nil {
		return msg, nil
	}
	close(c.ended)
	<-c.closed
	if !errors.Is(err, io.EOF) {
		hint := fmt.Sprintf("an MCP client starts this command, and sends JSON-RPC messages of up to %d MiB", mcp.DefaultMaxLineLength>>20)
		err = fail(hint, "standard input: %w", err)
	}
	return nil, err
}

// Close implements [mcp.Connection].
func (c *patientConn) Close() error {
	c.setClosed()
	return c.Connection.Close()
}
