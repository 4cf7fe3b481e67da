package resilient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpmount/mcpmount"
)

// A reply is what a test's API does with one request.
type reply func(r *http.Request) (*http.Response, error)

// An api does what it is told, one reply for each request, the last one for all that
// follow. It keeps the bodies that it got.
type api struct {
	replies []reply

	mu       sync.Mutex
	bodies   []string
	contents []*content // of its responses
}

func (a *api) RoundTrip(r *http.Request) (*http.Response, error) {
	data := []byte{}
	if r.Body != nil {
		data, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	a.mu.Lock()
	a.bodies = append(a.bodies, string(data))
	reply := a.replies[min(len(a.bodies), len(a.replies))-1]
	a.mu.Unlock()
	res, err := reply(r)
	if err == nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		if c, ok := res.Body.(*content); ok {
			a.contents = append(a.contents, c)
		}
	}
	return res, err
}

func status(code int, header ...string) reply {
	return func(r *http.Request) (*http.Response, error) {
		res := &http.Response{StatusCode: code, Header: http.Header{}, Body: &content{Reader: strings.NewReader("text")}, Request: r}
		for i := 0; i < len(header); i += 2 {
			res.Header.Set(header[i], header[i+1])
		}
		return res, nil
	}
}

// content is the body of a response.
type content struct {
	io.Reader
	closed bool
}

func (c *content) Close() error { c.closed = true; return nil }

func broken(err error) reply {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// late answers with next after d, unless the request ends before.
func late(d time.Duration, next reply) reply {
	return func(r *http.Request) (*http.Response, error) {
		if err := sleep(r.Context(), d); err != nil {
			return nil, err
		}
		return next(r)
	}
}

// send sends one request and reads the response, and returns what became of it.
func send(ctx context.Context, rt http.RoundTripper, method string) string {
	r, err := http.NewRequestWithContext(ctx, method, "http://api.example.com/x", strings.NewReader("body"))
	if err != nil {
		return err.Error()
	}
	res, err := rt.RoundTrip(r)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); err != nil {
		return fmt.Sprint(res.StatusCode, " ", err)
	}
	return fmt.Sprint(res.StatusCode)
}

var (
	dialError = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	reset     = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		a := &api{replies: []reply{broken(reset)}}
		rt := &Transport{Next: a, Retries: -1, Failures: 3, Pause: 5 * time.Second, Logger: slog.New(slog.NewTextHandler(&log, nil))}
		call := func(want string) {
			t.Helper()
			if got := send(t.Context(), rt, "GET"); got != want {
				t.Errorf("the response is %s, want %s", got, want)
			}
		}
		refusal := func(seconds int) string {
			return fmt.Sprintf("the API failed 3 times in a row and is left alone for a while; nothing was sent. Try again in %d s.", seconds)
		}
		a.replies = []reply{status(503), status(502), status(200), status(503), status(500), broken(reset), status(504), broken(io.EOF), status(200)}
		for _, want := range []string{"503", "502", "200", "503", "500", reset.Error(), "504", "EOF"} {
			call(want)
		}
		// Three in a row, but for what is no failure.
		call(refusal(5))
		time.Sleep(2 * time.Second)
		call(refusal(3))
		if stats := rt.Stats(); len(stats) != 1 || !stats[0].Open || stats[0].Refusals != 2 || stats[0].Retries != 0 {
			t.Errorf("stats: %+v", stats)
		}
		time.Sleep(3*time.Second + 1)
		a.replies, a.bodies = []reply{broken(reset), status(200)}, nil
		call(reset.Error()) // one request to see how it is
		call(refusal(5))
		time.Sleep(5*time.Second + 1)
		call("200")
		call("200")
		if len(a.bodies) != 3 || rt.Stats()[0].Open {
			t.Errorf("%d requests, stats: %+v", len(a.bodies), rt.Stats())
		}
		if got := log.String(); strings.Count(got, "\n") != 2 ||
			!strings.Contains(got, `level=WARN msg="the API fails and is not called for a while" host=api.example.com failures=3 pause=5s`) ||
			!strings.Contains(got, `level=INFO msg="the API answers again" host=api.example.com`) {
			t.Errorf("the log is\n%s", got)
		}
	})
}

// While a request waits to be sent again, others open the breaker: it gets what it had
// got, since it was sent.
func TestBreakerOpensMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{replies: []reply{status(429, "Retry-After", "3"), broken(reset)}}
		rt := &Transport{Next: a, Failures: 1, Logger: quiet()}
		waiting := make(chan string)
		go func() { waiting <- send(t.Context(), rt, "GET") }()
		synctest.Wait()
		if got := send(t.Context(), rt, "POST"); got != reset.Error() {
			t.Error(got)
		}
		if got := <-waiting; got != "429" || len(a.bodies) != 2 || rt.Stats()[0].Retries != 0 {
			t.Errorf("it got %s, of %d requests; %+v", got, len(a.bodies), rt.Stats())
		}
	})
}

// While one request sees how the API is, others are refused; when its caller
// cancels it, another one does.
func TestBreakerProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{replies: []reply{broken(reset), late(time.Minute, status(200))}}
		rt := &Transport{Next: a, Failures: 1, Pause: time.Second, Logger: quiet()}
		send(t.Context(), rt, "GET")
		time.Sleep(2 * time.Second)
		for _, end := range []time.Duration{10 * time.Second, 2 * time.Minute} {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(end, cancel)
			probe := make(chan string)
			go func() { probe <- send(ctx, rt, "GET") }()
			synctest.Wait()
			start := time.Now()
			if got := send(t.Context(), rt, "GET"); !strings.Contains(got, "left alone for a while; nothing was sent. Try again in 1 s.") || time.Since(start) > 0 {
				t.Errorf("another one got %s after %v", got, time.Since(start))
			}
			want := "200"
			if end < time.Minute {
				want = "context canceled"
			}
			if got := <-probe; got != want {
				t.Errorf("it got %s, want %s", got, want)
			}
			if open := rt.Stats()[0].Open; open != (end < time.Minute) {
				t.Errorf("after %s the breaker is open: %t", want, open)
			}
		}
	})
}

// What is no failure of the API does not open the breaker: that callers leave, what
// they send, and statuses that say what is wrong with a request.
func TestNoFailures(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	var left context.CancelCauseFunc
	for name, send := range map[string]func(rt *Transport) string{
		"left": func(rt *Transport) string {
			ctx, leave := context.WithCancelCause(t.Context())
			leave(errors.New("the caller left"))
			return send(ctx, rt, "GET")
		},
		"left while reading": func(rt *Transport) string {
			var ctx context.Context
			ctx, left = context.WithCancelCause(t.Context())
			rt.Next = &api{replies: []reply{func(r *http.Request) (*http.Response, error) {
				res, _ := status(200)(r)
				left(errors.New("the caller left"))
				res.Body = io.NopCloser(errorReader{context.Cause(r.Context())})
				return res, nil
			}}}
			return send(ctx, rt, "GET")
		},
		"canceled": func(rt *Transport) string { return send(canceled, rt, "GET") },
		"400": func(rt *Transport) string {
			rt.Next = &api{replies: []reply{status(400)}}
			return send(t.Context(), rt, "GET")
		},
		"429": func(rt *Transport) string {
			rt.Next = &api{replies: []reply{status(429)}}
			return send(t.Context(), rt, "GET")
		},
		"500": func(rt *Transport) string {
			rt.Next = &api{replies: []reply{status(500)}}
			return send(t.Context(), rt, "GET")
		},
		"malformed": func(rt *Transport) string {
			r, _ := http.NewRequestWithContext(t.Context(), "GET", "http://api.example.com/", nil)
			r.Header.Set("X-Bad", "a\x01b")
			_, err := rt.RoundTrip(r)
			return err.Error()
		},
	} {
		t.Run(name, func(t *testing.T) {
			rt := &Transport{Next: http.DefaultTransport, Failures: 1, Retries: -1, Logger: quiet()}
			for range 3 {
				if got := send(rt); strings.Contains(got, "left alone") {
					t.Fatal(got)
				}
			}
		})
	}
}

// A body is no success before it has been read. A stream of events may go on.
func TestBreakerBodies(t *testing.T) {
	half := func(err error, header ...string) reply {
		return func(r *http.Request) (*http.Response, error) {
			res, _ := status(200, header...)(r)
			res.Body = io.NopCloser(io.MultiReader(strings.NewReader("half"), errorReader{err}))
			return res, nil
		}
	}
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			reply reply
			open  bool
		}{
			{half(io.ErrUnexpectedEOF), true},
			{half(context.DeadlineExceeded), true},
			{half(io.EOF), false},
			{half(context.DeadlineExceeded, "Content-Type", "application/json"), true},
			{half(io.ErrUnexpectedEOF, "Content-Type", "Text/Event-Stream; charset=utf-8"), false},
			{half(context.DeadlineExceeded, "Content-Type", "application/x-ndjson"), false},
			{half(context.DeadlineExceeded, "Content-Type", "application/json;stream=watch"), false},
		} {
			rt := &Transport{Next: &api{replies: []reply{tt.reply}}, Failures: 2, Logger: quiet()}
			for range 2 {
				send(t.Context(), rt, "GET")
			}
			if open := rt.Stats()[0].Open; open != tt.open {
				t.Errorf("the breaker is open: %t, want %t", open, tt.open)
			}
		}
		rt := &Transport{Next: &api{replies: []reply{half(io.ErrUnexpectedEOF)}}, Failures: 1, MaxRequests: 1, Logger: quiet()}
		r, _ := http.NewRequestWithContext(t.Context(), "GET", "http://api.example.com/", nil)
		for range 3 { // who wants no more of it is no failure of the API
			res, err := rt.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			res.Body.Close()
		}
	})
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// A panic of the next transport costs neither the place nor the breaker.
func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := &Transport{Next: &api{replies: []reply{broken(reset), func(*http.Request) (*http.Response, error) { panic("x") }, status(200)}}, Failures: 1, Retries: -1, Pause: time.Second, MaxRequests: 1, Logger: quiet()}
		send(t.Context(), rt, "GET")
		time.Sleep(2 * time.Second)
		func() {
			defer func() { _ = recover() }()
			send(t.Context(), rt, "GET")
			t.Error("no panic")
		}()
		time.Sleep(2 * time.Second)
		if got := send(t.Context(), rt, "GET"); got != "200" {
			t.Error(got)
		}
	})
}

func TestMaxRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{replies: []reply{late(10*time.Second, status(200))}}
		rt := &Transport{Next: a, MaxRequests: 2, Logger: quiet()}
		answers := make(chan string, 6)
		start := func(d time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			go func() { defer cancel(); answers <- send(ctx, rt, "POST") }()
			synctest.Wait()
		}
		start(time.Minute)
		start(time.Minute)
		start(time.Minute)
		start(5 * time.Second)
		start(time.Minute)
		const full = "the API has 2 requests under way, as many as it may, and %s; nothing was sent. Try again in 1 s."
		if got, want := <-answers, fmt.Sprintf(full, "as many wait"); got != want {
			t.Errorf("the fifth got %s, want %s", got, want)
		}
		if got, want := <-answers, fmt.Sprintf(full, "none of them ended in time"); got != want {
			t.Errorf("the fourth got %s, want %s", got, want)
		}
		begin := time.Now()
		for range 3 {
			if got := <-answers; got != "200" {
				t.Error(got)
			}
		}
		if took := time.Since(begin); took != 15*time.Second {
			t.Errorf("three requests, two at a time, took %v", took)
		}
		// A body that is not read yet has its place.
		r, _ := http.NewRequestWithContext(t.Context(), "GET", "http://api.example.com/", nil)
		res, err := rt.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		start(time.Minute)
		start(time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { answers <- send(ctx, rt, "GET") }()
		synctest.Wait()
		cancel()
		if got := <-answers; got != "context canceled" {
			t.Errorf("who left got %s", got)
		}
		res.Body.Close()
		for range 2 {
			if got := <-answers; got != "200" {
				t.Error(got)
			}
		}
		if n := len(rt.host("api.example.com").places); n != 0 {
			t.Errorf("%d places are taken", n)
		}
	})
}

// A place is given back to the Transport that it is of, where one is behind another.
func TestPlacesOfTwo(t *testing.T) {
	for _, contentType := range []string{"text/plain", "text/event-stream"} {
		inner := &Transport{Next: &api{replies: []reply{status(200, "Content-Type", contentType)}}, MaxRequests: 1, Logger: quiet()}
		outer := &Transport{Next: inner, MaxRequests: 1, Failures: -1, Logger: quiet()}
		for range 3 {
			if got := send(t.Context(), outer, "GET"); got != "200" {
				t.Fatal(got)
			}
		}
		for _, rt := range []*Transport{inner, outer} {
			if n := len(rt.host("api.example.com").places); n != 0 {
				t.Errorf("%d places are taken", n)
			}
		}
	}
}

// A request that cannot be sent because of what it is says nothing of the API, good or bad:
// whoever can make such requests does not decide when the breaker opens, nor when it closes.
func TestRequestsThatAreNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := &Transport{Next: &api{replies: []reply{broken(reset)}}, Failures: 2, Retries: -1, Logger: quiet()}
		malformed := func() {
			r, _ := http.NewRequestWithContext(t.Context(), "GET", "http://api.example.com/", nil)
			r.Header.Set("X-Bad", "a\x01b")
			_, _ = rt.RoundTrip(r)
		}
		send(t.Context(), rt, "GET")
		malformed()
		send(t.Context(), rt, "GET")
		if got := send(t.Context(), rt, "GET"); !strings.Contains(got, "left alone") {
			t.Errorf("after two failures: %s", got)
		}
		time.Sleep(DefaultPause + 1)
		malformed()
		if stats := rt.Stats(); !stats[0].Open {
			t.Error("it is closed, and nobody has asked the API")
		}
		if got := send(t.Context(), rt, "GET"); got != reset.Error() {
			t.Errorf("after the pause: %s", got)
		}
	})
}

// One host that fails does not keep another one from being called.
func TestHosts(t *testing.T) {
	rt := &Transport{Failures: 1, Logger: quiet(), Next: &api{replies: []reply{func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == "bad.example.com" {
			return nil, reset
		}
		return status(200)(r)
	}}}}
	get := func(host string) error {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", "http://"+host, nil)
		res, err := rt.RoundTrip(r)
		if err == nil {
			res.Body.Close()
		}
		return err
	}
	var refused *mcpmount.UnavailableError
	if err := errors.Join(get("bad.example.com"), get("bad.example.com")); !errors.As(err, &refused) {
		t.Errorf("the error is %v", err)
	}
	if err := get("good.example.com"); err != nil {
		t.Error(err)
	}
}
