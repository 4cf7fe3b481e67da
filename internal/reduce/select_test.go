package reduce

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSelect(t *testing.T) {
	const orders = `{"items":[{"id":9007199254740993,"note":"x","lines":[{"sku":"a","n":1},{"sku":"b"}]},{"name":"y"}],"total":1.10,"a/b":{"*":1,"c":2},"none":[]}`
	tests := []struct {
		paths, want string
		missed      string
	}{
		{"total", `{"total":1.10}`, ""},
		{"/items/*/id", `{"items":[{"id":9007199254740993},{}]}`, ""},
		{"items/id", `{"items":[{"id":9007199254740993},{}]}`, ""},
		{"items/*/lines/*/sku total", `{"items":[{"lines":[{"sku":"a"},{"sku":"b"}]},{}],"total":1.10}`, ""},
		{"*/id", `{"items":[{"id":9007199254740993},{}],"none":[]}`, ""},
		{"items/*/note items/*/note /items", `{"items":[{"id":9007199254740993,"note":"x","lines":[{"sku":"a","n":1},{"sku":"b"}]},{"name":"y"}]}`, ""},
		{"a~1b/~2", `{"a/b":{"*":1}}`, ""},
		{"none/*/id", `{"none":[]}`, ""},
		{"total/x nothing", `{}`, "total/x nothing"},
		{"total items/*/price", `{"total":1.10}`, "items/*/price"},
		{"*", orders, ""},
	}
	for _, tt := range tests {
		t.Run(tt.paths, func(t *testing.T) {
			paths, err := ParsePaths(strings.Fields(tt.paths))
			if err != nil {
				t.Fatal(err)
			}
			got, missed := parse(t, orders).Select(paths)
			if string(got.JSON()) != tt.want {
				t.Errorf("got  %s\nwant %s", got.JSON(), tt.want)
			}
			if !slices.Equal(missed, strings.Fields(tt.missed)) {
				t.Errorf("missed %q", missed)
			}
		})
	}
	for _, in := range []struct{ value, path, want string }{
		{`[[{"a":1,"b":2}],[]]`, "a", `[[{"a":1}],[]]`},
		{`[[{"a":1,"b":2}],3]`, "*/*/a", `[[{"a":1}],null]`},
		{`{"é":{"k\"":1}}`, `é/k"`, `{"é":{"k\"":1}}`},
		{`"text"`, "a", `{}`},
	} {
		paths, err := ParsePaths([]string{in.path})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := parse(t, in.value).Select(paths); string(got.JSON()) != in.want {
			t.Errorf("%s of %s: %s, want %s", in.path, in.value, got.JSON(), in.want)
		}
	}
}

func TestParsePathsRefuses(t *testing.T) {
	for _, list := range [][]string{{""}, {strings.Repeat("a", maxPath+1)}, {strings.Repeat("/a", maxSegments+1)}, make([]string, MaxPaths+1)} {
		if _, err := ParsePaths(list); err == nil {
			t.Errorf("%.50q is taken", list)
		}
	}
}

func TestPrune(t *testing.T) {
	tests := []struct{ in, want string }{
		{`{"a":null,"b":"","c":[],"d":{},"e":0,"f":false,"g":[null,"",{}]}`, `{"e":0,"f":false,"g":[null,"",{}]}`},
		{`{"a":{"b":{"c":null}},"d":[{"e":null,"f":1}]}`, `{"d":[{"f":1}]}`},
		{`{"a":null}`, `{}`},
		{`null`, `null`},
		{`[null,{"a":null},[]]`, `[null,{},[]]`},
		{`{"n":9007199254740993.10}`, `{"n":9007199254740993.10}`},
	}
	for _, tt := range tests {
		if got := parse(t, tt.in).Prune(); string(got.JSON()) != tt.want {
			t.Errorf("%s: %s, want %s", tt.in, got.JSON(), tt.want)
		}
	}
}

// What is selected of nested arrays costs one pass, however deep they are.
func BenchmarkSelectDeep(b *testing.B) {
	text := strings.Repeat("[", 500) + strings.Repeat(`{"a":1,"b":[1]},`, 100_000) + "{}" + strings.Repeat("]", 500)
	v := parse(b, text)
	paths, err := ParsePaths([]string{"a", "*/*/*/b", "c/d"})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		v.Select(paths)
	}
}

func TestText(t *testing.T) {
	for _, tt := range []struct {
		in   string
		most int
		want string
	}{
		{"short", 10, "short"},
		{"one\ntwo\nthree\n", 10, "one\ntwo\n"},
		{"one\nvery long line", 12, "one\nvery lon"},
		{"ééé", 3, "é"},
	} {
		if got := Text(tt.in, tt.most); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

// What is selected as a whole is noted once for the paths that lead into it, not for each
// item: a client may choose 64 long paths, and an answer has a million items.
func TestSelectManyWholes(t *testing.T) {
	texts := []string{"*/*"}
	for i := range MaxPaths - 1 {
		texts = append(texts, fmt.Sprintf("k/%d%s", i, strings.Repeat("/a", maxSegments-2)))
	}
	paths, err := ParsePaths(texts)
	if err != nil {
		t.Fatal(err)
	}
	const items = 500_000
	v, err := Parse([]byte(`{"k":[` + strings.Repeat("1,", items-1) + `1]}`))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan int, 1)
	go func() {
		selected, missed := v.Select(paths)
		if len(missed) > 0 {
			t.Errorf("missed %d paths", len(missed))
		}
		done <- len(selected.JSON())
	}()
	select {
	case got := <-done:
		if got != len(v.JSON()) {
			t.Errorf("%d of %d bytes are left", got, len(v.JSON()))
		}
	case <-time.After(15 * time.Second):
		t.Fatal("it is still not selected")
	}
}
