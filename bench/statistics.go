package main

import (
	"cmp"
	"slices"
)

// median returns the middle of values, the lower one of two; zero if there are none.
func median[T cmp.Ordered](values []T) T {
	var zero T
	if len(values) == 0 {
		return zero
	}
	return slices.Sorted(slices.Values(values))[(len(values)-1)/2]
}

// each returns a figure of each sample.
func each[S any, T any](samples []S, figure func(S) T) []T {
	values := make([]T, len(samples))
	for i, s := range samples {
		values[i] = figure(s)
	}
	return values
}

// middleOf returns the median of a figure of samples.
func middleOf[S any, T cmp.Ordered](samples []S, figure func(S) T) T {
	return median(each(samples, figure))
}

// ratio returns the median, over the rounds, of a figure of a relative to that of b,
// and whether both have been measured. A machine that is slow for a while is slow for
// both of a round.
func ratio[S any](a, b []S, figure func(S) float64) (float64, bool) {
	var ratios []float64
	for i := range min(len(a), len(b)) {
		if of := figure(b[i]); of > 0 {
			ratios = append(ratios, figure(a[i])/of)
		}
	}
	return median(ratios), len(ratios) > 0
}
