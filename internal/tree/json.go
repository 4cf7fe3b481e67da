package tree

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ParseJSON reads a JSON text (RFC 8259). It is strict: a key that an object
// has twice and a text that is not UTF-8 are errors. A byte order mark is
// skipped, as section 8.1 allows. Half of a surrogate pair ("\ud800") becomes
// U+FFFD.
//
// The nodes refer to one copy of data, which lives as long as any of them.
// Equal scalars may be the same *Node.
func ParseJSON(data []byte, l Limits) (*Node, error) { return new(Parser).ParseJSON(data, l) }

// A Parser reads one JSON text after the other. The zero Parser is ready to use. It
// must not be used by two goroutines at a time.
type Parser struct {
	json   jsonParser
	blocks blocks // of the tree that was read last, or for the next one
	spare  bool   // nobody uses what is in blocks
}

// ParseJSON is [ParseJSON] without what reading takes besides the nodes.
func (p *Parser) ParseJSON(data []byte, l Limits) (*Node, error) {
	l = l.withDefaults()
	if err := l.checkBytes(len(data)); err != nil {
		return nil, err
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("%s: invalid UTF-8", place(text, invalidAt(text)))
	}
	if !p.spare {
		p.blocks = blocks{}
	}
	p.json.start(len(text), l, nil)
	p.json.reuse(p.blocks)
	n, err := p.json.parse(text)
	p.blocks, p.spare = p.json.blocks(), false
	if err != nil {
		p.json = jsonParser{}
	}
	p.json.arena, p.json.text, p.json.pos = arena{}, "", 0
	p.json.items, p.json.members = nil, nil
	return n, err
}

// Recycle says that nobody uses the nodes any more that were read last: the next
// ones take their place.
func (p *Parser) Recycle() {
	p.blocks.clear()
	p.spare = true
}

// invalidAt returns the offset of the first byte of text that is not UTF-8.
func invalidAt(text string) int {
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return i
			}
		}
	}
	return len(text)
}

// place returns the place of an offset, for people: lines and columns count
// from 1, and columns count characters.
func place(text string, offset int) string {
	before := text[:min(offset, len(text))]
	line := strings.Count(before, "\n")
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return fmt.Sprintf("line %d, column %d", line+1, column+1)
}

// A jsonParser reads one JSON text by recursive descent.
type jsonParser struct {
	builder
	text string // valid UTF-8
	pos  int
}

var (
	errEmpty = errors.New("the document is empty")
	errEnds  = errors.New("the document ends")
)

// parseJSON reads text, which is valid UTF-8. If problems is nil, a key that an
// object has twice and a number that is too large are errors.
func parseJSON(text string, l Limits, problems *problems) (*Node, error) {
	p := new(jsonParser)
	p.start(len(text), l, problems)
	return p.parse(text)
}

// parse reads text with a builder that has started.
func (p *jsonParser) parse(text string) (*Node, error) {
	p.text = text
	p.skipSpace()
	if p.pos == len(p.text) {
		return nil, errEmpty
	}
	n, err := p.value()
	if err != nil {
		return nil, err
	}
	if p.skipSpace(); p.pos < len(p.text) {
		return nil, p.unexpected("the end")
	}
	return n, nil
}

func (p *jsonParser) value() (*Node, error) {
	if !p.grow(size{values: 1}) {
		return nil, p.limits.tooLarge(p.place())
	}
	switch p.peek() {
	case '{':
		return p.parseObject()
	case '[':
		return p.parseArray()
	case '"':
		s, err := p.parseString()
		if err != nil {
			return nil, err
		}
		return p.scalar(String, s), nil
	case 't':
		return p.literal("true", p.boolNode(true))
	case 'f':
		return p.literal("false", p.boolNode(false))
	case 'n':
		return p.literal("null", p.nullNode())
	}
	return p.parseNumber()
}

func (p *jsonParser) literal(text string, n *Node) (*Node, error) {
	if !strings.HasPrefix(p.text[p.pos:], text) {
		return nil, p.unexpected("a value")
	}
	p.pos += len(text)
	return n, nil
}

func (p *jsonParser) parseNumber() (*Node, error) {
	length := numberLength(p.text[p.pos:])
	if length == 0 {
		return nil, p.unexpected("a value")
	}
	literal, kind := p.text[p.pos:p.pos+length], Number
	if writtenOut(literal) > int64(p.limits.MaxDigits) {
		if p.problems == nil {
			return nil, p.limits.tooManyDigits(p.place())
		}
		p.problems.add(p.path, "the number %s has more than %d digits when it is written out; it is taken as a string", quote(literal), p.limits.MaxDigits)
		kind = String
	}
	p.pos += length
	return p.scalar(kind, literal), nil
}

func (p *jsonParser) parseArray() (*Node, error) {
	a := p.openArray()
	for more, err := p.begin(']'); more || err != nil; more, err = p.next(']') {
		if err != nil {
			return nil, err
		}
		n, err := p.value()
		if err != nil {
			return nil, err
		}
		p.append(n)
	}
	return p.closeArray(a), nil
}

func (p *jsonParser) parseObject() (*Node, error) {
	o := p.openObject()
	for more, err := p.begin('}'); more || err != nil; more, err = p.next('}') {
		if err != nil {
			return nil, err
		}
		if err := p.parseMember(&o); err != nil {
			return nil, err
		}
	}
	return p.closeObject(o), nil
}

func (p *jsonParser) parseMember(o *openObject) error {
	start := p.pos
	if p.peek() != '"' {
		return p.unexpected("a key in double quotes")
	}
	key, err := p.parseString()
	if err != nil {
		return err
	}
	p.key(key)
	if p.skipSpace(); p.peek() != ':' {
		return p.unexpected("':'")
	}
	p.pos++
	p.skipSpace()
	n, err := p.value()
	if err != nil {
		return err
	}
	if p.set(o, key, n) {
		return nil
	}
	if p.problems == nil {
		return p.errorAt(start, "the object has the key %s twice", quote(key))
	}
	p.duplicate(key)
	return nil
}

// begin enters an array or object that ends with close, and reports whether
// there is something in it.
func (p *jsonParser) begin(close byte) (bool, error) {
	if p.tooDeep(0) {
		return false, p.limits.nestedTooDeep(p.place())
	}
	p.pos++
	if p.skipSpace(); p.peek() != close {
		return true, nil
	}
	p.pos++
	return false, nil
}

// next goes past what follows an element or member, and reports whether there
// is another one.
func (p *jsonParser) next(close byte) (bool, error) {
	p.skipSpace()
	switch p.peek() {
	case ',':
		p.pos++
		p.skipSpace()
		return true, nil
	case close:
		p.pos++
		return false, nil
	}
	return false, p.unexpected(fmt.Sprintf("',' or '%c'", close))
}

// peek returns the next byte, or 0 at the end: no JSON text has one outside of
// an error.
func (p *jsonParser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func (p *jsonParser) skipSpace() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ' ', '\n', '\r', '\t':
			p.pos++
		default:
			return
		}
	}
}

func (p *jsonParser) place() string { return place(p.text, p.pos) }

func (p *jsonParser) errorAt(offset int, format string, args ...any) error {
	return fmt.Errorf("%s: %s", place(p.text, offset), fmt.Sprintf(format, args...))
}

// unexpected returns the error that something other than what is wanted is
// next.
func (p *jsonParser) unexpected(want string) error {
	if p.pos >= len(p.text) {
		return fmt.Errorf("%s: %w where %s is expected", p.place(), errEnds, want)
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	return p.errorAt(p.pos, "unexpected %q where %s is expected", r, want)
}
