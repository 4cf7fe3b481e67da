package mcpmount

import (
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// annotations returns what the method of op promises, in the terms of MCP:
// RFC 9110 section 9.2.1 (safe methods), section 9.2.2 (idempotent methods).
// Nothing is known about POST and unknown methods, so that clients treat them
// with care.
func annotations(op *Operation) *mcp.ToolAnnotations {
	if op.Annotations != nil {
		a := *op.Annotations
		return &a
	}
	yes, no := true, false
	a := &mcp.ToolAnnotations{Title: op.Summary, OpenWorldHint: &yes, DestructiveHint: &yes}
	switch op.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, "QUERY":
		a.ReadOnlyHint, a.IdempotentHint, a.DestructiveHint = true, true, &no
	case http.MethodPut, http.MethodDelete:
		a.IdempotentHint = true
	}
	return a
}

// isReadOnly reports whether calling op changes nothing.
func isReadOnly(op *Operation) bool { return annotations(op).ReadOnlyHint }
