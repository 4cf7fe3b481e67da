package tree_test

import (
	"cmp"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

func TestLimits(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	block := func(n int) string { return strings.Repeat("- ", n) + "x" }
	tests := []struct {
		name   string
		input  string
		limits tree.Limits
		want   string // part of the error; "" for none
	}{
		{"bytes, not more", `[1,2,3]`, tree.Limits{MaxBytes: 7}, ""},
		{"bytes, one more", `[1,2,3]`, tree.Limits{MaxBytes: 6}, "the document has 7 bytes; at most 6 are read"},
		{"values, not more", `[1,{"a":2}]`, tree.Limits{MaxNodes: 4}, ""},
		{"values, one more", `[1,{"a":2}]`, tree.Limits{MaxNodes: 3}, "line 1, column 9: the document has more than 3 values"},
		{"depth, not more", `[1,{"a":[]}]`, tree.Limits{MaxDepth: 3}, ""},
		{"depth, one more", `[1,{"a":[]}]`, tree.Limits{MaxDepth: 2}, "line 1, column 9: the document is nested more than 2 levels deep"},
		{"depth 500", nested(500), tree.Limits{}, ""},
		{"depth 1,000", nested(1000), tree.Limits{}, ""},
		{"depth 1,001", nested(1001), tree.Limits{}, "line 1, column 1001: the document is nested more than 1000 levels deep"},

		{"YAML: values, not more", "a: [x, y]", tree.Limits{MaxNodes: 4}, ""},
		{"YAML: values, one more", "a: [x, y]", tree.Limits{MaxNodes: 3}, "line 1, column 8: the document has more than 3 values"},
		{"YAML: depth, not more", "a:\n  - [x]\n", tree.Limits{MaxDepth: 3}, ""},
		{"YAML: depth, one more", "a:\n  - [x]\n", tree.Limits{MaxDepth: 2}, "line 2, column 5: the document is nested more than 2 levels deep"},
		{"YAML: depth 500", block(500), tree.Limits{}, ""},
		{"YAML: depth 1,001", block(1001), tree.Limits{}, "nested more than 1000 levels deep"},
		{"YAML: depth in a second document", "a\n---\n" + block(1001), tree.Limits{}, "nested more than 1000 levels deep"},

		// An alias is as many values, as much text and as deep as what it
		// refers to.
		{"aliases: values, not more", "a: &a [x, y]\nb: *a", tree.Limits{MaxNodes: 7}, ""},
		{"aliases: values, one more", "a: &a [x, y]\nb: *a", tree.Limits{MaxNodes: 6}, "line 2, column 4: the document has more than 6 values"},
		{"aliases: text, not more", "a: &a 0123456789012345678901234567\nb: *a", tree.Limits{MaxBytes: 58}, ""},
		{"aliases: text, one more", "a: &a 0123456789012345678901234567\nb: *a", tree.Limits{MaxBytes: 57}, "line 2, column 4: the document has more than"},
		{"aliases: depth, not more", "a: &a [[x]]\nb: [*a]", tree.Limits{MaxDepth: 4}, ""},
		{"aliases: depth, one more", "a: &a [[x]]\nb: [*a]", tree.Limits{MaxDepth: 3}, "line 2, column 5: the document is nested more than 3 levels deep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := tree.Parse([]byte(tt.input), tt.limits)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("error = %q, want none", err)
			case tt.want != "" && err == nil:
				t.Errorf("no error, want %q", tt.want)
			case err != nil && !strings.Contains(err.Error(), tt.want):
				t.Errorf("error = %q, want %q", err, tt.want)
			}
		})
	}
}

// A number of many digits is cheap to read and dear to compute with.
func TestMaxDigits(t *testing.T) {
	tests := []struct {
		name   string
		input  string
		digits int
		want   string // the error of ParseJSON; "" for none
		parsed string // what Parse makes of it, if not input
	}{
		{"not more", `[12.5,-0.12e-1,1e3,1E+3]`, 6, "", ""},
		{"one more", "[1,\n1234567]", 6, "line 2, column 1: the number has more than 6 digits when it is written out", `[1,"1234567"]`},
		{"an exponent", `[1e6]`, 6, "line 1, column 2: the number has more than 6 digits when it is written out", `["1e6"]`},
		{"a negative exponent", `[1e-6]`, 6, "line 1, column 2: the number has more than 6 digits when it is written out", `["1e-6"]`},
		{"float64", `[1.7976931348623157e308,4.9406564584124654e-324]`, 0, "", ""},
		{"a huge number", `[1e1000001]`, 0, "line 1, column 2: the number has more than 1100 digits when it is written out", `["1e1000001"]`},
		{"an exponent beyond integers", `[1e99999999999999999999]`, 0,
			"line 1, column 2: the number has more than 1100 digits when it is written out", `["1e99999999999999999999"]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			limits := tree.Limits{MaxDigits: tt.digits}
			got := ""
			if _, err := tree.ParseJSON([]byte(tt.input), limits); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("error of ParseJSON = %q, want %q", got, tt.want)
			}
			n, problems, err := tree.Parse([]byte(tt.input), limits)
			if err != nil {
				t.Fatalf("Parse: %v", err)
			}
			if want := cmp.Or(tt.parsed, tt.input); string(n.JSON()) != want {
				t.Errorf("Parse = %s, want %s", n.JSON(), want)
			}
			if (len(problems) > 0) != (tt.parsed != "") {
				t.Errorf("problems of Parse = %v, want some = %t", problems, tt.parsed != "")
			}
		})
	}
}

// lines returns n lines made with a format that has one verb for their number.
func lines(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// laughs returns levels of lists, each of ten aliases of the one before.
func laughs(levels int) string {
	text := "l0: &l0 [lol]\n"
	for i := range levels {
		alias := fmt.Sprintf("*l%d,", i)
		text += fmt.Sprintf("l%d: &l%d [%s]\n", i+1, i+1, strings.Repeat(alias, 10))
	}
	return text
}

// Hostile documents cost little, whether they are refused or not: reading them
// allocates less than 300 MB over all. The time is that of the test.
func TestBombs(t *testing.T) {
	const (
		n        = 1 << 20
		tooDeep  = "nested more than 1000 levels deep"
		tooLarge = "counting each use of an alias"
		forYAML  = "too large for YAML"
	)
	tests := []struct{ name, input, want string }{
		{"brackets", strings.Repeat("[", n), tooDeep},
		{"braces", strings.Repeat(`{"":`, n/4), tooDeep},
		{"brackets 9,000 deep", strings.Repeat("[", 9000) + strings.Repeat("]", 9000), tooDeep},
		{"both, not JSON", "- " + strings.Repeat("[{", n/8), tooDeep},
		{"pairs in brackets", "- " + strings.Repeat("[a: ", n/16), tooDeep},
		{"dashes", strings.Repeat("- ", n/2), tooDeep},
		{"question marks", strings.Repeat("? ", n/2), tooDeep},
		{"indentation", deepBlocks(1400), tooDeep},
		{"a chain of aliases", "a0: &a0 [x]\n" + chain(5000), tooDeep},

		{"billion laughs", laughs(9), tooLarge},
		{"laughs inside of the budget", laughs(5), ""},
		{"quadratic aliases", "a: &a [" + strings.Repeat("x, ", 20_000) + "]\n" + lines("k%d: *a\n", 20_000), tooLarge},
		{"a long text many times", "a: &a " + strings.Repeat("x", n) + "\n" + lines("k%d: *a\n", 20_000), tooLarge},
		{"an anchor in itself", "a: &a [*a, *a]\n", "inside of what it refers to"},

		{"merges of one large object", "a: &a {" + lines("k%d: 1, ", 1000) + "}\n" + lines("m%d: {<<: *a}\n", 5000), tooLarge},
		{"a list that merges it", "a: &a {" + lines("k%d: 1, ", 1000) + "}\nm: {<<: [" + strings.Repeat("*a, ", 2000) + "]}\n", "merge keys add more than"},
		{"a chain of merges", "m0: &m0 {a: 1}\n" + mergeChain(5000), tooLarge},

		{"a large object in JSON", "{" + strings.TrimSuffix(lines(`"k%d":1,`, 200_000), ",") + "}", ""},
		{"a large object in one line", "{" + lines("k%d: 1, ", 100_000) + "}", ""},
		{"a large object in lines", lines("k%d: 1\n", 100_000), ""},
		{"the same key", strings.Repeat("k: 1\n", 100_000), ""},
		{"the same key in JSON", `{"k":1` + strings.Repeat(`,"k":1`, 100_000) + "}", ""},
		{"anchors", lines("k%d: &a x\n", 50_000), ""},
		{"complex keys", strings.Repeat("? [a]\n: b\n", 20_000), ""},

		{"tag directives", lines("%%TAG !t%d! x\n", 50_000) + "--- x", forYAML},
		{"commas", "a: [" + strings.Repeat(",", 2*n), forYAML},
		{"colons", "a: [" + strings.Repeat(": ", 2*n), forYAML},
		{"empty items", strings.Repeat("-\n", 3*n), forYAML},
		{"Unicode line ends", strings.Repeat("-\u2028", n), tooDeep},
		{"a long number", "v: 0x" + strings.Repeat("f", n), ""},
		{"digits", "v: " + strings.Repeat("9", n), ""},
		{"comments", strings.Repeat("# x\n", n/4), "the document is empty"},
		{"documents", strings.Repeat("---\n", n/4), ""},
		{"white space", strings.Repeat(" ", 8*n), "the document is empty"},
		{"NUL", strings.Repeat("\x00", n), ""},
		{"not UTF-8", strings.Repeat("\xff", n), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			allocated, err := cost(tt.input)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("error = %q, want none", err)
			case tt.want != "" && err == nil:
				t.Errorf("no error, want %q", tt.want)
			case err != nil && !strings.Contains(err.Error(), tt.want):
				t.Errorf("error = %.300q, want %q", err, tt.want)
			}
			if allocated > 300<<20 {
				t.Errorf("allocated %d MB for %d bytes, want less than 300", allocated>>20, len(tt.input))
			}
		})
	}
}

func cost(input string) (uint64, error) {
	var before, after runtime.MemStats
	data := []byte(input)
	runtime.ReadMemStats(&before)
	_, _, err := tree.Parse(data, tree.Limits{})
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, err
}

func deepBlocks(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i))
		b.WriteString("a:\n")
	}
	return b.String()
}

func chain(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d]\n", i+1, i+1, i)
	}
	return b.String()
}

func mergeChain(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "m%d: &m%d {<<: *m%d, k%d: 1}\n", i+1, i+1, i, i)
	}
	return b.String()
}

// A hostile document cannot make the list of its problems large.
func TestProblemsAreBounded(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	_, problems, err := tree.Parse([]byte(`{"`+long+`":{"k":1`+strings.Repeat(`,"k":1`, 1000)+`}}`), tree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, p := range problems {
		size += len(p.Pointer) + len(p.Message)
	}
	if size > 100_000 {
		t.Errorf("%d problems have %d bytes, want at most 100,000", len(problems), size)
	}
	if last := problems[len(problems)-1].Message; !strings.HasSuffix(last, "more problems are not listed") {
		t.Errorf("last problem = %q, want how many there are", last)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,{"b":null}],"a":2}`, "a: 1\nb:\n  - c\n", "{a: 1,}", "a: &x [*x]", "a: &x {b: 1}\nc: {<<: *x, d: *x}\n",
		"? [a]\n: b\n", "v: [0x1F, 0o17, .5, 1., +1, 007, .inf, ~]", "v: !!int x\nw: !t 1\n", "%YAML 1.1\n---\na\n...\n", "a: |\n  x\nb: >-\n  y\n",
		"\ufeffa: 1", "\xfe\xff\x00a\x00:", "a: caf\xe9", "a:\n\tb: 1", "\"\\ud83d\\ude00\"", "--- a\n--- b", "{\"a\": 'b'} # c", "\u2028: \x01", laughs(3),
	} {
		f.Add([]byte(seed))
	}
	limits := tree.Limits{MaxBytes: 1 << 16, MaxNodes: 10_000, MaxDepth: 100}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, problems, err := tree.Parse(data, limits)
		if err != nil {
			if n != nil || problems != nil {
				t.Fatalf("Parse(%q) returns a tree or problems beside the error %v", data, err)
			}
			return
		}
		text := n.JSON()
		again, err := tree.ParseJSON(text, tree.Limits{MaxNodes: limits.MaxNodes, MaxDepth: limits.MaxDepth})
		if err != nil {
			t.Fatalf("Parse(%q) = %q, which is not JSON: %v", data, text, err)
		}
		if !again.Equal(n) || !n.Equal(again) {
			t.Errorf("Parse(%q) = %q, which is %q when read again", data, text, again.JSON())
		}
		n.Any()
	})
}
