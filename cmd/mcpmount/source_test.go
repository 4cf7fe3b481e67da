package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const minimal = `{"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/x": {"get": {"operationId": "getX"}}}}`

func TestReadSource(t *testing.T) {
	folder := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	entry := write("specs/openapi.json", minimal)
	link := filepath.Join(folder, "specs", "link.json")
	outside := write("outside.json", minimal)
	linked := os.Symlink(outside, link) == nil // not everybody may, on Windows
	tests := []struct {
		name, document, refRoot, stdin, err string
	}{
		{name: "file", document: entry},
		{name: "file in a root", document: entry, refRoot: folder},
		{name: "standard input", document: "-", stdin: minimal},
		{name: "missing file", document: folder + "/none.yaml", err: "there is no file "},
		{name: "file that cannot be looked at", document: filepath.Join(folder, strings.Repeat("x", 10_000)), err: "read " + folder},
		{name: "folder", document: folder, err: "is a folder"},
		{name: "file outside of the root", document: entry, refRoot: t.TempDir(), err: "is not in"},
		{name: "link out of the root", document: link, err: "link.json leads out of"},
		{name: "root for standard input", document: "-", refRoot: folder, err: "--ref-root needs a DOCUMENT that is a file"},
		{name: "root for a URL", document: "https://example.com/x", refRoot: folder, err: "--ref-root needs a DOCUMENT that is a file"},
		{name: "standard input that is too large", document: "-", stdin: strings.Repeat(" ", maxDocumentBytes+1), err: "read standard input: more than 16 MiB"},
		{name: "standard input that is nothing", document: "-", err: "standard input"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.document == link && !linked {
				t.Skip("no symbolic links here")
			}
			src, err := readSource(t.Context(), strings.NewReader(tt.stdin), tt.document, tt.refRoot, nil)
			checkError(t, err, tt.err)
			if err == nil && len(src.doc.Operations) != 1 {
				t.Errorf("the document has %d operations, want 1", len(src.doc.Operations))
			}
		})
	}
}

// What the user may not read is not said to be no document.
func TestUnreadable(t *testing.T) {
	var said strings.Builder
	report(&said, unreadable("api.yaml", &fs.PathError{Op: "openat", Path: "api.yaml", Err: fs.ErrPermission}))
	const want = "mcpmount: error: read api.yaml: permission denied\nmcpmount: hint: the user that this runs as needs to read it, and to enter its folder\n"
	if said.String() != want {
		t.Errorf("report = %q, want %q", &said, want)
	}
}

func TestReadSourceRelativeFile(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"openapi.json", "sub/openapi.json"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(minimal), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, root := range []string{"", ".", filepath.Dir(name)} {
			if _, err := readSource(t.Context(), nil, name, root, nil); err != nil {
				t.Errorf("readSource(%q, root %q): %v", name, root, err)
			}
		}
	}
}

func TestReadSourcePipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		defer w.Close()
		io.WriteString(w, minimal)
	}()
	name := fmt.Sprintf("/dev/fd/%d", r.Fd())
	if _, err := os.Stat(name); err != nil {
		t.Skip("no /dev/fd here")
	}
	if _, err := readSource(t.Context(), nil, name, "", nil); err != nil {
		t.Error(err)
	}
}
