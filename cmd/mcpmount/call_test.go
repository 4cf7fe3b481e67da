package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A server that does not answer must not hold up the command.
func TestCallTimesOut(t *testing.T) {
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-gone }))
	defer server.Close()
	defer close(gone)
	var stderr strings.Builder
	code := run(t.Context(), []string{"call", "--mcp", server.URL, "--timeout", "1ms", "getX"}, nil, io.Discard, &stderr, nil)
	if code != exitFailure || !strings.Contains(stderr.String(), "error: connect to "+server.URL) {
		t.Errorf("exit code %d, stderr %s", code, &stderr)
	}
}

func TestReadContent(t *testing.T) {
	tests := []struct {
		name    string
		content mcp.Content
		want    string // as printed
	}{
		{"text", &mcp.TextContent{Text: "hi\n"}, "hi\n"},
		{"image", &mcp.ImageContent{MIMEType: "image/png", Data: []byte("x")}, "[image/png, 1 byte; -o FILE saves it]\n"},
		{"empty image", &mcp.ImageContent{MIMEType: "image/png"}, "[image/png, 0 bytes; -o FILE saves it]\n"},
		{"sound", &mcp.AudioContent{MIMEType: "audio/wav", Data: []byte("xy")}, "[audio/wav, 2 bytes; -o FILE saves it]\n"},
		{"link", &mcp.ResourceLink{URI: "api://x/y"}, "api://x/y\n"},
		{"embedded text", &mcp.EmbeddedResource{Resource: &mcp.ResourceContents{Text: "hi"}}, "hi\n"},
		{"embedded file", &mcp.EmbeddedResource{Resource: &mcp.ResourceContents{MIMEType: "application/zip", Blob: []byte("PK")}}, "[application/zip, 2 bytes; -o FILE saves it]\n"},
		{"embedded nothing", &mcp.EmbeddedResource{}, "[*mcp.EmbeddedResource]\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			printContent(&b, tt.content)
			if b.String() != tt.want {
				t.Errorf("printed %q, want %q", b.String(), tt.want)
			}
		})
	}
}
