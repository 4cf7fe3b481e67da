package main

import (
	"context"
	"crypto/sha256"
	"slices"
)

// A besideFeed is a document that counts as another one when a file beside it is:
// its lock file, or an overlay.
type besideFeed struct {
	feed[source]
	files []string
	sums  [][sha256.Size]byte
	read  func(context.Context) (*source, error)
}

// follow makes the feed of src notice changes of the lock file and of overlays as
// well. With read, the document is read again.
func (f *lockFlags) follow(src *source, overlays []string, read func(context.Context) (*source, error)) {
	files := slices.Clone(overlays)
	if f.Lock != "" {
		files = append(files, f.Lock)
	}
	if len(files) == 0 || src.feed == nil {
		return
	}
	feed := &besideFeed{feed: src.feed, files: files, read: read}
	feed.changed()
	src.feed = feed
}

// changed reports whether a file is another one than at the call before.
func (f *besideFeed) changed() bool {
	before := f.sums
	f.sums = make([][sha256.Size]byte, len(f.files))
	for i, name := range f.files {
		data, _ := readSmall(name, maxLock) // who needs it says what is wrong
		f.sums[i] = sha256.Sum256(data)
	}
	return !slices.Equal(f.sums, before)
}

// next implements [feed].
func (f *besideFeed) next(ctx context.Context, force bool) (*source, error) {
	if !f.changed() {
		return f.feed.next(ctx, force)
	}
	src, err := f.read(ctx)
	if err == nil && src.feed != nil {
		f.feed = src.feed
	}
	return src, err
}
