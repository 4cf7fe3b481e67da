package main

import (
	"bytes"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDocumentURL(t *testing.T) {
	tests := []struct{ address, err string }{
		{"https://example.com/openapi.json", ""},
		{"http://localhost:8080/openapi.json", ""},
		{"http://127.0.0.1/openapi.json", ""},
		{"http://[::1]:8080/openapi.json", ""},
		{"http://example.com/openapi.json?key=secret", "http://example.com/openapi.json: http is for loopback"},
		{"http://localhost.example.com/", "http is for loopback"},
		{"http://127.0.0.1.example.com/", "http is for loopback"},
		{"ftp://example.com/", "starts with https://"},
		{"file:///etc/passwd", "not a valid URL"},
		{"https://", "not a valid URL"},
		{"https://a b/", "not a valid URL"},
	}
	for _, tt := range tests {
		t.Run(tt.address, func(t *testing.T) {
			_, err := documentURL(tt.address)
			checkError(t, err, tt.err)
		})
	}
}

func TestOrigin(t *testing.T) {
	tests := []struct{ url, want string }{
		{"https://example.com/a?b#c", "https://example.com"},
		{"HTTPS://user:pass@Example.COM:443/", "https://example.com"},
		{"http://example.com:80", "http://example.com"},
		{"http://example.com:443", "http://example.com:443"},
		{"http://[::1]:8080/", "http://[::1]:8080"},
	}
	for _, tt := range tests {
		if got := origin(mustParse(t, tt.url)); got != tt.want {
			t.Errorf("origin(%q) = %q, want %q", tt.url, got, tt.want)
		}
	}
}

func TestFetch(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/docs/openapi.json", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, minimal) })
	mux.HandleFunc("/huge", func(w http.ResponseWriter, r *http.Request) {
		w.Write(bytes.Repeat([]byte{' '}, maxDocumentBytes+1))
	})
	mux.Handle("/away", http.RedirectHandler(other.URL, http.StatusFound))
	mux.Handle("/loop", http.RedirectHandler("/loop", http.StatusFound))
	mux.Handle("/moved", http.RedirectHandler("/docs/openapi.json", http.StatusFound))
	mux.HandleFunc("/html", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<!doctype html><title>Sign in</title>")
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	tests := []struct{ name, path, want, err string }{
		{"a document", "/docs/openapi.json", server.URL + "/docs/openapi.json", ""},
		{"redirect", "/moved", server.URL + "/docs/openapi.json", ""},
		{"not found", "/none", "", "the answer is 404 Not Found"},
		{"too large", "/huge", "", "more than 16 MiB"},
		{"redirect to another origin", "/away", "", "it redirects to another origin, " + other.URL},
		{"redirects without end", "/loop", "", "more than 3 redirects"},
		{"a page", "/html", "", "html"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src, err := fetch(t.Context(), server.URL+tt.path+"?token=secret", nil)
			checkError(t, err, tt.err)
			if err != nil {
				if strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), tt.path) {
					t.Errorf("error = %q, want the path and no query", err)
				}
				return
			}
			if got, _, _ := strings.Cut(src.url.String(), "?"); got != tt.want {
				t.Errorf("URL = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFetchKeepsPasswordsOutOfServerURLs(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != "secret" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		io.WriteString(w, minimal)
	}))
	defer server.Close()
	src, err := fetch(t.Context(), strings.Replace(server.URL, "://", "://me:secret@", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	if u, err := src.server(true); err != nil || u.User != nil {
		t.Errorf("server = %v, %v, want no user", u, err)
	}
}

// The host of a document may have a certificate of a private authority: what is not known says how to
// make it known, and a flag or a configuration that says it is enough for all commands.
func TestFetchFromPrivateAuthority(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, minimal) }))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	defer server.Close()
	folder := t.TempDir()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	config := "apis: {a: {ca-cert: ca.pem, document: \"" + server.URL + "/\"}}"
	for name, content := range map[string][]byte{"ca.pem": authority, "mcpmount.yaml": []byte(config)} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range []string{"check", "tools"} {
		var said bytes.Buffer
		if code := run(t.Context(), []string{command, "--config", filepath.Join(folder, "mcpmount.yaml")}, nil, &said, &said, os.LookupEnv); code != exitOK || !strings.Contains(said.String(), "getX") {
			t.Errorf("%s: exit code %d: %s", command, code, &said)
		}
		said.Reset()
		if code := run(t.Context(), []string{command, "--ca-cert", filepath.Join(folder, "ca.pem"), server.URL + "/"}, nil, &said, &said, os.LookupEnv); code != exitOK || !strings.Contains(said.String(), "getX") {
			t.Errorf("%s --ca-cert: exit code %d: %s", command, code, &said)
		}
		said.Reset()
		if code := run(t.Context(), []string{command, server.URL + "/"}, nil, &said, &said, os.LookupEnv); code != exitFailure || !strings.Contains(said.String(), "hint: --ca-cert FILE") {
			t.Errorf("%s without it: exit code %d: %s", command, code, &said)
		}
	}
}
