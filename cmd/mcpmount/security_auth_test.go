package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/auth"
)

const guardedSpec = `
openapi: 3.1.0
info: {title: Guarded, version: "1"}
servers: [{url: /}]
security: [{oauth: [read], key: [], query: [], cookie: []}]
paths:
  /items/{id}:
    get:
      operationId: getItem
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: X-Api-Key, in: header, schema: {type: string}}
        - {name: token, in: query, schema: {type: string}}
        - {name: sid, in: cookie, schema: {type: string}}
        - {name: q, in: query, style: form, explode: true, schema: {type: object, additionalProperties: {type: string}}}
      responses: {"200": {description: ok}}
  /fetch/{what}:
    get:
      operationId: fetch
      parameters: [{name: what, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok}}
  /admin:
    post:
      operationId: administer
      security: [{oauth: [read, admin], key: [], query: [], cookie: []}]
      responses: {"200": {description: ok}}
  /other:
    get: {operationId: other, security: [{missing: []}], responses: {"200": {description: ok}}}
  /open:
    get: {operationId: open, security: [], responses: {"200": {description: ok}}}
components:
  securitySchemes:
    oauth: {type: oauth2, flows: {}}
    key: {type: apiKey, in: header, name: X-Api-Key}
    query: {type: apiKey, in: query, name: token}
    cookie: {type: apiKey, in: cookie, name: sid}
    missing: {type: http, scheme: bearer}
`

const (
	readerKey = marker + "reader-0123456789abcdef"
	otherKey  = marker + "other-0123456789abcdef"
	adminKey  = marker + "admin-0123456789abcdef"
)

func bearer(key string) http.Header { return http.Header{"Authorization": {"Bearer " + key}} }

func guarded(t *testing.T) setting {
	t.Helper()
	set := setting{document: guardedSpec, origin: "https://chat.example.com", secrets: map[string]string{
		"oauth": marker + "oauth", "key": marker + "key", "query": marker + "query+/=", "cookie": marker + "cookie",
	}}
	for name, k := range map[string]struct {
		key    string
		scopes []string
	}{"reader": {readerKey, []string{"read"}}, "other": {otherKey, []string{"read"}}, "admin": {adminKey, []string{"read", "admin"}}} {
		digest, err := auth.Digest(k.key)
		if err != nil {
			t.Fatal(err)
		}
		set.keys = append(set.keys, auth.Key{Name: name, SHA256: digest, Scopes: k.scopes})
	}
	return set
}

// authRules are those about who may call, and about the credentials that the API
// is given.
func authRules() []rule {
	return []rule{
		{"credential-required", func(t *testing.T, s *site) {
			for what, h := range map[string]http.Header{
				"none": nil, "empty": {"Authorization": {"Bearer "}}, "no token": {"Authorization": {"Bearer"}}, "basic": {"Authorization": {"Basic " + readerKey}},
				"a cookie": {"Cookie": {"access_token=" + readerKey}}, "another header": {"X-Api-Key": {readerKey}},
			} {
				a := s.post(t, getOne, h)
				a.want(t, what, http.StatusUnauthorized)
				challenge := a.header.Get("WWW-Authenticate")
				if !strings.HasPrefix(challenge, "Bearer ") || strings.Contains(challenge, "error=") || !strings.Contains(challenge, `resource_metadata="`+s.metadataURL()+`"`) {
					t.Errorf("%s: WWW-Authenticate %q", what, challenge)
				}
			}
			s.quiet(t)
		}},
		{"credential-not-in-url", func(t *testing.T, s *site) {
			s.send(t, http.MethodPost, defaultPath+"?access_token="+readerKey, getOne, nil).want(t, "in the URL", http.StatusUnauthorized)
			s.quiet(t)
		}},
		{"credential-everywhere", func(t *testing.T, s *site) {
			stream := http.Header{"Accept": {"text/event-stream"}}
			for _, at := range []struct{ method, path string }{
				{http.MethodGet, defaultPath}, {http.MethodDelete, defaultPath}, {http.MethodGet, defaultPath + "/sse"},
				{http.MethodPost, defaultPath + "/messages?sessionid=x"}, {http.MethodPost, defaultPath + "?sessionid=x"}, {http.MethodPost, defaultPath + "/"},
			} {
				if a := s.send(t, at.method, at.path, getOne, stream); a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") == "" {
					t.Errorf("%s %s: %d %v", at.method, at.path, a.status, a.header)
				}
			}
			for _, message := range []string{initBody, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, `{"jsonrpc":"2.0","id":1,"method":"ping"}`} {
				s.post(t, message, nil).want(t, message, http.StatusUnauthorized)
			}
		}},
		{"credential-wrong", func(t *testing.T, s *site) {
			for _, key := range []string{marker + "wrong", readerKey + "x", readerKey[:len(readerKey)-1], "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."} {
				a := s.post(t, getOne, bearer(key))
				a.want(t, key, http.StatusUnauthorized)
				if challenge := a.header.Get("WWW-Authenticate"); !strings.HasPrefix(challenge, `Bearer error="invalid_token"`) {
					t.Errorf("%s: WWW-Authenticate %q", key, challenge)
				}
			}
			s.quiet(t)
		}},
		{"credential-malformed", func(t *testing.T, s *site) {
			s.post(t, getOne, http.Header{"Authorization": {"Bearer " + readerKey, "Bearer " + otherKey}}).want(t, "two", http.StatusBadRequest)
			s.post(t, getOne, bearer("a b")).want(t, "two words", http.StatusBadRequest)
			s.quiet(t)
		}},
		{"preflight-without-credential", func(t *testing.T, s *site) {
			page := http.Header{"Origin": {"https://chat.example.com"}}
			if a := s.send(t, http.MethodOptions, defaultPath, "", with(page, "Access-Control-Request-Method", "POST")); a.status != http.StatusNoContent {
				t.Errorf("preflight: %d", a.status)
			}
			a := s.post(t, getOne, page)
			if a.status != http.StatusUnauthorized || a.header.Get("Access-Control-Allow-Origin") == "" || !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "WWW-Authenticate") {
				t.Errorf("a call without a credential: %d %v", a.status, a.header)
			}
		}},
		{"metadata", func(t *testing.T, s *site) {
			for _, h := range []http.Header{nil, {"X-Forwarded-Host": {"evil.example"}, "Forwarded": {"host=evil.example"}}, {"Host": {"evil.example"}}} {
				a := s.send(t, http.MethodGet, auth.WellKnown+defaultPath, "", h)
				var m struct {
					Resource string   `json:"resource"`
					Servers  []string `json:"authorization_servers"`
				}
				if err := json.Unmarshal([]byte(a.body), &m); err != nil || a.status != http.StatusOK || m.Resource != s.url || len(m.Servers) != 1 || m.Servers[0] != siteIssuer {
					t.Errorf("metadata for %v: %d %s", h, a.status, a.body)
				}
			}
		}},
		{"scopes", func(t *testing.T, s *site) {
			if list := s.tools(t, bearer(readerKey)); strings.Contains(list, "administer") || !strings.Contains(list, "getItem") {
				t.Errorf("the reader lists %s", list)
			}
			s.api.take()
			hidden := s.call(t, "administer", map[string]any{}, bearer(readerKey))
			unknown := s.call(t, "nothing-there", map[string]any{}, bearer(readerKey))
			if hidden.status != unknown.status || hidden.body != strings.ReplaceAll(unknown.body, "nothing-there", "administer") {
				t.Errorf("a hidden tool: %d %s, one that is not there: %d %s", hidden.status, hidden.body, unknown.status, unknown.body)
			}
			s.quiet(t)
			s.request(t, "administer", map[string]any{}, bearer(adminKey))
		}},
		{"lists-are-private", func(t *testing.T, s *site) {
			list := s.send(t, http.MethodPost, defaultPath, `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`,
				with(with(bearer(readerKey), "Mcp-Protocol-Version", "2026-07-28"), "Mcp-Method", "tools/list"))
			if !strings.Contains(list.body, `"cacheScope":"private"`) {
				t.Errorf("the list is %d %.300s", list.status, list.body)
			}
		}},
		{"sessions-of-principals", func(t *testing.T, s *site) {
			checkBound(t, s, s.open(t, bearer(readerKey)), bearer(readerKey), bearer(otherKey))
			id := s.open(t, bearer(readerKey))
			s.post(t, getOne, http.Header{"Mcp-Session-Id": {id}}).want(t, "a session is no credential", http.StatusUnauthorized)
		}},
		{"credentials-attached", func(t *testing.T, s *site) {
			sent := with(with(bearer(readerKey), "X-Api-Key", "mine"), "Cookie", "sid=mine")
			r := s.request(t, "getItem", map[string]any{"id": "1"}, sent)
			if r.header.Get("Authorization") != "Bearer "+marker+"oauth" || r.header.Get("X-Api-Key") != marker+"key" ||
				r.header.Get("Cookie") != "sid="+marker+"cookie" || !strings.HasSuffix(r.uri, "?token="+marker+"query%2B%2F%3D") {
				t.Errorf("the API saw %s %q", r.uri, r.header)
			}
		}},
		{"credentials-where-asked", func(t *testing.T, s *site) {
			r := s.request(t, "open", map[string]any{}, bearer(readerKey))
			if got := r.header.Get("X-Api-Key") + r.header.Get("Cookie") + r.uri; got != "/open" {
				t.Errorf("an operation without security sent %q", got)
			}
			if s.inside {
				return // the caller's own Authorization is what the app asks for
			}
			if a := s.call(t, "other", map[string]any{}, bearer(readerKey)); !a.failed() || !strings.Contains(a.body, "needs a credential for missing") {
				t.Errorf("an operation without a credential: %s", a.body)
			}
			s.quiet(t)
		}},
		{"credentials-not-settable", func(t *testing.T, s *site) {
			list := s.tools(t, bearer(readerKey))
			for _, name := range []string{"X-Api-Key", "token", "sid"} {
				if strings.Contains(list, `"`+name+`"`) {
					t.Errorf("a model sees %s", name)
				}
				if a := s.call(t, "getItem", map[string]any{"id": "1", name: "evil"}, bearer(readerKey)); !a.failed() {
					t.Errorf("a model can set %s", name)
				}
			}
			s.quiet(t)
			if a := s.call(t, "getItem", map[string]any{"id": "1", "q": map[string]string{"token": "evil"}}, bearer(readerKey)); !a.failed() {
				for _, r := range s.api.take() {
					if strings.Contains(r.uri, "evil") {
						t.Errorf("the API saw %s", r.uri)
					}
				}
			}
		}},
		{"credentials-redacted", func(t *testing.T, s *site) {
			for _, what := range []string{"echo", "echo-error"} { // checkSilence looks for the secrets themselves
				if a := s.call(t, "fetch", map[string]any{"what": what}, bearer(readerKey)); strings.Count(a.body, "***") < 4 {
					t.Errorf("%s: %s", what, a.body)
				}
			}
			s.api.take()
		}},
		{"token-not-passed-on", func(t *testing.T, s *site) {
			if s.inside {
				return // the app is the resource that the token is for
			}
			r := s.request(t, "open", map[string]any{}, bearer(readerKey))
			if got := r.header.Get("Authorization"); got != "" {
				t.Errorf("the API saw the caller's Authorization")
			}
		}},
	}
}

func (s *site) metadataURL() string {
	return strings.TrimSuffix(s.url, defaultPath) + auth.WellKnown + defaultPath
}
