package mcpmount_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// A scriptedAPI answers every request with the response it was given, and
// writes down what it saw.
type scriptedAPI struct {
	mu       sync.Mutex
	response *http.Response
	body     []byte
	request  string
	requests int
}

const emptyObject = "HTTP/1.1 200 OK\nContent-Type: application/json\n\n{}\n"

// expect sets the response. Its body ends before the last line break; with
// "Content-Transfer-Encoding: base64" it is decoded.
func (a *scriptedAPI) expect(raw []byte) (err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if raw == nil {
		raw = []byte(emptyObject)
	}
	a.request, a.requests = "", 0
	if a.response, err = http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil); err != nil {
		return err
	}
	defer a.response.Body.Close()
	if a.body, err = io.ReadAll(a.response.Body); err != nil {
		return err
	}
	a.body = bytes.TrimSuffix(a.body, []byte("\n"))
	if a.response.Header.Get("Content-Transfer-Encoding") == "base64" {
		a.response.Header.Del("Content-Transfer-Encoding")
		a.body, err = base64.StdEncoding.DecodeString(string(a.body))
	}
	return err
}

// seen returns the last request, and how many there were.
func (a *scriptedAPI) seen() (request string, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.request, a.requests
}

func (a *scriptedAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests++
	a.request = written(r)
	w.Header()["Content-Type"] = nil // what is not there is not guessed
	for name, values := range a.response.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.response.StatusCode)
	w.Write(a.body)
}

// unshown are header fields that are about the connection and not about the
// call.
var unshown = []string{"Accept-Encoding", "Connection", "Content-Length"}

// written returns a request as text: its first line, the header in order, and
// the body if there is one. A boundary of a multipart body is always BOUNDARY,
// and its lines end as text lines do.
func written(r *http.Request) string {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err.Error()
	}
	if !utf8.Valid(body) {
		body = fmt.Appendf(nil, "%q", body)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\n", r.Method, r.RequestURI)
	names := make([]string, 0, len(r.Header))
	for name, values := range r.Header {
		if !slices.Contains(unshown, name) && !(name == "User-Agent" && values[0] == "mcpmount") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(r.Header[name], "\n"+name+": "))
	}
	if len(body) > 0 {
		fmt.Fprintf(&b, "\n%s\n", body)
	}
	text := b.String()
	if media, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); strings.HasPrefix(media, "multipart/") {
		text = strings.ReplaceAll(strings.ReplaceAll(text, params["boundary"], "BOUNDARY"), "\r\n", "\n")
	}
	return text
}
