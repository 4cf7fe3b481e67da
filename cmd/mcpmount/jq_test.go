package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mcpmount/mcpmount"
)

func transformOf(t *testing.T, program string) func(context.Context, string) (string, error) {
	t.Helper()
	var r mcpmount.Results
	if err := setJQ(&r, program); err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, answer string) (string, error) {
		out, err := r.Transform(ctx, []byte(answer))
		return string(out), err
	}
}

func TestJQ(t *testing.T) {
	tests := []struct{ program, answer, want, err string }{
		{".", `{"b":9007199254740993,"a":1.10}`, `{"a":1.10,"b":9007199254740993}`, ""},
		{"[.items[] | {id, n: (.id + 1)}]", `{"items":[{"id":1,"x":null},{"id":2}]}`, `[{"id":1,"n":2},{"id":2,"n":3}]`, ""},
		{".a", `{}`, `null`, ""},
		{".[]", `[1,2]`, "", "gives several values; put it into brackets"},
		{"empty", `{}`, "", "gives no value"},
		{"error", `"a secret"`, "", "the jq program failed: it calls error"},
		{".a.b", `{"a":"a secret"}`, "", "the jq program failed: expected an object but got: string"},
		{".a | fromjson", `{"a":"a secret"}`, "", "the jq program failed: fromjson cannot be applied"},
		{".a * 1e12", `{"a":"a secret"}`, "", "the jq program failed: repeat string result too large"},
		{".a as $f | format($f)", `{"a":"a_secret"}`, "", "the jq program failed: format not defined"},
		{". as $x | .a | test($x.a)", `{"a":"secret("}`, "", "the jq program failed: invalid regular expression"},
		{"[1] | .[-4] = 1", `1`, "", "the jq program failed: setpath"},
		{".n + 1", `{"n":` + strings.Repeat("7", 1<<20) + `}`, "", "numbers of more than 1000 digits"},
		{".n", `{"n":` + strings.Repeat("7", 1000) + `}`, strings.Repeat("7", 1000), ""},
		{"[paths] | length", strings.Repeat("[", 9000) + strings.Repeat("]", 9000), "", "nested more than 500 deep"},
		{"nan, infinite | [.]", `1`, "", "gives several"},
		{"[nan, infinite]", `1`, `[null,1.7976931348623157e+308]`, ""},
		{"reduce range(100000) as $i (null; [.])", `1`, "", "nested more than"},
		{`("0123456789" * 1000) as $s | [range(.) | $s]`, `3000`, "", "gives more than"},
		{"$ENV | length", `1`, "0", ""},
		{"[inputs]", `1`, "", "the jq program failed"},
	}
	for _, tt := range tests {
		t.Run(tt.program, func(t *testing.T) {
			if strings.Contains(tt.program, "inputs") {
				checkError(t, setJQ(&mcpmount.Results{}, tt.program), "is no jq program")
				return
			}
			got, err := transformOf(t, tt.program)(t.Context(), tt.answer)
			checkError(t, err, tt.err)
			if got != tt.want || err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("%s, %v; want %s", got, err, tt.want)
			}
		})
	}
}

// A program that does not end is ended with the call.
func TestJQEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := transformOf(t, "def f: f; f")(ctx, `1`)
	checkError(t, err, "took longer than it may")
}
