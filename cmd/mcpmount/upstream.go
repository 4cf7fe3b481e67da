package main

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount"
)

// An upstream is the API behind the tools.
type upstream struct {
	url       *url.URL
	transport http.RoundTripper
}

// connect returns the API of src, which will get the forwarded headers of
// callers. Nothing is sent yet.
func (f *apiFlags) connect(src *source, forwarded []string, t *terminal) (*upstream, error) {
	header, err := parseHeaders(f.Header, t.env)
	if err != nil {
		return nil, err
	}
	base, err := f.base(src, len(header)+len(forwarded) > 0)
	if err != nil {
		return nil, err
	}
	// A base without a path leaves it to the document, where operations may have
	// one of their own.
	bare := &url.URL{Scheme: base.Scheme, Host: base.Host}
	documented, err := url.Parse(bare.String() + src.doc.BasePath)
	if err != nil {
		return nil, fail("--base-path /v1", "the base path %q of the document is not valid", src.doc.BasePath)
	}
	if strings.Trim(base.Path, "/") == "" || src.ownBasePath || strings.Trim(base.Path, "/") == strings.Trim(src.doc.BasePath, "/") {
		base = bare
	}
	transport, err := mcpmount.Upstream(base.String(), &headerTransport{
		next:   newTransport(),
		origin: origin(base),
		header: header,
	})
	if err != nil {
		return nil, fail("--upstream https://…", "%w", err)
	}
	if base == bare {
		base = documented
	}
	return &upstream{base, transport}, nil
}

// newTransport returns a transport that keeps the connections of many calls
// at once, all of them to one host.
func newTransport() http.RoundTripper {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	transport = transport.Clone()
	transport.MaxIdleConnsPerHost = transport.MaxIdleConns
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
	if secrets && s.url != nil && origin(u) != origin(s.url) {
		return nil, fail("if that is right, say --upstream "+displayURL(u),
			"headers would go to %s, because a document from %s says so", origin(u), origin(s.url))
	}
	return u, nil
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
	case err != nil:
		return nil, misuse(flag+" https://…", "%s is not a valid URL", flag)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, misuse(flag+" https://…", "%s needs http:// or https:// and a host", flag)
	case u.User != nil:
		return nil, misuse("--header 'Authorization: Basic ${BASIC}'", "%s must not hold a password", flag)
	}
	return u, nil
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

// A headerTransport sets headers on the requests to one origin, and on no
// other: the document may name further servers.
type headerTransport struct {
	next   http.RoundTripper
	origin string
	header http.Header
}

func (t *headerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if len(t.header) > 0 && origin(r.URL) == t.origin {
		r = r.Clone(r.Context())
		maps.Copy(r.Header, t.header)
	}
	return t.next.RoundTrip(r)
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
		value, err := expand(strings.TrimSpace(value), env)
		if err != nil {
			return nil, fail("", "--header %s: %w", name, err)
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

// expand replaces each "${NAME}" in s.
func expand(s string, env func(string) (string, bool)) (string, error) {
	var b strings.Builder
	for {
		text, rest, found := strings.Cut(s, "${")
		b.WriteString(text)
		if !found {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", misuse("write ${NAME}", "a ${ has no }")
		}
		value, _ := env(name)
		if value == "" {
			return "", fail("export "+name+"=…", "the environment variable %s is not set or empty", name)
		}
		b.WriteString(value)
		s = after
	}
}

// isToken reports whether s is a token: RFC 9110 §5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
