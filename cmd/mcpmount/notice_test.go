package main

import (
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNotice(t *testing.T) {
	n := notice{title: "Shop\x1b[2J", url: "http://127.0.0.1:8080/mcp", document: "shop.yaml", upstream: "https://api.example.com/v1", tools: 1, problems: 2}
	const want = `mcpmount: serving Shop[2J at http://127.0.0.1:8080/mcp
mcpmount: 1 tool, each a call of https://api.example.com/v1
mcpmount: 2 problems in the document; run mcpmount check shop.yaml
mcpmount: for a client: {"mcpServers":{"shop-2j":{"type":"http","url":"http://127.0.0.1:8080/mcp"}}}
`
	var b strings.Builder
	n.print(&b, slog.New(slog.NewTextHandler(&b, nil)))
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("notice (-want +got):\n%s", diff)
	}
}

func TestNoticeAsJSON(t *testing.T) {
	var text, log strings.Builder
	notice{url: "http://x/mcp"}.print(&text, slog.New(slog.NewJSONHandler(&log, nil)))
	if text.Len() > 0 || !strings.Contains(log.String(), `"url":"http://x/mcp"`) {
		t.Errorf("text = %q, log = %q, want a record only", &text, &log)
	}
}

func TestSlug(t *testing.T) {
	tests := []struct{ title, want string }{
		{"Shop", "shop"},
		{"Pet Store 3.0", "pet-store-3-0"},
		{"  ", "api"},
		{"日本", "api"},
	}
	for _, tt := range tests {
		if got := slug(tt.title); got != tt.want {
			t.Errorf("slug(%q) = %q, want %q", tt.title, got, tt.want)
		}
	}
}

func TestReachable(t *testing.T) {
	tests := []struct {
		address net.TCPAddr
		want    string
	}{
		{net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, "127.0.0.1:80"},
		{net.TCPAddr{IP: net.IPv4zero, Port: 80}, "localhost:80"},
		{net.TCPAddr{IP: net.IPv6unspecified, Port: 80}, "localhost:80"},
		{net.TCPAddr{IP: net.IPv6loopback, Port: 80}, "[::1]:80"},
	}
	for _, tt := range tests {
		if got := reachable(&tt.address); got != tt.want {
			t.Errorf("reachable(%v) = %q, want %q", &tt.address, got, tt.want)
		}
	}
}
