package overlay

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

func parsed(t testing.TB, text string) *tree.Node {
	t.Helper()
	n, _, err := tree.Parse([]byte(text), tree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// applied returns the document as the actions change it, and the notes or the error.
func applied(t testing.TB, document, actions string) (string, string) {
	t.Helper()
	o, _, err := Parse([]byte("overlay: 1.1.0\ninfo: {title: T, version: '1'}\nactions:\n" + actions))
	if err != nil {
		return "", err.Error()
	}
	root := parsed(t, document)
	before := string(root.JSON())
	next, notes, err := o.Apply(root)
	if after := string(root.JSON()); after != before {
		t.Errorf("%s\nchanged the original: %s", actions, after)
	}
	if err != nil {
		return "", err.Error()
	}
	var texts []string
	for _, n := range notes {
		texts = append(texts, n.Pointer+" "+n.Message)
	}
	return string(next.JSON()), strings.Join(texts, "; ")
}

func TestApply(t *testing.T) {
	const doc = `{"paths":{"/a":{"get":{"tags":["x"],"n":1},"put":{"tags":[]}},"/b":{"get":{"tags":["x","y"],"deep":{"k":1}}}},"l":[1,2,3,2]}`
	for _, tt := range []struct{ name, actions, want, says string }{
		{"update merges into each object", "- {target: $.paths.*.get, update: {n: 2, new: {a: [1]}}}",
			`{"paths":{"/a":{"get":{"tags":["x"],"n":2,"new":{"a":[1]}},"put":{"tags":[]}},"/b":{"get":{"tags":["x","y"],"deep":{"k":1},"n":2,"new":{"a":[1]}}}},"l":[1,2,3,2]}`, ""},
		{"update merges deeply and joins lists", "- {target: $, update: {paths: {/b: {get: {tags: [z], deep: {l: 2}}}}}}",
			`{"paths":{"/a":{"get":{"tags":["x"],"n":1},"put":{"tags":[]}},"/b":{"get":{"tags":["x","y","z"],"deep":{"k":1,"l":2}}}},"l":[1,2,3,2]}`, ""},
		{"update of a list adds an element", "- {target: $..tags, update: z}",
			`{"paths":{"/a":{"get":{"tags":["x","z"],"n":1},"put":{"tags":["z"]}},"/b":{"get":{"tags":["x","y","z"],"deep":{"k":1}}}},"l":[1,2,3,2]}`, ""},
		{"update replaces single values", "- {target: '$.l[?@ == 2]', update: two}",
			`{"paths":{"/a":{"get":{"tags":["x"],"n":1},"put":{"tags":[]}},"/b":{"get":{"tags":["x","y"],"deep":{"k":1}}}},"l":[1,"two",3,"two"]}`, ""},
		{"remove removes members and elements", "- {target: '$.l[0,1,-1]', remove: true}\n- {target: $.paths.*.put, remove: true}\n- {target: \"$.paths[?@.get.deep]\", remove: true}",
			`{"paths":{"/a":{"get":{"tags":["x"],"n":1}}},"l":[3]}`, ""},
		{"remove wins over update", "- {target: $.paths, update: {x: 1}, remove: true}", `{"l":[1,2,3,2]}`, ""},
		{"what is removed inside of what is removed is gone", "- {target: $.paths..*, remove: true}", `{"paths":{},"l":[1,2,3,2]}`, ""},
		{"copy merges another place", "- {target: \"$.paths['/a'].put\", copy: \"$.paths['/a'].get\"}",
			`{"paths":{"/a":{"get":{"tags":["x"],"n":1},"put":{"tags":["x"],"n":1}},"/b":{"get":{"tags":["x","y"],"deep":{"k":1}}}},"l":[1,2,3,2]}`, ""},
		{"actions see what the ones before did", "- {target: $, update: {t: {a: 1}}}\n- {target: $.t, update: {b: 2}}\n- {target: $.t.a, remove: true}\n- {target: $.paths, remove: true}",
			`{"l":[1,2,3,2],"t":{"b":2}}`, ""},
		{"a target that selects nothing is said", "- {target: $.paths.none, remove: true}\n- {target: $.paths, remove: true}\n- {target: $.paths, update: {a: 1}}",
			`{"l":[1,2,3,2]}`, `/actions/0 the target "$.paths.none" selects nothing in the document; the action does nothing; /actions/2 the target "$.paths" selects nothing in the document; the action does nothing`},
		{"selected twice, changed once", "- {target: '$.l[0,0]', remove: true}\n- {target: \"$.paths['/a']['get','get'].tags\", update: q}",
			`{"paths":{"/a":{"get":{"tags":["x","q"],"n":1},"put":{"tags":[]}},"/b":{"get":{"tags":["x","y"],"deep":{"k":1}}}},"l":[2,3,2]}`, ""},

		{"a map into which a text does not fit", "- {target: $.paths, update: text}", "", `actions[0], target "$.paths": it selects a map, into which a single value cannot be merged`},
		{"a text that a map does not replace", "- {target: '$.l[0]', update: {}}", "", "a single value, which a map cannot replace"},
		{"a member of another kind", "- {target: $, update: {paths: {/a: {get: text}}}}", "", `at "/paths/~1a/get" is a map, which a single value cannot replace; remove it first`},
		{"several kinds", "- {target: $.*, update: {}}", "", `values of different kinds: a map at "/paths", a list at "/l"`},
		{"the document itself", "- {target: $, remove: true}", "", "cannot be removed"},
		{"a copy of several", "- {target: $.paths, copy: $.paths.*}", "", "copy selects 2 values"},
		{"a copy of nothing", "- {target: $.paths, copy: $.none}", "", "copy selects 0 values"},
	} {
		got, says := applied(t, doc, tt.actions)
		if got != tt.want || tt.want != "" && says != tt.says || !strings.Contains(says, tt.says) {
			t.Errorf("%s: %s\nwant %s\nsays %s, want %s", tt.name, got, tt.want, says, tt.says)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"openapi: 3.1.0":                                                                            "no overlay: the key overlay",
		"overlay: 2.0.0\nactions: [{}]":                                                             `version "2.0.0" are not known`,
		"overlay: 1.0.0":                                                                            "it has no actions",
		"overlay: 1.0.0\nactions: {}":                                                               "it has no actions",
		"overlay: 1.0.0\naction: [{}]":                                                              `no key "action"; did you mean "actions"?`,
		"overlay: 1.0.0\nactions: [x]":                                                              "actions[0]: an action is a map",
		"overlay: 1.0.0\nactions: [{update: {}}]":                                                   "actions[0]: target must be a JSONPath",
		"overlay: 1.0.0\nactions: [{target: paths, remove: true}]":                                  `actions[0]: target "paths": at character 1: a path begins with $`,
		"overlay: 1.0.0\nactions: [{target: $, remove: yes please}]":                                "remove is true or false",
		"overlay: 1.0.0\nactions: [{target: $}]":                                                    "neither update, remove nor copy",
		"overlay: 1.0.0\nactions: [{target: $.a, udpate: {}}]":                                      `no key "udpate"; did you mean "update"?`,
		"overlay: 1.0.0\nactions: [{target: $.a, copy: $.b}]":                                       "copy needs overlay: 1.1.0",
		"overlay: 1.1.0\nactions: [{target: $.a, copy: b}]":                                         `copy "b": at character 1`,
		"overlay: 1.1.0\nactions: [{target: $.a, copy: $.b, update: x}]":                            "split it into two actions",
		"overlay: 1.0.0\nactions: [" + strings.Repeat("{target: $.a, remove: true},", 10_001) + "]": "more than 10000 actions",
	} {
		if _, _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%.80q) = %v, want %q", text, err, want)
		}
	}
}

// Copies of copies, which double each time, cost no more than they are.
func TestApplyIsBounded(t *testing.T) {
	var actions strings.Builder
	for i := range 200 {
		fmt.Fprintf(&actions, "- {target: $, update: {x%d: {}}}\n- {target: $.x%d, copy: $.a}\n- {target: $.a, update: {y%d: {}}}\n- {target: $.a.y%d, copy: $.x%d}\n", i, i, i, i, i)
	}
	o, _, err := Parse([]byte("overlay: 1.1.0\nactions:\n" + actions.String()))
	if err != nil {
		t.Fatal(err)
	}
	root, _, err := o.Apply(parsed(t, `{"a":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	const most = 1 << 20
	if root.JSONLength(most) <= most {
		t.Errorf("it has at most %d bytes, which proves nothing", most)
	}
	deep, _, err := Parse([]byte("overlay: 1.1.0\nactions: [{target: '$..[?$..*]', remove: true}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := deep.Apply(root); err == nil || !strings.Contains(err.Error(), "too many values") {
		t.Errorf("a search of a document of 2^200 values: %v", err)
	}
}

// Whatever overlay and document are, nothing panics, the original stays, and what
// was applied can be read again.
func FuzzApply(f *testing.F) {
	f.Add(`{"paths":{"/a":{"get":{"tags":["x"]}}}}`, "- {target: $..tags, update: [y]}\n- {target: $.paths, copy: \"$.paths['/a']\"}\n")
	f.Add("a: &x {b: 1}\nc: *x\n", "- {target: $.c, update: {d: 2}}\n- {target: $.a.b, remove: true}\n")
	f.Fuzz(func(t *testing.T, document, actions string) {
		if _, _, err := tree.Parse([]byte(document), tree.Limits{}); err != nil || len(document) > 1<<12 {
			return
		}
		changed, _ := applied(t, document, actions)
		if changed == "" || len(changed) > 1<<16 {
			return
		}
		if again := string(parsed(t, changed).JSON()); again != changed {
			t.Errorf("%s is read as %s", changed, again)
		}
	})
}
