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
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
)

const (
	metaParent   = "00-11111111111111111111111111111111-1111111111111111-01"
	headerParent = "00-22222222222222222222222222222222-2222222222222222-00"
	metaState    = "vendor=from meta"
	headerState  = "vendor=from header"
)

type (
	spanKey  struct{}
	routeKey struct{}
	begunKey struct{}
)

// A traced is an API, and what each place of a call knows of its trace.
type traced struct {
	mu   sync.Mutex
	seen []string
}

func (a *traced) note(ctx context.Context, place, name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	parent, state := mcpmount.TraceFrom(ctx)
	trace := "none"
	if parent != "" {
		trace = parent[3:4] + " " + state
	}
	a.seen = append(a.seen, fmt.Sprintf("%s: %s, %v, %v, %s", place, name, ctx.Value(spanKey{}), ctx.Value(routeKey{}), trace))
}

// take returns what was noted, and forgets it.
func (a *traced) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	seen := a.seen
	a.seen = nil
	return seen
}

func (a *traced) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.note(r.Context(), "the API", strings.Join(r.Header["Traceparent"], "+")+" "+strings.Join(r.Header["Tracestate"], "+"))
	w.WriteHeader(http.StatusNoContent)
}

// server returns a server of notes that are read as resources, and a tool of its own.
func (a *traced) server(t *testing.T, api http.RoundTripper, slow bool) *mcpmount.Server {
	t.Helper()
	doc := parse(t, notesSpec)
	for i := range doc.Operations {
		if doc.Operations[i].Name == "getNote" {
			doc.Operations[i].Kind = mcpmount.KindResource
		}
	}
	srv, err := mcpmount.New(doc, api, &mcpmount.Options{
		Logger: slog.New(slog.DiscardHandler), NoFastPath: slow,
		Trace: func(ctx context.Context, c mcpmount.Call) context.Context {
			a.note(ctx, "Trace", fmt.Sprint(c.Method, " ", c.Name, " ", c.Operation, " ", c.Status, " ", c.Reason))
			return context.WithValue(context.WithValue(ctx, spanKey{}, "span"), begunKey{}, c)
		},
		Observe: func(ctx context.Context, c mcpmount.Call) {
			begun, _ := ctx.Value(begunKey{}).(mcpmount.Call)
			if begun.ArgumentBytes != c.ArgumentBytes || begun.Principal != c.Principal {
				t.Errorf("Trace was told %+v, Observe %+v", begun, c)
			}
			a.note(ctx, "Observe", fmt.Sprint(c.Method, " ", c.Name, " ", c.Operation, " ", c.Status, " ", c.Reason))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Extend(func(s *mcp.Server) {
		mcp.AddTool(s, &mcp.Tool{Name: "own"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
			a.note(ctx, "the tool", "own")
			return &mcp.CallToolResult{}, nil, nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	return srv
}

// Trace is called before Observe with the trace of the message, and what it puts into the context is
// known to the API, to a hand-written tool and to Observe, in every era; the values of another
// request are not.
func TestTrace(t *testing.T) {
	stdio := era{name: "stdio"}
	for _, e := range append(slices.Clone(eras), stdio) {
		for _, slow := range []bool{false, true} {
			t.Run(fmt.Sprint(e.name, " slow ", slow), func(t *testing.T) {
				api := &traced{}
				srv := api.server(t, mcpmount.InProcess(api), slow)
				route, outside, trace := "POST", "POST", "2 "+headerState
				if e.name == "stdio" {
					near, far := mcp.NewInMemoryTransports()
					go srv.Run(context.WithValue(t.Context(), routeKey{}, "Run"), near)
					e.transport = func(string, http.Header) mcp.Transport { return far }
					route, outside, trace = "<nil>", "Run", "none"
				}
				ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					srv.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), routeKey{}, r.Method)))
				}))
				t.Cleanup(ts.Close)
				session := e.connect(t, ts.URL+"/mcp", http.Header{"Traceparent": {headerParent}, "Tracestate": {headerState}}, nil)
				api.take()

				sent := strings.Replace(trace, "none", " ", 1)
				if trace != "none" {
					sent = headerParent + " " + headerState
				}
				check := func(what string, want ...string) {
					t.Helper()
					if diff := cmp.Diff(want, api.take()); diff != "" {
						t.Errorf("%s (-want +got):\n%s", what, diff)
					}
				}
				const status = "tools/call whoami GET /whoami "
				meta := mcp.Meta{"traceparent": metaParent, "tracestate": metaState}
				session.CallTool(t.Context(), &mcp.CallToolParams{Name: "whoami", Arguments: map[string]any{}})
				check("the trace of the header",
					"Trace: "+status+" , <nil>, "+route+", "+trace,
					"the API: "+sent+", span, "+route+", "+trace,
					"Observe: "+status+"ok , span, "+route+", "+trace)
				session.CallTool(t.Context(), &mcp.CallToolParams{Name: "whoami", Meta: meta})
				const told = "1 " + metaState
				check("the trace of the message",
					"Trace: "+status+" , <nil>, "+route+", "+told,
					"the API: "+metaParent+" "+metaState+", span, "+route+", "+told,
					"Observe: "+status+"ok , span, "+route+", "+told)
				session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "api://notes/notes/7", Meta: mcp.Meta{"traceparent": metaParent}})
				const note = "resources/read api://notes/notes/{id} GET /notes/{id} "
				check("a resource",
					"Trace: "+note+" , <nil>, "+route+", 1 ",
					"the API: "+metaParent+" , span, "+route+", 1 ",
					"Observe: "+note+"ok , span, "+route+", 1 ")
				session.CallTool(t.Context(), &mcp.CallToolParams{Name: "nope", Meta: meta})
				check("no tool",
					"Trace: tools/call nope  refused unknown, <nil>, "+outside+", "+told,
					"Observe: tools/call nope  refused unknown, span, "+outside+", "+told)
				session.CallTool(t.Context(), &mcp.CallToolParams{Name: "own", Meta: meta})
				seen := api.take()
				for i, place := range []string{"Trace: tools/call own   , <nil>, ", "the tool: own, span, ", "Observe: tools/call own  ok , span, "} {
					if len(seen) != 3 || !strings.HasPrefix(seen[i], place) || !strings.HasSuffix(seen[i], ", "+told) {
						t.Errorf("a hand-written tool: %q", seen)
						break
					}
				}
			})
		}
	}
}

// Of a trace, what is not valid is dropped, and never keeps a call from being made; a valid one in the
// message comes before the header. It is so with and without the fast path, in process and upstream.
func TestTraceOfMessages(t *testing.T) {
	for _, tt := range []struct{ name, meta, parent, state string }{
		{"nothing", ``, headerParent, headerState},
		{"both", `"traceparent":"` + metaParent + `","tracestate":"a=b, c@d=e"`, metaParent, "a=b, c@d=e"},
		{"with escapes", `"trace\u0070arent":"\u0030` + metaParent[1:] + `"`, metaParent, ""},
		{"not sampled", `"traceparent":"` + strings.TrimSuffix(metaParent, "1") + `0"`, strings.TrimSuffix(metaParent, "1") + "0", ""},
		{"a later version", `"traceparent":"01` + metaParent[2:] + `-more"`, "01" + metaParent[2:] + "-more", ""},
		{"only a state", `"tracestate":"a=b"`, headerParent, headerState},
		{"a state that is none", `"traceparent":"` + metaParent + `","tracestate":"a"`, metaParent, ""},
		{"a state with a line break", `"traceparent":"` + metaParent + `","tracestate":"a=b\r\nX-Admin: 1"`, metaParent, ""},
		{"a state that is no text", `"traceparent":"` + metaParent + `","tracestate":["a=b"]`, metaParent, ""},
		{"a state that is long", `"traceparent":"` + metaParent + `","tracestate":"` + strings.Repeat("a=b,", 200) + `a=b"`, metaParent, ""},
		{"a parent with a line break", `"traceparent":"01` + metaParent[2:] + `-\r\nX-Admin: 1"`, headerParent, headerState},
		{"a long parent", `"traceparent":"01` + metaParent[2:] + `-` + strings.Repeat("0", 2000) + `"`, headerParent, headerState},
		{"upper case", `"traceparent":"00-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-1111111111111111-01"`, headerParent, headerState},
		{"zero", `"traceparent":"00-00000000000000000000000000000000-1111111111111111-01"`, headerParent, headerState},
		{"a number", `"traceparent":7`, headerParent, headerState},
		{"null", `"traceparent":null`, headerParent, headerState},
		{"an object", `"traceparent":{"a":"b"},"baggage":"secret=1"`, headerParent, headerState},
		{"another case", `"Traceparent":"` + metaParent + `"`, headerParent, headerState},
	} {
		api := &traced{}
		backend := httptest.NewServer(api)
		upstream, err := mcpmount.Upstream(backend.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, slow := range []bool{false, true} {
			for kind, rt := range map[string]http.RoundTripper{"in process": mcpmount.InProcess(api), "upstream": upstream} {
				srv := api.server(t, rt, slow)
				for version, rest := range map[string]string{"2025-11-25": "", "2026-07-28": strings.TrimSuffix(strings.TrimPrefix(modernMeta, `"_meta":{`), "}")} {
					meta := strings.Trim(tt.meta+","+rest, ",")
					body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","_meta":{` + meta + `}}}`
					r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", strings.NewReader(body))
					r.Header = headerOf(version, "tools/call", "whoami")
					r.Header.Set("Traceparent", headerParent)
					r.Header.Set("Tracestate", headerState)
					api.take()
					srv.ServeHTTP(httptest.NewRecorder(), r)
					want := "the API: " + tt.parent + " " + tt.state + ","
					if seen := api.take(); len(seen) != 3 || !strings.HasPrefix(seen[1], want) || !strings.HasSuffix(seen[0], ", "+tt.parent[3:4]+" "+tt.state) {
						t.Errorf("%s, %s, %s, slow %t: %q, want %q", tt.name, kind, version, slow, seen, want)
					}
				}
			}
		}
		backend.Close()
	}
}

// A call that is refused before it is one is begun as it is observed.
func TestTraceRefusals(t *testing.T) {
	verify, keys := keyring(t)
	var seen []string
	srv, err := mcpmount.New(parse(t, scopedSpec), mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{
		Logger: slog.New(slog.DiscardHandler), Auth: &auth.Resource{Verifier: verify, StepUp: true}, Limits: mcpmount.Limits{CallsPerMinute: 1},
		Trace: func(ctx context.Context, c mcpmount.Call) context.Context {
			parent, _ := mcpmount.TraceFrom(ctx)
			return context.WithValue(ctx, spanKey{}, fmt.Sprint(c.Name, " ", c.Operation, " ", c.Reason, " ", parent == metaParent))
		},
		Observe: func(ctx context.Context, c mcpmount.Call) {
			seen = append(seen, fmt.Sprint(ctx.Value(spanKey{}), " ", c.Status, " ", c.Reason))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"write", "open", "open"} {
		body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + name + `","_meta":{"traceparent":"` + metaParent + `"}}}`
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+keys["read"])
		srv.ServeHTTP(httptest.NewRecorder(), r)
	}
	want := []string{"write POST /write scope true refused scope", "open GET /open  true error ", "open GET /open  true refused limit"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Who only traces is told the same, and need not observe.
func TestTraceAlone(t *testing.T) {
	for _, slow := range []bool{false, true} {
		var begun []mcpmount.Call
		srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(&traced{}), &mcpmount.Options{
			Logger: slog.New(slog.DiscardHandler), NoFastPath: slow,
			Trace: func(ctx context.Context, c mcpmount.Call) context.Context {
				begun = append(begun, c)
				return ctx
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp",
			strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getNote","arguments":{"id":"7"}}}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		want := []mcpmount.Call{{Method: "tools/call", Name: "getNote", Operation: "GET /notes/{id}", ArgumentBytes: len(`{"id":"7"}`)}}
		if diff := cmp.Diff(want, begun); diff != "" || !strings.Contains(w.Body.String(), `"result"`) {
			t.Errorf("slow %t (-want +got):\n%s\n%s", slow, diff, w.Body)
		}
	}
}

// What Trace and Observe get may be the context of a call of another server in the same
// process, which has arguments of its own.
func TestTraceCallsAnotherServer(t *testing.T) {
	path := func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }
	other := newNotesServer(t, path, nil)
	for _, accept := range []string{"application/json", "text/event-stream"} {
		ask := func(ctx context.Context) {
			got := send(ctx, other, `{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"getNote","arguments":{"id":"theirs"}}}`,
				http.Header{"Accept": {accept}}).Body.String()
			if !strings.Contains(got, "/v1/notes/theirs") {
				t.Errorf("the other server answers with %s", got)
			}
		}
		srv := newNotesServer(t, path, &mcpmount.Options{
			Trace:   func(ctx context.Context, _ mcpmount.Call) context.Context { ask(ctx); return ctx },
			Observe: func(ctx context.Context, _ mcpmount.Call) { ask(ctx) },
		})
		if got := send(t.Context(), srv, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getNote","arguments":{"id":"ours"}}}`, nil).Body.String(); !strings.Contains(got, "/v1/notes/ours") {
			t.Errorf("the server answers with %s", got)
		}
	}
}
