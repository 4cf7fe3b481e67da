package plainhttp

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// FuzzResponse checks that whatever an API writes is the response, or the error, that an
// http.Transport makes of it.
func FuzzResponse(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.0 204 No Content\r\nConnection: keep-alive\r\n\r\n",
		"HTTP/1.1 000 \r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n", // no interim response
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nabc",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n\r\nx",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.0 200\r\n\r\nall", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xca\xc8\x04\x00\xac\x2a\x93\xd8\x02\x00\x00\x00",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\nContent-Length: 1\n\nx", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n X: y\r\n\r\n", "HTTP/1.1 200 OK\r\nX : y\r\nContent-Length: +1\r\n\r\nx", "",
	} {
		for kind := range byte(3) {
			f.Add([]byte(s), kind)
		}
	}
	address, answers := newWriter(f)
	dial := (&net.Dialer{}).DialContext
	f.Fuzz(func(t *testing.T, answer []byte, kind byte) {
		var got [2]string
		for i := range got {
			next := &http.Transport{DialContext: dial, MaxResponseHeaderBytes: 1 << 16}
			var rt http.RoundTripper = next
			if i == 0 {
				rt = New(next, 0)
			}
			answers <- answer
			got[i] = describe(t, rt, []string{http.MethodGet, http.MethodHead, http.MethodDelete}[kind%3], address)
			rt.(interface{ CloseIdleConnections() }).CloseIdleConnections()
		}
		if got[0] != got[1] {
			t.Errorf("%q is\n%s\nhere, and in net/http\n%s", answer, got[0], got[1])
		}
	})
}

// newWriter returns the address of a server that writes the next answer after the header of
// the first request on each connection, and no more.
func newWriter(f *testing.F) (address string, answers chan<- []byte) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { listener.Close() })
	queue := make(chan []byte, 1)
	serve := func(c net.Conn, answer []byte) {
		defer c.Close()
		r := bufio.NewReader(c)
		for line := ""; line != "\r\n"; {
			var err error
			if line, err = r.ReadString('\n'); err != nil {
				return
			}
		}
		_, _ = c.Write(answer)
		_ = c.(*net.TCPConn).CloseWrite()
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		_, _ = io.Copy(io.Discard, r) // a reset could overtake the answer
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(c, <-queue)
		}
	}()
	return listener.Addr().String(), queue
}

// describe returns all that rt says of the response to a request.
func describe(t *testing.T, rt http.RoundTripper, method, address string) string {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := rt.RoundTrip(r)
	if err != nil {
		return "an error"
	}
	defer res.Body.Close()
	head := fmt.Sprintln(res.Status, res.StatusCode, res.Proto, res.Header, res.ContentLength, res.Close, res.Uncompressed, res.TransferEncoding)
	if res.StatusCode == http.StatusSwitchingProtocols {
		return head // what follows is no body here
	}
	body, err := io.ReadAll(res.Body)
	return head + fmt.Sprintln(string(body), err != nil, res.Trailer)
}
