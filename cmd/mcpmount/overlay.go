package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/internal/overlay"
	"github.com/mcpmount/mcpmount/internal/tree"
)

const (
	// maxOverlay bounds a file with an overlay.
	maxOverlay = 16 << 20

	// maxOverlaid bounds a document that overlays changed, written out as JSON.
	maxOverlaid = 128 << 20
)

// overlaid reads a document as overlays change it.
func overlaid(spec []byte, name string, overlays []string) (*mcpmount.Document, error) {
	changed, problems, err := applyOverlays(spec, name, overlays)
	if err != nil {
		return nil, err
	}
	doc, err := mcpmount.ParseOpenAPI(changed)
	if err != nil {
		return nil, fail(formatHint, "%s: %w", name, err)
	}
	doc.Problems = append(problems, doc.Problems...)
	return doc, nil
}

// overlaidFile is overlaid for a file, called inside in files, which may refer to
// others there.
func overlaidFile(files *trackedFS, inside, name string, overlays []string) (*mcpmount.Document, error) {
	info, spec, err := readWhole(files, inside)
	if err != nil {
		return nil, unreadable(name, err)
	}
	changed, problems, err := applyOverlays(spec, name, overlays)
	if err != nil {
		return nil, err
	}
	doc, err := mcpmount.ParseOpenAPIFS(&changedFS{files, inside, info, changed}, inside)
	if err != nil {
		return nil, fail(formatHint, "%s: %s", name, strings.TrimPrefix(err.Error(), inside+": "))
	}
	doc.Problems = append(problems, doc.Problems...)
	return doc, nil
}

// readWhole reads a regular file of at most maxOverlaid bytes.
func readWhole(files fs.FS, name string) (fs.FileInfo, []byte, error) {
	info, err := fs.Stat(files, name)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxOverlaid {
		return nil, nil, fmt.Errorf("only a regular file of up to %d MiB can have overlays", maxOverlaid>>20)
	}
	file, err := files.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxOverlaid))
	return info, data, err
}

// applyOverlays returns a document as overlays change it, one after the other. What
// cannot be read at all is returned as it is: who reads it says what is wrong.
func applyOverlays(spec []byte, name string, overlays []string) (changed []byte, problems []mcpmount.Problem, err error) {
	root, found, err := tree.Parse(spec, tree.Limits{})
	if err != nil {
		return spec, nil, nil //nolint:nilerr // see above
	}
	for _, p := range found {
		problems = append(problems, mcpmount.Problem{Pointer: p.Pointer, Message: p.Message})
	}
	for _, file := range overlays {
		data, err := readSmall(file, maxOverlay)
		if err != nil {
			return nil, nil, fail("", "overlay: %w", err)
		}
		const hint = "an overlay has the keys overlay: 1.1.0, info and actions"
		o, found, err := overlay.Parse(data)
		if err != nil {
			return nil, nil, fail(hint, "overlay %s: %w", file, err)
		}
		for _, p := range found {
			problems = append(problems, mcpmount.Problem{File: file, Pointer: p.Pointer, Message: p.Message})
		}
		next, notes, err := o.Apply(root)
		if err != nil {
			return nil, nil, fail("mcpmount check without --overlay shows the document", "overlay %s for %s: %w", file, name, err)
		}
		for _, n := range notes {
			problems = append(problems, mcpmount.Problem{File: file, Pointer: n.Pointer, Message: n.Message, Note: true})
		}
		root = next
	}
	if root.JSONLength(maxOverlaid) > maxOverlaid {
		return nil, nil, fail("", "%s has more than %d MiB when its overlays are applied", name, maxOverlaid>>20)
	}
	return root.JSON(), problems, nil
}

// A changedFS is a file system in which one file has another content.
type changedFS struct {
	fs.FS
	name string
	info fs.FileInfo
	data []byte
}

// Stat implements [fs.StatFS].
func (f *changedFS) Stat(name string) (fs.FileInfo, error) {
	if name == f.name {
		return f.info, nil
	}
	return fs.Stat(f.FS, name)
}

// Open implements [fs.FS].
func (f *changedFS) Open(name string) (fs.File, error) {
	if name == f.name {
		return &changedFile{bytes.NewReader(f.data), f.info}, nil
	}
	return f.FS.Open(name)
}

type changedFile struct {
	*bytes.Reader
	info fs.FileInfo
}

func (f *changedFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *changedFile) Close() error               { return nil }
