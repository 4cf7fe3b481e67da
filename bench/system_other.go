//go:build !linux

package main

import (
	"errors"
	"time"
)

// newMachine pins nothing: the system has no way to, or a different one.
func newMachine() (machine, error) { return machine{}, nil }

func (machine) on(_ int, start func() error) error { return start() }

func cpuTime(int) (time.Duration, error) { return 0, errors.ErrUnsupported }
func resident(int) (int64, error)        { return 0, errors.ErrUnsupported }
func peak(int) (int64, error)            { return 0, errors.ErrUnsupported }

func processorTime() (used, all, own time.Duration, err error) {
	return 0, 0, 0, errors.ErrUnsupported
}
