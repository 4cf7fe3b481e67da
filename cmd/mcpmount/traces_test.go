package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// tracedSpec has an operation for each way to end.
const tracedSpec = `
openapi: 3.1.0
info: {title: Orders, version: "1"}
servers: [{url: /v1}]
paths:
  /orders/{id}:
    get:
      operationId: getOrder
      parameters: [{name: id, in: path, required: true, schema: {type: string}}, {name: secret, in: query, schema: {type: string}}]
      responses: {"200": {description: ok}}
  /orders: {get: {operationId: listOrders, x-mcp: {kind: resource}, responses: {"200": {description: ok}}}}
  /fails: {post: {operationId: fail, responses: {"200": {description: ok}}}}
  /hangs-up: {get: {operationId: hangUp, responses: {"200": {description: ok}}}}
  /half: {get: {operationId: half, responses: {"200": {description: ok}}}}
  /slow: {get: {operationId: slow, x-mcp: {timeout: 50ms}, responses: {"200": {description: ok}}}}
`

// tracedAPI answers with the trace that it is told, and fails as it is asked to.
func tracedAPI(t *testing.T) *httptest.Server {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/fails":
			w.WriteHeader(http.StatusBadGateway)
		case "/v1/hangs-up":
			panic(http.ErrAbortHandler)
		case "/v1/half":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case "/v1/slow":
			<-r.Context().Done()
		default:
			fmt.Fprintf(w, "%s|%s|%s", strings.Join(r.Header["Traceparent"], "+"), strings.Join(r.Header["Tracestate"], "+"), r.Header.Get("Baggage"))
		}
	}))
	t.Cleanup(api.Close)
	return api
}

// An agent calls tools, with a span for each call.
type agent struct {
	session  *mcp.ClientSession
	provider *sdktrace.TracerProvider
	meta     bool // the trace is in "_meta", else in the header
	mu       sync.Mutex
	header   http.Header
}

func (a *agent) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	a.mu.Lock()
	for name, values := range a.header {
		r.Header[name] = values
	}
	a.mu.Unlock()
	return http.DefaultTransport.RoundTrip(r)
}

// newAgent connects to url, with a version of the protocol or "" for the newest one.
func newAgent(t *testing.T, to *collector, url, version string, meta bool) *agent {
	t.Helper()
	a := &agent{meta: meta, header: http.Header{}}
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(to.URL+"/v1/traces"))
	if err != nil {
		t.Fatal(err)
	}
	a.provider = sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "agent"))))
	var transport mcp.Transport = &mcp.StreamableClientTransport{Endpoint: url, HTTPClient: &http.Client{Transport: a}}
	if strings.HasSuffix(url, "/sse") {
		transport = &mcp.SSEClientTransport{Endpoint: url, HTTPClient: &http.Client{Transport: a}}
	}
	a.session, err = mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, nil).
		Connect(t.Context(), transport, &mcp.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.session.Close() })
	return a
}

// carry returns the "_meta" for a message within ctx, or sets the header.
func (a *agent) carry(ctx context.Context) mcp.Meta {
	fields := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, fields)
	if !a.meta {
		a.mu.Lock()
		defer a.mu.Unlock()
		clear(a.header)
		for key, value := range fields {
			a.header.Set(key, value)
		}
		return nil
	}
	meta := mcp.Meta{"baggage": "user=swordfish"}
	for key, value := range fields {
		meta[key] = value
	}
	return meta
}

// call calls a tool within a span, and returns what came of it, and the span.
func (a *agent) call(t *testing.T, name string, arguments map[string]any) (string, trace.SpanContext) {
	t.Helper()
	ctx, span := a.provider.Tracer("agent").Start(t.Context(), "ask "+name, trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	res, err := a.session.CallTool(t.Context(), &mcp.CallToolParams{Name: name, Arguments: arguments, Meta: a.carry(ctx)})
	if err != nil {
		return err.Error(), span.SpanContext()
	}
	return resultText(res), span.SpanContext()
}

// writeTraced writes the document, and returns its path.
func writeTraced(t *testing.T) string {
	t.Helper()
	document := filepath.Join(t.TempDir(), "orders.yaml")
	if err := os.WriteFile(document, []byte(tracedSpec), 0o600); err != nil {
		t.Fatal(err)
	}
	return document
}

// A call is one tree: the agent, the tool, and the request to the API, which is told that; in every
// era, whichever way the trace comes, and until the last one before the end. Nothing of what
// was sent is in it.
func TestTraces(t *testing.T) {
	for _, tt := range []struct {
		name, version, path string
		meta                bool
		flags               []string
	}{
		{"2026-07-28, _meta", "", "", true, nil},
		{"2026-07-28, header", "", "", false, nil},
		{"a session, _meta", "2025-11-25", "", true, nil},
		{"a session, header", "2025-11-25", "", false, nil},
		{"stateless, _meta", "2025-06-18", "", true, []string{"--stateless"}},
		{"stateless, header", "2025-06-18", "", false, []string{"--stateless"}},
		{"SSE, _meta", "2024-11-05", "/sse", true, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			to, api := newCollector(t), tracedAPI(t)
			args := append([]string{"serve", "--listen", "127.0.0.1:0", "--upstream", api.URL, "--header", "X-Key: hunter2", "--access-log", "--retries", "0"}, tt.flags...)
			p := startTraced(t, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + to.URL, "OTEL_EXPORTER_OTLP_HEADERS=api-key=opened%2Csesame", "OTEL_BSP_SCHEDULE_DELAY=3600000"}, append(args, writeTraced(t))...)
			a := newAgent(t, to, p.url+tt.path, tt.version, tt.meta)
			got, root := a.call(t, "getOrder", map[string]any{"id": "swordfish-7", "secret": "swordfish"})
			a.call(t, "fail", nil)
			a.call(t, "hangUp", nil)
			a.call(t, "half", nil)
			a.call(t, "slow", nil)
			a.call(t, "getOrder", map[string]any{"id": []int{7}})
			a.call(t, "made-up", nil)
			ctx, span := a.provider.Tracer("agent").Start(t.Context(), "read")
			if _, err := a.session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "api://orders/orders", Meta: a.carry(ctx)}); err != nil {
				t.Error(err)
			}
			span.End()
			a.session.Close()
			log := p.stop(t)

			version := cmp.Or(tt.version, "2026-07-28")
			if tt.path != "" {
				version = "" // which has no header for it
			}
			want := wantTraces(version)
			if diff := gocmp.Diff(want, to.trees()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			to.checkParent(t, got, root)
			if !strings.Contains(log, "name=getOrder") || !strings.Contains(log, "trace_id="+root.TraceID().String()) {
				t.Errorf("the access log does not name the trace %s:\n%s", root.TraceID(), log)
			}
			to.checkDocumented(t)
			for _, secret := range []string{"swordfish", "hunter2", "sesame", "Mcp-Session-Id"} {
				if bytes.Contains(to.all.Bytes(), []byte(secret)) || strings.Contains(log, secret) {
					t.Errorf("%s is in the traces or the log", secret)
				}
			}
			if got := to.heads[len(to.heads)-1].Get("Api-Key"); got != "opened,sesame" {
				t.Errorf("the collector was sent the key %q", got)
			}
		})
	}
}

// wantTraces returns the trees of the calls of TestTraces.
func wantTraces(version string) string {
	how := " network.protocol.name=http network.transport=tcp"
	spoken := ""
	if version != "" {
		spoken = " mcp.protocol.version=" + version
	}
	tool := func(name, failure string) string {
		state, kind := "", ""
		if failure != "" {
			state, kind = " failed", " error.type="+failure
		}
		label := " " + name
		if failure == "unknown" {
			label = ""
		}
		return "agent CLIENT ask " + name + "\n  mcpmount SERVER tools/call" + label + state + kind +
			" gen_ai.operation.name=execute_tool gen_ai.tool.name=" + name + " mcp.method.name=tools/call" + spoken + how + "\n"
	}
	request := func(method, path, failure, status string) string {
		state, kind := "", ""
		if failure != "" {
			state, kind = " failed", " error.type="+failure
		}
		if status != "" {
			status = " http.response.status_code=" + status
		}
		return "    mcpmount CLIENT " + method + " " + path + state + kind + " http.request.method=" + method + status +
			" server.address=127.0.0.1 url.template=" + path + "\n"
	}
	return tool("getOrder", "") + request("GET", "/orders/{id}", "", "200") +
		tool("fail", "tool_error") + request("POST", "/fails", "502", "502") +
		tool("hangUp", "transport") + request("GET", "/hangs-up", "transport", "") +
		tool("half", "tool_error") + request("GET", "/half", "transport", "200") +
		tool("slow", "timeout") + request("GET", "/slow", "timeout", "") +
		tool("getOrder", "arguments") + tool("made-up", "unknown") +
		"agent INTERNAL read\n  mcpmount SERVER resources/read mcp.method.name=resources/read" + spoken +
		" mcp.resource.uri=api://orders/orders" + how + "\n" + request("GET", "/orders", "", "200")
}

// What a caller says of a trace is believed if it can be one; that it is not to be recorded is
// respected; and else the call begins a new one.
func TestTracesOfStrangers(t *testing.T) {
	const id, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	to, api := newCollector(t), tracedAPI(t)
	p := startTraced(t, []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" + to.URL + "/v1/traces", "OTEL_SERVICE_NAME=orders", "OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test"},
		"serve", "--listen", "127.0.0.1:0", "--upstream", api.URL, writeTraced(t))
	calls := []struct {
		parent, state string
		want          string // what the API is told, with ROOT for the id of a new trace and SPAN for a span
	}{
		{"00-" + id + "-" + span + "-01", "a=b,c=d", "00-" + id + "-SPAN-01|a=b,c=d|"},
		{"00-" + id + "-" + span + "-00", "a=b", "00-" + id + "-SPAN-00|a=b|"},
		{"00-" + id + "-" + span + "-01", `a=b\r\nX-Admin: 1`, "00-" + id + "-SPAN-01||"},
		{"cc-" + id + "-" + span + "-01-later", "", "00-" + id + "-SPAN-01||"},
		{"00-" + id + "-" + span + "-ff", "", "00-ROOT-SPAN-01||"},
		{"00-" + strings.Repeat("0", 32) + "-" + span + "-01", "a=b", "00-ROOT-SPAN-01||"},
		{"00-" + id + "-" + span, "", "00-ROOT-SPAN-01||"},
		{`00-` + id + `-` + span + `-01\r\nX-Admin: 1`, "", "00-ROOT-SPAN-01||"},
		{strings.Repeat("a", 1<<20), strings.Repeat("a=b,", 1<<18), "00-ROOT-SPAN-01||"},
		{`\u0000\ufffd`, "", "00-ROOT-SPAN-01||"},
	}
	for _, tt := range calls {
		body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getOrder","arguments":{"id":"7"},"_meta":{"traceparent":"%s","tracestate":"%s"}}}`, tt.parent, tt.state)
		answer := string(postJSON(t, p.url, body))
		found := regexp.MustCompile(`00-([0-9a-f]{32})-([0-9a-f]{16})-0\d\|[^|]*\|[^"]*`).FindStringSubmatch(answer)
		if found == nil || found[2] == span {
			t.Fatalf("%.100s: %s", tt.parent, answer)
		}
		want := strings.NewReplacer("SPAN", found[2], "ROOT", found[1]).Replace(tt.want)
		if found[0] != want || strings.Contains(tt.want, "ROOT") && found[1] == id {
			t.Errorf("%.100s, %.100s: the API was told %q, want %q", tt.parent, tt.state, found[0], want)
		}
	}
	p.stop(t)
	const tree = "orders SERVER tools/call getOrder gen_ai.operation.name=execute_tool gen_ai.tool.name=getOrder mcp.method.name=tools/call network.protocol.name=http network.transport=tcp\n" +
		"  orders CLIENT GET /orders/{id} http.request.method=GET http.response.status_code=200 server.address=127.0.0.1 url.template=/orders/{id}\n"
	if diff := gocmp.Diff(strings.Repeat(tree, len(calls)-1), to.trees()); diff != "" { // one was not to be recorded
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !bytes.Contains(to.all.Bytes(), []byte("deployment.environment.name")) {
		t.Error("the attributes of the resource are not there")
	}
}

// Of several APIs, each has its name in its spans, and another server has them, too.
func TestTracesOfConfig(t *testing.T) {
	to, api := newCollector(t), tracedAPI(t)
	document, config := writeTraced(t), filepath.Join(t.TempDir(), "mcpmount.yaml")
	write := func(crm string) {
		replaceFile(t, config, fmt.Sprintf("listen: 127.0.0.1:0\ndefaults: {upstream: %q, watch-interval: 20ms}\napis:\n  crm: {document: %q%s}\n  billing: {document: %q}\n",
			api.URL, document, crm, document))
	}
	write("")
	p := startTraced(t, []string{"OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_ENDPOINT=" + to.URL}, "serve", "--config", config)
	base := p.url[:strings.LastIndex(p.url, "/")]
	const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getOrder","arguments":{"id":"7"}}}`
	postJSON(t, base+"/crm", body)
	postJSON(t, base+"/billing", body)
	write(", header: 'X-A: b'")
	for line := range p.log {
		if strings.Contains(line, "API replaced") {
			break
		}
	}
	postJSON(t, base+"/crm", body)
	p.stop(t)
	var names []string
	for _, line := range strings.Split(to.trees(), "\n") {
		if _, rest, ok := strings.Cut(line, apiKey+"="); ok {
			name, _, _ := strings.Cut(rest, " ")
			names = append(names, name)
		}
	}
	if got := strings.Join(names, " "); got != "crm billing crm" || strings.Count(to.trees(), "\n  mcpmount CLIENT GET") != 3 {
		t.Errorf("the APIs are %s in\n%s", got, to.trees())
	}
}

// On stdio the trace comes in the message, and is sent when the client leaves.
func TestTracesOnStdio(t *testing.T) {
	to, api := newCollector(t), tracedAPI(t)
	p := exec.CommandContext(t.Context(), "mcpmount", "serve", "--stdio", "--upstream", api.URL, writeTraced(t))
	p.Env = append(os.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT="+to.URL)
	session, err := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, nil).Connect(t.Context(), &mcp.CommandTransport{Command: p}, nil)
	if err != nil {
		t.Fatal(err)
	}
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "getOrder", Arguments: map[string]any{"id": "7"}, Meta: mcp.Meta{"traceparent": "00-" + id + "-00f067aa0ba902b7-01"}})
	if err != nil || !strings.HasPrefix(resultText(res), "00-"+id) {
		t.Errorf("%v, %v", res, err)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	const want = "mcpmount SERVER tools/call getOrder gen_ai.operation.name=execute_tool gen_ai.tool.name=getOrder mcp.method.name=tools/call network.transport=pipe\n" +
		"  mcpmount CLIENT GET /orders/{id} http.request.method=GET http.response.status_code=200 server.address=127.0.0.1 url.template=/orders/{id}\n"
	if diff := gocmp.Diff(want, to.trees()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is sent again has a span each time, below that of the one call; what is not sent has none.
func TestTracesOfRetries(t *testing.T) {
	to, api := newCollector(t), tracedAPI(t)
	p := startTraced(t, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + to.URL},
		"serve", "--listen", "127.0.0.1:0", "--upstream", api.URL, "--retries", "1", "--breaker-failures", "2", "--connection-age", "1ns", writeTraced(t))
	const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hangUp"}}`
	postJSON(t, p.url, body)
	postJSON(t, p.url, body)
	p.stop(t)
	const call = "mcpmount SERVER tools/call hangUp failed error.type=%s gen_ai.operation.name=execute_tool gen_ai.tool.name=hangUp mcp.method.name=tools/call network.protocol.name=http network.transport=tcp\n"
	const sent = "  mcpmount CLIENT GET /hangs-up failed error.type=transport http.request.method=GET server.address=127.0.0.1 url.template=/hangs-up\n"
	want := fmt.Sprintf(call, "transport") + sent + sent + fmt.Sprintf(call, "unavailable")
	if diff := gocmp.Diff(want, to.trees()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A collector that is away, or does not answer, costs no call, and the end of the process
// no more than its time.
func TestTracesAreLost(t *testing.T) {
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // or nobody would notice that the client has gone
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no\nroom", http.StatusForbidden) }))
	t.Cleanup(refusing.Close)
	for name, url := range map[string]string{"silent": silent.URL, "gone": gone.URL, "refusing": refusing.URL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := tracedAPI(t)
			p := startTraced(t, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + url, "OTEL_BSP_SCHEDULE_DELAY=10"},
				"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--shutdown-timeout", "1s", "--upstream", api.URL, writeTraced(t))
			body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getOrder","arguments":{"id":"7"}}}`
			if got := string(postJSON(t, p.url, body)); !strings.Contains(got, "00-") {
				t.Errorf("a call: %s", got)
			}
			start := time.Now()
			log := p.stop(t)
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("the process took %s to end", took)
			}
			if !strings.Contains(log, `"traces`) {
				t.Errorf("nothing was logged:\n%s", log)
			}
			for _, line := range strings.Split(log, "\n") {
				if !strings.HasPrefix(line, "{") || !strings.HasSuffix(line, "}") {
					t.Errorf("a line of the log is %q", line)
				}
			}
		})
	}
}

// What the environment says decides whether there are traces; what it cannot mean is
// an error, without secrets.
func TestTraceEnvironment(t *testing.T) {
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318"
	for _, tt := range []struct {
		env  string
		on   bool
		want string
	}{
		{"", false, ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT= ", false, ""},
		{"OTEL_SERVICE_NAME=x", false, ""},
		{endpoint, true, ""},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://collector.example/x", true, ""},
		{"OTEL_TRACES_EXPORTER=otlp", true, ""},
		{endpoint + " OTEL_TRACES_EXPORTER=none", false, ""},
		{endpoint + " OTEL_SDK_DISABLED=True", false, ""},
		{endpoint + " OTEL_SDK_DISABLED=false", true, ""},
		{endpoint + " OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_TRACES_SAMPLER=parentbased_traceidratio OTEL_TRACES_SAMPLER_ARG=0.25", true, ""},
		{endpoint + " OTEL_EXPORTER_OTLP_PROTOCOL=grpc OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf", true, ""},
		{endpoint + " OTEL_EXPORTER_OTLP_HEADERS=a=s3cr3t-b,c=d%20e,", true, "OTEL_EXPORTER_OTLP_HEADERS is no list"},
		{endpoint + " OTEL_EXPORTER_OTLP_TIMEOUT=5s", true, "OTEL_EXPORTER_OTLP_TIMEOUT=5s is no number of milliseconds"},
		{endpoint + " OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE=none.pem", true, "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: open none.pem"},
		{endpoint + " OTEL_EXPORTER_OTLP_CLIENT_KEY=none.pem", true, "OTEL_EXPORTER_OTLP_CLIENT_KEY: open none.pem"},
		{endpoint + " OTEL_EXPORTER_OTLP_HEADERS=s3cr3t", true, "OTEL_EXPORTER_OTLP_HEADERS is no list"},
		{endpoint + " OTEL_EXPORTER_OTLP_TRACES_HEADERS=a=s3cr3t%zz", true, "OTEL_EXPORTER_OTLP_TRACES_HEADERS is no list"},
		{endpoint + " OTEL_EXPORTER_OTLP_PROTOCOL=grpc", true, "over HTTP only"},
		{endpoint + " OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=smoke", true, "no such protocol"},
		{"OTEL_TRACES_EXPORTER=zipkin", true, "by OTLP only"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4318", true, "is no URL"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://", true, "is no URL"},
		{endpoint + " OTEL_TRACES_SAMPLER=sometimes", true, "no such sampler"},
		{endpoint + " OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=2", true, "between 0 and 1"},
		{endpoint + " OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=NaN", true, "between 0 and 1"},
	} {
		env := traceEnv(func(name string) (string, bool) {
			for pair := range strings.SplitSeq(tt.env, " ") {
				if key, value, _ := strings.Cut(pair, "="); key == name {
					return value, true
				}
			}
			return "", false
		})
		on, err := env.asked()
		if err == nil && on {
			err = env.check()
		}
		if text := fmt.Sprint(err); tt.want == "" && (err != nil || on != tt.on) || !strings.Contains(text, tt.want) || strings.Contains(text, "s3cr3t") {
			t.Errorf("%s: %t, %v, want %t, %s", tt.env, on, err, tt.on, tt.want)
		}
	}
}
