package mcpmount

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Bounds of what is told about a response that is not a success.
const (
	maxFailureRead  = 256 << 10 // read of it
	maxFailureBytes = 8 << 10   // shown of it
	maxPageBytes    = 4 << 10   // shown of an HTML page
)

// transportErrorResult returns the result of a call of op that got no response.
// Its text is one of a few that give away nothing about the network or the
// program; the cause is in [mcp.CallToolResult.GetError].
func transportErrorResult(op *Operation, err error) *mcp.CallToolResult {
	text := transportErrorText(err)
	if mayHaveArrived(err) && op.Method != http.MethodGet && op.Method != http.MethodHead {
		text += "; what was asked for may have happened all the same"
	}
	result := errorResult(errors.New(text))
	result.SetError(err)
	return result
}

func transportErrorText(err error) string {
	var (
		failure *handlerError
		refused refusedError
		timeout callTimeout
		dns     *net.DNSError
		dial    *net.OpError
	)
	switch {
	case errors.As(err, &failure):
		return failure.Error()
	case errors.As(err, &refused):
		return refused.Error()
	case errors.As(err, &timeout):
		return timeout.Error()
	case errors.Is(err, errShutdown):
		return "the call was canceled: " + errShutdown.Error()
	case errors.Is(err, context.Canceled):
		return "the call was canceled"
	case errors.As(err, &dns):
		return "the host name of the API cannot be resolved"
	case errors.As(err, &dial) && isDial(dial) && dial.Timeout():
		return "the API cannot be reached: no connection was made in time"
	case isTimeout(err):
		return "the API did not answer in time"
	case isTLSError(err):
		return "no secure connection to the API can be made"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the API refused the connection; it may not be running"
	case errors.As(err, &dial) && isDial(dial):
		return "the API cannot be reached"
	case isClosed(err):
		return "the API closed the connection before it answered"
	}
	return "the API cannot be called"
}

// mayHaveArrived reports whether err leaves open what became of a request.
func mayHaveArrived(err error) bool {
	var dial *net.OpError
	if errors.As(err, &dial) && isDial(dial) {
		return false
	}
	var dns *net.DNSError
	return (isTimeout(err) || isClosed(err)) && !errors.As(err, &dns)
}

// isDial reports whether there was no connection, to the API or to a proxy.
func isDial(err *net.OpError) bool { return err.Op == "dial" || err.Op == "proxyconnect" }

// isClosed reports whether a connection ended before there was a response.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func isTLSError(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		record       tls.RecordHeaderError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
		alert        tls.AlertError
	)
	return errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &authority) ||
		errors.As(err, &hostname) || errors.As(err, &invalid) || errors.As(err, &alert)
}

// failure returns what a model is told of a response that is not a success: the
// status, what to do about it, and the body as far as it is for reading.
func (p *resultPlan) failure(ctx context.Context, res *http.Response) string {
	lines := []string{"HTTP " + statusText(res.StatusCode)}
	if hint := statusHint(ctx, res); hint != "" {
		lines = append(lines, hint)
	}
	if after := retryAfter(res.Header.Get("Retry-After")); after != "" {
		lines = append(lines, after)
	}
	if res.StatusCode >= 400 {
		if text := p.failureBody(ctx, res); text != "" {
			lines = append(lines, text)
		}
	}
	return redactorOf(ctx, res).text(strings.Join(lines, "\n"))
}

func statusHint(ctx context.Context, res *http.Response) string {
	switch code := res.StatusCode; {
	case code >= 300 && code <= 399:
		hint := "redirects are not followed"
		if location := locationText(ctx, res); location != "" {
			hint += "; " + location
		}
		return hint
	case code == http.StatusUnauthorized:
		return "the API did not accept the caller's credentials, or was given none"
	case code == http.StatusForbidden:
		return "the API does not allow this with the caller's credentials"
	}
	return ""
}

// locationText says where the Location of res is: its path, without a query,
// which may hold secrets.
func locationText(ctx context.Context, res *http.Response) string {
	header := res.Header.Get("Location")
	if header == "" {
		return ""
	}
	u, err := url.Parse(header)
	if err != nil {
		return ""
	}
	const longest = 512
	path := shorten(u.EscapedPath(), longest)
	switch {
	case path == "" || u.Opaque != "":
		return ""
	case u.Host == "" || isHostOf(ctx, res, u.Host):
		return "location: " + path
	}
	return "location on another host: " + path
}

// isHostOf reports whether host is the one that the request of res, made with ctx, went
// to. A handler in process knows it by the name that the caller used; the request is its own.
func isHostOf(ctx context.Context, res *http.Response, host string) bool {
	if caller := RequestFrom(ctx); caller != nil && strings.EqualFold(caller.Host, host) {
		return true
	}
	if c := callOf(ctx); c != nil {
		if _, inside := c.server.api.(inProcess); inside {
			return strings.EqualFold(builtHost, host)
		}
	}
	return res.Request != nil && res.Request.URL != nil && strings.EqualFold(res.Request.URL.Host, host)
}

// retryAfter returns a Retry-After (RFC 9110 section 10.2.3) in words, or "".
func retryAfter(header string) string {
	if seconds, err := strconv.ParseUint(header, 10, 32); err == nil {
		return "retry after " + strconv.FormatUint(seconds, 10) + " seconds"
	}
	if date, err := http.ParseTime(header); err == nil {
		return "retry after " + date.UTC().Format(time.RFC3339)
	}
	return ""
}

// failureBody returns the body of a failure, as far as it is for reading.
func (p *resultPlan) failureBody(ctx context.Context, res *http.Response) string {
	media := parseMediaType(res.Header.Get("Content-Type"))
	body := &roomOf(ctx).body
	body.open(ctx, res, min(p.maxBytes, maxFailureRead))
	data := body.all(res.ContentLength)
	if media.kind == kindUnknown {
		media = media.sniff(data)
	}
	switch {
	case len(data) == 0:
		return ""
	case media.kind == kindJSON && isJSON(data):
		text := failureJSON(data)
		if len(data) > maxFailureBytes { // of what is whole, the detail is a part
			text = problemDetail(media, data) + text
		}
		return text
	case !media.kind.isText() && media.kind != kindJSON && !media.kind.isStream():
		return "(" + media.name + " left out)"
	}
	text := decodeText(data, media.param("charset"))
	if media.name == "text/html" || media.name == "application/xhtml+xml" {
		return shortened(withoutFrames(pageText(text)), maxPageBytes)
	}
	return shortened(withoutFrames(plainText(text)), maxFailureBytes)
}

// problemDetail returns the line of a problem (RFC 9457 section 3.1) that is
// meant for people.
func problemDetail(media mediaType, data []byte) string {
	var problem struct{ Title, Detail string }
	if media.name != "application/problem+json" || json.Unmarshal(data, &problem) != nil {
		return ""
	}
	text := problem.Detail
	if text == "" {
		text = problem.Title
	}
	if text == "" {
		return ""
	}
	const longest = 1 << 10
	return shortened(withoutFrames(plainText(text)), longest) + "\n"
}

// failureJSON returns JSON, which stays JSON when it is cut.
func failureJSON(data []byte) string {
	data = withoutTraces(data)
	text := strings.TrimSpace(strings.ToValidUTF8(string(data), "\uFFFD"))
	if len(text) <= maxFailureBytes {
		return text
	}
	if saved := cutJSON([]byte(text[:maxFailureBytes])); saved != nil {
		return string(saved) + cutMark(maxFailureBytes)
	}
	return shortened(text, maxFailureBytes)
}

// shortened is shorten that says so.
func shortened(text string, n int) string {
	text = strings.TrimSpace(text)
	if len(text) <= n {
		return text
	}
	return shorten(text, n) + cutMark(n)
}

func cutMark(n int) string { return "\n(cut after " + strconv.Itoa(n) + " bytes)" }
