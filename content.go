package mcpmount

import (
	"bytes"
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
	blob  []byte // takes the place of text if it is not nil
	name  string // of a file
	link  string // the URI of a resource that has blob, "" for none
}

// toolContent returns p as content of the result of a tool.
func (p *contentPart) toolContent(uri string) []mcp.Content {
	switch {
	case p.blob == nil:
		return []mcp.Content{&mcp.TextContent{Text: p.text}}
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
	c := &mcp.ResourceContents{URI: uri, MIMEType: p.media.name, Text: p.text, Blob: p.blob}
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
