package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// A session is a session of a client with an MCP server.
type session struct {
	*mcp.ClientSession

	// served is closed when a server in this process has ended; nil if the
	// server is elsewhere.
	served chan struct{}

	// raw holds the last result as it was received; nil if that is unknown.
	raw *recorder
}

// dialServer connects to a server in this process, without a network.
func dialServer(ctx context.Context, srv *mcpmount.Server) (*session, error) {
	near, far := net.Pipe()
	const unlimited = -1 // how much a result may hold is for the server to say
	s := &session{served: make(chan struct{}), raw: &recorder{
		Transport: &mcp.IOTransport{Reader: near, Writer: near, MaxLineLength: unlimited},
	}}
	go func() {
		defer close(s.served)
		_ = srv.Run(ctx, &mcp.IOTransport{Reader: far, Writer: far}) // the client is told of what fails
	}()
	var err error
	if s.ClientSession, err = newClient().Connect(ctx, s.raw, nil); err != nil {
		return nil, err
	}
	return s, nil
}

// dialURL connects to a server that runs elsewhere. The headers and the client
// certificate go to that origin only: redirects are not followed.
func (f *apiFlags) dialURL(ctx context.Context, endpoint string, header http.Header, log *slog.Logger) (*session, error) {
	u, err := httpURL("--mcp", endpoint)
	if err != nil {
		return nil, err
	}
	server, others, err := f.transports(log)
	if err != nil {
		return nil, err
	}
	client := &http.Client{
		Transport:     &originTransport{u, header, server, others},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	conn, err := newClient().Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint:             endpoint,
		HTTPClient:           client,
		DisableStandaloneSSE: true, // one call needs no other messages
	}, nil)
	if err != nil {
		return nil, connectError(u, err)
	}
	return &session{ClientSession: conn}, nil
}

// connectError says why there is no session, without the names of the steps that
// the SDK took.
func connectError(u *url.URL, err error) error {
	hint := "is it running, and is the path right?"
	var op *net.OpError
	if errors.As(err, &op) {
		return fail(hint, "connect to %s: %w", displayURL(u), op)
	}
	if errors.As(err, new(*tls.CertificateVerificationError)) {
		hint = authorityHint
	}
	text := err.Error()
	for _, step := range []string{`calling "initialize": `, `sending "initialize": `, `rejected by transport: `} {
		text = strings.ReplaceAll(text, step, "")
	}
	if strings.Contains(text, http.StatusText(http.StatusUnauthorized)) {
		hint = "--header 'Authorization: Bearer ${TOKEN}'"
	}
	return fail(hint, "connect to %s: %s", displayURL(u), text)
}

func newClient() *mcp.Client {
	return mcp.NewClient(&mcp.Implementation{Name: "mcpmount", Title: "mcpmount call"}, nil)
}

// close ends the session, and waits for a server in this process.
func (s *session) close() {
	s.Close()
	if s.served != nil {
		<-s.served
	}
}

// result returns res as JSON: byte for byte as it came, if that is known.
func (s *session) result(res *mcp.CallToolResult) (json.RawMessage, error) {
	if s.raw != nil {
		return s.raw.result(), nil
	}
	return json.Marshal(res)
}

// A recorder is a transport that keeps the last result it received. The SDK
// would only return it with its numbers rounded to float64.
type recorder struct {
	mcp.Transport

	mu   sync.Mutex
	last json.RawMessage
}

func (r *recorder) result() json.RawMessage {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// Connect implements [mcp.Transport].
func (r *recorder) Connect(ctx context.Context) (mcp.Connection, error) {
	conn, err := r.Transport.Connect(ctx)
	return &recordedConn{conn, r}, err
}

type recordedConn struct {
	mcp.Connection
	recorder *recorder
}

func (c *recordedConn) Read(ctx context.Context) (jsonrpc.Message, error) {
	msg, err := c.Connection.Read(ctx)
	if res, ok := msg.(*jsonrpc.Response); ok && res.Error == nil {
		c.recorder.mu.Lock()
		c.recorder.last = res.Result
		c.recorder.mu.Unlock()
	}
	return msg, err
}
