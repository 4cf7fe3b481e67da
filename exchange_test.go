package mcpmount

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestInProcessStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		more := make(chan bool)
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "one ")
			w.(http.Flusher).Flush()
			<-more
			io.WriteString(w, "two")
		})
		res := mustRoundTrip(t, InProcess(h), newCall(t, t.Context(), "GET", "/", ""))
		p := make([]byte, 100)
		n, err := res.Body.Read(p)
		if got := string(p[:n]); got != "one " || err != nil {
			t.Errorf("first Read = %q, %v, want %q", got, err, "one ")
		}
		close(more)
		if got := mustRead(t, res); got != "two" {
			t.Errorf("rest = %q, want %q", got, "two")
		}
	})
}

func TestInProcessBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const chunk, chunks = 10_000, 100
		written := 0
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for range chunks {
				n, err := w.Write(make([]byte, chunk))
				if err != nil {
					t.Errorf("Write: %v", err)
				}
				written += n
			}
		})
		res := mustRoundTrip(t, InProcess(h), newCall(t, t.Context(), "GET", "/", ""))
		synctest.Wait()
		if written > maxUnread {
			t.Errorf("the handler wrote %d bytes that nobody read, want at most %d", written, maxUnread)
		}
		if got, want := len(mustRead(t, res)), chunk*chunks; got != want {
			t.Errorf("read %d bytes, want %d", got, want)
		}
	})
}

func TestInProcessClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ctxErr, writeErr error
		gone := false
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			closed := w.(interface{ CloseNotify() <-chan bool }).CloseNotify()
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			gone = <-closed
			ctxErr = r.Context().Err()
			_, writeErr = io.WriteString(w, "late")
		})
		res := mustRoundTrip(t, InProcess(h), newCall(t, t.Context(), "GET", "/", ""))
		res.Body.Close()
		synctest.Wait()
		if !errors.Is(ctxErr, context.Canceled) || !gone {
			t.Errorf("context: %v, close notified: %t, want both", ctxErr, gone)
		}
		if writeErr == nil {
			t.Error("a write after Close has no error")
		}
		if _, err := res.Body.Read(make([]byte, 1)); err == nil || err == io.EOF {
			t.Errorf("Read after Close: %v, want an error", err)
		}
	})
}

func TestInProcessCloseReleasesWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var err error
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for err == nil {
				_, err = w.Write(make([]byte, 1000))
			}
		})
		res := mustRoundTrip(t, InProcess(h), newCall(t, t.Context(), "GET", "/", ""))
		synctest.Wait()
		res.Body.Close()
		synctest.Wait()
		if !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("Write = %v, want %v", err, io.ErrClosedPipe)
		}
	})
}

func TestInProcessFailures(t *testing.T) {
	cause := errors.New("cause")
	tests := []struct {
		name  string
		fail  func()
		cause error
		value any
	}{
		{name: "a string", fail: func() { panic("boom") }, value: "boom"},
		{name: "an error", fail: func() { panic(cause) }, cause: cause, value: cause},
		{name: "an abort", fail: func() { panic(http.ErrAbortHandler) }, cause: http.ErrAbortHandler, value: http.ErrAbortHandler},
		{name: "the end of the goroutine", fail: runtime.Goexit},
		{name: "an index out of range", fail: func() { var s []int; s[len(s)]++ }},
	}
	for _, tt := range tests {
		check := func(t *testing.T, err error) {
			t.Helper()
			var failure *handlerError
			if !errors.As(err, &failure) {
				t.Fatalf("error = %v, want a handlerError", err)
			}
			if got, want := err.Error(), "the API failed while handling the request"; got != want {
				t.Errorf("text = %q, want %q", got, want)
			}
			if tt.value != nil && failure.Value != tt.value {
				t.Errorf("value = %v, want %v", failure.Value, tt.value)
			}
			if tt.cause != nil && !errors.Is(err, tt.cause) {
				t.Errorf("error is not %v", tt.cause)
			}
			if !strings.Contains(string(failure.Stack), "TestInProcessFailures") {
				t.Errorf("stack does not show the handler:\n%s", failure.Stack)
			}
		}
		t.Run(tt.name+"/before the header", func(t *testing.T) {
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tt.fail() })
			_, err := InProcess(h).RoundTrip(newCall(t, t.Context(), "GET", "/", ""))
			check(t, err)
		})
		t.Run(tt.name+"/after a write", func(t *testing.T) {
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(200)
				io.WriteString(w, "half")
				tt.fail()
			})
			_, err := InProcess(h).RoundTrip(newCall(t, t.Context(), "GET", "/", ""))
			check(t, err)
		})
		t.Run(tt.name+"/after a flush", func(t *testing.T) {
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, "half")
				w.(http.Flusher).Flush()
				tt.fail()
			})
			res := mustRoundTrip(t, InProcess(h), newCall(t, t.Context(), "GET", "/", ""))
			body, err := io.ReadAll(res.Body)
			if string(body) != "half" {
				t.Errorf("body = %q, want %q", body, "half")
			}
			check(t, err)
		})
	}
}

func TestInProcessInvalidStatus(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(0) })
	_, err := InProcess(h).RoundTrip(newCall(t, t.Context(), "GET", "/", ""))
	var failure *handlerError
	if !errors.As(err, &failure) {
		t.Errorf("error = %v, want a handlerError", err)
	}
}

// A handler that does not look at its context must not keep the caller.
func TestInProcessIgnoredContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := withCallTimeout(t.Context(), DefaultCallTimeout)
		defer cancel()
		release := make(chan bool)
		var writeErr error
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-release
			w.Header().Set("X-Late", "yes")
			_, writeErr = io.WriteString(w, "late")
		})
		_, err := InProcess(h).RoundTrip(newCall(t, ctx, "GET", "/", ""))
		if want := callTimeout(DefaultCallTimeout); err != want {
			t.Errorf("RoundTrip = %v, want %v", err, want)
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v is not that a deadline is exceeded", err)
		}
		close(release)
		synctest.Wait()
		if writeErr == nil {
			t.Error("a write after the end of the call has no error")
		}
	})
}

func TestInProcessContextEndsStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "one")
			w.(http.Flusher).Flush()
			io.WriteString(w, " two")
			<-r.Context().Done()
		})
		res := mustRoundTrip(t, InProcess(h), newCall(t, ctx, "GET", "/", ""))
		synctest.Wait()
		cancel()
		synctest.Wait()
		body, err := io.ReadAll(res.Body)
		if string(body) != "one two" || !errors.Is(err, context.Canceled) {
			t.Errorf("body = %q, %v, want %q, %v", body, err, "one two", context.Canceled)
		}
	})
}

// After the handler has returned, a response is complete whatever happens.
func TestInProcessCanceledAfterwards(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	res := mustRoundTrip(t, InProcess(answers["implicit status"]), newCall(t, ctx, "GET", "/", ""))
	cancel()
	if got := mustRead(t, res); got != "hello" {
		t.Errorf("body = %q, want %q", got, "hello")
	}
}

func TestInProcessResponseController(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		for name, err := range map[string]error{
			"SetReadDeadline":  c.SetReadDeadline(time.Unix(1, 0)),
			"SetWriteDeadline": c.SetWriteDeadline(time.Unix(1, 0)),
			"EnableFullDuplex": c.EnableFullDuplex(),
			"Flush":            c.Flush(),
		} {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := c.Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Hijack = %v, want %v", err, http.ErrNotSupported)
		}
		io.WriteString(w, "done")
	})
	res := mustRoundTrip(t, InProcess(h), newCall(t, t.Context(), "GET", "/", ""))
	if got := mustRead(t, res); got != "done" {
		t.Errorf("body = %q, want %q", got, "done")
	}
}
