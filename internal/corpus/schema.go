package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A schema is a place in an advertised JSON Schema.
type schema struct {
	pointer string // RFC 6901
	value   any    // an object or a boolean
}

// at returns the schema at keys below s, which must be there.
func (s schema) at(keys ...string) schema {
	for _, key := range keys {
		s.pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		switch v := s.value.(type) {
		case map[string]any:
			s.value = v[key]
		}
	}
	return s
}

// keyword returns the value of a keyword, or nil.
func (s schema) keyword(name string) any {
	object, _ := s.value.(map[string]any)
	return object[name]
}

// A validator checks values against places in one advertised schema.
type validator struct {
	root     schema
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

const schemaURL = "mem:///schema.json"

// newValidator compiles raw, which checks it against the metaschema of JSON
// Schema 2020-12.
func newValidator(raw json.RawMessage) (*validator, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseLoader(noLoader{})
	c.UseRegexpEngine(tolerantRegexp)
	if err := c.AddResource(schemaURL, value); err != nil {
		return nil, err
	}
	v := &validator{root: schema{value: value}, compiler: c, compiled: map[string]*jsonschema.Schema{}}
	_, err = v.compile("")
	return v, err
}

func (v *validator) compile(pointer string) (*jsonschema.Schema, error) {
	if s := v.compiled[pointer]; s != nil {
		return s, nil
	}
	s, err := v.compiler.Compile(schemaURL + "#" + (&url.URL{Path: pointer}).EscapedPath())
	if err == nil {
		v.compiled[pointer] = s
	}
	return s, err
}

// check returns nil if value is valid at s.
func (v *validator) check(s schema, value any) error {
	compiled, err := v.compile(s.pointer)
	if err != nil {
		return err
	}
	return compiled.Validate(value)
}

type noLoader struct{}

func (noLoader) Load(url string) (any, error) { return nil, errors.New("no access to " + url) }

// tolerantRegexp takes what Go cannot compile for a pattern that everything
// matches: ECMA-262 has look-ahead.
func tolerantRegexp(s string) (jsonschema.Regexp, error) {
	if re, err := regexp.Compile(s); err == nil {
		return re, nil
	}
	return anything(s), nil
}

type anything string

func (anything) MatchString(string) bool { return true }
func (a anything) String() string        { return string(a) }
