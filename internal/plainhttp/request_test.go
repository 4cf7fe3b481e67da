package plainhttp

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// FuzzWrite: a request that is sent here reaches a server as the one that net/http
// would have sent, and nothing behind it.
func FuzzWrite(f *testing.F) {
	f.Add("GET", "api.example", "/orders/a%2Fb", "x=%20&y", "X-Key", " a b ", "", false)
	f.Add("POST", "api.example:8080", "/ä b", "", "Content-Type", "application/json", `{"a":1}`, false)
	f.Add("PUT", "[::1]:80", "", "", "User-Agent", "", "", true)
	f.Add("PATCH", "127.0.0.1", "/", "a", "Host", "other", "", false)
	f.Add("DELETE", "a\r\nX: y", "/a\r\nb", "a b", "Content-Length", "7", "x", false)
	f.Add("BREW /x", "a", "/", "a\r\n\r\nGET /", "X:\r\nY", "a\r\nY: b", "x", false)
	f.Add("HEAD", "a", "//b", "", "Cookie", "a=b; c=d", "", false)
	f.Fuzz(func(t *testing.T, method, host, path, query, name, value, body string, force bool) {
		r := &http.Request{
			Method: method, URL: &url.URL{Scheme: "http", Host: host, Path: path, RawQuery: query, ForceQuery: force},
			Header: http.Header{name: {value}}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		}
		if unescaped, err := url.PathUnescape(path); err == nil {
			r.URL.Path, r.URL.RawPath = unescaped, path
		}
		if body != "" {
			setBody(r, 0)
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		}
		if !(&Transport{Next: &http.Transport{}}).takes(r) {
			return
		}
		var own, others bytes.Buffer
		c := &conn{w: bufio.NewWriter(&own)}
		if err := c.write(r, r.Body); err != nil {
			t.Fatal(err)
		}
		if asksForGzip(r) {
			r.Header["Accept-Encoding"] = []string{"gzip"}
		}
		if body != "" {
			r.Body = io.NopCloser(strings.NewReader(body))
		}
		if err := r.Write(&others); err != nil {
			t.Fatalf("net/http does not send %q: %v", own.String(), err)
		}
		got, want := readRequest(t, &own), readRequest(t, &others)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// received is what a server makes of a request.
type received struct {
	method, uri, host, body string
	length                  int64
	header                  http.Header
	failed, more            bool
}

func readRequest(t *testing.T, wire *bytes.Buffer) received {
	t.Helper()
	in := bufio.NewReader(wire)
	r, err := http.ReadRequest(in)
	if err != nil {
		return received{failed: true}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return received{r.Method, r.RequestURI, r.Host, string(body), r.ContentLength, r.Header, false, in.Buffered() > 0 || wire.Len() > 0}
}
