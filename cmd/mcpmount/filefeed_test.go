package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Whatever happens to the files of a document is noticed, and nothing else is.
func TestFileFeed(t *testing.T) {
	const entry = `{"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/x": {"$ref": "part.json"}}}`
	const part = `{"get": {"operationId": "getX"}}`
	for _, tt := range []struct {
		name string
		edit func(t *testing.T, folder string)
		want string // names of operations, or "!" and an error, or "" for no change
	}{
		{"nothing", func(*testing.T, string) {}, ""},
		{"touched", func(t *testing.T, folder string) { touch(t, folder+"/api.json") }, ""},
		{"replaced by the same", func(t *testing.T, folder string) { replaceFile(t, folder+"/api.json", entry) }, ""},
		{"another file beside it", func(t *testing.T, folder string) { replaceFile(t, folder+"/other.json", "{}") }, ""},
		{"replaced", func(t *testing.T, folder string) {
			replaceFile(t, folder+"/part.json", `{"get": {"operationId": "getY"}}`)
		}, "getY"},
		{"replaced by an old one", func(t *testing.T, folder string) {
			replaceFile(t, folder+"/part.json", `{"get": {"operationId": "getY"}}`)
			age(t, folder+"/part.json")
		}, "getY"},
		{"written in place", func(t *testing.T, folder string) {
			if err := os.WriteFile(folder+"/part.json", []byte(`{"put": {"operationId": "putX"}}`), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "putX"},
		{"part removed", func(t *testing.T, folder string) { remove(t, folder+"/part.json") }, "none"},
		{"document removed", func(t *testing.T, folder string) { remove(t, folder+"/api.json") }, "!there is no file"},
		{"folder removed", func(t *testing.T, folder string) { remove(t, folder) }, "!there is no file"},
		{"part is a folder", func(t *testing.T, folder string) {
			remove(t, folder+"/part.json")
			if err := os.Mkdir(folder+"/part.json", 0o700); err != nil {
				t.Fatal(err)
			}
		}, "none"},
		{"broken", func(t *testing.T, folder string) { replaceFile(t, folder+"/api.json", "{") }, "!api.json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "spec")
			write := func() {
				if err := os.MkdirAll(folder, 0o700); err != nil {
					t.Fatal(err)
				}
				remove(t, folder+"/part.json")
				replaceFile(t, folder+"/part.json", part)
				replaceFile(t, folder+"/api.json", entry)
				age(t, folder+"/part.json")
				age(t, folder+"/api.json")
			}
			write()
			src, err := readSource(t.Context(), nil, folder+"/api.json", "", nil)
			if got := operations(src, err); got != "getX" {
				t.Fatalf("at first: %s", got)
			}
			for _, force := range []bool{false, true} {
				if again, err := src.feed.next(t.Context(), force); again != nil || err != nil {
					t.Errorf("before the edit: %s", operations(again, err))
				}
			}
			tt.edit(t, folder)
			again, err := src.feed.next(t.Context(), false)
			if got := operations(again, err); got != tt.want && (!strings.HasPrefix(tt.want, "!") || !strings.Contains(got, tt.want[1:])) {
				t.Errorf("after the edit: %s, want %s", got, tt.want)
			}
			if again, err := src.feed.next(t.Context(), false); again != nil || err != nil {
				t.Errorf("once more: %s", operations(again, err))
			}
			write()
			again, err = src.feed.next(t.Context(), false)
			if got := operations(again, err); (got == "") != (tt.want == "") || got != "" && got != "getX" {
				t.Errorf("when it is as at first: %s", got)
			}
		})
	}
}

// A folder that is mounted from a Kubernetes ConfigMap changes by one link.
func TestFileFeedLinks(t *testing.T) {
	folder := t.TempDir()
	for _, version := range []string{"1", "2"} {
		if err := os.Mkdir(filepath.Join(folder, version), 0o700); err != nil {
			t.Fatal(err)
		}
		replaceFile(t, filepath.Join(folder, version, "api.json"), strings.Replace(minimal, "getX", "get"+version, 1))
		age(t, filepath.Join(folder, version, "api.json"))
	}
	link := func(target, name string) {
		name = filepath.Join(folder, name)
		if err := os.Symlink(target, name+"~"); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
		if err := os.Rename(name+"~", name); err != nil {
			t.Fatal(err)
		}
	}
	link("1", "..data")
	link("..data/api.json", "api.json")
	src, err := readSource(t.Context(), nil, filepath.Join(folder, "api.json"), "", nil)
	if got := operations(src, err); got != "get1" {
		t.Fatalf("at first: %s", got)
	}
	link("2", "..data")
	if again, err := src.feed.next(t.Context(), false); operations(again, err) != "get2" {
		t.Errorf("after the change: %s", operations(again, err))
	}
}

// operations returns the names of the operations of src, or "!" and the error.
func operations(src *source, err error) string {
	switch {
	case err != nil:
		return "!" + err.Error()
	case src == nil:
		return ""
	case len(src.doc.Operations) == 0:
		return "none"
	}
	var names []string
	for _, op := range src.doc.Operations {
		names = append(names, op.Name)
	}
	return strings.Join(names, " ")
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.Chtimes(path, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
}

// age makes a file older than a file system could confuse with now.
func age(t *testing.T, path string) {
	t.Helper()
	if err := os.Chtimes(path, time.Now(), time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
}
