package mcpmount_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

const publicHost = "api.example.com"

// A proxied server is one that clients reach through something else.
type proxied struct {
	*mcpmount.Server
	app    *waitAPI
	heard  chan struct{} // lets slowAPI go on
	url    string        // as clients know it
	client *http.Client
}

// newProxied returns a server of the operations of waitAPI and slowAPI, which
// answers to the name publicHost, and what it is mounted in.
func newProxied(t *testing.T, path string) (*proxied, http.Handler) {
	t.Helper()
	p := &proxied{app: newWaitAPI(), heard: make(chan struct{}, 1000)}
	slow := slowAPI(p.heard)
	p.app.Handle("GET /lines", slow)
	p.app.HandleFunc("GET /forwarded", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header.Get("X-Forwarded-Proto"), " ", r.Host)
	})
	doc := parse(t, strings.Replace(waitSpec, "paths:", `paths:
  /forwarded: {get: {operationId: forwarded, responses: {"200": {description: ok}}}}
  /lines: {get: {operationId: lines, responses: {"200": {description: ok}}}}`, 1))
	var err error
	p.Server, err = mcpmount.New(doc, mcpmount.InProcess(p.app), &mcpmount.Options{
		PublicURL: "https://" + publicHost + path,
		Logger:    slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	if err := p.Mount(mux, path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.app.finish()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = p.Shutdown(ctx)
	})
	return p, mux
}

// check checks what a proxy can spoil, with clients of each era: progress must
// arrive while the API waits for that, a change of the tools must be heard of,
// and the end of a call.
func (p *proxied) check(t *testing.T) {
	for _, e := range []struct{ version, path string }{
		{"2026-07-28", ""}, {"2025-11-25", ""}, {"2025-06-18", ""}, {"2024-11-05", "/sse"},
	} {
		t.Run(e.version, func(t *testing.T) {
			progress, changed := make(chan string, 100), make(chan struct{}, 100)
			client := mcp.NewClient(&mcp.Implementation{Name: "test"}, &mcp.ClientOptions{
				ProgressNotificationHandler: func(_ context.Context, req *mcp.ProgressNotificationClientRequest) {
					progress <- req.Params.Message
					p.heard <- struct{}{}
				},
				ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) { changed <- struct{}{} },
			})
			var transport mcp.Transport = &mcp.StreamableClientTransport{Endpoint: p.url, HTTPClient: p.client}
			if e.path != "" {
				transport = &mcp.SSEClientTransport{Endpoint: p.url + e.path, HTTPClient: p.client}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			session, err := client.Connect(ctx, transport, &mcp.ClientSessionOptions{ProtocolVersion: e.version})
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			params := &mcp.CallToolParams{Name: "lines"}
			params.SetProgressToken(1)
			if res, err := session.CallTool(ctx, params); err != nil || res.IsError {
				t.Fatalf("%v, %v", res, err)
			}
			for i := range 3 {
				if got, want := <-progress, fmt.Sprintf(`{"n":%d}`, i+1); got != want {
					t.Errorf("progress %s, want %s", got, want)
				}
			}
			p.change(t, changed)
			cancelCall(t, p.app, session, "wait")
		})
	}
	t.Run("disconnect", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			req, _ := http.NewRequestWithContext(ctx, http.MethodPost, p.url, strings.NewReader(callWait))
			req.Header.Set("Content-Type", "application/json")
			_, err := p.client.Do(req)
			failed <- err
		}()
		<-p.app.began
		since := time.Now()
		cancel()
		p.app.checkEnded(t, since)
		<-failed
	})
}

// change changes the list of tools until a client has heard of it: its stream
// need not be open yet.
func (p *proxied) change(t *testing.T, changed <-chan struct{}) {
	t.Helper()
	for n := range 200 {
		err := p.Extend(func(s *mcp.Server) {
			name := fmt.Sprintf("more_%s_%d", regexp.MustCompile(`\W`).ReplaceAllString(t.Name(), "_"), n)
			s.AddTool(&mcp.Tool{Name: name[max(0, len(name)-64):], InputSchema: map[string]any{"type": "object"}}, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-changed:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Error("the client did not hear that the tools have changed")
}

// snippet returns the block of code of a language in docs/proxies.md, with each
// old of the pairs replaced by its new, which all must be there.
func snippet(t *testing.T, language string, pairs ...string) string {
	t.Helper()
	page, err := os.ReadFile("docs/proxies.md")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(page), "```"+language+"\n")
	code, _, ok := strings.Cut(code, "```")
	if !ok {
		t.Fatalf("no %s in docs/proxies.md", language)
	}
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(code, pairs[i]) {
			t.Fatalf("no %q in the %s of docs/proxies.md", pairs[i], language)
		}
		code = strings.ReplaceAll(code, pairs[i], pairs[i+1])
	}
	return code
}

// The nginx configuration of the documentation passes everything on at once.
func TestNginx(t *testing.T) {
	for _, tt := range []struct {
		name string
		with []string // pairs to replace
	}{
		{"as documented", nil},
		{"in another folder", []string{"location /mcp", "location /tools/mcp", "proxy_pass http://127.0.0.1:8080", "proxy_pass http://127.0.0.1:8080/mcp"}},
		{"with its defaults, which hold streams back", []string{"proxy_buffering off;", "", "proxy_http_version 1.1;", "", `proxy_set_header Connection "";`, ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			binary := findBinary(t, "nginx", "/usr/sbin/nginx")
			p, app := newProxied(t, "/mcp")
			backend := httptest.NewServer(app)
			t.Cleanup(backend.Close)
			c := newCertificate(t)
			port := freePort(t)
			site := snippet(t, "nginx", append(tt.with,
				"listen 443 ssl http2", "listen "+port+" ssl http2",
				"/etc/ssl/api.example.com.pem", c.certFile, "/etc/ssl/api.example.com.key", c.keyFile,
				"127.0.0.1:8080", backend.Listener.Addr().String())...)
			dir := t.TempDir()
			config := fmt.Sprintf("daemon off;\nmaster_process off;\nworker_processes 1;\npid %[1]s/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n"+
				"client_body_temp_path %[1]s/body;\nproxy_temp_path %[1]s/proxy;\nfastcgi_temp_path %[1]s/f;\nuwsgi_temp_path %[1]s/u;\nscgi_temp_path %[1]s/s;\n%[2]s}\n", dir, site)
			start(t, port, exec.Command(binary, "-e", "stderr", "-p", dir, "-c", write(t, dir, "nginx.conf", config)))
			p.through(c, port, regexp.MustCompile("location (.*) {").FindStringSubmatch(site)[1])
			p.check(t)
			p.checkForwarded(t)
		})
	}
}

// The Caddy configuration of the documentation passes everything on at once.
func TestCaddy(t *testing.T) {
	binary := findBinary(t, "caddy")
	for _, tt := range []struct {
		path string
		with []string // pairs to replace
	}{
		{"/mcp", nil},
		{"/tools/mcp", []string{"reverse_proxy /mcp* 127.0.0.1:8080", "handle_path /tools/* {\nreverse_proxy 127.0.0.1:8080\n}"}},
	} {
		t.Run(tt.path, func(t *testing.T) {
			p, app := newProxied(t, "/mcp")
			backend := httptest.NewServer(app)
			t.Cleanup(backend.Close)
			c := newCertificate(t)
			port := freePort(t)
			dir := t.TempDir()
			site := fmt.Sprintf("https://%s:%s {\n\tbind 127.0.0.1\n\ttls %s %s", publicHost, strings.TrimPrefix(port, "127.0.0.1:"), c.certFile, c.keyFile)
			config := "{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + snippet(t, "caddyfile",
				append(tt.with, publicHost+" {", site, "127.0.0.1:8080", backend.Listener.Addr().String())...)
			cmd := exec.Command(binary, "run", "--adapter", "caddyfile", "--config", write(t, dir, "Caddyfile", config))
			cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
			start(t, port, cmd)
			p.through(c, port, tt.path)
			p.check(t)
			p.checkForwarded(t)
		})
	}
}

// HTTP/2, with TLS and without, and a router that strips a prefix.
func TestHTTP2(t *testing.T) {
	for _, encrypted := range []bool{true, false} {
		t.Run(fmt.Sprint("TLS ", encrypted), func(t *testing.T) {
			p, app := newProxied(t, "/mcp")
			mux := http.NewServeMux()
			mux.Handle("/tools/", http.StripPrefix("/tools", app))
			ts := httptest.NewUnstartedServer(mux)
			t.Cleanup(ts.Close)
			var protocols http.Protocols
			if encrypted {
				ts.EnableHTTP2 = true
				ts.StartTLS()
				protocols.SetHTTP2(true)
			} else {
				ts.Config.Protocols = &protocols
				protocols.SetUnencryptedHTTP2(true)
				ts.Start()
			}
			p.client = ts.Client()
			p.client.Transport.(*http.Transport).Protocols = &protocols
			p.url = ts.URL + "/tools/mcp"
			p.check(t)
		})
	}
}

// checkForwarded checks that the API is told how its client came, with TLS.
func (p *proxied) checkForwarded(t *testing.T) {
	t.Helper()
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url, strings.NewReader(strings.Replace(callWait, "wait", "forwarded", 1)))
	req.Header.Set("Content-Type", "application/json")
	res, err := p.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); !strings.Contains(string(body), `"https `+publicHost+`"`) {
		t.Errorf("the API was told %s", body)
	}
}

// through makes clients of p go to the proxy at address, whatever the host.
func (p *proxied) through(c *certificate, address, path string) {
	p.url = "https://" + publicHost + path
	p.client = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		},
		TLSClientConfig:   &tls.Config{RootCAs: c.pool},
		ForceAttemptHTTP2: true,
	}}
}

// findBinary returns the first of the names that there is.
func findBinary(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skipf("%s is not installed", names[0])
	return ""
}

// freePort returns an address of loopback where nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// start runs cmd until the end of the test, and returns when it listens at
// address.
func start(t *testing.T, address string, cmd *exec.Cmd) {
	t.Helper()
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-exited
	})
	for range 200 {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case err := <-exited:
			exited <- err
			t.Fatalf("%v: %s", err, &log)
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatal("it does not listen")
}

// A certificate is one for publicHost, and the files it is in.
type certificate struct {
	certFile, keyFile string
	pool              *x509.CertPool
}

func newCertificate(t *testing.T) *certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: publicHost}, DNSNames: []string{publicHost},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir, pool := t.TempDir(), x509.NewCertPool()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pool.AppendCertsFromPEM(text)
	return &certificate{
		certFile: write(t, dir, "cert.pem", string(text)),
		keyFile:  write(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))),
		pool:     pool,
	}
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
