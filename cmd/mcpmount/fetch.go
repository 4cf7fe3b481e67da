package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	maxRedirects = 3
	fetchTimeout = 20 * time.Second

	// maxValidator is the length of an entity tag that is sent back.
	maxValidator = 1 << 10
)

// authorityHint is for a certificate of an authority that this machine does not know.
const authorityHint = "--ca-cert FILE or SSL_CERT_FILE names the authority of its certificate"

// After a failure, a URL is left alone for minRest, and twice as long after each
// further one.
const (
	minRest = 10 * time.Second
	maxRest = 10 * time.Minute
)

// fetch reads the document at a URL, whose host may have a certificate of roots; of nil, those
// of this machine.
func fetch(ctx context.Context, address string, roots *x509.CertPool, overlays ...string) (*source, error) {
	u, err := documentURL(address)
	if err != nil {
		return nil, err
	}
	return (&urlFeed{url: u, roots: roots, overlays: overlays}).next(ctx, true)
}

// A urlFeed is a document at a URL.
type urlFeed struct {
	url      *url.URL
	roots    *x509.CertPool
	overlays []string

	// seen are the validators of what was read last, as conditions for the next
	// request, and sum is the hash of it.
	seen http.Header
	sum  [sha256.Size]byte

	public atomic.Bool // whether its host had a public address

	rest    time.Duration // after the last request; 0 if it went well
	resting time.Time     // until when
}

// next implements [feed].
func (f *urlFeed) next(ctx context.Context, force bool) (*source, error) {
	if !force && time.Now().Before(f.resting) {
		return nil, nil
	}
	name := displayURL(f.url)
	body, final, err := f.download(ctx)
	if err != nil {
		f.rest = max(minRest, min(2*f.rest, maxRest))
		f.resting = time.Now().Add(f.rest)
		// What comes after a failure counts as another document, so that the
		// failure is known to be over.
		f.seen, f.sum = nil, [sha256.Size]byte{}
		return nil, unfetched(name, err)
	}
	f.rest, f.resting = 0, time.Time{}
	sum := sha256.Sum256(body)
	if final == nil || sum == f.sum {
		return nil, nil
	}
	f.sum = sum
	doc, err := parseDocument(body, name, f.overlays...)
	if err != nil {
		return nil, err
	}
	final.User = nil // must not become a part of server URLs
	return &source{doc: doc, name: name, url: final, feed: f}, nil
}

// unfetched returns the error for a document that could not be had.
func unfetched(name string, err error) error {
	hint := "is the address right? A file that you downloaded will do, too"
	if errors.As(err, new(*tls.CertificateVerificationError)) {
		hint = authorityHint
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fail(hint, "fetch %s: it took longer than %v", name, fetchTimeout)
	}
	return fail(hint, "fetch %s: %w", name, err)
}

// download returns the document and its URL after redirects, or nil if it is
// the same as before: RFC 9110 section 13.
func (f *urlFeed) download(ctx context.Context) (body []byte, final *url.URL, err error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	res, err := f.get(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNotModified {
		return nil, nil, nil
	}
	if body, err = readLimited(res.Body); err != nil {
		return nil, nil, err
	}
	f.seen = http.Header{}
	for condition, validator := range map[string]string{"If-None-Match": "Etag", "If-Modified-Since": "Last-Modified"} {
		if value := res.Header.Get(validator); value != "" && len(value) <= maxValidator {
			f.seen.Set(condition, value)
		}
	}
	final = new(url.URL)
	*final = *res.Request.URL
	return body, final, nil
}

// get asks for the document, follows redirects on the same origin and insists
// on 200, or 304 if there are conditions.
func (f *urlFeed) get(ctx context.Context) (*http.Response, error) {
	u, conditions := f.url, f.seen
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	maps.Copy(r.Header, conditions)
	r.Header.Set("Accept", "application/yaml, application/json, */*;q=0.5")
	transport := newTransport(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: f.roots})
	if t, ok := transport.(*http.Transport); ok {
		t.DialContext = f.dial
		t.DisableKeepAlives = true // nobody comes back soon
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		switch {
		case origin(r.URL) != origin(u):
			return fmt.Errorf("it redirects to another origin, %s", origin(r.URL))
		case len(via) > maxRedirects:
			return fmt.Errorf("more than %d redirects", maxRedirects)
		}
		return nil
	}}
	res, err := client.Do(r)
	if wrapped := new(url.Error); errors.As(err, &wrapped) {
		return nil, wrapped.Err // without the URL, which may hold a secret
	}
	if err == nil && res.StatusCode != http.StatusOK && (res.StatusCode != http.StatusNotModified || len(conditions) == 0) {
		res.Body.Close()
		return nil, fmt.Errorf("the answer is %s", res.Status)
	}
	return res, err
}

// documentURL parses the URL of a document: one that nobody on the way can
// change what it returns.
func documentURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return nil, misuse(documentHint, "DOCUMENT is not a valid URL")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, misuse("use https, or download it and give the file", "%s: http is for loopback addresses only", displayURL(u))
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, misuse(documentHint, "%s: a URL of a document starts with https://", displayURL(u))
	}
	return u, nil
}

// displayURL returns u without the parts that may hold a secret.
func displayURL(u *url.URL) string {
	return origin(u) + u.EscapedPath()
}

// origin returns scheme, host and port of u: RFC 6454 §4.
func origin(u *url.URL) string {
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" && !(scheme == "https" && port == "443") && !(scheme == "http" && port == "80") {
		host += ":" + port
	}
	return scheme + "://" + host
}

// isLoopback reports whether host is this machine: RFC 6761 §6.3 for the name.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
