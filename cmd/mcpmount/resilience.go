package main

import (
	"cmp"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mcpmount/mcpmount/internal/plainhttp"
	"github.com/mcpmount/mcpmount/resilient"
)

// resilienceFlags say what is done about an API that is slow or fails.
type resilienceFlags struct {
	OperationTimeout []string      `sep:"none" placeholder:"OP=TIME" help:"how long calls of this operationId or tool name may take, such as export=2m, repeatable; below 0: any time"`
	ConnectTimeout   time.Duration `default:"10s" placeholder:"10s" help:"how long connecting may take, and TLS as long again"`
	ConnectionAge    time.Duration `default:"5m" placeholder:"5m" help:"after how long no new request uses a connection, so that changes of DNS are seen; below 0: never"`
	Retries          int           `default:"2" placeholder:"N" help:"how often a request is sent again that is safe to repeat (default 2); 0: never"`
	RetryIdempotent  bool          `help:"take PUT and DELETE for safe to repeat, too"`
	MaxAPIRequests   int           `name:"max-api-requests" placeholder:"N" help:"requests to the API at a time; as many more wait for a place (default: any number)"`
	BreakerFailures  int           `default:"5" placeholder:"N" help:"after how many failures in a row the API is left alone (default 5); 0: never"`
	BreakerPause     time.Duration `default:"5s" placeholder:"5s" help:"for how long that is"`
}

// check refuses what is wrong whatever the document is.
func (f *resilienceFlags) check() error {
	switch {
	case f.ConnectTimeout <= 0:
		return misuse("--connect-timeout 10s", "--connect-timeout must be more than 0")
	case f.ConnectionAge == 0:
		return misuse("a negative time keeps connections", "--connection-age must not be 0")
	case f.BreakerPause <= 0:
		return misuse("--breaker-failures 0 turns the breaker off", "--breaker-pause must be more than 0")
	case f.Retries < 0 || f.BreakerFailures < 0 || f.MaxAPIRequests < 0:
		return misuse("leave it out for the default", "--retries, --breaker-failures and --max-api-requests must not be negative")
	}
	_, err := f.operationTimeouts()
	return err
}

// operationTimeouts returns the times of --operation-timeout by their keys.
func (f *resilienceFlags) operationTimeouts() (map[string]time.Duration, error) {
	texts, err := parsePairs("--operation-timeout", "OPERATION=TIME", f.OperationTimeout, strings.LastIndex)
	if err != nil {
		return nil, err
	}
	times := map[string]time.Duration{}
	for key, text := range texts {
		if times[key], err = time.ParseDuration(text); err != nil || times[key] == 0 {
			return nil, misuse("a time is a number with a unit: 30s, 2m or 1h; below 0 it is any time", "--operation-timeout %s: %q is no time that a call may take", key, text)
		}
	}
	return times, nil
}

// setTimeouts gives operations the times that the flags say.
func (f *resilienceFlags) setTimeouts(src *source) error {
	times, err := f.operationTimeouts()
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(times)) {
		op, err := src.operation("--operation-timeout", key)
		if err != nil {
			return err
		}
		op.Timeout = times[key]
	}
	return nil
}

// guarded returns what transports does, with what is done about failures; each request that is
// sent is part of a trace.
func (f *apiFlags) guarded(traced *traces, log *slog.Logger) (api, others http.RoundTripper, ways []*resilient.Transport, err error) {
	api, others, err = f.transports(log)
	if err != nil {
		return nil, nil, nil, err
	}
	way := f.guard(api, traced, log)
	if others == api {
		return way, way, []*resilient.Transport{way}, nil
	}
	second := f.guard(others, traced, log)
	return way, second, []*resilient.Transport{way, second}, nil
}

// guard returns what sends requests to an API through next.
func (f *resilienceFlags) guard(next http.RoundTripper, traced *traces, log *slog.Logger) *resilient.Transport {
	if t, ok := next.(*http.Transport); ok {
		if f.ConnectTimeout > 0 {
			t.DialContext = (&net.Dialer{Timeout: f.ConnectTimeout, KeepAlive: 30 * time.Second}).DialContext
			t.TLSHandshakeTimeout = f.ConnectTimeout
		}
		next = plainhttp.New(t, f.ConnectionAge)
	}
	return &resilient.Transport{
		Next:            traced.around(next),
		Retries:         cmp.Or(f.Retries, -1),
		RetryIdempotent: f.RetryIdempotent,
		MaxRequests:     f.MaxAPIRequests,
		Failures:        cmp.Or(f.BreakerFailures, -1),
		Pause:           f.BreakerPause,
		ConnectionAge:   f.ConnectionAge,
		Logger:          log,
	}
}

// stats returns what is known of the hosts of an API, all together: it is open if one of
// them is.
func (u *upstream) stats() (all resilient.Stats) {
	for _, way := range u.ways {
		for _, s := range way.Stats() {
			all.Open = all.Open || s.Open
			all.Retries += s.Retries
			all.Refusals += s.Refusals
		}
	}
	return all
}
