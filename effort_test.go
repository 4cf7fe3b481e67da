package mcpmount

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mcpmount/mcpmount/internal/tree"
)

func parsed(t testing.TB, s string) *tree.Node {
	t.Helper()
	n, err := tree.ParseJSON([]byte(s), tree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Alternatives inside of alternatives multiply with every level of a value.
// What would take hours is refused; what ends soon is checked.
func TestEffort(t *testing.T) {
	expression := `{"$ref":"#/$defs/E","$defs":{
		"E":{"anyOf":[{"$ref":"#/$defs/And"},{"$ref":"#/$defs/Or"}]},
		"And":{"type":"object","required":["op"],"properties":{"op":{"const":"and"},"args":{"type":"array","items":{"$ref":"#/$defs/E"}}}},
		"Or":{"type":"object","required":["op"],"properties":{"op":{"const":"or"},"args":{"type":"array","items":{"$ref":"#/$defs/E"}}}}}}`
	nest := func(open, inner, end string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	var chain []string
	for i := range 30 {
		chain = append(chain, fmt.Sprintf(`"D%d":{"allOf":[{"properties":{"x":{"$ref":"#/$defs/D%d"}}},{"properties":{"x":{"$ref":"#/$defs/D%d"}}}]}`, i, i+1, i+1))
	}
	names := `"n0"`
	for i := range 99 {
		names += fmt.Sprintf(`,"n%d"`, i+1)
	}
	tests := []struct {
		name, schema, value string
		want                error // errTooComplex, or nil if checking ends
	}{
		{"small and flat", `{"properties":{"a":{"type":"string"}}}`, `{"a":"x"}`, nil},
		{"a tree of expressions", expression, nest(`{"op":"or","args":[`, `{"op":"and"}`, `]}`, 8), nil},
		{"a deep tree of expressions", expression, nest(`{"op":"x","args":[`, `{"op":"or"}`, `]}`, 40), errTooComplex},
		{"recursion through a property", `{"$ref":"#/$defs/A","$defs":{"A":{"allOf":[{"properties":{"x":{"$ref":"#/$defs/A"}}},{"properties":{"x":{"$ref":"#/$defs/A"}}}]}}}`,
			nest(`{"x":`, `1`, `}`, 40), errTooComplex},
		{"a chain without recursion", `{"$ref":"#/$defs/D0","$defs":{` + strings.Join(chain, ",") + `,"D30":{}}}`, nest(`{"x":`, `1`, `}`, 30), errTooComplex},
		{"the same chain, a flat value", `{"$ref":"#/$defs/D0","$defs":{` + strings.Join(chain, ",") + `,"D30":{}}}`, `{"x":1}`, nil},
		{"a list as long as a message", `{"type":"array","items":{"type":"integer"}}`, "[" + strings.Repeat("1,", 200_000) + "1]", nil},
		{"a deep list", `{"$ref":"#/$defs/L","$defs":{"L":{"type":"array","items":{"$ref":"#/$defs/L"}}}}`, nest("[", "", "]", 60), nil},
		{"a long list in a deep place", `{"$ref":"#/$defs/L","$defs":{"L":{"properties":{"x":{"$ref":"#/$defs/L"},"y":{"type":"array","items":{"type":"string"}}}}}}`,
			nest(`{"y":["a"],"x":`, `{"y":[`+strings.Repeat(`"a",`, 20_000)+`1]}`, "}", 500), errTooComplex},
		{"a long list against many alternatives", `{"type":"array","items":{"anyOf":[` + strings.Repeat(`{"type":"string"},`, 50) + `{"type":"integer"}]}}`,
			"[" + strings.Repeat("1,", 100_000) + "1]", errTooComplex},
		{"a long text against a long pattern", `{"properties":{"a":{"pattern":"[a-z]{500}[0-9]"}}}`, `{"a":"` + strings.Repeat("a", 1_000_000) + `"}`, errTooComplex},
		{"many texts against a long pattern", `{"type":"array","items":{"pattern":"[a-z]{500}[0-9]"}}`, "[" + strings.Repeat(`"aaaaaaaaaaaaaaaa",`, 50_000) + `""]`, errTooComplex},
		{"a long name against a long pattern", `{"properties":{"a":{"patternProperties":{"[a-z]{500}[0-9]":{}}}}}`, `{"a":{"` + strings.Repeat("a", 1_000_000) + `":1}}`, errTooComplex},
		{"a long name that has a rule", `{"properties":{"a":{"propertyNames":{"pattern":"[a-z]{500}[0-9]"}}}}`, `{"a":{"` + strings.Repeat("a", 1_000_000) + `":1}}`, errTooComplex},
		{"a file as text", `{"properties":{"a":{"pattern":"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"}}}`, `{"a":"` + strings.Repeat("abcd", 700_000) + `"}`, nil},
		{"a file without a pattern", `{"properties":{"a":{"type":"string"},"b":{"pattern":"[a-z]{500}[0-9]"}}}`, `{"a":"` + strings.Repeat("abcd", 1_000_000) + `"}`, nil},
		{"many objects that lack many names", `{"type":"array","items":{"type":"object","required":[` + names + `]}}`, "[" + strings.Repeat("{},", 100_000) + "{}]", errTooComplex},
		{"many objects that lack what one name needs", `{"type":"array","items":{"type":"object","dependentRequired":{"n0":[` + names + `]}}}`,
			"[" + strings.Repeat(`{"n0":1},`, 90_000) + "{}]", errTooComplex},
		{"many objects that have many names", `{"type":"array","items":{"type":"object","required":[` + names + `]}}`,
			"[" + strings.Repeat("{"+strings.ReplaceAll(names, ",", ":1,")+":1},", 1900) + "{}]", nil},
		{"many lists against an enumeration of lists", `{"type":"array","items":{"enum":[` + strings.Repeat("["+strings.Repeat("1,", 29)+"2],", 200) + `[]]}}`,
			"[" + strings.Repeat("["+strings.Repeat("1,", 29)+"3],", 2000) + "[]]", errTooComplex},
		{"many numbers against a long enumeration", `{"type":"array","items":{"enum":[` + strings.Repeat("1,", 4000) + `2]}}`, "[" + strings.Repeat("2,", 1000) + "2]", errTooComplex},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := newValidator(parsed(t, tt.schema))
			if err != nil {
				t.Fatal(err)
			}
			if err := v.validate(parsed(t, tt.value)); errors.Is(err, errTooComplex) != (tt.want != nil) {
				t.Errorf("validate = %.200v, want %v", err, tt.want)
			}
		})
	}
}

// A pattern of a few bytes can be a program of many megabytes. It is not compiled, nor are
// very many that are smaller; those that real documents have are.
func TestPatternsAreBounded(t *testing.T) {
	var list []string
	for i := range 200 {
		list = append(list, fmt.Sprintf(`"p%d":{"pattern":"(?:%s%d){1000}"}`, i, strings.Repeat("[ac]b", 50), i), fmt.Sprintf(`"q%d":{"pattern":"(a%d){900}"}`, i, i))
	}
	schema := parsed(t, `{"properties":{"id":{"pattern":"^[0-9a-f]{32}$"},`+strings.Join(list, ",")+`}}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	v, err := newValidator(schema)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 64 {
		t.Errorf("compiling %d bytes of schema took %d MB", len(schema.JSON()), took)
	}
	if err := v.validate(parsed(t, `{"p0":"x","id":"`+strings.Repeat("0", 32)+`"}`)); err != nil {
		t.Errorf("a text that nobody checks: %v", err)
	}
	if err := v.validate(parsed(t, `{"id":"x"}`)); err == nil {
		t.Error("the pattern of an id is not checked")
	}
}

// Nor is a small program large for its classes of characters, of which package regexp
// copies those of patterns that need no choice.
func TestPatternsShareClasses(t *testing.T) {
	var list []string
	for i := range 20 {
		list = append(list, fmt.Sprintf(`"p%d":{"pattern":"^%c\\pL{900}$"}`, i, 'a'+i))
	}
	schema := parsed(t, `{"properties":{`+strings.Join(list, ",")+`}}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	texts := newPatterns(schema)
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 32 {
		t.Errorf("compiling %d bytes of schema took %d MB", len(schema.JSON()), took)
	}
	p := texts.of(`^a\pL{900}$`)
	letters := strings.Repeat("é", 900)
	if !p.MatchString("a"+letters) || p.MatchString("b"+letters) || p.MatchString("aa"+letters) || p.MatchString("xa"+letters) {
		t.Errorf("%s matches something else", p)
	}
}

// Explaining what is wrong takes no longer than finding it: alternatives that are wrong in
// each item are not compared item by item, and mistakes are sorted once, not at each level.
func TestExplainEnds(t *testing.T) {
	const items = 150_000
	for name, tt := range map[string]struct{ schema, value string }{
		"alternatives": {
			`{"properties":{"a":{"anyOf":[{"type":"array","items":{"type":"string"}},{"type":"array","items":{"type":"integer"}}]}}}`,
			`{"a":[` + strings.Repeat("true,", items/2) + `true]}`,
		},
		"a deep place": {
			`{"$ref":"#/$defs/L","$defs":{"L":{"properties":{"x":{"$ref":"#/$defs/L"},"y":{"type":"array","items":{"type":"string"}}}}}}`,
			strings.Repeat(`{"x":`, 60) + `{"y":[` + strings.Repeat("1,", items/3) + `1]}` + strings.Repeat("}", 60),
		},
	} {
		v, err := newValidator(parsed(t, tt.schema))
		if err != nil {
			t.Fatal(err)
		}
		value := parsed(t, tt.value)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		told := make(chan error, 1)
		go func() { told <- v.validate(value) }()
		select {
		case err := <-told:
			if err == nil || !strings.Contains(err.Error(), "must be string") {
				t.Errorf("%s: %.200v", name, err)
			}
		case <-time.After(20 * time.Second): // it took 25 s, and now takes one
			t.Fatalf("%s: still not explained", name)
		}
		runtime.ReadMemStats(&after)
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 150 {
			t.Errorf("%s: took %d MB for %d bytes", name, took, len(tt.value))
		}
	}
}

// What is wrong in a large value is said in a few lines.
func TestExplainIsShort(t *testing.T) {
	v, err := newValidator(parsed(t, `{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"}},"p":{"pattern":"^x$"}},"additionalProperties":false}`))
	if err != nil {
		t.Fatal(err)
	}
	var unknown []string
	for i := range 10_000 {
		unknown = append(unknown, fmt.Sprintf(`"k%d":1`, i))
	}
	for _, value := range []string{
		`{"a":[` + strings.Repeat("1,", 100_000) + `1]}`,
		`{` + strings.Join(unknown, ",") + `}`,
		`{"p":"` + strings.Repeat("y", 100_000) + `"}`,
		`{"` + strings.Repeat("k", 100_000) + `":1}`,
	} {
		if err := v.validate(parsed(t, value)); err == nil || len(err.Error()) > 2000 {
			t.Errorf("%.40s…: %.100v, want a short error", value, err)
		}
	}
}
