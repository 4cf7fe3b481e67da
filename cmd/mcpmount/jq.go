package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/itchyny/gojq"

	"github.com/mcpmount/mcpmount"
)

// What a jq program may cost for one answer. The program is the operator's; what it is
// run on is not.
const (
	jqTime  = 5 * time.Second
	jqBytes = 16 << 20 // of what it returns
	jqDepth = 500

	// jqDigits bounds the numbers that a program is run on: to calculate with one takes
	// time that grows with the square of its length and that nothing ends.
	jqDigits = 1000
)

// setJQ makes answers what a jq program makes of them. The program has no environment,
// no modules and no other input.
func setJQ(r *mcpmount.Results, program string) error {
	query, err := gojq.Parse(program)
	if err != nil {
		return misuse("--jq 'list_orders=[.items[] | {id, name}]'", "--jq: %q is no jq program: %w", program, err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return misuse("--jq 'list_orders=[.items[] | {id, name}]'", "--jq: %q is no jq program: %w", program, err)
	}
	r.Transform = func(ctx context.Context, answer json.RawMessage) (json.RawMessage, error) {
		return runJQ(ctx, code, answer)
	}
	return nil
}

var (
	errJQMany  = errors.New("the jq program gives several values; put it into brackets")
	errJQNone  = errors.New("the jq program gives no value")
	errJQInput = fmt.Errorf("the answer has numbers of more than %d digits, or values nested more than %d deep", jqDigits, jqDepth)
	errJQLarge = fmt.Errorf("the jq program gives more than %d bytes, or values nested more than %d deep", jqBytes, jqDepth)
)

// runJQ returns the one value that a program gives for an answer. Its errors say nothing of
// what is in the answer.
func runJQ(ctx context.Context, code *gojq.Code, answer []byte) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, jqTime)
	defer cancel()
	var input any
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	if err := d.Decode(&input); err != nil {
		return nil, err
	}
	if !fitsJQ(input, 0) {
		return nil, errJQInput
	}
	values := code.RunWithContext(ctx, input)
	value, ok := values.Next()
	if !ok {
		return nil, errJQNone
	}
	if err, failed := value.(error); failed {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("the jq program took longer than it may: %w", ctx.Err())
		}
		return nil, fmt.Errorf("the jq program failed: %s", whatFailed(err))
	}
	if _, more := values.Next(); more {
		return nil, errJQMany
	}
	return appendJQ(nil, value, 0)
}

// fitsJQ reports whether a program can be run on a value within its bounds.
func fitsJQ(value any, depth int) bool {
	if depth > jqDepth {
		return false
	}
	switch v := value.(type) {
	case json.Number:
		return len(v) <= jqDigits
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !fitsJQ(item, depth+1) })
	case map[string]any:
		for _, member := range v {
			if !fitsJQ(member, depth+1) {
				return false
			}
		}
	}
	return true
}

// whatFailed returns what an error says without the values that it shows, which are in
// parentheses, in quotes, after a colon, or what something cannot be applied to.
func whatFailed(err error) string {
	var thrown gojq.ValueError
	if errors.As(err, &thrown) {
		return "it calls error"
	}
	what, _, _ := strings.Cut(err.Error(), "(")
	what, _, _ = strings.Cut(what, `"`)
	what, _, _ = strings.Cut(what, " to ")
	if before, after, ok := strings.Cut(what, ": "); ok && !isJQType(strings.TrimSpace(after)) {
		what = before
	}
	return strings.TrimSpace(what)
}

// isJQType reports whether a text is the name of a type of JSON.
func isJQType(text string) bool {
	switch text {
	case "null", "boolean", "number", "string", "array", "object":
		return true
	}
	return false
}

// appendJQ appends a value of jq as JSON, within bounds.
func appendJQ(dst []byte, value any, depth int) (_ []byte, err error) {
	if len(dst) > jqBytes || depth > jqDepth {
		return nil, errJQLarge
	}
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case float64:
		return appendFloat(dst, v), nil
	case json.Number:
		return append(dst, v...), nil
	case *big.Int:
		return v.Append(dst, 10), nil
	case string:
		return appendText(dst, v)
	case []any:
		dst = append(dst, '[')
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = appendJQ(dst, item, depth+1); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	case map[string]any:
		dst = append(dst, '{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = appendText(dst, key); err != nil {
				return nil, err
			}
			if dst, err = appendJQ(append(dst, ':'), v[key], depth+1); err != nil {
				return nil, err
			}
		}
		return append(dst, '}'), nil
	}
	return nil, fmt.Errorf("the jq program gives a %T", value)
}

// appendFloat appends a number as jq does, to which NaN is null and infinity the
// largest number.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) {
		return append(dst, "null"...)
	}
	f = min(max(f, -math.MaxFloat64), math.MaxFloat64)
	data, err := json.Marshal(f)
	if err != nil {
		return append(dst, "null"...)
	}
	return append(dst, data...)
}

func appendText(dst []byte, text string) ([]byte, error) {
	if len(dst)+len(text) > jqBytes {
		return nil, errJQLarge
	}
	quoted, err := json.Marshal(text)
	return append(dst, quoted...), err
}
