package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// fetchTimeout bounds one request to an identity provider.
const fetchTimeout = 10 * time.Second

// newClient returns a client that follows no redirects: who may redirect could
// send us to keys of their own.
func newClient(c *http.Client) *http.Client {
	var own http.Client
	if c != nil {
		own = *c
	}
	if own.Timeout == 0 {
		own.Timeout = fetchTimeout
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// getJSON reads a JSON document of at most limit bytes into v.
func getJSON(ctx context.Context, c *http.Client, address string, limit int64, v any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/json")
	return doJSON(c, r, limit, v)
}

func doJSON(c *http.Client, r *http.Request, limit int64, v any) error {
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

// checkURL reports what keeps a URL from being trusted: only https says whom
// one talks to, and on loopback http does as well.
func checkURL(name, address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("%s %q is not an absolute URL", name, address)
	case u.User != nil || u.Fragment != "":
		return fmt.Errorf("%s %q has a user or a fragment", name, u.Redacted())
	case u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%s %q must be https, or http on a loopback address", name, address)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
