package mcpmount_test

import (
	"context"
	"net"
	"net/http"
	"testing"
)

// BenchmarkDoor measures what a message costs that needs no API and no list: a ping as it comes
// over a connection, in a session and without one.
func BenchmarkDoor(b *testing.B) {
	srv := benchServer(b, benchSpec, answering())
	for _, where := range []string{"stateless", "session"} {
		b.Run(where, func(b *testing.B) {
			ping := newBenchPost(b, "2025-11-25", "ping", "")
			h := ping.request.Header
			h.Set("User-Agent", "bench")
			h.Set("Accept-Encoding", "gzip")
			h.Set("Content-Length", "70")
			if where == "session" {
				open := newBenchPost(b, "2025-11-25", "initialize", `"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}`)
				open.send(srv)
				h.Set("Mcp-Session-Id", open.answer.header.Get("Mcp-Session-Id"))
			}
			ctx := context.WithValue(b.Context(), http.ServerContextKey, &http.Server{})
			ctx = context.WithValue(ctx, http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 80}))
			ping.request = ping.request.WithContext(ctx)
			ping.run(b, srv)
		})
	}
}
