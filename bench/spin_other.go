//go:build !linux

package main

import (
	"context"
	"errors"
	"time"
)

// A spinner is not there: the connections of a fleet sleep until something arrives.
type spinner struct{}

func newSpinner([]*connection) (*spinner, error) { return nil, errors.ErrUnsupported }

func (*spinner) close() {}

func (*fleet) spin(context.Context, time.Duration) (*run, error) { return nil, errors.ErrUnsupported }
