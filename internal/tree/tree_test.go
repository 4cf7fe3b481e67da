package tree_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// mustParse returns the tree of a JSON text.
func mustParse(t *testing.T, text string) *tree.Node {
	t.Helper()
	n, err := tree.ParseJSON([]byte(text), tree.Limits{})
	if err != nil {
		t.Fatalf("ParseJSON(%q): %v", text, err)
	}
	return n
}

// wide returns an object of n members, k0 to kn-1, that is large enough to have
// an index if n is.
func wide(n int) *tree.Node {
	var members []tree.Member
	for i := range n {
		members = append(members, tree.Member{Key: fmt.Sprintf("k%d", i), Value: tree.NewNumber(fmt.Sprint(i))})
	}
	return tree.NewObject(members...)
}

func TestNilNode(t *testing.T) {
	var n *tree.Node
	if got := n.Get("a"); got != nil {
		t.Errorf("Get = %v, want nil", got)
	}
	if got := n.Lookup("/a"); got != nil {
		t.Errorf("Lookup = %v, want nil", got)
	}
	if got := string(n.JSON()); got != "null" {
		t.Errorf("JSON = %q, want null", got)
	}
	if got := n.Any(); got != nil {
		t.Errorf("Any = %v, want nil", got)
	}
	for key := range n.All() {
		t.Errorf("All has %q", key)
	}
	if n.Equal(tree.NewArray()) || tree.NewArray().Equal(n) || !n.Equal(nil) {
		t.Error("an absent value must equal itself only")
	}
	if got, want := string(n.With("a", tree.NewBool(true)).JSON()), `{"a":true}`; got != want {
		t.Errorf("With = %s, want %s", got, want)
	}
	if got, want := string(n.Without("a").JSON()), `{}`; got != want {
		t.Errorf("Without = %s, want %s", got, want)
	}
}

func TestGet(t *testing.T) {
	for _, size := range []int{1, 15, 16, 17, 1000} {
		constructed := wide(size)
		for name, n := range map[string]*tree.Node{
			"constructed": constructed,
			"parsed":      mustParse(t, string(constructed.JSON())),
			"extended":    constructed.Without("k0").With("k0", tree.NewNumber("0")),
		} {
			for i := range size {
				key := fmt.Sprintf("k%d", i)
				if got, want := n.Get(key).Str(), fmt.Sprint(i); got != want {
					t.Fatalf("%s, %d members: Get(%q) = %q, want %q", name, size, key, got, want)
				}
			}
			if got := n.Get("k"); got != nil {
				t.Errorf("%s, %d members: Get of an absent key = %s, want nil", name, size, got.JSON())
			}
		}
	}
}

// The document and the pointers of RFC 6901 section 5.
func TestLookup(t *testing.T) {
	n := mustParse(t, `{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4,
		"i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8, "~1": 9, "o": {"01": 10}}`)
	tests := []struct{ pointer, want string }{
		{"/foo", `["bar","baz"]`},
		{"/foo/0", `"bar"`},
		{"/foo/1", `"baz"`},
		{"/", "0"},
		{"/a~1b", "1"},
		{"/c%d", "2"},
		{"/e^f", "3"},
		{"/g|h", "4"},
		{`/i\j`, "5"},
		{`/k"l`, "6"},
		{"/ ", "7"},
		{"/m~0n", "8"},
		{"/~01", "9"},
		{"/o/01", "10"},
		{"/foo/2", ""},
		{"/foo/01", ""},
		{"/foo/-", ""},
		{"/foo/-1", ""},
		{"/foo/+1", ""},
		{"/foo/", ""},
		{"/foo/99999999999999999999", ""},
		{"/foo/0/x", ""},
		{"/m~n", ""},
		{"/m~2n", ""},
		{"/absent", ""},
		{"foo", ""},
	}
	for _, tt := range tests {
		got := ""
		if found := n.Lookup(tt.pointer); found != nil {
			got = string(found.JSON())
		}
		if got != tt.want {
			t.Errorf("Lookup(%q) = %s, want %s", tt.pointer, got, tt.want)
		}
	}
	if n.Lookup("") != n {
		t.Error(`Lookup("") is not the node itself`)
	}
}

func TestEscapePointer(t *testing.T) {
	for _, key := range []string{"", "plain", "a/b", "m~n", "~1", "/~/~0", "~", "/"} {
		n := tree.NewObject(tree.Member{Key: key, Value: tree.NewString("found")})
		if got := n.Lookup("/" + tree.EscapePointer(key)).Str(); got != "found" {
			t.Errorf("Lookup does not find %q as %q", key, tree.EscapePointer(key))
		}
	}
	if got, want := tree.EscapePointer("/orders/{id}~x"), "~1orders~1{id}~0x"; got != want {
		t.Errorf("EscapePointer = %q, want %q", got, want)
	}
}

func TestEdit(t *testing.T) {
	one := tree.NewNumber("1")
	tests := []struct {
		name  string
		input string
		edit  func(*tree.Node) *tree.Node
		want  string
	}{
		{"replace in place", `{"a":0,"b":0,"c":0}`, func(n *tree.Node) *tree.Node { return n.With("b", one) }, `{"a":0,"b":1,"c":0}`},
		{"add last", `{"a":0}`, func(n *tree.Node) *tree.Node { return n.With("b", one) }, `{"a":0,"b":1}`},
		{"with on an array", `[0]`, func(n *tree.Node) *tree.Node { return n.With("b", one) }, `{"b":1}`},
		{"remove some", `{"a":0,"b":0,"c":0}`, func(n *tree.Node) *tree.Node { return n.Without("a", "c", "x") }, `{"b":0}`},
		{"remove nothing", `{"a":0}`, func(n *tree.Node) *tree.Node { return n.Without() }, `{"a":0}`},
		{"without on a string", `"a"`, func(n *tree.Node) *tree.Node { return n.Without("a") }, `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := mustParse(t, tt.input)
			if got := string(tt.edit(n).JSON()); got != tt.want {
				t.Errorf("edited = %s, want %s", got, tt.want)
			}
			if got := string(n.JSON()); got != tt.input {
				t.Errorf("the node itself became %s", got)
			}
		})
	}
}

// Copies of a large object must have an index of their own.
func TestEditKeepsTheIndexRight(t *testing.T) {
	n := wide(40)
	replaced := n.With("k3", tree.NewString("new"))
	if got := replaced.Get("k3").Str(); got != "new" {
		t.Errorf("Get of the replaced member = %q, want %q", got, "new")
	}
	if got := n.Get("k3").Str(); got != "3" {
		t.Errorf("Get of the original = %q, want %q", got, "3")
	}
	removed := n.Without("k0", "k3")
	if got := removed.Get("k3"); got != nil {
		t.Errorf("Get of the removed member = %s, want nil", got.JSON())
	}
	if got := removed.Get("k39").Str(); got != "39" {
		t.Errorf("Get after the removed member = %q, want %q", got, "39")
	}
	added := n.With("k40", tree.NewString("new"))
	if n.Get("k40") != nil || added.Get("k40").Str() != "new" {
		t.Error("the added member must be in the copy only")
	}
}

func TestAll(t *testing.T) {
	n := mustParse(t, `{"z":1,"a":2,"m":3}`)
	var got []string
	for key, value := range n.All() {
		got = append(got, key+value.Str())
		if key == "a" {
			break
		}
	}
	if diff := cmp.Diff([]string{"z1", "a2"}, got); diff != "" {
		t.Errorf("All (-want +got):\n%s", diff)
	}
}

func TestEqual(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":[true,null,"x"]}`, `{"b":[true,null,"x"],"a":1}`, true},
		{`{"a":1}`, `{"a":1,"b":1}`, false},
		{`{"a":1,"b":1}`, `{"a":1,"c":1}`, false},
		{`{"a":1}`, `{"a":2}`, false},
		{`[1,2]`, `[2,1]`, false},
		{`[1,2]`, `[1]`, false},
		{`1`, `1.0`, false},
		{`"1"`, `1`, false},
		{`null`, `false`, false},
		{`[]`, `{}`, false},
	}
	for _, tt := range tests {
		a, b := mustParse(t, tt.a), mustParse(t, tt.b)
		if got := a.Equal(b); got != tt.want {
			t.Errorf("%s equal to %s = %t, want %t", tt.a, tt.b, got, tt.want)
		}
		if got := b.Equal(a); got != tt.want {
			t.Errorf("%s equal to %s = %t, want %t", tt.b, tt.a, got, tt.want)
		}
	}
}

func TestAny(t *testing.T) {
	n := mustParse(t, `{"n":9007199254740993,"s":"x","l":[true,false,null,{}],"e":[]}`)
	want := map[string]any{
		"n": json.Number("9007199254740993"),
		"s": "x",
		"l": []any{true, false, nil, map[string]any{}},
		"e": []any{},
	}
	if diff := cmp.Diff(want, n.Any()); diff != "" {
		t.Errorf("Any (-want +got):\n%s", diff)
	}
}

func TestAppendJSON(t *testing.T) {
	tests := []struct {
		name string
		node *tree.Node
		want string
	}{
		{"quotes and backslashes", tree.NewString(`a"b\c/`), `"a\"b\\c/"`},
		{"control characters", tree.NewString("\x00\b\t\n\f\r\x1f\x7f"), `"\u0000\b\t\n\f\r\u001f` + "\x7f" + `"`},
		{"not for HTML", tree.NewString("<&>\u2028"), "\"<&>\u2028\""},
		{"beyond ASCII", tree.NewString("é€😀"), `"é€😀"`},
		{"invalid UTF-8", tree.NewString("a\xffb\xc3"), `"a` + "\ufffd" + `b` + "\ufffd" + `"`},
		{"numbers", tree.NewArray(tree.NewNumber("1.0"), tree.NewNumber("-0"), tree.NewNumber("1E+400")), `[1.0,-0,1E+400]`},
		{"literals", tree.NewArray(tree.NewBool(true), tree.NewBool(false), &tree.Node{}, nil), `[true,false,null,null]`},
		{"keys", tree.NewObject(tree.Member{Key: "\n", Value: tree.NewObject()}), `{"\n":{}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(tt.node.JSON()); got != tt.want {
				t.Errorf("JSON = %s, want %s", got, tt.want)
			}
			if !json.Valid(tt.node.JSON()) {
				t.Errorf("JSON = %s, which is not valid", tt.node.JSON())
			}
		})
	}
	if got, want := string(tree.NewString("x").AppendJSON([]byte("a="))), `a="x"`; got != want {
		t.Errorf("AppendJSON = %s, want %s", got, want)
	}
}

func TestStrings(t *testing.T) {
	tests := []struct {
		node *tree.Node
		want string
	}{
		{tree.NewString("x"), "x"},
		{tree.NewNumber("1.50"), "1.50"},
		{tree.NewBool(true), "true"},
		{&tree.Node{}, ""},
		{tree.NewArray(tree.NewString("x")), ""},
		{nil, ""},
	}
	for _, tt := range tests {
		if got := tt.node.Str(); got != tt.want {
			t.Errorf("Str of %s = %q, want %q", tt.node.JSON(), got, tt.want)
		}
	}
	if !tree.NewBool(true).True() || tree.NewBool(false).True() || tree.NewString("true").True() {
		t.Error("True must be that of the value true only")
	}
}

// words returns s repeated and cut to n bytes.
func words(s string, n int) string { return strings.Repeat(s, n/len(s)+1)[:n] }

// The length of JSON is known without writing it, and what is too long is found to be
// without going through all of it.
func TestJSONLength(t *testing.T) {
	for _, text := range []string{`null`, `true`, `-1.5e3`, `""`, `"a\"b\\\u0001\té"`, `[]`, `{}`, `[1,[],{"a":null}]`, `{"a":"b","c\n":[true,false],"d":{"e":{}}}`} {
		n, err := tree.ParseJSON([]byte(text), tree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		data := n.JSON()
		if got := n.JSONLength(1000); got != len(data) || cap(data) > len(data)+16 {
			t.Errorf("%s: the length is %d, want %d; its capacity is %d", text, got, len(data), cap(data))
		}
		if got := n.JSONLength(len(data) - 1); got < len(data) {
			t.Errorf("%s: the length is %d of at most %d, want more", text, got, len(data)-1)
		}
	}
	deep := tree.NewString("x")
	for range 60 { // 2^60 texts
		deep = tree.NewArray(deep, deep)
	}
	if got := deep.JSONLength(1000); got <= 1000 {
		t.Errorf("the length of very much is %d", got)
	}
	if got := (*tree.Node)(nil).JSONLength(10); got != len("null") {
		t.Errorf("the length of nothing is %d", got)
	}
}
