package resilient

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetries(t *testing.T) {
	busy := func(after string) reply { return status(503, "Retry-After", after) }
	date := func(d time.Duration) reply {
		now := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) // the API's clock is not ours
		return status(429, "Date", now.Format(http.TimeFormat), "Retry-After", now.Add(d).Format(http.TimeFormat))
	}
	for _, tt := range []struct {
		name    string
		api     []reply
		method  string
		set     *Transport // nil for the defaults
		want    string
		sent    int
		atLeast time.Duration
		atMost  time.Duration
	}{
		{name: "no connection", api: []reply{broken(dialError), status(200)}, method: "POST", want: "200", sent: 2, atLeast: 50 * time.Millisecond, atMost: 100 * time.Millisecond},
		{name: "no connection through a proxy", api: []reply{broken(&net.OpError{Op: "proxyconnect", Err: dialError}), status(200)}, method: "POST", want: "200", sent: 2, atMost: time.Second},
		{name: "no connection, three times", api: []reply{broken(dialError)}, method: "PATCH", want: dialError.Error(), sent: 3, atLeast: 150 * time.Millisecond, atMost: 300 * time.Millisecond},
		{name: "more retries", api: []reply{broken(dialError)}, set: &Transport{Retries: 4}, method: "POST", want: dialError.Error(), sent: 5, atMost: 2 * time.Second},
		{name: "none", api: []reply{broken(dialError)}, set: &Transport{Retries: -1}, method: "GET", want: dialError.Error(), sent: 1},
		{name: "no such host", api: []reply{broken(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}})}, method: "GET", want: "dial: lookup : no such host", sent: 1},
		{name: "a name server that is busy", api: []reply{broken(&net.DNSError{Err: "try again", IsTemporary: true}), status(200)}, method: "POST", want: "200", sent: 2, atMost: time.Second},

		{name: "reset", api: []reply{broken(reset), status(200)}, method: "GET", want: "200", sent: 2, atMost: time.Second},
		{name: "closed", api: []reply{broken(io.EOF), status(204)}, method: "HEAD", want: "204", sent: 2, atMost: time.Second},
		{name: "reset of what changes", api: []reply{broken(reset)}, method: "POST", want: reset.Error(), sent: 1},
		{name: "reset of what can be repeated", api: []reply{broken(reset)}, method: "DELETE", want: reset.Error(), sent: 1},
		{name: "reset of what may be repeated", api: []reply{broken(reset), status(404)}, set: &Transport{RetryIdempotent: true}, method: "DELETE", want: "404", sent: 2, atMost: time.Second},
		{name: "reset of what may never be", api: []reply{broken(reset)}, set: &Transport{RetryIdempotent: true}, method: "POST", want: reset.Error(), sent: 1},

		{name: "a certificate", api: []reply{broken(&tls.CertificateVerificationError{Err: errors.New("expired")})}, method: "GET", want: "tls: failed to verify certificate: expired", sent: 1},
		{name: "no TLS", api: []reply{broken(tls.RecordHeaderError{Msg: "no TLS"})}, method: "GET", want: "tls: no TLS", sent: 1},

		{name: "a gateway", api: []reply{status(502), status(503), status(200)}, method: "GET", want: "200", sent: 3, atMost: time.Second},
		{name: "a gateway that waits too long", api: []reply{status(504)}, method: "GET", want: "504", sent: 1},
		{name: "a failure", api: []reply{status(500)}, method: "GET", want: "500", sent: 1},
		{name: "a gateway and what changes", api: []reply{busy("0")}, method: "POST", want: "503", sent: 1},

		{name: "too many", api: []reply{status(429, "Retry-After", "3"), status(200)}, method: "GET", want: "200", sent: 2, atLeast: 3 * time.Second, atMost: 3100 * time.Millisecond},
		{name: "too many, who knows how long", api: []reply{status(429)}, method: "GET", want: "429", sent: 1},
		{name: "too many, nonsense", api: []reply{status(429, "Retry-After", "-1")}, method: "GET", want: "429", sent: 1},
		{name: "until a date", api: []reply{date(4 * time.Second), status(200)}, method: "GET", want: "200", sent: 2, atLeast: 4 * time.Second, atMost: 4100 * time.Millisecond},
		{name: "a date that is past", api: []reply{date(-time.Hour), status(200)}, method: "GET", want: "200", sent: 2, atMost: 100 * time.Millisecond},
		{name: "longer than is waited for", api: []reply{busy("11")}, method: "GET", want: "503", sent: 1},
		{name: "longer than is waited for here", api: []reply{busy("2")}, set: &Transport{MaxWait: time.Second}, method: "GET", want: "503", sent: 1},
		{name: "no waiting", api: []reply{busy("0")}, set: &Transport{MaxWait: -1}, method: "GET", want: "503", sent: 1},
		{name: "for ever", api: []reply{busy("4294967295")}, set: &Transport{MaxWait: 1 << 62}, method: "GET", want: "503", sent: 1},
		{name: "longer than there is time", api: []reply{late(11*time.Second, busy("9"))}, method: "GET", want: "503", sent: 1, atLeast: 11 * time.Second, atMost: 11 * time.Second},
		{name: "no time for another one as slow", api: []reply{late(16*time.Second, status(502))}, method: "GET", want: "502", sent: 1, atLeast: 16 * time.Second, atMost: 16 * time.Second},
		{name: "until the breaker opens", api: []reply{broken(reset)}, set: &Transport{Failures: 2}, method: "GET", want: reset.Error(), sent: 2, atMost: 100 * time.Millisecond},
		{name: "a timeout", api: []reply{late(time.Hour, status(200))}, method: "GET", want: context.DeadlineExceeded.Error(), sent: 1, atLeast: 30 * time.Second, atMost: 30 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				a := &api{replies: tt.api}
				rt := cmp.Or(tt.set, new(Transport))
				rt.Next, rt.Logger = a, quiet()
				start := time.Now()
				if got := send(ctx, rt, tt.method); got != tt.want {
					t.Errorf("the response is %s, want %s", got, tt.want)
				}
				if took := time.Since(start); took < tt.atLeast || took > tt.atMost {
					t.Errorf("it took %v, not %v to %v", took, tt.atLeast, tt.atMost)
				}
				if len(a.bodies) != tt.sent || strings.Trim(strings.Join(a.bodies, " "), "body ") != "" {
					t.Errorf("the API got %q, want %d of them", a.bodies, tt.sent)
				}
				for i, c := range a.contents {
					if !c.closed {
						t.Errorf("response %d is not closed", i+1)
					}
				}
				if stats := rt.Stats()[0]; stats.Retries != uint64(tt.sent-1) || stats.Host != "api.example.com" {
					t.Errorf("stats: %+v", stats)
				}
			})
		})
	}
}

// A body that cannot be had again is not sent again, and who cancels does not wait.
func TestNoRetry(t *testing.T) {
	a := &api{replies: []reply{broken(dialError)}}
	rt := &Transport{Next: a, Logger: quiet()}
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://api.example.com/", io.NopCloser(strings.NewReader("once")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rt.RoundTrip(r); !errors.Is(err, syscall.ECONNREFUSED) || len(a.bodies) != 1 {
		t.Errorf("%d requests, error %v", len(a.bodies), err)
	}
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("the caller left")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		start := time.Now()
		if got := send(ctx, &Transport{Next: &api{replies: []reply{status(429, "Retry-After", "9")}}}, "GET"); got != why.Error() {
			t.Error(got)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// However many requests fail, retries are no more than a fifth of them and ten.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{replies: []reply{broken(reset)}}
		rt := &Transport{Next: a, Failures: -1}
		for range 1000 {
			send(t.Context(), rt, "GET")
		}
		if got := len(a.bodies); got < 1200 || got > 1211 {
			t.Errorf("1000 calls were %d requests", got)
		}
		a.replies = []reply{status(200)}
		for range 100 { // which earn what retries cost
			send(t.Context(), rt, "GET")
		}
		a.replies, a.bodies = []reply{broken(reset)}, nil
		for range 5 {
			send(t.Context(), rt, "GET")
		}
		if got := len(a.bodies); got != 15 {
			t.Errorf("5 calls after a good while were %d requests, want 15", got)
		}
	})
}
