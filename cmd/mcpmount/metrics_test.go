package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/mcpmount/mcpmount"
)

// A scraped is what /metrics answers.
type scraped struct {
	text   string
	values map[string]float64 // by series, as they are written
	types  map[string]string  // by metric
}

// scrape reads the metrics at a URL.
func scrape(t *testing.T, url string) *scraped {
	t.Helper()
	s := &scraped{text: getText(t, url), values: map[string]float64{}, types: map[string]string{}}
	for line := range strings.Lines(s.text) {
		line = strings.TrimSpace(line)
		if words := strings.Fields(line); strings.HasPrefix(line, "#") {
			if words[1] == "TYPE" {
				s.types[words[2]] = words[3]
			}
			continue
		}
		i := strings.LastIndex(line, " ")
		value, err := strconv.ParseFloat(line[i+1:], 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		s.values[line[:i]] = value
	}
	return s
}

// of returns the series of a metric with the label api, without "mcpmount_", and without
// those that are 0.
func (s *scraped) of(api string, metrics ...string) map[string]float64 {
	found := map[string]float64{}
	for series, value := range s.values {
		name, labels, _ := strings.Cut(strings.TrimPrefix(series, "mcpmount_"), "{")
		rest, ok := strings.CutPrefix(labels, `api="`+api+`"`)
		if ok && value != 0 && slices.Contains(metrics, name) {
			found[name+"{"+strings.TrimPrefix(rest, ",")] = value
		}
	}
	return found
}

// metricsURL returns where a command says that its metrics are.
func metricsURL(t *testing.T, log <-chan string) string {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-log:
			if _, url, found := strings.Cut(line, "metrics for Prometheus at "); found {
				return strings.TrimSpace(url)
			}
			if !ok {
				t.Fatal("the command ended")
			}
		case <-timeout:
			t.Fatal("the command told no URL of metrics")
		}
	}
}

// A moody API answers /orders/{id} as the id says.
type moody struct {
	*httptest.Server
	reached chan struct{} // a call of "slow" has come
	release chan struct{} // closed when it may be answered
}

func newMoody(t *testing.T) *moody {
	m := &moody{reached: make(chan struct{}, 1), release: make(chan struct{})}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/orders/slow":
			m.reached <- struct{}{}
			<-m.release
		case "/orders/bad":
			w.WriteHeader(http.StatusInternalServerError)
		case "/orders/reset":
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, "{}")
	}))
	t.Cleanup(m.Close)
	return m
}

// What happens to calls is counted, of each API for itself, and nothing that a caller
// can make up becomes a label.
func TestMetrics(t *testing.T) {
	backend := newMoody(t)
	folder := t.TempDir()
	replaceFile(t, filepath.Join(folder, "api.yaml"), strings.Replace(watchedEntry, "API", backend.URL, 1))
	replaceFile(t, filepath.Join(folder, "parts.yaml"), watchedPart)
	file := filepath.Join(folder, "mcpmount.yaml")
	replaceFile(t, file, "{listen: '127.0.0.1:0', metrics-listen: '127.0.0.1:0', apis: {"+
		"crm: {document: api.yaml}, shop: {document: api.yaml, resources: true}}}")
	endpoint, log := serveLogged(t, "serve", "--config", file)
	url := metricsURL(t, log)
	crm, shop := connect(t, endpoint), connect(t, strings.Replace(endpoint, "/crm", "/shop", 1))

	callTool(t, crm, "createOrder", map[string]any{"item": "swordfish"})
	callTool(t, crm, "createOrder", map[string]any{"item": "swordfish"})
	callTool(t, crm, "createOrder", map[string]any{"item": 1})
	callTool(t, crm, "getOrder", map[string]any{"id": "bad"})
	callTool(t, crm, "getOrder", map[string]any{"id": "reset"})
	for i := range 50 {
		crm.CallTool(t.Context(), &mcp.CallToolParams{Name: fmt.Sprint("swordfish", i)})
		shop.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: fmt.Sprint("api://shop/swordfish/", i)})
		shop.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: fmt.Sprint("api://shop/orders/swordfish", i)})
	}
	legacy, err := http.Post(endpoint, "application/json", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"initialize",
		"params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, legacy.Body)
	legacy.Body.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		crm.CallTool(t.Context(), &mcp.CallToolParams{Name: "getOrder", Arguments: map[string]any{"id": "slow"}})
	}()
	<-backend.reached
	during := scrape(t, url)
	close(backend.release)
	<-ended
	after := scrape(t, url)

	if diff := cmp.Diff(map[string]float64{"calls_in_flight{}": 1, "sessions{}": 1}, during.of("crm", "calls_in_flight", "sessions")); diff != "" {
		t.Errorf("during a call (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		api     string
		metrics []string
		want    map[string]float64
	}{
		{"crm", []string{"calls_total", "calls_in_flight", "upstream_responses_total", "upstream_errors_total"}, map[string]float64{
			`calls_total{reason="",status="ok",tool="createOrder"}`:               2,
			`calls_total{reason="arguments",status="refused",tool="createOrder"}`: 1,
			`calls_total{reason="",status="error",tool="getOrder"}`:               1,
			`calls_total{reason="",status="ok",tool="getOrder"}`:                  1,
			`calls_total{reason="transport",status="error",tool="getOrder"}`:      1,
			`calls_total{reason="unknown",status="refused",tool="(unknown)"}`:     50,
			`upstream_responses_total{class="2xx"}`:                               3,
			`upstream_responses_total{class="5xx"}`:                               1,
			`upstream_errors_total{reason="transport"}`:                           1,
		}},
		{"crm", []string{"call_duration_seconds_count"}, map[string]float64{
			`call_duration_seconds_count{tool="createOrder"}`: 2,
			`call_duration_seconds_count{tool="getOrder"}`:    3,
		}},
		{"crm", []string{"tools", "resources", "resource_templates", "document_last_reload_successful"}, map[string]float64{
			"tools{}": 2, "document_last_reload_successful{}": 1,
		}},
		{"shop", []string{"calls_total", "tools", "resources", "resource_templates"}, map[string]float64{
			`calls_total{reason="",status="ok",tool="api://shop/orders/{id}"}`: 50,
			`calls_total{reason="unknown",status="refused",tool="(unknown)"}`:  50,
			"tools{}": 1, "resource_templates{}": 1,
		}},
	} {
		if diff := cmp.Diff(tt.want, after.of(tt.api, tt.metrics...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.api, diff)
		}
	}
	list, err := crm.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	size, err := jsonSize(toolList{Tools: list.Tools})
	if err != nil || after.values[`mcpmount_tools_list_bytes{api="crm"}`] != float64(size) {
		t.Errorf("the list has %d bytes, %v; the metric says %v", size, err, after.values[`mcpmount_tools_list_bytes{api="crm"}`])
	}
	if strings.Contains(after.text, "swordfish") {
		t.Error("the metrics have what callers sent")
	}
}

// What is read again is counted, goes on where an API stays, and goes where it goes.
func TestMetricsFollowConfig(t *testing.T) {
	backend := newMoody(t)
	folder := t.TempDir()
	document := strings.Replace(watchedEntry, "API", backend.URL, 1)
	replaceFile(t, filepath.Join(folder, "crm.yaml"), document)
	replaceFile(t, filepath.Join(folder, "shop.yaml"), document)
	replaceFile(t, filepath.Join(folder, "parts.yaml"), watchedPart)
	file := filepath.Join(folder, "mcpmount.yaml")
	config := func(apis string) {
		replaceFile(t, file, "{listen: '127.0.0.1:0', metrics-listen: '127.0.0.1:0', defaults: {watch-interval: 20ms}, apis: {"+apis+"}}")
	}
	config("crm: {document: crm.yaml}, shop: {document: shop.yaml}")
	endpoint, log := serveLogged(t, "serve", "--config", file)
	url := metricsURL(t, log)
	call := func(name, arguments string) {
		t.Helper()
		res, err := http.Post(endpoint, "application/json",
			strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+name+`","arguments":`+arguments+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	check := func(when string, metrics []string, want map[string]float64) {
		t.Helper()
		if diff := cmp.Diff(want, scrape(t, url).of("crm", metrics...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	reloads := []string{"document_last_reload_successful", "document_reloads_total"}
	call("createOrder", "{}")
	call("getOrder", `{"id":"1"}`)

	replaceFile(t, filepath.Join(folder, "crm.yaml"), "openapi: [")
	until(t, log, "the document cannot be served")
	check("a broken document", reloads, map[string]float64{`document_reloads_total{result="failure"}`: 1})
	replaceFile(t, filepath.Join(folder, "crm.yaml"), document+watchedExtra)
	until(t, log, "the document is good again")
	check("a mended one", append(reloads, "tools"), map[string]float64{
		"document_last_reload_successful{}":        1,
		`document_reloads_total{result="failure"}`: 1, `document_reloads_total{result="success"}`: 1, "tools{}": 3,
	})

	// An update, another server, and the end of an API; each is told of before the next begins.
	config("crm: {document: crm.yaml, rename: {createOrder: order}}, shop: {document: shop.yaml}")
	until(t, log, "removed=createOrder")
	config("crm: {document: crm.yaml, rename: {createOrder: order}, header: {X-A: b}}, shop: {document: shop.yaml}")
	until(t, log, "API replaced")
	call("createOrder", "{}") // which there has not been since the change before
	config("crm: {document: crm.yaml, rename: {createOrder: order}, header: {X-A: b}}")
	until(t, log, "API removed")
	call("order", "{}")
	check("after all", []string{"calls_total"}, map[string]float64{
		`calls_total{reason="",status="ok",tool="getOrder"}`:              1,
		`calls_total{reason="",status="ok",tool="order"}`:                 1,
		`calls_total{reason="unknown",status="refused",tool="(unknown)"}`: 1,
	})
	if s := scrape(t, url); strings.Contains(s.text, `api="shop"`) || s.values["mcpmount_config_last_reload_successful"] != 1 {
		t.Errorf("the API that was removed is in\n%s", s.text)
	}
	config("crm: {}")
	until(t, log, "the configuration cannot be served")
	if s := scrape(t, url); s.values["mcpmount_config_last_reload_successful"] != 0 ||
		s.values[`mcpmount_config_reloads_total{result="success"}`] != 3 || s.values[`mcpmount_config_reloads_total{result="failure"}`] != 1 {
		t.Errorf("reloads of the configuration: %v", s.values)
	}
}

// An API that has no name is called by its title. Without --metrics-listen there are no
// metrics, and nobody is told of calls if there is no access log either.
func TestMetricsOfOneAPI(t *testing.T) {
	backend := newMoody(t)
	folder := t.TempDir()
	document := filepath.Join(folder, "api.yaml")
	replaceFile(t, document, strings.Replace(watchedEntry, "API", backend.URL, 1))
	replaceFile(t, filepath.Join(folder, "parts.yaml"), watchedPart)
	endpoint, log := serveLogged(t, "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "localhost:0", "--name", "Höhe & Co", document)
	url := metricsURL(t, log)
	callTool(t, connect(t, endpoint), "createOrder", nil)
	s := scrape(t, url)
	if s.values[`mcpmount_calls_total{api="h-he-co",reason="",status="ok",tool="createOrder"}`] != 1 {
		t.Errorf("no call was counted:\n%s", s.text)
	}
	if s.types["mcpmount_config_reloads_total"] != "" || s.types["go_goroutines"] != "gauge" || s.types["process_start_time_seconds"] == "" {
		t.Errorf("types %v", s.types)
	}
	request := func(host, path string) int {
		r, err := http.NewRequestWithContext(t.Context(), "GET", strings.Replace(url, metricsPath, path, 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	for _, tt := range []struct {
		host, path string
		want       int
	}{{"", "/metrics", 200}, {"[::1]:9", "/metrics", 200}, {"[::1]", "/metrics", 200}, {"rebound.example:80", "/metrics", 403}, {"", "/", 404}, {"", "/mcp", 404}} {
		if got := request(tt.host, tt.path); got != tt.want {
			t.Errorf("GET %s of host %q: %d, want %d", tt.path, tt.host, got, tt.want)
		}
	}
	no := false
	silent := &api{process: &processKeys{loggingFlags: loggingFlags{AccessLog: &no}}}
	if silent.observer() != nil {
		t.Error("somebody is told of calls, and nobody wants to know")
	}
}

// Metrics are there as long as calls go on after the end was asked for.
func TestMetricsUntilTheEnd(t *testing.T) {
	backend := newMoody(t)
	folder := t.TempDir()
	document := filepath.Join(folder, "api.yaml")
	replaceFile(t, document, strings.Replace(watchedEntry, "API", backend.URL, 1))
	replaceFile(t, filepath.Join(folder, "parts.yaml"), watchedPart)
	ctx, cancel := context.WithCancel(t.Context())
	told, stderr := io.Pipe()
	exit := make(chan int, 1)
	go func() {
		exit <- run(ctx, []string{"serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", document}, nil, io.Discard, stderr, environment)
		stderr.Close()
	}()
	reader := bufio.NewReader(told)
	endpoint, _ := firstURL(reader)
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for line, err := reader.ReadString('\n'); err == nil; line, err = reader.ReadString('\n') {
			lines <- line
		}
	}()
	url := metricsURL(t, lines)
	answered := make(chan string, 1)
	go func() {
		res, err := http.Post(endpoint, "application/json",
			strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getOrder","arguments":{"id":"slow"}}}`))
		if err != nil {
			answered <- err.Error()
			return
		}
		defer res.Body.Close()
		answered <- res.Status
	}()
	<-backend.reached
	cancel()
	until(t, lines, "shutting down")
	if got := scrape(t, url).values[`mcpmount_calls_in_flight{api="shop"}`]; got != 1 {
		t.Errorf("%v calls are in flight, want the last one", got)
	}
	close(backend.release)
	if status, code := <-answered, <-exit; status != "200 OK" || code != exitOK {
		t.Errorf("the call: %s; exit code %d", status, code)
	}
	if _, err := http.Get(url); err == nil {
		t.Error("the metrics are there after the end")
	}
}

// What is done about an API that fails shows, of that API.
func TestMetricsOfFailingAPI(t *testing.T) {
	backend := newMoody(t)
	folder := t.TempDir()
	replaceFile(t, filepath.Join(folder, "api.yaml"), strings.Replace(watchedEntry, "API", backend.URL, 1))
	replaceFile(t, filepath.Join(folder, "parts.yaml"), watchedPart)
	file := filepath.Join(folder, "mcpmount.yaml")
	replaceFile(t, file, "{listen: '127.0.0.1:0', metrics-listen: '127.0.0.1:0', defaults: {breaker-failures: 2, breaker-pause: 1h, retries: 1}, apis: {"+
		"crm: {document: api.yaml}, shop: {document: api.yaml}}}")
	endpoint, log := serveLogged(t, "serve", "--config", file)
	url := metricsURL(t, log)
	state := []string{"calls_total", "upstream_breaker_open", "upstream_retries_total", "upstream_refusals_total"}
	if got := scrape(t, url).of("crm", state...); len(got) > 0 {
		t.Errorf("at first: %v", got)
	}
	session := connect(t, endpoint)
	for range 4 {
		callTool(t, session, "getOrder", map[string]any{"id": "reset"})
	}
	s := scrape(t, url)
	calls := s.of("crm", "calls_total")
	failed, refused := calls[`calls_total{reason="transport",status="error",tool="getOrder"}`], calls[`calls_total{reason="unavailable",status="refused",tool="getOrder"}`]
	got := s.of("crm", state[1:]...)
	if failed < 1 || refused < 2 || failed+refused != 4 || got["upstream_breaker_open{}"] != 1 || got["upstream_retries_total{}"] < 1 || got["upstream_refusals_total{}"] < refused {
		t.Errorf("calls %v, state %v", calls, got)
	}
	if got := s.of("shop", state...); len(got) > 0 {
		t.Errorf("the other API: %v", got)
	}
}

// A public address has to be written as one, and a wrong one is an error before the
// endpoint is there.
func TestMetricsListen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	document := filepath.Join(t.TempDir(), "api.json")
	replaceFile(t, document, strings.Replace(minimal, `"paths"`, `"servers": [{"url": "http://127.0.0.1:9"}], "paths"`, 1))
	for _, tt := range []struct {
		address, err, hint string
		code               int
	}{
		{"9464", "--metrics-listen must have the form HOST:PORT", "127.0.0.1:9464", exitUsage},
		{"127.0.0.1:94640", "there is no port 94640", "127.0.0.1:9464", exitUsage},
		{":9464", "anyone could read the metrics", "0.0.0.0:9464", exitUsage},
		{taken.Addr().String(), "is in use", "--metrics-listen 127.0.0.1:0", exitFailure},
	} {
		var stderr strings.Builder
		code := run(t.Context(), []string{"serve", "--listen", "127.0.0.1:0", "--metrics-listen", tt.address, document}, nil, io.Discard, &stderr, environment)
		if code != tt.code || !strings.Contains(stderr.String(), tt.err) || !strings.Contains(stderr.String(), tt.hint) || strings.Contains(stderr.String(), "serving T at") {
			t.Errorf("%s: exit code %d\n%s", tt.address, code, &stderr)
		}
	}
	for address, local := range map[string]bool{"0.0.0.0:9464": false, "[::]:9464": false, "10.0.0.1:9464": false, "127.0.0.1:9464": true, "localhost:9464": true} {
		f := metricsFlags{address}
		if err := f.check("127.0.0.1:8080"); err != nil || f.isLocal() != local {
			t.Errorf("%s: %v, local %t", address, err, f.isLocal())
		}
		if err := f.check(address); err == nil || !strings.Contains(err.Error(), "a port of their own") {
			t.Errorf("%s for both: %v", address, err)
		}
	}
}

// Showing what is shown changes nothing, and what comes back begins anew.
func TestMetricsTwice(t *testing.T) {
	m, err := newMetrics(true)
	if err != nil {
		t.Fatal(err)
	}
	named := func(name string) *api {
		return &api{apiSettings: &apiSettings{name: name}, src: sourceOf(t, minimal), metrics: m.of(name)}
	}
	call := mcpmount.Call{Method: "tools/call", Name: "\xff", Status: mcpmount.CallOK, HTTPStatus: 200}
	for i, list := range [][]*api{{named("a")}, {named("a"), named("b")}, {}, {named("b"), named("a")}, {named("a")}} {
		for range 2 {
			for _, a := range list {
				a.metrics = m.of(a.name)
				a.metrics.observe(call)
			}
			if err := m.show(list); err != nil {
				t.Errorf("%d: %v", i, err)
			}
		}
		families, err := m.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		calls := map[string]float64{}
		for _, f := range families {
			for _, series := range f.Metric {
				if f.GetName() == "mcpmount_calls_total" {
					calls[series.Label[0].GetValue()] = series.Counter.GetValue()
				}
			}
		}
		want := []map[string]float64{{"a": 2}, {"a": 4, "b": 2}, {}, {"a": 2, "b": 2}, {"a": 4}}[i]
		if !maps.Equal(calls, want) {
			t.Errorf("%d: %v, want %v", i, calls, want)
		}
	}
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"a"})
	increase(vec, "\xff") // no panic
}
