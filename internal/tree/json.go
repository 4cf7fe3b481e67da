package tree

import (
	"bytes"
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
	blocks blocks // of the tree that was read last, or for the next one
	spare  bool   // nobody uses what is in blocks
	large  bool   // what is in blocks refers to much text

	// What the jsonParser has for what is open. It is empty after a text without
	// an error.
	items   []*Node
	members []Member
}

// ParseJSON is [ParseJSON] without what reading takes besides the nodes.
func (p *Parser) ParseJSON(data []byte, l Limits) (*Node, error) {
	l = l.withDefaults()
	if err := l.checkBytes(len(data)); err != nil {
		return nil, err
	}
	text := string(bytes.TrimPrefix(data, []byte("\ufeff")))
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("%s: invalid UTF-8", place(text, invalidAt(text)))
	}
	j := jsonParser{text: text}
	j.start(len(text), l, nil)
	if p.spare {
		j.reuse(&p.blocks)
	}
	j.items, j.members = p.items, p.members
	n, err := j.parse()
	p.blocks, p.spare, p.large = j.blocks(), false, len(text) > maxStale
	p.items, p.members = j.items, j.members
	if p.large || err != nil {
		p.items, p.members = nil, nil
	}
	return n, err
}

// maxStale bounds the text to which nodes that nobody uses may still refer: forgetting
// takes a good part of the time in which a small message is read.
const maxStale = 4 << 10

// Recycle says that nobody uses the nodes any more that were read last: the next
// ones take their place.
func (p *Parser) Recycle() {
	p.blocks.free(p.large)
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

// A jsonParser reads one JSON text by recursive descent. It holds nothing that it
// has itself, so that it need not be on the heap.
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
	p := jsonParser{text: text}
	p.start(len(text), l, problems)
	return p.parse()
}

// parse reads the text.
func (p *jsonParser) parse() (*Node, error) {
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
	case '"':
		s, err := p.parseString()
		if err != nil {
			return nil, err
		}
		return p.scalar(String, s), nil
	case '{':
		return p.parseObject()
	case '[':
		return p.parseArray()
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

// The first elements and members of what is open are on the stack of the goroutine:
// nobody makes room for them, and the garbage collector does not hear of each.
const (
	firstItems   = 8
	firstMembers = 8
)

func (p *jsonParser) parseArray() (*Node, error) {
	var first [firstItems]*Node
	count, a := 0, p.openArray()
	for more, err := p.begin(']'); more || err != nil; more, err = p.next(']') {
		if err != nil {
			return nil, err
		}
		n, err := p.value()
		if err != nil {
			return nil, err
		}
		if count < len(first) {
			first[count] = n
			count++
			p.advance()
		} else {
			p.append(n)
		}
	}
	return p.closeArray(a, first[:count]...), nil
}

func (p *jsonParser) parseObject() (*Node, error) {
	var first [firstMembers]Member
	count, o := 0, p.openObject()
	for more, err := p.begin('}'); more || err != nil; more, err = p.next('}') {
		if err != nil {
			return nil, err
		}
		if count == len(first) {
			return p.parseLargeObject(o, first[:])
		}
		start := p.pos
		m, err := p.parseMember()
		if err != nil {
			return nil, err
		}
		if i := position(first[:count], m.Key); i < 0 {
			first[count] = m
			count++
		} else if err := p.twice(start, m.Key); err == nil {
			first[i].Value = m.Value
		} else {
			return nil, err
		}
	}
	n := p.object(first[:count], nil)
	p.leave()
	return n, nil
}

// parseLargeObject reads the rest of an object whose first members are there.
func (p *jsonParser) parseLargeObject(o openObject, first []Member) (*Node, error) {
	for _, m := range first {
		p.set(&o, m.Key, m.Value)
	}
	for more := true; more; {
		start := p.pos
		m, err := p.parseMember()
		if err != nil {
			return nil, err
		}
		if !p.set(&o, m.Key, m.Value) {
			err = p.twice(start, m.Key)
		}
		if err == nil {
			more, err = p.next('}')
		}
		if err != nil {
			return nil, err
		}
	}
	return p.closeObject(o), nil
}

func (p *jsonParser) parseMember() (Member, error) {
	if p.peek() != '"' {
		return Member{}, p.unexpected("a key in double quotes")
	}
	key, err := p.parseString()
	if err != nil {
		return Member{}, err
	}
	p.key(key)
	if p.skipSpace(); p.peek() != ':' {
		return Member{}, p.unexpected("':'")
	}
	p.pos++
	p.skipSpace()
	n, err := p.value()
	return Member{key, n}, err
}

// twice returns the error that the object has a key, which is at start, already, or
// adds that to the problems.
func (p *jsonParser) twice(start int, key string) error {
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

// peek returns the next byte, or 0 at the end: valid JSON has no such byte.
func (p *jsonParser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func (p *jsonParser) skipSpace() {
	if p.peek() <= ' ' {
		p.skipSpaces()
	}
}

func (p *jsonParser) skipSpaces() {
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
