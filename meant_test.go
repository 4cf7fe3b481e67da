package mcpmount

import (
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
