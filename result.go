package mcpmount

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A resultPlan turns the responses of one operation into results. It is
// compiled once and is safe for concurrent use.
type resultPlan struct {
	out      outputPlan
	maxBytes int64

	shaping *shaping // nil if answers are passed on as they come
}

// An outputPlan says what the results of a tool must be, given what the tool
// advertises.
type outputPlan struct {
	// advertised says that the tool has an output schema.
	advertised bool

	// wrap says that the schema describes an object whose property "result" is
	// the response.
	wrap bool

	// strict, if not nil, checks structured content.
	strict func(value *tree.Node) error

	// loose, if not nil, returns what structured content is made to fit.
	loose func() *looseSchema
}

// A looseSchema is an output schema that is not strict.
type looseSchema struct {
	schema  *tree.Node
	outline *outline // of the response
}

// newLooseSchema returns the output schema of a tool, whose results are the response, or wrap
// it.
func newLooseSchema(schema *tree.Node, wrap bool) *looseSchema {
	o := newOutline(schema)
	if wrap {
		o = o.property("result")
	}
	return &looseSchema{schema, o}
}

func newResultPlan(out outputPlan, maxBytes int64) *resultPlan {
	return &resultPlan{out: out, maxBytes: maxBytes}
}

// toolResult reads res and closes its body. The request of res must have been
// made with ctx, so that reading ends when it does. A listener, which may be nil, is told
// of what arrives little by little.
func (p *resultPlan) toolResult(ctx context.Context, res *http.Response, to *listener) *mcp.CallToolResult {
	defer res.Body.Close()
	if !isSuccess(res) {
		return errorResult(errors.New(p.failure(ctx, res)))
	}
	if p.shaping.hides() {
		to.hush()
	}
	room := roomOf(ctx)
	a := p.answer(ctx, res, room, to)
	more := p.nextPage(ctx, res, &a) // before it may be left out
	p.shape(ctx, &a)
	p.link(ctx, &a)
	a.noteSome(more)
	result := a.textResult(room)
	if result == nil {
		result = &mcp.CallToolResult{IsError: a.failed, Content: a.toolContent(responseURI(ctx))}
	}
	if len(result.Content) == 0 {
		result.Content = []mcp.Content{&mcp.TextContent{Text: emptyText(ctx, res)}}
	}
	if structured := p.structured(&a); structured != nil && !a.failed {
		if err := p.check(structured); err != nil {
			result.IsError = true
			result.Content = append([]mcp.Content{&mcp.TextContent{Text: schemaMistake(err)}}, result.Content...)
			return result
		}
		fitted, note := p.fitted(&a, structured)
		if note != "" && a.value != nil {
			result.Content = append(result.Content, &mcp.TextContent{Text: note})
		}
		room.structure(result, fitted)
	}
	return result
}

// fitted returns the part of structured content that fits a loose schema, and a note about
// the rest. Content that the parser refuses, such as an object that has a key twice, stays
// as it is.
func (p *resultPlan) fitted(a *answer, structured json.RawMessage) (fitted json.RawMessage, note string) {
	if p.out.loose == nil || a.conforms {
		return structured, ""
	}
	v, err := tree.ParseJSON(structured, tree.Limits{MaxDepth: maxJSONDepth + 1})
	if err != nil {
		return structured, ""
	}
	kept, out := fit(p.out.loose().schema, v)
	if out.count == 0 {
		return structured, ""
	}
	names := shortList(out.pointers, out.count)
	return kept.JSON(), "structured content is without " + cmp.Or(shorten(names, maxMistake), "the response") +
		": the API answers with another type than its document says"
}

// resourceContents reads res and closes its body, like toolResult. An error is
// for the client to read.
func (p *resultPlan) resourceContents(ctx context.Context, uri string, res *http.Response) ([]*mcp.ResourceContents, error) {
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusNotFound, res.StatusCode == http.StatusGone:
		return nil, missingError(uri, p.failure(ctx, res))
	case !isSuccess(res):
		return nil, readError(uri, p.failure(ctx, res))
	}
	a := p.answer(ctx, res, roomOf(ctx), nil)
	p.shape(ctx, &a)
	if a.failed {
		return nil, readError(uri, strings.Join(a.notes, "; "))
	}
	switch {
	case len(a.parts) > 0:
	case res.StatusCode == http.StatusNoContent:
		a.parts = []contentPart{{media: parseMediaType("text/plain"), text: emptyText(ctx, res)}}
	default:
		a.parts = []contentPart{{media: parseMediaType(res.Header.Get("Content-Type"))}}
	}
	return a.resourceContents(uri), nil
}

func isSuccess(res *http.Response) bool { return res.StatusCode >= 200 && res.StatusCode <= 299 }

// responseURI returns a URI for binary content of the response to the call that ctx is of:
// the path of the operation, filled in. Nothing can be read there; clients want to tell
// contents apart.
func responseURI(ctx context.Context) string {
	uri := "response:"
	if t := targetFrom(ctx); t != nil {
		uri += t.path
	}
	return uri
}

// emptyText returns a text for a response without content: its status, and where to look.
func emptyText(ctx context.Context, res *http.Response) string {
	text := statusText(res.StatusCode)
	if res.StatusCode != http.StatusNoContent {
		text += ", no content"
	}
	if location := locationText(ctx, res); location != "" {
		text += ", " + location // RFC 9110 section 15.3.2: what was created
	}
	return text
}

func statusText(code int) string {
	return strings.TrimSpace(strconv.Itoa(code) + " " + http.StatusText(code))
}

// check checks structured content against the schema of the tool.
func (p *resultPlan) check(structured json.RawMessage) error {
	if p.out.strict == nil {
		return nil
	}
	v, err := tree.ParseJSON(structured, tree.Limits{MaxDepth: maxJSONDepth})
	if err != nil {
		return err
	}
	return p.out.strict(v)
}

// schemaMistake says that a response is not what the tool promises.
func schemaMistake(err error) string {
	return "the response does not match the output schema of the tool: " + err.Error()
}

// structured returns the structured content of a, which is always an object, as
// clients of 2025-11-25 and older expect, or nil.
func (p *resultPlan) structured(a *answer) json.RawMessage {
	switch value := a.value; {
	case value == nil && !p.out.advertised:
		return nil
	case value == nil && a.text == "":
		return json.RawMessage(`{}`)
	case value == nil:
		quoted, _ := json.Marshal(a.text) // a string always can be
		return wrapped(quoted)
	case value[0] == '{' && !(p.out.advertised && p.out.wrap):
		return value
	default:
		return wrapped(value)
	}
}

func wrapped(value []byte) json.RawMessage {
	const before, after = `{"result":`, `}`
	w := make([]byte, 0, len(before)+len(value)+len(after))
	return append(append(append(w, before...), value...), after...)
}

// An answer is what a successful response says.
type answer struct {
	parts []contentPart
	value []byte // the JSON value, white space trimmed, or nil

	// outline is what value should be like; conforms says that it is.
	outline  *outline
	conforms bool

	text    string   // what there is if value is nil
	notes   []string // what is missing or wrong, for a model
	failed  bool
	partial bool // the end of the response is missing
}

func (a *answer) note(text string) { a.notes = append(a.notes, text) }

// textResult returns the result for an answer that is a single text, or nil.
func (a *answer) textResult(room *resultRoom) *mcp.CallToolResult {
	if len(a.parts) != 1 || a.parts[0].blob != nil || len(a.notes) > 0 {
		return nil
	}
	one, part := room.text, &a.parts[0]
	if one != nil && part.json != nil {
		one.text.json = part.json
		one.content[0] = &one.text
	} else {
		if one == nil {
			one = new(textRoom)
		}
		one.text.Text = part.said()
		one.content[0] = &one.text.TextContent
	}
	one.result.IsError, one.result.Content = a.failed, one.content[:]
	return &one.result
}

func (a *answer) toolContent(uri string) []mcp.Content {
	content := make([]mcp.Content, 0, len(a.parts)+len(a.notes))
	for i := range a.parts {
		content = append(content, a.parts[i].toolContent(partURI(uri, i))...)
	}
	for _, note := range a.notes {
		content = append(content, &mcp.TextContent{Text: note})
	}
	return content
}

func (a *answer) resourceContents(uri string) []*mcp.ResourceContents {
	contents := make([]*mcp.ResourceContents, 0, len(a.parts)+len(a.notes))
	for i := range a.parts {
		contents = append(contents, a.parts[i].resourceContents(partURI(uri, i)))
	}
	for _, note := range a.notes {
		contents = append(contents, &mcp.ResourceContents{URI: uri + "#note", MIMEType: "text/plain", Text: note})
	}
	return contents
}

// partURI returns the URI of the i-th part of a response.
func partURI(uri string, i int) string {
	if i == 0 {
		return uri
	}
	return uri + "#part-" + strconv.Itoa(i+1)
}

// answer reads a successful response.
func (p *resultPlan) answer(ctx context.Context, res *http.Response, room *resultRoom, to *listener) answer {
	a := answer{parts: room.parts[:0]}
	if p.out.loose != nil {
		a.outline = p.out.loose().outline
	}
	media := parseMediaType(firstField(res.Header, "Content-Type"))
	body := &room.body
	body.open(ctx, res, p.maxBytes)
	if media.kind.isStream() {
		a.addRecords(media, readRecords(media.kind, body, to))
	} else {
		if to.hearsLines(media, res) {
			lines := &lineHearer{to: to}
			body.r = io.TeeReader(body.r, lines)
			defer lines.close()
		}
		data := body.all(res.ContentLength)
		name := ""
		if disposition := firstField(res.Header, "Content-Disposition"); disposition != "" {
			name = fileName(disposition)
		}
		if p.out.advertised && media.kind.isText() && startsJSON(data) && isJSON(data) {
			media.kind = kindJSON // what was promised, with a wrong label
		}
		a.add(media, name, data, body.complete())
	}
	if !body.complete() {
		var note string
		note, a.failed = body.shortfall(ctx, media.kind.isStream())
		a.partial = true
		a.note(note)
	}
	return a
}

// addRecords adds the records of a stream.
func (a *answer) addRecords(media mediaType, rs *records) {
	a.text = strings.TrimSuffix(string(rs.text), "\n")
	a.value = rs.value()
	if rs.count > 0 {
		a.parts = append(a.parts, contentPart{media: media, text: a.text})
	}
	if a.value == nil && media.kind != kindEvents {
		a.note(strconv.Itoa(rs.others) + " of " + strconv.Itoa(rs.count) + " records are not JSON")
	}
}

// add adds a body; an empty one adds nothing.
func (a *answer) add(media mediaType, name string, data []byte, complete bool) {
	if media.kind == kindUnknown || media.kind == kindMultipart && media.param("boundary") == "" {
		media = media.sniff(data)
	}
	switch {
	case len(data) == 0:
	case media.kind == kindJSON:
		a.addJSON(media, data, complete)
	case media.kind == kindMultipart:
		a.addParts(media, data)
	case media.kind.isText(), media.kind.isStream():
		if !complete {
			data = wholeCharacters(data)
		}
		a.addText(media, data)
	case complete:
		a.parts = append(a.parts, contentPart{media: media, blob: data, name: name})
	default:
		// A part of an image or an archive is of no use, and clients refuse it.
		a.note("the content of type " + media.name + " is not complete and was left out")
	}
}

func (a *answer) addJSON(media mediaType, data []byte, complete bool) {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	isUTF8 := utf8.Valid(data)
	if complete && !isUTF8 {
		data = []byte(decodeText(data, media.param("charset")))
		isUTF8 = utf8.Valid(data)
	}
	if !complete {
		data = savedJSON(data)
		isUTF8 = isUTF8 || utf8.Valid(data)
	}
	if len(data) == 0 {
		return
	}
	if valid, conforms := scanOutlined(data, a.outline); valid && isUTF8 {
		a.value, a.conforms = data, conforms && a.outline != nil
		a.parts = append(a.parts, contentPart{media: media, json: data})
		return
	}
	a.text = strings.ToValidUTF8(string(data), "\uFFFD")
	a.parts = append(a.parts, contentPart{media: media, text: a.text})
	if complete {
		a.note("the response is labeled " + media.name + ", but is not JSON that can be passed on as such")
	}
}

// savedJSON returns what is valid of JSON that was cut off, or else data.
func savedJSON(data []byte) []byte {
	if saved := cutJSON(data); saved != nil {
		return saved
	}
	return data
}

func (a *answer) addText(media mediaType, data []byte) {
	charset := media.param("charset")
	if charset == "" {
		charset = xmlEncoding(data)
	}
	text := decodeText(data, charset)
	if strings.TrimSpace(text) == "" {
		return
	}
	a.text = text
	a.parts = append(a.parts, contentPart{media: media, text: text})
}

// addParts adds a multipart body. Its parts are content, not one JSON value.
func (a *answer) addParts(media mediaType, data []byte) {
	complete := splitMultipart(media, data, func(m mediaType, h http.Header, content []byte, complete bool) {
		if m.kind == kindMultipart {
			m.kind = kindText // one level is enough
		}
		a.add(m, fileName(h.Get("Content-Disposition")), content, complete)
	})
	a.value, a.text, a.conforms = nil, "", false
	if !complete {
		a.partial = true
		a.note("the response has further parts, which were left out")
	}
}
