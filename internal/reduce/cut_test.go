package reduce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func parse(t testing.TB, text string) Value {
	t.Helper()
	v, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ",%d", 10_000+i)
	}
	return "[" + b.String()[1:] + "]"
}

func TestCut(t *testing.T) {
	long := strings.Repeat("a", 300)
	tests := []struct {
		name, in string
		most     int
		want     string
		report   string
	}{
		{"what fits stays", `{"a": [1, 2]}`, 11, `{"a":[1,2]}`, ""},
		{"items", numbers(1000), 40, `[10000,10001,10002,10003,10004,10005]`,
			"cut to fit 40 bytes, of 6001: the whole has 6 of 1000 items"},
		{"a number is not cut apart", `[12345678901234567890123456789012345678901234567890]`, 30, `[]`,
			"cut to fit 30 bytes, of 52: the whole has 0 of 1 items"},
		{"small members stay beside a large one", `{"total":1000,"items":` + numbers(1000) + `,"next":"abc"}`, 70,
			`{"total":1000,"items":[10000,10001,10002,10003,10004],"next":"abc"}`,
			"cut to fit 70 bytes, of 6037: /items has 5 of 1000 items"},
		{"large members share", `{"a":` + numbers(99) + `,"b":` + numbers(1000) + `}`, 64,
			`{"a":[10000,10001,10002,10003],"b":[10000,10001,10002,10003]}`,
			"cut to fit 64 bytes, of 6607: /a has 4 of 99 items; /b has 4 of 1000 items"},
		{"a text", `{"t":"` + long + `"}`, 100, `{"t":"` + long[:67] + `… (233 more characters)"}`,
			"cut to fit 100 bytes, of 308: /t has 67 of 300 characters"},
		{"characters and escapes are not cut apart", `"` + strings.Repeat(`é\n\u00e9\ud83d\ude00`, 50) + `"`, 80,
			`"` + strings.Repeat(`é\n\u00e9\ud83d\ude00`, 2) + `é\n… (190 more characters)"`,
			"cut to fit 80 bytes, of 1102: the whole has 10 of 200 characters"},
		{"a text without room", `"` + long + `"`, 9, `"aaaa…"`, "cut to fit 9 bytes, of 302: the whole has 4 of 300 characters"},
		{"items of items", `{"rows":[` + strings.Repeat(`{"id":1,"tags":`+numbers(100)+`},`, 9) + `{"id":2}]}`, 600,
			`{"rows":[` + strings.Repeat(`{"id":1,"tags":`+numbers(21)+`},`, 2) + `{"id":1,"tags":` + numbers(22) + `},{"id":1,"tags":` + numbers(22) + `}]}`,
			"cut to fit 600 bytes, of 5581: /rows has 4 of 10 items; /rows/*/tags has 86 of 400 items in 4 places"},
		{"too many members", `{` + strings.Repeat(`"k":"0123456789",`, 100) + `"z":0}`, 60, `{"k":"0123…","k":"01234…","k":"01234…","k":"01234…"}`,
			"cut to fit 60 bytes, of 1707: the whole has 4 of 101 members; /k has 19 of 40 characters in 4 places"},
		{"a key that does not fit", `{"` + long + `":1,"b":2}`, 50, `{"b":2}`, "cut to fit 50 bytes, of 312: the whole has 1 of 2 members"},
		{"no room", `{"a":1}`, 1, `null`, "cut to fit 1 bytes, of 7: the whole has 0 of 1 characters"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, report := parse(t, tt.in).Cut(tt.most)
			if string(got.JSON()) != tt.want {
				t.Errorf("got  %s\nwant %s", got.JSON(), tt.want)
			}
			if len(got.JSON()) > max(tt.most, len("null")) {
				t.Errorf("%d bytes, of at most %d", len(got.JSON()), tt.most)
			}
			if said := fmt.Sprint(report); report != nil && said != tt.report || report == nil && tt.report != "" {
				t.Errorf("got  %s\nwant %s", said, tt.report)
			}
		})
	}
}

// shapes are large values of every shape that answers have.
func shapes(size int) map[string]string {
	record := func(i int) string {
		return fmt.Sprintf(`{"id":%d,"name":"order %d","price":%d.10,"note":null,"tags":["a","b"],"text":%q}`, 1<<60+i, i, i, strings.Repeat("lorem ipsum ", 20))
	}
	repeat := func(each func(i int) string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			b.WriteString(each(i))
			b.WriteByte(',')
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	nested := record(1)
	for i := 0; len(nested) < size; i++ {
		nested = fmt.Sprintf(`{"level":%d,"left":%s,"right":[%s]}`, i, nested, nested)
	}
	return map[string]string{
		"array":    "[" + repeat(record) + "]",
		"envelope": `{"page":1,"items":[` + repeat(record) + `],"next":"abc"}`,
		"map":      "{" + repeat(func(i int) string { return fmt.Sprintf(`"id%d":%s`, i, record(i)) }) + "}",
		"wide":     "{" + repeat(func(i int) string { return fmt.Sprintf(`"m%d":%d`, i, i) }) + "}",
		"nested":   nested,
		"deep":     strings.Repeat(`{"a":[`, 200) + repeat(record) + strings.Repeat(`]}`, 200),
		"matrix":   "[" + repeat(func(int) string { return numbers(500) }) + "]",
		"numbers":  "[" + repeat(func(i int) string { return fmt.Sprint(i) }) + "]",
		"brackets": "[" + repeat(func(int) string { return "[]" }) + "]",
		"text":     `{"text":"` + strings.Repeat(`ü\n`, size/4) + `"}`,
		"keys":     `{"` + strings.Repeat("k", size/2) + `":1,"` + strings.Repeat("l", size/2) + `":2,"a":3}`,
	}
}

// A large value is cut to a small one that is JSON, uses its room, and has nothing that
// was not there.
func TestCutLarge(t *testing.T) {
	const size, most = 5_000_000, 20_000
	for name, text := range shapes(size) {
		t.Run(name, func(t *testing.T) {
			v := parse(t, text)
			start := time.Now()
			got, report := v.Cut(most)
			t.Log(len(text), "bytes to", len(got.JSON()), "in", time.Since(start), report)
			if !json.Valid(got.JSON()) || len(got.JSON()) > most {
				t.Fatalf("%d bytes, valid: %t", len(got.JSON()), json.Valid(got.JSON()))
			}
			if name != "keys" && len(got.JSON()) < most/2 {
				t.Errorf("only %d of %d bytes are used", len(got.JSON()), most)
			}
			if report == nil || len(report.String()) > 1000 || len(report.Places) == 0 {
				t.Errorf("report: %v", report)
			}
			again, _ := v.Cut(most)
			if !bytes.Equal(again.JSON(), got.JSON()) {
				t.Error("the same value is cut in another way")
			}
		})
	}
}

// within fails if got is not what is left of all: first items, some members, beginnings of
// texts, and the same numbers.
func within(t *testing.T, got, all any) {
	t.Helper()
	switch got := got.(type) {
	case []any:
		whole, ok := all.([]any)
		if !ok || len(got) > len(whole) {
			t.Fatalf("%.100v is not of %.100v", got, all)
		}
		for i := range got {
			within(t, got[i], whole[i])
		}
	case map[string]any:
		whole, ok := all.(map[string]any)
		if !ok {
			t.Fatalf("%.100v is not of %.100v", got, all)
		}
		for key := range got {
			if _, ok := whole[key]; !ok {
				t.Fatalf("%q was not there", key)
			}
			within(t, got[key], whole[key])
		}
	case string:
		whole, ok := all.(string)
		begin, _, cut := strings.Cut(got, ellipsis)
		if !ok || got != whole && (!cut && got != "" || !strings.HasPrefix(whole, begin)) {
			t.Fatalf("%.100q is not of %.100v", got, all)
		}
	default:
		if got != all {
			t.Fatalf("%.100v is not %.100v", got, all)
		}
	}
}

func decode(t *testing.T, data []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %.200s", err, data)
	}
	return v
}

func FuzzReduce(f *testing.F) {
	for _, text := range shapes(300) {
		f.Add([]byte(text), uint16(100), "items/*/id")
	}
	for _, text := range []string{`"\ud83d\ude00\"\\\u00e9é"`, `[[[[[]]]]]`, `{"":{"":""}}`, `1e400`, `[-0.0,1E+2]`, ` { "a" : [ 1 , 2 ] } `, `{"a\"b":["\\"]}`} {
		f.Add([]byte(text), uint16(8), "a")
	}
	for most := range 40 {
		f.Add([]byte(`{"":"","00":0,"0000":["0","0"],"":""}`), uint16(most), "0")
		f.Add([]byte(`[["0","0"],["0",["0","0"]],["0","0"]]`), uint16(most), "0")
	}
	f.Fuzz(func(t *testing.T, data []byte, most uint16, path string) {
		v, err := Parse(data)
		if (err == nil) != json.Valid(data) {
			t.Fatalf("error %v for JSON that is valid: %t", err, json.Valid(data))
		}
		if err != nil {
			return
		}
		got, report := v.Cut(int(most))
		if len(got.JSON()) > max(int(most), 4) {
			t.Fatalf("%d bytes, of at most %d: %.300s", len(got.JSON()), most, got.JSON())
		}
		if (report == nil) != bytes.Equal(got.JSON(), v.JSON()) && len(v.JSON()) > 4 {
			t.Fatalf("report %v of what is the same: %t", report, bytes.Equal(got.JSON(), v.JSON()))
		}
		again, _ := v.Cut(int(most))
		if !bytes.Equal(got.JSON(), again.JSON()) {
			t.Fatal("not the same twice")
		}
		left := decode(t, got.JSON())
		if !twice(v.JSON()) && string(got.JSON()) != "null" {
			within(t, left, decode(t, v.JSON()))
		}
		pruned := v.Prune()
		decode(t, pruned.JSON())
		if again := pruned.Prune(); !bytes.Equal(again.JSON(), pruned.JSON()) {
			t.Fatalf("pruned %.200s, and again %.200s", pruned.JSON(), again.JSON())
		}
		paths, err := ParsePaths([]string{path, "a/*/b", "c"})
		if err != nil {
			return
		}
		selected, _ := v.Select(paths)
		decode(t, selected.JSON())
		if again, _ := selected.Select(paths); string(selected.JSON()) != "{}" && !bytes.Equal(again.JSON(), selected.JSON()) {
			t.Fatalf("selected %.200s, and again %.200s", selected.JSON(), again.JSON())
		}
	})
}

// twice reports whether an object may have a key twice, of which decoders keep the last,
// or a text that they change.
func twice(data []byte) bool {
	var v any
	if json.Unmarshal(data, &v) != nil {
		return true
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return true
	}
	return bytes.Count(b.Bytes(), []byte(`":`)) != bytes.Count(data, []byte(`":`)) || bytes.ContainsRune(data, '\uFFFD') || bytes.Contains(data, []byte(ellipsis)) || bytes.Contains(data, []byte(`\ud`)) || bytes.Contains(data, []byte(`\uD`)) || !json.Valid(bytes.ToValidUTF8(data, nil)) || len(bytes.ToValidUTF8(data, nil)) != len(data)
}
