package mcpmount

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// An answerer writes the answers that the door gives itself: the JSON that the
// SDK writes for the same result, without reflection. It is safe for concurrent
// use.
type answerer struct {
	buffers *bufferPool
	modern  string // what the results of 2026-07-28 begin with
}

// newAnswerer returns an answerer for the server with the given name.
func newAnswerer(buffers *bufferPool, info *mcp.Implementation) (*answerer, error) {
	server, err := json.Marshal(info)
	return &answerer{buffers, `{"_meta":{"` + mcp.MetaKeyServerInfo + `":` + string(server)}, err
}

// An era is what of an answer depends on the version of the protocol.
type era bool

const (
	legacy era = false
	modern era = true // 2026-07-28 and newer
)

// status returns the HTTP status of an answer with an error of the given code, 0 for
// none: from 2026-07-28 on, SEP-2575 gives one to errors.
func (of era) status(code int64) int {
	switch {
	case of == modern && code == codeMethodNotFound:
		return http.StatusNotFound
	case of == modern && code == codeInvalidParams:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// result puts the answer to the message with the given id into b, with the result that f
// appends, of about size bytes.
func (a *answerer) result(b *buffer, id *tree.Node, size int, f func([]byte) []byte) {
	a.buffers.enlarge(b, int64(size))
	b.bytes = append(f(append(appendID(b.bytes, id), `,"result":`...)), '}')
}

// error puts the answer to the message with the given id into b, with an error, and returns
// the error's code.
func (a *answerer) error(b *buffer, id *tree.Node, err error) (code int64) {
	wire := &jsonrpc.Error{Message: err.Error()}
	errors.As(err, &wire)
	dst := appendID(b.bytes[:0], id)
	dst = strconv.AppendInt(append(dst, `,"error":{"code":`...), wire.Code, 10)
	dst = tree.AppendString(append(dst, `,"message":`...), wire.Message)
	if len(wire.Data) > 0 {
		dst = append(append(dst, `,"data":`...), wire.Data...)
	}
	b.bytes = append(dst, `}}`...)
	return wire.Code
}

// appendID begins an answer to the message with the given id, which is legal.
func appendID(dst []byte, id *tree.Node) []byte {
	dst = append(dst, `{"jsonrpc":"2.0","id":`...)
	if n, err := strconv.ParseInt(id.Text, 10, 64); id.Is(tree.Number) && err == nil {
		return strconv.AppendInt(dst, n, 10) // -0 is 0
	}
	return id.AppendJSON(dst)
}

// writeAnswer writes an answer.
func writeAnswer(w http.ResponseWriter, status int, answer []byte) {
	setAnswerHeader(w.Header(), len(answer))
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// list answers the message with the given id with a result that is not copied.
func (a *answerer) list(w http.ResponseWriter, id *tree.Node, result []byte) {
	b := a.buffers.get(0)
	b.bytes = append(appendID(b.bytes, id), `,"result":`...)
	setAnswerHeader(w.Header(), len(b.bytes)+len(result)+1)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(b.bytes)
	_, _ = w.Write(result)
	_, _ = w.Write(append(b.bytes[:0], '}'))
	a.buffers.put(b)
}

// announced is the length from which on an answer says how long it is: of shorter ones
// net/http knows the length, as it holds 2 KB back until the handler returns.
const announced = 2000

// setAnswerHeader sets the header of an answer of so many bytes.
func setAnswerHeader(h http.Header, length int) {
	values := [...]string{"application/json", "no-cache, no-transform"}
	h["Content-Type"], h["Cache-Control"] = values[0:1:1], values[1:2:2]
	if length >= announced {
		setLengthHeader(h, length)
	}
}

func setLengthHeader(h http.Header, length int) {
	h["Content-Length"] = []string{strconv.Itoa(length)}
}

// open begins a result of the given era, and reports whether a comma must follow.
func (a *answerer) open(dst []byte, of era, meta mcp.Meta) ([]byte, bool) {
	switch {
	case of == modern && len(meta) == 0:
		return append(append(dst, a.modern...), `},"resultType":"complete"`...), true
	case of == modern:
		dst = append(append(dst, a.modern...), ',')
		return append(appendAny(dst, meta, 1), `,"resultType":"complete"`...), true
	case len(meta) > 0:
		return appendAny(append(dst, `{"_meta":`...), meta, 0), true
	}
	return append(dst, '{'), false
}

// answerSize returns about how long res is as an answer: JSON in a text has a fifth
// more for its quotes, and base64 a third.
func answerSize(res mcp.Result) int {
	_, size := outcome(res, nil)
	size += size/3 + 512
	if res, ok := res.(*mcp.CallToolResult); ok {
		size += len(rawContent(res))
	}
	return size
}

// rawContent returns the structured content of res if it is JSON already, or nil.
func rawContent(res *mcp.CallToolResult) []byte {
	switch raw := res.StructuredContent.(type) {
	case *json.RawMessage:
		return *raw
	case json.RawMessage:
		return raw
	}
	return nil
}

// callResult appends the result of a call.
func (a *answerer) callResult(dst []byte, of era, res *mcp.CallToolResult) []byte {
	dst, comma := a.open(dst, of, res.Meta)
	if comma {
		dst = append(dst, ',')
	}
	dst = append(dst, `"content":[`...)
	for i, c := range res.Content {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendContent(dst, c)
	}
	dst = append(dst, ']')
	if res.StructuredContent != nil {
		dst = append(dst, `,"structuredContent":`...)
		if raw := rawContent(res); raw != nil {
			dst = append(dst, raw...)
		} else {
			dst = appendAny(dst, res.StructuredContent, 0)
		}
	}
	if res.IsError {
		dst = append(dst, `,"isError":true`...)
	}
	return append(dst, '}')
}

// readResult appends the result of reading a resource.
func (a *answerer) readResult(dst []byte, of era, res *mcp.ReadResourceResult) []byte {
	dst, comma := a.open(dst, of, res.Meta)
	if comma {
		dst = append(dst, ',')
	}
	dst = strconv.AppendInt(append(dst, `"ttlMs":`...), int64(res.TTLMs), 10)
	dst = tree.AppendString(append(dst, `,"cacheScope":`...), res.CacheScope)
	dst = append(dst, `,"contents":[`...)
	for i, c := range res.Contents {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendResource(dst, c)
	}
	return append(dst, `]}`...)
}

// appendContent appends c as its MarshalJSON would.
func appendContent(dst []byte, c mcp.Content) []byte {
	switch c := c.(type) {
	case *mcp.TextContent:
		if c.Meta == nil && c.Annotations == nil {
			dst = append(dst, `{"type":"text","text":`...)
			return append(tree.AppendString(dst, c.Text), '}')
		}
	case *jsonBytes:
		dst = append(dst, `{"type":"text","text":`...)
		return append(tree.AppendUTF8(dst, c.json), '}')
	case *mcp.ImageContent:
		if c.Meta == nil && c.Annotations == nil {
			return appendMedia(dst, "image", c.MIMEType, c.Data)
		}
	case *mcp.AudioContent:
		if c.Meta == nil && c.Annotations == nil {
			return appendMedia(dst, "audio", c.MIMEType, c.Data)
		}
	case *mcp.EmbeddedResource:
		if c.Meta == nil && c.Annotations == nil && c.Resource != nil {
			dst = append(dst, `{"type":"resource","resource":`...)
			return append(appendResource(dst, c.Resource), '}')
		}
	}
	return appendAny(dst, c, 0)
}

func appendMedia(dst []byte, kind, mimeType string, data []byte) []byte {
	dst = append(append(append(dst, `{"type":"`...), kind...), `","mimeType":`...)
	dst = append(tree.AppendString(dst, mimeType), `,"data":"`...)
	return append(base64.StdEncoding.AppendEncode(dst, data), `"}`...)
}

func appendResource(dst []byte, c *mcp.ResourceContents) []byte {
	if c.Meta != nil {
		return appendAny(dst, c, 0)
	}
	dst = tree.AppendString(append(dst, `{"uri":`...), c.URI)
	if c.MIMEType != "" {
		dst = tree.AppendString(append(dst, `,"mimeType":`...), c.MIMEType)
	}
	if c.Text != "" {
		dst = tree.AppendString(append(dst, `,"text":`...), c.Text)
	}
	if c.Blob != nil {
		dst = base64.StdEncoding.AppendEncode(append(dst, `,"blob":"`...), c.Blob)
		dst = append(dst, '"')
	}
	return append(dst, '}')
}

// appendAny appends v, which is rare enough for reflection, as JSON without its first bytes.
func appendAny(dst []byte, v any, without int) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		data = []byte("null") // what the SDK's types cannot become
		without = 0
	}
	return append(dst, bytes.TrimSpace(data)[without:]...)
}
