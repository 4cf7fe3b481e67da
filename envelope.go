package mcpmount

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

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
	id     *tree.Node // nil for a notification and for a batch
	method string     // "" for a response and for a batch
	params *tree.Node // nil for none and for a batch
	name   string     // of the tool that is called

	arguments, meta *tree.Node // of the params, nil for none

	tool     *tool // that is called; nil unless it is a bridged one, and in a batch
	wrapped  bool  // by callName: the name and the arguments are those that it was given
	hears    bool  // the caller wants to hear of progress, or of what is logged
	batch    bool
	keeps    bool         // the method is one of keptMethods
	odd      bool         // what it sets makes the answers in its session unusual
	cancels  []*tree.Node // the ids of messages that it cancels
	requests int          // how many messages have a method
	calls    int          // how many messages want an answer
}

// argumentsAt returns where the arguments of a call are.
func (m *envelope) argumentsAt() []string {
	if m.wrapped {
		return []string{"params", "arguments", "arguments"}
	}
	return []string{"params", "arguments"}
}

// keptMethods are the methods whose params the SDK keeps for as long as the session or
// the stream lasts.
var keptMethods = [...]string{"initialize", "notifications/initialized", "logging/setLevel", "resources/subscribe", "subscriptions/listen"}

// maxValues bounds the values of a message: each takes a hundred bytes for the two
// of an empty array.
const maxValues = 200_000

// maxDepth bounds the levels of a message. Arguments begin at the third.
const maxDepth = 64 + 3

// Bounds of a message whose params are kept. They are much tighter than those of a call,
// since anybody can open many sessions.
const (
	maxKeptBytes  = 16 << 10
	maxKeptValues = 500
)

// An envelopeError is a message that is not one.
type envelopeError struct {
	code    int
	message string
}

// parseEnvelope reads body with p. A key that stands twice in an object is an error
// everywhere in it: which of the two counts must not depend on who reads. With
// an error, the envelope has the id to answer to.
func parseEnvelope(p *tree.Parser, body []byte) (envelope, *envelopeError) {
	n, err := p.ParseJSON(body, tree.Limits{MaxDepth: maxDepth, MaxNodes: maxValues})
	if err != nil {
		return envelope{}, &envelopeError{codeParse, unread(err)}
	}
	var m envelope
	var wrong *envelopeError
	if n.Is(tree.Array) {
		m, wrong = parseBatch(n.Items)
	} else {
		m, wrong = parseMessage(n)
	}
	if wrong == nil && m.keeps && (len(body) > maxKeptBytes || valuesIn(n) > maxKeptValues) {
		return m, &envelopeError{codeInvalidRequest, fmt.Sprintf("a message with any of the methods %s has at most %d bytes and %d values: leave out of its params what is not needed",
			strings.Join(keptMethods[:], ", "), maxKeptBytes, maxKeptValues)}
	}
	return m, wrong
}

// unread returns what a client is told of a body that cannot be read.
func unread(err error) string {
	if costs := new(tree.LimitError); errors.As(err, &costs) && costs.Place != "" {
		return fmt.Sprintf("%s: a message has at most %d values, %d levels of them, and numbers of %d digits: send less in one message",
			costs.Place, maxValues, maxDepth, tree.DefaultMaxDigits)
	}
	return "the body is not a JSON-RPC message: " + err.Error()
}

// valuesIn returns how many values n is, itself and those inside.
func valuesIn(n *tree.Node) int {
	count := 1
	for _, item := range n.Items {
		count += valuesIn(item)
	}
	for _, m := range n.Members {
		count += valuesIn(m.Value)
	}
	return count
}

func parseBatch(items []*tree.Node) (envelope, *envelopeError) {
	batch := envelope{batch: true}
	if len(items) == 0 || len(items) > maxPending {
		return batch, &envelopeError{codeInvalidRequest, fmt.Sprintf("a batch has 1 to %d messages: send others in another one", maxPending)}
	}
	for _, item := range items {
		m, err := parseMessage(item)
		if err != nil {
			return m, err
		}
		batch.requests += m.requests
		batch.calls += m.calls
		batch.keeps = batch.keeps || m.keeps
		batch.odd = batch.odd || m.odd
		batch.cancels = append(batch.cancels, m.cancels...)
	}
	return batch, nil
}

// An rpcMessage is what a JSON-RPC message has. What is not there is nil.
type rpcMessage struct {
	version, id, method, params, result, failure *tree.Node

	name, arguments, meta *tree.Node // of the params

	misspelt string // a key that differs from one of the protocol by case only
}

// membersOf looks once at each member of a message, and of its params.
func membersOf(n *tree.Node) (m rpcMessage) {
	for i := range n.Members {
		switch member := &n.Members[i]; member.Key {
		case "jsonrpc":
			m.version = member.Value
		case "id":
			m.id = member.Value
		case "method":
			m.method = member.Value
		case "params":
			m.params = member.Value
		case "result":
			m.result = member.Value
		case "error":
			m.failure = member.Value
		default:
			m.heed(member.Key, "jsonrpc", "id", "method", "params", "result", "error")
		}
	}
	if !m.params.Is(tree.Object) {
		return m
	}
	for i := range m.params.Members {
		switch member := &m.params.Members[i]; member.Key {
		case "name":
			m.name = member.Value
		case "_meta":
			m.meta = member.Value
		case "arguments":
			m.arguments = member.Value
		case "uri":
		default:
			m.heed(member.Key, "name", "arguments", "uri", "_meta")
		}
	}
	if m.misspelt == "" {
		m.misspelt = misspelt(m.meta, "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientInfo",
			"io.modelcontextprotocol/clientCapabilities", "progressToken")
	}
	return m
}

// heed notes a key that is none of names if it differs from one of them by case only.
func (m *rpcMessage) heed(key string, names ...string) {
	if m.misspelt == "" && misspells(key, names) {
		m.misspelt = key
	}
}

// parseMessage reads one message. What the SDK would take for something else is
// refused: an id that it cannot repeat (MCP 2025-11-25, basic, "Requests"), or a
// null, which makes it see a notification. So is what others would: a filter
// before this server may take "Method" for the method.
func parseMessage(n *tree.Node) (envelope, *envelopeError) {
	of := membersOf(n)
	id, method, params, key := of.id, of.method, of.params, of.misspelt
	m := envelope{id: id}
	switch {
	case id != nil && !legalID(id):
		if id.Is(tree.Object) || id.Is(tree.Array) {
			m.id = nil
		}
		return m, &envelopeError{codeInvalidRequest, "an id is a string, or an integer below 2^53"}
	case key != "":
		return m, &envelopeError{codeInvalidRequest, fmt.Sprintf("the key %q differs from one of the protocol by case only: write it as the protocol does", key)}
	case !n.Is(tree.Object) || of.version.Str() != "2.0":
		return m, &envelopeError{codeInvalidRequest, `a JSON-RPC message is an object with "jsonrpc": "2.0"`}
	case method == nil && of.result == nil && of.failure == nil:
		return m, &envelopeError{codeInvalidRequest, "a message has a method, a result or an error; this one has none of them"}
	case method != nil && (of.result != nil || of.failure != nil):
		return m, &envelopeError{codeInvalidRequest, "a message is a request with a method, or a response with a result or an error, not both"}
	case method != nil && !method.Is(tree.String):
		return m, &envelopeError{codeInvalidRequest, "a method is a string"}
	case params != nil && !params.Is(tree.Object) && !params.Is(tree.Null):
		return m, &envelopeError{codeInvalidParams, "params are an object"}
	}
	if method != nil {
		m.method, m.requests = method.Str(), 1
		m.keeps = slices.Contains(keptMethods[:], m.method)
		if id != nil {
			m.calls = 1
		}
	}
	m.params, m.name, m.arguments, m.meta = params, of.name.Str(), of.arguments, of.meta
	switch m.method {
	case "logging/setLevel":
		m.odd = true
	case "initialize":
		m.odd = params.Get("protocolVersion").Str() >= firstStateless
	case "notifications/cancelled":
		if id := params.Get("requestId"); id != nil {
			m.cancels = []*tree.Node{id}
		}
	}
	m.hears = of.meta.Get("progressToken") != nil || of.meta.Get(logLevelKey) != nil
	return m, nil
}

// misspelt returns a key of n that differs from one of names by case only, as
// encoding/json understands it; "" if there is none.
func misspelt(n *tree.Node, names ...string) string {
	if !n.Is(tree.Object) {
		return ""
	}
	for i := range n.Members {
		if key := n.Members[i].Key; !slices.Contains(names, key) && misspells(key, names) {
			return key
		}
	}
	return ""
}

// misspells reports whether key, which is none of names, differs from one by case only.
func misspells(key string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(key, name) })
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
	writeErrorData(w, status, id, code, message, nil)
}

// writeErrorData writes an error that tells more, as JSON.
func writeErrorData(w http.ResponseWriter, status int, id *tree.Node, code int, message string, data []byte) {
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
	if data != nil {
		body = append(body, `,"data":`...)
		body = append(body, data...)
	}
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
