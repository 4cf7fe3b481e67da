package main

import (
	"context"
	"crypto/sha256"
	"hash"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"
)

const (
	// settleTime is how long files must stay the same before they are read:
	// somebody may be writing them. settleTries bounds the waiting.
	settleTime  = 100 * time.Millisecond
	settleTries = 50

	// coarseTime is how long a file can be changed again without another time: as
	// long as the file system with the coarsest clock needs.
	coarseTime = 2 * time.Second
)

// A fileFeed is a document in a file and what that refers to. It is polled: that
// works in containers and on network mounts, and whatever editors do.
type fileFeed struct {
	name, refRoot string
	overlays      []string
	seen          snapshot // what was read last
}

// A snapshot is what there was when a document was read.
type snapshot struct {
	at    time.Time
	files map[string]fileState // by the path below the root
	err   string               // why the document could not be read, or ""
}

// A fileState is what is known of a file.
type fileState struct {
	info fs.FileInfo // nil if there is none
	sum  [sha256.Size]byte
}

// next implements [feed].
func (f *fileFeed) next(ctx context.Context, force bool) (*source, error) {
	if !force {
		now := f.look()
		if f.seen.isCurrent(now) {
			return nil, nil
		}
		same := func(a, b map[string]fs.FileInfo) bool { return maps.EqualFunc(a, b, sameFile) }
		if _, err := settle(ctx, now, f.look, same); err != nil {
			return nil, err
		}
	}
	return f.load()
}

// load reads the document, and returns nil if no file has another content than
// before.
func (f *fileFeed) load() (*source, error) {
	now := snapshot{at: time.Now(), files: map[string]fileState{}}
	doc, err := readFile(f.name, f.refRoot, f.overlays, now.files)
	if err != nil {
		now.err = err.Error()
	}
	before := f.seen
	f.seen = now
	if now.hasContentOf(before) {
		return nil, nil
	}
	return &source{doc: doc, name: f.name, feed: f}, err
}

// look returns the state of the files that were read, without reading them.
func (f *fileFeed) look() map[string]fs.FileInfo {
	infos := map[string]fs.FileInfo{}
	folder := f.refRoot
	if folder == "" {
		folder = filepath.Dir(f.name)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return infos
	}
	defer root.Close()
	for name := range f.seen.files {
		if info, err := root.Stat(filepath.FromSlash(name)); err == nil {
			infos[name] = info
		}
	}
	return infos
}

// settle looks until it sees the same twice, first what was seen last, and returns that.
func settle[T any](ctx context.Context, last T, look func() T, same func(a, b T) bool) (T, error) {
	for range settleTries {
		select {
		case <-ctx.Done():
			return last, ctx.Err()
		case <-time.After(settleTime):
		}
		now := look()
		if same(last, now) {
			break
		}
		last = now
	}
	return last, nil
}

// isCurrent reports whether the files are surely those of s.
func (s *snapshot) isCurrent(now map[string]fs.FileInfo) bool {
	if len(s.files) == 0 {
		return false
	}
	for name, have := range s.files {
		if !sameFile(have.info, now[name]) {
			return false
		}
		if have.info != nil && s.at.Sub(have.info.ModTime()).Abs() < coarseTime {
			return false
		}
	}
	return true
}

// hasContentOf reports whether s and other have the same files.
func (s *snapshot) hasContentOf(other snapshot) bool {
	return s.err == other.err && (len(s.files) > 0 || s.err != "") &&
		maps.EqualFunc(s.files, other.files, func(a, b fileState) bool {
			return a.sum == b.sum && (a.info == nil) == (b.info == nil)
		})
}

// sameFile reports whether nothing suggests that a file has changed. An editor
// may replace it by another one.
func sameFile(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && os.SameFile(a, b)
}

// A trackedFS notes what is read from it, and what is not there.
type trackedFS struct {
	fs.FS
	files map[string]fileState
}

// Stat implements [fs.StatFS].
func (t *trackedFS) Stat(name string) (fs.FileInfo, error) {
	info, err := fs.Stat(t.FS, name)
	t.files[name] = fileState{info: info}
	return info, err
}

// Open implements [fs.FS].
func (t *trackedFS) Open(name string) (fs.File, error) {
	f, err := t.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return &trackedFile{File: f, sum: sha256.New(), done: func(sum [sha256.Size]byte) {
		state := t.files[name]
		state.sum = sum
		t.files[name] = state
	}}, nil
}

// A trackedFile reports the sum of what was read from it when it is closed.
type trackedFile struct {
	fs.File
	sum  hash.Hash
	done func([sha256.Size]byte)
}

func (f *trackedFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.sum.Write(p[:n])
	return n, err
}

func (f *trackedFile) Close() error {
	f.done([sha256.Size]byte(f.sum.Sum(nil)))
	return f.File.Close()
}
