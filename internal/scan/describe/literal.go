package describe

import (
	"encoding/json"
	"go/types"
	"reflect"
	"strconv"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// firstOf returns the value of the first of keys that the tag has.
func firstOf(tag reflect.StructTag, keys ...string) string {
	for _, key := range keys {
		if value := strings.TrimSpace(tag.Get(key)); value != "" {
			return value
		}
	}
	return ""
}

// literal returns the value of type t that is written as text, or nil.
func literal(text string, t types.Type) *tree.Node {
	if text == "" {
		return nil
	}
	switch u := deref(t).Underlying().(type) {
	case *types.Basic:
		return basicLiteral(text, u)
	case *types.Slice:
		var items []*tree.Node
		for part := range strings.SplitSeq(strings.Trim(text, "[]"), ",") {
			item := literal(strings.Trim(strings.TrimSpace(part), `"`), u.Elem())
			if item == nil {
				return nil
			}
			items = append(items, item)
		}
		return tree.NewArray(items...)
	}
	if kind := kindOf(t); kind == "string" {
		return tree.NewString(text)
	}
	return nil
}

// kindOf returns the JSON type that values of t have, or "".
func kindOf(t types.Type) string {
	t = types.Unalias(deref(t))
	if known, ok := knownSchema(t); ok {
		return notNull(known).Get("type").Str()
	}
	if custom := customSchema(t); custom != nil {
		return custom.Get("type").Str()
	}
	if b, ok := t.Underlying().(*types.Basic); ok {
		return basicSchema(b).Get("type").Str()
	}
	return ""
}

func basicLiteral(text string, b *types.Basic) *tree.Node {
	switch {
	case b.Info()&types.IsString != 0:
		return tree.NewString(text)
	case b.Info()&types.IsBoolean != 0:
		if v, err := strconv.ParseBool(text); err == nil {
			return tree.NewBool(v)
		}
	case b.Info()&types.IsNumeric != 0:
		return number(text, b.Info()&types.IsInteger != 0)
	}
	return nil
}

// number returns the number that text writes, or nil.
func number(text string, integer bool) *tree.Node {
	if !json.Valid([]byte(text)) || text == "" || !strings.ContainsRune("-0123456789", rune(text[0])) {
		return nil
	}
	if integer && strings.ContainsAny(text, ".eE") {
		return nil
	}
	return tree.NewNumber(text)
}

// literals returns the values of type t in a list with commas or bars; those of the elements
// if t is a slice.
func literals(list string, t types.Type) []*tree.Node {
	if s, ok := deref(t).Underlying().(*types.Slice); ok {
		t = s.Elem()
	}
	separator := ","
	if !strings.Contains(list, ",") {
		separator = "|"
	}
	var nodes []*tree.Node
	for text := range strings.SplitSeq(list, separator) {
		node := literal(strings.TrimSpace(text), t)
		if node == nil {
			return nil
		}
		nodes = append(nodes, node)
	}
	return nodes
}
