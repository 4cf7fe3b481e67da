package mcpmount

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// sniff looks at content whose media type does not say what it is. A type that
// says nothing is replaced by what the content looks like; one that is only not
// known here can still be read if it is text.
func (m mediaType) sniff(data []byte) mediaType {
	says := m.name != "" && m.name != "application/octet-stream" && !strings.HasPrefix(m.name, "binary/")
	found := parseMediaType(http.DetectContentType(data))
	switch {
	case found.kind.isText() && !isReadable(data):
		found.kind, found.name = kindBinary, "application/octet-stream"
	case found.kind.isText() && !says && startsJSON(data) && isJSON(data):
		found.kind, found.name = kindJSON, "application/json"
	case found.kind == kindUnknown:
		found.kind = kindBinary
	}
	if !says {
		return found
	}
	if m.kind = kindBinary; found.kind.isText() {
		m.kind = kindText
	}
	return m
}

// isReadable reports whether data is UTF-8, or UTF-16 with a byte order mark.
func isReadable(data []byte) bool {
	return utf8.Valid(data) || bytes.HasPrefix(data, []byte("\xfe\xff")) || bytes.HasPrefix(data, []byte("\xff\xfe"))
}

func startsJSON(data []byte) bool {
	data = bytes.TrimLeft(data, " \t\r\n")
	return len(data) > 0 && (data[0] == '{' || data[0] == '[')
}

// A contentPart is a piece of content before MCP gives it a form.
type contentPart struct {
	media mediaType
	text  string
	json  []byte // takes the place of text if it is not nil: valid JSON, as it came
	blob  []byte // takes the place of text if it is not nil
	name  string // of a file
	link  string // the URI of a resource that has blob, "" for none
}

// said returns the text of p.
func (p *contentPart) said() string {
	if p.json != nil {
		return string(p.json)
	}
	return p.text
}

// toolContent returns p as content of the result of a tool.
func (p *contentPart) toolContent(uri string) []mcp.Content {
	switch {
	case p.blob == nil:
		return []mcp.Content{&mcp.TextContent{Text: p.said()}}
	case p.link != "":
		return p.resourceLink()
	case p.media.kind == kindImage:
		return []mcp.Content{&mcp.ImageContent{Data: p.blob, MIMEType: p.media.name}}
	case p.media.kind == kindAudio:
		return []mcp.Content{&mcp.AudioContent{Data: p.blob, MIMEType: p.media.name}}
	}
	return []mcp.Content{
		&mcp.TextContent{Text: p.describe()},
		&mcp.EmbeddedResource{Resource: p.resourceContents(uri)},
	}
}

// resourceContents returns p as contents of a resource.
func (p *contentPart) resourceContents(uri string) *mcp.ResourceContents {
	c := &mcp.ResourceContents{URI: uri, MIMEType: p.media.name, Text: p.said(), Blob: p.blob}
	if c.Text == "" && c.Blob == nil {
		c.Blob = []byte{} // one of the two must be there
	}
	return c
}

// describe says what p is, for a model that cannot open it.
func (p *contentPart) describe() string {
	s := p.media.name + ", " + strconv.Itoa(len(p.blob)) + " bytes"
	if p.name != "" {
		s += ", file name " + strconv.Quote(p.name)
	}
	return s
}

// A jsonBytes is text content that is JSON, kept as bytes so that the door can write it
// without making a string of it. To the SDK it is content like any other.
type jsonBytes struct {
	mcp.TextContent // empty
	json            []byte
}

// MarshalJSON is part of [mcp.Content].
func (t *jsonBytes) MarshalJSON() ([]byte, error) {
	return (&mcp.TextContent{Text: string(t.json)}).MarshalJSON()
}

// A resultRoom has the memory that most results need, in one allocation.
type resultRoom struct {
	parts [1]contentPart
	body  bodyReader

	// text is the memory for a result of a single text that the door writes; nil if the SDK
	// gets the result, which might keep it.
	text *textRoom
}

// A textRoom has the memory for a result of a single text.
type textRoom struct {
	result     mcp.CallToolResult
	content    [1]mcp.Content
	text       jsonBytes
	structured json.RawMessage
}

// roomOf returns the memory for the result of the call that ctx is, or else new memory.
func roomOf(ctx context.Context) *resultRoom {
	if c, ok := ctx.(*apiCall); ok && c.room != nil {
		return &c.room.result
	}
	return new(resultRoom)
}

// structure gives result structured content.
func (r *resultRoom) structure(result *mcp.CallToolResult, content json.RawMessage) {
	if r.text != nil {
		r.text.structured = content
		result.StructuredContent = &r.text.structured
	} else {
		result.StructuredContent = content
	}
}

// fileName returns the name of the file that a Content-Disposition (RFC 6266)
// gives, without directories, or "".
func fileName(disposition string) string {
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil {
		return ""
	}
	return cleanFilename(params["filename"])
}

// shorten returns the beginning of s, at most n bytes and whole characters.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// maxParts bounds the parts of a multipart body that are read.
const maxParts = 64

// splitMultipart calls each for the parts of a multipart body: RFC 2046 section
// 5.1. Complete is false, for the body or for a part, if there is more of it
// than could be read.
func splitMultipart(m mediaType, data []byte, each func(m mediaType, h http.Header, content []byte, complete bool)) (complete bool) {
	r := multipart.NewReader(bytes.NewReader(data), m.param("boundary"))
	for range maxParts {
		p, err := r.NextPart()
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		content, err := io.ReadAll(p)
		header := p.Header.Get("Content-Type")
		if header == "" {
			header = "text/plain" // RFC 2046 section 5.1
		}
		each(parseMediaType(header), http.Header(p.Header), content, err == nil)
		if err != nil {
			return false
		}
	}
	_, err := r.NextPart()
	return err == io.EOF
}
