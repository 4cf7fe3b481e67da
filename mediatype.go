package mcpmount

import (
	"mime"
	"strings"
)

// A mediaKind is what content of a media type is, in requests and in responses.
type mediaKind uint8

const (
	kindUnknown   mediaKind = iota // bytes, unless the content shows more
	kindJSON                       // one JSON text
	kindLines                      // a JSON text on each line
	kindSequence                   // JSON texts, each after a record separator: RFC 7464
	kindEvents                     // server-sent events
	kindXML                        // text, as are the following ones
	kindYAML                       // text of which JSON is a part
	kindForm                       // application/x-www-form-urlencoded
	kindText                       // anything else to read
	kindMultipart                  // several of these
	kindImage
	kindAudio
	kindBinary
)

// isStream reports whether content is records that can be read one by one.
func (k mediaKind) isStream() bool {
	return k == kindLines || k == kindSequence || k == kindEvents
}

// isText reports whether content is for reading, and has no other structure that
// matters here.
func (k mediaKind) isText() bool { return k >= kindXML && k <= kindText }

// mediaKindOf returns the kind of a base media type or range.
func mediaKindOf(base string) mediaKind {
	switch base {
	case "application/json", "text/json", "application/x-json", "text/x-json":
		return kindJSON
	case "application/x-ndjson", "application/ndjson", "text/x-ndjson", "application/jsonl", "application/x-jsonl",
		"application/jsonlines", "application/x-jsonlines", "application/json-lines", "application/stream+json":
		return kindLines
	case "application/json-seq":
		return kindSequence
	case "text/event-stream":
		return kindEvents
	case "application/xml", "text/xml":
		return kindXML
	case "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml":
		return kindYAML
	case "application/x-www-form-urlencoded":
		return kindForm
	case "application/toml", "application/javascript", "application/x-javascript", "application/ecmascript",
		"application/sql", "application/graphql", "application/csv", "application/openmetrics-text", "application/jwt":
		return kindText
	}
	return mediaKindOfClass(base)
}

// mediaKindOfClass judges a name by its suffix (RFC 6838 section 4.2.8) and its
// top-level type.
func mediaKindOfClass(base string) mediaKind {
	top, sub, _ := strings.Cut(base, "/")
	switch {
	case strings.HasSuffix(sub, "+json"):
		return kindJSON
	case strings.HasSuffix(sub, "+json-seq"):
		return kindSequence
	case strings.HasSuffix(sub, "+xml"):
		return kindXML
	case strings.HasSuffix(sub, "+yaml"):
		return kindYAML
	}
	switch top {
	case "text":
		return kindText
	case "multipart":
		return kindMultipart
	case "image":
		return kindImage
	case "audio":
		return kindAudio
	case "", "application", "binary":
		return kindUnknown
	}
	return kindBinary
}

// A mediaType is a Content-Type.
type mediaType struct {
	kind   mediaKind
	name   string // in lower case, without parameters; "" if it is not valid
	header string
}

func parseMediaType(header string) mediaType {
	if base, _, _ := strings.Cut(header, ";"); base == "application/json" { // as most are
		return mediaType{kindJSON, base, header}
	}
	name := baseMediaType(header)
	if !isMediaName(name) {
		name = ""
	}
	return mediaType{mediaKindOf(name), name, header}
}

// param returns a parameter, or "".
func (m mediaType) param(name string) string {
	if !strings.Contains(m.header, ";") {
		return ""
	}
	_, params, err := mime.ParseMediaType(m.header)
	if err != nil {
		return ""
	}
	return params[name]
}

// isMediaName reports whether s is a type and a subtype as RFC 6838 section 4.2
// restricts them. It is shown to a model: nothing else may hide in it.
func isMediaName(s string) bool {
	isOther := func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("!#$&-^_.+/", r))
	}
	top, sub, ok := strings.Cut(s, "/")
	return ok && top != "" && sub != "" && len(s) <= 255 &&
		!strings.Contains(sub, "/") && !strings.ContainsFunc(s, isOther)
}

// baseMediaType returns a media type without its parameters, in lower case.
func baseMediaType(t string) string {
	base, _, _ := strings.Cut(t, ";")
	return strings.ToLower(strings.TrimSpace(base))
}

// isMediaType reports whether t is a media type or range that can be sent.
func isMediaType(t string) bool {
	major, minor, ok := strings.Cut(baseMediaType(t), "/")
	return ok && isToken(major) && isToken(minor) && checkFieldText(strings.TrimSpace(t)) == nil
}

// isJSONMediaType reports whether content of media type t is one JSON text.
func isJSONMediaType(t string) bool { return mediaKindOf(baseMediaType(t)) == kindJSON }

// isBinaryMediaType reports whether content of media type or range t is bytes
// that are no text.
func isBinaryMediaType(t string) bool {
	switch base := baseMediaType(t); mediaKindOf(base) {
	case kindUnknown, kindMultipart, kindImage, kindAudio, kindBinary:
		return strings.Contains(base, "/")
	}
	return false
}

// isUTF8 reports whether t names no charset, or UTF-8.
func isUTF8(t string) bool {
	_, params, err := mime.ParseMediaType(t)
	charset := params["charset"]
	return err != nil || charset == "" || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}

// mediaTypeMatches reports whether a base media type is in a range.
func mediaTypeMatches(base, within string) bool {
	major, minor, _ := strings.Cut(within, "/")
	return major == "*" || minor == "*" && strings.HasPrefix(base, major+"/") || base == within
}
