package mcpmount

import (
	"slices"
	"strings"
)

// newExpansion compiles the style of p. A style that its place does not have,
// "form" in a path for example, is taken for the default of the place: OpenAPI
// 3.2, "Style Values".
func newExpansion(p *Parameter) expansion {
	style, explode := styleOf(p)
	x := expansion{explode: explode, delim: ",", between: ","}
	x.setEscapes(p)
	name := escapeText(p.Name, newByteSet(unreserved)) + "="
	if strings.HasSuffix(style, "Delimited") && p.In != InQuery {
		name, x.explode = "", false
	}
	x.setSeparators(style, name)
	switch p.In {
	case InHeader:
		x.setHeaderDelimiter(explode)
	case InCookie:
		x.between = "; "
		if style == "cookie" {
			x.name = p.Name + "="
		}
	}
	return x
}

// styleOf returns the style of p, and whether it explodes.
func styleOf(p *Parameter) (style string, explode bool) {
	styles := stylesOf(p.In)
	if slices.Contains(styles, p.Style) {
		return p.Style, p.Explode
	}
	if p.Style == "" {
		return styles[0], styles[0] == "form"
	}
	return styles[0], p.Explode
}

// stylesOf returns the styles that a place has, the default first. Delimited lists
// in a path or a header are those of Swagger 2.0.
func stylesOf(in string) []string {
	switch in {
	case InPath:
		return []string{"simple", "label", "matrix", "spaceDelimited", "pipeDelimited", "tabDelimited"}
	case InHeader:
		return []string{"simple", "spaceDelimited", "pipeDelimited", "tabDelimited"}
	case InCookie:
		return []string{"form", "cookie"}
	}
	return []string{"form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"}
}

// setEscapes sets how texts are written at the place of p.
func (x *expansion) setEscapes(p *Parameter) {
	e := escaping{keep: newByteSet(unreserved)}
	switch {
	case p.In == InPath && p.MultiSegment:
		e.check = checkSegmentsText
	case p.In == InPath:
		e.check = checkPathText
	case p.In == InHeader:
		e = escaping{keep: printable(), check: checkFieldText}
	case p.In == InCookie && p.Style == "cookie":
		e = escaping{keep: printable(), check: checkCookieText}
	}
	x.lone, x.item, x.key = e, e, e
	if p.AllowReserved && p.In == InQuery {
		x.lone.keep = newByteSet(unreserved + queryReserved)
		x.item.keep = x.lone.keep
	}
	if p.In == InCookie && p.Style == "cookie" {
		x.key.banned = "="
	}
}

// setSeparators sets what stands around the values. Where the character that
// separates values has an escape, RFC 6570 has it escaped inside of them. The
// characters of the other styles are themselves escaped in a URL, so that a
// value cannot have them: OpenAPI 3.2, appendix E.
func (x *expansion) setSeparators(style, name string) {
	switch style {
	case "label":
		x.first, x.between = ".", "."
		if x.explode {
			x.item.keep = x.item.keep.without(".")
			x.key.keep = x.item.keep
		}
	case "matrix":
		x.first, x.name, x.between = ";", name, ";"
	case "form", "cookie":
		x.name, x.between = name, "&"
		if !x.explode {
			x.item.keep = x.item.keep.without(",")
		}
	case "spaceDelimited":
		x.setDelimiter(name, "%20", " ")
	case "pipeDelimited":
		x.setDelimiter(name, "%7C", "|")
	case "tabDelimited":
		x.setDelimiter(name, "%09", "\t")
	case "deepObject":
		x.name, x.between, x.deep = name, "&", true
		x.key.banned = "[]"
	}
}

// setDelimiter sets the separators of a list whose delimiter is escaped.
// Exploded, such a list is one in the style "form": OpenAPI 3.2 leaves it open.
func (x *expansion) setDelimiter(name, delim, character string) {
	x.name, x.delim, x.between = name, delim, "&"
	if !x.explode {
		x.item.banned, x.key.banned = character, character
	}
}

// setHeaderDelimiter makes the delimiter of a list one of a header, where nothing
// is escaped.
func (x *expansion) setHeaderDelimiter(explode bool) {
	delim, _ := unescapeOnce(x.delim)
	x.delim, x.item.banned, x.key.banned = delim, delim, delim
	if explode {
		x.key.banned += "="
	}
}

// printable returns the printable characters of ASCII: what a check leaves.
func printable() byteSet {
	return byteSet{1<<64 - 1<<' ', 1<<63 - 1}
}
