package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mcpmount/mcpmount"
)

// clientFlags are those of a client with an id and a secret, for a document that says where
// it gets tokens.
func clientFlags(t *testing.T, from, tokenURL string, flags ...string) (mcpmount.Credentials, error) {
	t.Helper()
	src := &source{doc: &mcpmount.Document{SecuritySchemes: map[string]mcpmount.SecurityScheme{"client": {Type: "oauth2", TokenURL: tokenURL}}}}
	if from != "" {
		src.url = mustParse(t, from)
	}
	f := &apiFlags{credentialFlags: credentialFlags{Credential: []string{"client=env:CLIENT"}, TokenURL: flags}}
	env := func(string) (string, bool) { return "me:hunter2", true }
	return f.credentials(src, &terminal{env: env}, slog.New(slog.DiscardHandler))
}

// The secret of a client goes where the operator says, or the document, if that is a file or of the
// same origin; and nowhere unencrypted.
func TestTokenURL(t *testing.T) {
	const site = "https://api.example.com/docs/openapi.json"
	for _, tt := range []struct{ from, tokenURL, flag, err string }{
		{"", "https://login.example.com/token", "", ""},
		{"", "http://127.0.0.1:9/token", "", ""},
		{"", "http://login.example.com/token", "", "would be sent to http://login.example.com"},
		{"", "/token", "", "does not say where a client gets tokens"},
		{"", "", "", "does not say where a client gets tokens"},
		{"", "https://a b/token", "", "does not say where a client gets tokens"},
		{site, "https://api.example.com/token", "", ""},
		{site, "../token", "", ""},
		{site, "", "", "does not say where a client gets tokens"},
		{site, "https://evil.example/token", "", "the secret would go to https://evil.example"},
		{site, "//evil.example/token", "", "the secret would go to https://evil.example"},
		{site, "https://api.example.com:8443/token", "", "the secret would go to https://api.example.com:8443"},
		{site, "http://api.example.com/token", "", "would be sent to http://api.example.com"},
		{site, "https://evil.example/token", "client=https://login.example.com/token", ""},
		{"", "", "client=http://localhost:9/token", ""},
		{"", "", "client=http://login.example.com/token", "would be sent to http://login.example.com"},
		{"", "", "client=login", "--token-url"},
		{"", "", "client", "the form SCHEME=URL"},
		{"", "", "=https://login.example.com/token", "the form SCHEME=URL"},
	} {
		t.Run(tt.from+" "+tt.tokenURL+" "+tt.flag, func(t *testing.T) {
			var flags []string
			if tt.flag != "" {
				flags = []string{tt.flag}
			}
			_, err := clientFlags(t, tt.from, tt.tokenURL, flags...)
			checkError(t, err, tt.err)
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error has the secret: %v", err)
			}
		})
	}
}

// A client gets a token and keeps it. What a token endpoint says of a failure is not told, and
// nobody follows it elsewhere.
func TestClientCredentials(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	t.Cleanup(elsewhere.Close)
	var asked, status atomic.Int32
	status.Store(http.StatusOK)
	login := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		user, password, _ := r.BasicAuth()
		status := int(status.Load())
		asClient := user == "me" && password == "hunter2" || status != http.StatusOK // then it is tried in the form as well
		if !asClient || r.PostFormValue("grant_type") != "client_credentials" || r.Method != http.MethodPost {
			t.Errorf("%s of %s with %v", r.Method, user, r.PostForm)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", elsewhere.URL)
		w.WriteHeader(status)
		switch status {
		case http.StatusOK:
			io.WriteString(w, `{"access_token":"token-1","token_type":"Bearer","expires_in":3600}`)
		default:
			io.WriteString(w, `{"error":"invalid_client","error_description":"not hunter2"}`)
		}
	}))
	t.Cleanup(login.Close)
	credentials, err := clientFlags(t, "", login.URL)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if c, err := credentials(t.Context(), "client"); err != nil || c.Secret != "token-1" || c.User != "" {
			t.Errorf("got %q, %v", string(c.Secret), err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times for one token", n)
	}
	for _, code := range []int{http.StatusUnauthorized, http.StatusTemporaryRedirect, http.StatusFound} {
		status.Store(int32(code))
		credentials, err := clientFlags(t, "", login.URL)
		if err != nil {
			t.Fatal(err)
		}
		_, err = credentials(t.Context(), "client")
		checkError(t, err, "the token endpoint answered "+strconv.Itoa(code))
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%d: the error repeats what was said: %v", code, err)
		}
	}
	if _, err := credentials(t.Context(), "another"); err == nil {
		t.Error("another scheme has the credential")
	}
}

// What is no name of a secret is not repeated: it may be the secret.
func TestSecretNames(t *testing.T) {
	for _, text := range []string{"hunter2", "client=hunter2", "client=env:", "client=file:", "=env:hunter2", "client=vault:hunter2", "client=", "env:hunter2"} {
		f := &apiFlags{credentialFlags: credentialFlags{Credential: []string{text}}}
		src := &source{doc: &mcpmount.Document{SecuritySchemes: map[string]mcpmount.SecurityScheme{"client": {Type: "oauth2"}, "": {Type: "oauth2"}}}}
		env := func(string) (string, bool) { return "x", true }
		_, err := f.credentials(src, &terminal{env: env}, slog.New(slog.DiscardHandler))
		checkError(t, err, "must have the form NAME=env:VARIABLE or NAME=file:PATH")
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
