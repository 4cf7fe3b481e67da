package main

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// A collector receives spans by OTLP over HTTP, as any does.
type collector struct {
	*httptest.Server

	mu    sync.Mutex
	spans []collected
	all   bytes.Buffer // what was sent, to look for what must not be
	heads []http.Header
}

type collected struct {
	service string
	*tracepb.Span
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(body)
		}
		data, err := io.ReadAll(body)
		var request collectorpb.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(data, &request)
		}
		if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.all.Write(data)
		c.heads = append(c.heads, r.Header)
		for _, of := range request.ResourceSpans {
			var service string
			for _, a := range of.Resource.Attributes {
				if a.Key == "service.name" {
					service = a.Value.GetStringValue()
				}
			}
			for _, s := range of.ScopeSpans {
				for _, span := range s.Spans {
					c.spans = append(c.spans, collected{service, span})
				}
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(c.Close)
	return c
}

// trees returns the spans as text, each below and right of its parent, one trace
// after the other. Ports are left out.
func (c *collector) trees() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortFunc(c.spans, func(a, b collected) int { return cmp.Compare(a.StartTimeUnixNano, b.StartTimeUnixNano) })
	known := map[string]bool{}
	for _, s := range c.spans {
		known[string(s.TraceId)+string(s.SpanId)] = true
	}
	var b strings.Builder
	var print func(parent string, indent string)
	print = func(parent, indent string) {
		for _, s := range c.spans {
			up := string(s.TraceId) + string(s.ParentSpanId)
			if up == parent || parent == "" && !known[up] {
				fmt.Fprintf(&b, "%s%s\n", indent, s)
				print(string(s.TraceId)+string(s.SpanId), indent+"  ")
			}
		}
	}
	print("", "")
	return b.String()
}

func (s collected) String() string {
	line := s.service + " " + strings.TrimPrefix(s.Kind.String(), "SPAN_KIND_") + " " + s.Name
	if s.Status.GetCode() == tracepb.Status_STATUS_CODE_ERROR {
		line += " failed"
	}
	var attrs []string
	for _, a := range s.Attributes {
		if a.Key == "server.port" {
			continue
		}
		value := a.Value.GetStringValue()
		if value == "" {
			value = fmt.Sprint(a.Value.GetIntValue())
		}
		attrs = append(attrs, a.Key+"="+value)
	}
	slices.Sort(attrs)
	return strings.TrimSpace(line + " " + strings.Join(attrs, " "))
}

// checkDocumented checks that the guide has the attributes that there are, and no others.
func (c *collector) checkDocumented(t *testing.T) {
	t.Helper()
	guide, err := os.ReadFile("../../docs/traces.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\| (?:call|request|both) \\|").FindAllStringSubmatch(string(guide), -1) {
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			documented[name[1]] = name[1] != apiKey // which one API does not have
		}
	}
	seen := map[string]bool{apiKey: false, "mcp.protocol.version": documented["mcp.protocol.version"]}
	for _, s := range c.spans {
		for _, a := range s.Attributes {
			seen[a.Key] = true
		}
	}
	if diff := gocmp.Diff(documented, seen); diff != "" {
		t.Errorf("the attributes (-in the guide +in spans):\n%s", diff)
	}
}

// checkParent checks what the API was told: the last span of the first trace, and no baggage.
func (c *collector) checkParent(t *testing.T, told string, root trace.SpanContext) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.Kind == tracepb.Span_SPAN_KIND_CLIENT && s.service != "agent" {
			if want := fmt.Sprintf("00-%s-%s-01||", root.TraceID(), hex.EncodeToString(s.SpanId)); told != want {
				t.Errorf("the API was told %q, want %q", told, want)
			}
			return
		}
	}
}

// A tracedProcess is an mcpmount that sends traces to a collector.
type tracedProcess struct {
	*exec.Cmd
	url  string
	log  <-chan string
	done chan struct{}
}

// startTraced starts mcpmount with further environment variables.
func startTraced(t *testing.T, env []string, args ...string) *tracedProcess {
	t.Helper()
	p := &tracedProcess{Cmd: exec.CommandContext(t.Context(), "mcpmount", args...), done: make(chan struct{})}
	p.Env = append(os.Environ(), env...)
	stderr, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 1000)
	p.log = lines
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	for line := range lines {
		if p.url = regexp.MustCompile(`http://127\.0\.0\.1:\d+/mcp[\w/-]*`).FindString(line); p.url != "" {
			return p
		}
	}
	t.Fatal("the process told no URL")
	return nil
}

// stop ends the process, and returns what it logged.
func (p *tracedProcess) stop(t *testing.T) string {
	t.Helper()
	terminate(t, p.Cmd)
	var log []string
	for line := range p.log {
		log = append(log, line)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("the process ended with %v", err)
	}
	return strings.Join(log, "\n")
}
