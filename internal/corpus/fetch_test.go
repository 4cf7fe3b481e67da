package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFetchDocument(t *testing.T) {
	module, dir := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(module, "a.json"), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	download := func(_ context.Context, name string) (string, error) {
		if name != "example.com/m@v1.0.0" {
			t.Errorf("download(%q), want example.com/m@v1.0.0", name)
		}
		return module, nil
	}
	row := map[string]string{
		"entry":  "b.json",
		"source": "go:example.com/m@v1.0.0/a.json",
		"sha256": "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356",
	}
	if err := fetchDocument(t.Context(), download, row, dir); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "b.json")); string(got) != "{}\n" || err != nil {
		t.Errorf("b.json = %q, %v", got, err)
	}
	row["entry"], row["sha256"] = "c.json", strings.Repeat("0", 64)
	if err := fetchDocument(t.Context(), download, row, dir); err == nil {
		t.Error("no error for another checksum")
	}
	if _, err := os.Stat(filepath.Join(dir, "c.json")); err == nil {
		t.Error("a document with another checksum was written")
	}
}

// TestSources compares the table with the manifest it was taken from.
func TestSources(t *testing.T) {
	rows, err := readTable(sources)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := findSpecs(repository)
	if err != nil {
		t.Skip(err)
	}
	sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if err != nil {
		t.Skip(err)
	}
	manifest, err := readTable(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]map[string]string{}
	for _, row := range rows {
		listed[row["name"]] = row
	}
	for _, want := range manifest {
		if !strings.HasPrefix(want["source"], "go:") {
			continue
		}
		row := listed[want["name"]]
		for _, column := range []string{"entry", "group", "expect", "source", "operations"} {
			if row[column] != want[column] {
				t.Errorf("%s of %s = %q, want %q", column, want["name"], row[column], want[column])
			}
		}
		if !strings.Contains(string(sums), row["sha256"]+"  ./"+want["entry"]) {
			t.Errorf("checksum of %s is not that of SHA256SUMS", want["name"])
		}
	}
}
