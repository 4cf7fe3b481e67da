package mcpmount_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
)

const scopedSpec = `
openapi: 3.1.0
info: {title: Scoped, version: "1"}
security: [{oauth: [read]}]
paths:
  /read: {get: {operationId: read, responses: {"200": {description: ok}}}}
  /write: {post: {operationId: write, security: [{oauth: [read, write]}], responses: {"200": {description: ok}}}}
  /admin: {get: {operationId: admin, security: [{oauth: [admin]}], responses: {"200": {description: ok}}}}
  /either: {get: {operationId: either, security: [{oauth: [admin]}, {oidc: [read]}], responses: {"200": {description: ok}}}}
  /key: {get: {operationId: key, security: [{oauth: [admin]}, {key: []}], responses: {"200": {description: ok}}}}
  /open: {get: {operationId: open, security: [], responses: {"200": {description: ok}}}}
  /maybe: {get: {operationId: maybe, security: [{oauth: [admin]}, {}], responses: {"200": {description: ok}}}}
  /page: {get: {operationId: page, security: [{oauth: [admin]}], x-mcp: {kind: resource}, responses: {"200": {description: ok}}}}
  /pages/{id}:
    get:
      operationId: pages
      security: [{oauth: [admin]}]
      x-mcp: {kind: resource}
      parameters: [{name: id, in: path, required: true, schema: {type: string, enum: ["1", "2"]}}]
      responses: {"200": {description: ok}}
components:
  securitySchemes:
    oauth: {type: oauth2, flows: {}}
    oidc: {type: openIdConnect, openIdConnectUrl: https://login.example.com/.well-known/openid-configuration}
    key: {type: apiKey, in: header, name: X-API-Key}
`

// keyring has a key for each caller, who has the scopes of the same name.
func keyring(t *testing.T) (verify auth.Verifier, keys map[string]string) {
	t.Helper()
	keys = map[string]string{}
	var list []auth.Key
	for _, name := range []string{"nobody", "read", "read write", "read write admin"} {
		key := auth.GenerateKey()
		digest, err := auth.Digest(key)
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = key
		list = append(list, auth.Key{Name: name, SHA256: digest, Scopes: strings.Fields(name)})
	}
	verify, err := auth.NewKeys(list)
	if err != nil {
		t.Fatal(err)
	}
	return verify, keys
}

func serveScoped(t *testing.T, resource *auth.Resource) (ts *httptest.Server, keys map[string]string, called *[]string) {
	t.Helper()
	resource.Verifier, keys = keyring(t)
	called = new([]string)
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*called = append(*called, r.URL.Path)
		io.WriteString(w, "ok")
	})
	mux := http.NewServeMux()
	srv, err := mcpmount.New(parse(t, scopedSpec), mcpmount.InProcess(api), &mcpmount.Options{Auth: resource, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		t.Fatal(err)
	}
	ts = httptest.NewServer(mux)
	t.Cleanup(ts.Close)
	return ts, keys, called
}

// What a caller lacks scopes for is not listed, and unknown to calls, in every
// era.
func TestScopesHide(t *testing.T) {
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			ts, keys, called := serveScoped(t, &auth.Resource{})
			for who, want := range map[string][]string{
				"nobody":           {"key", "maybe", "open"},
				"read":             {"either", "key", "maybe", "open", "read"},
				"read write":       {"either", "key", "maybe", "open", "read", "write"},
				"read write admin": {"admin", "either", "key", "maybe", "open", "read", "write"},
			} {
				// A security scheme that is not a token's says nothing of scopes.
				if who != "read write admin" {
					want = slices.DeleteFunc(slices.Clone(want), func(name string) bool { return name == "key" })
				}
				session := e.connect(t, ts.URL+"/mcp", http.Header{"Authorization": {"Bearer " + keys[who]}}, nil)
				list, err := session.ListTools(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				var names []string
				for _, tool := range list.Tools {
					names = append(names, tool.Name)
				}
				if !slices.Equal(names, want) {
					t.Errorf("%s lists %q, want %q", who, names, want)
				}
				for _, name := range []string{"read", "write", "either", "key", "open", "maybe"} {
					*called = nil
					_, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: name})
					_, unknown := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "nothing"})
					switch allowed := slices.Contains(want, name); {
					case allowed && (err != nil || len(*called) != 1):
						t.Errorf("%s calls %s: %v", who, name, err)
					case !allowed && (err == nil || len(*called) != 0):
						t.Errorf("%s can call %s", who, name)
					case !allowed && err.Error() != strings.Replace(unknown.Error(), "nothing", name, 1):
						t.Errorf("%s learns that %s is there: %v", who, name, err)
					}
				}
				resources, err := session.ListResources(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				templates, err := session.ListResourceTemplates(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				admin := who == "read write admin"
				if (len(resources.Resources) == 1) != admin || (len(templates.ResourceTemplates) == 1) != admin {
					t.Errorf("%s lists %d resources and %d templates", who, len(resources.Resources), len(templates.ResourceTemplates))
				}
				completed, err := session.Complete(t.Context(), &mcp.CompleteParams{
					Ref: &mcp.CompleteReference{Type: "ref/resource", URI: "api://scoped/pages/{id}"}, Argument: mcp.CompleteParamsArgument{Name: "id"},
				})
				if (err == nil) != admin || admin && len(completed.Completion.Values) != 2 {
					t.Errorf("%s completes to %v, %v", who, completed, err)
				}
				for _, uri := range []string{"api://scoped/page", "api://scoped/pages/1"} {
					*called = nil
					_, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri})
					if (err == nil) != admin || (len(*called) == 1) != admin {
						t.Errorf("%s reads %s: %v, the API was called %d times", who, uri, err, len(*called))
					}
				}
			}
		})
	}
}

// A cache between the callers must not give one the list of another, even if
// lists may be held otherwise.
func TestScopesCaching(t *testing.T) {
	verify, keys := keyring(t)
	srv := newScopedServer(t, &mcpmount.Options{Auth: &auth.Resource{Verifier: verify}, Server: func(o *mcp.ServerOptions) {
		o.SetCacheable = func(_ context.Context, _ mcp.Request, c *mcp.Cacheable) { c.TTLMs, c.CacheScope = 1000, "public" }
	}})
	for _, method := range []string{"tools/list", "resources/list", "resources/templates/list"} {
		body, h := modern(method)
		h = with(h, "Authorization", "Bearer "+keys["read"])
		if w := send(t.Context(), srv, body, h); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"ttlMs":1000,"cacheScope":"private"`) {
			t.Errorf("%s: %d %s", method, w.Code, w.Body)
		}
	}
}

func newScopedServer(t *testing.T, opts *mcpmount.Options) *mcpmount.Server {
	t.Helper()
	opts.Logger = slog.New(slog.DiscardHandler)
	srv, err := mcpmount.New(parse(t, scopedSpec), mcpmount.InProcess(http.NotFoundHandler()), opts)
	if err != nil {
		t.Fatal(err)
	}
	return srv
}

func postAs(t *testing.T, url, body string, header http.Header) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/json"}}
	for name, values := range header {
		r.Header[name] = values
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(said)
}

const callWrite = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write"}}`

// Where tools are hidden, the metadata are all that tells a client which scopes
// there are to ask for.
func TestScopesInMetadata(t *testing.T) {
	for name, c := range map[string]struct {
		resource auth.Resource
		want     []string
	}{
		"tools are hidden": {auth.Resource{Scopes: []string{"read"}}, []string{"read", "admin", "write"}},
		"tools are listed": {auth.Resource{Scopes: []string{"read"}, StepUp: true}, []string{"read"}},
		"chosen":           {auth.Resource{ScopesSupported: []string{"other"}}, []string{"other"}},
		"renamed":          {auth.Resource{ScopeNames: map[string]string{"write": "api://write"}}, []string{"admin", "read", "api://write"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.resource.URL, c.resource.AuthorizationServers = "https://api.example.com/mcp", []string{"https://login.example.com"}
			ts, _, _ := serveScoped(t, &c.resource)
			var got struct {
				Scopes []string `json:"scopes_supported"`
			}
			resp, err := http.Get(ts.URL + auth.WellKnown + "/mcp")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || !slices.Equal(got.Scopes, c.want) {
				t.Errorf("the metadata name %q (%v), want %q", got.Scopes, err, c.want)
			}
		})
	}
}

func TestScopesStepUp(t *testing.T) {
	t.Parallel()
	ts, keys, called := serveScoped(t, &auth.Resource{
		StepUp: true, URL: "https://api.example.com/mcp", AuthorizationServers: []string{"https://login.example.com"},
	})
	bearer := func(who string) http.Header { return http.Header{"Authorization": {"Bearer " + keys[who]}} }
	_, list := postAs(t, ts.URL+"/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, bearer("read"))
	if !strings.Contains(list, `"write"`) {
		t.Errorf("not listed: %s", list)
	}
	res, said := postAs(t, ts.URL+"/mcp", callWrite, bearer("read"))
	want := `Bearer error="insufficient_scope", error_description="the access token lacks a scope", scope="read write", ` +
		`resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/mcp"`
	if got := res.Header.Get("WWW-Authenticate"); res.StatusCode != http.StatusForbidden || got != want {
		t.Errorf("%d %s\nwant %s\n%s", res.StatusCode, got, want, said)
	}
	// What every request needs, and what the caller has, is asked for again.
	ts2, keys2, _ := serveScoped(t, &auth.Resource{StepUp: true, Scopes: []string{"read"}})
	res, _ = postAs(t, ts2.URL+"/mcp", strings.Replace(callWrite, `"write"`, `"admin"`, 1), http.Header{"Authorization": {"Bearer " + keys2["read write"]}})
	if got := res.Header.Get("WWW-Authenticate"); !strings.Contains(got, `scope="read write admin"`) {
		t.Errorf("%d %s", res.StatusCode, got)
	}
	for name, body := range map[string]string{
		"batch":             "[" + callWrite + "]",
		"method in capital": strings.Replace(callWrite, `"method":"tools/call"`, `"method":"tools/call","Method":"ping"`, 1),
		"method twice":      strings.Replace(callWrite, `"method":"tools/call"`, `"method":"ping","method":"tools/call"`, 1),
		"escaped":           strings.Replace(callWrite, `"write"`, `"wr\u0069te"`, 1),
	} {
		if _, said := postAs(t, ts.URL+"/mcp", body, bearer("read")); len(*called) > 0 {
			t.Errorf("%s: %s", name, said)
		}
	}
	if res, said := postAs(t, ts.URL+"/mcp", callWrite, bearer("read write")); res.StatusCode != http.StatusOK || len(*called) != 1 {
		t.Errorf("%d %s", res.StatusCode, said)
	}
}

// Nothing is answered without a credential but the metadata.
func TestEveryRequestNeedsACredential(t *testing.T) {
	t.Parallel()
	ts, keys, called := serveScoped(t, &auth.Resource{
		URL: "https://api.example.com/mcp", AuthorizationServers: []string{"https://login.example.com"}, KeyHeader: "X-Access-Key",
	})
	session, _ := postAs(t, ts.URL+"/mcp", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`,
		http.Header{"X-Access-Key": {keys["read"]}})
	id := session.Header.Get("Mcp-Session-Id")
	if id == "" {
		t.Fatalf("no session: %s", session.Status)
	}
	for _, credential := range []http.Header{
		nil, {"Authorization": {"Bearer x"}}, {"Authorization": {"Basic " + keys["read"]}}, {"X-API-Key": {keys["read"]}}, {"Cookie": {"key=" + keys["read"]}},
	} {
		for _, c := range []struct{ method, path, body string }{
			{"POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`},
			{"POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"ping"}`},
			{"POST", "/mcp", `{`},
			{"POST", "/mcp?access_token=" + keys["read"], callWrite},
			{"POST", "/mcp/", callWrite},
			{"GET", "/mcp", ""},
			{"DELETE", "/mcp", ""},
			{"GET", "/mcp/sse", ""},
			{"POST", "/mcp/messages?sessionId=x", callWrite},
		} {
			r, err := http.NewRequestWithContext(t.Context(), c.method, ts.URL+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = http.Header{"Content-Type": {"application/json"}, "Mcp-Session-Id": {id}, "Accept": {"text/event-stream, application/json"}}
			for name, values := range credential {
				r.Header[name] = values
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s %s with %v: %s", c.method, c.path, credential, res.Status)
			}
		}
	}
	if len(*called) > 0 {
		t.Errorf("the API was called: %q", *called)
	}
	res, err := http.Get(ts.URL + "/.well-known/oauth-protected-resource/mcp")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var m struct{ Resource string }
	if err := json.NewDecoder(res.Body).Decode(&m); err != nil || m.Resource != "https://api.example.com/mcp" {
		t.Errorf("metadata: %v, %v", m, err)
	}
}

// The session of one caller is nobody else's.
func TestSessionsAreTheirOpeners(t *testing.T) {
	t.Parallel()
	ts, keys, _ := serveScoped(t, &auth.Resource{})
	open, _ := postAs(t, ts.URL+"/mcp", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`,
		http.Header{"Authorization": {"Bearer " + keys["read"]}})
	id := open.Header.Get("Mcp-Session-Id")
	list := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	for who, want := range map[string]bool{"read": true, "read write": false} {
		res, said := postAs(t, ts.URL+"/mcp", list, http.Header{"Authorization": {"Bearer " + keys[who]}, "Mcp-Session-Id": {id}})
		if (res.StatusCode == http.StatusOK) != want {
			t.Errorf("%s: %s %s", who, res.Status, said)
		}
	}
}

func TestAuthOptions(t *testing.T) {
	t.Parallel()
	verify, _ := keyring(t)
	doc := parse(t, scopedSpec)
	network, err := mcpmount.Upstream("https://api.example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		api  http.RoundTripper
		opts mcpmount.Options
	}{
		"no verifier":            {network, mcpmount.Options{Auth: &auth.Resource{}}},
		"no URL":                 {network, mcpmount.Options{Auth: &auth.Resource{Verifier: verify, AuthorizationServers: []string{"https://login.example.com"}}}},
		"forwards Authorization": {network, mcpmount.Options{Auth: &auth.Resource{Verifier: verify}, ForwardHeaders: []string{"authorization"}}},
		"forwards cookies":       {network, mcpmount.Options{Auth: &auth.Resource{Verifier: verify}, ForwardHeaders: []string{"Cookie"}}},
		"forwards the key":       {network, mcpmount.Options{Auth: &auth.Resource{Verifier: verify, KeyHeader: "X-API-Key"}, ForwardHeaders: []string{"x-api-key"}}},
	} {
		if _, err := mcpmount.New(doc, c.api, &c.opts); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, c := range map[string]struct {
		api  http.RoundTripper
		opts mcpmount.Options
	}{
		"URL of the server": {network, mcpmount.Options{PublicURL: "https://api.example.com/mcp", Auth: &auth.Resource{Verifier: verify, AuthorizationServers: []string{"https://login.example.com"}}}},
		"in process":        {mcpmount.InProcess(http.NotFoundHandler()), mcpmount.Options{Auth: &auth.Resource{Verifier: verify}, ForwardHeaders: []string{"Authorization"}}},
	} {
		if _, err := mcpmount.New(doc, c.api, &c.opts); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The handler of the API sees the caller's own credential, and hand-written
// tools know who calls.
func TestAuthInside(t *testing.T) {
	t.Parallel()
	verify, keys := keyring(t)
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Header.Get("Authorization")) })
	srv, err := mcpmount.New(parse(t, scopedSpec), mcpmount.InProcess(api), &mcpmount.Options{Auth: &auth.Resource{Verifier: verify}})
	if err != nil {
		t.Fatal(err)
	}
	err = srv.Extend(func(s *mcp.Server) {
		mcp.AddTool(s, &mcp.Tool{Name: "who", Description: "who calls"}, func(ctx context.Context, req *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: fmt.Sprint(sdk.TokenInfoFromContext(ctx).UserID, req.Extra.TokenInfo.UserID)}}}, nil, nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	for _, e := range eras[:3] {
		session := e.connect(t, ts.URL, http.Header{"Authorization": {"Bearer " + keys["read"]}}, nil)
		if got := text(call(t, session, "read", nil)); got != "Bearer "+keys["read"] {
			t.Errorf("%s: the API saw %q", e.name, got)
		}
		if got := text(call(t, session, "who", nil)); got != "key|readkey|read" {
			t.Errorf("%s: a hand-written tool saw %q", e.name, got)
		}
	}
}

// A tool that needs more from now on is not called by who was let in before.
func TestScopesOfAnUpdate(t *testing.T) {
	verify, keys := keyring(t)
	var srv *mcpmount.Server
	called := false
	srv, err := mcpmount.New(parse(t, scopedSpec), mcpmount.InProcess(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true })), &mcpmount.Options{
		Auth: &auth.Resource{Verifier: verify}, Logger: slog.New(slog.DiscardHandler),
		Middleware: []mcp.Middleware{func(next mcp.MethodHandler) mcp.MethodHandler {
			return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
				if method == "tools/call" {
					if err := srv.Update(parse(t, strings.Replace(scopedSpec, "security: [], ", "", 1))); err != nil {
						t.Error(err)
					}
				}
				return next(ctx, method, req)
			}
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	session := eras[0].connect(t, ts.URL, http.Header{"Authorization": {"Bearer " + keys["nobody"]}}, nil)
	if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "open"}); err == nil || called {
		t.Errorf("called = %v, error %v", called, err)
	}
}
