package mcpmount

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUpstreamBase(t *testing.T) {
	tests := []struct{ name, base, want string }{
		{"https", "https://api.example.com", ""},
		{"a path and a port", "http://localhost:8080/v1/", ""},
		{"an IPv6 address", "http://[::1]:8080", ""},
		{"an upper-case scheme", "HTTPS://api.example.com", ""},
		{"nothing", "", `upstream URL has no scheme and no host; write one such as "https://api.example.com"`},
		{"no scheme", "api.example.com", `upstream URL "api.example.com" has no scheme; write https://api.example.com`},
		{"no scheme, a path", "api.example.com/v1", `upstream URL "api.example.com/v1" has no scheme; write https://api.example.com/v1`},
		{"no scheme, an at sign", "api.example.com/@me/", `upstream URL "api.example.com/@me/" has no scheme; write https://api.example.com/@me/`},
		{"no scheme, a port", "localhost:8080", `upstream URL "localhost:8080" has no scheme; write http://localhost:8080`},
		{"no scheme, loopback", "127.0.0.1", `upstream URL "127.0.0.1" has no scheme; write http://127.0.0.1`},
		{"no scheme, slashes", "//api.example.com", `upstream URL "api.example.com" has no scheme; write https://api.example.com`},
		{"no scheme, secrets", "me:secret@api.example.com?key=secret", `upstream URL "api.example.com" has no scheme; write https://api.example.com`},
		{"another scheme", "ftp://api.example.com", `upstream URL "ftp://api.example.com" has the scheme "ftp"; use http or https`},
		{"no host", "https:///v1", `upstream URL "https:///v1" has no host; write it after the //`},
		{"no host, a port", "https://:443", `upstream URL "https://:443" has no host; write it after the //`},
		{"a large port", "https://api.example.com:65536", `upstream URL "https://api.example.com:65536" has a port that is not between 1 and 65535; correct it`},
		{"port zero", "https://api.example.com:0", `upstream URL "https://api.example.com:0" has a port that is not between 1 and 65535; correct it`},
		{"a password", "https://me:secret@api.example.com", `upstream URL "https://api.example.com" has a user or a password; remove it and set a header or a credential`},
		{"a query", "https://api.example.com/?key=secret", `upstream URL "https://api.example.com/" has a query; remove it and set a header or a credential`},
		{"an empty query", "https://api.example.com?", `upstream URL "https://api.example.com" has a query; remove it and set a header or a credential`},
		{"a fragment", "https://api.example.com/#secret", `upstream URL "https://api.example.com/" has a fragment; remove it`},
		{"a dot segment", "https://api.example.com/a/../b", `upstream URL "https://api.example.com/a/../b" has a dot segment in its path; write the path without it`},
		{"a bad escape", "https://me:secret@api.example.com/%zz", `upstream URL cannot be parsed: invalid URL escape "%zz"`},
		{"a space in the host", "https://api example.com", `upstream URL cannot be parsed: invalid character " " in host name`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rt, err := Upstream(tt.base, nil)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("Upstream(%q) = %q, want %q", tt.base, got, tt.want)
			}
			if (rt == nil) != (err != nil) {
				t.Errorf("Upstream(%q) = %v, %v, want one of them", tt.base, rt, err)
			}
		})
	}
}

// sentBy is a RoundTripper that keeps what it was to send.
type sentBy struct{ r *http.Request }

func (s *sentBy) RoundTrip(r *http.Request) (*http.Response, error) {
	s.r = r
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func TestUpstreamURL(t *testing.T) {
	tests := []struct {
		name, base, basePath, path, server, want string
	}{
		{"the base path of the document", "https://a.example", "/v1", "/orders", "", "https://a.example/v1/orders"},
		{"no base path", "https://a.example/", "", "/orders", "", "https://a.example/orders"},
		{"a path takes its place", "https://a.example/api/v2/", "/v1", "/orders", "", "https://a.example/api/v2/orders"},
		{"an escaped path", "https://a.example/my%20api", "/v1", "/orders/a%2Fb%3F", "", "https://a.example/my%20api/orders/a%2Fb%3F"},
		{"a trailing slash", "https://a.example", "", "/orders/", "", "https://a.example/orders/"},
		{"double slashes", "https://a.example", "", "//orders//x", "", "https://a.example//orders//x"},
		{"dots that are no segments", "https://a.example", "/v1", "/orders/..a/b..", "", "https://a.example/v1/orders/..a/b.."},
		{"a server of the operation", "https://a.example/v2", "/v1", "/orders", "https://b.example:8443/files/", "https://b.example:8443/files/orders"},
		{"but not of another base", "http://localhost:1", "/v1", "/orders", "https://b.example:8443/files/", "http://localhost:1/v1/orders"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			next := &sentBy{}
			rt, err := Upstream(tt.base, next)
			if err != nil {
				t.Fatal(err)
			}
			to := &target{basePath: tt.basePath, path: tt.path, location: &location{origin: "https://a.example"}}
			if tt.server != "" {
				if to.location.server, err = url.Parse(tt.server); err != nil {
					t.Fatal(err)
				}
			}
			r, err := http.NewRequestWithContext(withTarget(t.Context(), to), "GET", "http://localhost"+tt.basePath+tt.path+"?x=%20", nil)
			if err != nil {
				t.Fatal(err)
			}
			before := r.URL.String()
			mustRoundTrip(t, rt, r)
			if got, want := next.r.URL.String(), tt.want+"?x=%20"; got != want {
				t.Errorf("URL = %q, want %q", got, want)
			}
			if got, want := next.r.Host, next.r.URL.Host; got != want {
				t.Errorf("Host = %q, want %q", got, want)
			}
			if r.URL.String() != before || r.Host != "localhost" {
				t.Errorf("the request itself was changed to %s, Host %s", r.URL, r.Host)
			}
		})
	}
}

func TestUpstreamByHand(t *testing.T) {
	next := &sentBy{}
	rt, err := Upstream("https://a.example/v1", next)
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"http://anywhere.example/orders?x=1": "https://a.example/v1/orders?x=1",
		"http://anywhere.example":            "https://a.example/v1/",
	} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", in, nil)
		if err != nil {
			t.Fatal(err)
		}
		mustRoundTrip(t, rt, r)
		if got := next.r.URL.String(); got != want {
			t.Errorf("URL for %s = %q, want %q", in, got, want)
		}
	}
}

func TestUpstreamHeader(t *testing.T) {
	var got seenRequest
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = see(r) }))
	defer srv.Close()
	rt, err := Upstream(srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := newCall(t, withCaller(t.Context(), caller{request: newCaller()}), "POST", "/orders", "content")
	mustRoundTrip(t, rt, r)
	want := http.Header{
		"Accept-Encoding": {"gzip"}, // net/http's own
		"Accept-Language": {"caller's Accept-Language"},
		"Content-Length":  {"7"},
		"Traceparent":     {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
		"Tracestate":      {"caller's Tracestate"},
		"User-Agent":      {"mcpmount"},
		"X-Request-Id":    {"caller's X-Request-Id"},
	}
	if diff := cmp.Diff(want, got.Header); diff != "" {
		t.Errorf("the API saw other headers (-want +got):\n%s", diff)
	}
	if want := strings.TrimPrefix(srv.URL, "http://"); got.Host != want {
		t.Errorf("Host = %q, want %q", got.Host, want)
	}
}

// A trace that the request is in already is not mixed with the caller's.
func TestUpstreamOwnTrace(t *testing.T) {
	const own = "00-11111111111111111111111111111111-2222222222222222-01"
	want := http.Header{"Traceparent": {own}}
	theirs := &http.Request{Header: http.Header{"Traceparent": newCaller().Header["Traceparent"], "Tracestate": {"a=b"}}}
	for name, add := range map[string]func(http.Header, *caller){"upstream": addOuter, "in process": addCaller} {
		argument, message := want.Clone(), http.Header{}
		add(argument, &caller{request: theirs})
		add(message, &caller{request: theirs, trace: &traceContext{parent: own}})
		for of, got := range map[string]http.Header{"an argument": argument, "the message": message} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: to the trace of %s was added (-want +got):\n%s", name, of, diff)
			}
		}
	}
}

func TestUpstreamHeaderLimits(t *testing.T) {
	sender := newCaller()
	sender.Header.Set("Accept-Language", strings.Repeat("a", maxCopiedBytes+1))
	sender.Header.Set("Traceparent", "not one")
	sender.Header["X-Request-Id"] = []string{strings.Repeat("a", maxCopiedBytes), "b"}
	own := http.Header{"User-Agent": {"mcpmount"}}
	got := own.Clone()
	addOuter(got, &caller{request: sender})
	if diff := cmp.Diff(own, got); diff != "" {
		t.Errorf("headers were copied (-want +got):\n%s", diff)
	}
}

func TestIsTraceparent(t *testing.T) {
	const valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	tests := []struct {
		name   string
		values []string
		want   bool
	}{
		{"valid", []string{valid}, true},
		{"a later version", []string{"cc" + valid[2:] + "-more"}, true},
		{"none", nil, false},
		{"two", []string{valid, valid}, false},
		{"short", []string{valid[:54]}, false},
		{"long", []string{valid + "-more"}, false},
		{"a later version that goes on", []string{"cc" + valid[2:] + "more"}, false},
		{"the forbidden version", []string{"ff" + valid[2:]}, false},
		{"upper case", []string{strings.ToUpper(valid)}, false},
		{"no trace", []string{"00-00000000000000000000000000000000-00f067aa0ba902b7-01"}, false},
		{"no parent", []string{"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"}, false},
		{"not hexadecimal", []string{"00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01"}, false},
		{"other separators", []string{strings.ReplaceAll(valid, "-", "_")}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := isTraceparent(tt.values); got != tt.want {
				t.Errorf("isTraceparent(%q) = %t, want %t", tt.values, got, tt.want)
			}
		})
	}
}

// newUpstream returns a RoundTripper to a server that answers with h.
func newUpstream(t *testing.T, h http.HandlerFunc) http.RoundTripper {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	rt, err := Upstream(srv.URL, srv.Client().Transport)
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

func TestUpstreamRedirect(t *testing.T) {
	requests := 0
	rt := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		http.Redirect(w, r, "/elsewhere?token=secret", http.StatusFound)
	})
	ctx := t.Context()
	res := mustRoundTrip(t, rt, newCall(t, ctx, "GET", "/orders", ""))
	got := render(testPlan(outputPlan{}).toolResult(ctx, res, nil))
	if want := "error\ntext: HTTP 302 Found\nredirects are not followed; location: /elsewhere\n"; got != want {
		t.Errorf("result = %q, want %q", got, want)
	}
	if requests != 1 {
		t.Errorf("%d requests, want 1", requests)
	}
}

func TestUpstreamDead(t *testing.T) {
	srv := httptest.NewServer(nil)
	srv.Close()
	rt, err := Upstream(srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = rt.RoundTrip(newCall(t, t.Context(), "GET", "/orders", ""))
	if got, want := transportErrorText(err), "the API refused the connection; it may not be running"; got != want {
		t.Errorf("text for %v = %q, want %q", err, got, want)
	}
}

func TestUpstreamHangsUp(t *testing.T) {
	rt := newUpstream(t, func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	_, err := rt.RoundTrip(newCall(t, t.Context(), "POST", "/orders", "content"))
	if got, want := transportErrorText(err), "the API closed the connection before it answered"; got != want {
		t.Errorf("text for %v = %q, want %q", err, got, want)
	}
}

func TestUpstreamSlow(t *testing.T) {
	rt := newUpstream(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := withCallTimeout(t.Context(), 1)
	defer cancel()
	_, err := rt.RoundTrip(newCall(t, ctx, "GET", "/orders", ""))
	if got, want := transportErrorText(err), "the API did not answer within 1ns"+moreTime; got != want {
		t.Errorf("text for %v = %q, want %q", err, got, want)
	}
}

func TestUpstreamCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	rt := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := rt.RoundTrip(newCall(t, ctx, "GET", "/orders", ""))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("RoundTrip = %v, want %v", err, context.Canceled)
	}
}

// What counts is the size after decompression: a gzip of zeros is a thousandth
// of it.
func TestUpstreamGzipBomb(t *testing.T) {
	rt := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		for range 64 {
			if _, err := z.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})
	ctx := t.Context()
	res := mustRoundTrip(t, rt, newCall(t, ctx, "GET", "/zeros", ""))
	p := newResultPlan(outputPlan{}, 1000)
	if got, want := len(render(p.toolResult(ctx, res, nil))), 1200; got > want {
		t.Errorf("the result has %d bytes, want at most %d", got, want)
	}
}

func TestUpstreamUntrusted(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	rt, err := Upstream(srv.URL, nil) // which does not trust the certificate
	if err != nil {
		t.Fatal(err)
	}
	_, err = rt.RoundTrip(newCall(t, t.Context(), "GET", "/orders", ""))
	if got, want := transportErrorText(err), "no secure connection to the API can be made"; got != want {
		t.Errorf("text for %v = %q, want %q", err, got, want)
	}
}
