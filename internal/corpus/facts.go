package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// facts is what several schemas together say about a value, as far as a
// generator can follow it. What it cannot (not, if, unevaluatedProperties) only
// the check of the finished value sees.
type facts struct {
	types  []string // nil means any
	enum   []any
	values []any // constants, defaults and examples, in this order

	order      []string // of properties
	properties map[string][]schema
	required   []string
	avoided    map[string]bool // properties that an alternative not chosen requires
	additional []schema
	closed     bool // no other properties
	minMembers int

	items            []schema
	prefix           [][]schema
	minItems         int
	maxItems         int
	unique           bool
	low, high        *float64
	lowOut, highOut  bool // the bound itself is out
	multiple         float64
	minChars         int
	maxChars         int
	patterns         []string
	format, encoding string

	open *alternatives // the first oneOf or anyOf with no choice made
}

// alternatives is a oneOf or an anyOf.
type alternatives struct {
	pointer  string
	branches []schema
}

const unbounded = 1 << 30

// A collector gathers facts. choices has the branch of each oneOf and anyOf
// that was decided on, by the pointer of its keyword.
type collector struct {
	root    schema
	choices map[string]int
	all     bool // alternatives are parts like others
	facts   facts
	seen    map[string]bool
}

// collect returns the facts that parts state together.
func collect(root schema, parts []schema, choices map[string]int) facts {
	c := newCollector(root, choices)
	for _, part := range parts {
		c.add(part)
	}
	return c.facts
}

func newCollector(root schema, choices map[string]int) *collector {
	return &collector{
		root:    root,
		choices: choices,
		seen:    map[string]bool{},
		facts:   facts{properties: map[string][]schema{}, avoided: map[string]bool{}, maxItems: unbounded, maxChars: unbounded},
	}
}

func (c *collector) add(s schema) {
	object, ok := s.value.(map[string]any)
	if !ok || c.seen[s.pointer] {
		return
	}
	c.seen[s.pointer] = true
	c.addValues(object)
	c.addTypes(object)
	c.addObject(s, object)
	c.addArray(s, object)
	c.addBounds(object)
	if ref, ok := object["$ref"].(string); ok {
		if name, ok := strings.CutPrefix(ref, "#/$defs/"); ok {
			c.add(c.root.at("$defs", strings.NewReplacer("~1", "/", "~0", "~").Replace(name)))
		}
	}
	for _, part := range list(s, "allOf") {
		c.add(part)
	}
	for _, keyword := range [...]string{"oneOf", "anyOf"} {
		c.addAlternatives(s, keyword)
	}
}

// list returns the schemas in the array under a keyword.
func list(s schema, keyword string) []schema {
	items, _ := s.keyword(keyword).([]any)
	schemas := make([]schema, len(items))
	for i, item := range items {
		schemas[i] = schema{pointer: s.at(keyword, number(i)).pointer, value: item}
	}
	return schemas
}

func (c *collector) addAlternatives(s schema, keyword string) {
	branches := list(s, keyword)
	if len(branches) == 0 {
		return
	}
	if c.all {
		for _, branch := range branches {
			c.add(branch)
		}
		return
	}
	pointer := s.at(keyword).pointer
	choice, ok := c.choices[pointer]
	if !ok {
		if c.facts.open == nil {
			c.facts.open = &alternatives{pointer, branches}
		}
		return
	}
	c.add(branches[choice])
	if keyword == "anyOf" {
		return
	}
	for i, branch := range branches {
		for _, name := range stringsOf(branch.keyword("required")) {
			if i != choice {
				c.facts.avoided[name] = true
			}
		}
	}
}

func (c *collector) addValues(object map[string]any) {
	f := &c.facts
	if value, ok := object["const"]; ok {
		f.narrow([]any{value})
	}
	if enum, ok := object["enum"].([]any); ok {
		f.narrow(enum)
	}
	if value, ok := object["default"]; ok {
		f.values = append(f.values, value)
	}
	if examples, ok := object["examples"].([]any); ok {
		f.values = append(f.values, examples...)
	}
}

// narrow keeps the values that are among allowed too.
func (f *facts) narrow(allowed []any) {
	if f.enum == nil {
		f.enum = slices.Clone(allowed)
		return
	}
	f.enum = slices.DeleteFunc(f.enum, func(v any) bool {
		return !slices.ContainsFunc(allowed, func(w any) bool { return sameValue(v, w) })
	})
}

func sameValue(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

func (c *collector) addTypes(object map[string]any) {
	named := stringsOf(object["type"])
	if len(named) == 0 {
		return
	}
	f := &c.facts
	if f.types == nil {
		f.types = named
		return
	}
	var both []string
	for _, t := range f.types {
		switch {
		case slices.Contains(named, t), t == "integer" && slices.Contains(named, "number"):
			both = append(both, t)
		case t == "number" && slices.Contains(named, "integer"):
			both = append(both, "integer")
		}
	}
	f.types = append([]string{}, both...)
}

// stringsOf returns the strings that v is, or is an array of.
func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

func (c *collector) addObject(s schema, object map[string]any) {
	f := &c.facts
	properties, _ := object["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if f.properties[name] == nil {
			f.order = append(f.order, name)
		}
		f.properties[name] = append(f.properties[name], s.at("properties", name))
	}
	for _, name := range stringsOf(object["required"]) {
		if !slices.Contains(f.required, name) {
			f.required = append(f.required, name)
		}
	}
	switch object["additionalProperties"].(type) {
	case bool:
		f.closed = f.closed || object["additionalProperties"] == false
	case map[string]any:
		f.additional = append(f.additional, s.at("additionalProperties"))
	}
	f.minMembers = max(f.minMembers, count(object["minProperties"], 0))
}

func (c *collector) addArray(s schema, object map[string]any) {
	f := &c.facts
	if _, ok := object["items"]; ok {
		f.items = append(f.items, s.at("items"))
	}
	for i, part := range list(s, "prefixItems") {
		if i == len(f.prefix) {
			f.prefix = append(f.prefix, nil)
		}
		f.prefix[i] = append(f.prefix[i], part)
	}
	f.minItems = max(f.minItems, count(object["minItems"], 0))
	f.maxItems = min(f.maxItems, count(object["maxItems"], unbounded))
	f.unique = f.unique || object["uniqueItems"] == true
}

func (c *collector) addBounds(object map[string]any) {
	f := &c.facts
	f.raise(object["minimum"], false)
	f.raise(object["exclusiveMinimum"], true)
	f.lower(object["maximum"], false)
	f.lower(object["exclusiveMaximum"], true)
	if m, ok := float(object["multipleOf"]); ok && m > f.multiple {
		f.multiple = m
	}
	f.minChars = max(f.minChars, count(object["minLength"], 0))
	f.maxChars = min(f.maxChars, count(object["maxLength"], unbounded))
	if p, ok := object["pattern"].(string); ok {
		f.patterns = append(f.patterns, p)
	}
	if format, ok := object["format"].(string); ok && f.format == "" {
		f.format = format
	}
	if encoding, ok := object["contentEncoding"].(string); ok {
		f.encoding = encoding
	}
}

func (f *facts) raise(v any, out bool) {
	if n, ok := float(v); ok && (f.low == nil || n > *f.low || n == *f.low && out) {
		f.low, f.lowOut = &n, out
	}
}

func (f *facts) lower(v any, out bool) {
	if n, ok := float(v); ok && (f.high == nil || n < *f.high || n == *f.high && out) {
		f.high, f.highOut = &n, out
	}
}

func float(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

// count returns v as a number of things, or other if it is none.
func count(v any, other int) int {
	if f, ok := float(v); ok && f >= 0 {
		return int(min(f, unbounded))
	}
	return other
}
