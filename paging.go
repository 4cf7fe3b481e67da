package mcpmount

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mcpmount/mcpmount/internal/tree"
)

const (
	maxLinkHeader = 16 << 10 // bytes of Link headers that are looked at
	maxNextURL    = 4 << 10  // bytes of a URL of a next page
	maxNextValue  = 2 << 10  // bytes of a value that a model is told
	maxNextValues = 8

	maxPageEnd = 2 << 10 // bytes at either end of an answer that may name a next page
)

// The names that arguments about pages usually have, as plainName spells them.
var (
	sizeNames = wordSet("limit perpage pagesize pagelimit maxresults maxitems maxrecords resultsperpage itemsperpage" +
		" size top take first count rows numresults")
	positionNames = wordSet("page pagenumber pageno pagenum pageindex pageoffset offset skip start startindex startat startposition")
	cursorNames   = wordSet("cursor after pagetoken nexttoken nextpagetoken nextcursor continuationtoken continuation continue" +
		" marker startingafter pagecursor pageafter scrollid exclusivestartkey startkey")
)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// plainName returns the letters and digits of a name, in lower case: page[size] and pageSize
// are the same.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// A pager knows the arguments of a tool by which more can be asked for.
type pager struct {
	sizes     []string // how much at a time
	positions []string // which part: numbers and cursors

	cursors map[string]string // arguments that are cursors, by plain name
	numbers map[string]string // arguments that are positions, by plain name
	query   map[string]string // arguments by the name of their query parameter
}

// newPager returns nil if no argument says which part of an answer is asked for.
func newPager(in *input) *pager {
	p := &pager{}
	note := func(names *map[string]string, name, argument string) {
		if *names == nil { // most tools have none
			*names = map[string]string{}
		}
		(*names)[name] = argument
	}
	for i := range in.arguments {
		a := &in.arguments[i]
		if a.place == placeParameter && a.param.In == InQuery {
			note(&p.query, a.param.Name, a.name)
		} else if a.place != placeProperty {
			continue
		}
		switch name := plainName(a.original()); {
		case sizeNames[name]:
			p.sizes = append(p.sizes, a.name)
		case positionNames[name]:
			p.positions = append(p.positions, a.name)
			note(&p.numbers, name, a.name)
		case cursorNames[name]:
			p.positions = append(p.positions, a.name)
			note(&p.cursors, name, a.name)
		}
	}
	if len(p.query) == 0 && len(p.sizes) == 0 && len(p.positions) == 0 {
		return nil
	}
	return p
}

// nextPage returns a note on how to ask for the page after an answer, or "".
func (p *resultPlan) nextPage(ctx context.Context, res *http.Response, a *answer) string {
	c := callOf(ctx)
	if p.shaping == nil || p.shaping.pager == nil || p.shaping.NoPaging || a.failed || c == nil {
		return ""
	}
	return p.shaping.pager.more(ctx, res, a.value, c.arguments)
}

// more returns a note on how to ask for the page after res, "" if that is not known: from the
// Link header, or from value, the JSON of the response. sent are the arguments of the call.
func (p *pager) more(ctx context.Context, res *http.Response, value []byte, sent *tree.Node) string {
	var next []string
	if links := res.Header["Link"]; len(links) > 0 {
		next = p.fromURL(nextLink(links), sent)
	}
	if len(next) == 0 && len(p.positions) > 0 && mayHaveNext(value) {
		next = p.fromValue(value, sent)
	}
	if len(next) == 0 {
		return ""
	}
	return redactorOf(ctx, res).text("there is more: call again with " + strings.Join(next, " and "))
}

// fromURL returns the arguments by which the URL of a next page differs from the call.
func (p *pager) fromURL(raw string, sent *tree.Node) (next []string) {
	if raw == "" || len(raw) > maxNextURL {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil
	}
	for param, argument := range p.query {
		values := query[param]
		if len(values) != 1 || sent.Get(argument).Str() == values[0] || sent.Get(argument).Is(tree.Array) {
			continue
		}
		if text, ok := nextValue(argument, values[0]); ok {
			next = append(next, text)
		}
	}
	slices.Sort(next)
	return next[:min(len(next), maxNextValues)]
}

// nextValue returns an argument with its value, as it is written for a model.
func nextValue(argument, value string) (string, bool) {
	if value == "" || len(value) > maxNextValue || !utf8.ValidString(value) {
		return "", false
	}
	if _, err := strconv.ParseInt(value, 10, 64); err != nil {
		value = string(tree.AppendString(nil, value))
	}
	return argument + "=" + value, true
}

// nextLink returns the target of the first link to the next page: RFC 8288 section 3.
func nextLink(headers []string) string {
	left := maxLinkHeader
	for _, rest := range headers {
		if left -= len(rest); left < 0 {
			return ""
		}
		for rest != "" {
			var target string
			var isNext bool
			target, isNext, rest = cutLink(rest)
			if isNext {
				return target
			}
		}
	}
	return ""
}

// cutLink returns the target of the first link of a header, whether it is that of the next
// page, and the other links.
func cutLink(header string) (target string, isNext bool, rest string) {
	_, header, found := strings.Cut(header, "<")
	if !found {
		return "", false, ""
	}
	target, header, found = strings.Cut(header, ">")
	if !found {
		return "", false, ""
	}
	for header = strings.TrimLeft(header, " \t"); strings.HasPrefix(header, ";"); header = strings.TrimLeft(header, " \t") {
		name, value, after := cutLinkParam(header[1:])
		if strings.EqualFold(name, "rel") {
			isNext = slices.ContainsFunc(strings.Fields(value), func(rel string) bool { return strings.EqualFold(rel, "next") })
		}
		header = after
	}
	return target, isNext, header
}

// cutLinkParam returns the parameter that header begins with, and what follows.
func cutLinkParam(header string) (name, value, rest string) {
	end := strings.IndexAny(header, "=;,")
	if end < 0 {
		return strings.TrimSpace(header), "", ""
	}
	name, rest = strings.TrimSpace(header[:end]), header[end:]
	if rest[0] != '=' {
		return name, "", rest
	}
	rest = strings.TrimLeft(rest[1:], " \t")
	if quoted, ok := strings.CutPrefix(rest, `"`); ok {
		value, rest, _ = strings.Cut(quoted, `"`)
		return name, value, rest
	}
	if end = strings.IndexAny(rest, ";,"); end < 0 {
		return name, strings.TrimSpace(rest), ""
	}
	return name, strings.TrimSpace(rest[:end]), rest[end:]
}

// mayHaveNext reports whether JSON may name a next page, at little cost: it looks at both
// ends, between which the items are.
func mayHaveNext(value []byte) bool {
	if len(value) == 0 || value[0] != '{' {
		return false
	}
	return namesNext(value[:min(len(value), maxPageEnd)]) || namesNext(value[max(0, len(value)-maxPageEnd):])
}

// namesNext reports whether text has a part of a name by which a next page is named.
func namesNext(text []byte) bool {
	for _, part := range [...]string{"next", "Next", "ursor", "ore\"", "ontinu", "runcated", "arker"} {
		if bytes.Contains(text, []byte(part)) {
			return true
		}
	}
	return false
}
