package mcpmount

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A routePath is the path of a route as OpenAPI writes it, with what the router's
// own spelling says about its parameters.
type routePath struct {
	template string
	params   []routeParam
}

// A routeParam is a parameter of a path.
type routeParam struct {
	name    string
	pattern string // a regular expression, or ""
	kind    string // the constraint of fiber: "int", "guid", …, or ""
	rest    bool   // whether it takes the rest of the path, slashes included
}

// parseRoutePath reads a path in the spelling of any router: "/items/:id",
// "/items/{id}", "/items/{id:[0-9]+}", "/items/:id<int>?", "/files/*rest",
// "/files/{rest...}", "/files/*".
func parseRoutePath(path string) (routePath, error) {
	if path == "" {
		path = "/"
	}
	if path[0] != '/' {
		return routePath{}, fmt.Errorf("the path %q must start with a slash", path)
	}
	p := &routePathParser{text: path}
	for p.pos < len(p.text) {
		if err := p.next(); err != nil {
			return routePath{}, fmt.Errorf("the path %q %w", path, err)
		}
	}
	return routePath{template: p.out.String(), params: p.params}, nil
}

type routePathParser struct {
	text   string
	pos    int
	out    strings.Builder
	params []routeParam
	colons bool // whether the segment has had a ":name"
}

// next reads one character or one parameter.
func (p *routePathParser) next() error {
	c := p.text[p.pos]
	start := p.pos > 0 && p.text[p.pos-1] == '/'
	last := p.pos == len(p.text)-1
	switch {
	case c == '{':
		return p.braces()
	case c == '}', c == '#', c == '?':
		return fmt.Errorf("must not have %q there; parameters of the query are fields with a query tag", c)
	case c == '\\' && !last:
		p.pos++
		c = p.text[p.pos]
	case c == ':' && (start || p.colons):
		if name, ok := p.colonName(); ok {
			return p.colon(name)
		}
	case c == '*' && (start || last), c == '+' && start && last:
		return p.star()
	case c == '/':
		p.colons = false
	}
	p.out.WriteByte(c)
	p.pos++
	return nil
}

// braces reads "{name}", "{name...}", "{name:pattern}" and "{$}".
func (p *routePathParser) braces() error {
	depth, end := 0, -1
	for i := p.pos; i < len(p.text) && end < 0; i++ {
		switch p.text[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				end = i
			}
		}
	}
	if end < 0 {
		return errors.New("has a { without its }")
	}
	inner := p.text[p.pos+1 : end]
	p.pos = end + 1
	if inner == "$" {
		return nil
	}
	name, pattern, _ := strings.Cut(inner, ":")
	param := routeParam{name: strings.TrimSpace(name), pattern: strings.TrimSpace(pattern)}
	for _, mark := range [...]string{"...", "+", "*"} {
		if plain, ok := strings.CutSuffix(param.name, mark); ok {
			param.name, param.rest = plain, true
		}
	}
	switch param.pattern {
	case ".*", ".+", "*":
		param.pattern, param.rest = "", true
	}
	return p.add(param)
}

// colonName returns the name of the ":name" at pos. In fiber it ends before a
// hyphen, so that "/:from-:to" has two; elsewhere it is all of a segment.
func (p *routePathParser) colonName() (string, bool) {
	rest := p.text[p.pos+1:]
	segment, _, _ := strings.Cut(rest, "/")
	several := p.colons || strings.Contains(segment, ":")
	end := 0
	for end < len(segment) && (isAlphanumeric(segment[end]) || segment[end] == '_' || segment[end] == '-' && !several) {
		end++
	}
	return segment[:end], end > 0
}

func isAlphanumeric(c byte) bool { return strings.IndexByte(alphanumeric, c) >= 0 }

// colon reads the ":name" at pos, with the constraint and the question mark of
// fiber.
func (p *routePathParser) colon(name string) error {
	param := routeParam{name: name}
	p.pos += 1 + len(name)
	p.colons = true
	if constraints, ok := strings.CutPrefix(p.text[p.pos:], "<"); ok {
		end := constraintEnd(constraints)
		if end < 0 {
			return errors.New("has a < without its >")
		}
		p.pos += len("<>") + end
		param.constrain(constraints[:end])
	}
	if p.pos < len(p.text) && p.text[p.pos] == '?' {
		p.pos++
	}
	return p.add(param)
}

// constraintEnd returns where the constraints at the start of text end, or -1.
func constraintEnd(text string) int {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case '>':
			if depth <= 0 {
				return i
			}
		}
	}
	return -1
}

// constrain takes over the constraints of fiber: "int", "regex(^[a-z]+$)", those
// that are joined by a semicolon, and no others.
func (p *routeParam) constrain(text string) {
	if pattern, ok := strings.CutPrefix(text, "regex("); ok {
		p.pattern = strings.TrimSuffix(pattern, ")")
		return
	}
	for constraint := range strings.SplitSeq(text, ";") {
		switch constraint = strings.ToLower(strings.TrimSpace(constraint)); constraint {
		case "int", "float", "bool", "guid":
			p.kind = constraint
		}
	}
}

// star reads "*", "*name" and "+", which take the rest of the path.
func (p *routePathParser) star() error {
	name, _, _ := strings.Cut(p.text[p.pos+1:], "/")
	p.pos += 1 + len(name)
	if name == "" {
		name = "path"
		for n := 2; p.has(name); n++ {
			name = "path" + strconv.Itoa(n)
		}
	}
	return p.add(routeParam{name: name, rest: true})
}

func (p *routePathParser) has(name string) bool {
	for i := range p.params {
		if p.params[i].name == name {
			return true
		}
	}
	return false
}

func (p *routePathParser) add(param routeParam) error {
	switch {
	case param.name == "":
		return errors.New("has a parameter without a name")
	case strings.ContainsAny(param.name, "{}/?#"):
		return fmt.Errorf("has a parameter %q, which is no name", param.name)
	case p.has(param.name):
		return fmt.Errorf("has two parameters %q", param.name)
	}
	if _, err := regexp.Compile(param.pattern); err != nil {
		param.pattern = "" // the router's own check decides
	}
	p.params = append(p.params, param)
	p.out.WriteString("{" + param.name + "}")
	return nil
}
