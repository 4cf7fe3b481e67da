package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	getOne   = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getItem","arguments":{"id":"1"}}}`
	initBody = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`
)

// doorRules are those about what may come in at all.
func doorRules() []rule {
	return []rule{
		{"strict-json", func(t *testing.T, s *site) {
			refused(t, s, map[string]string{
				"a key twice":           strings.Replace(getOne, `"method"`, `"method":"ping","method"`, 1),
				"a name twice":          strings.Replace(getOne, `"name"`, `"name":"fetch","name"`, 1),
				"an argument twice":     strings.Replace(getOne, `"id":"1"`, `"id":"1","id":"2"`, 1),
				"a method by case":      strings.Replace(getOne, `"method"`, `"Method":"ping","method"`, 1),
				"a name by case":        strings.Replace(getOne, `"name"`, `"NAME":"fetch","name"`, 1),
				"text after it":         getOne + getOne,
				"not UTF-8":             strings.Replace(getOne, `"1"`, "\"\xff\"", 1),
				"request and response":  strings.Replace(getOne, `"method"`, `"result":{},"method"`, 1),
				"an object for an id":   strings.Replace(getOne, `"id":1`, `"id":{"a":1}`, 1),
				"null for an id":        strings.Replace(getOne, `"id":1`, `"id":null`, 1),
				"an id beyond 2^53":     strings.Replace(getOne, `"id":1`, `"id":9007199254740993`, 1),
				"a number of a million": strings.Replace(getOne, `"1"`, "1e1000000", 1),
				"another version":       strings.Replace(getOne, `2.0`, `1.0`, 1),
				"nothing":               "",
			})
		}},
		{"batches", func(t *testing.T, s *site) {
			refused(t, s, map[string]string{
				"an empty one":     "[]",
				"a large one":      "[" + strings.Repeat(getOne+",", 1000) + getOne + "]",
				"in a batch":       "[[" + getOne + "]]",
				"half of it wrong": "[" + getOne + `,{"jsonrpc":"2.0","id":2,"method":"ping","Method":"tools/call"}]`,
			})
		}},
		{"message-depth", func(t *testing.T, s *site) {
			for _, depth := range []int{100, 500_000} {
				deep := strings.Repeat("[", depth) + strings.Repeat("]", depth)
				refused(t, s, map[string]string{fmt.Sprint(depth, " levels"): strings.Replace(getOne, `{"id":"1"}`, `{"id":`+deep+`}`, 1)})
			}
		}},
		{"message-values", func(t *testing.T, s *site) {
			refused(t, s, map[string]string{"many values": strings.Replace(getOne, `{"id":"1"}`, `{"id":[`+strings.Repeat("1,", 400_000)+`1]}`, 1)})
		}},
		{"message-size", func(t *testing.T, s *site) {
			s.api.take()
			a := s.post(t, strings.Replace(getOne, `"1"`, `"`+strings.Repeat("1", 4<<20)+`"`, 1), nil)
			a.want(t, "four megabytes", http.StatusRequestEntityTooLarge)
		}},
		{"content-type", func(t *testing.T, s *site) {
			for _, h := range []http.Header{{"Content-Type": {"text/plain"}}, {"Content-Type": nil}, {"Content-Type": {"application/x-www-form-urlencoded"}}, {"Content-Encoding": {"gzip"}}} {
				s.post(t, getOne, h).want(t, fmt.Sprint(h), http.StatusUnsupportedMediaType)
			}
			s.quiet(t)
		}},
		{"origin", func(t *testing.T, s *site) {
			for _, origins := range [][]string{{"https://evil.example"}, {"null"}, {"https://chat.example.com.evil.example"}, {"https://chat.example.com", "https://evil.example"}, {"http://chat.example.com"}, {"http://localhost@evil.example"}, {""}} {
				a := s.post(t, getOne, http.Header{"Origin": origins})
				a.want(t, fmt.Sprint(origins), http.StatusForbidden)
				if a.header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("%q: pages may read the answer", origins)
				}
			}
			s.quiet(t)
		}},
		{"cors", func(t *testing.T, s *site) {
			const page = "https://chat.example.com"
			preflight := http.Header{"Origin": {page}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization,content-type,mcp-param-x"}}
			for what, a := range map[string]answer{"preflight": s.send(t, http.MethodOptions, defaultPath, "", preflight), "call": s.post(t, getOne, http.Header{"Origin": {page}})} {
				if a.status/100 != 2 || a.header.Get("Access-Control-Allow-Origin") != page || a.header.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s of a page that is allowed: %d %v", what, a.status, a.header)
				}
				if what == "preflight" && !strings.Contains(strings.ToLower(a.header.Get("Access-Control-Allow-Headers")), "mcp-param-x") {
					t.Errorf("preflight: %v", a.header)
				}
			}
			preflight.Set("Origin", "https://evil.example")
			if a := s.send(t, http.MethodOptions, defaultPath, "", preflight); a.status != http.StatusForbidden || a.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("preflight of another page: %d %v", a.status, a.header)
			}
		}},
		{"host", func(t *testing.T, s *site) {
			s.api.take()
			for _, host := range []string{"evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80"} {
				s.post(t, getOne, http.Header{"Host": {host}}).want(t, host, http.StatusForbidden)
			}
			s.quiet(t)
		}},
		{"headers-once", func(t *testing.T, s *site) {
			for _, name := range []string{"Authorization", "Mcp-Session-Id", "Mcp-Protocol-Version"} {
				s.post(t, getOne, http.Header{name: {"a", "b"}}).want(t, name, http.StatusBadRequest)
			}
			s.quiet(t)
		}},
		{"versions", func(t *testing.T, s *site) {
			s.post(t, getOne, http.Header{"Mcp-Protocol-Version": {"2020-01-01"}}).want(t, "an unknown version", http.StatusBadRequest)
			s.quiet(t)
		}},
		{"methods", func(t *testing.T, s *site) {
			methods := []string{http.MethodGet, http.MethodDelete}
			if !s.inside { // an app may have PUT there
				methods = append(methods, http.MethodPut, http.MethodPatch)
			}
			for _, method := range methods {
				a := s.send(t, method, defaultPath, getOne, http.Header{"Mcp-Protocol-Version": {"2025-11-25"}})
				if a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") == "" {
					t.Errorf("%s: %d %v", method, a.status, a.header)
				}
			}
			s.quiet(t)
		}},
		{"sessions", func(t *testing.T, s *site) {
			alice, bob := http.Header{"Authorization": {"Bearer alice"}}, http.Header{"Authorization": {"Bearer bob"}}
			id, other := s.open(t, alice), s.open(t, alice)
			if id == other || len(id) < 22 {
				t.Errorf("sessions are %q and %q", id, other)
			}
			checkBound(t, s, id, alice, bob)
		}},
		{"session-ends", checkSessionEnds},
		{"recursion", func(t *testing.T, s *site) {
			if !s.inside {
				return // the API is elsewhere
			}
			own := mounted(t, setting{document: `{"openapi":"3.1.0","info":{"title":"x","version":"1"},"servers":[{"url":"/"}],"paths":{"/mcp":{"post":{"operationId":"again","requestBody":{"content":{"application/json":{"schema":{"type":"object"}}}}}}}}`})
			if a := own.call(t, "again", map[string]any{}, nil); !a.failed() || !strings.Contains(a.body, "cannot call the MCP server it belongs to") {
				t.Errorf("the answer is %s", a.body)
			}
		}},
	}
}

// refused checks that messages get an error and the API hears of none of them.
func refused(t *testing.T, s *site, messages map[string]string) {
	t.Helper()
	s.api.take()
	for what, message := range messages {
		s.post(t, message, nil).want(t, what, http.StatusBadRequest)
	}
	s.quiet(t)
}

// quiet checks that the API has not been asked for anything.
func (s *site) quiet(t *testing.T) {
	t.Helper()
	if seen := s.api.take(); len(seen) > 0 {
		t.Errorf("the API saw %s %s", seen[0].method, seen[0].uri)
	}
}

// open opens a session.
func (s *site) open(t *testing.T, header http.Header) string {
	t.Helper()
	a := s.post(t, initBody, with(header, "Accept", "application/json, text/event-stream"))
	id := a.header.Get("Mcp-Session-Id")
	if a.status != http.StatusOK || id == "" {
		t.Fatalf("initialize: %d %s", a.status, a.body)
	}
	return id
}

func with(h http.Header, name, value string) http.Header {
	if h = h.Clone(); h == nil {
		h = http.Header{}
	}
	h.Set(name, value)
	return h
}

// checkBound checks that a session is there for its owner only.
func checkBound(t *testing.T, s *site, id string, owner, other http.Header) {
	t.Helper()
	const ping = `{"jsonrpc":"2.0","id":2,"method":"ping"}`
	in := func(h http.Header) http.Header { return inSession(id, h) }
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
		s.send(t, method, defaultPath, ping, in(other)).want(t, method+" of another caller", http.StatusNotFound)
	}
	if a := s.post(t, ping, in(owner)); a.status != http.StatusOK {
		t.Errorf("the owner: %d %s", a.status, a.body)
	}
	s.post(t, ping, with(in(owner), "Mcp-Session-Id", "guessed")).want(t, "a guess", http.StatusNotFound)
}

// inSession returns the header h in a session.
func inSession(id string, h http.Header) http.Header {
	h = with(h, "Mcp-Session-Id", id)
	return with(with(h, "Mcp-Protocol-Version", "2025-11-25"), "Accept", "application/json, text/event-stream")
}

// checkSessionEnds checks that the end of a session is that of its calls, whatever
// the API does.
func checkSessionEnds(t *testing.T, s *site) {
	header := inSession(s.open(t, nil), nil)
	defer func() { s.api.release <- struct{}{} }()
	ended := make(chan int, 1)
	go func() {
		<-s.api.began
		r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, s.url, nil)
		if err != nil {
			t.Error(err)
			return
		}
		r.Header = header
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Error(err)
			return
		}
		res.Body.Close()
		ended <- res.StatusCode
	}()
	before := time.Now()
	a := s.call(t, "fetch", map[string]any{"what": "deaf"}, header)
	if took := time.Since(before); took > siteTimeout*4/5 || strings.Contains(a.body, "did not answer within") {
		t.Errorf("after %v: %s", took, a.body)
	}
	select {
	case status := <-ended:
		if status != http.StatusNoContent {
			t.Errorf("DELETE: %d", status)
		}
	case <-time.After(siteTimeout):
		t.Error("DELETE was not answered")
	}
}
