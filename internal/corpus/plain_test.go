package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder of plain files is examined without a manifest: each document once,
// with what it refers to, and nothing that is no document.
func TestPlainFolder(t *testing.T) {
	const pet = `
openapi: 3.0.0
info: {title: a, description: one, description: two, version: '1'}
paths:
  /pets/{id}:
    $ref: parts/item.yaml
  /pets: {post: {requestBody: {required: true, content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}}}}}
`
	dir := t.TempDir()
	for name, text := range map[string]string{
		"pets/api.yaml":        pet,
		"pets/parts/item.yaml": `{get: {parameters: [{name: id, in: path, required: true, schema: {type: string, minLength: 3}}]}, delete: {parameters: [{name: id, in: path, required: true}]}}`,
		"copy/api.yml":         pet,
		"old.json":             `{"swagger":"2.0","paths":{"/a":{"get":{"parameters":[{"name":"q","in":"query","type":"string","required":true}]}}}}`,
		"chart.yaml":           "apiVersion: v1\nopenapi: see paths\n",
		"notes.txt":            pet,
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	specimens, err := plainSpecimens([]string{filepath.Join(dir, "pets"), dir})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*result{}
	for _, s := range specimens {
		got[s.group+" "+s.name] = examine(s)
	}
	if len(got) != 2 {
		t.Errorf("examined %v, want the two documents once", got)
	}
	for key, want := range map[string]struct{ operations, accepted int }{"pets api.yaml": {3, 6}, filepath.Base(dir) + " old.json": {1, 2}} {
		r := got[key]
		if r == nil {
			t.Errorf("%s is not examined", key)
			continue
		}
		if r.refused != nil || r.operations != want.operations || r.served != want.operations || r.calls.accepted != want.accepted {
			t.Errorf("%s: %d of %d operations, calls %+v, %v; want %+v", key, r.served, r.operations, r.calls, r.refused, want)
		}
	}
}

func TestPlainArguments(t *testing.T) {
	empty := t.TempDir()
	for _, arg := range []string{empty, filepath.Join(empty, "none.yaml")} {
		if err := run(t.Context(), []string{arg}, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), filepath.Base(arg)) {
			t.Errorf("run %s: %v, want an error that names it", arg, err)
		}
	}
}
