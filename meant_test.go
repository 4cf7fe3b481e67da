package mcpmount

import (
	"fmt"
	"runtime"
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

// Writing integers as such takes as much as the value has, not as much as the square of its
// members: a message of a few megabytes took half a minute.
func TestIntegersAreLinear(t *testing.T) {
	var properties, members []string
	for i := range 2000 {
		properties = append(properties, fmt.Sprintf(`"a%d":{"type":"integer"}`, i))
		members = append(members, fmt.Sprintf(`"a%d":%d.0`, i, i))
	}
	v, err := newValidator(parsed(t, `{"properties":{`+strings.Join(properties, ",")+`}}`))
	if err != nil {
		t.Fatal(err)
	}
	value := parsed(t, `{`+strings.Join(members, ",")+`}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	written := v.quick.integers(value)
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 8 {
		t.Errorf("integers took %d MB for %d members", took, len(members))
	}
	if want := strings.ReplaceAll(string(value.JSON()), ".0", ""); string(written.JSON()) != want {
		t.Errorf("integers = %.100s, want %.100s", written.JSON(), want)
	}
}

// A number stays as it is written, whatever its bounds.
func TestNumbersStay(t *testing.T) {
	v, err := newValidator(parsed(t, `{"properties":{"price":{"type":"number","minimum":0},"count":{"type":"integer","minimum":0}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.settled(parsed(t, `{"price":10.00,"count":10.0}`))
	if want := `{"price":10.00,"count":10}`; err != nil || string(got.JSON()) != want {
		t.Errorf("settled = %s, %v, want %s", got.JSON(), err, want)
	}
}
