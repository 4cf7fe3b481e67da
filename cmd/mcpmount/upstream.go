package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/resilient"
)

// An upstream is the API behind the tools.
type upstream struct {
	base      *url.URL // what the transport was made with
	url       *url.URL // with the path that is before that of operations
	secrets   bool     // whether requests have headers that are for the API only
	lack      lack     // of credentials
	others    []string // origins of other servers that operations have of their own
	transport http.RoundTripper
	ways      []*resilient.Transport // that requests go through
}

// connect returns the API of src, which will get the forwarded headers of
// callers and be part of their traces. Nothing is sent yet.
func (f *apiFlags) connect(src *source, forwarded []string, traced *traces, t *terminal, log *slog.Logger) (*upstream, error) {
	header, err := parseHeaders(f.Header, t.env)
	if err != nil {
		return nil, err
	}
	secrets := len(header)+len(forwarded)+len(f.Credential) > 0 || f.ClientCert != ""
	base, shown, err := f.destination(src, secrets)
	if err != nil {
		return nil, err
	}
	api, others, ways, err := f.guarded(traced, log)
	if err != nil {
		return nil, err
	}
	if base.Scheme == "http" && f.ClientCert != "" {
		return nil, fail("--upstream https://…", "--client-cert has no effect: %s has no TLS", displayURL(base))
	}
	transport, err := mcpmount.Upstream(base.String(), &originTransport{
		origin: base,
		header: header,
		api:    api,
		others: others,
	})
	if err != nil {
		return nil, fail("--upstream https://…", "%w", err)
	}
	return &upstream{base, shown, secrets, f.lacking(src.doc, forwarded), src.others(base), transport, ways}, nil
}

// destination returns the base that calls go to, and what is shown of it: a base
// without a path leaves it to the document, where operations may have one of
// their own.
func (f *apiFlags) destination(src *source, secrets bool) (base, shown *url.URL, err error) {
	if base, err = f.base(src, secrets); err != nil {
		return nil, nil, err
	}
	bare := &url.URL{Scheme: base.Scheme, Host: base.Host}
	documented, err := url.Parse(bare.String() + src.doc.BasePath)
	if err != nil {
		return nil, nil, fail("--base-path /v1", "the base path %q of the document is not valid", src.doc.BasePath)
	}
	if strings.Trim(base.Path, "/") == "" || src.ownBasePath || strings.Trim(base.Path, "/") == strings.Trim(src.doc.BasePath, "/") {
		return bare, documented, nil
	}
	return base, base, nil
}

// transports returns what requests to the API go through, and what those to
// other servers do, which must not see the certificate of this one.
func (f *apiFlags) transports(log *slog.Logger) (api, others http.RoundTripper, err error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if config.RootCAs, err = f.roots(); err != nil {
		return nil, nil, err
	}
	others = newTransport(config)
	pair, err := readKeyPair("--client-cert", f.ClientCert, "--client-key", f.ClientKey, log)
	if pair == nil {
		return others, others, err
	}
	config = config.Clone()
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair.get(), nil }
	return newTransport(config), others, nil
}

// roots returns the authorities whose certificates the API may have, nil for those of this
// machine.
func (f *apiFlags) roots() (*x509.CertPool, error) { return readAuthorities("--ca-cert", f.CACert) }

// newTransport returns a transport that keeps the connections of many calls
// at once, all of them to one host: one that is closed is made again.
func newTransport(config *tls.Config) http.RoundTripper {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	transport = transport.Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 1024, 1024
	transport.TLSClientConfig = config
	return transport
}

// base returns the URL of the API: --upstream, or else the first server of the
// document.
func (f *apiFlags) base(src *source, secrets bool) (*url.URL, error) {
	if f.Upstream == "" {
		return src.server(secrets)
	}
	u, err := upstreamURL(f.Upstream)
	if err == nil && src.ownBasePath && strings.Trim(u.Path, "/") != "" {
		return nil, misuse("give one of them", "--base-path and the path of --upstream contradict each other")
	}
	return u, err
}

// server returns the URL of the first server of the document. If secrets will
// be sent there, a document on the network may only name its own origin: who
// can change it must not get them.
func (s *source) server(secrets bool) (*url.URL, error) {
	const hint = "--upstream https://…"
	server := "/" // OpenAPI 3.2, OpenAPI Object, servers: the default
	if len(s.doc.Servers) > 0 {
		server = s.doc.Servers[0].Resolve()
	}
	u, err := url.Parse(server)
	if err != nil {
		return nil, fail(hint, "the server URL %q of the document is not valid", server)
	}
	if s.url != nil {
		u = s.url.ResolveReference(u)
	}
	if u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fail(hint, "the document names no absolute server URL")
	}
	if slices.Contains(strings.Split(strings.TrimSuffix(u.Hostname(), "."), "."), "") {
		return nil, fail("--server-variable NAME=VALUE, or "+hint, "the server URL %s has a host with an empty part: the document has no value for it", server)
	}
	if secrets && s.url != nil && origin(u) != origin(s.url) {
		return nil, fail("if that is right, say --upstream "+displayURL(u),
			"headers would go to %s, because a document from %s says so", origin(u), origin(s.url))
	}
	return u, nil
}

// others returns the origins of the servers that operations have of their own, and are
// called at if the API is at base: see [mcpmount.Upstream].
func (s *source) others(base *url.URL) (origins []string) {
	if len(s.doc.Servers) == 0 {
		return nil
	}
	if first, err := url.Parse(s.doc.Servers[0].Resolve()); err != nil || origin(first) != origin(base) {
		return nil
	}
	for i := range s.doc.Operations {
		own := s.doc.Operations[i].Servers
		if len(own) == 0 {
			continue
		}
		if u, err := url.Parse(own[0].Resolve()); err == nil && u.Host != "" && origin(u) != origin(base) {
			origins = append(origins, origin(u))
		}
	}
	slices.Sort(origins)
	return slices.Compact(origins)
}

// upstreamURL parses what was given to --upstream.
func upstreamURL(address string) (*url.URL, error) {
	u, err := httpURL("--upstream", address)
	if err == nil && (u.RawQuery != "" || u.Fragment != "") {
		return nil, misuse("--upstream "+displayURL(u), "--upstream must not have a query or a fragment")
	}
	return u, err
}

// httpURL parses what was given to a flag.
func httpURL(flag, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case !strings.Contains(address, "://"):
		return nil, misuse(flag+" "+completed(address), "%s needs http:// or https:// and a host", flag)
	case err != nil:
		return nil, misuse(flag+" https://…", "%s is not a valid URL", flag)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, misuse(flag+" https://…", "%s needs http:// or https:// and a host", flag)
	case u.User != nil:
		return nil, misuse("--header 'Authorization: Basic ${BASIC}'", "%s must not hold a password", flag)
	}
	return u, nil
}

// completed returns the URL that an address without a scheme may stand for. What
// could be a secret in it is not repeated.
func completed(address string) string {
	u, err := url.Parse("https://" + address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return "https://…"
	}
	if isLoopback(u.Hostname()) {
		u.Scheme = "http"
	}
	return u.String()
}

// basePath returns path as a [mcpmount.Document] has it.
func basePath(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	u, err := url.Parse(path)
	if err != nil || u.Path != path || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return "", misuse("--base-path /api/v1", "--base-path must be a path that starts with a slash")
	}
	return strings.TrimRight(path, "/"), nil
}

// An originTransport gives headers and its transport to the requests to one
// origin, and to no other: the document may name further servers.
type originTransport struct {
	origin      *url.URL
	header      http.Header
	api, others http.RoundTripper
}

func (t *originTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if (r.URL.Scheme != t.origin.Scheme || r.URL.Host != t.origin.Host) && origin(r.URL) != origin(t.origin) {
		return t.others.RoundTrip(r)
	}
	if len(t.header) > 0 {
		r = r.Clone(r.Context())
		maps.Copy(r.Header, t.header)
	}
	return t.api.RoundTrip(r)
}

// parseHeaders parses lines of the form "Name: value", in which "${NAME}" is an
// environment variable. Its errors never hold a value.
func parseHeaders(lines []string, env func(string) (string, bool)) (http.Header, error) {
	header := http.Header{}
	for _, line := range lines {
		name, value, found := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); !found || !isToken(name) {
			return nil, misuse("--header 'X-API-Key: ${KEY}'", "--header must have the form 'Name: value'")
		}
		if name = http.CanonicalHeaderKey(name); slices.Contains(framingHeaders(), name) {
			return nil, misuse("remove it", "--header must not set %s, which belongs to the connection", name)
		}
		value, err := expand(strings.TrimSpace(value), env, func(path string) string { return path })
		if err != nil {
			return nil, fmt.Errorf("--header %s: %w", name, err) // with the hint of err
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return nil, fail("look for a line break at the end", "--header %s: the value has a control character", name)
		}
		header.Add(name, value)
	}
	return header, nil
}

// framingHeaders are the headers that say what a request is, not what it asks
// for: RFC 9110 §7.6.1 and the length and host of a message.
func framingHeaders() []string {
	return []string{"Connection", "Content-Length", "Host", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}
}

// expand replaces each "${NAME}" in s by an environment variable, and each
// "${file:PATH}" by the content of a file, whose path is what locate returns. Of
// "$${" a dollar is left out, and no more done.
func expand(s string, env func(string) (string, bool), locate func(string) string) (string, error) {
	var b strings.Builder
	for {
		text, rest, found := strings.Cut(s, "${")
		if before, escaped := strings.CutSuffix(text, "$"); found && escaped {
			b.WriteString(before + "${")
			s = rest
			continue
		}
		b.WriteString(text)
		if !found {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", misuse("write ${NAME}, or $${ for the two characters", "a ${ has no }")
		}
		value, err := expanded(name, env, locate)
		if err != nil {
			return "", err
		}
		b.WriteString(value)
		s = after
	}
}

// expanded returns what one "${name}" stands for.
func expanded(name string, env func(string) (string, bool), locate func(string) string) (string, error) {
	if path, ok := strings.CutPrefix(name, "file:"); ok {
		return readSecret(locate(path))
	}
	value, _ := env(name)
	if value == "" {
		return "", fail("export "+name+"=…", "the environment variable %s is not set or empty", name)
	}
	return value, nil
}

// isToken reports whether s is a token: RFC 9110 §5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
