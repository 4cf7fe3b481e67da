package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/internal/spelling"
)

// maxDocumentBytes bounds a document that does not come from a file: 16 MiB.
const maxDocumentBytes = 16 << 20

// What is said about a document that could not be found, or not be read.
const (
	documentHint = "DOCUMENT is a file, an https URL, or - for standard input"
	formatHint   = "DOCUMENT is OpenAPI 3 or Swagger 2.0, as JSON or YAML"
)

// A source is a document and where it comes from.
type source struct {
	doc *mcpmount.Document

	// name is what the user typed.
	name string

	// url is the URL that the document was fetched from, or nil.
	url *url.URL

	// ownBasePath says that doc.BasePath was chosen by the user.
	ownBasePath bool

	// feed reads the document again; nil if that is not possible.
	feed feed[source]
}

// release lets go of the document, which takes more memory than the server that was made
// of it.
func (s *source) release() { s.doc = new(mcpmount.Document) }

// readSource reads the document with the given name. A file may refer to other
// files in refRoot, or in its own folder if that is "". The host of a URL may have a
// certificate of roots. The overlays change it before it is read.
func readSource(ctx context.Context, stdin io.Reader, name, refRoot string, roots *x509.CertPool, overlays ...string) (*source, error) {
	isURL := strings.Contains(name, "://")
	switch {
	case !isURL && name != "-" && !isPipe(name):
		return (&fileFeed{name: name, refRoot: refRoot, overlays: overlays}).load()
	case refRoot != "":
		return nil, misuse("remove --ref-root", "--ref-root needs a DOCUMENT that is a file")
	case isURL:
		return fetch(ctx, name, roots, overlays...)
	}
	var doc *mcpmount.Document
	var err error
	if name == "-" {
		doc, err = readStream(interruptible(ctx, stdin), "standard input", overlays)
	} else {
		doc, err = readPipe(ctx, name, overlays)
	}
	return &source{doc: doc, name: name}, err
}

// interruptible returns r as it can be read until ctx is done: a terminal, or a program that
// hangs, may never send anything.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	return readFunc(func(p []byte) (int, error) {
		type result struct {
			n   int
			err error
		}
		got, done := make([]byte, len(p)), make(chan result, 1)
		go func() {
			n, err := r.Read(got)
			done <- result{n, err}
		}()
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case result := <-done:
			return copy(p, got[:result.n]), result.err
		}
	})
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// isPipe reports whether name is something to read once.
func isPipe(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

// readFile reads a document from files, and notes in seen which ones they are.
func readFile(name, refRoot string, overlays []string, seen map[string]fileState) (*mcpmount.Document, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fail(documentHint, "there is no file %s", name)
	case err != nil:
		return nil, unreadable(name, err)
	case info.IsDir():
		return nil, fail(documentHint, "%s is a folder", name)
	}
	root, inside, err := openRoot(name, refRoot)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	files := &trackedFS{root.FS(), seen}
	if len(overlays) > 0 {
		return overlaidFile(files, inside, name, overlays)
	}
	doc, err := mcpmount.ParseOpenAPIFS(files, inside)
	if errors.As(err, new(*fs.PathError)) {
		return nil, unreadable(name, err)
	}
	if err != nil {
		return nil, fail(formatHint, "%s: %s", name, strings.TrimPrefix(err.Error(), inside+": "))
	}
	return doc, nil
}

// unreadable returns the error for a document that is there and cannot be read.
func unreadable(name string, err error) error {
	hint := documentHint
	if errors.Is(err, fs.ErrPermission) {
		hint = "the user that this runs as needs to read it, and to enter its folder"
	}
	if broken := new(fs.PathError); errors.As(err, &broken) {
		err = broken.Err
	}
	return fail(hint, "read %s: %w", name, err)
}

// openRoot opens the folder that $refs may read, and returns the path of the
// entry file in it. Neither ".." nor symbolic links lead out of it.
func openRoot(name, refRoot string) (root *os.Root, inside string, err error) {
	if refRoot == "" {
		refRoot = filepath.Dir(name)
	}
	if inside, err = relative(refRoot, name); err != nil || !filepath.IsLocal(inside) {
		return nil, "", misuse("--ref-root must be a folder that contains DOCUMENT", "%s is not in %s", name, refRoot)
	}
	if root, err = os.OpenRoot(refRoot); err != nil {
		return nil, "", fail("", "open --ref-root: %w", err)
	}
	if _, err := root.Stat(inside); err != nil {
		root.Close()
		return nil, "", fail("--ref-root DIR must contain what it links to", "%s leads out of %s", name, refRoot)
	}
	return root, filepath.ToSlash(inside), nil
}

// relative returns target as seen from folder, whichever of both is absolute.
func relative(folder, target string) (string, error) {
	absFolder, err1 := filepath.Abs(folder)
	absTarget, err2 := filepath.Abs(target)
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	return filepath.Rel(absFolder, absTarget)
}

// readPipe reads a document from <(command) of a shell.
func readPipe(ctx context.Context, name string, overlays []string) (*mcpmount.Document, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fail(documentHint, "%w", err)
	}
	defer f.Close()
	return readStream(interruptible(ctx, f), name, overlays)
}

func readStream(r io.Reader, name string, overlays []string) (*mcpmount.Document, error) {
	spec, err := readLimited(r)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return parseDocument(spec, name, overlays...)
}

func parseDocument(spec []byte, name string, overlays ...string) (*mcpmount.Document, error) {
	if len(overlays) > 0 {
		return overlaid(spec, name, overlays)
	}
	doc, err := mcpmount.ParseOpenAPI(spec)
	if err != nil {
		return nil, fail(formatHint, "%s: %w", name, err)
	}
	return doc, nil
}

func readLimited(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxDocumentBytes+1))
	if err == nil && len(data) > maxDocumentBytes {
		return nil, fail("download it and give the file", "more than %d MiB", maxDocumentBytes>>20)
	}
	return data, err
}

// notEmpty returns an error if there is nothing to serve.
func (s *source) notEmpty() error {
	if len(s.doc.Operations) > 0 {
		return nil
	}
	return fail("mcpmount check "+s.name+" may say why", "%s has no operations", s.name)
}

// title returns the title of the document, or its name.
func (s *source) title() string {
	if s.doc.Info.Title == "" {
		return s.name
	}
	return s.doc.Info.Title
}

// operation returns the operation that a flag names: by its operationId, its tool name, or its
// method and path.
func (s *source) operation(flag, key string) (*mcpmount.Operation, error) {
	if op := s.doc.Operation(key); op != nil {
		return op, nil
	}
	return nil, s.noOperation(flag, key)
}

// noOperation returns the error for a flag that names no operation.
func (s *source) noOperation(flag, key string) error {
	var names []string
	for i := range s.doc.Operations {
		names = append(names, s.doc.Operations[i].Name, s.doc.Operations[i].ID)
	}
	return fail("mcpmount tools "+s.name+" lists the names", "%s: there is no operation %q%s", flag, key, spelling.DidYouMean(key, names))
}
