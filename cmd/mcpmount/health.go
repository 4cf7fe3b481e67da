package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// healthCommand is for where there is no other program that can ask, such as a
// container that holds this one alone.
type healthCommand struct {
	URL     string        `arg:"" optional:"" name:"URL" help:"where a running server tells it (default http://127.0.0.1:8080/readyz)"`
	Timeout time.Duration `group:"Asking" default:"3s" placeholder:"3s" help:"how long it may take"`
}

func (healthCommand) Help() string {
	return "mcpmount health\n" +
		"mcpmount health http://127.0.0.1:9000/livez\n"
}

// Run prints what the server says, and fails if it is not well.
func (c *healthCommand) Run(ctx context.Context, t *terminal) error {
	if c.URL == "" {
		c.URL = "http://" + defaultListen + readyPath
	}
	u, err := httpURL("URL", c.URL)
	if err != nil {
		return err
	}
	if c.Timeout <= 0 {
		return misuse("--timeout 3s", "--timeout must be more than 0")
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	// On this machine no certificate is for the name that is asked, and nothing
	// secret is told.
	anyName := &tls.Config{InsecureSkipVerify: isLoopback(u.Hostname())}
	client := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: anyName, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		return fail("is it running, and is the address right?", "%w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	var health struct{ OK *bool }
	if err := json.Unmarshal(body, &health); err != nil || health.OK == nil {
		return fail("the path is "+readyPath+" or "+alivePath, "%s is not where a server of mcpmount tells its health: status %d", c.URL, res.StatusCode)
	}
	fmt.Fprintln(t.stdout, printable(string(body)))
	if res.StatusCode != http.StatusOK || !*health.OK {
		return fail("", "the server is not ready: status %d", res.StatusCode)
	}
	return nil
}
