//go:build slowpath

package mcpmount

const hasFastPath = false
