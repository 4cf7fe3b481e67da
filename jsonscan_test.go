package mcpmount

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestCutJSON(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"complete", ` {"a":[1,2]} `, ` {"a":[1,2]} `},
		{"in a number", `[1,23`, `[1]`},
		{"after a number", `[1,23 `, `[1,23]`},
		{"in a string", `["a","bc`, `["a"]`},
		{"in an escape", `["a","\u00`, `["a"]`},
		{"in a literal", `[true,fal`, `[true]`},
		{"after a comma", `[1,`, `[1]`},
		{"after a bracket", `{"a":[[`, `{"a":[[]]}`},
		{"in a key", `{"a":1,"b`, `{"a":1}`},
		{"after a key", `{"a":1,"b"`, `{"a":1}`},
		{"after a colon", `{"a":1,"b": `, `{"a":1}`},
		{"before anything", `{`, `{}`},
		{"nested", `{"items":[{"id":1},{"id":2,"tags":["x","y`, `{"items":[{"id":1},{"id":2,"tags":["x"]}]}`},
		{"string at the top", `"abc`, ``},
		{"number at the top", `12`, ``},
		{"literal at the top", `tru`, ``},
		{"nothing", ``, ``},
		{"white space", " \n", ``},
		{"not JSON", `[1,}`, ``},
		{"text", `oops`, ``},
		{"two values", `[1] [2`, ``},
		{"a bad escape", `["\x`, ``},
		{"a control character", "[\"a\nb", ``},
		{"a leading zero", `[01`, ``},
		{"too deep", strings.Repeat("[", maxJSONDepth+1), ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(cutJSON([]byte(tt.in))); got != tt.want {
				t.Errorf("cutJSON(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestIsJSONDepth(t *testing.T) {
	nested := func(n int) []byte {
		return []byte(strings.Repeat("[", n) + strings.Repeat("]", n))
	}
	if !isJSON(nested(maxJSONDepth)) {
		t.Errorf("isJSON refuses %d levels, want them accepted", maxJSONDepth)
	}
	if isJSON(nested(maxJSONDepth + 1)) {
		t.Errorf("isJSON accepts %d levels, want them refused", maxJSONDepth+1)
	}
}

// FuzzIsJSON holds the scan against encoding/json.
func FuzzIsJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e+3,true,false,null,"x\u00e9\n"]}`, `[]`, `{}`, ` 0 `, `-`, `01`, `1.`, `1e`, `"\q"`,
		`{"a"}`, `{"a":}`, `[1,]`, `[1 2]`, `nul`, "\"\x01\"", "\"\xff\"", `{"a":1}}`, `"`, `{,}`, `-0.0E-1`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, want := isJSON(data), json.Valid(data) && depth(data) <= maxJSONDepth; got != want {
			t.Errorf("isJSON(%q) = %t, want %t", data, got, want)
		}
	})
}

// FuzzCutJSON checks that what is saved of any beginning of a JSON text is
// valid, and is a beginning of the value.
func FuzzCutJSON(f *testing.F) {
	const seed = `{"a":[1,-2.5e+3,true,false,null,"x\u00e9\n",{"b":{},"c":[[],[0]]}],"":"\"]}","n":12}`
	for n := range len(seed) + 1 {
		f.Add([]byte(seed), n)
	}
	f.Add([]byte(`[1,2`), 4)
	f.Add([]byte(`123`), 2)
	f.Add([]byte(`{"a":1,"a":[2]}`), 7)
	f.Fuzz(func(t *testing.T, data []byte, n int) {
		if n < 0 || n > len(data) {
			n = len(data)
		}
		cut := cutJSON(data[:n])
		if cut == nil {
			return
		}
		if !json.Valid(cut) {
			t.Fatalf("cutJSON(%q) = %q, want valid JSON", data[:n], cut)
		}
		if json.Valid(data) && !isBeginning(decode(t, cut), decode(t, data)) {
			t.Errorf("cutJSON(%q) = %q, want the beginning of %q", data[:n], cut, data)
		}
	})
}

func depth(data []byte) (deepest int) {
	open, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[', c == '{':
			open++
			deepest = max(deepest, open)
		case c == ']', c == '}':
			open--
		}
	}
	return deepest
}

// object is a JSON object with its members in order, each a name and a value.
type object []any

func decode(t *testing.T, data []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := decodeValue(d)
	if err != nil {
		t.Fatalf("decode %q: %v", data, err)
	}
	return v
}

func decodeValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if delim, ok := token.(json.Delim); ok {
		items := []any{}
		for d.More() {
			item, err := decodeValue(d)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		_, err = d.Token()
		if delim == '{' {
			return object(items), err
		}
		return items, err
	}
	return token, err
}

// isBeginning reports whether cut is whole up to some element, which is left
// out or itself a beginning.
func isBeginning(cut, whole any) bool {
	switch whole := whole.(type) {
	case []any:
		cut, ok := cut.([]any)
		return ok && isBeginningOf(cut, whole)
	case object:
		cut, ok := cut.(object)
		return ok && len(cut)%2 == 0 && isBeginningOf(cut, whole)
	}
	return cut == whole
}

func isBeginningOf(cut, whole []any) bool {
	if len(cut) > len(whole) {
		return false
	}
	for i := range cut {
		if !reflect.DeepEqual(cut[i], whole[i]) {
			return i == len(cut)-1 && isBeginning(cut[i], whole[i])
		}
	}
	return true
}
