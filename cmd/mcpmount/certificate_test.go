package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpmount/mcpmount/internal/shop"
)

// An authority issues certificates for this machine. Its own is in the file ca.
type authority struct {
	folder, ca string
	cert       *x509.Certificate
	key        *ecdsa.PrivateKey
	pool       *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{folder: t.TempDir(), pool: x509.NewCertPool()}
	a.cert, a.key = a.sign(t, "authority")
	a.ca = a.write(t, "ca.pem", "CERTIFICATE", a.cert.Raw)
	a.pool.AddCert(a.cert)
	return a
}

// issue writes a certificate with the given name, and its key, to two files.
func (a *authority) issue(t *testing.T, name string) (certFile, keyFile string) {
	t.Helper()
	cert, key := a.sign(t, name)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return a.write(t, name+".pem", "CERTIFICATE", cert.Raw), a.write(t, name+"-key.pem", "PRIVATE KEY", der)
}

func (a *authority) sign(t *testing.T, name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true,
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		template.IsCA, parent, signer = true, template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func (a *authority) write(t *testing.T, name, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(a.folder, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// client returns a client that trusts a, up to a version of TLS.
func (a *authority) client(t *testing.T, version uint16) *http.Client {
	transport := &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{RootCAs: a.pool, MinVersion: tls.VersionTLS10, MaxVersion: version},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestServeTLS(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "server")
	app, _, err := newDemo(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(app)
	defer api.Close()
	document := filepath.Join(t.TempDir(), "shop.yaml")
	if err := os.WriteFile(document, shop.Spec, 0o600); err != nil {
		t.Fatal(err)
	}
	endpoint := serveUntilEnd(t, "serve", "--listen", "127.0.0.1:0", "--upstream", api.URL, "--tls-cert", cert, "--tls-key", key, document)
	if !strings.HasPrefix(endpoint, "https://127.0.0.1:") {
		t.Fatalf("it serves at %s", endpoint)
	}
	health := strings.TrimSuffix(endpoint, "/mcp") + "/healthz"
	for version, want := range map[uint16]string{tls.VersionTLS13: "HTTP/2.0", tls.VersionTLS12: "HTTP/2.0", tls.VersionTLS11: ""} {
		res, err := ca.client(t, version).Get(health)
		got := ""
		if err == nil {
			got = res.Proto
			res.Body.Close()
		}
		if got != want {
			t.Errorf("%s: %q, %v, want %q", tls.VersionName(version), got, err, want)
		}
	}

	var stdout, stderr bytes.Buffer
	args := []string{"call", "--mcp", endpoint, "--ca-cert", ca.ca, "getProduct", "id=mug"}
	if code := run(t.Context(), args, nil, &stdout, &stderr, os.LookupEnv); code != exitOK || !strings.Contains(stdout.String(), `"id":"mug"`) {
		t.Errorf("call: %d %s%s", code, &stdout, &stderr)
	}
	stdout.Reset()
	args = []string{"tools", "--mcp", endpoint, "--ca-cert", ca.ca}
	if code := run(t.Context(), args, nil, &stdout, &stderr, os.LookupEnv); code != exitOK || !strings.Contains(stdout.String(), "getProduct") {
		t.Errorf("tools: %d %s%s", code, &stdout, &stderr)
	}
	for _, args := range [][]string{{"call", "--mcp", endpoint, "getProduct", "id=mug"}, {"tools", "--mcp", endpoint}} {
		stderr.Reset()
		if code := run(t.Context(), args, nil, io.Discard, &stderr, os.LookupEnv); code != exitFailure || !strings.Contains(stderr.String(), "unknown authority") {
			t.Errorf("%s without --ca-cert: %d %s", args[0], code, &stderr)
		}
	}
}

// A new certificate is used without a restart, and a broken one is not.
func TestKeyPairFollowsItsFiles(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "server")
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		pair, err := readKeyPair("--tls-cert", cert, "--tls-key", key, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		first := pair.get()
		replace := func(file, other string) {
			t.Helper()
			data, err := os.ReadFile(other)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file+".new", data, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(file+".new", file); err != nil {
				t.Fatal(err)
			}
			time.Sleep(liveRest)
		}
		otherCert, otherKey := ca.issue(t, "other")

		replace(cert, otherCert)
		for range 3 {
			if pair.get() != first {
				t.Error("a certificate is used whose key is another one")
			}
			time.Sleep(liveRest)
		}
		if got := strings.Count(log.String(), "cannot be used"); got != 1 {
			t.Errorf("it was said %d times: %s", got, &log)
		}
		replace(key, otherKey)
		second := pair.get()
		if second.Leaf.Subject.CommonName != "other" {
			t.Errorf("the certificate of %s is used", second.Leaf.Subject.CommonName)
		}
		if err := os.Remove(cert); err != nil {
			t.Fatal(err)
		}
		time.Sleep(liveRest)
		if pair.get() != second {
			t.Error("without a file there is no certificate")
		}
		if !strings.Contains(log.String(), "another certificate is used") {
			t.Errorf("log: %s", &log)
		}
	})
}

// The API knows this server by its certificate, and no other server sees it.
func TestClientCertificate(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "bridge")
	serverCert, serverKey := ca.issue(t, "server")
	pair, err := tls.LoadX509KeyPair(serverCert, serverKey)
	if err != nil {
		t.Fatal(err)
	}
	serve := func(policy tls.ClientAuthType) *httptest.Server {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if len(r.TLS.PeerCertificates) > 0 {
				io.WriteString(w, "hello "+r.TLS.PeerCertificates[0].Subject.CommonName)
				return
			}
			io.WriteString(w, "hello stranger")
		}))
		s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: policy, ClientCAs: ca.pool}
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		s.StartTLS()
		t.Cleanup(s.Close)
		return s
	}
	api, other := serve(tls.RequireAndVerifyClientCert), serve(tls.RequestClientCert)
	document := filepath.Join(t.TempDir(), "api.yaml")
	text := strings.NewReplacer("API", api.URL, "OTHER", other.URL).Replace(`
openapi: 3.1.0
info: {title: API, version: "1"}
servers: [{url: API}]
security: [{wire: []}]
paths:
  /a: {get: {operationId: a, responses: {"200": {description: ok}}}}
  /b: {get: {operationId: b, servers: [{url: OTHER}], responses: {"200": {description: ok}}}}
components:
  securitySchemes:
    wire: {type: mutualTLS}
    token: {type: http, scheme: bearer}
`)
	if err := os.WriteFile(document, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	call := func(args ...string) string {
		var said bytes.Buffer
		env := func(string) (string, bool) { return "secret", true }
		run(t.Context(), append([]string{"call", "--ca-cert", ca.ca}, args...), nil, &said, &said, env)
		return said.String()
	}
	with := []string{"--client-cert", cert, "--client-key", key}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{append(with, document, "a"), "hello bridge\n"},
		{append(with, "--credential", "token=env:X", document, "a"), "hello bridge\n"},
		{append(with, document, "b"), "hello stranger\n"},
		{[]string{document, "b"}, "hello stranger\n"},
	} {
		if got := call(tt.args...); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.args, got, tt.want)
		}
	}
	for want, args := range map[string][]string{
		"got no answer":       {document, "a"},
		"credential for wire": {"--credential", "token=env:X", document, "a"},
		"has no effect":       append(with, "--upstream", "http://127.0.0.1:1", document, "a"),
	} {
		if got := call(args...); strings.Contains(got, "hello") || !strings.Contains(got, want) {
			t.Errorf("%v: %s, want %s", args, got, want)
		}
	}
}

func TestListenFlagsWithAuth(t *testing.T) {
	for _, tt := range []struct {
		encrypted, proxy bool
		err              string
	}{{false, false, "unencrypted"}, {true, false, ""}, {false, true, ""}, {true, true, ""}} {
		f := listenFlags{Listen: ":8443", BehindTLSProxy: tt.proxy}
		checkError(t, f.admit(true, tt.encrypted, false), tt.err)
		checkError(t, f.admit(false, tt.encrypted, false), "anyone could call the tools")
	}
}
