package openapi

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// What the files of one document may cost together.
const (
	maxFiles = 10_000
	maxBytes = 256 << 20
)

// A file is one parsed file of a document.
type file struct {
	// name is the name of the file in its fs.FS.
	name string

	// label is the name for messages: "" for the entry document.
	label string

	root *tree.Node

	// refs holds where each $ref of the file leads, ids what it names with
	// $anchor and $id.
	refs map[string]target
	ids  map[string]place
}

// A target is where a reference leads, or why it leads nowhere.
type target struct {
	place
	err error
}

// files are the files of a document. Each is read once.
type files struct {
	fsys   fs.FS
	main   *file // the entry document
	byName map[string]*file
	failed map[string]error
	left   int // bytes
	hops   int // references being followed

	problems *problems
}

// entry reads the entry document.
func (f *files) entry(src Source) (*file, error) {
	data, name := src.Data, path.Clean(src.Name)
	if data == nil && src.FS != nil {
		var err error
		if data, err = f.read(name); err != nil {
			return nil, err
		}
	}
	root, found, err := tree.Parse(data, tree.Limits{MaxBytes: f.left})
	if what := otherText(data); what != "" && (err != nil || !root.Is(tree.Object) || root.Get("openapi") == nil) {
		return nil, notOpenAPI(what)
	}
	if err != nil {
		return nil, err
	}
	f.main = f.keep(name, "", data, root, found)
	return f.main, nil
}

// open returns a file that a reference names.
func (f *files) open(name string) (*file, error) {
	if known := f.byName[name]; known != nil {
		return known, nil
	}
	if err := f.failed[name]; err != nil {
		return nil, err
	}
	known, err := f.parse(name)
	if err != nil {
		if f.failed == nil {
			f.failed = make(map[string]error)
		}
		f.failed[name] = err
	}
	return known, err
}

func (f *files) parse(name string) (*file, error) {
	switch {
	case f.fsys == nil:
		return nil, errors.New("only the document itself is read, no file beside it")
	case !fs.ValidPath(name):
		return nil, errors.New("it leads out of the folder of the document")
	case len(f.byName)+len(f.failed) >= maxFiles:
		return nil, fmt.Errorf("the document has more than %d files", maxFiles)
	}
	data, err := f.read(name)
	if err != nil {
		return nil, err
	}
	if ext := path.Ext(name); ext == ".md" || ext == ".txt" {
		text := strings.ToValidUTF8(string(data), "\ufffd")
		return f.keep(name, name, data, tree.NewString(text), nil), nil
	}
	root, found, err := tree.Parse(data, tree.Limits{MaxBytes: f.left})
	if err != nil {
		return nil, err
	}
	return f.keep(name, name, data, root, found), nil
}

// keep adds a parsed file.
func (f *files) keep(name, label string, data []byte, root *tree.Node, found []tree.Problem) *file {
	f.left -= len(data)
	for _, p := range found {
		f.problems.put(Problem{File: label, Pointer: p.Pointer, Message: p.Message})
	}
	known := &file{name: name, label: label, root: root, refs: make(map[string]target)}
	f.byName[name] = known
	return known
}

// read returns the content of a regular file, if there are bytes left for it. A
// pipe or a device could block, or never end.
func (f *files) read(name string) ([]byte, error) {
	info, err := fs.Stat(f.fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s", name)
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	r, err := f.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, int64(f.left)+1))
	if err == nil && len(data) > f.left {
		err = fmt.Errorf("%s: the files of the document have more than %d bytes", name, maxBytes)
	}
	return data, err
}
