// Package remote reads from other people's servers, within bounds: what identity
// providers and clients publish about themselves.
package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Timeout bounds one request to an identity provider.
const Timeout = 10 * time.Second

// Client returns a copy of c, or a new client if c is nil, that has a timeout and
// follows no redirects: who may redirect could send us to keys of their own.
func Client(c *http.Client) *http.Client {
	var own http.Client
	if c != nil {
		own = *c
	}
	if own.Timeout == 0 {
		own.Timeout = Timeout
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// GetJSON reads a JSON document of at most limit bytes into v.
func GetJSON(ctx context.Context, c *http.Client, address string, limit int64, v any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/json")
	return DoJSON(c, r, limit, v)
}

// DoJSON sends r and reads the JSON document of at most limit bytes that it is
// answered with into v. An answer with another status than 200 is an error. No
// error has anything of the answer in it.
func DoJSON(c *http.Client, r *http.Request, limit int64, v any) error {
	res, err := c.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", r.URL.Redacted(), res.Status)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	switch {
	case err != nil:
		return fmt.Errorf("read %s: %w", r.URL.Redacted(), err)
	case int64(len(body)) > limit:
		return fmt.Errorf("%s has more than %d bytes", r.URL.Redacted(), limit)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%s is not the JSON that is expected", r.URL.Redacted())
	}
	return nil
}

// CheckURL reports what keeps a URL from being trusted: only https says whom
// one talks to, and on loopback http does as well.
func CheckURL(name, address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("%s %q is not an absolute URL", name, address)
	case u.User != nil || u.Fragment != "":
		return fmt.Errorf("%s %q has a user or a fragment", name, u.Redacted())
	case u.Scheme == "https" || u.Scheme == "http" && IsLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%s %q must be https, or http on a loopback address", name, address)
}

// IsLoopback reports whether the name or the address of a host is this machine.
func IsLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// MetadataURLs are where the metadata of an issuer may be: as RFC 8414 section
// 3.1 says, with either name, and as OpenID Connect Discovery section 4 says.
func MetadataURLs(issuer string) []string {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil
	}
	p := strings.TrimSuffix(u.EscapedPath(), "/")
	origin := u.Scheme + "://" + u.Host
	list := []string{origin + p + "/.well-known/openid-configuration", origin + "/.well-known/oauth-authorization-server" + p}
	if p != "" {
		list = append(list, origin+"/.well-known/openid-configuration"+p)
	}
	return list
}
