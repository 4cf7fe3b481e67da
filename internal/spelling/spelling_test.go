package spelling

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	known := []string{"getOrder", "getOrders", "listProducts", "find", "ID", "x"}
	tests := []struct{ word, want string }{
		{"getOrder", "getOrder"},
		{"getodrer", "getOrder"},
		{"getProduct", ""},
		{"listProduct", "listProducts"},
		{"fnid", "find"},
		{"id", "ID"},
		{"y", "x"},
		{"", "x"},
		{"somethingElse", ""},
		{strings.Repeat("x", 1<<20), ""},
	}
	for _, tt := range tests {
		if got := Nearest(tt.word, known); got != tt.want {
			t.Errorf("Nearest(%.20q) = %q, want %q", tt.word, got, tt.want)
		}
	}
	if got := Nearest("find", nil); got != "" {
		t.Errorf("Nearest of nothing = %q", got)
	}
}

func TestDidYouMean(t *testing.T) {
	if got, want := DidYouMean("fnd", []string{"find"}), `; did you mean "find"?`; got != want {
		t.Errorf("DidYouMean = %q, want %q", got, want)
	}
	if got := DidYouMean("other", []string{"find"}); got != "" {
		t.Errorf("DidYouMean = %q, want nothing", got)
	}
}
