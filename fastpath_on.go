//go:build !slowpath

package mcpmount

// hasFastPath is false in builds with the tag slowpath, which are for tests.
const hasFastPath = true
