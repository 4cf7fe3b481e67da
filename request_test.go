package mcpmount

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBuildURL(t *testing.T) {
	id := Parameter{Name: "id", In: InPath}
	tests := []struct {
		name, base, path string
		params           []Parameter
		values           string
		want             string
	}{
		{"plain", "", "/users/{id}", []Parameter{id}, `{"id":123}`, "http://localhost/users/123"},
		{"base path", "/v1", "/users/{id}", []Parameter{id}, `{"id":123}`, "http://localhost/v1/users/123"},
		{"escaped base path", "/a b/c%2Fd", "/x", nil, `{}`, "http://localhost/a%20b/c%2Fd/x"},
		{"root", "", "/", nil, `{}`, "http://localhost/"},
		{"trailing slash", "", "/users/{id}/", []Parameter{id}, `{"id":1}`, "http://localhost/users/1/"},
		{"double slash", "/v1", "/a//{id}", []Parameter{id}, `{"id":1}`, "http://localhost/v1/a//1"},
		{"inside a segment", "", "/v{id}/x-{id}.json", []Parameter{id}, `{"id":1}`, "http://localhost/v1/x-1.json"},
		{"two in a segment", "", "/{id}.{ext}", []Parameter{id, {Name: "ext", In: InPath}}, `{"id":"a","ext":"b"}`, "http://localhost/a.b"},
		{"literal escaped minimally", "", "/a b/é/100%/%2F/(x):y@z", nil, `{}`, "http://localhost/a%20b/%C3%A9/100%25/%2F/(x):y@z"},
		{"custom method", "", "/{id}:cancel", []Parameter{id}, `{"id":"a"}`, "http://localhost/a:cancel"},
		{"brace without partner", "", "/a{b", nil, `{}`, "http://localhost/a%7Bb"},
		{"query", "", "/items", []Parameter{{Name: "a", In: InQuery}, {Name: "b", In: InQuery}}, `{"b":1,"a":"x y"}`, "http://localhost/items?a=x%20y&b=1"},
		{"fixed query", "", "/list?action=start", []Parameter{{Name: "force", In: InQuery}}, `{"force":true}`, "http://localhost/list?action=start&force=true"},
		{"fixed query stands", "", "/list?action=start", []Parameter{{Name: "action", In: InQuery}}, `{"action":"stop"}`, "http://localhost/list?action=start"},
		{"fixed query written otherwise", "", "/list?a%63tion=start", []Parameter{{Name: "action", In: InQuery}}, `{"action":"stop"}`, "http://localhost/list?a%63tion=start"},
		{"fixed query without a value", "", "/bucket?acl", []Parameter{{Name: "v", In: InQuery}}, `{"v":1}`, "http://localhost/bucket?acl&v=1"},
		{"placeholder in the query", "", "/x?Action=Foo&b={b}", []Parameter{{Name: "b", In: InPath}}, `{"b":"1&Action=Bar"}`, "http://localhost/x?Action=Foo&b=1%26Action%3DBar"},
		{"query parameter in the query", "", "/x?Action=Foo&b={b}", []Parameter{{Name: "b", In: InQuery}}, `{"b":["1","2"]}`, "http://localhost/x?Action=Foo&b=1,2"},
		{"absent in the query", "", "/x?b={b}&Action=Foo", []Parameter{{Name: "b", In: InQuery}}, `{}`, "http://localhost/x?Action=Foo"},
		{"whole query behind a fixed one", "", "/x?Action=Foo", []Parameter{{Name: "v", In: "querystring", MediaType: "application/jsonpath"}}, `{"v":"$.a"}`, "http://localhost/x?Action=Foo&%24.a"},
		{"placeholder before the query", "", "/users/{id}?full=1", []Parameter{id}, `{"id":1}`, "http://localhost/users/1?full=1"},
		{"placeholder before a fragment", "", "/users/{id}#full", []Parameter{id}, `{"id":1}`, "http://localhost/users/1"},
		{"name with a question mark", "", "/users/{id?}/x", []Parameter{{Name: "id?", In: InPath}}, `{"id?":1}`, "http://localhost/users/1/x"},
		{"name with a number sign", "", "/users/{id#}/x", []Parameter{{Name: "id#", In: InPath}}, `{"id#":1}`, "http://localhost/users/1/x"},
		{"percent sign at the end", "", "/{id}/100%", []Parameter{id}, `{"id":1}`, "http://localhost/1/100%25"},
		{"fragment", "", "/list#frag", nil, `{}`, "http://localhost/list"},
		{"query and fragment", "", "/list?a=1#frag", nil, `{}`, "http://localhost/list?a=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := newRequestPlan(&Operation{Method: "GET", Path: tt.path}, parameterArguments(tt.params), nil)
			if err != nil {
				t.Fatal(err)
			}
			r, err := p.build(t.Context(), tt.base, parseValue(t, tt.values))
			if err != nil {
				t.Fatal(err)
			}
			if got := r.URL.String(); got != tt.want {
				t.Errorf("URL = %q, want %q", got, tt.want)
			}
			target := targetFrom(r.Context())
			if got, want := target.basePath+target.path, r.URL.EscapedPath(); got != want {
				t.Errorf("target = %q, want %q", got, want)
			}
		})
	}
}

// net/url parses the URL into the same Path and RawPath, so that a router sees
// what it would see of any other client.
func TestBuildURLParsesBack(t *testing.T) {
	for _, value := range []string{"a", "a b", "a@b", "é", "a(b)", "a%"} {
		r, err := buildParameters(t, "/x/{id}", []Parameter{{Name: "id", In: InPath}}, `{"id":"`+value+`"}`)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := r.URL.Parse(r.URL.String())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(parsed, r.URL); diff != "" {
			t.Errorf("URL for %q (-parsed +built):\n%s", value, diff)
		}
	}
}

func TestBuildRequest(t *testing.T) {
	op := &Operation{
		Method: "PATCH",
		Path:   "/items/{id}",
		Parameters: []Parameter{
			{Name: "id", In: InPath},
			{Name: "version", In: InQuery},
			{Name: "x-client-version", In: InHeader},
			{Name: "session_id", In: InCookie},
			{Name: "debug", In: InCookie},
		},
		RequestBody: &RequestBody{Content: []MediaType{{Type: "application/json"}}},
		Responses:   []Response{{Status: "200", Content: []MediaType{{Type: "application/json"}}}},
	}
	args := append(parameterArguments(op.Parameters),
		argument{name: "title", place: placeProperty, property: "title"},
		argument{name: "description", place: placeProperty, property: "description"})
	p, err := newRequestPlan(op, args, chooseBody(op.RequestBody))
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.build(t.Context(), "", parseValue(t, `{"id":"item123","version":2,"x-client-version":"1.0.0",
		"session_id":"abc123","debug":true,"title":"T","description":"D","unknown":"never sent"}`))
	if err != nil {
		t.Fatal(err)
	}
	if r.Proto != "HTTP/1.1" || !r.ProtoAtLeast(1, 1) || r.ProtoAtLeast(1, 2) {
		t.Errorf("the request is of %s, %d.%d", r.Proto, r.ProtoMajor, r.ProtoMinor)
	}
	wantHeader := http.Header{
		"Accept":           {"application/json, */*;q=0.1"},
		"Content-Type":     {"application/json"},
		"Cookie":           {"session_id=abc123; debug=true"},
		"User-Agent":       {"mcpmount"},
		"X-Client-Version": {"1.0.0"},
	}
	if diff := cmp.Diff(wantHeader, r.Header); diff != "" {
		t.Errorf("Header (-want +got):\n%s", diff)
	}
	body, _ := io.ReadAll(r.Body)
	if got, want := r.Method+" "+r.URL.String()+" "+string(body), `PATCH http://localhost/items/item123?version=2 {"title":"T","description":"D"}`; got != want {
		t.Errorf("request = %q, want %q", got, want)
	}
	if got, want := r.ContentLength, int64(len(body)); got != want {
		t.Errorf("ContentLength = %d, want %d", got, want)
	}
	again, err := r.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(again); string(got) != string(body) {
		t.Errorf("GetBody = %q, want %q", got, body)
	}
}

// Five things of one name go to five places.
func TestCollidingNames(t *testing.T) {
	op := &Operation{Method: "PUT", Path: "/things/{id}", Parameters: []Parameter{
		{Name: "id", In: InPath}, {Name: "id", In: InQuery}, {Name: "id", In: InHeader}, {Name: "id", In: InCookie},
	}}
	args := []argument{
		{name: "id__path", param: &op.Parameters[0]},
		{name: "id__query", param: &op.Parameters[1]},
		{name: "id__header", param: &op.Parameters[2]},
		{name: "id__cookie", param: &op.Parameters[3]},
		{name: "id", place: placeProperty, property: "id"},
	}
	p, err := newRequestPlan(op, args, &MediaType{Type: "application/json"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.build(t.Context(), "", parseValue(t, `{"id":5,"id__path":1,"id__query":2,"id__header":3,"id__cookie":4}`))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(r.Body)
	got := []string{r.URL.Path, r.URL.RawQuery, r.Header.Get("Id"), r.Header.Get("Cookie"), string(body)}
	if diff := cmp.Diff([]string{"/things/1", "id=2", "3", "id=4", `{"id":5}`}, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestRequestPlanErrors(t *testing.T) {
	in := func(places ...string) (params []Parameter) {
		for _, place := range places {
			params = append(params, Parameter{Name: "x", In: place})
		}
		return params
	}
	tests := []struct {
		name string
		op   Operation
		body *MediaType
		args []argument
		want string
	}{
		{"method", Operation{Method: "GET X", Path: "/"}, nil, nil, `method "GET X" cannot be sent`},
		{"no method", Operation{Path: "/"}, nil, nil, `method "" cannot be sent`},
		{"CONNECT", Operation{Method: "CONNECT", Path: "/"}, nil, nil, `method "CONNECT" cannot be sent`},
		{"no slash", Operation{Method: "GET", Path: "x"}, nil, nil, `the path must begin with "/"`},
		{"dots", Operation{Method: "GET", Path: "/a/../b"}, nil, nil, `the path must not have a segment "." or ".."`},
		{"dots behind a backslash", Operation{Method: "GET", Path: `/a\..\b`}, nil, nil, `the path must not have a segment "." or ".."`},
		{"escaped dots", Operation{Method: "GET", Path: "/a/%2e%2E/b"}, nil, nil, `the path must not have a segment "." or ".."`},
		{"half an escape", Operation{Method: "GET", Path: "/a%2{x}", Parameters: in(InPath)}, nil, nil, "the path has the beginning of an escape before a placeholder"},
		{"no parameter", Operation{Method: "GET", Path: "/{y}"}, nil, nil, `no path parameter fills {y} in "/{y}"`},
		{"no parameter in the query", Operation{Method: "GET", Path: "/?a={y}"}, nil, nil, `no parameter fills {y} in "/?a={y}"`},
		{"placeholder as a name", Operation{Method: "GET", Path: "/?{x}=1", Parameters: in(InPath)}, nil, nil, `the name of "{x}=1" in the query must not be a placeholder`},
		{"no placeholder", Operation{Method: "GET", Path: "/", Parameters: in(InPath)}, nil, nil, `path parameter "x" is not in the path`},
		{"twice", Operation{Method: "GET", Path: "/", Parameters: in(InQuery, InQuery)}, nil, nil, `query parameter "x" is there twice`},
		{"place", Operation{Method: "GET", Path: "/", Parameters: in("body")}, nil, nil, `parameter "x" is in "body", which is no place of a request`},
		{"querystring", Operation{Method: "GET", Path: "/", Parameters: in(InQuery, "querystring")}, nil, nil, "a querystring parameter excludes query parameters"},
		{"header", Operation{Method: "GET", Path: "/", Parameters: []Parameter{{Name: "Host", In: InHeader}}}, nil, nil, `header parameter "Host" cannot be sent: arguments must not set this header`},
		{"header in two cases", Operation{Method: "GET", Path: "/", Parameters: []Parameter{{Name: "X-A", In: InHeader}, {Name: "x-a", In: InHeader}}}, nil, nil, `header parameter "x-a" is there twice`},
		{"cookie name", Operation{Method: "GET", Path: "/", Parameters: []Parameter{{Name: "a b", In: InCookie, Style: "cookie"}}}, nil, nil, `cookie parameter "a b" cannot be sent: its name is not a token (RFC 6265 section 4.1.1)`},
		{"no media type", Operation{Method: "POST", Path: "/"}, nil, []argument{{name: "b", place: placeBody}}, "there are arguments for a body, and no media type to send it in"},
		{"bad media type", Operation{Method: "POST", Path: "/"}, &MediaType{Type: "text/plain\r\nX: y"}, nil, `"text/plain\r\nX: y" is not a media type`},
		{"no name", Operation{Method: "GET", Path: "/", Parameters: []Parameter{{In: InQuery}}}, nil, nil, "a query parameter has no name"},
		{"property of text", Operation{Method: "POST", Path: "/"}, &MediaType{Type: "text/plain"}, []argument{{name: "a", place: placeProperty, property: "a"}}, `argument "a" is a property of the body, and text/plain has none`},
		{"two bodies", Operation{Method: "POST", Path: "/"}, &MediaType{Type: "text/plain"}, []argument{{name: "a", place: placeBody}, {name: "b", place: placeBody}}, `arguments "a" and "b" are both the whole body`},
		{"body and property", Operation{Method: "POST", Path: "/"}, &MediaType{Type: "application/json"}, []argument{{name: "a", place: placeBody}, {name: "b", place: placeProperty, property: "b"}}, `argument "a" is the whole body, and "b" is one of its properties`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := newRequestPlan(&tt.op, append(parameterArguments(tt.op.Parameters), tt.args...), tt.body)
			if err == nil || err.Error() != tt.want {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestRequestLimits(t *testing.T) {
	params := []Parameter{{Name: "q", In: InQuery}, {Name: "h", In: InHeader}, {Name: "c", In: InCookie}, {Name: "d", In: InCookie}}
	tests := []struct {
		name, values, want string
	}{
		{"URL", `{"q":"` + strings.Repeat("a", maxURL) + `"}`, "the arguments make the URL 16388 bytes long; at most 16384 are sent"},
		{"header", `{"h":"` + strings.Repeat("a", 8193) + `"}`, `argument "h" must not be longer than 8192 bytes in a header`},
		{"cookies", `{"c":"` + strings.Repeat("a", 5000) + `","d":"` + strings.Repeat("a", 5000) + `"}`, "the cookies must not be longer than 8192 bytes together"},
	}
	for _, tt := range tests {
		_, err := buildParameters(t, "/", params, tt.values)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: error = %v, want %q", tt.name, err, tt.want)
		}
	}
	if _, err := buildParameters(t, "/", params, `{"q":"`+strings.Repeat("a", maxURL-4)+`","h":"`+strings.Repeat("a", 8192)+`"}`); err != nil {
		t.Errorf("at the limits: %v", err)
	}
}

// A base path cannot lead out of itself either.
func TestBasePathErrors(t *testing.T) {
	p, err := newRequestPlan(&Operation{Method: "GET", Path: "/x"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{"/v1/..", "/%2e%2e", "v1"} {
		if r, err := p.build(t.Context(), base, nil); err == nil {
			t.Errorf("build with base path %q = %q, want an error", base, r.URL)
		}
	}
}

func TestAcceptHeader(t *testing.T) {
	content := func(types ...string) (content []MediaType) {
		for _, t := range types {
			content = append(content, MediaType{Type: t})
		}
		return content
	}
	tests := []struct {
		name      string
		responses []Response
		want      string
	}{
		{"none", nil, "application/json, */*;q=0.1"},
		{"no content", []Response{{Status: "204"}}, "application/json, */*;q=0.1"},
		{"JSON first", []Response{{Status: "200", Content: content("text/html", "application/json")}}, "application/json, text/html;q=0.9, */*;q=0.1"},
		{"no JSON", []Response{{Status: "200", Content: content("image/png")}}, "image/png, */*;q=0.1"},
		{"only errors are JSON", []Response{{Status: "200", Content: content("text/csv")}, {Status: "400", Content: content("application/problem+json")}}, "text/csv, */*;q=0.1"},
		{"range", []Response{{Status: "2XX", Content: content("application/hal+json")}}, "application/hal+json, */*;q=0.1"},
		{"default", []Response{{Status: "default", Content: content("text/plain")}}, "text/plain, */*;q=0.1"},
		{"default is for errors", []Response{{Status: "201"}, {Status: "default", Content: content("text/plain")}}, "application/json, */*;q=0.1"},
		{"charset", []Response{{Status: "200", Content: content("application/json; charset=utf-8", "application/json")}}, "application/json, */*;q=0.1"},
		{"version", []Response{{Status: "200", Content: content("application/json; version=2")}}, "application/json; version=2, */*;q=0.1"},
		{"anything", []Response{{Status: "200", Content: content("*/*")}}, "application/json, */*;q=0.1"},
		{"injection", []Response{{Status: "200", Content: content("text/plain\r\nX: y", "no type")}}, "application/json, */*;q=0.1"},
	}
	for _, tt := range tests {
		if got := acceptHeader(tt.responses); got != tt.want {
			t.Errorf("%s: acceptHeader = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestHeadersOfTheDocument(t *testing.T) {
	header := func(name, schema string, required bool) Parameter {
		return Parameter{Name: name, In: InHeader, Schema: schemaOf(t, schema), Required: required}
	}
	json := RequestBody{Content: []MediaType{{Type: "application/json"}}}
	tests := []struct {
		name                string
		params              []Parameter
		body                *RequestBody
		accept, contentType string
	}{
		{"a version", []Parameter{header("accept", `{"default": "application/vnd.x+json;version=2"}`, true)}, nil, "application/vnd.x+json;version=2", ""},
		{"JSON of several", []Parameter{header("Accept", `{"default": "application/toml", "enum": ["application/toml", "application/json"]}`, false)}, nil, "application/json", ""},
		{"no JSON", []Parameter{header("Accept", `{"const": "text/csv"}`, false)}, nil, "text/csv", ""},
		{"no value", []Parameter{header("Accept", `{"type": "string"}`, true), header("Content-Type", `{"type": "string"}`, true)}, nil, "application/json, */*;q=0.1", ""},
		{"no media type", []Parameter{header("Accept", `{"default": "all\r\nX: y"}`, true)}, nil, "application/json, */*;q=0.1", ""},
		{"required without a body", []Parameter{header("content-type", `{"enum": ["application/json"]}`, true)}, nil, "application/json, */*;q=0.1", "application/json"},
		{"optional without a body", []Parameter{header("Content-Type", `{"enum": ["application/json"]}`, false)}, nil, "application/json, */*;q=0.1", ""},
		{"required beside a body", []Parameter{header("Content-Type", `{"default": "text/plain"}`, true)}, &json, "application/json, */*;q=0.1", "application/json"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			op := &Operation{Method: "POST", Path: "/", Parameters: tt.params, RequestBody: tt.body}
			var args []argument
			if tt.body != nil {
				args = []argument{{name: "body", place: placeBody}}
			}
			p, err := newRequestPlan(op, args, chooseBody(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			r, err := p.build(t.Context(), "", parseValue(t, `{"body": {}}`))
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Header.Get("Accept"); got != tt.accept {
				t.Errorf("Accept = %q, want %q", got, tt.accept)
			}
			if got := r.Header.Get("Content-Type"); got != tt.contentType {
				t.Errorf("Content-Type = %q, want %q", got, tt.contentType)
			}
		})
	}
}

// Requests of one plan share nothing that a transport may change.
func TestRequestsAreIndependent(t *testing.T) {
	p, err := newRequestPlan(&Operation{Method: "GET", Path: "/"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, err := p.build(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	first.Header["Accept"][0] = "changed"
	first.Header["Accept"] = append(first.Header["Accept"], "appended")
	second, err := p.build(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := second.Header.Get("Accept"), "application/json, */*;q=0.1"; got != want {
		t.Errorf("Accept = %q, want %q", got, want)
	}
	if got := first.Header.Get("User-Agent"); got != userAgent {
		t.Errorf("User-Agent = %q, want %q", got, userAgent)
	}
}

func BenchmarkBuild(b *testing.B) {
	params := []Parameter{{Name: "id", In: InPath}, {Name: "limit", In: InQuery}, {Name: "q", In: InQuery}}
	get, err := newRequestPlan(&Operation{Method: "GET", Path: "/orders/{id}"}, parameterArguments(params), nil)
	if err != nil {
		b.Fatal(err)
	}
	post, err := newRequestPlan(&Operation{Method: "POST", Path: "/orders"}, []argument{
		{name: "name", place: placeProperty, property: "name"}, {name: "count", place: placeProperty, property: "count"},
	}, &MediaType{Type: "application/json"})
	if err != nil {
		b.Fatal(err)
	}
	for _, bm := range []struct {
		name   string
		plan   *requestPlan
		values string
	}{
		{"get", get, `{"id":"A-1001","limit":50,"q":"open"}`},
		{"escaped", get, `{"id":"a@b.example","limit":50,"q":"open orders"}`},
		{"post", post, `{"name":"tea","count":3}`},
	} {
		b.Run(bm.name, func(b *testing.B) {
			values := parseValue(b, bm.values)
			ctx := b.Context()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bm.plan.build(ctx, "/v1", values); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
