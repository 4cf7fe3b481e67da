package mcpmount

import (
	"slices"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// Patterns of texts that can be sent: see [checkPathText] and [checkFieldText],
// which refuse a little more.
const (
	segmentPattern  = `^[^\x00-\x1f/\x7f-\x9f\\]+$`
	segmentsPattern = `^[^\x00-\x1f\x7f-\x9f\\]+$`
	fieldPattern    = `^[ -~]*$`
)

// sendable adds to the schema n of a parameter what its place in the request
// cannot carry, so that arguments that are valid can be sent: a list that must
// be there has an item (RFC 6570 section 2.3 has an empty one undefined), and a
// text in a path or a header has the characters that it may have there. origin
// is what the document says; a text that has a pattern or values of its own
// there stays as it is. A parameter that may be empty may be an empty text.
func sendable(p *Parameter, origin, n *tree.Node) *tree.Node {
	if p.MediaType != "" {
		return n
	}
	kinds := types(origin)
	switch {
	case p.AllowEmptyValue && p.In == InQuery && len(kinds) > 0 && !slices.Contains(kinds, "string"):
		return orEmpty(n)
	case slices.Equal(kinds, []string{"array"}) && (p.Required || p.In == InPath) && origin.Get("minItems") == nil:
		return n.With("minItems", tree.NewNumber("1"))
	case !slices.Equal(kinds, []string{"string"}) || hasKeyword(origin, "pattern", "enum", "const", "oneOf", "anyOf", "allOf"):
		return n
	case p.In == InPath && (hasKeyword(origin, "format") || p.Style != "" && p.Style != "simple"):
		if origin.Get("minLength") == nil {
			return n.With("minLength", tree.NewNumber("1"))
		}
	case p.In == InPath && p.MultiSegment:
		return n.With("pattern", tree.NewString(segmentsPattern))
	case p.In == InPath:
		return n.With("pattern", tree.NewString(segmentPattern))
	case p.In == InHeader:
		return n.With("pattern", tree.NewString(fieldPattern))
	}
	return n
}

// orEmpty returns a schema for what n allows and for an empty text.
func orEmpty(n *tree.Node) *tree.Node {
	empty := tree.NewObject(tree.Member{Key: "const", Value: tree.NewString("")})
	either := tree.NewObject(tree.Member{Key: "anyOf", Value: tree.NewArray(n.Without("description"), empty)})
	if description := n.Get("description"); description != nil {
		return either.With("description", description)
	}
	return either
}

func hasKeyword(n *tree.Node, keywords ...string) bool {
	return slices.ContainsFunc(keywords, func(keyword string) bool { return n.Get(keyword) != nil })
}

// unsendable explains the patterns of texts that can be sent, or returns "" for
// any other.
func unsendable(pattern string) string {
	switch pattern {
	case segmentPattern:
		return `must not be empty, or contain "/", "\" or control characters: it is one segment of the path`
	case segmentsPattern:
		return `must not be empty, or contain "\" or control characters: it is part of the path`
	case fieldPattern:
		return "must be ASCII without control characters: a header cannot carry others"
	}
	return ""
}
