package tree_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// document is a row of a table: what Parse makes of an input.
type document struct {
	name  string
	input string
	want  string // as JSON

	// problems are "POINTER: MESSAGE", the message up to its first semicolon.
	problems []string
}

func (d document) check(t *testing.T) {
	t.Helper()
	n, problems, err := tree.Parse([]byte(d.input), tree.Limits{})
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	if got := string(n.JSON()); got != d.want {
		t.Errorf("Parse = %s, want %s", got, d.want)
	}
	var got []string
	for _, p := range problems {
		message, _, _ := strings.Cut(p.Message, ";")
		got = append(got, p.Pointer+": "+message)
	}
	if diff := cmp.Diff(d.problems, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestYAML(t *testing.T) {
	tests := []document{
		{name: "block", input: "b: 1\na:\n  - x\n  - y: z\n", want: `{"b":1,"a":["x",{"y":"z"}]}`},
		{name: "flow", input: "{a: [x, {y: z}], b: {}}", want: `{"a":["x",{"y":"z"}],"b":{}}`, problems: []string{
			": the document is not valid JSON (line 1, column 2: unexpected 'a' where a key in double quotes is expected) and read as YAML"}},
		{name: "JSON with a trailing comma", input: "{\n\t\"a\": [1, 2,],\n}", want: `{"a":[1,2]}`, problems: []string{
			": the document is not valid JSON (line 2, column 13: unexpected ']' where a value is expected) and read as YAML"}},
		{name: "JSON with comments", input: "{ # why\n\"a\": 1}", want: `{"a":1}`, problems: []string{
			": the document is not valid JSON (line 1, column 3: unexpected '#' where a key in double quotes is expected) and read as YAML"}},
		{name: "JSON inside of YAML", input: "--- {\"a\": 1}", want: `{"a":1}`},
		{name: "begins like a JSON string", input: "\"a\": 1\n\"b\": 2", want: `{"a":1,"b":2}`},
		{name: "begins like a JSON number", input: "200: ok\n", want: `{"200":"ok"}`},
		{name: "begins like a huge number", input: "1e99999: x\n", want: `{"1e99999":"x"}`},
		{name: "a huge number in JSON", input: `{"a":[1e99999]}`, want: `{"a":["1e99999"]}`, problems: []string{
			`/a/0: the number "1e99999" has more than 1100 digits when it is written out`}},
		{name: "scalar styles", input: "a: plain text\nb: 'it''s'\nc: \"\\t\\u00e9\"\nd: |\n  x\n  y\ne: >-\n  x\n  y\n",
			want: `{"a":"plain text","b":"it's","c":"\té","d":"x\ny\n","e":"x y"}`},
		{name: "quoted is a string", input: "[\"1\", 'true', 'null', \"\", !!str 1, ! 2]", want: `["1","true","null","","1","2"]`, problems: []string{
			": the document is not valid JSON (line 1, column 7: unexpected '\\'' where a value is expected) and read as YAML"}},
		{name: "no values", input: "a:\nb: []\nc: {x, y: }\n", want: `{"a":null,"b":[],"c":{"x":null,"y":null}}`},
		{name: "several documents", input: "a: 1\n---\nb: 2\n---\nc: 3\n", want: `{"a":1}`, problems: []string{
			": line 2, column 1: another document begins"}},
		{name: "version directive", input: "%YAML 1.1\n---\na: yes\n", want: `{"a":"yes"}`},
		{name: "end marker", input: "a: 1\n...\n", want: `{"a":1}`},
		{name: "Windows line ends", input: "a: 1\r\nb:\r\n  - 2\r\n", want: `{"a":1,"b":[2]}`},
		{name: "line ends of YAML 1.1 only", input: "a: x\u2028y\u0085z\n", want: `{"a":"x y z"}`, problems: []string{
			": line 1, column 5: the character U+2028 cannot be in YAML"}},
		{name: "control character", input: "a: 1\nb: x\x01\x02\n", want: "{\"a\":1,\"b\":\"x\ufffd\ufffd\"}", problems: []string{
			": line 2, column 5: the character U+0001 cannot be in YAML"}},
		{name: "a scalar", input: "just text", want: `"just text"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.check)
	}
}

func TestYAMLScalars(t *testing.T) {
	tests := map[string]string{
		// Null and booleans of the core schema; YAML 1.1 had more.
		"~": "null", "null": "null", "Null": "null", "NULL": "null", "nULL": `"nULL"`,
		"true": "true", "True": "true", "TRUE": "true", "tRUE": `"tRUE"`,
		"false": "false", "False": "false", "FALSE": "false",
		"yes": `"yes"`, "No": `"No"`, "on": `"on"`, "OFF": `"OFF"`, "y": `"y"`, "n": `"n"`,

		// Integers of any size.
		"0": "0", "7": "7", "-7": "-7", "+1": "1", "007": "7", "-007": "-7", "0777": "777", "00": "0", "-0": "-0",
		"9007199254740993":               "9007199254740993",
		"123456789012345678901234567890": "123456789012345678901234567890",
		"1_000":                          `"1_000"`, "1,000": `"1,000"`, "--1": `"--1"`, "+-1": `"+-1"`, "+": `"+"`, "1-": `"1-"`,

		// Hexadecimal and octal.
		"0x1F": "31", "0xff": "255", "0o17": "15", "0xFFFFFFFFFFFFFFFFFF": "4722366482869645213695",
		"0x": `"0x"`, "0xg": `"0xg"`, "0o8": `"0o8"`, "0b1": `"0b1"`, "0x-1": `"0x-1"`, "0x1_0": `"0x1_0"`, "-0x1": `"-0x1"`,
		"0x" + strings.Repeat("f", 100): `"0x` + strings.Repeat("f", 100) + `"`,

		// Floats: always with the digits that JSON wants.
		"1.0": "1.0", "1.50": "1.50", ".5": "0.5", "-.5": "-0.5", "+.5": "0.5", "1.": "1.0", "-1.": "-1.0", "00.5": "0.5",
		"1e3": "1e3", "1E+3": "1E+3", "1.e3": "1.0e3", ".5e-3": "0.5e-3", "+1e3": "1e3", "1e400": "1e400",
		"1234567e8901234": `"1234567e8901234"`, "1e-99999": `"1e-99999"`,
		".": `"."`, "e3": `"e3"`, ".e3": `".e3"`, "1e": `"1e"`, "1e+": `"1e+"`, "1.2.3": `"1.2.3"`, "1.5 ": "1.5",
		".inf": `".inf"`, "-.Inf": `"-.Inf"`, ".nan": `".nan"`, "NaN": `"NaN"`,

		// What looks like a type of YAML 1.1.
		"2020-01-01": `"2020-01-01"`, "2001-12-14T21:59:43Z": `"2001-12-14T21:59:43Z"`, "12:30:45": `"12:30:45"`,
		"1.2.0": `"1.2.0"`, "<<": `"<<"`, "=": `"="`,
	}
	for text, want := range tests {
		n, problems, err := tree.Parse([]byte("v: "+text), tree.Limits{})
		if err != nil || len(problems) > 0 {
			t.Errorf("Parse(%q): error = %v, problems = %v, want none", text, err, problems)
			continue
		}
		if got := string(n.Get("v").JSON()); got != want {
			t.Errorf("Parse(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestYAMLTags(t *testing.T) {
	tests := []document{
		{name: "string", input: "v: !!str 1.0", want: `{"v":"1.0"}`},
		{name: "verbatim", input: "v: !<tag:yaml.org,2002:str> 1", want: `{"v":"1"}`},
		{name: "timestamp", input: "v: !!timestamp 2020-01-01", want: `{"v":"2020-01-01"}`},
		{name: "integer", input: "v: !!int '3'", want: `{"v":3}`},
		{name: "float", input: "v: !!float 3", want: `{"v":3}`},
		{name: "boolean", input: "v: !!bool 'true'", want: `{"v":true}`},
		{name: "null", input: "v: !!null ''", want: `{"v":null}`},
		{name: "binary", input: "v: !!binary |\n  aGVs\n  bG8=\n", want: `{"v":"aGVsbG8="}`},
		{name: "collections", input: "v: !!map {a: !!seq [1]}", want: `{"v":{"a":[1]}}`},
		{name: "set", input: "v: !!set {a, b}", want: `{"v":{"a":null,"b":null}}`},
		{name: "a value that does not fit", input: "v: {w: !!int many}", want: `{"v":{"w":"many"}}`, problems: []string{
			`/v/w: "many" is not a value of the tag "!!int" and taken as a string`}},
		{name: "an infinity", input: "v: !!float .inf", want: `{"v":".inf"}`, problems: []string{
			`/v: ".inf" is not a value of the tag "!!float" and taken as a string`}},
		{name: "unknown", input: "v: [!env 12, !env '12']", want: `{"v":[12,"12"]}`, problems: []string{
			`/v/0: the tag "!env" is not known and ignored`, `/v/1: the tag "!env" is not known and ignored`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.check)
	}
}

func TestKeys(t *testing.T) {
	tests := []document{
		{name: "as they are written", input: "200: a\n0x10: b\n1.0: c\ntrue: d\nnull: e\n~: f\n2020-01-01: g\n'': h\n",
			want: `{"200":"a","0x10":"b","1.0":"c","true":"d","null":"e","~":"f","2020-01-01":"g","":"h"}`},
		{name: "an alias", input: "a: &k key\n*k : 1\n", want: `{"a":"key","key":1}`},
		{name: "duplicates", input: "a: 1\nb: 2\na: 3\n", want: `{"a":3,"b":2}`, problems: []string{
			`/a: the key "a" is there more than once`}},
		{name: "duplicates inside", input: "a/b:\n  - c: 1\n    c: 2\n", want: `{"a/b":[{"c":2}]}`, problems: []string{
			`/a~1b/0/c: the key "c" is there more than once`}},
		{name: "one key in two types", input: "200: a\n\"200\": b\n", want: `{"200":"b"}`, problems: []string{
			`/200: the key "200" is there more than once`}},
		{name: "duplicates in JSON", input: `{"a":{"b":1,"c":2,"b":3}}`, want: `{"a":{"b":3,"c":2}}`, problems: []string{
			`/a/b: the key "b" is there more than once`}},
		{name: "an alias of what is in a key", input: "? &a [&b 1]\n: &c 2\n&d 3: 4\nv: [*a, *b, *c, *d]\n", want: `{"3":4,"v":[[1],1,2,3]}`, problems: []string{
			": line 1, column 3: a key is an array or an object"}},
		{name: "a mapping", input: "v:\n  ? {a: 1}\n  : b\n  c: d\n", want: `{"v":{"c":"d"}}`, problems: []string{
			"/v: line 2, column 5: a key is an array or an object"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.check)
	}
}

func TestMergeKeys(t *testing.T) {
	tests := []document{
		{name: "an alias", input: "a: &a {x: 1, y: 2}\nb: {<<: *a, z: 3}\n", want: `{"a":{"x":1,"y":2},"b":{"z":3,"x":1,"y":2}}`},
		{name: "own members win", input: "a: &a {x: 1}\nb:\n  <<: *a\n  x: 2\nc:\n  x: 2\n  <<: *a\n", want: `{"a":{"x":1},"b":{"x":2},"c":{"x":2}}`},
		{name: "a list, of which the first wins", input: "b: {<<: [{x: 1}, {x: 2, y: 2}]}", want: `{"b":{"x":1,"y":2}}`},
		{name: "an alias of a list", input: "l: &l [{x: 1}]\nb: {<<: *l}", want: `{"l":[{"x":1}],"b":{"x":1}}`},
		{name: "twice", input: "b:\n  <<: {x: 1}\n  <<: {x: 2, y: 2}\n", want: `{"b":{"x":1,"y":2}}`},
		{name: "in what is merged", input: "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}\n",
			want: `{"a":{"x":1},"b":{"y":2,"x":1},"c":{"y":2,"x":1}}`},
		{name: "an alias of what is merged", input: "b: {<<: &m {x: 1}, y: *m}", want: `{"b":{"y":{"x":1},"x":1}}`},
		{name: "quoted it is a key", input: "\"<<\": {x: 1}", want: `{"<<":{"x":1}}`},
		{name: "not an object", input: "b: {<<: 1, x: 1}\nc: {<<: [{y: 1}, z]}", want: `{"b":{"x":1},"c":{"y":1}}`, problems: []string{
			"/b/<<: only objects can be merged", "/c/<<: only objects can be merged"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.check)
	}
}

func TestAliases(t *testing.T) {
	n, _, err := tree.Parse([]byte("a: &x {k: &y [1]}\nb: *x\nc: [*y, *x]\n&x d: 1\ne: *x\n"), tree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(n.JSON()), `{"a":{"k":[1]},"b":{"k":[1]},"c":[[1],{"k":[1]}],"d":1,"e":"d"}`; got != want {
		t.Errorf("Parse = %s, want %s", got, want)
	}
	if n.Get("a") != n.Get("b") || n.Lookup("/a/k") != n.Lookup("/c/0") {
		t.Error("an alias does not share the node it refers to")
	}
}

func TestYAMLErrors(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"empty", "", "the document is empty"},
		{"white space only", " \n\n", "the document is empty"},
		{"comments only", "# nothing\n", "the document is empty"},
		{"tab", "a:\n\tb: 1\n", "line 2, column 1: a tab cannot indent YAML; use spaces"},
		{"tab after text beyond ASCII", "ä: ö\nb:\n\tc: 1\n", "line 3, column 1: a tab cannot indent YAML; use spaces"},
		{"reserved character", "a: 1\nb: @x\n", "line 2, column 4: a value cannot begin with '@'; put it in quotes"},
		{"backtick", "a: `x`\n", "line 1, column 4: a value cannot begin with '`'; put it in quotes"},
		{"two colons", "a: b: c\n", "line 1, column 5: mapping values are not allowed in this context"},
		{"no end of a string", "a: 1\nb: \"x\nc: 2\n",
			"line 4, column 1: found unexpected end of stream while scanning a quoted scalar that begins at line 2, column 4"},
		{"wrong indentation", "- a\nb: 1\n", "line 2, column 1: did not find expected '-' indicator while parsing a block collection that begins at line 1, column 1"},
		{"unknown alias", "a: *b\n", "line 1, column 4: unknown anchor 'b' referenced"},
		{"alias in itself", "a: &x\n  - 1\n  - [*x]\n", `line 3, column 6: the alias "x" is inside of what it refers to`},
		{"merge with itself", "a: &x {<<: *x}\n", `line 1, column 12: the alias "x" is inside of what it refers to`},
		{"in a second document", "a: 1\n---\nb: [\n", "line 4, column 1: did not find expected node content"},
		{"neither JSON nor YAML", "{\"a\": 1}}\n", "line 1, column 9: unexpected '}' where the end is expected"},
		{"JSON behind a comment", "// why\n{\"a\": {\"b\": 1}}\n", "line 1, column 1: unexpected '/' where a value is expected"},
		{"JSON that is cut", "{\n\"a\": [1,\n", "line 3, column 1: the document ends where a value is expected"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, problems, err := tree.Parse([]byte(tt.input), tree.Limits{})
			if err == nil {
				t.Fatalf("Parse = %s, want the error %q", n.JSON(), tt.want)
			}
			if n != nil || problems != nil {
				t.Errorf("Parse returns %s and %v beside the error", n.JSON(), problems)
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("error = %q, want %q", got, tt.want)
			}
		})
	}
}
