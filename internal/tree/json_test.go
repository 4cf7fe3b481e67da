package tree_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mcpmount/mcpmount/internal/tree"
)

func TestParseJSON(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"order is kept", `{"z":1,"a":{"y":[],"b":{}}}`, `{"z":1,"a":{"y":[],"b":{}}}`},
		{"white space", " \t\r\n{ \"a\" : [ 1 , 2 ] } \n", `{"a":[1,2]}`},
		{"byte order mark", "\ufeff[1]", `[1]`},
		{"literals", `[true,false,null]`, `[true,false,null]`},
		{"numbers keep their text", `[0,-0,1.0,1e5,1E-2,-1.5e+3,9007199254740993,1e999]`, `[0,-0,1.0,1e5,1E-2,-1.5e+3,9007199254740993,1e999]`},
		{"escapes", `"\"\\\/\b\f\n\r\t\u0041\u00e9"`, `"\"\\/\b\f\n\r\tAé"`},
		{"surrogate pair", `"\ud83d\ude00\uD83D\uDE00"`, `"😀😀"`},
		{"half a surrogate pair", `"\ud83d"`, `"` + "\ufffd" + `"`},
		{"two high surrogates", `"\ud83d\ud83d\ude00"`, `"` + "\ufffd" + `😀"`},
		{"a surrogate before a letter", `"\ud83d\u0041\ude00B"`, `"` + "\ufffdA\ufffd" + `B"`},
		{"text beyond ASCII", `{"é":"€😀"}`, `{"é":"€😀"}`},
		{"an empty key", `{"":1}`, `{"":1}`},
		{"a scalar", `"x"`, `"x"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := tree.ParseJSON([]byte(tt.input), tree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if got := string(n.JSON()); got != tt.want {
				t.Errorf("ParseJSON = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestParseJSONErrors(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"empty", "", "the document is empty"},
		{"white space only", " \n", "the document is empty"},
		{"byte order mark only", "\ufeff", "the document is empty"},
		{"duplicate key", "{\"a\": 1,\n \"b\": 2, \"a\": 3}", `line 2, column 10: the object has the key "a" twice`},
		{"duplicate key in escapes", `{"a":1,"\u0061":2}`, `line 1, column 8: the object has the key "a" twice`},
		{"trailing comma in an array", `[1,]`, "line 1, column 4: unexpected ']' where a value is expected"},
		{"trailing comma in an object", `{"a":1,}`, "line 1, column 8: unexpected '}' where a key in double quotes is expected"},
		{"single quotes", `{'a':1}`, "line 1, column 2: unexpected '\\'' where a key in double quotes is expected"},
		{"no colon", `{"a" 1}`, "line 1, column 6: unexpected '1' where ':' is expected"},
		{"no comma", "[1\n 2]", "line 2, column 2: unexpected '2' where ',' or ']' is expected"},
		{"the wrong bracket", `{"a":[1}`, "line 1, column 8: unexpected '}' where ',' or ']' is expected"},
		{"more than one value", `{} {}`, "line 1, column 4: unexpected '{' where the end is expected"},
		{"cut in an object", `{"a":1`, "line 1, column 7: the document ends where ',' or '}' is expected"},
		{"cut in a string", "[\"a", "line 1, column 2: the document ends inside of a string"},
		{"cut in an escape", `["a\`, "line 1, column 4: the document ends inside of a string"},
		{"cut in a literal", `[tru`, "line 1, column 2: unexpected 't' where a value is expected"},
		{"columns count characters", `["äöü", x]`, "line 1, column 9: unexpected 'x' where a value is expected"},
		{"a line break in a string", "[\"a\nb\"]", "line 1, column 4: unexpected '\\n' in a string; write it as an escape"},
		{"a line break after an escape", "[\"\\t\nb\"]", "line 1, column 5: unexpected '\\n' in a string; write it as an escape"},
		{"unknown escape", `"\x41"`, "line 1, column 2: invalid escape in a string"},
		{"escape without digits", `"\u00g0"`, "line 1, column 2: invalid escape in a string"},
		{"escape with a sign", `"\u+041"`, "line 1, column 2: invalid escape in a string"},
		{"leading zero", `01`, "line 1, column 2: unexpected '1' where the end is expected"},
		{"leading plus", `+1`, "line 1, column 1: unexpected '+' where a value is expected"},
		{"leading point", `.5`, "line 1, column 1: unexpected '.' where a value is expected"},
		{"trailing point", `1.`, "line 1, column 2: unexpected '.' where the end is expected"},
		{"no exponent", `1e+`, "line 1, column 2: unexpected 'e' where the end is expected"},
		{"only a sign", `-`, "line 1, column 1: unexpected '-' where a value is expected"},
		{"not a number", `NaN`, "line 1, column 1: unexpected 'N' where a value is expected"},
		{"a comment", "// x\n{}", "line 1, column 1: unexpected '/' where a value is expected"},
		{"invalid UTF-8", "[\"a\",\n\"\xff\"]", "line 2, column 2: invalid UTF-8"},
		{"invalid UTF-8 after U+FFFD", "[\"\ufffd\xff\"]", "line 1, column 4: invalid UTF-8"},
		{"invalid escape after a valid one", `"\n\x"`, "line 1, column 4: invalid escape in a string"},
		{"cut after an escape", `"\n`, "line 1, column 1: the document ends inside of a string"},
		{"no value", `{"a":,"b":1}`, "line 1, column 6: unexpected ',' where a value is expected"},
		{"a long key", `{"` + words("é", 100) + `":1,"` + words("é", 100) + `":1}`,
			`line 1, column 57: the object has the key "` + words("é", 80) + `…" twice`},
		{"UTF-8 of a surrogate", "\"\xed\xa0\x80\"", "line 1, column 2: invalid UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := tree.ParseJSON([]byte(tt.input), tree.Limits{})
			if err == nil {
				t.Fatalf("ParseJSON = %s, want the error %q", n.JSON(), tt.want)
			}
			if n != nil {
				t.Errorf("ParseJSON returns %s beside the error", n.JSON())
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("error = %q, want %q", got, tt.want)
			}
		})
	}
}

// A large object finds its duplicates by its index, a small one by comparing.
func TestParseJSONDuplicateInLargeObject(t *testing.T) {
	for _, size := range []int{2, 15, 16, 17, 100} {
		text := strings.TrimSuffix(string(wide(size).JSON()), "}") + `,"k1":0}`
		if _, err := tree.ParseJSON([]byte(text), tree.Limits{}); err == nil || !strings.Contains(err.Error(), `"k1" twice`) {
			t.Errorf("%d members: error = %v, want that of the key k1", size, err)
		}
	}
}

func TestParseJSONSharesNothingWithItsInput(t *testing.T) {
	data := []byte(`{"key":"value"}`)
	n, err := tree.ParseJSON(data, tree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	if got, want := string(n.JSON()), `{"key":"value"}`; got != want {
		t.Errorf("after the input changed, the tree is %s, want %s", got, want)
	}
}

// sampleJSON has every kind of value, and is large enough for nodes to be
// shared and for objects to have an index.
func sampleJSON(operations int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"openapi": "3.1.0", "info": {"title": "Sample", "version": "1.0"}, "paths": {`)
	for i := range operations {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `
  "/things/%d/{id}": {"get": {"operationId": "getThing%d", "tags": ["things"], "deprecated": false,
    "description": "Returns thing %d.\nIt is \"quoted\" and \u00e9scaped.",
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "minimum": %d, "default": null}}],
    "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing%d"}}}}}}}`, i, i, i, i, i)
	}
	b.WriteString("}}")
	return b.Bytes()
}

func TestParseAgreesWithEncodingJSON(t *testing.T) {
	inputs := [][]byte{sampleJSON(1), sampleJSON(100)}
	for _, text := range []string{
		`{}`, `[]`, `""`, `0`, `-0.0e-0`, `true`, `null`, "\n[1 ,\t2\r]", `{"a":{"a":{"a":[[[]]]}}}`,
		`"\u0000\ud800\udfff\uffff"`, `{"a":1,"a":2}`, `{"\u0061":[1],"b":0,"a":{"c":null}}`,
		`[1.7976931348623157e309, 123456789012345678901234567890]`, "\"\u2028\x7f\"",
		strings.Repeat("[", 1000) + strings.Repeat("]", 1000),
	} {
		inputs = append(inputs, []byte(text))
	}
	for _, input := range inputs {
		n, _, err := tree.Parse(input, tree.Limits{})
		if err != nil {
			t.Errorf("Parse(%.80q): %v", input, err)
			continue
		}
		// Not with cmp, whose time doubles with each level of arrays.
		want := decodeStandard(t, input)
		if !reflect.DeepEqual(n.Any(), want) {
			t.Errorf("Parse(%.80q).Any() = %.80v, want %.80v", input, n.Any(), want)
		}
		if got := decodeStandard(t, n.JSON()); !reflect.DeepEqual(got, want) {
			t.Errorf("Parse(%.80q).JSON() = %.80s, want %.80v", input, n.JSON(), want)
		}
	}
}

// decodeStandard returns what encoding/json makes of a valid text.
func decodeStandard(t *testing.T, data []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("encoding/json: %v", err)
	}
	return v
}

// TestParserReadsAgain has a parser read one text in the place of another.
func TestParserReadsAgain(t *testing.T) {
	object := func(members int, value string) string {
		var s strings.Builder
		for i := range members {
			fmt.Fprintf(&s, `,"key %d":%s`, i, value)
		}
		return "{" + strings.TrimPrefix(s.String(), ",") + "}"
	}
	list := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat(`"an item",`, n), ",") + "]" }
	texts := []string{
		`{"a":{"b":[1,2,3]},"c":"text"}`, `"text"`, `[]`, `{}`, `[null,true,{"a":1}]`, list(8), list(9), list(200), object(8, `1`), object(9, list(9)),
		object(15, `{"a":[]}`), object(16, object(16, `[1]`)), object(7, object(3, `2`)), object(12, `"`+strings.Repeat("long ", 200)+`"`), `[1,2`, object(300, `{}`), `[[1],[[2]]]`, `7`,
	}
	var p tree.Parser
	for range 2 {
		for _, before := range texts {
			for _, text := range texts {
				p.ParseJSON([]byte(before), tree.Limits{})
				p.Recycle()
				n, err := p.ParseJSON([]byte(text), tree.Limits{})
				want, wrong := tree.ParseJSON([]byte(text), tree.Limits{})
				if (err == nil) != (wrong == nil) || !n.Equal(want) || err == nil && string(n.JSON()) != text {
					t.Fatalf("%.100s after %.100s: %s, %v", text, before, n.JSON(), err)
				}
				kept, _ := p.ParseJSON([]byte(before), tree.Limits{}) // nobody said that n is not used any more
				if err == nil && string(n.JSON()) != text || kept != nil && string(kept.JSON()) != before {
					t.Fatalf("%.100s is %s after %.100s has been read", text, n.JSON(), before)
				}
				p.Recycle()
			}
		}
	}
}

// TestParserAllocates holds that a parser which has read a message needs memory for the
// text of the next one alone.
func TestParserAllocates(t *testing.T) {
	for _, text := range []string{`{"id":1,"params":{"a":[1,2],"b":{"c":"d"}}}`, `{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":[1,2,3,4,5,6,7,8,9,10]}`} {
		var p tree.Parser
		data := []byte(text)
		if got := testing.AllocsPerRun(100, func() {
			p.ParseJSON(data, tree.Limits{})
			p.Recycle()
		}); got > 1 {
			t.Errorf("%v allocations for %s", got, text)
		}
	}
}

func FuzzParseJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.5e3,-0],"b":"\u00e9\n","c":{"d":null}}`, `{"a":1,"a":2}`, `"\ud83d\ude00"`, "\ufeff{}",
		`[1,]`, `01`, `1.`, "\"\xff\"", `{"a" 1}`, `[[[[`, `"\ud800"`, " \t\r\n0", `[1e1099,1e1100,1e-32768]`, `{"\u0061":1,"a":2}`, "\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := tree.ParseJSON(data, tree.Limits{})
		standard := bytes.TrimPrefix(data, []byte("\ufeff"))
		valid := json.Valid(standard) && utf8.Valid(standard) && !hasDuplicates(t, standard) && !tooLarge(standard)
		if valid != (err == nil) {
			t.Fatalf("ParseJSON(%q): error = %v, want valid = %t", data, err, valid)
		}
		if err != nil {
			return
		}
		if want := decodeStandard(t, standard); !reflect.DeepEqual(n.Any(), want) {
			t.Errorf("Any = %v, want %v", n.Any(), want)
		}
		if !json.Valid(n.JSON()) {
			t.Errorf("JSON = %q, which is not valid", n.JSON())
		}
	})
}

// tooLarge reports whether a valid text is nested too deep or has a number with
// too many digits.
func tooLarge(data []byte) bool {
	depth, deepest := 0, 0
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err != nil {
			return deepest > tree.DefaultMaxDepth
		}
		switch token := token.(type) {
		case json.Delim:
			if token == '[' || token == '{' {
				depth++
				deepest = max(deepest, depth)
			} else {
				depth--
			}
		case json.Number:
			if tooManyDigits(string(token)) {
				return true
			}
		}
	}
}

func tooManyDigits(literal string) bool {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(literal), "e")
	digits, _ := new(big.Int).SetString("0"+strings.TrimLeft(exponent, "+-"), 10)
	digits.Add(digits, big.NewInt(int64(len(mantissa))))
	return digits.Cmp(big.NewInt(tree.DefaultMaxDigits)) > 0
}

// hasDuplicates reports whether any object of a valid text has a key twice.
func hasDuplicates(t *testing.T, data []byte) bool {
	t.Helper()
	type frame struct {
		keys  map[string]bool // nil in an array
		value bool            // whether a value comes next
	}
	var stack []frame
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return false
		}
		if err != nil {
			t.Fatalf("encoding/json: %v", err)
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			stack = stack[:len(stack)-1]
			continue
		}
		if len(stack) > 0 {
			top := &stack[len(stack)-1]
			if key, ok := token.(string); ok && top.keys != nil && !top.value {
				if top.keys[key] {
					return true
				}
				top.keys[key], top.value = true, true
				continue
			}
			top.value = false
		}
		switch token {
		case json.Delim('{'):
			stack = append(stack, frame{keys: map[string]bool{}})
		case json.Delim('['):
			stack = append(stack, frame{})
		}
	}
}

func BenchmarkParseJSON(b *testing.B) {
	benchmark := func(name string, data []byte) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tree.ParseJSON(data, tree.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	benchmark("arguments", []byte(`{"id":7,"name":"Ada","tags":["a","b"],"expand":true}`))
	benchmark("generated", sampleJSON(30_000))
	for _, name := range []string{"stripe-2022.json", "kubernetes-swagger.json"} {
		if data := readSpec(b, name); data != nil {
			benchmark(name, data)
		}
	}
}
