package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// describe returns a request on one line: method, URL, what of its header is
// the operation's, and body.
func describe(r *http.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", r.Method, r.URL.RequestURI())
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if name != "Accept" && name != "User-Agent" {
			fmt.Fprintf(&b, " | %s: %s", name, strings.Join(r.Header[name], ", "))
		}
	}
	content, err := io.ReadAll(r.Body)
	if err == nil && len(content) > 0 {
		fmt.Fprintf(&b, " | %s", content)
		r.Body = io.NopCloser(bytes.NewReader(content))
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
