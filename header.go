package mcpmount

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// maxHeaderValue bounds a header that arguments fill, the Cookie header as well.
const maxHeaderValue = 8 << 10

// settableHeader reports whether a header parameter of this name can be sent.
// What frames the message, says who is calling or through which hands, chooses
// another route or belongs to the MCP session is not for arguments to set.
//
// OpenAPI 3.2, "Parameter Object", has Accept, Content-Type and Authorization
// ignored. Conditions and ranges (If-Match, Range, …) can be set: they say what
// the operation shall do, and APIs that require them cannot be used otherwise.
func settableHeader(name string) bool {
	key := strings.ReplaceAll(strings.ToLower(name), "_", "-") // what CGI and WSGI make of it
	switch key {
	case "accept", "content-type", "authorization": // named by OpenAPI
		return false
	case "host", "content-length", "content-encoding", "accept-encoding", "expect",
		"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings", "via":
		return false
	case "cookie", "set-cookie", "origin", "referer", "last-event-id":
		return false
	case "forwarded", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip", "x-forwarded", "x-envoy-external-address",
		"x-remote-user", "remote-user", "client-cert", "client-cert-chain", "x-client-cert":
		return false
	case "x-http-method", "x-http-method-override", "x-method-override",
		"x-original-url", "x-original-host", "x-original-method", "x-rewrite-url", "x-host":
		return false
	}
	for _, prefix := range [...]string{"proxy-", "mcp-", "sec-", "x-forwarded-", "x-original-forwarded-", "x-ssl-"} {
		if strings.HasPrefix(key, prefix) {
			return false
		}
	}
	return isToken(name)
}

// firstField returns the first value of the field with the canonical name key, ""
// if there is none.
func firstField(h http.Header, key string) string { return firstOf(h[key]) }

// firstOf returns the first of some values, "" if there are none.
func firstOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// A headerPlan is a header parameter under its canonical name.
type headerPlan struct {
	key string
	*parameterPlan
}

func newHeaderPlan(a *argument) (headerPlan, error) {
	if !settableHeader(a.param.Name) {
		return headerPlan{}, fmt.Errorf("header parameter %q cannot be sent: arguments must not set this header", a.param.Name)
	}
	p, err := newParameterPlan(a)
	return headerPlan{http.CanonicalHeaderKey(a.param.Name), p}, err
}

// value returns the value of the header, and whether there is one.
func (p *headerPlan) value(values *tree.Node) (string, bool, error) {
	v := values.Get(p.argument)
	if v == nil || v.Kind == tree.Null || p.content == contentNone && isEmpty(v) {
		return "", false, nil
	}
	value, err := p.append(nil, values)
	if err == nil && len(value) > maxHeaderValue {
		err = &argumentError{Argument: p.argument, Message: fmt.Sprintf("must not be longer than %d bytes in a header", maxHeaderValue)}
	}
	return string(value), true, err
}

// isEmpty reports whether v is an array or an object without values.
func isEmpty(v *tree.Node) bool {
	for _, item := range v.Items {
		if !item.Is(tree.Null) {
			return false
		}
	}
	for _, m := range v.Members {
		if !m.Value.Is(tree.Null) {
			return false
		}
	}
	return v.Kind == tree.Array || v.Kind == tree.Object
}

// A fieldWriter sets header fields. The values of all of them share one array, but
// no capacity.
type fieldWriter struct {
	header http.Header
	values []string
}

// newFieldWriter returns a writer of so many fields, whose values are in array if
// there is room.
func newFieldWriter(array []string, most int) fieldWriter {
	if most > cap(array) {
		array = make([]string, 0, most)
	}
	return fieldWriter{make(http.Header, most), array}
}

// set sets the field with the canonical name key.
func (w *fieldWriter) set(key, value string) {
	w.values = append(w.values, value)
	n := len(w.values)
	w.header[key] = w.values[n-1 : n : n]
}
