package main

import (
	"testing"

	"github.com/mcpmount/mcpmount"
)

func TestSecurityText(t *testing.T) {
	type requirements = []mcpmount.SecurityRequirement
	tests := []struct {
		name         string
		alternatives requirements
		want         string
	}{
		{"no requirement", nil, "anyone"},
		{"one scheme", requirements{{"key": {}}}, "key"},
		{"scopes", requirements{{"oauth": {"read", "write"}}}, "oauth (read write)"},
		{"both", requirements{{"b": nil, "a": nil}}, "a and b"},
		{"either", requirements{{"key": nil}, {"oauth": {"read"}}}, "key, or oauth (read)"},
		{"optional", requirements{{"key": nil}, {}}, "key, or anonymous"},
		{"name with an escape", requirements{{"k\x1b[2Jey": nil}}, "k[2Jey"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := securityText(tt.alternatives); got != tt.want {
				t.Errorf("securityText = %q, want %q", got, tt.want)
			}
		})
	}
}
