package mcpmount

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// A body of a handler that runs beside its reader is read whole, up to the limit and
// not beyond, however it is written, and a handler that goes on for ever is let go.
func TestReadWhole(t *testing.T) {
	const limit = 300_000
	whole := strings.Repeat("0123456789", limit/10)
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
		err     error
	}{
		{"in one piece", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, whole) }, whole, nil},
		{"in pieces", func(w http.ResponseWriter, _ *http.Request) {
			for rest := whole; rest != ""; rest = rest[1000:] {
				io.WriteString(w, rest[:1000])
			}
		}, whole, nil},
		{"flushed", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, whole[:10])
			w.(http.Flusher).Flush()
			io.WriteString(w, whole[10:])
		}, whole, nil},
		{"of a length that is said", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "300000")
			io.WriteString(w, whole[:100])
			io.WriteString(w, whole[100:])
		}, whole, nil},
		{"shorter than is said", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "400000")
			io.WriteString(w, whole[:100_000])
			w.(http.Flusher).Flush()
		}, whole[:100_000], io.ErrUnexpectedEOF},
		{"one byte too long", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, whole+"x") }, whole, limitError(limit)},
		{"without an end", func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := io.WriteString(w, whole[:1000]); err != nil {
					return
				}
			}
		}, whole, limitError(limit)},
		{"none", func(http.ResponseWriter, *http.Request) {}, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://example.com/", nil)
			if err != nil {
				t.Fatal(err)
			}
			returned := make(chan struct{})
			res, err := InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(returned)
				tt.handler(w, r)
			})).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			var body bodyReader
			body.open(t.Context(), res, limit)
			got := body.all(res.ContentLength)
			if string(got) != tt.want {
				t.Errorf("%d bytes were read, want %d", len(got), len(tt.want))
			}
			if body.complete() != (tt.err == nil) || !errors.Is(body.err, tt.err) {
				t.Errorf("reading ended with %v, want %v", body.err, tt.err)
			}
			res.Body.Close()
			<-returned
		})
	}
}

// What was read up to the limit stays as it is while the handler writes on.
func TestReadWholeStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 50_000
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.com/", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := InProcess(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; ; i++ {
				if _, err := io.WriteString(w, strings.Repeat(string(rune('a'+i%26)), 9_000)); err != nil {
					return
				}
			}
		})).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var body bodyReader
		body.open(t.Context(), res, limit)
		got := body.all(res.ContentLength)
		before := string(got)
		for range 10 { // more is read, which lets the handler go on
			synctest.Wait()
			if _, err := io.CopyN(io.Discard, res.Body, 10_000); err != nil {
				t.Fatal(err)
			}
		}
		if len(got) != limit || string(got) != before || !strings.HasPrefix(before, strings.Repeat("a", 9_000)+"b") {
			t.Errorf("%d bytes, which begin with %.9q and began with %.9q", len(got), got, before)
		}
	})
}
