package mcpmount_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/mcpmount/mcpmount"
)

// An app that has spans gets those of calls between the agent's and its own, with any tracer; here it is
// OpenTelemetry's.
func ExampleOptions_trace() {
	recorded := tracetest.NewInMemoryExporter()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSyncer(recorded)).Tracer("app")
	w3c := propagation.TraceContext{}

	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := w3c.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		_, span := tracer.Start(ctx, r.Method+" "+r.URL.Path)
		defer span.End()
		io.WriteString(w, "shipped")
	})
	called := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w3c.Inject(r.Context(), propagation.HeaderCarrier(r.Header)) // the span of the call
		app.ServeHTTP(w, r)
	})

	doc := &mcpmount.Document{Operations: []mcpmount.Operation{mcpmount.Route[mcpmount.None, mcpmount.None]("GET", "/orders/{id}")}}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(called), &mcpmount.Options{
		Trace: func(ctx context.Context, call mcpmount.Call) context.Context {
			parent, state := mcpmount.TraceFrom(ctx)
			ctx = w3c.Extract(ctx, propagation.MapCarrier{"traceparent": parent, "tracestate": state})
			ctx, _ = tracer.Start(ctx, call.Method+" "+call.Name, trace.WithSpanKind(trace.SpanKindServer))
			return ctx
		},
		Observe: func(ctx context.Context, call mcpmount.Call) {
			span := trace.SpanFromContext(ctx)
			if call.Status != mcpmount.CallOK {
				span.SetStatus(codes.Error, string(call.Reason))
			}
			span.End()
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	message := `{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
		"name": "get_orders_id", "arguments": {"id": "7"},
		"_meta": {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}}}`
	r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(message))
	r.Header.Set("Content-Type", "application/json")
	srv.ServeHTTP(httptest.NewRecorder(), r)

	spans := recorded.GetSpans()
	slices.Reverse(spans) // the last one to end is the first one to begin
	for _, s := range spans {
		fmt.Println(s.SpanContext.TraceID(), s.Name)
	}
	fmt.Println(spans[1].Parent.SpanID() == spans[0].SpanContext.SpanID())
	// Output:
	// 4bf92f3577b34da6a3ce929d0e0e4736 tools/call get_orders_id
	// 4bf92f3577b34da6a3ce929d0e0e4736 GET /orders/7
	// true
}
