package main

import (
	"math/bits"
	"time"
)

// A histogram counts durations in buckets that are at most 1/64 wide, relative to
// their values. Those beyond an hour count as an hour.
type histogram struct {
	buckets [(42 - 6 + 1) * 64]uint32
	count   uint64
	longest time.Duration
}

func (h *histogram) add(d time.Duration) {
	h.count++
	h.longest = max(h.longest, d)
	h.buckets[bucket(uint64(min(max(d, 0), time.Hour)))]++
}

// bucket returns the bucket of v: v itself below 128, else the seven leading bits
// of v, after those of smaller numbers.
func bucket(v uint64) int {
	shift := max(bits.Len64(v)-7, 0)
	return shift*64 + int(v>>shift)
}

// middle returns the middle of a bucket.
func middle(b int) time.Duration {
	if b < 128 {
		return time.Duration(b)
	}
	shift := b/64 - 1
	low := uint64(b-shift*64) << shift
	return time.Duration(low + 1<<shift/2)
}

func (h *histogram) merge(other *histogram) {
	for i, n := range other.buckets {
		h.buckets[i] += n
	}
	h.count += other.count
	h.longest = max(h.longest, other.longest)
}

// quantile returns what the share q of the durations does not exceed; 0 if there are
// none.
func (h *histogram) quantile(q float64) time.Duration {
	rank := uint64(q * float64(h.count))
	var seen uint64
	for i, n := range h.buckets {
		if seen += uint64(n); seen > rank {
			return middle(i)
		}
	}
	return h.longest
}
