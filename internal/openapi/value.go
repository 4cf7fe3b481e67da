package openapi

import (
	"strconv"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

func cleanText(v *tree.Node) *tree.Node {
	switch v.Kind {
	case tree.String:
		if text := clean(v.Text); text != v.Text {
			return tree.NewString(text)
		}
		return v
	case tree.Number, tree.Bool:
		return tree.NewString(v.Text)
	}
	return nil
}

// typeNames returns the value of "type" with the types that there are.
func typeNames(v *tree.Node) *tree.Node {
	if !v.Is(tree.Array) {
		return typeName(v)
	}
	var names []*tree.Node
	seen := make(map[string]bool)
	same := true
	for _, item := range v.Items {
		name := typeName(item)
		if name != item {
			same = false
		}
		if name != nil && !seen[name.Text] {
			seen[name.Text] = true
			names = append(names, name)
		}
	}
	switch {
	case same && len(names) == len(v.Items) && len(names) > 0:
		return v
	case len(names) == 0:
		return nil
	}
	return tree.NewArray(names...)
}

// typeName returns the name of one type. YAML makes a null of what should have
// been "null".
func typeName(v *tree.Node) *tree.Node {
	if v.Is(tree.Null) {
		return tree.NewString("null")
	}
	if !v.Is(tree.String) {
		return nil
	}
	switch name := strings.ToLower(v.Text); name {
	case "string", "number", "integer", "boolean", "array", "object", "null":
		if name != v.Text {
			return tree.NewString(name)
		}
		return v
	}
	return nil
}

// distinctValues returns an array without what it has already.
func distinctValues(v *tree.Node) *tree.Node {
	if !v.Is(tree.Array) || len(v.Items) == 0 {
		return nil
	}
	items := make([]*tree.Node, 0, len(v.Items))
	seen := make(map[string]bool, len(v.Items))
	for _, item := range v.Items {
		if key := string(item.JSON()); !seen[key] {
			seen[key] = true
			items = append(items, item)
		}
	}
	return shrunk(v, items)
}

// distinctNames returns an array of the texts in v, each once.
func distinctNames(v *tree.Node) *tree.Node {
	if !v.Is(tree.Array) {
		return nil
	}
	items := make([]*tree.Node, 0, len(v.Items))
	seen := make(map[string]bool, len(v.Items))
	for _, item := range v.Items {
		if item.Is(tree.String) && !seen[item.Text] {
			seen[item.Text] = true
			items = append(items, item)
		}
	}
	return shrunk(v, items)
}

// shrunk returns the array v with the items that are left of it.
func shrunk(v *tree.Node, items []*tree.Node) *tree.Node {
	switch len(items) {
	case len(v.Items):
		return v
	case 0:
		return nil
	}
	return tree.NewArray(items...)
}

// nameLists returns a map of lists of names.
func nameLists(v *tree.Node) *tree.Node {
	if !v.Is(tree.Object) {
		return nil
	}
	var members []tree.Member
	for key, list := range v.All() {
		if names := distinctNames(list); names != nil {
			members = append(members, tree.Member{Key: key, Value: names})
		}
	}
	return tree.NewObject(members...)
}

// number returns a number, also one that is written as a text.
func number(v *tree.Node) *tree.Node {
	if v.Is(tree.String) {
		parsed, err := tree.ParseJSON([]byte(v.Text), tree.Limits{MaxNodes: 1})
		if err != nil || !parsed.Is(tree.Number) {
			return nil
		}
		v = parsed
	}
	return only(v.Is(tree.Number), v)
}

func positive(v *tree.Node) *tree.Node {
	v = number(v)
	f, err := strconv.ParseFloat(v.Str(), 64)
	return only(err == nil && f > 0, v)
}

// count returns a number that counts something. Beyond what every reader can
// represent exactly, a bound has no effect in practice.
func count(v *tree.Node) *tree.Node {
	v = number(v)
	f, err := strconv.ParseFloat(v.Str(), 64)
	if err != nil || f < 0 || f > 1<<53 || f != float64(int64(f)) {
		return nil
	}
	if text := strconv.FormatInt(int64(f), 10); text != v.Text {
		return tree.NewNumber(text)
	}
	return v
}
