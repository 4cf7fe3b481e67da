package describe

import (
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// Changes returns what is different in a document since it was old, in words: operations that
// are new, gone or changed, and schemas; nothing if they are equal.
func Changes(old, document *tree.Node) []string {
	var changes []string
	before, after := parts(old), parts(document)
	for _, name := range slices.Sorted(allKeys(before, after)) {
		switch a, b := before[name], after[name]; {
		case a == nil:
			changes = append(changes, name+" is new")
		case b == nil:
			changes = append(changes, name+" is gone")
		case !a.Equal(b):
			changes = append(changes, name+" is different")
		}
	}
	if len(changes) == 0 && !old.Equal(document) {
		changes = append(changes, "what precedes the paths is different")
	}
	return changes
}

func allKeys(maps ...map[string]*tree.Node) func(func(string) bool) {
	seen := map[string]bool{}
	return func(yield func(string) bool) {
		for _, m := range maps {
			for key := range m {
				if !seen[key] && !yield(key) {
					return
				}
				seen[key] = true
			}
		}
	}
}

// parts returns the operations and schemas of a document by what they are called.
func parts(document *tree.Node) map[string]*tree.Node {
	all := map[string]*tree.Node{}
	for path, item := range document.Get("paths").All() {
		for method, op := range item.All() {
			all[strings.ToUpper(method)+" "+path] = op
		}
	}
	for name, schema := range document.Get("components").Get("schemas").All() {
		all["schema "+name] = schema
	}
	return all
}
