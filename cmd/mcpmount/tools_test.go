package main

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func TestArgumentNames(t *testing.T) {
	tests := []struct {
		name, schema string
		want         []string
	}{
		{"none", `{"type": "object"}`, nil},
		{"required first", `{"properties": {"a": true, "z": {}, "b": {}}, "required": ["z"]}`, []string{"z*", "a", "b"}},
		{"not a schema", `[]`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := argumentNames(&mcp.Tool{InputSchema: json.RawMessage(tt.schema)})
			if !slices.Equal(got, tt.want) {
				t.Errorf("argumentNames = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSummarize(t *testing.T) {
	tests := []struct {
		name  string
		names []string
		want  string
	}{
		{"none", nil, ""},
		{"some", []string{"a*", "b"}, "a* b"},
		{"as wide as the column", []string{"a_rather_long_name*", "another_long_nam", "c", "d"}, "a_rather_long_name* another_long_nam c d"},
		{"one that is too long", []string{"a_name_that_is_far_longer_than_the_column_is_wide*", "b"}, "a_name_that_is_far_longer_than_the_column_is_wide* +1"},
		{"the rest is counted", []string{"a_rather_long_name*", "another_long_name", "third", "fourth"}, "a_rather_long_name* another_long_name +2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := summarize(tt.names); got != tt.want {
				t.Errorf("summarize = %q, want %q", got, tt.want)
			}
		})
	}
}
