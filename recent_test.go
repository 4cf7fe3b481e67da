package mcpmount

import "testing"

// Whoever makes up keys costs no memory without end, and what is used all the
// time is not forgotten.
func TestRecent(t *testing.T) {
	var r recent[int, int]
	r.put(-1, 7)
	for i := range 10 * maxRecent {
		r.put(i, i)
		if v, ok := r.get(i / 2 * 2); i%2 == 1 && (!ok || v != i-1) {
			t.Fatalf("%d: the last one is forgotten", i)
		}
		if i%1000 != 0 {
			continue
		}
		if v, ok := r.get(-1); !ok || v != 7 {
			t.Fatalf("%d: what is used is forgotten", i)
		}
		if n := len(r.young) + len(r.old); n > 2*maxRecent {
			t.Fatalf("%d keys are remembered", n)
		}
	}
	if _, ok := r.get(0); ok {
		t.Error("nothing is forgotten")
	}
}
