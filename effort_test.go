package mcpmount

import (
	"errors"
	"fmt"
	"strings"
	"testing"

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
		{"a long list against many alternatives", `{"type":"array","items":{"anyOf":[` + strings.Repeat(`{"type":"string"},`, 50) + `{"type":"integer"}]}}`,
			"[" + strings.Repeat("1,", 100_000) + "1]", errTooComplex},
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
