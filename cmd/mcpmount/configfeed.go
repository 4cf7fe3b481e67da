package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

// A configFeed is a configuration file that is read again when it, or a file that it
// reads, has another content, and a while after it could not be served: what it names may have been
// missing.
type configFeed struct {
	name  string
	files []string // that it reads; see settings
	read  func() (*settings, error)

	sum     [sha256.Size]byte
	resting time.Time // until when it is left alone; zero if it is served
}

// next implements [feed]. A file that is being written is read when it has been
// still for a while.
func (f *configFeed) next(ctx context.Context, force bool) (*settings, error) {
	before := f.sum
	f.sum = f.look()
	retry := !f.resting.IsZero() && time.Now().After(f.resting)
	if f.sum == before && !force && !retry {
		return nil, nil
	}
	var err error
	if f.sum, err = settle(ctx, f.sum, f.look, func(a, b [sha256.Size]byte) bool { return a == b }); err != nil {
		return nil, err
	}
	f.resting = time.Now().Add(minRest) // unless it can be served
	set, err := f.read()
	if err == nil && !slices.Equal(set.files, f.files) {
		f.files, f.sum = set.files, set.sum
	}
	return set, err
}

// look returns the sum of what there is; what cannot be read counts as nothing, upon which
// read says why.
func (f *configFeed) look() [sha256.Size]byte {
	data, _ := readSmall(f.name, maxConfig)
	return sumOf(data, f.files)
}

// sumOf returns the sum of a configuration and of the files that it reads.
func sumOf(data []byte, files []string) [sha256.Size]byte {
	all := sha256.New()
	all.Write(data)
	for _, name := range files {
		data, err := readSmall(name, maxConfig)
		fmt.Fprintf(all, "\x00%d %t ", len(data), err == nil)
		all.Write(data)
	}
	return [sha256.Size]byte(all.Sum(nil))
}
