package mcpmount_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount"
)

// Who has the context of a call does not make another request of it, nor sends the
// request of the call somewhere else: neither where credentials are fetched, nor in a
// handler. The call itself is none the worse for it.
func TestContextOfCallIsNoPass(t *testing.T) {
	const spec = `
openapi: 3.1.0
info: {title: One, version: "1"}
security: [{key: []}]
paths:
  /one:
    get: {operationId: one, responses: {"200": {description: one}}}
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}
`
	var transport http.RoundTripper
	try := func(r *http.Request) string {
		res, err := transport.RoundTrip(r)
		if err == nil {
			res.Body.Close()
			return res.Status
		}
		return err.Error()
	}
	fetch := func(ctx context.Context) string {
		r, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/token", nil)
		return try(r)
	}
	var seen, refused []string
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Method+" "+r.RequestURI)
		if len(seen) == 1 && mcpmount.RequestFrom(r.Context()) != nil {
			refused = append(refused, fetch(r.Context()), try(r), try(r.WithContext(context.WithValue(r.Context(), "key", "value")))) //nolint:staticcheck // any key will do
		}
		io.WriteString(w, "one, with "+r.Header.Get("X-Key"))
	})
	site := httptest.NewServer(api)
	t.Cleanup(site.Close)
	service, err := mcpmount.Upstream(site.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, rt := range map[string]http.RoundTripper{"in process": mcpmount.InProcess(api), "service": service} {
		for _, slow := range []bool{false, true} {
			transport, seen, refused = rt, nil, nil
			srv, err := mcpmount.New(parse(t, spec), rt, &mcpmount.Options{
				Logger: slog.New(slog.DiscardHandler), NoFastPath: slow,
				Credentials: func(ctx context.Context, _ string) (mcpmount.Credential, error) {
					refused = append(refused, fetch(ctx))
					return mcpmount.Credential{Secret: "the-key-of-the-api"}, nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			got := callPlain(t, srv, "one", "{}")
			if !strings.Contains(got, "one, with ") || strings.Contains(got, "isError") || !slices.Equal(seen, []string{"GET /one"}) {
				t.Errorf("%s, without the fast path %t: the API saw %q, the answer is %s", name, slow, seen, got)
			}
			for _, why := range refused {
				if !strings.HasPrefix(why, "request refused: ") {
					t.Errorf("%s, without the fast path %t: %q", name, slow, refused)
				}
			}
			srv.Shutdown(t.Context())
		}
	}
}

// What the caller says is checked before it is forwarded, whoever has let it in: it
// cannot end a field and begin another one.
func TestForwardedLineBreak(t *testing.T) {
	var seen []string
	api := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, r.Header.Get("X-User")) })
	site := httptest.NewServer(api)
	t.Cleanup(site.Close)
	service, err := mcpmount.Upstream(site.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, rt := range map[string]http.RoundTripper{"in process": mcpmount.InProcess(api), "service": service, "wrapped": wrapped{mcpmount.InProcess(api)}} {
		for _, slow := range []bool{false, true} {
			srv, err := mcpmount.New(parse(t, notesSpec), rt, &mcpmount.Options{
				Logger: slog.New(slog.DiscardHandler), NoFastPath: slow, ForwardHeaders: []string{"X-User"},
			})
			if err != nil {
				t.Fatal(err)
			}
			seen = nil
			for _, user := range []string{"eve\r\nX-Role: admin", "eve\x00", "alice"} {
				got := send(t.Context(), srv, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}}`, http.Header{"X-User": {user}}).Body.String()
				if user != "alice" && !strings.Contains(got, "request refused: a header has a line break") {
					t.Errorf("%s, without the fast path %t, %q: %s", name, slow, user, got)
				}
			}
			if !slices.Equal(seen, []string{"alice"}) {
				t.Errorf("%s, without the fast path %t: the API saw %q", name, slow, seen)
			}
			srv.Shutdown(t.Context())
		}
	}
}
