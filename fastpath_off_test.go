//go:build slowpath

package mcpmount_test

const hasFastPath = false
