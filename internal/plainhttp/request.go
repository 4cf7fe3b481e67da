package plainhttp

import (
	"cmp"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
)

// maxBody bounds the body of a request, which is sent before the response is looked
// at: it fits into what the system holds for a connection, so that nobody waits for an
// API that answers without reading it.
const maxBody = 8 << 10

// takes reports whether r is a request to send here. It refuses all that [conn.write]
// could not write as it is.
func (t *Transport) takes(r *http.Request) bool {
	if !isPlainURL(r) || !isPlainBody(r) || !isPlainHeader(r.Header) || !isPlain(r.Method, delimiters) || r.Method == http.MethodConnect || r.Close {
		return false
	}
	if httptrace.ContextClientTrace(r.Context()) != nil {
		return false
	}
	if t.Next.Proxy == nil {
		return true
	}
	proxy, err := t.Next.Proxy(r)
	return proxy == nil && err == nil
}

func isPlainURL(r *http.Request) bool {
	u := r.URL
	return u != nil && u.Scheme == "http" && u.Opaque == "" && u.User == nil && u.Hostname() != "" && isPlainHost(u.Host) && isPlainHost(r.Host) &&
		(u.Path == "" || u.Path[0] == '/') && isPlain(u.RawQuery, " ")
}

func isPlainBody(r *http.Request) bool {
	if r.Trailer != nil || len(r.TransferEncoding) > 0 {
		return false
	}
	return !hasBody(r) || r.ContentLength > 0 && r.ContentLength <= maxBody && r.GetBody != nil
}

func isPlainHeader(h http.Header) bool {
	for name, values := range h {
		switch name {
		case "", "Connection", "Expect", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
			return false
		}
		for _, value := range values {
			if !isPlain(value, "") {
				return false
			}
		}
		if !isPlain(name, delimiters) {
			return false
		}
	}
	return true
}

// delimiters are what names do not have: RFC 9110 section 5.6.2.
const delimiters = ` "(),/:;<=>?@[\]{}`

// isPlainHost reports whether host is a name or an address, and perhaps a port.
func isPlainHost(host string) bool {
	for i := range len(host) {
		switch c := host[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-', c == '_', c == ':', c == '[', c == ']':
		default:
			return false
		}
	}
	return true
}

// isPlain reports whether s is printable ASCII without some bytes. About what is not,
// net/http has something to say.
func isPlain(s, without string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || without != "" && strings.IndexByte(without, c) >= 0 {
			return false
		}
	}
	return true
}

func hasBody(r *http.Request) bool { return r.Body != nil && r.Body != http.NoBody }

// asksForGzip reports whether the response to r may be compressed and is to be
// decompressed here, by the rules of [http.Transport].
func asksForGzip(r *http.Request) bool {
	return r.Header["Accept-Encoding"] == nil && r.Header["Range"] == nil && r.Method != http.MethodHead
}

// isReplayable reports whether a request can be sent a second time, by the rules of
// [http.Transport].
func isReplayable(r *http.Request) bool {
	switch r.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return r.Header["Idempotency-Key"] != nil || r.Header["X-Idempotency-Key"] != nil
}

// write writes r with a body, which it closes, to c.w: the same fields as
// [http.Request.Write], and Accept-Encoding if that is wanted.
func (c *conn) write(r *http.Request, body io.ReadCloser) error {
	c.text(cmp.Or(r.Method, http.MethodGet), " ", cmp.Or(r.URL.EscapedPath(), "/"))
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		c.text("?", r.URL.RawQuery)
	}
	c.text(" HTTP/1.1\r\n")
	c.field("Host", cmp.Or(r.Host, r.URL.Host))
	if agent, set := r.Header["User-Agent"]; !set {
		c.field("User-Agent", "Go-http-client/1.1")
	} else if len(agent) > 0 && agent[0] != "" {
		c.field("User-Agent", agent[0])
	}
	for name, values := range r.Header {
		switch name {
		case "Host", "User-Agent", "Content-Length":
			continue
		}
		for _, value := range values {
			c.field(name, value)
		}
	}
	if asksForGzip(r) {
		c.field("Accept-Encoding", "gzip")
	}
	switch {
	case hasBody(r):
		c.field("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	case r.Method == http.MethodPost, r.Method == http.MethodPut, r.Method == http.MethodPatch:
		c.field("Content-Length", "0")
	}
	c.text("\r\n")
	if hasBody(r) {
		defer body.Close()
		if _, err := io.CopyN(c.w, body, r.ContentLength); err != nil {
			return err
		}
	}
	return c.w.Flush()
}

func (c *conn) field(name, value string) { c.text(name, ": ", strings.TrimSpace(value), "\r\n") }

// text writes texts to c.w, which keeps the first error for Flush.
func (c *conn) text(texts ...string) {
	for _, s := range texts {
		_, _ = c.w.WriteString(s)
	}
}
