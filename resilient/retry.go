package resilient

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/mcpmount/mcpmount"
)

// An attempt is a request that was sent, and what came of it.
type attempt struct {
	request  *http.Request
	response *http.Response // nil if there is none, because of err
	err      error
	number   int // from 1 on
	took     time.Duration
}

// mostKept is how long the body of a response may be that is read before the request is
// sent again.
const mostKept = 64 << 10

// keep reads the response, if there is one, so that the next attempt can have its
// connection: there may be no other (http.Transport.MaxConnsPerHost). It reports false if
// that is too much to be kept.
func (a attempt) keep() bool {
	if a.response == nil || a.response.Body == nil {
		return true
	}
	from := a.response.Body
	data, err := io.ReadAll(io.LimitReader(from, mostKept+1))
	if err != nil || len(data) > mostKept {
		a.response.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(data), from), from}
		return false
	}
	from.Close()
	a.response.Body = io.NopCloser(bytes.NewReader(data))
	return true
}

// isRefused reports whether the request was not sent.
func (a attempt) isRefused() bool {
	var refused *mcpmount.UnavailableError
	return errors.As(a.err, &refused)
}

// again reports whether the request is sent once more, and after how long. The next attempt
// may take as long as this one did.
func (t *Transport) again(a attempt) (wait time.Duration, again bool) {
	if a.err == nil && !isBusy(a.response.StatusCode) || a.isRefused() {
		return 0, false
	}
	ctx := a.request.Context()
	if a.number > cmp.Or(t.Retries, DefaultRetries) || !isReplayable(a.request) || ctx.Err() != nil {
		return 0, false
	}
	wait = backoff(a.number)
	switch {
	case a.err != nil:
		again = isUnsent(a.err) || t.isSafe(a.request.Method) && isPassing(a.err)
	case t.isSafe(a.request.Method):
		wait, again = t.waitFor(a, wait)
	}
	if deadline, ok := ctx.Deadline(); again && ok {
		again = time.Until(deadline) > wait+a.took
	}
	return wait, again
}

// isBusy reports whether a status may be another one soon.
func isBusy(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusBadGateway || status == http.StatusServiceUnavailable
}

// isSafe reports whether a request with a method can be sent twice: RFC 9110 sections
// 9.2.1 and 9.2.2.
func (t *Transport) isSafe(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, "":
		return true
	case http.MethodPut, http.MethodDelete:
		return t.RetryIdempotent
	}
	return false
}

// isReplayable reports whether there is a body to send again.
func isReplayable(r *http.Request) bool {
	return r.Body == nil || r.Body == http.NoBody || r.GetBody != nil
}

// rewound returns r with its body from the start.
func rewound(r *http.Request) (*http.Request, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	r = r.WithContext(r.Context())
	r.Body = body
	return r, nil
}

// isUnsent reports whether err proves that nothing of a request was sent: there was
// no connection for it.
func isUnsent(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return !dns.IsNotFound
	}
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// isPassing reports whether an error may be gone soon. A response that takes too
// long would again, and a certificate stays as it is.
func isPassing(err error) bool {
	var (
		timeout     interface{ Timeout() bool }
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		name        *net.DNSError
	)
	switch {
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert):
		return false
	}
	return !errors.As(err, &name)
}

// waitFor returns how long to wait after a response, usual if that does not say.
func (t *Transport) waitFor(a attempt, usual time.Duration) (wait time.Duration, again bool) {
	asked, ok := retryAfter(a.response.Header)
	if !ok {
		return usual, a.response.StatusCode != http.StatusTooManyRequests // of which nobody knows how long it lasts
	}
	if asked > cmp.Or(t.MaxWait, DefaultMaxWait) {
		return 0, false
	}
	return asked + usual, true // not all at the same moment
}

// retryAfter returns how long a Retry-After says to wait: RFC 9110 section 10.2.3. A date is
// seen from that of the response, since clocks differ.
func retryAfter(h http.Header) (time.Duration, bool) {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	then, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(0, then.Sub(now)), true
}

// backoff returns how long to wait after the attempt with a number: 50 to 100 ms, and
// twice as long each time.
func backoff(number int) time.Duration {
	const first, longest = 100 * time.Millisecond, 2 * time.Second
	most := longest
	if number < 5 {
		most = first << (number - 1)
	}
	return most/2 + rand.N(most/2)
}
