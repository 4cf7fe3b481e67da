package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxRedirects = 3
	fetchTimeout = 20 * time.Second
)

// fetch reads the document at a URL.
func fetch(ctx context.Context, address string) (*source, error) {
	u, err := documentURL(address)
	if err != nil {
		return nil, err
	}
	name := displayURL(u)
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	res, err := get(ctx, u)
	if err != nil {
		return nil, fail(documentHint, "fetch %s: %w", name, err)
	}
	defer res.Body.Close()
	doc, err := readStream(res.Body, name)
	if err != nil {
		return nil, err
	}
	final := *res.Request.URL
	final.User = nil // must not become a part of server URLs
	return &source{doc: doc, name: name, url: &final}, nil
}

// get asks for u, follows redirects on the same origin and insists on 200.
func get(ctx context.Context, u *url.URL) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/yaml, application/json, */*;q=0.5")
	client := &http.Client{CheckRedirect: func(r *http.Request, via []*http.Request) error {
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
	if err == nil && res.StatusCode != http.StatusOK {
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
