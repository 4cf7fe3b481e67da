package mcpmount_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
)

// What a caller lacks scopes for is answered as if it were not there, byte by byte
// and header by header, in a session and without.
func TestHiddenIsUnknown(t *testing.T) {
	verify, keys := keyring(t)
	srv := newScopedServer(t, &mcpmount.Options{Auth: &auth.Resource{Verifier: verify}})
	who := http.Header{"Authorization": {"Bearer " + keys["nobody"]}, "Accept": {"application/json, text/event-stream"}}
	inSession := openAs(t, srv, who)
	modernly := func(method, name string) http.Header {
		h := headerOf("2026-07-28", method, name)
		h["Authorization"] = who["Authorization"]
		return h
	}
	for _, c := range []struct{ method, key, hidden, missing string }{
		{"tools/call", "name", "admin", "nimda"},
		{"tools/call", "name", "write", "etirw"},
		{"resources/read", "uri", "api://scoped/page", "api://scoped/gape"},
		{"resources/read", "uri", "api://scoped/pages/1", "api://scoped/segap/1"},
	} {
		for era, h := range map[string]func(name string) http.Header{
			"no session":  func(string) http.Header { return who },
			"session":     func(string) http.Header { return inSession },
			"2026-07-28":  func(name string) http.Header { return modernly(c.method, name) },
			"header lies": func(string) http.Header { return modernly(c.method, "other") },
		} {
			answer := func(name string) string {
				meta := ""
				if strings.HasPrefix(h(name).Get("Mcp-Protocol-Version"), "2026") {
					meta = "," + modernMeta
				}
				w := send(t.Context(), srv, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%q:%q%s}}`, c.method, c.key, name, meta), h(name))
				lines := strings.Split(w.Body.String(), "\n")
				for i, line := range lines { // those of events differ each time
					if strings.HasPrefix(line, "id: ") {
						lines[i] = "id: X"
					}
				}
				header := w.Header().Clone()
				header.Del("Content-Length")
				_, length := w.Header()["Content-Length"]
				return fmt.Sprint(w.Code, header, length, strings.ReplaceAll(strings.Join(lines, "\n"), name, "NAME"))
			}
			if hidden, missing := answer(c.hidden), answer(c.missing); hidden != missing {
				t.Errorf("%s: %s of %s is answered\n%s\nand of what is not there\n%s", era, c.method, c.hidden, hidden, missing)
			}
		}
	}
}

// The headers that repeat arguments tell nobody of a tool that is hidden from them.
func TestHiddenHeaders(t *testing.T) {
	verify, keys := keyring(t)
	doc := parse(t, `
openapi: 3.1.0
info: {title: One, version: "1"}
paths:
  /x:
    get:
      operationId: admin
      security: [{oauth: [admin]}]
      parameters: [{name: region, in: query, schema: {type: string, x-mcp-header: Region}}]
      responses: {"200": {description: ok}}
components: {securitySchemes: {oauth: {type: oauth2, flows: {}}}}
`)
	for _, slow := range []bool{false, true} {
		srv, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{
			Logger: slog.New(slog.DiscardHandler), Auth: &auth.Resource{Verifier: verify}, NoFastPath: slow,
		})
		if err != nil {
			t.Fatal(err)
		}
		answer := func(who, name, arguments, header string) string {
			h := with(headerOf("2026-07-28", "tools/call", name), "Authorization", "Bearer "+keys[who])
			if header != "" {
				h.Set("Mcp-Param-Region", header)
			}
			w := send(t.Context(), srv, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,%s%s}}`, name, arguments, modernMeta), h)
			return fmt.Sprint(w.Code, w.Header(), strings.ReplaceAll(w.Body.String(), name, "NAME"))
		}
		for _, arguments := range []string{``, `"arguments":null,`, `"arguments":{},`, `"arguments":{"region":"eu"},`, `"arguments":{"region":{}},`} {
			for _, header := range []string{"", "eu", "us", "=?base64?!?="} {
				if hidden, missing := answer("nobody", "admin", arguments, header), answer("nobody", "nimda", arguments, header); hidden != missing {
					t.Errorf("%s with the header %q is answered\n%s\nand of what is not there\n%s", arguments, header, hidden, missing)
				}
			}
		}
		if got := answer("read write admin", "admin", `"arguments":{"region":"eu"},`, "us"); !strings.Contains(got, "-32020") {
			t.Errorf("who may know of it is told %s", got)
		}
	}
}

// An argument that clients repeat in a header is what the header says: no other argument, text
// or name is taken for it, since proxies decide by the header.
func TestMirroredArgumentsAreNotGuessed(t *testing.T) {
	doc := parse(t, `
openapi: 3.1.0
info: {title: One, version: "1"}
paths:
  /x:
    post:
      operationId: put
      parameters: [{name: "tenant[]", in: query, schema: {type: string, x-mcp-header: Tenant}}]
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                region: {type: string, x-mcp-header: Region}
                address: {type: object, properties: {zip: {type: string, x-mcp-header: Zip}}}
      responses: {"200": {description: ok}}
`)
	for _, slow := range []bool{false, true} {
		var sent []string
		api := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			sent = append(sent, r.URL.RawQuery+string(body))
		})
		srv, err := mcpmount.New(doc, mcpmount.InProcess(api), &mcpmount.Options{Logger: slog.New(slog.DiscardHandler), NoFastPath: slow})
		if err != nil {
			t.Fatal(err)
		}
		for arguments, want := range map[string][]string{
			`{}`:                                {""},
			`{"body":{"region":"eu"}}`:          nil,
			`{"address":"{\"zip\":\"89073\"}"}`: nil,
			`{"tenant[]":"a"}`:                  nil,
		} {
			sent = nil
			message := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"put","arguments":%s,%s}}`, arguments, modernMeta)
			w := send(t.Context(), srv, message, headerOf("2026-07-28", "tools/call", "put"))
			if !slices.Equal(sent, want) {
				t.Errorf("%s without headers sends %q: %s", arguments, sent, w.Body)
			}
		}
	}
}

// A call within a call, of another server, has its own arguments and its own
// caller, whichever way it is answered.
func TestServerWithinServer(t *testing.T) {
	const spec = `
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /items/{id}:
    get:
      operationId: item
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok}}
`
	for _, slow := range []bool{false, true} {
		var calls []mcpmount.Call
		inner, err := mcpmount.New(parse(t, spec), mcpmount.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "inner "+r.URL.Path+" for "+mcpmount.RequestFrom(r.Context()).Header.Get("X-Who"))
		})), &mcpmount.Options{NoFastPath: slow, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		outer, err := mcpmount.New(parse(t, spec), mcpmount.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, arguments := range []string{`{"id":"mine"}`, `{"wrong":1}`} {
				sent := httptest.NewRequestWithContext(r.Context(), http.MethodPost, "/mcp", strings.NewReader(
					`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"item","arguments":`+arguments+`}}`))
				sent.Header.Set("Content-Type", "application/json")
				sent.Header.Set("X-Who", "outer")
				answer := httptest.NewRecorder()
				inner.ServeHTTP(answer, sent)
				w.Write(answer.Body.Bytes())
			}
		})), &mcpmount.Options{Logger: slog.New(slog.DiscardHandler), Observe: func(_ context.Context, c mcpmount.Call) { calls = append(calls, c) }})
		if err != nil {
			t.Fatal(err)
		}
		got := send(t.Context(), outer, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"item","arguments":{"id":"theirs"}}}`, nil).Body.String()
		if !strings.Contains(got, "inner /items/mine for outer") {
			t.Errorf("without the fast path inside: %v; answered %s", slow, got)
		}
		if len(calls) != 1 || calls[0].Status != mcpmount.CallOK || calls[0].Reason != "" {
			t.Errorf("without the fast path inside: %v; the outer call is observed as %+v", slow, calls)
		}
	}
}
