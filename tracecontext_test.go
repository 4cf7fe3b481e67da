package mcpmount

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

func TestIsTracestate(t *testing.T) {
	for s, want := range map[string]bool{
		"": true, "a=b": true, "a=b,c=d": true, " a=b ,\tc=d": true, "a=b,,": true, "1a@sys/t=x y": true, "a_-*/=!~": true,
		"a": false, "=b": false, "a=": false, "A=b": false, "a=b=c": false, "a=b\n": false, "a=\x00": false, "a=é": false, "@a=b": false, "a@=b": false, "a@b@c=d": false, "-a=b": false, "a b=c": false,
		strings.Repeat("a", 256) + "=" + strings.Repeat("b", 255):         true,
		strings.Repeat("a", 257) + "=b":                                   false,
		"a=" + strings.Repeat("b", 257):                                   false,
		strings.TrimSuffix(strings.Repeat("a=b,", 32), ","):               true,
		strings.TrimSuffix(strings.Repeat("a=b,", 33), ","):               false,
		strings.TrimSuffix(strings.Repeat("aaaaaaa=bbbbbbbbb,", 29), ","): false,
	} {
		if got := isTracestate(s); got != want {
			t.Errorf("isTracestate(%q) = %t, want %t", s, got, want)
		}
	}
}

// What goes on is what OpenTelemetry reads as well, and can be a field of a header.
func FuzzTraceContext(f *testing.F) {
	f.Add("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a=b,c@d=e")
	f.Add("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", "a=b\r\n")
	f.Fuzz(func(t *testing.T, parent, state string) {
		got := newTraceContext(parent, state)
		if got.parent != "" && got.parent != parent || got.state != "" && (got.parent == "" || got.state != state) {
			t.Fatalf("newTraceContext(%q, %q) = %q", parent, state, got)
		}
		h := http.Header{}
		got.addTo(h)
		read := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), propagation.HeaderCarrier(h)))
		reserved := got.parent != "" && got.parent[:2] == "00" && got.parent[53:] > "03" // which OpenTelemetry refuses
		if got.parent != "" && !reserved && (!read.IsValid() || read.TraceID().String() != got.parent[3:35]) {
			t.Errorf("OpenTelemetry reads %q as %v", got.parent, read)
		}
		if err := checkHeader(h); err != nil {
			t.Errorf("%q: %v", h, err)
		}
		r := httptest.NewRequest(http.MethodPost, "/mcp", nil)
		r.Header["Traceparent"], r.Header["Tracestate"] = []string{parent}, []string{state}
		again, alike := TraceFrom(withCaller(t.Context(), caller{request: r}))
		if again != got.parent || alike != got.state {
			t.Errorf("of a header: %q, %q; of a message: %q", again, alike, got)
		}
	})
}
