package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// plainSpecimens returns the documents that arguments of the command name: files,
// and folders with all documents below them. Nothing is expected of them but the
// operations that a reader of plain values counts. Their group is the folder, or
// the folder of the file; references reach what is in there. A document that
// has been there before, byte for byte, is left out.
func plainSpecimens(args []string) ([]specimen, error) {
	c := plainCollector{seen: map[[sha256.Size]byte]bool{}}
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			err = c.folder(arg)
		} else {
			err = c.document(filepath.Dir(arg), filepath.Base(arg))
		}
		if err != nil {
			return nil, err
		}
	}
	if len(c.specimens) == 0 {
		return nil, fmt.Errorf("no OpenAPI document in %s: name files whose root has \"openapi\" or \"swagger\"", strings.Join(args, ", "))
	}
	return c.specimens, nil
}

type plainCollector struct {
	seen      map[[sha256.Size]byte]bool
	specimens []specimen
}

var documentNames = []string{".json", ".yaml", ".yml"}

// looksLikeDocument spares the reading of files that are none.
var looksLikeDocument = regexp.MustCompile(`["']?(openapi|swagger)["']?\s*:\s*["']?[23]`)

func (c *plainCollector) folder(root string) error {
	return filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains(documentNames, strings.ToLower(filepath.Ext(name))) {
			return err
		}
		entry, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		return c.document(root, filepath.ToSlash(entry))
	})
}

// document adds a file, if it is a document of its own.
func (c *plainCollector) document(root, entry string) error {
	fsys := os.DirFS(root)
	data, err := fs.ReadFile(fsys, entry)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	if c.seen[sum] || !looksLikeDocument.Match(data) {
		return nil
	}
	c.seen[sum] = true
	s := specimen{name: entry, group: filepath.Base(root), fsys: fsys, entry: entry}
	b, err := newBundle(fsys, entry)
	if err == nil {
		document := b.root().object()
		if document["swagger"] == nil && document["openapi"] == nil {
			return nil
		}
		s.operations = b.countOperations()
	}
	c.specimens = append(c.specimens, s)
	return nil
}

var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}

// countOperations returns how many operations the paths of the document have.
func (b *bundle) countOperations() int {
	n := 0
	paths, err := b.follow(b.root().member("paths"))
	if err != nil {
		return 0
	}
	for path := range paths.object() {
		if strings.HasPrefix(path, "x-") {
			continue
		}
		item, err := b.follow(paths.member(path))
		if err != nil {
			continue
		}
		for _, method := range methods {
			if item.member(method).object() != nil {
				n++
			}
		}
		n += len(item.member("additionalOperations").object())
	}
	return n
}
