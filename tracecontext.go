package mcpmount

import (
	"context"
	"net/http"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A traceContext is the trace that a caller wants its message to be part of, as W3C
// Trace Context writes it. Both fields are valid or "".
type traceContext struct{ parent, state string }

// TraceFrom returns the trace that the MCP message being handled is part of, as the
// values of the fields Traceparent and Tracestate of W3C Trace Context: those in
// the "_meta" of the message (SEP-414) if that has a valid "traceparent", else those in the header
// of [RequestFrom]. What is not valid is "", and tracestate is "" without traceparent.
// The trace id is traceparent[3:35].
//
// It is what the caller says, which need not be true.
func TraceFrom(ctx context.Context) (traceparent, tracestate string) {
	c := callerFrom(ctx)
	var t traceContext
	if c.trace != nil {
		t = *c.trace
	}
	if t.parent == "" && c.request != nil && isTraceparent(c.request.Header["Traceparent"]) {
		t = newTraceContext(c.request.Header["Traceparent"][0], strings.Join(c.request.Header["Tracestate"], ","))
	}
	return t.parent, t.state
}

// newTraceContext returns what is valid of parent and state.
func newTraceContext(parent, state string) traceContext {
	if len(parent) > maxCopiedBytes || !isTraceparent([]string{parent}) {
		return traceContext{}
	}
	if !isTracestate(state) {
		state = "" // W3C Trace Context section 4.3: the parent counts all the same
	}
	return traceContext{parent, state}
}

// metaTrace returns the trace in the "_meta" of a message, which may be nil.
func metaTrace(meta *tree.Node) traceContext {
	var t traceContext
	if parent := meta.Get("traceparent"); parent.Is(tree.String) {
		t.parent = parent.Text
	}
	if state := meta.Get("tracestate"); state.Is(tree.String) {
		t.state = state.Text
	}
	return newTraceContext(t.parent, t.state)
}

// requestTrace is metaTrace for a call that the SDK has read.
func requestTrace(req mcp.Request) traceContext {
	var meta mcp.Meta
	switch req := req.(type) {
	case *mcp.CallToolRequest:
		if req.Params != nil {
			meta = req.Params.Meta
		}
	case *mcp.ReadResourceRequest:
		if req.Params != nil {
			meta = req.Params.Meta
		}
	}
	parent, _ := meta["traceparent"].(string)
	state, _ := meta["tracestate"].(string)
	return newTraceContext(parent, state)
}

// addTo adds t to a header that names no trace.
func (t *traceContext) addTo(h http.Header) {
	if t == nil {
		return
	}
	if _, traced := h["Traceparent"]; !traced {
		h["Traceparent"] = []string{t.parent}
		if t.state != "" {
			h["Tracestate"] = []string{t.state}
		}
	}
}

// kept returns a pointer to t, nil if it names no trace.
func (t traceContext) kept() *traceContext {
	if t.parent == "" {
		return nil
	}
	kept := t
	return &kept
}

// isTraceparent reports whether values are one valid traceparent: W3C Trace
// Context section 3.2. Later versions may be longer.
func isTraceparent(values []string) bool {
	if len(values) != 1 || len(values[0]) < 55 {
		return false
	}
	v := values[0]
	version, trace, parent, flags := v[:2], v[3:35], v[36:52], v[53:55]
	if v[2] != '-' || v[35] != '-' || v[52] != '-' {
		return false
	}
	if len(v) > 55 && (version == "00" || v[55] != '-' || !isVisible(v[55:])) {
		return false
	}
	isZero := func(s string) bool { return strings.Trim(s, "0") == "" }
	return isLowerHex(version) && version != "ff" && isLowerHex(flags) &&
		isLowerHex(trace) && !isZero(trace) && isLowerHex(parent) && !isZero(parent)
}

func isLowerHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// isVisible reports whether s has visible characters of ASCII only.
func isVisible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Of a tracestate: W3C Trace Context section 3.3.1.
const (
	maxTracestate        = 512 // bytes, which everybody has to take
	maxTracestateMembers = 32
	maxTracestatePart    = 256
)

// isTracestate reports whether s is a valid tracestate that everybody takes: W3C Trace Context
// section 3.3.1.
func isTracestate(s string) bool {
	if len(s) > maxTracestate || strings.Count(s, ",") >= maxTracestateMembers {
		return false
	}
	for member := range strings.SplitSeq(s, ",") {
		member = strings.Trim(member, " \t")
		if member == "" {
			continue
		}
		key, value, ok := strings.Cut(member, "=")
		if !ok || len(value) > maxTracestatePart || !isTracestateKey(key) ||
			value == "" || strings.Contains(value, "=") || !isPrintable(value) {
			return false
		}
	}
	return true
}

// isTracestateKey reports whether s is a key of a tracestate; an "@" is between a
// tenant and a system.
func isTracestateKey(s string) bool {
	const first, rest = "abcdefghijklmnopqrstuvwxyz0123456789", "_-*/"
	tenant, system, ok := strings.Cut(s, "@")
	parts := []string{tenant, system}
	if !ok {
		parts = parts[:1]
	}
	for _, part := range parts {
		if part == "" || !strings.Contains(first, part[:1]) || strings.Trim(part, first+rest) != "" {
			return false
		}
	}
	return len(s) <= maxTracestatePart
}
