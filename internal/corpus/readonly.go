package main

import "strings"

// Documents derive a schema from one whose properties are all read-only, and
// then declare or require some of them again, as what a client sends:
//
//	Reference: {allOf: [{$ref: '#/…/Base'}, {required: [id, type]}]}
//
// By the letter such a property can neither be sent nor left out. What is meant
// is that it is sent; a judge that goes by the letter rejects every request.

// An unlocker makes properties writable that another part of an allOf declares
// or requires.
type unlocker struct {
	schemas map[string]any // by name
	prefix  string         // of references to them
}

// maxInlined bounds how deep the parts of an allOf are replaced.
const maxInlined = 8

// walk unlocks the schemas in v in place.
func (u *unlocker) walk(v any) {
	switch v := v.(type) {
	case map[string]any:
		if parts, ok := v["allOf"].([]any); ok {
			v["allOf"] = u.unlocked(v, parts)
		}
		for key, value := range v {
			if !literals[key] {
				u.walk(value)
			}
		}
	case []any:
		for _, item := range v {
			u.walk(item)
		}
	}
}

// unlocked returns the parts of the allOf of owner, with properties that are
// writable for one of them writable in all.
func (u *unlocker) unlocked(owner map[string]any, parts []any) []any {
	writable, locked := map[string]bool{}, map[string]bool{}
	for _, part := range parts {
		u.sort(part, writable, locked, 0)
	}
	rest := map[string]any{"properties": owner["properties"], "required": owner["required"]}
	u.sort(rest, writable, locked, 0)
	conflict := false
	for name := range locked {
		conflict = conflict || writable[name]
	}
	if !conflict {
		return parts
	}
	replaced := make([]any, len(parts))
	for i, part := range parts {
		replaced[i] = u.without(part, writable, 0)
	}
	return replaced
}

// sort adds the properties of a schema that are read-only to locked, and those
// that are not, or that it requires without saying what they are, to writable.
func (u *unlocker) sort(v any, writable, locked map[string]bool, depth int) {
	schema := u.resolve(v)
	if schema == nil || depth > maxInlined {
		return
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, property := range properties {
		if p := u.resolve(property); p["readOnly"] == true {
			locked[name] = true
		} else {
			writable[name] = true
		}
	}
	for _, name := range stringsOf(schema["required"]) {
		if properties[name] == nil {
			writable[name] = true
		}
	}
	parts, _ := schema["allOf"].([]any)
	for _, part := range parts {
		u.sort(part, writable, locked, depth+1)
	}
}

// without returns a copy of a schema in which writable properties are not
// read-only.
func (u *unlocker) without(v any, writable map[string]bool, depth int) any {
	schema := u.resolve(v)
	if schema == nil || depth > maxInlined {
		return v
	}
	copied := make(map[string]any, len(schema))
	for key, value := range schema {
		copied[key] = value
	}
	if properties, ok := schema["properties"].(map[string]any); ok {
		open := make(map[string]any, len(properties))
		for name, property := range properties {
			open[name] = property
			if p := u.resolve(property); writable[name] && p["readOnly"] == true {
				open[name] = without(p, "readOnly")
			}
		}
		copied["properties"] = open
	}
	if parts, ok := schema["allOf"].([]any); ok {
		replaced := make([]any, len(parts))
		for i, part := range parts {
			replaced[i] = u.without(part, writable, depth+1)
		}
		copied["allOf"] = replaced
	}
	return copied
}

// resolve returns the schema that v is or refers to, or nil.
func (u *unlocker) resolve(v any) map[string]any {
	for range maxInlined {
		schema, _ := v.(map[string]any)
		ref, ok := schema["$ref"].(string)
		if !ok {
			return schema
		}
		v = u.schemas[strings.TrimPrefix(ref, u.prefix)]
	}
	return nil
}

func without(m map[string]any, key string) map[string]any {
	copied := make(map[string]any, len(m))
	for k, v := range m {
		if k != key {
			copied[k] = v
		}
	}
	return copied
}
