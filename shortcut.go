package mcpmount

import (
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A shortcut says of values that they conform to a schema, without the library: of
// most arguments, since most are right and most schemas plain. What it does not say
// that of may conform all the same. It is immutable.
type shortcut struct {
	kinds      kindSet
	whole      bool // of numbers, the schema takes integers only
	properties map[string]*shortcut
	required   []string
	closed     bool        // there are no other properties
	others     *shortcut   // of other properties; nil for any
	items      *shortcut   // nil for any
	some       []*shortcut // one of them admits the value, too, if there are any
	one        []string    // an object has exactly one of these, if there are any
	values     []string    // of a text; nil for any
	pattern    func(string) bool
	numbers    bounds // of an integer
	length     bounds // of a text
	count      bounds // of an array
	size       bounds // of an object
}

// A kindSet has kinds of values.
type kindSet uint8

const (
	setNull kindSet = 1 << iota
	setBool
	setInteger
	setNumber // what is not written as an integer
	setString
	setArray
	setObject
	setAll kindSet = 1<<iota - 1
)

// bounds are inclusive.
type bounds struct{ least, most int64 }

var unbounded = bounds{math.MinInt64, math.MaxInt64}

func (b bounds) has(n int64) bool { return b.least <= n && n <= b.most }

// newShortcut returns the shortcut for a schema that stands on its own, nil if it
// has a keyword for the library at its root.
func newShortcut(schema *tree.Node, texts patterns) *shortcut {
	m := shortcutMaker{defs: schema.Get("$defs"), made: map[*tree.Node]*shortcut{}, texts: texts}
	s := m.schema(schema)
	if s.kinds == 0 {
		return nil
	}
	return s
}

type shortcutMaker struct {
	defs  *tree.Node
	made  map[*tree.Node]*shortcut
	texts patterns
}

// schema returns the shortcut for n; one for nothing if n has a keyword for the
// library.
func (m *shortcutMaker) schema(n *tree.Node) *shortcut {
	if name, ok := definitionName(n.Get("$ref").Str()); ok {
		if !onlyAnnotations(n) {
			return new(shortcut)
		}
		n = m.defs.Get(name)
	}
	if s := m.made[n]; s != nil {
		return s
	}
	s := &shortcut{kinds: setAll, numbers: unbounded, length: unbounded, count: unbounded, size: unbounded}
	m.made[n] = s
	if n.Is(tree.Bool) && n.True() {
		return s
	}
	if !n.Is(tree.Object) {
		s.kinds = 0
		return s
	}
	for _, k := range n.Members {
		if !m.keyword(s, k.Key, k.Value) {
			s.kinds = 0
			return s
		}
	}
	return s
}

// onlyAnnotations reports whether n says nothing but "$ref".
func onlyAnnotations(n *tree.Node) bool {
	return !slices.ContainsFunc(n.Members, func(m tree.Member) bool { return m.Key != "$ref" && !isAnnotation(m.Key) })
}

// isAnnotation reports whether a keyword says nothing about what conforms. Formats
// are not checked either.
func isAnnotation(keyword string) bool {
	return keyword == "format" || keyword == "$defs" || annotates(keyword)
}

// keyword adds a keyword to s, and reports false if it is one for the library.
func (m *shortcutMaker) keyword(s *shortcut, key string, v *tree.Node) (ok bool) {
	switch key {
	case "type":
		kinds, ok := kindsOf(v)
		s.kinds &= kinds
		s.whole = kinds&(setInteger|setNumber) == setInteger
		return ok
	case "properties":
		s.properties = make(map[string]*shortcut, len(v.Members))
		for _, p := range v.Members {
			s.properties[p.Key] = m.schema(p.Value)
		}
		return v.Is(tree.Object)
	case "required":
		for _, name := range v.Items {
			s.required = append(s.required, name.Text)
		}
		return v.Is(tree.Array)
	case "additionalProperties":
		if s.closed = v.Is(tree.Bool) && !v.True(); !s.closed {
			s.others = m.schema(v)
		}
		return true
	case "items":
		s.items = m.schema(v)
		return true
	case "anyOf":
		for _, part := range v.Items {
			if part.Get("anyOf") != nil || part.Get("$ref") != nil {
				s.some = append(s.some, new(shortcut)) // which may lead back here, for the same value
			} else {
				s.some = append(s.some, m.schema(part))
			}
		}
		return len(s.some) > 0
	case "oneOf":
		s.kinds &= setObject
		return s.oneRequired(v.Items)
	case "enum":
		s.kinds &= setString
		for _, value := range v.Items {
			if value.Is(tree.String) {
				s.values = append(s.values, value.Text)
			}
		}
		return len(s.values) > 0
	case "pattern":
		s.pattern = m.patternOf(v)
		return s.pattern != nil
	}
	return s.bound(key, v) || isAnnotation(key)
}

// oneRequired adds to s that an object has one of several members, which each of the
// parts requires one of; false if they say anything else.
func (s *shortcut) oneRequired(parts []*tree.Node) bool {
	for _, part := range parts {
		names := part.Get("required")
		if !part.Is(tree.Object) || len(part.Members) != 1 || !names.Is(tree.Array) || len(names.Items) != 1 || slices.Contains(s.one, names.Items[0].Text) {
			return false
		}
		s.one = append(s.one, names.Items[0].Text)
	}
	return len(s.one) > 0
}

// bound adds a bound to s, and reports false if key is none.
func (s *shortcut) bound(key string, v *tree.Node) bool {
	n, plain := plainInteger(v)
	if !plain {
		return false
	}
	switch key {
	case "minimum":
		s.numbers.least, s.kinds = n, s.kinds&^setNumber
	case "maximum":
		s.numbers.most, s.kinds = n, s.kinds&^setNumber
	case "minLength":
		s.length.least = n
	case "maxLength":
		s.length.most = n
	case "minItems":
		s.count.least = n
	case "maxItems":
		s.count.most = n
	case "minProperties":
		s.size.least = n
	case "maxProperties":
		s.size.most = n
	default:
		return false
	}
	return true
}

func kindsOf(v *tree.Node) (set kindSet, ok bool) {
	names := v.Items
	if v.Is(tree.String) {
		names = []*tree.Node{v}
	}
	for _, name := range names {
		switch name.Text {
		case "null":
			set |= setNull
		case "boolean":
			set |= setBool
		case "integer":
			set |= setInteger
		case "number":
			set |= setInteger | setNumber
		case "string":
			set |= setString
		case "array":
			set |= setArray
		case "object":
			set |= setObject
		}
	}
	return set, set != 0
}

// plainInteger returns the value of a number that is written as an integer of few
// digits.
func plainInteger(v *tree.Node) (n int64, ok bool) {
	if !v.Is(tree.Number) || len(v.Text) > 16 {
		return 0, false
	}
	n, err := strconv.ParseInt(v.Text, 10, 64)
	return n, err == nil
}

// patternOf returns what matches a pattern; of those that this package adds to
// schemas, without a regular expression.
func (m *shortcutMaker) patternOf(v *tree.Node) func(string) bool {
	switch v.Str() {
	case segmentPattern:
		return func(s string) bool { return s != "" && isPathText(s, true) }
	case segmentsPattern:
		return func(s string) bool { return s != "" && isPathText(s, false) }
	case fieldPattern:
		return isPrintable
	}
	if !v.Is(tree.String) {
		return nil
	}
	return m.texts.of(v.Text).MatchString
}

// isPathText reports whether s has no control characters and no backslash, and no
// slash if it is one segment.
func isPathText(s string, one bool) bool {
	for _, r := range s {
		if r < ' ' || 0x7f <= r && r <= 0x9f || r == '\\' || one && r == '/' {
			return false
		}
	}
	return true
}

// isPrintable reports whether s is printable ASCII.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// admits reports whether v conforms for certain. A nil shortcut knows nothing.
func (s *shortcut) admits(v *tree.Node) bool {
	if s == nil || v == nil || len(s.some) > 0 && !slices.ContainsFunc(s.some, func(part *shortcut) bool { return part.admits(v) }) {
		return false
	}
	switch v.Kind {
	case tree.Null:
		return s.kinds&setNull != 0
	case tree.Bool:
		return s.kinds&setBool != 0
	case tree.Number:
		return s.admitsNumber(v)
	case tree.String:
		return s.kinds&setString != 0 && s.admitsText(v.Text)
	case tree.Array:
		return s.kinds&setArray != 0 && s.admitsItems(v.Items)
	}
	return s.kinds&setObject != 0 && s.admitsMembers(v)
}

func (s *shortcut) admitsNumber(v *tree.Node) bool {
	if n, ok := plainInteger(v); ok {
		return s.kinds&setInteger != 0 && s.numbers.has(n)
	}
	return s.kinds&setNumber != 0
}

func (s *shortcut) admitsText(text string) bool {
	if s.length != unbounded && !s.length.has(int64(utf8.RuneCountInString(text))) {
		return false
	}
	return (s.pattern == nil || s.pattern(text)) && (s.values == nil || slices.Contains(s.values, text))
}

func (s *shortcut) admitsItems(items []*tree.Node) bool {
	if !s.count.has(int64(len(items))) {
		return false
	}
	for _, item := range items {
		if s.items != nil && !s.items.admits(item) {
			return false
		}
	}
	return true
}

func (s *shortcut) admitsMembers(v *tree.Node) bool {
	if !s.size.has(int64(len(v.Members))) {
		return false
	}
	for _, name := range s.required {
		if v.Get(name) == nil {
			return false
		}
	}
	if len(s.one) > 0 {
		found := 0
		for _, name := range s.one {
			if v.Get(name) != nil {
				found++
			}
		}
		if found != 1 {
			return false
		}
	}
	for _, m := range v.Members {
		own := s.properties[m.Key]
		switch {
		case own != nil && !own.admits(m.Value), own == nil && s.closed,
			own == nil && s.others != nil && !s.others.admits(m.Value):
			return false
		}
	}
	return true
}
