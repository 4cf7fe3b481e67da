package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	sdkauth "github.com/modelcontextprotocol/go-sdk/auth"
	"go.yaml.in/yaml/v4"

	"github.com/mcpmount/mcpmount/auth"
)

// authFlags say who may call.
type authFlags struct {
	Auth         []string `enum:"none,keys,jwt,introspection,oauth" default:"none" placeholder:"KIND" help:"how callers authenticate: none (default), keys, jwt, introspection or oauth; several separated by commas"`
	AuthKeys     string   `placeholder:"FILE" help:"keys: YAML list of name, sha256, scopes and expires; read again when it changes"`
	AuthIssuer   string   `placeholder:"URL" help:"jwt, oauth: identity provider, as its tokens name it"`
	AuthAudience []string `sep:"none" placeholder:"A" help:"jwt, introspection: whom tokens must be meant for (default: --public-url), repeatable"`
	AuthJwks     string   `placeholder:"URL" help:"jwt: keys of the provider (default: found through its metadata)"`
	AuthEndpoint string   `placeholder:"URL" help:"introspection: where tokens are introspected (RFC 7662)"`
	AuthClient   string   `placeholder:"ID=env:NAME" reopens:"" help:"introspection, oauth: client id and secret, as env:NAME or file:PATH"`
	AuthScope    []string `sep:"none" placeholder:"S" help:"scope that every call needs, repeatable"`
	AuthHeader   string   `placeholder:"NAME" help:"header, such as X-API-Key, that may hold the credential instead of Authorization"`
	AuthCACert   string   `name:"auth-ca-cert" placeholder:"FILE" reopens:"" help:"jwt, introspection, oauth: further authorities (PEM) whose certificates the identity provider may have"`
	AuthStepUp   bool     `help:"list tools to callers who lack scopes, and ask for better tokens"`
	AuthServer   []string `sep:"none" placeholder:"URL" help:"introspection: authorization server that clients get tokens from, repeatable"`

	loginFlags `embed:"" group:"Logging in, with --auth oauth"`
}

// on reports whether callers must authenticate.
func (f *authFlags) on() bool { return len(f.Auth) > 0 && !slices.Equal(f.Auth, []string{"none"}) }

// headers returns what clients have to be told to send: keys, since tokens are
// what they get themselves.
func (f *authFlags) headers() map[string]string {
	switch {
	case !f.uses("keys"):
		return nil
	case f.AuthHeader != "":
		return map[string]string{f.AuthHeader: "YOUR-KEY"}
	}
	return map[string]string{"Authorization": "Bearer YOUR-KEY"}
}

// uses reports whether credentials of a kind are accepted.
func (f *authFlags) uses(kind string) bool { return slices.Contains(f.Auth, kind) }

// check refuses flags that contradict each other or would have no effect: who
// typed them believes that they protect something.
func (f *authFlags) check(stdio bool) error {
	if stdio && f.on() {
		return misuse("leave out --auth", "--auth has no effect with --stdio: the client started this process, with its rights")
	}
	if len(f.Auth) > 1 && f.uses("none") {
		return misuse("leave out none", "--auth none excludes the other kinds")
	}
	if f.uses("oauth") && (f.uses("jwt") || f.uses("introspection")) {
		return misuse("leave out the other one", "--auth oauth and jwt or introspection are about one issuer and one client: only one of them can have the flags")
	}
	type effect struct {
		name  string
		given bool
		kinds []string
	}
	flags := []effect{
		{"--auth-keys", f.AuthKeys != "", []string{"keys"}},
		{"--auth-issuer", f.AuthIssuer != "", []string{"jwt", "oauth"}},
		{"--auth-jwks", f.AuthJwks != "", []string{"jwt"}},
		{"--auth-audience", len(f.AuthAudience) > 0, []string{"jwt", "introspection"}},
		{"--auth-endpoint", f.AuthEndpoint != "", []string{"introspection"}},
		{"--auth-client", f.AuthClient != "", []string{"introspection", "oauth"}},
		{"--auth-server", len(f.AuthServer) > 0, []string{"introspection"}},
		{"--auth-scope", len(f.AuthScope) > 0, []string{"keys", "jwt", "introspection", "oauth"}},
		{"--auth-header", f.AuthHeader != "", []string{"keys", "jwt", "introspection", "oauth"}},
		{"--auth-ca-cert", f.AuthCACert != "", []string{"jwt", "introspection", "oauth"}},
		{"--auth-step-up", f.AuthStepUp, []string{"keys", "jwt", "introspection", "oauth"}},
	}
	given := f.given()
	for _, name := range slices.Sorted(maps.Keys(given)) {
		flags = append(flags, effect{name, given[name], []string{"oauth"}})
	}
	for _, flag := range flags {
		if flag.given && !slices.ContainsFunc(flag.kinds, f.uses) {
			return misuse("add --auth "+flag.kinds[0], "%s has no effect without --auth", flag.name)
		}
	}
	return nil
}

// resource returns what the flags say, nil if anybody may call. How users log in is
// left to login.
func (f *authFlags) resource(publicURL string, t *terminal, log *slog.Logger) (*auth.Resource, error) {
	if !f.on() {
		return nil, nil
	}
	var verifiers []auth.Verifier
	for _, kind := range f.Auth {
		if kind == "oauth" {
			continue // see login
		}
		verify, err := f.verifier(kind, publicURL, t, log)
		if err != nil {
			return nil, err
		}
		verifiers = append(verifiers, verify)
	}
	r := &auth.Resource{Scopes: f.AuthScope, KeyHeader: f.AuthHeader, StepUp: f.AuthStepUp}
	switch len(verifiers) {
	case 0:
		return r, nil
	case 1:
		r.Verifier = verifiers[0]
	default:
		r.Verifier = auth.Any(verifiers...)
	}
	if f.AuthIssuer != "" && !f.uses("oauth") {
		r.AuthorizationServers = append(r.AuthorizationServers, f.AuthIssuer)
	}
	r.AuthorizationServers = append(r.AuthorizationServers, f.AuthServer...)
	if len(r.AuthorizationServers) > 0 {
		if publicURL == "" {
			return nil, misuse("--public-url https://…/mcp", "clients find the identity provider through the URL of this server, which must be said")
		}
		r.URL = publicURL
	}
	if err := r.Check(); err != nil {
		return nil, misuse("", "%w", err)
	}
	return r, nil
}

func (f *authFlags) verifier(kind, publicURL string, t *terminal, log *slog.Logger) (auth.Verifier, error) {
	client, err := f.provider()
	switch {
	case err != nil:
		return nil, err
	case kind == "keys":
		return keyVerifier(f.AuthKeys, log)
	}
	var verify auth.Verifier
	if kind == "jwt" {
		var tokens auth.JWT
		if tokens, err = f.tokens(publicURL, client); err != nil {
			return nil, err
		}
		verify, err = auth.NewJWT(tokens)
	} else {
		var server auth.Introspection
		if server, err = f.introspection(publicURL, client, t); err != nil {
			return nil, err
		}
		verify, err = auth.NewIntrospection(server)
	}
	if err != nil {
		return nil, misuse("", "%w", err)
	}
	return verify, nil
}

// provider returns a client for the identity provider, nil for one that knows the
// authorities of this machine only.
func (f *authFlags) provider() (*http.Client, error) {
	roots, err := readAuthorities("--auth-ca-cert", f.AuthCACert)
	if roots == nil {
		return nil, err
	}
	return &http.Client{Transport: newTransport(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots})}, nil
}

// audiences are whom tokens must be meant for.
func (f *authFlags) audiences(publicURL string) ([]string, error) {
	switch {
	case len(f.AuthAudience) > 0:
		return f.AuthAudience, nil
	case publicURL != "":
		return []string{publicURL}, nil
	}
	return nil, misuse("--auth-audience https://…/mcp", "tokens for other services would be accepted: say whom they must be meant for")
}

// tokens returns which signed tokens are accepted.
func (f *authFlags) tokens(publicURL string, client *http.Client) (auth.JWT, error) {
	if f.AuthIssuer == "" {
		return auth.JWT{}, misuse("--auth-issuer https://…", "--auth jwt needs an issuer")
	}
	audiences, err := f.audiences(publicURL)
	return auth.JWT{Issuer: f.AuthIssuer, Audiences: audiences, KeySetURL: f.AuthJwks, Client: client}, err
}

// introspection returns who is asked about tokens.
func (f *authFlags) introspection(publicURL string, client *http.Client, t *terminal) (auth.Introspection, error) {
	if f.AuthEndpoint == "" || f.AuthClient == "" {
		return auth.Introspection{}, misuse("--auth-endpoint https://… --auth-client ID=env:SECRET", "--auth introspection needs an endpoint and a client")
	}
	audiences, err := f.audiences(publicURL)
	if err != nil {
		return auth.Introspection{}, err
	}
	id, secret, err := parseSecret("--auth-client", f.AuthClient, t.env)
	return auth.Introspection{Endpoint: f.AuthEndpoint, ClientID: id, ClientSecret: secret, Audiences: audiences, Client: client}, err
}

// maxKeysFile bounds a file of keys.
const maxKeysFile = 4 << 20

// keyVerifier returns a verifier of the keys that a file holds at the time.
func keyVerifier(name string, log *slog.Logger) (auth.Verifier, error) {
	if name == "" {
		return nil, misuse("--auth-keys keys.yaml", "--auth keys needs a file of keys")
	}
	keys := &liveFile[auth.Verifier]{kind: "list of keys", names: []string{name}, limit: maxKeysFile, log: log}
	keys.parse = func(files [][]byte) (auth.Verifier, error) { return parseKeys(name, files[0]) }
	if err := keys.open(); err != nil {
		if f := new(failure); errors.As(err, &f) {
			return nil, err
		}
		return nil, fail("", "keys: %w", err)
	}
	return func(ctx context.Context, credential string, r *http.Request) (*sdkauth.TokenInfo, error) {
		return keys.get()(ctx, credential, r)
	}, nil
}

// parseKeys reads the content of a file of keys.
func parseKeys(name string, data []byte) (auth.Verifier, error) {
	var entries []struct {
		Name    string    `yaml:"name"`
		SHA256  string    `yaml:"sha256"`
		Scopes  []string  `yaml:"scopes"`
		Expires time.Time `yaml:"expires"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&entries); err != nil && !errors.Is(err, io.EOF) {
		text := strings.TrimPrefix(err.Error(), "yaml: construct errors: ")
		for _, goType := range []string{" into []struct", " in type struct"} {
			text, _, _ = strings.Cut(text, goType)
		}
		return nil, fail("- {name: alice, sha256: …, scopes: [orders:read], expires: 2030-01-01T00:00:00Z}", "%s is not a list of keys: %s", name, text)
	}
	var keys []auth.Key
	for _, e := range entries {
		keys = append(keys, auth.Key{Name: e.Name, SHA256: e.SHA256, Scopes: e.Scopes, Expires: e.Expires})
	}
	verify, err := auth.NewKeys(keys)
	if err != nil {
		return nil, fail(`printf %s "$KEY" | sha256sum shows the digest of a key`, "%s: %w", name, err)
	}
	return verify, nil
}
