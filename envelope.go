package mcpmount

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// Codes of JSON-RPC 2.0 section 5.1.
const (
	codeParse          = jsonrpc.CodeParseError
	codeInvalidRequest = jsonrpc.CodeInvalidRequest
	codeMethodNotFound = jsonrpc.CodeMethodNotFound
	codeInvalidParams  = jsonrpc.CodeInvalidParams
	codeInternal       = jsonrpc.CodeInternalError
)

// errInternal is what a client learns of a failure that is ours.
var errInternal = &jsonrpc.Error{Code: codeInternal, Message: "internal error"}

// An envelope is what the door needs to know of a JSON-RPC message, or of a
// batch of them.
type envelope struct {
	id       *tree.Node // nil for a notification and for a batch
	method   string     // "" for a response and for a batch
	name     string     // of the tool that is called
	progress bool       // the caller wants to hear of progress
	batch    bool
	requests int // how many messages have a method
}

// An envelopeError is a message that is not one.
type envelopeError struct {
	code    int
	message string
}

// parseEnvelope reads body. A key that stands twice in an object is an error
// everywhere in it: which of the two counts must not depend on who reads. With
// an error, the envelope has the id to answer to.
func parseEnvelope(body []byte) (envelope, *envelopeError) {
	n, err := tree.ParseJSON(body, tree.Limits{})
	switch {
	case err != nil:
		return envelope{}, &envelopeError{codeParse, "the body is not a JSON-RPC message: " + err.Error()}
	case n.Is(tree.Array):
		return parseBatch(n.Items)
	}
	return parseMessage(n)
}

func parseBatch(items []*tree.Node) (envelope, *envelopeError) {
	batch := envelope{batch: true}
	if len(items) == 0 || len(items) > maxPending {
		return batch, &envelopeError{codeInvalidRequest, fmt.Sprintf("a batch has 1 to %d messages", maxPending)}
	}
	for _, item := range items {
		m, err := parseMessage(item)
		if err != nil {
			return m, err
		}
		batch.requests += m.requests
	}
	return batch, nil
}

// parseMessage reads one message. What the SDK would take for something else is
// refused: an id that it cannot repeat (MCP 2025-11-25, basic, "Requests"), or a
// null, which makes it see a notification.
func parseMessage(n *tree.Node) (envelope, *envelopeError) {
	id, method, params := n.Get("id"), n.Get("method"), n.Get("params")
	m := envelope{id: id}
	switch {
	case id != nil && !legalID(id):
		if id.Is(tree.Object) || id.Is(tree.Array) {
			m.id = nil
		}
		return m, &envelopeError{codeInvalidRequest, "an id is a string, or an integer below 2^53"}
	case !n.Is(tree.Object) || n.Get("jsonrpc").Str() != "2.0":
		return m, &envelopeError{codeInvalidRequest, `a JSON-RPC message is an object with "jsonrpc": "2.0"`}
	case method == nil && n.Get("result") == nil && n.Get("error") == nil:
		return m, &envelopeError{codeInvalidRequest, "a message has a method, a result or an error"}
	case method != nil && (n.Get("result") != nil || n.Get("error") != nil):
		return m, &envelopeError{codeInvalidRequest, "a message is a request or a response, not both"}
	case method != nil && !method.Is(tree.String):
		return m, &envelopeError{codeInvalidRequest, "a method is a string"}
	case params != nil && !params.Is(tree.Object) && !params.Is(tree.Null):
		return m, &envelopeError{codeInvalidParams, "params are an object"}
	}
	if method != nil {
		m.method, m.requests = method.Str(), 1
	}
	m.name = params.Get("name").Str()
	m.progress = params.Get("_meta").Get("progressToken") != nil
	return m, nil
}

// legalID reports whether an id comes back from the SDK as it was sent: numbers
// pass through a float64.
func legalID(id *tree.Node) bool {
	if id.Is(tree.String) {
		return true
	}
	const limit = 1 << 53
	n, err := strconv.ParseInt(id.Text, 10, 64)
	return id.Is(tree.Number) && err == nil && -limit < n && n < limit
}

// writeError writes a JSON-RPC error as the answer to the message with the
// given id, which may be nil.
func writeError(w http.ResponseWriter, status int, id *tree.Node, code int, message string) {
	text, _ := json.Marshal(message)
	body := []byte(`{"jsonrpc":"2.0","id":`)
	if id == nil {
		id = &tree.Node{Kind: tree.Null}
	}
	body = id.AppendJSON(body)
	code64, _ := json.Marshal(code)
	body = append(body, `,"error":{"code":`...)
	body = append(body, code64...)
	body = append(body, `,"message":`...)
	body = append(body, text...)
	body = append(body, `}}`...)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// writeRetry writes an error that is over in some seconds: RFC 9110 section
// 10.2.3.
func writeRetry(w http.ResponseWriter, status, seconds int, id *tree.Node, message string) {
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	writeError(w, status, id, codeInternal, message)
}
