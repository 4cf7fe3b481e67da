package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/mcpmount/mcpmount"
)

// maxSecretFile bounds a file with a secret.
const maxSecretFile = 64 << 10

// A secretName says where a secret is, which is never on the command line: others could read
// it there.
type secretName struct {
	flag, name string // for errors
	kind       string // "env" or "file"
	where      string // the variable, or the path
}

// parseSecretName parses NAME=env:VARIABLE or NAME=file:PATH. Its errors never hold
// what could be a secret.
func parseSecretName(flag, text string) (secretName, error) {
	name, from, found := strings.Cut(text, "=")
	kind, where, _ := strings.Cut(from, ":")
	if !found || name == "" || where == "" || kind != "env" && kind != "file" {
		return secretName{}, misuse(flag+" NAME=env:VARIABLE", "%s must have the form NAME=env:VARIABLE or NAME=file:PATH", flag)
	}
	return secretName{flag, name, kind, where}, nil
}

// read returns the secret.
func (s secretName) read(env func(string) (string, bool)) (string, error) {
	if s.kind == "env" {
		secret, _ := env(s.where)
		if secret == "" {
			return "", fail("export "+s.where+"=…", "%s %s: the environment variable %s is not set or empty", s.flag, s.name, s.where)
		}
		return secret, nil
	}
	secret, err := readSecret(s.where)
	if err != nil {
		return "", s.explain(err)
	}
	return secret, nil
}

func (s secretName) explain(err error) error { return fail("", "%s %s: %w", s.flag, s.name, err) }

// parseSecret parses NAME=env:VARIABLE or NAME=file:PATH and returns the name
// and the secret. Its errors never hold the secret.
func parseSecret(flag, text string, env func(string) (string, bool)) (name, secret string, err error) {
	from, err := parseSecretName(flag, text)
	if err != nil {
		return "", "", err
	}
	secret, err = from.read(env)
	return from.name, secret, err
}

// readSecret reads a file with a secret.
func readSecret(path string) (string, error) {
	data, err := readSmall(path, maxSecretFile)
	if err != nil {
		return "", err
	}
	return trimSecret(path, data)
}

// trimSecret returns the content of a file with a secret without the line break at its end.
func trimSecret(path string, data []byte) (string, error) {
	secret := strings.TrimRight(string(data), "\r\n")
	if secret == "" {
		return "", fail("", "the file %s is empty", path)
	}
	return secret, nil
}

// credentialFlags say how this server authenticates to the API.
type credentialFlags struct {
	Credential []string `sep:"none" placeholder:"SCHEME=env:NAME" help:"secret for a security scheme of the document, as env:NAME or file:PATH, repeatable; for basic it is user:password, for OAuth 2.0 a token, or id:secret of a client"`
	TokenURL   []string `sep:"none" name:"token-url" placeholder:"SCHEME=URL" help:"where a client with id and secret gets its token, repeatable (default: what the document says)"`

	ClientCert string `placeholder:"FILE" help:"certificate and its chain (PEM) by which the API knows this server: mutual TLS"`
	ClientKey  string `placeholder:"FILE" help:"key of the certificate (PEM)"`
}

// A provider returns a credential at the time.
type provider func() (mcpmount.Credential, error)

// credentials returns what the flags say, nil if nothing, for the security
// schemes of a document. Token endpoints may be of an authority of --ca-cert. Files are
// read again when they have changed.
func (f *apiFlags) credentials(src *source, t *terminal, log *slog.Logger) (mcpmount.Credentials, error) {
	tokenURLs, err := f.tokenURLs()
	if err != nil || len(f.Credential) == 0 {
		return nil, err
	}
	_, others, err := f.transports(slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	doc := src.doc
	connected, providers := f.connected(doc), map[string]provider{}
	for _, text := range f.Credential {
		from, err := parseSecretName("--credential", text)
		if err != nil {
			return nil, err
		}
		name := from.name
		scheme, ok := doc.SecuritySchemes[name]
		if !ok {
			return nil, fail(knownSchemes(doc), "--credential %s: the document has no such security scheme", name)
		}
		if scheme.Type == "mutualTLS" {
			return nil, misuse("--client-cert FILE --client-key FILE", "--credential %s: for mutual TLS there is no secret, but a certificate", name)
		}
		if providers[name] != nil {
			return nil, misuse("leave one out", "--credential %s is given twice", name)
		}
		providers[name], err = from.provider(t, log, func(secret string) (provider, error) {
			return src.provide(name, scheme, secret, tokenURLs[name], others)
		})
		if err != nil {
			return nil, err
		}
	}
	static := mcpmount.StaticCredentials(connected)
	return func(ctx context.Context, scheme string) (mcpmount.Credential, error) {
		if provide := providers[scheme]; provide != nil {
			return provide()
		}
		return static(ctx, scheme)
	}, nil
}

// provider returns what make makes of the secret; of one in a file, whenever that changes.
func (s secretName) provider(t *terminal, log *slog.Logger, make func(secret string) (provider, error)) (provider, error) {
	if s.kind == "env" {
		secret, err := s.read(t.env)
		if err != nil {
			return nil, err
		}
		return make(secret)
	}
	file := &liveFile[provider]{kind: "secret", names: []string{s.where}, limit: maxSecretFile, log: log.With("credential", s.name)}
	file.parse = func(contents [][]byte) (provider, error) {
		secret, err := trimSecret(s.where, contents[0])
		if err != nil {
			return nil, s.explain(err)
		}
		return make(secret)
	}
	if err := file.open(); err != nil {
		if f := new(failure); errors.As(err, &f) {
			return nil, err
		}
		return nil, s.explain(err)
	}
	return func() (mcpmount.Credential, error) { return file.get()() }, nil
}

// provide returns the credential that a secret is for a security scheme. A client with
// an id and a secret gets tokens at a URL, that of the document if it is "".
func (s *source) provide(name string, scheme mcpmount.SecurityScheme, secret, tokenURL string, others http.RoundTripper) (provider, error) {
	user, password, pair := strings.Cut(secret, ":")
	credential := mcpmount.Credential{Secret: mcpmount.Secret(secret)}
	switch {
	case scheme.Type == "http" && scheme.Scheme == "basic" && !pair:
		return nil, fail("", "--credential %s: for HTTP basic authentication the secret is user:password", name)
	case scheme.Type == "http" && scheme.Scheme == "basic":
		credential = mcpmount.Credential{User: user, Secret: mcpmount.Secret(password)}
	case scheme.Type == "oauth2" && pair:
		var err error
		if tokenURL == "" {
			if tokenURL, err = s.tokenURL(name, scheme.TokenURL); err != nil {
				return nil, err
			}
		}
		tokens := tokenSource(tokenURL, user, password, others)
		return func() (mcpmount.Credential, error) {
			token, err := tokens.Token()
			if err != nil {
				return mcpmount.Credential{}, tokenError(err)
			}
			return mcpmount.Credential{Secret: mcpmount.Secret(token.AccessToken)}, nil
		}, nil
	}
	return func() (mcpmount.Credential, error) { return credential, nil }, nil
}

// connected returns the credentials that the connection itself is, by scheme.
func (f *credentialFlags) connected(doc *mcpmount.Document) map[string]mcpmount.Credential {
	schemes := map[string]mcpmount.Credential{}
	for name, scheme := range doc.SecuritySchemes {
		if scheme.Type == "mutualTLS" && f.ClientCert != "" {
			schemes[name] = mcpmount.Credential{}
		}
	}
	return schemes
}

// tokenURLs returns what --token-url says, by scheme.
func (f *credentialFlags) tokenURLs() (map[string]string, error) {
	addresses := map[string]string{}
	for _, text := range f.TokenURL {
		name, address, found := strings.Cut(text, "=")
		if !found || name == "" {
			return nil, misuse("--token-url SCHEME=https://…", "--token-url must have the form SCHEME=URL")
		}
		u, err := httpURL("--token-url", address)
		switch {
		case err != nil:
			return nil, err
		case u.Scheme != "https" && !isLoopback(u.Hostname()): // RFC 6749 section 3.2
			return nil, misuse("--token-url "+name+"=https://…", "--token-url: the secret would be sent to %s unencrypted", displayURL(u))
		}
		addresses[name] = address
	}
	return addresses, nil
}

// tokenURL returns where the document says that a client gets tokens. A
// document from the network may only name its own origin: who can change it
// must not get the secret.
func (s *source) tokenURL(scheme, address string) (string, error) {
	hint := "--token-url " + scheme + "=https://…"
	u, err := url.Parse(address)
	if s.url != nil && err == nil {
		u = s.url.ResolveReference(u)
	}
	switch {
	case err != nil || address == "" || u.Host == "":
		return "", fail(hint, "--credential %s: the document does not say where a client gets tokens", scheme)
	case u.Scheme != "https" && !isLoopback(u.Hostname()):
		return "", fail(hint, "--credential %s: the secret would be sent to %s unencrypted", scheme, displayURL(u))
	case s.url != nil && origin(u) != origin(s.url):
		return "", fail("if that is right, say --token-url "+scheme+"="+displayURL(u),
			"--credential %s: the secret would go to %s, because a document from %s says so", scheme, origin(u), origin(s.url))
	}
	return u.String(), nil
}

// tokenError returns err without what the token endpoint said, which may repeat
// the request.
func tokenError(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil {
		return fmt.Errorf("the token endpoint answered %s %s", refused.Response.Status, refused.ErrorCode)
	}
	return errors.New("the token endpoint gave no token")
}

// tokenSource gets tokens by the client credentials grant (RFC 6749 section
// 4.4) and keeps them until they expire.
func tokenSource(tokenURL, id, secret string, transport http.RoundTripper) oauth2.TokenSource {
	client := &http.Client{
		Transport:     transport,
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	config := clientcredentials.Config{ClientID: id, ClientSecret: secret, TokenURL: tokenURL}
	return config.TokenSource(context.WithValue(context.Background(), oauth2.HTTPClient, client))
}

// knownSchemes is the hint after the name of a scheme that is not there.
func knownSchemes(doc *mcpmount.Document) string {
	names := slices.Sorted(maps.Keys(doc.SecuritySchemes))
	if len(names) == 0 {
		return "it has none: use --header"
	}
	return "it has " + strings.Join(names, ", ")
}

// schemesOf returns the names of the security schemes that operations need.
func schemesOf(doc *mcpmount.Document) []string {
	used := map[string]bool{}
	for _, op := range doc.Operations {
		for _, requirement := range op.Security {
			for name := range requirement {
				used[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(used))
}

// schemeText says what the secret of a scheme is.
func schemeText(s mcpmount.SecurityScheme) string {
	switch {
	case s.Type == "apiKey":
		return "key in the " + s.In + " " + s.Name
	case s.Type == "http" && s.Scheme == "basic":
		return "user:password"
	case s.Type == "http":
		return s.Scheme + " token"
	case s.Type == "oauth2" && s.TokenURL != "":
		return "OAuth 2.0 token, or id:secret of a client"
	case s.Type == "oauth2", s.Type == "openIdConnect":
		return "OAuth 2.0 token"
	case s.Type == "mutualTLS":
		return "TLS client certificate, which this command does not send"
	}
	return "not described in the document"
}
