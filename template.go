package mcpmount

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A pathTemplate is the path of an operation with its placeholders: OpenAPI 3.2,
// "Path Templating".
type pathTemplate struct {
	pieces  []piece
	slashes int
}

// A piece is literal text, escaped, or a placeholder.
type piece struct {
	literal string
	value   *parameterPlan // nil for literal text
}

// A fixedQuery is the query that a document writes behind a path. Arguments
// fill its placeholders and cannot change the rest.
type fixedQuery struct {
	pairs [][]piece // each "name=value"
	names []string  // the escaped names
}

// splitTemplate splits the path of an operation into the path and the query. A
// fragment is dropped: it tells operations of one path apart and is never sent
// (RFC 9110 section 7.1).
func splitTemplate(template string) (path, query string) {
	inside := false
	for i := range len(template) {
		switch c := template[i]; {
		case c == '{':
			inside = true
		case c == '}':
			inside = false
		case c == '#' && !inside:
			return template[:i], ""
		case c == '?' && !inside:
			query, _, _ = strings.Cut(template[i+1:], "#")
			return template[:i], query
		}
	}
	return template, ""
}

// A placeholderFunc returns the plan of the parameter that fills a placeholder.
// followed says whether more text of the same segment comes after it.
type placeholderFunc func(name string, followed bool) (*parameterPlan, error)

// parseTemplate parses text into pieces. Braces without a partner are literal.
func parseTemplate(text string, keep byteSet, find placeholderFunc) ([]piece, error) {
	var pieces []piece
	for text != "" {
		literal, name, rest, ok := cutPlaceholder(text)
		if literal != "" {
			pieces = append(pieces, piece{literal: string(appendLiteral(nil, literal, keep))})
		}
		if !ok {
			break
		}
		followed := rest != "" && rest[0] != '/'
		value, err := find(name, followed)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, piece{value: value})
		text = rest
	}
	return pieces, nil
}

// cutPlaceholder cuts text around its first placeholder. Without one, all of
// text is literal.
func cutPlaceholder(text string) (literal, name, rest string, ok bool) {
	open := strings.IndexByte(text, '{')
	if open < 0 {
		return text, "", "", false
	}
	length := strings.IndexByte(text[open:], '}')
	if length < 0 {
		return text, "", "", false
	}
	return text[:open], text[open+1 : open+length], text[open+length+1:], true
}

// fillPlaceholders returns text with value in place of each placeholder.
func fillPlaceholders(text, value string) string {
	var filled strings.Builder
	for text != "" {
		literal, _, rest, ok := cutPlaceholder(text)
		filled.WriteString(literal)
		if ok {
			filled.WriteString(value)
		}
		text = rest
	}
	return filled.String()
}

func newPathTemplate(path string, find placeholderFunc) (*pathTemplate, error) {
	if !strings.HasPrefix(path, "/") {
		return nil, errors.New(`the path must begin with "/"`)
	}
	pieces, err := parseTemplate(path, newByteSet(pathLiteral), find)
	if err != nil {
		return nil, err
	}
	t := &pathTemplate{pieces: pieces}
	for i, p := range pieces {
		t.slashes += strings.Count(p.literal, "/")
		if i+1 < len(pieces) && p.value == nil && endsInEscape(unescapeAll(p.literal)) {
			return nil, errors.New("the path has the beginning of an escape before a placeholder")
		}
	}
	if hasDotSegment(unescapeAll(t.sample())) {
		return nil, errors.New(`the path must not have a segment "." or ".."`)
	}
	return t, nil
}

// sample returns the path with a name in place of each placeholder.
func (t *pathTemplate) sample() string {
	var path strings.Builder
	for _, p := range t.pieces {
		if p.value != nil {
			path.WriteString("x")
		}
		path.WriteString(p.literal)
	}
	return path.String()
}

func unescapeAll(text string) string {
	for range maxUnescape {
		text, _ = unescapeOnce(text)
	}
	return text
}

// append appends the escaped path for values.
func (t *pathTemplate) append(dst []byte, values *tree.Node) ([]byte, error) {
	for i := range t.pieces {
		p := &t.pieces[i]
		if p.value == nil {
			dst = append(dst, p.literal...)
			continue
		}
		before := len(dst)
		var err error
		if dst, err = p.value.append(dst, values); err != nil {
			return dst, err
		}
		if len(dst) == before {
			return dst, &argumentError{Argument: p.value.argument, Message: "is part of the path: it must be given and must not be empty"}
		}
	}
	return dst, nil
}

func newFixedQuery(query string, find placeholderFunc) (*fixedQuery, error) {
	q := &fixedQuery{}
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		pieces, err := parseTemplate(pair, newByteSet(queryLiteral).without("&"), find)
		if err != nil {
			return nil, err
		}
		if pieces[0].value != nil {
			return nil, fmt.Errorf("the name of %q in the query must not be a placeholder", pair)
		}
		q.pairs = append(q.pairs, pieces)
		q.names = append(q.names, queryName(pair))
	}
	return q, nil
}

// queryName returns the escaped name of a pair, however the document wrote it.
func queryName(pair string) string {
	name, _, _ := strings.Cut(pair, "=")
	name, _ = unescapeOnce(strings.ReplaceAll(name, "+", " "))
	return escapeText(name, newByteSet(unreserved))
}

// append appends the pairs. One with a placeholder that has no value is left
// out.
func (q *fixedQuery) append(dst []byte, start int, values *tree.Node) ([]byte, error) {
	for _, pair := range q.pairs {
		before := len(dst)
		if before > start {
			dst = append(dst, '&')
		}
		for _, p := range pair {
			dst = append(dst, p.literal...)
			if p.value == nil {
				continue
			}
			begin := len(dst)
			var err error
			if dst, err = p.value.append(dst, values); err != nil {
				return dst, err
			}
			if len(dst) == begin {
				dst = dst[:before]
				break
			}
		}
	}
	return dst, nil
}
