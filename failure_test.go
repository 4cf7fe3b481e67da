package mcpmount

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestFailure(t *testing.T) {
	const jsonType, html = "application/json", "text/html; charset=utf-8"
	tests := []struct {
		name   string
		status int
		media  string
		body   string
		header []string
		want   string
	}{
		{name: "nothing", status: 404, want: "HTTP 404 Not Found"},
		{name: "text", status: 404, media: "text/plain", body: "no such order\n", want: "HTTP 404 Not Found\nno such order"},
		{name: "JSON", status: 422, media: jsonType, body: " {\"errors\" : [\"a\"]}\n", want: "HTTP 422 Unprocessable Entity\n{\"errors\" : [\"a\"]}"},
		{name: "not JSON", status: 400, media: jsonType, body: "{oops", want: "HTTP 400 Bad Request\n{oops"},
		{name: "a problem", status: 422, media: "application/problem+json", body: `{"title":"Invalid","detail":"name is empty","x":1}`,
			want: "HTTP 422 Unprocessable Entity\n{\"title\":\"Invalid\",\"detail\":\"name is empty\",\"x\":1}"},
		{name: "a long problem", status: 422, media: "application/problem+json", body: `{"x":"` + strings.Repeat("x", maxFailureBytes) + `","title":"Invalid","detail":"name is empty"}`,
			want: "HTTP 422 Unprocessable Entity\nname is empty\n{}\n(cut after 8192 bytes)"},
		{name: "a long problem with a title", status: 422, media: "application/problem+json", body: `{"a":1,"x":"` + strings.Repeat("x", maxFailureBytes) + `","title":"Invalid"}`,
			want: "HTTP 422 Unprocessable Entity\nInvalid\n{\"a\":1}\n(cut after 8192 bytes)"},
		{name: "a long problem without words", status: 422, media: "application/problem+json", body: `{"status":422,"x":"` + strings.Repeat("x", maxFailureBytes) + `"}`,
			want: "HTTP 422 Unprocessable Entity\n{\"status\":422}\n(cut after 8192 bytes)"},
		{name: "a page", status: 502, media: html, body: "<html><head><title>502 Bad &amp; Gateway</title><style>p{}</style></head><body><center><h1>No <b>answer</b></h1></center><script>alert(1)</script></body></html>",
			want: "HTTP 502 Bad Gateway\n502 Bad & Gateway\nNo answer"},
		{name: "an image", status: 500, media: "image/png", body: "PNG", want: "HTTP 500 Internal Server Error\n(image/png left out)"},
		{name: "an unknown type", status: 500, body: "\x00\x01", want: "HTTP 500 Internal Server Error\n(application/octet-stream left out)"},
		{name: "no type", status: 500, body: "oops", want: "HTTP 500 Internal Server Error\noops"},
		{name: "control characters", status: 400, media: "text/plain", body: "a\x1b[31mb\x00c\r\n\r\nd", want: "HTTP 400 Bad Request\na[31mbc\nd"},
		{name: "Latin-1", status: 400, media: "text/plain; charset=latin1", body: "caf\xe9", want: "HTTP 400 Bad Request\ncafé"},
		{name: "an unknown status", status: 599, want: "HTTP 599"},
		{name: "credentials refused", status: 401, header: []string{"WWW-Authenticate", "Basic realm=secret"},
			want: "HTTP 401 Unauthorized\nthe API did not accept the caller's credentials, or was given none"},
		{name: "not allowed", status: 403, media: "text/plain", body: "admins only",
			want: "HTTP 403 Forbidden\nthe API does not allow this with the caller's credentials\nadmins only"},
		{name: "retry in seconds", status: 429, header: []string{"Retry-After", "30"}, want: "HTTP 429 Too Many Requests\nretry after 30 seconds"},
		{name: "retry at a time", status: 503, header: []string{"Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT"},
			want: "HTTP 503 Service Unavailable\nretry after 1999-12-31T23:59:59Z"},
		{name: "retry at will", status: 503, header: []string{"Retry-After", "whenever you like"}, want: "HTTP 503 Service Unavailable"},
		{name: "other headers", status: 500, header: []string{"X-Debug", "secret", "Set-Cookie", "secret", "Location", "/secret"},
			want: "HTTP 500 Internal Server Error"},
		{name: "a redirect", status: 307, header: []string{"Location", "/login?next=secret#x"},
			want: "HTTP 307 Temporary Redirect\nredirects are not followed; location: /login"},
		{name: "a redirect to the API", status: 301, header: []string{"Location", "https://api.example.com/v1/orders/"},
			want: "HTTP 301 Moved Permanently\nredirects are not followed; location: /v1/orders/"},
		{name: "a redirect elsewhere", status: 302, header: []string{"Location", "//user:secret@evil.example/a%0Ab?key=secret"},
			want: "HTTP 302 Found\nredirects are not followed; location on another host: /a%0Ab"},
		{name: "a redirect to nowhere", status: 302, header: []string{"Location", "javascript:alert(1)"},
			want: "HTTP 302 Found\nredirects are not followed"},
		{name: "a redirect that cannot be parsed", status: 302, header: []string{"Location", "http://[::1"},
			want: "HTTP 302 Found\nredirects are not followed"},
		{name: "not modified", status: 304, want: "HTTP 304 Not Modified\nredirects are not followed"},
		{name: "switching protocols", status: 101, want: "HTTP 101 Switching Protocols"},
		{name: "long text", status: 400, media: "text/plain", body: strings.Repeat("é", maxFailureBytes),
			want: "HTTP 400 Bad Request\n" + strings.Repeat("é", maxFailureBytes/2) + "\n(cut after 8192 bytes)"},
		{name: "a long page", status: 400, media: html, body: "<p>" + strings.Repeat("a", maxFailureBytes),
			want: "HTTP 400 Bad Request\n" + strings.Repeat("a", maxPageBytes) + "\n(cut after 4096 bytes)"},
		{name: "long JSON", status: 400, media: jsonType, body: `["a","` + strings.Repeat("b", maxFailureBytes) + `"]`,
			want: "HTTP 400 Bad Request\n[\"a\"]\n(cut after 8192 bytes)"},
		{name: "endless text", status: 500, media: "text/plain", body: strings.Repeat("0123456789", 1<<20),
			want: "HTTP 500 Internal Server Error\n" + strings.Repeat("0123456789", 1<<10)[:maxFailureBytes] + "\n(cut after 8192 bytes)"},
		{name: "a trace in JSON", status: 500, media: jsonType, body: `{"message":"no disk","trace":"java.io.IOException: no disk\r\n\tat app.Main.run(Main.java:12)\r\n\t... 3 more\r\n","stack":["at f (/app/main.js:1:2)"]}`,
			want: "HTTP 500 Internal Server Error\n{\"message\":\"no disk\",\"trace\":\"java.io.IOException: no disk\",\"stack\":[\"\"]}"},
		{name: "a trace in text", status: 500, media: "text/plain", body: "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:5 +0x1d\n",
			want: "HTTP 500 Internal Server Error\npanic: boom"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx := withCaller(t.Context(), caller{request: newCaller()})
			header := tt.header
			if tt.media != "" {
				header = append([]string{"Content-Type", tt.media}, header...)
			}
			res := respond(t, ctx, tt.status, tt.body, header...)
			result := testPlan(outputPlan{advertised: true}).toolResult(ctx, res, nil)
			if got, want := render(result), "error\ntext: "+tt.want+"\n"; got != want {
				t.Errorf("result:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestTransportErrorResult(t *testing.T) {
	const secret = "https://me:secret@10.1.2.3:8443/v1?api_key=secret"
	through := func(err error) error { return &url.Error{Op: "Get", URL: secret, Err: err} }
	dial := func(err error) error {
		return through(&net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3)}, Err: err})
	}
	tests := []struct {
		name   string
		method string
		err    error
		want   string
	}{
		{"refused", "GET", dial(syscall.ECONNREFUSED), "the API refused the connection; it may not be running"},
		{"no route", "GET", dial(syscall.EHOSTUNREACH), "the API cannot be reached"},
		{"no such host", "GET", dial(&net.DNSError{Err: "no such host", Name: "db.internal"}), "the host name of the API cannot be resolved"},
		{"name server that is silent", "POST", dial(&net.DNSError{Err: "i/o timeout", Name: "db.internal", IsTimeout: true}), "the host name of the API cannot be resolved"},
		{"reset", "GET", through(syscall.ECONNRESET), "the API closed the connection before it answered"},
		{"reset that changes", "POST", through(syscall.ECONNRESET), "the API closed the connection before it answered; what was asked for may have happened all the same"},
		{"end of file", "POST", through(io.EOF), "the API closed the connection before it answered; what was asked for may have happened all the same"},
		{"timeout", "GET", through(callTimeout(30 * time.Second)), "the API did not answer within 30s; the operator can allow more time (Operation.Timeout, x-mcp.timeout in the document, --timeout)"},
		{"timeout that changes", "POST", through(callTimeout(90 * time.Second)), "the API did not answer within 1m30s; the operator can allow more time (Operation.Timeout, x-mcp.timeout in the document, --timeout); what was asked for may have happened all the same"},
		{"deadline", "HEAD", context.DeadlineExceeded, "the API did not answer in time"},
		{"no connection in time", "POST", dial(syscall.ETIMEDOUT), "the API cannot be reached: no connection was made in time"},
		{"canceled", "GET", through(context.Canceled), "the call was canceled"},
		{"panic", "GET", &handlerError{Value: "secret", Stack: []byte("secret")}, "the API failed while handling the request"},
		{"panic with a timeout", "GET", &handlerError{Value: context.DeadlineExceeded}, "the API failed while handling the request"},
		{"refused here", "GET", refusedError("why"), "request refused: why"},
		{"anything", "GET", errors.New(secret), "the API cannot be called"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := fmt.Errorf("call API: %w", tt.err)
			result := transportErrorResult(&Operation{Method: tt.method}, err)
			if got, want := render(result), "error\ntext: "+tt.want+"\n"; got != want {
				t.Errorf("result = %q, want %q", got, want)
			}
			if got := result.GetError(); got != err {
				t.Errorf("GetError = %v, want the cause %v", got, err)
			}
		})
	}
}
