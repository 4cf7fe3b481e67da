package mcpmount_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mcpmount/mcpmount"
)

// A roundRobin is a plain proxy before some servers: it takes one after the
// other, and the next one if one does not accept connections.
type roundRobin struct {
	servers []*httptest.Server
	next    atomic.Int64
	network http.Transport
}

func (p *roundRobin) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	first := int(p.next.Add(1))
	for i := range p.servers {
		to, _ := url.Parse(p.servers[(first+i)%len(p.servers)].URL)
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host = to.Scheme, to.Host
		out.Body = io.NopCloser(bytes.NewReader(body))
		var res *http.Response
		res, err = p.network.RoundTrip(out)
		if op := (*net.OpError)(nil); !errors.As(err, &op) || op.Op != "dial" {
			return res, err
		}
	}
	return nil, err
}

// replicas are two servers of one API behind a proxy.
func replicas(t *testing.T, opts mcpmount.Options, api http.HandlerFunc) (*roundRobin, *httptest.Server) {
	t.Helper()
	p := &roundRobin{network: http.Transport{DisableKeepAlives: true}}
	for range 2 {
		opts := opts
		ts := httptest.NewServer(newNotesServer(t, api, &opts))
		t.Cleanup(ts.Close)
		p.servers = append(p.servers, ts)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(*httputil.ProxyRequest) {}, Transport: p, ErrorLog: log.New(io.Discard, "", 0)})
	t.Cleanup(proxy.Close)
	return p, proxy
}

// A mixedCall is one of those that clients without a session make.
func mixedCall(i int, note string) (body string, h http.Header, want string) {
	args := fmt.Sprintf(`"name":"getNote","arguments":{"id":%q}`, note)
	want = fmt.Sprintf(`"id":%q`, note)
	switch i % 6 {
	case 0: // 2026-07-28
		body, h = modern("tools/call")
		return strings.Replace(body, `"params":{`, `"params":{`+args+`,`, 1), with(h, "Mcp-Name", "getNote"), want
	case 1: // with progress, so that the answer is an event
		body, h = modern("tools/call")
		body = strings.Replace(body, `"_meta":{`, `"_meta":{"progressToken":1,`, 1)
		return strings.Replace(body, `"params":{`, `"params":{`+args+`,`, 1), with(h, "Mcp-Name", "getNote"), want
	case 2:
		body, h = modern("tools/list")
		return body, h, `"name":"getNote"`
	case 3: // a bare POST
		return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{` + args + `}}`, nil, want
	case 4: // an older client that was given no session
		return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{` + args + `}}`, http.Header{"Mcp-Protocol-Version": {"2025-06-18"}}, want
	default:
		return initialize, nil, `"protocolVersion":"2025-11-25"`
	}
}

// exchange sends a message, and says what is wrong with the answer.
func exchange(ctx context.Context, client *http.Client, url, body string, h http.Header, want string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	for name, values := range h {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(strings.ReplaceAll(string(got), `\"`, `"`), want) {
		return fmt.Errorf("%s, %w: %.300s", res.Status, err, got)
	}
	return nil
}

// Any replica answers any request of a client without a session, and one that
// dies takes with it what it was doing and no more.
func TestReplicas(t *testing.T) {
	for _, stateless := range []bool{true, false} {
		t.Run(fmt.Sprintf("stateless %v", stateless), func(t *testing.T) {
			notes := newNotesAPI()
			slow, release := make(chan struct{}), make(chan struct{})
			p, proxy := replicas(t, mcpmount.Options{Stateless: stateless}, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v1/notes/slow" {
					slow <- struct{}{}
					<-release
				}
				notes.ServeHTTP(w, r)
			})
			run(t, proxy, scale(240, 10_000))

			const each = 10
			lost := make(chan error, 2*each)
			for i := range 2 * each { // one after the other, so that each replica has as many
				body, h, want := mixedCall(6*i+3*(i/2%2), "slow")
				go func() { lost <- exchange(t.Context(), proxy.Client(), proxy.URL, body, h, want) }()
				<-slow
			}
			p.servers[0].CloseClientConnections()
			p.servers[0].Listener.Close()
			for range each {
				if err := <-lost; err == nil {
					t.Error("a call was answered by a replica that is dead")
				}
			}
			run(t, proxy, 60)
			close(release)
			for range each {
				if err := <-lost; err != nil {
					t.Errorf("a call of the other replica: %v", err)
				}
			}
		})
	}
}

// run makes n mixed calls, none of which may fail.
func run(t *testing.T, proxy *httptest.Server, n int) {
	t.Helper()
	var wait sync.WaitGroup
	for worker := range 6 {
		wait.Go(func() {
			for i := worker; i < n; i += 6 {
				body, h, want := mixedCall(i/6+worker, fmt.Sprint("n", i))
				if err := exchange(t.Context(), proxy.Client(), proxy.URL, body, h, want); err != nil {
					t.Errorf("call %d, %s: %v", i, body, err)
					return
				}
			}
		})
	}
	wait.Wait()
}
