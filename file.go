package mcpmount

import (
	"encoding/base64"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mcpmount/mcpmount/internal/tree"
)

const octetStream = "application/octet-stream"

// maxFilename bounds a file name in bytes: what file systems take.
const maxFilename = 255

// mediaTypePattern is the pattern of a media type: RFC 6838 section 4.2, with
// parameters.
const mediaTypePattern = `^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+ *(;.*)?$`

// contentTypeSchema returns the schema of the media type of a file: one of
// those in accepted, the contentType of an Encoding Object, if it lists no
// ranges.
func contentTypeSchema(accepted string) *tree.Node {
	s := text("The media type.")
	var listed []*tree.Node
	for t := range strings.SplitSeq(accepted, ",") {
		if t = strings.TrimSpace(t); !isMediaType(t) || strings.Contains(t, "*") {
			return s.With("pattern", tree.NewString(mediaTypePattern)).With("examples", tree.NewArray(tree.NewString("image/png")))
		}
		if n := tree.NewString(t); !slices.ContainsFunc(listed, n.Equal) {
			listed = append(listed, n)
		}
	}
	return s.With("enum", tree.NewArray(listed...))
}

// fileSchema returns the JSON Schema of an argument that is a file, which is
// what newFileValue takes. The part it is sent in has one of the media types in
// accepted, see contentTypeSchema.
func fileSchema(accepted string) *tree.Node {
	oneOf := func(keys ...string) *tree.Node {
		var alternatives []*tree.Node
		for _, key := range keys {
			required := tree.NewArray(tree.NewString(key))
			alternatives = append(alternatives, tree.NewObject(tree.Member{Key: "required", Value: required}))
		}
		return tree.NewArray(alternatives...)
	}
	object := tree.NewObject(
		tree.Member{Key: "type", Value: tree.NewString("object")},
		tree.Member{Key: "properties", Value: tree.NewObject(
			tree.Member{Key: "text", Value: text("The content, if it is text.")},
			tree.Member{Key: "base64", Value: text("The content in base64, if it is not text.")},
			tree.Member{Key: "filename", Value: text("The name of the file, without a directory.")},
			tree.Member{Key: "contentType", Value: contentTypeSchema(accepted)},
		)},
		tree.Member{Key: "oneOf", Value: oneOf("text", "base64")},
		tree.Member{Key: "additionalProperties", Value: tree.NewBool(false)},
	)
	short := text("The content in base64, a data: URL, or plain text. Text that is itself valid base64 needs the other form.")
	return tree.NewObject(tree.Member{Key: "anyOf", Value: tree.NewArray(object, short)})
}

// isFile reports whether schema describes a file where there is one: in a form
// or as a whole body. OpenAPI 3.0 says so with the format "binary", 3.1 with a
// contentMediaType and no contentEncoding. A string in base64 is no file.
func isFile(schema *tree.Node) bool {
	if schema.Get("format").Str() == "binary" {
		return admitsString(schema)
	}
	switch strings.ToLower(schema.Get("contentEncoding").Str()) {
	case "binary":
		return admitsString(schema)
	case "":
		mediaType := schema.Get("contentMediaType").Str()
		return admitsString(schema) && isBinaryMediaType(mediaType)
	}
	return false
}

// admitsString reports whether the type of schema is absent or has "string".
func admitsString(schema *tree.Node) bool {
	list := types(schema)
	return len(list) == 0 || slices.Contains(list, "string")
}

// A fileValue is the value of an argument that is a file.
type fileValue struct {
	content     []byte
	name        string // "" if not given
	contentType string // "" if not given
}

// newFileValue reads v: an object with "text" or "base64", and perhaps
// "filename" and "contentType", or a string, which is a data URL, base64 or else
// text.
func newFileValue(v *tree.Node) (fileValue, error) {
	switch v.Kind {
	case tree.String:
		return newFileFromString(v.Text)
	case tree.Object:
		return newFileFromObject(v)
	}
	return fileValue{}, errors.New(`must be a file: a string (base64, a data: URL or plain text), or an object with "text" or "base64"`)
}

func newFileFromString(s string) (fileValue, error) {
	if f, ok, err := parseDataURL(s); ok || err != nil {
		return f, err
	}
	if content, ok := decodeStrictBase64(s); ok {
		return fileValue{content: content}, nil
	}
	return fileValue{content: []byte(s)}, nil
}

func newFileFromObject(v *tree.Node) (fileValue, error) {
	f := fileValue{name: cleanFilename(v.Get("filename").Str())}
	text, encoded := v.Get("text"), v.Get("base64")
	var err error
	switch {
	case text.Is(tree.String) && !encoded.Is(tree.String):
		f.content = []byte(text.Text)
	case encoded.Is(tree.String) && !text.Is(tree.String):
		f.content, err = decodeBase64(encoded.Text)
	default:
		err = errors.New(`must have either "text" or "base64", a string`)
	}
	if err != nil {
		return fileValue{}, err
	}
	f.contentType, err = checkContentType(v.Get("contentType").Str())
	return f, err
}

// decodeBase64 decodes text that must be base64, whichever alphabet, padding or
// spacing it has: RFC 4648 sections 4 and 5.
func decodeBase64(text string) ([]byte, error) {
	text = strings.Map(func(r rune) rune {
		switch r {
		case '-':
			return '+'
		case '_':
			return '/'
		case ' ', '\t', '\r', '\n':
			return -1
		}
		return r
	}, text)
	content, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, errors.New("has content that is not base64")
	}
	return content, nil
}

// decodeStrictBase64 decodes text that could be base64 or something else. To
// take little else for it, padding must be there, and only line breaks are
// ignored: otherwise, most short texts would be base64.
func decodeStrictBase64(text string) ([]byte, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, false
	}
	if content, err := base64.StdEncoding.Strict().DecodeString(text); err == nil {
		return content, true
	}
	content, err := base64.URLEncoding.Strict().DecodeString(text)
	return content, err == nil
}

// parseDataURL reads a data URL (RFC 2397), with the parameter "name" that many
// programs add. It reports whether s is one.
func parseDataURL(s string) (fileValue, bool, error) {
	if len(s) < 5 || !strings.EqualFold(s[:5], "data:") {
		return fileValue{}, false, nil
	}
	head, data, ok := strings.Cut(s[5:], ",")
	if base := baseMediaType(head); !ok || base != "" && !isMediaType(base) {
		return fileValue{}, false, nil
	}
	var f fileValue
	mediaType, encoded := splitDataHead(head, &f)
	data, err := url.PathUnescape(data)
	if err != nil {
		return f, false, errors.New("must be a valid data: URL")
	}
	f.content = []byte(data)
	if encoded {
		f.content, err = decodeBase64(data)
	}
	if err == nil {
		f.contentType, err = checkContentType(mediaType)
	}
	return f, err == nil, err
}

// splitDataHead returns the media type of a data URL, without the name, which it
// gives to f, and whether the data is in base64.
func splitDataHead(head string, f *fileValue) (mediaType string, encoded bool) {
	var kept []string
	for parameter := range strings.SplitSeq(head, ";") {
		key, value, _ := strings.Cut(parameter, "=")
		switch strings.ToLower(key) {
		case "base64":
			encoded = true
		case "name", "filename":
			name, _ := url.PathUnescape(value)
			f.name = cleanFilename(name)
		default:
			kept = append(kept, parameter)
		}
	}
	mediaType = strings.Join(kept, ";")
	if strings.HasPrefix(mediaType, ";") { // RFC 2397: text/plain may be left out
		mediaType = "text/plain" + mediaType
	}
	return mediaType, encoded
}

// checkContentType returns t without space around it, and refuses what cannot be the media
// type of a file.
func checkContentType(t string) (string, error) {
	if t = strings.TrimSpace(t); t == "" {
		return "", nil
	}
	if _, _, err := mime.ParseMediaType(t); err != nil || !isMediaType(t) || strings.Contains(t, "*") {
		return "", errors.New("must have a media type such as image/png as its contentType")
	}
	return t, nil
}

// cleanFilename returns the last element of name without control characters, ""
// if nothing is left.
func cleanFilename(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, name)
	if len(name) > maxFilename {
		name = strings.ToValidUTF8(name[:maxFilename], "")
	}
	if isDotSegment(name) {
		return ""
	}
	return name
}

// A fileEncoder writes a body that is a file.
type fileEncoder struct{ contentType string }

// encode returns the media type of the document, or one in its range: that of
// the file, or else a guess.
func (e fileEncoder) encode(v *tree.Node) ([]byte, string, error) {
	f, err := newFileValue(v)
	if err != nil {
		return nil, "", err
	}
	within := baseMediaType(e.contentType)
	if !strings.Contains(within, "*") {
		return f.content, e.contentType, nil
	}
	if f.contentType != "" && mediaTypeMatches(baseMediaType(f.contentType), within) {
		return f.content, f.contentType, nil
	}
	return f.content, guessType(f.content, within), nil
}

// guessType returns a media type in a range: what the content looks like, or
// else what is most common there. An API that takes images only would refuse
// anything else, whatever the content.
func guessType(content []byte, within string) string {
	if looks := http.DetectContentType(content); within != "*/*" && mediaTypeMatches(baseMediaType(looks), within) {
		return looks
	}
	switch within {
	case "image/*":
		return "image/png"
	case "audio/*":
		return "audio/mpeg"
	case "video/*":
		return "video/mp4"
	}
	return octetStream
}
