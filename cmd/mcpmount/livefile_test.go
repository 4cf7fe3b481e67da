package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
)

// keysFile returns the content of a file of keys, each with its name.
func keysFile(keys ...string) string {
	content := ""
	for _, key := range keys {
		content += fmt.Sprintf("- {name: %s, sha256: %x}\n", key, sha256.Sum256([]byte(key)))
	}
	return content
}

// A key counts from the moment that it is in the file, and no longer than that; a broken file
// changes nothing.
func TestKeysAreFollowed(t *testing.T) {
	name := filepath.Join(t.TempDir(), "keys.yaml")
	replaceFile(t, name, keysFile("alice", "bob"))
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		verify, err := keyVerifier(name, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		check := func(when string, want map[string]bool) {
			t.Helper()
			time.Sleep(liveRest)
			for key, admitted := range want {
				who, err := verify(t.Context(), key, nil)
				if admitted != (err == nil) || admitted && who.UserID != "key|"+key || !admitted && !errors.Is(err, auth.ErrInvalid) {
					t.Errorf("%s, %s gets %v, %v", when, key, who, err)
				}
			}
		}
		check("at first", map[string]bool{"alice": true, "bob": true, "carol": false})
		replaceFile(t, name, keysFile("alice", "carol"))
		check("after a change", map[string]bool{"alice": true, "bob": false, "carol": true})
		for range 3 {
			replaceFile(t, name, "- {name: x")
			check("while it is broken", map[string]bool{"alice": true, "bob": false, "carol": true})
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		check("without a file", map[string]bool{"alice": true, "bob": false})
		replaceFile(t, name, keysFile("bob"))
		check("after it was mended", map[string]bool{"alice": false, "bob": true})
		if used, refused := strings.Count(log.String(), "another list of keys is used"), strings.Count(log.String(), "cannot be used"); used != 2 || refused != 2 {
			t.Errorf("two changes and two faults were logged as\n%s", &log)
		}
	})
}

// A secret in a file is the one that is there when a call is made.
func TestCredentialsAreFollowed(t *testing.T) {
	folder := t.TempDir()
	key, user := filepath.Join(folder, "key"), filepath.Join(folder, "user")
	replaceFile(t, key, "first\n")
	replaceFile(t, user, "me:first\n")
	src := &source{doc: &mcpmount.Document{SecuritySchemes: map[string]mcpmount.SecurityScheme{
		"key": {Type: "apiKey", In: "header", Name: "X-Key"}, "user": {Type: "http", Scheme: "basic"},
	}}}
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		flags := &apiFlags{credentialFlags: credentialFlags{Credential: []string{"key=file:" + key, "user=file:" + user}}}
		credentials, err := flags.credentials(src, &terminal{}, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		check := func(wantKey, wantPassword string) {
			t.Helper()
			time.Sleep(liveRest)
			a, err1 := credentials(t.Context(), "key")
			b, err2 := credentials(t.Context(), "user")
			want := mcpmount.Credential{User: "me", Secret: mcpmount.Secret(wantPassword)}
			if err := errors.Join(err1, err2); err != nil || a.Secret != mcpmount.Secret(wantKey) || b != want {
				t.Errorf("%q %q %v, want %s and %s", a.Secret, b, err, wantKey, wantPassword)
			}
		}
		check("first", "first")
		replaceFile(t, key, "second")
		replaceFile(t, user, "hunter2-without-a-colon")
		check("second", "first")
		replaceFile(t, key, "\n")
		replaceFile(t, user, "me:second")
		check("second", "second")
		if said := log.String(); strings.Contains(said, "hunter2") || !strings.Contains(said, "the secret is user:password") || !strings.Contains(said, "is empty") {
			t.Errorf("log: %s", said)
		}
	})
}

// Files that are read when a server is made are followed as the configuration is: what it takes
// from files, authorities, and the secrets of clients.
func TestConfigFollowsItsFiles(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "api")
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	backend := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/openapi.yaml" {
			io.WriteString(w, minimal)
			return
		}
		io.WriteString(w, "key="+r.Header.Get("X-Key"))
	}))
	backend.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	backend.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	backend.StartTLS()
	t.Cleanup(backend.Close)
	file := writeConfig(t, fmt.Sprintf(`listen: 127.0.0.1:0
access-log: false
defaults: {watch-interval: 20ms, upstream: %[1]q, ca-cert: ca.pem}
apis:
  a: {document: "%[1]s/openapi.yaml", header: {X-Key: "${file:key}"}}
  b: {document: "%[1]s/openapi.yaml"}
`, backend.URL))
	folder := filepath.Dir(file)
	authorities, err := os.ReadFile(ca.ca)
	if err != nil {
		t.Fatal(err)
	}
	replaceFile(t, filepath.Join(folder, "ca.pem"), string(authorities))
	replaceFile(t, filepath.Join(folder, "key"), "one\n")
	endpoint, log := serveLogged(t, "serve", "--config", file)
	session := connect(t, strings.TrimSuffix(endpoint, "a")+"b")
	check := func(want string) {
		t.Helper()
		if got := answered(endpoint, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getX"}}`); !strings.Contains(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	check("key=one")
	replaceFile(t, filepath.Join(folder, "key"), "two\n")
	await(t, log, "api=b", "API replaced", "api=a")
	check("key=two")
	replaceFile(t, filepath.Join(folder, "key"), "")
	await(t, log, "", "the configuration cannot be served", "is empty")
	check("key=two")
	replaceFile(t, filepath.Join(folder, "key"), "two\n")
	await(t, log, "API replaced", "the configuration is good again")
	if got := callTool(t, session, "getX", nil); !strings.Contains(resultText(got), "key=") {
		t.Errorf("the session of another API: %s", resultText(got))
	}

	other := newAuthority(t)
	more, err := os.ReadFile(other.ca)
	if err != nil {
		t.Fatal(err)
	}
	replaceFile(t, filepath.Join(folder, "ca.pem"), string(more))
	await(t, log, "", "the configuration cannot be served", "certificate")
	check("key=two")
	replaceFile(t, filepath.Join(folder, "ca.pem"), string(authorities)+string(more))
	await(t, log, "", "API replaced", "api=a", "files="+filepath.Join(folder, "ca.pem"))
	check("key=two")
}

// The identity provider may have a certificate of the operator's own authority.
func TestAuthCACert(t *testing.T) {
	ca := newAuthority(t)
	certFile, keyFile := ca.issue(t, "login")
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	provider := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"active": true, "sub": "alice", "client_id": "c", "aud": "https://tools.example.com/mcp"}`)
	}))
	provider.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	provider.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	provider.StartTLS()
	t.Cleanup(provider.Close)
	introspect := func(authorities string) error {
		t.Helper()
		flags := &authFlags{
			Auth: []string{"introspection"}, AuthEndpoint: provider.URL, AuthClient: "me=env:SECRET",
			AuthAudience: []string{"https://tools.example.com/mcp"}, AuthCACert: authorities,
		}
		callers, err := flags.resource("", &terminal{env: environment}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		_, err = callers.Verifier(t.Context(), "a-token-of-alice", nil)
		return err
	}
	if err := introspect(ca.ca); err != nil {
		t.Error(err)
	}
	if err := introspect(""); err == nil {
		t.Error("a provider of an unknown authority is believed")
	}
	checkError(t, (&authFlags{Auth: []string{"keys"}, AuthKeys: "k", AuthCACert: ca.ca}).check(false), "--auth-ca-cert has no effect without --auth")
}

// A keySender sends a key with each request.
type keySender string

func (key keySender) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(key))
	return http.DefaultTransport.RoundTrip(r)
}

// A session goes on when the file of keys changes, and ends with its key.
func TestSessionsOfKeys(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "called") }))
	t.Cleanup(backend.Close)
	folder := t.TempDir()
	document, keys := filepath.Join(folder, "api.yaml"), filepath.Join(folder, "keys.yaml")
	replaceFile(t, document, minimal)
	const alice, bob, carol = "key-of-alice-0123456789", "key-of-bob-0123456789", "key-of-carol-0123456789"
	replaceFile(t, keys, keysFile(alice, bob))
	endpoint, log := serveLogged(t, "serve", "--listen", "127.0.0.1:0", "--upstream", backend.URL, "--auth", "keys", "--auth-keys", keys, document)
	dial := func(key string) (*mcp.ClientSession, error) {
		client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
		return client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: endpoint, HTTPClient: &http.Client{Transport: keySender(key)}}, nil)
	}
	sessions := map[string]*mcp.ClientSession{}
	for _, key := range []string{alice, bob} {
		session, err := dial(key)
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		sessions[key] = session
	}
	if _, err := dial(carol); err == nil {
		t.Error("somebody without a key has a session")
	}
	replaceFile(t, keys, keysFile(alice, carol))
	time.Sleep(liveRest) // which is how long a file may go without a look
	if got := callTool(t, sessions[alice], "getX", nil); resultText(got) != "called" {
		t.Errorf("a session whose key stays: %s", resultText(got))
	}
	await(t, log, "", "another list of keys is used")
	if res, err := sessions[bob].CallTool(t.Context(), &mcp.CallToolParams{Name: "getX"}); err == nil {
		t.Errorf("a session whose key is gone: %s", resultText(res))
	}
	session, err := dial(carol)
	if err != nil {
		t.Fatalf("a new key: %v", err)
	}
	session.Close()
}
