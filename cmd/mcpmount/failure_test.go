package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want string
		code int
	}{
		{"plain", errors.New("it broke"), "mcpmount: error: it broke\n", exitFailure},
		{"hint", fail("mend it", "it broke"), "mcpmount: error: it broke\nmcpmount: hint: mend it\n", exitFailure},
		{"usage", misuse("do it so", "not so"), "mcpmount: error: not so\nmcpmount: hint: do it so\n", exitUsage},
		{"wrapped", fmt.Errorf("read: %w", fail("mend it", "it broke")), "mcpmount: error: read: it broke\nmcpmount: hint: mend it\n", exitFailure},
		{"several", errors.Join(errors.New("one"), errors.New("two")), "mcpmount: error: one\nmcpmount: error: two\n", exitFailure},
		{"control characters", errors.New("a\x1b[31mb\u202ec\td"), "mcpmount: error: a[31mbc d\n", exitFailure},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			code := report(&b, tt.err)
			if code != tt.code {
				t.Errorf("code = %d, want %d", code, tt.code)
			}
			if b.String() != tt.want {
				t.Errorf("report = %q, want %q", b.String(), tt.want)
			}
		})
	}
}

func TestFailureWraps(t *testing.T) {
	if err := fail("", "open: %w", fs.ErrNotExist); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not wrap its cause", err)
	}
}
