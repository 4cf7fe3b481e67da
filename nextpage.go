package mcpmount

import (
	"strconv"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// The names of the members by which answers say that there is more, and where, as
// plainName has them.
var (
	nextTokens = wordSet("next nextcursor nextpagetoken nexttoken nextpage nextpagenumber nextoffset nextstart nextmarker" +
		" nextpageid continuationtoken endcursor after cursor")
	nextLinks = wordSet("next nextlink nexturl nextpage nextpageurl nextpagelink nexthref odatanextlink href link url")
	moreFlags = wordSet("more hasmore hasnext hasnextpage moreavailable moreresults istruncated truncated")
	pageParts = wordSet("meta metadata pagination paging pageinfo page pages links responsemetadata cursors cursor next")
)

const (
	maxPageDepth = 3  // of objects in which something is said of pages
	maxPageName  = 40 // bytes of a member that says it
)

// A nextPage is what an answer says of the page after it.
type nextPage struct {
	link   string
	name   string // of the member that has the token, as plainName has it
	token  string
	cursor string // a token that counts only if there is more
	more   bool
	isLast bool
}

// fromValue returns the arguments that ask for the next page, according to the answer.
func (p *pager) fromValue(value []byte, sent *tree.Node) (next []string) {
	var found nextPage
	found.read(value, 0, "")
	if found.isLast {
		return nil
	}
	if next = p.fromURL(found.link, sent); len(next) > 0 {
		return next
	}
	if found.token == "" && found.more {
		found.name, found.token = "cursor", found.cursor
	}
	if argument := p.argumentFor(found.name, found.token); argument != "" && sent.Get(argument).Str() != found.token {
		if text, ok := nextValue(argument, found.token); ok {
			return []string{text}
		}
	}
	if found.more {
		return []string{"another " + strings.Join(p.positions, " or ")}
	}
	return nil
}

// argumentFor returns the argument that takes the token that a member has.
func (p *pager) argumentFor(member, token string) string {
	if token == "" {
		return ""
	}
	short := strings.TrimPrefix(member, "next")
	_, err := strconv.ParseInt(token, 10, 64)
	isNumber := err == nil
	for _, name := range []string{member, short, "page" + short} {
		if argument := p.cursors[name]; argument != "" {
			return argument
		}
		if argument := p.numbers[name]; argument != "" && isNumber {
			return argument
		}
	}
	if positionNames[short] && isNumber { // of another kind than the cursors
		return ""
	}
	if len(p.cursors) == 1 {
		for _, argument := range p.cursors {
			return argument
		}
	}
	return ""
}

// read reads what an object says about the next page. What an outer object says wins over
// what an inner one says.
func (n *nextPage) read(object []byte, depth int, in string) {
	var parts [][2][]byte
	s := jsonScan{data: object}
	s.eachMember(func(key, value []byte) {
		if len(key) > maxPageName {
			return
		}
		name := plainName(string(key))
		switch value[0] {
		case '{':
			if pageParts[name] {
				parts = append(parts, [2][]byte{[]byte(name), value})
			}
		case 't', 'f':
			if moreFlags[name] {
				n.more = n.more || value[0] == 't'
				n.isLast = n.isLast || value[0] == 'f'
			}
		case '"':
			n.take(name, in, unquoted(value))
		case 'n', '[', '-', '0':
		default:
			n.take(name, in, string(value))
		}
	})
	if depth < maxPageDepth {
		for _, part := range parts {
			n.read(part[1], depth+1, string(part[0]))
		}
	}
}

// take notes a member with a text or a number. in names the object around it.
func (n *nextPage) take(name, in, text string) {
	if text == "" {
		return
	}
	isLink := strings.Contains(text, "://") || strings.HasPrefix(text, "/") || strings.HasPrefix(text, "?")
	switch {
	case isLink && nextLinks[name] && (strings.Contains(name, "next") || in == "next"):
		if n.link == "" {
			n.link = text
		}
	case !strings.HasPrefix(name, "next") && in == "" && cursorNames[name]:
		n.cursor = text
	case n.token != "" || !nextTokens[name]:
	case in == "next" || strings.HasPrefix(name, "next") || name == "continuationtoken" || name == "endcursor":
		n.name, n.token = name, text
	}
}

// eachMember calls f with each member of the object, in valid JSON. Keys are as they are
// written, without the quotes.
func (s *jsonScan) eachMember(f func(key, value []byte)) {
	if s.peek() != '{' {
		return
	}
	s.pos++
	for s.peek() == '"' {
		start := s.pos
		s.text()
		key := s.data[start+1 : s.pos-1]
		s.peek() // the colon
		s.pos++
		s.peek()
		start = s.pos
		s.value()
		f(key, s.data[start:s.pos])
		if s.peek() == ',' {
			s.pos++
		}
	}
}
