package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/mcpmount/mcpmount"
)

// Attributes follow the semantic conventions of OpenTelemetry for MCP, GenAI and HTTP. What
// callers send is not among them, nor are URLs, which have arguments in them.

// apiKey is the attribute that names an API of a configuration file.
const apiKey = "mcpmount.api"

// operationKey is where a context has the method and path of the operation that is called.
type operationKey struct{}

// watch has a span begun before each call of an API, which may have a name, and ended after it.
func (t *traces) watch(api string, opts *mcpmount.Options) {
	if t == nil {
		return
	}
	opts.Trace = func(ctx context.Context, call mcpmount.Call) context.Context { return t.begin(ctx, api, call) }
	observe := opts.Observe
	opts.Observe = func(ctx context.Context, call mcpmount.Call) {
		if observe != nil {
			observe(ctx, call)
		}
		endCall(trace.SpanFromContext(ctx), call)
	}
}

// begin begins the span of a call, as a child of the one that the caller names.
func (t *traces) begin(ctx context.Context, api string, call mcpmount.Call) context.Context {
	parent, state := mcpmount.TraceFrom(ctx)
	ctx = context.WithValue(ctx, operationKey{}, call.Operation)
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": parent, "tracestate": state})
	name := call.Method
	attrs := []attribute.KeyValue{attribute.String("mcp.method.name", call.Method)}
	if api != "" {
		attrs = append(attrs, attribute.String(apiKey, api))
	}
	switch {
	case call.Method == "tools/call":
		attrs = append(attrs, attribute.String("gen_ai.operation.name", "execute_tool"), attribute.String("gen_ai.tool.name", call.Name))
		if call.Reason != mcpmount.ReasonUnknown { // callers can make up any number of names
			name += " " + call.Name
		}
	case call.Name != "":
		attrs = append(attrs, attribute.String("mcp.resource.uri", call.Name))
	}
	attrs = append(attrs, connection(mcpmount.RequestFrom(ctx))...)
	ctx, _ = t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attrs...))
	return ctx
}

// connection describes how a message came: in the request r, nil on stdio.
func connection(r *http.Request) []attribute.KeyValue {
	if r == nil {
		return []attribute.KeyValue{attribute.String("network.transport", "pipe")}
	}
	attrs := []attribute.KeyValue{attribute.String("network.transport", "tcp"), attribute.String("network.protocol.name", "http")}
	if version := r.Header.Get("Mcp-Protocol-Version"); slices.Contains(mcp.SupportedProtocolVersions(), version) {
		attrs = append(attrs, attribute.String("mcp.protocol.version", version))
	}
	return attrs
}

// endCall ends the span of a call.
func endCall(span trace.Span, call mcpmount.Call) {
	if call.Status != mcpmount.CallOK {
		kind := string(call.Reason)
		switch {
		case kind != "":
		case call.Method == "tools/call":
			kind = "tool_error"
		default:
			kind = "_OTHER"
		}
		failSpan(span, kind)
	}
	span.End()
}

// failSpan says why a span is one of a failure.
func failSpan(span trace.Span, kind string) {
	span.SetAttributes(attribute.String("error.type", kind))
	span.SetStatus(codes.Error, "")
}

// traceID returns the trace that a call is part of, as its span or its caller says;
// "" if neither does.
func traceID(ctx context.Context) string {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		return span.TraceID().String()
	}
	if parent, _ := mcpmount.TraceFrom(ctx); parent != "" {
		return parent[len("00-"):][:32]
	}
	return ""
}

// around returns next with a span for each request of a call.
func (t *traces) around(next http.RoundTripper) http.RoundTripper {
	if t == nil {
		return next
	}
	return spanTransport{t.tracer, next}
}

// A spanTransport has a span for each request that is part of a trace, which goes on at the API.
type spanTransport struct {
	tracer trace.Tracer
	next   http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t spanTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !trace.SpanContextFromContext(r.Context()).IsValid() {
		return t.next.RoundTrip(r)
	}
	name, attrs := requestAttributes(r)
	ctx, span := t.tracer.Start(r.Context(), name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...))
	r = r.Clone(ctx)
	r.Header.Del("Tracestate") // that of the caller, with which there may be no trace
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(r.Header))
	res, err := t.next.RoundTrip(r)
	if err != nil {
		failSpan(span, errorKind(err))
		span.End()
		return nil, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", res.StatusCode))
	if res.StatusCode >= http.StatusBadRequest {
		failSpan(span, strconv.Itoa(res.StatusCode))
	}
	res.Body = &spanBody{ReadCloser: res.Body, span: span}
	return res, nil
}

// Clone returns t with connections of its own, nil if they cannot be: package resilient
// looks for it.
func (t spanTransport) Clone() http.RoundTripper {
	switch next := t.next.(type) {
	case *http.Transport:
		return spanTransport{t.tracer, next.Clone()}
	case interface{ Clone() http.RoundTripper }:
		return spanTransport{t.tracer, next.Clone()}
	}
	return nil
}

// CloseIdleConnections closes connections as [http.Client.CloseIdleConnections] expects.
func (t spanTransport) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// requestAttributes returns the name of the span of a request, and what it says.
func requestAttributes(r *http.Request) (name string, attrs []attribute.KeyValue) {
	method := r.Method
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodTrace:
	default:
		method = "_OTHER"
	}
	attrs = []attribute.KeyValue{attribute.String("http.request.method", method), attribute.String("server.address", r.URL.Hostname())}
	if port := serverPort(r.URL); port != 0 {
		attrs = append(attrs, attribute.Int("server.port", port))
	}
	operation, _ := r.Context().Value(operationKey{}).(string)
	_, template, ok := strings.Cut(operation, " ")
	if !ok {
		return method, attrs
	}
	template, _, _ = strings.Cut(template, "?") // of a path with a query of its own
	return method + " " + template, append(attrs, attribute.String("url.template", template))
}

// serverPort returns the port of u, 0 if it is none.
func serverPort(u *url.URL) int {
	if port, err := strconv.Atoi(u.Port()); err == nil {
		return port
	}
	return map[string]int{"http": 80, "https": 443}[u.Scheme]
}

// errorKind returns a word for err, which may have URLs and addresses in it.
func errorKind(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return string(mcpmount.ReasonCanceled)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return string(mcpmount.ReasonTimeout)
	}
	return string(mcpmount.ReasonTransport)
}

// A spanBody ends the span of a request when its response has been read, or is closed.
type spanBody struct {
	io.ReadCloser
	span trace.Span
	once sync.Once
}

func (b *spanBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.end(err)
	}
	return n, err
}

func (b *spanBody) Close() error {
	err := b.ReadCloser.Close()
	b.end(io.EOF)
	return err
}

// end ends the span; io.EOF is the good end.
func (b *spanBody) end(why error) {
	b.once.Do(func() {
		if !errors.Is(why, io.EOF) {
			failSpan(b.span, errorKind(why))
		}
		b.span.End()
	})
}
