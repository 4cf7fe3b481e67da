package mcpmount

import (
	"context"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A localTransport is that of [Server.Run]. Its calls are inside the gate until
// their answers are written: the SDK drops the answers of a session that is
// being closed.
type localTransport struct {
	mcp.Transport
	gate *gate
}

// Connect implements [mcp.Transport].
func (t *localTransport) Connect(ctx context.Context) (mcp.Connection, error) {
	conn, err := t.Transport.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &localConn{Connection: conn, gate: t.gate, inside: map[jsonrpc.ID]bool{}}, nil
}

// SupportsProtocolVersion is looked for by the SDK.
func (t *localTransport) SupportsProtocolVersion(version string) bool {
	limited, ok := t.Transport.(interface{ SupportsProtocolVersion(string) bool })
	return !ok || limited.SupportsProtocolVersion(version)
}

type localConn struct {
	mcp.Connection
	gate *gate

	mu     sync.Mutex
	inside map[jsonrpc.ID]bool // calls
}

// Read implements [mcp.Connection]. What is called when the gate is closed is
// refused here, so that other messages still come through.
func (c *localConn) Read(ctx context.Context) (jsonrpc.Message, error) {
	for {
		msg, err := c.Connection.Read(ctx)
		if err != nil {
			c.abandon()
			return nil, err
		}
		call, ok := msg.(*jsonrpc.Request)
		if !ok || !call.IsCall() || c.enter(call.ID) {
			return msg, nil
		}
		refusal := &jsonrpc.Response{ID: call.ID, Error: &jsonrpc.Error{Code: codeInternal, Message: errShutdown.Error()}}
		if err := c.Connection.Write(ctx, refusal); err != nil {
			return nil, err
		}
	}
}

// enter reports whether a call may come in. The SDK refuses a second one with
// the id of one that is inside.
func (c *localConn) enter(id jsonrpc.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inside[id] {
		return true
	}
	if !c.gate.enter() {
		return false
	}
	c.inside[id] = true
	return true
}

// Write implements [mcp.Connection]. A client may use the id of a call again as
// soon as it has read the answer.
func (c *localConn) Write(ctx context.Context, msg jsonrpc.Message) error {
	if res, ok := msg.(*jsonrpc.Response); ok && c.forget(res.ID) {
		defer c.gate.leave()
	}
	return c.Connection.Write(ctx, msg)
}

// forget reports whether a call was inside. The gate still holds it.
func (c *localConn) forget(id jsonrpc.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	inside := c.inside[id]
	delete(c.inside, id)
	return inside
}

// abandon lets go of calls whose caller has left.
func (c *localConn) abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id := range c.inside {
		c.gate.leave()
		delete(c.inside, id)
	}
}

// Close implements [mcp.Connection].
func (c *localConn) Close() error {
	c.abandon()
	return c.Connection.Close()
}
