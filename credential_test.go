package mcpmount_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

const guardedSpec = `
openapi: 3.1.0
info: {title: Guarded, version: "1"}
servers: [{url: %s}]
security: [{bearer: []}]
paths:
  /bearer: {get: {operationId: bearer, responses: {"200": {description: ok}}}}
  /basic: {get: {operationId: basic, security: [{basic: []}], responses: {"200": {description: ok}}}}
  /header: {get: {operationId: header, security: [{header: []}], responses: {"200": {description: ok}}}}
  /query: {get: {operationId: query, security: [{query: []}], parameters: [{name: q, in: query, schema: {type: string}}], responses: {"200": {description: ok}}}}
  /cookie:
    get:
      operationId: cookie
      security: [{cookie: []}]
      parameters: [{name: lang, in: cookie, schema: {type: string}}]
      responses: {"200": {description: ok}}
  /oauth: {get: {operationId: oauth, security: [{oauth: [read]}], responses: {"200": {description: ok}}}}
  /both: {get: {operationId: both, security: [{header: [], basic: []}], responses: {"200": {description: ok}}}}
  /either: {get: {operationId: either, security: [{nobody: []}, {header: [], nobody: []}, {query: []}], responses: {"200": {description: ok}}}}
  /optional: {get: {operationId: optional, security: [{}, {header: []}], responses: {"200": {description: ok}}}}
  /anybody: {get: {operationId: anybody, security: [{}, {nobody: []}], responses: {"200": {description: ok}}}}
  /open: {get: {operationId: open, security: [], responses: {"200": {description: ok}}}}
  /lost: {get: {operationId: lost, security: [{nobody: []}, {undefined: []}], responses: {"200": {description: ok}}}}
  /mutual: {get: {operationId: mutual, security: [{mutual: []}], responses: {"200": {description: ok}}}}
  /host: {get: {operationId: host, security: [{host: []}], responses: {"200": {description: ok}}}}
  /oddcookie: {get: {operationId: oddcookie, security: [{oddcookie: []}], responses: {"200": {description: ok}}}}
  /unknown: {get: {operationId: unknown, security: [{unknown: []}], responses: {"200": {description: ok}}}}
  /digest: {get: {operationId: digest, security: [{digest: []}], responses: {"200": {description: ok}}}}
  /elsewhere: {get: {operationId: elsewhere, servers: [{url: "%s/other"}], responses: {"200": {description: ok}}}}
  /moved: {get: {operationId: moved, responses: {"302": {description: moved}}}}
  /wrong: {get: {operationId: wrong, security: [{query: []}], responses: {"200": {description: ok}}}}
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer}
    basic: {type: http, scheme: Basic}
    digest: {type: http, scheme: digest}
    header: {type: apiKey, in: header, name: x-api-key}
    query: {type: apiKey, in: query, name: api key}
    cookie: {type: apiKey, in: cookie, name: sid}
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: https://login.example.com/token, scopes: {read: r}}}}
    mutual: {type: mutualTLS}
    host: {type: apiKey, in: header, name: Host}
    oddcookie: {type: apiKey, in: cookie, name: "s;id"}
    unknown: {type: hawk}
    nobody: {type: http, scheme: bearer}
`

// secrets are by scheme; each is found nowhere but in requests to the API.
var secrets = map[string]mcpmount.Credential{
	"bearer": {Secret: "s3cr3t-bearer"},
	"basic":  {User: "robot", Secret: `basic"secret`},
	"header": {Secret: "s3cr3t-header"},
	"query":  {Secret: "query secret/+"},
	"cookie": {Secret: "s3cr3t-cookie"},
	"oauth":  {Secret: "s3cr3t-oauth"},
	"digest": {Secret: "s3cr3t-digest"},
}

// A guardedAPI says what it got, and shows it to who asked.
type guardedAPI struct{ seen *http.Request }

func (a *guardedAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.seen = r
	switch r.URL.Path {
	case "/moved":
		http.Redirect(w, r, "/bearer?key="+r.Header.Get("Authorization"), http.StatusFound)
		return
	case "/wrong":
		w.WriteHeader(http.StatusInternalServerError)
	}
	json.NewEncoder(w).Encode(map[string]any{"header": r.Header, "url": r.URL.String(), "decoded": r.URL.Query()})
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	api := new(guardedAPI)
	upstream := httptest.NewServer(api)
	t.Cleanup(upstream.Close)
	other := httptest.NewServer(api)
	t.Cleanup(other.Close)
	network, err := mcpmount.Upstream(upstream.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, transport := range map[string]http.RoundTripper{"in process": mcpmount.InProcess(api), "network": network} {
		var log bytes.Buffer
		opts := &mcpmount.Options{
			Credentials: mcpmount.StaticCredentials(secrets), ForwardHeaders: []string{"X-Api-Key"},
			Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		}
		srv, err := mcpmount.New(parse(t, fmt.Sprintf(guardedSpec, upstream.URL, other.URL)), transport, opts)
		if err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		call := func(tool string, args string) (status bool) {
			api.seen = nil
			r := httptest.NewRequest("POST", "/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`","arguments":`+args+`}}`))
			r.Header = http.Header{"Content-Type": {"application/json"}, "X-Api-Key": {"the-callers-own"}}
			w := httptest.NewRecorder()
			srv.ServeHTTP(w, r)
			said.Write(w.Body.Bytes())
			var res struct{ Result mcp.CallToolResult }
			if err := json.Unmarshal(w.Body.Bytes(), &res); err != nil {
				t.Fatalf("%s: %v in %s", tool, err, w.Body)
			}
			return !res.Result.IsError
		}
		for tool, want := range map[string]func(*http.Request) string{
			"bearer": func(r *http.Request) string { return r.Header.Get("Authorization") + "\x00Bearer s3cr3t-bearer" },
			"basic":  func(r *http.Request) string { u, p, _ := r.BasicAuth(); return u + p + "\x00robotbasic\"secret" },
			"header": func(r *http.Request) string { return r.Header.Get("X-Api-Key") + "\x00s3cr3t-header" },
			"query":  func(r *http.Request) string { return r.URL.Query().Get("api key") + "\x00query secret/+" },
			"cookie": func(r *http.Request) string { return r.Header.Get("Cookie") + "\x00sid=s3cr3t-cookie" },
			"oauth":  func(r *http.Request) string { return r.Header.Get("Authorization") + "\x00Bearer s3cr3t-oauth" },
			"both": func(r *http.Request) string {
				u, _, _ := r.BasicAuth()
				return r.Header.Get("X-Api-Key") + u + "\x00s3cr3t-headerrobot"
			},
			"either":   func(r *http.Request) string { return r.URL.Query().Get("api key") + "\x00query secret/+" },
			"optional": func(r *http.Request) string { return r.Header.Get("X-Api-Key") + "\x00s3cr3t-header" },
			"anybody":  func(r *http.Request) string { return r.Header.Get("Authorization") + r.URL.RawQuery + "\x00" },
			"open":     func(r *http.Request) string { return r.Header.Get("Authorization") + r.URL.RawQuery + "\x00" },
		} {
			if !call(tool, "{}") || api.seen == nil {
				t.Errorf("%s: %s was not called", name, tool)
				continue
			}
			if got, wanted, _ := strings.Cut(want(api.seen), "\x00"); got != wanted {
				t.Errorf("%s: %s: got %q, want %q", name, tool, got, wanted)
			}
			if tool != "cookie" && api.seen.Header["Cookie"] != nil {
				t.Errorf("%s: %s has cookies %q", name, tool, api.seen.Header["Cookie"])
			}
			if api.seen.RequestURI != api.seen.URL.RequestURI() {
				t.Errorf("%s: %s: the URI is %s, the URL %s", name, tool, api.seen.RequestURI, api.seen.URL)
			}
			if tool == "query" && api.seen.URL.RawQuery != "api+key=query+secret%2F%2B" {
				t.Errorf("%s: the query is %s", name, api.seen.URL.RawQuery)
			}
			if tool != "bearer" && strings.Contains(api.seen.Header.Get("Authorization"), "s3cr3t-bearer") {
				t.Errorf("%s: %s carries the credential of another scheme", name, tool)
			}
		}
		if !call("query", `{"q":"x&api key=mine"}`) || len(api.seen.URL.Query()["api key"]) != 1 || api.seen.RequestURI != api.seen.URL.RequestURI() {
			t.Errorf("%s: an argument adds to the key: %s", name, api.seen.URL)
		}
		if !call("cookie", `{"lang":"de"}`) || api.seen.Header.Get("Cookie") != "lang=de; sid=s3cr3t-cookie" {
			t.Errorf("%s: cookies %q", name, api.seen.Header["Cookie"])
		}
		for _, tool := range []string{"lost", "digest"} {
			if call(tool, "{}") || api.seen != nil {
				t.Errorf("%s: %s was called without a credential", name, tool)
			}
		}
		if call("moved", "{}") || call("wrong", "{}") {
			t.Errorf("%s: a failure is a success", name)
		}
		if name == "network" {
			if !call("elsewhere", "{}") || api.seen.Host != strings.TrimPrefix(other.URL, "http://") || api.seen.Header.Get("Authorization") != "" {
				t.Errorf("another server got %v", api.seen)
			}
		}
		noSecrets(t, name+": answers", said.String())
		noSecrets(t, name+": log", log.String())
		noSecrets(t, name+": options", fmt.Sprintf("%v %+v %#v %x %q", secrets, secrets, secrets, secrets, secrets))
		if data, err := json.Marshal(secrets); err != nil || strings.Contains(string(data), "secret\"") {
			t.Errorf("secrets as JSON: %s, %v", data, err)
		}
	}
}

func noSecrets(t *testing.T, where, text string) {
	t.Helper()
	forms := []string{base64.StdEncoding.EncodeToString([]byte(`robot:basic"secret`))}
	for _, c := range secrets {
		s := string(c.Secret)
		quoted, _ := json.Marshal(s)
		forms = append(forms, s, url.QueryEscape(s), strings.Trim(string(quoted), `"`), fmt.Sprintf("%x", s))
	}
	for _, s := range forms {
		if strings.Contains(text, s) {
			t.Errorf("%s hold %q", where, s)
		}
	}
}

// Each caller can have credentials of their own.
func TestCredentialsPerCaller(t *testing.T) {
	t.Parallel()
	api := new(guardedAPI)
	srv, err := mcpmount.New(parse(t, fmt.Sprintf(guardedSpec, "/", "https://x.example")), mcpmount.InProcess(api), &mcpmount.Options{
		Logger: slog.New(slog.DiscardHandler),
		Credentials: func(ctx context.Context, scheme string) (mcpmount.Credential, error) {
			user := mcpmount.RequestFrom(ctx).Header.Get("X-User")
			if scheme != "header" {
				return mcpmount.Credential{}, mcpmount.ErrNoCredential
			}
			if user == "mallory" {
				return mcpmount.Credential{}, errors.New("vault: 's3cr3t-hunter2' is no password")
			}
			return mcpmount.Credential{Secret: mcpmount.Secret("s3cr3t-key-of-" + user)}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	call := func(user, tool string, header ...string) string {
		api.seen = nil
		r := httptest.NewRequest("POST", "/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`"}}`))
		r.Header = http.Header{"Content-Type": {"application/json"}, "X-User": {user}}
		if len(header) > 0 {
			r.Header["Authorization"] = header
		}
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		return w.Body.String()
	}
	for _, user := range []string{"alice-1", "bob-22"} {
		if said := call(user, "header"); api.seen == nil || api.seen.Header.Get("X-Api-Key") != "s3cr3t-key-of-"+user || strings.Contains(said, "s3cr3t-key-of-") {
			t.Errorf("%s: %s", user, said)
		}
	}
	if said := call("mallory", "header"); api.seen != nil || strings.Contains(said, "hunter2") || !strings.Contains(said, "header") {
		t.Errorf("a credential that cannot be had: %s", said)
	}
	// What the caller sends themselves is as good, where it is forwarded.
	if said := call("alice-1", "bearer"); api.seen != nil {
		t.Errorf("without a credential: %s", said)
	}
	if said := call("alice-1", "bearer", "Bearer of-alice"); api.seen == nil || api.seen.Header.Get("Authorization") != "Bearer of-alice" {
		t.Errorf("with the caller's own: %s", said)
	}
}

// What the caller sends is as good as a credential only for a scheme whose header it is.
func TestCredentialsOfTheCaller(t *testing.T) {
	t.Parallel()
	api := new(guardedAPI)
	srv, err := mcpmount.New(parse(t, fmt.Sprintf(guardedSpec, "/", "https://x.example")), mcpmount.InProcess(api), &mcpmount.Options{
		Logger: slog.New(slog.DiscardHandler), ForwardHeaders: []string{"X-Api-Key", "Cookie"}, Credentials: mcpmount.StaticCredentials(nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	carries := map[string]string{
		"header": "X-Api-Key", "cookie": "Cookie", "bearer": "Authorization", "basic": "Authorization", "oauth": "Authorization",
		"query": "", "mutual": "",
	}
	for tool, carrier := range carries {
		for _, name := range []string{"X-Api-Key", "Cookie", "Authorization"} {
			api.seen = nil
			body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `"}}`
			if w := send(t.Context(), srv, body, http.Header{name: {"sid=mine"}}); (api.seen != nil) != (name == carrier) {
				t.Errorf("%s with a header %s: called is %t: %s", tool, name, api.seen != nil, w.Body)
			}
		}
	}
}

// A secret that cannot be sent as it is does not become something else.
func TestCredentialsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		scheme string
		mcpmount.Credential
	}{
		{"bearer", mcpmount.Credential{Secret: "a\r\nX-Admin: 1"}},
		{"bearer", mcpmount.Credential{Secret: "a\r\nX-Admin:1"}},
		{"bearer", mcpmount.Credential{Secret: "a\x7f"}},
		{"basic", mcpmount.Credential{User: "a:b", Secret: "c"}},
		{"header", mcpmount.Credential{Secret: ""}},
		{"header", mcpmount.Credential{Secret: "a\nb"}},
		{"host", mcpmount.Credential{Secret: "other.example"}},
		{"unknown", mcpmount.Credential{Secret: "abc"}},
		{"query", mcpmount.Credential{Secret: ""}},
		{"cookie", mcpmount.Credential{Secret: ""}},
		{"cookie", mcpmount.Credential{Secret: "a;admin=1"}},
		{"cookie", mcpmount.Credential{Secret: "a b"}},
		{"cookie", mcpmount.Credential{Secret: "a,b"}},
		{"cookie", mcpmount.Credential{Secret: "a\x7f"}},
		{"cookie", mcpmount.Credential{Secret: "\u00e9"}},
		{"oddcookie", mcpmount.Credential{Secret: "abc"}},
		{"oauth", mcpmount.Credential{Secret: "two words"}},
	} {
		scheme, c := row.scheme, row.Credential
		api := new(guardedAPI)
		srv, err := mcpmount.New(parse(t, fmt.Sprintf(guardedSpec, "/", "https://x.example")), mcpmount.InProcess(api), &mcpmount.Options{
			Logger: slog.New(slog.DiscardHandler), Credentials: mcpmount.StaticCredentials(map[string]mcpmount.Credential{scheme: c}),
		})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("POST", "/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+scheme+`"}}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		if body, _ := io.ReadAll(w.Body); api.seen != nil || !bytes.Contains(body, []byte(`"isError":true`)) {
			t.Errorf("%s, %q: %s", scheme, string(c.Secret), body)
		}
	}
}

// respond answers requests without a network.
type respond func(*http.Request) *http.Response

func (f respond) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// The same host without TLS is another server: what is for the API does not go there in the clear.
func TestCredentialsNeedTheScheme(t *testing.T) {
	t.Parallel()
	var sent []string
	next := respond(func(r *http.Request) *http.Response {
		sent = append(sent, r.URL.String()+" "+r.Header.Get("Authorization")+" "+r.Header.Get("X-Tenant"))
		return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: r}
	})
	transport, err := mcpmount.Upstream("https://api.example.com", next)
	if err != nil {
		t.Fatal(err)
	}
	doc := parse(t, fmt.Sprintf(guardedSpec, "https://api.example.com", "http://api.example.com"))
	srv, err := mcpmount.New(doc, transport, &mcpmount.Options{
		Logger: slog.New(slog.DiscardHandler), Credentials: mcpmount.StaticCredentials(secrets), ForwardHeaders: []string{"X-Tenant"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range []string{"bearer", "elsewhere"} {
		send(t.Context(), srv, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`"}}`, http.Header{"X-Tenant": {"mine"}})
	}
	want := []string{"https://api.example.com/bearer Bearer s3cr3t-bearer mine", "http://api.example.com/other/elsewhere  "}
	if !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

// However a secret is shown, "***" is in its place.
func TestSecretIsMasked(t *testing.T) {
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("hello", "secret", mcpmount.Secret("hunter2"))
	encoded, err := json.Marshal([]mcpmount.Secret{"hunter2"})
	if err != nil {
		t.Fatal(err)
	}
	for want, got := range map[string]string{
		"***|***|***|***": fmt.Sprintf("%v|%q|%x|%#v", mcpmount.Secret("hunter2"), mcpmount.Secret("hunter2"), mcpmount.Secret("hunter2"), mcpmount.Secret("hunter2")),
		"secret=***":      logged.String(),
		`["***"]`:         string(encoded),
	} {
		if !strings.Contains(got, want) || strings.Contains(got, "hunter2") {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Which headers are credentials is told by their names.
func TestCredentialHeadersOfTheTransport(t *testing.T) {
	t.Parallel()
	names := []string{"X-Auth", "Cookie", "X-Key", "X-Token", "X-Secret", "X-Password", "X-Credential", "X-Session", "X-Signature"}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range names {
			fmt.Fprintln(w, r.Header.Get(name))
		}
	}))
	t.Cleanup(api.Close)
	adds := headerTransport{}
	for _, name := range names {
		adds[name] = []string{"swordfish-" + name}
	}
	transport, err := mcpmount.Upstream(api.URL, adds)
	if err != nil {
		t.Fatal(err)
	}
	srv, err := mcpmount.New(parse(t, fmt.Sprintf(guardedSpec, api.URL, api.URL)), transport, &mcpmount.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w := send(t.Context(), srv, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"open"}}`, nil)
	if said := w.Body.String(); strings.Contains(said, "swordfish") || strings.Count(said, "***") != len(names) {
		t.Errorf("got %s", said)
	}
}

// What a RoundTripper adds to a request, as --header of the command does, is the
// operator's, and shows nowhere either.
func TestCredentialsOfTheTransport(t *testing.T) {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("robot:pass-word"))
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		w.Header().Set("Content-Type", "text/plain")
		_, password, _ := r.BasicAuth()
		fmt.Fprint(w, r.Header.Get("X-Api-Key"), " ", strings.TrimPrefix(r.Header.Get("Authorization"), "Basic "), " ", password, " ", r.Header.Get("X-Tenant"))
	}))
	t.Cleanup(api.Close)
	transport, err := mcpmount.Upstream(api.URL, headerTransport{"X-Api-Key": {"s3cr3t-header"}, "Authorization": {basic}, "X-Tenant": {"tenant-1"}})
	if err != nil {
		t.Fatal(err)
	}
	srv, err := mcpmount.New(parse(t, fmt.Sprintf(guardedSpec, api.URL, api.URL)), transport, &mcpmount.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	session := eras[0].connect(t, ts.URL, nil, nil)
	for _, tool := range []string{"open", "moved"} {
		if got := text(call(t, session, tool, nil)); !strings.HasSuffix(got, "*** *** *** tenant-1") {
			t.Errorf("%s: %q", tool, got)
		}
	}
}
