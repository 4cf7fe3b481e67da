package openapi

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A version is the version of the specification that a document follows.
type version uint8

const (
	swagger20 version = iota + 1
	openapi30
	openapi31
	openapi32
)

// identify returns the version of the document with the given root. One that
// does not exist is read as the newest if there is something to serve.
func (l *loader) identify(root place) (version, error) {
	if !root.node.Is(tree.Object) {
		return 0, notOpenAPI("")
	}
	key := "openapi"
	if absent(root.get(key)) {
		key = "swagger"
	}
	at := root.get(key)
	text := strings.TrimSpace(at.node.Str())
	if text == "" {
		return 0, notOpenAPI(otherDocument(root.node))
	}
	if v := parseVersion(text); v != 0 {
		return v, nil
	}
	if strings.HasPrefix(text, "1") || !root.get("paths").node.Is(tree.Object) {
		return 0, fmt.Errorf("%s %s is not supported; convert the document to OpenAPI 3.1", key, text)
	}
	l.problems.add(at, "%s %s is not known; the document is read as OpenAPI 3.2", key, text)
	return openapi32, nil
}

// parseVersion returns the version for the text of a version field, or 0. A
// bare number is what YAML makes of a version without quotes.
func parseVersion(text string) version {
	major, rest, _ := strings.Cut(text, ".")
	minor, _, _ := strings.Cut(rest, ".")
	switch {
	case major == "2":
		return swagger20
	case major == "3" && (minor == "0" || minor == ""):
		return openapi30
	case major == "3" && minor == "1":
		return openapi31
	case major == "3" && minor == "2":
		return openapi32
	}
	return 0
}

func notOpenAPI(what string) error {
	if what == "" {
		return errors.New(`not an OpenAPI document: it has neither "openapi" nor "swagger"`)
	}
	return fmt.Errorf("not an OpenAPI document: it looks like %s", what)
}

// otherDocument names what a map that is no OpenAPI document looks like.
func otherDocument(root *tree.Node) string {
	for _, format := range []struct{ key, name string }{
		{"asyncapi", "an AsyncAPI document"},
		{"swaggerVersion", "a Swagger 1 document; convert it to OpenAPI 3"},
		{"arazzo", "an Arazzo document"},
		{"overlay", "an OpenAPI overlay"},
		{"openrpc", "an OpenRPC document"},
		{"discoveryVersion", "a Google discovery document"},
		{"__schema", "a GraphQL schema"},
		{"_postman_id", "a Postman collection; export it as OpenAPI"},
		{"_type", "an Insomnia export; export it as OpenAPI"},
		{"$schema", "a JSON Schema"},
	} {
		if root.Get(format.key) != nil {
			return format.name
		}
	}
	switch info := root.Get("info"); {
	case root.Get("item") != nil, info.Get("_postman_id") != nil:
		return "a Postman collection; export it as OpenAPI"
	case root.Get("data").Get("__schema") != nil:
		return "a GraphQL schema"
	case root.Get("log").Get("entries") != nil:
		return "a HAR recording"
	case root.Get("apis").Is(tree.Object):
		return "a configuration of mcpmount, which --config reads"
	}
	return ""
}

// otherText names what data that is perhaps no map at all looks like, or returns
// "".
func otherText(data []byte) string {
	const enough = 512
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	head := strings.ToLower(string(bytes.TrimSpace(data[:min(len(data), enough)])))
	starts := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(head, p) {
				return true
			}
		}
		return false
	}
	switch {
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		return "a gzip file; unpack it"
	case starts("<!doctype html", "<html"), strings.HasPrefix(head, "<") && strings.Contains(head, "<html"):
		return "an HTML page; is the address the one of the document itself?"
	case starts("<"):
		return "XML"
	case starts("#%raml"):
		return "a RAML document"
	case starts("format: 1a"):
		return "an API Blueprint"
	case starts("type ", "schema {", "scalar ", "directive @", "interface ", "enum ", "input ", "\"\"\"", "extend type"):
		return "a GraphQL schema"
	case starts("syntax = \"proto"):
		return "a protocol buffers file"
	case starts("pk\x03\x04", "\x1f\x8b", "%pdf"):
		return "a binary file"
	}
	return ""
}
