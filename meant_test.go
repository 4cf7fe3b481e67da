package mcpmount

import (
	"fmt"
	"strings"
	"testing"
)

// Each value that is taken for another costs a copy of what is around it, so that there
// is an end to them.
func TestMeantIsBounded(t *testing.T) {
	v, err := newValidator(parsed(t, `{"type":"object","properties":{"ids":{"type":"array","items":{"type":"integer"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	tool := &tool{input: &input{}, validator: func() *validator { return v }}
	for n, sent := range map[int]bool{1: true, maxSlips: true, maxSlips + 1: false, 10_000: false} {
		values, err := tool.check(parsed(t, `{"ids":["7"`+strings.Repeat(`,"7"`, n-1)+`]}`))
		switch {
		case sent && (err != nil || string(values.JSON()) != `{"ids":[7`+strings.Repeat(`,7`, n-1)+`]}`):
			t.Errorf("%d texts: %v", n, err)
		case !sent && err == nil:
			t.Errorf("%d texts are taken for numbers", n)
		}
	}
}

// JSON in a text is bounded like a message, which counts a text as one value.
func TestMeantTextIsBounded(t *testing.T) {
	v, err := newValidator(parsed(t, `{"type":"object","properties":{"ids":{"type":"array","items":{"type":"integer"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	tool := &tool{input: &input{}, validator: func() *validator { return v }}
	for n, sent := range map[int]bool{maxTextValues - 1: true, maxTextValues: false} {
		_, err := tool.check(parsed(t, `{"ids":"[7`+strings.Repeat(`,7`, n-1)+`]"}`))
		if sent != (err == nil) {
			t.Errorf("a text of %d numbers: %v", n, err)
		}
	}
	if _, err := tool.check(parsed(t, `{"ids":"`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+`"}`)); err == nil {
		t.Error("a text of 100 levels is taken for a list")
	}
}

// Texts in one call share what a text may have, and what is in them is no deeper than other
// arguments are.
func TestMeantTextsAreBounded(t *testing.T) {
	v, err := newValidator(parsed(t, `{"type":"object","properties":{"deep":{"$ref":"#/$defs/L"},"a":{"type":"array"},"b":{"type":"array"}},"$defs":{"L":{"type":"array","items":{"$ref":"#/$defs/L"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	tool := &tool{input: &input{}, validator: func() *validator { return v }}
	list := func(n int) string { return `"[7` + strings.Repeat(`,7`, n-1) + `]"` }
	nested := func(outer, inner int) string {
		return strings.Repeat("[", outer) + `"` + strings.Repeat("[", inner) + strings.Repeat("]", inner) + `"` + strings.Repeat("]", outer)
	}
	for arguments, sent := range map[string]bool{
		`{"a":` + list(maxTextValues/2-1) + `,"b":` + list(maxTextValues/2-1) + `}`: true,
		`{"a":` + list(maxTextValues/2) + `,"b":` + list(maxTextValues/2) + `}`:     false,
		`{"deep":` + nested(40, maxArgumentsDepth-41) + `}`:                         true,
		`{"deep":` + nested(40, maxArgumentsDepth-40) + `}`:                         false,
		`{"deep":` + nested(maxArgumentsDepth-1, 1) + `}`:                           false,
	} {
		if _, err := tool.check(parsed(t, arguments)); sent != (err == nil) {
			t.Errorf("%.60s… (%d bytes): %v", arguments, len(arguments), err)
		}
	}
}

// What takes numbers is sent 1.0 as it is, whatever its bounds.
func TestNumbersAreNoIntegers(t *testing.T) {
	v, err := newValidator(parsed(t, `{"properties":{"price":{"type":"number","minimum":0},"any":{"minimum":0},"count":{"type":["integer","null"],"maximum":9}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.settled(parsed(t, `{"price":1.0,"any":2.0,"count":3.0}`))
	if want := `{"price":1.0,"any":2.0,"count":3}`; err != nil || string(got.JSON()) != want {
		t.Errorf("%s, %v, want %s", got.JSON(), err, want)
	}
}

// Writing 1.0 as 1 takes as long as there are values, however many an object has.
func TestIntegersAreLinear(t *testing.T) {
	var schema, value strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&schema, `,"p%d":{"type":"integer"}`, i)
		fmt.Fprintf(&value, `,"p%d":1.0`, i)
	}
	s := newShortcut(parsed(t, `{"properties":{`+schema.String()[1:]+`}}`), nil)
	v := parsed(t, `{`+value.String()[1:]+`}`)
	most := testing.AllocsPerRun(1, func() { v = s.integers(v) })
	if most > 2.5*2000 {
		t.Errorf("%.0f allocations for 2000 integers", most)
	}
	if got := v.Get("p1999").Text; got != "1" {
		t.Errorf("1.0 is written as %s", got)
	}
}
