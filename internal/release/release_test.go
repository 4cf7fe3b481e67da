package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"debug/elf"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestRelease makes the release for this platform twice, from clones at different
// places, and looks at what is in it.
func TestRelease(t *testing.T) {
	here := runtime.GOOS + "/" + runtime.GOARCH
	first, second := releaseTo(t, here), releaseTo(t, here)
	for name, data := range first {
		if !bytes.Equal(data, second[name]) {
			t.Errorf("%s is another one the second time", name)
		}
	}
	if len(first) != 3 || len(second) != 3 {
		t.Fatalf("%d and %d files, want an archive, a bill of materials and the sums", len(first), len(second))
	}
	var archive, bill string
	for name := range first {
		switch {
		case strings.HasSuffix(name, ".cdx.json"):
			bill = name
		case strings.HasPrefix(name, "mcpmount_"):
			archive = name
		}
	}
	checkSums(t, first)
	files := unpack(t, first[archive])
	checkFiles(t, files)
	checkBill(t, first[bill], files)
}

// releaseTo makes a release for one platform and returns its files.
func releaseTo(t *testing.T, platform string) map[string][]byte {
	t.Helper()
	dist := t.TempDir()
	if err := os.WriteFile(filepath.Join(dist, "mcpmount_v0.0.1_old.zip"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"-o", dist, "-platforms", platform}, io.Discard); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, path := range glob(t, filepath.Join(dist, "*")) {
		files[filepath.Base(path)] = read(t, path)
	}
	return files
}

// unpack returns the files of an archive below its only folder.
func unpack(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	add := func(name string, r io.Reader) {
		_, name, _ = strings.Cut(name, "/")
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	if zipped, err := gzip.NewReader(bytes.NewReader(archive)); err == nil {
		for r := tar.NewReader(zipped); ; {
			header, err := r.Next()
			if err == io.EOF {
				return files
			}
			if err != nil {
				t.Fatal(err)
			}
			add(header.Name, r)
		}
	}
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		add(f.Name, part)
		part.Close()
	}
	return files
}

// checkFiles checks what is in an archive, and that its binary runs here and knows
// its commit.
func checkFiles(t *testing.T, files map[string][]byte) {
	t.Helper()
	binary := "mcpmount"
	if runtime.GOOS == "windows" {
		binary = "mcpmount.exe"
	}
	for name, start := range map[string]string{
		"LICENSE": "MIT License", "README.md": "# mcpmount", "CHANGELOG.md": "# Changelog", "man/mcpmount.1": ".TH MCPMOUNT 1 \"20",
		"completions/mcpmount.bash": "# bash", "completions/_mcpmount": "#compdef", "completions/mcpmount.fish": "# fish",
		"THIRD_PARTY_LICENSES": "What the binary has of others", binary: "",
	} {
		if len(files[name]) == 0 || !bytes.HasPrefix(files[name], []byte(start)) {
			t.Errorf("%s: %.40q", name, files[name])
		}
	}
	path := filepath.Join(t.TempDir(), binary)
	if err := os.WriteFile(path, files[binary], 0o700); err != nil {
		t.Fatal(err)
	}
	head, err := command(t.Context(), ".", nil, "git", "rev-parse", "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	version, err := command(t.Context(), t.TempDir(), []string{"PATH="}, path, "version")
	if err != nil || !strings.Contains(version, "\ncommit   "+head+" of 20") || strings.Contains(version, "with changes") {
		t.Errorf("%v, %s", err, version)
	}
	if runtime.GOOS != "linux" {
		return
	}
	linked, err := elf.NewFile(bytes.NewReader(files[binary]))
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range linked.Progs {
		if program.Type == elf.PT_INTERP || program.Type == elf.PT_DYNAMIC {
			t.Error("the binary is not static")
		}
	}
}

func checkSums(t *testing.T, files map[string][]byte) {
	t.Helper()
	if _, err := exec.LookPath("sha256sum"); err != nil {
		t.Skip("no sha256sum")
	}
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := command(t.Context(), dir, nil, "sha256sum", "--strict", "-c", "SHA256SUMS")
	if err != nil || strings.Count(out, ": OK") != len(files)-1 {
		t.Errorf("%v\n%s", err, out)
	}
}

// checkBill holds a bill of materials against the official schema, and against what
// the go command reads from the binary.
func checkBill(t *testing.T, bill []byte, files map[string][]byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(bill))
	if err != nil {
		t.Fatal(err)
	}
	if err := billSchema(t).Validate(value); err != nil {
		t.Errorf("the official schema: %v", err)
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(bill), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mcpmount")
	if err := os.WriteFile(path, files["mcpmount"], 0o600); err != nil {
		t.Fatal(err)
	}
	embedded, err := command(t.Context(), ".", nil, "go", "version", "-m", path)
	if err != nil {
		t.Fatal(err)
	}
	if len(*bom.Components) != strings.Count(embedded, "\tdep\t")+1 {
		t.Errorf("%d components, but\n%s", len(*bom.Components), embedded)
	}
	known := []string{"MIT", "BSD-3-Clause", "BSD-2-Clause", "Apache-2.0", "ISC"}
	for _, c := range *bom.Components {
		if c.Name != "stdlib" && !strings.Contains(embedded, "\tdep\t"+c.Name+"\t"+c.Version+"\t") {
			t.Errorf("%s %s is not in the binary", c.Name, c.Version)
		}
		for _, l := range *c.Licenses {
			if !slices.Contains(known, l.License.ID) {
				t.Errorf("%s: %s", c.Name, l.License.ID)
			}
		}
		_, text, _ := strings.Cut(string(files["THIRD_PARTY_LICENSES"]), "\n"+c.Name+" "+c.Version+": ")
		if _, text, _ = strings.Cut(text, strings.Repeat("=", 80)+"\n\n"); !slices.Contains(licencesIn([]byte(text[:min(len(text), 1500)])), (*c.Licenses)[0].License.ID) {
			t.Errorf("the licence of %s is not in the archive: %.200s", c.Name, text)
		}
	}
}

// billSchema is the schema that CycloneDX publishes, which the module of its Go library
// has.
func billSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := command(t.Context(), ".", nil, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go")
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	for id, name := range map[string]string{
		"http://cyclonedx.org/schema/bom-1.6.schema.json":  "bom-1.6.schema.json",
		"http://cyclonedx.org/schema/spdx.schema.json":     "spdx.schema.json",
		"http://cyclonedx.org/schema/jsf-0.82.schema.json": "jsf-0.82.schemax.json",
	} {
		schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(read(t, filepath.Join(dir, "schema", name))))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(id, schema); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := c.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// Archives keep modes and contents, and their bytes depend on nothing else.
func TestArchives(t *testing.T) {
	files := []file{{"mcpmount", 0o755, []byte("binary")}, {"man/mcpmount.1", 0o644, bytes.Repeat([]byte("x"), 1<<16)}}
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for name, write := range map[string]func(io.Writer, string, time.Time, []file) error{"tar": writeTar, "zip": writeZip} {
		var first, second bytes.Buffer
		if err := write(&first, "top", at, files); err != nil {
			t.Fatal(err)
		}
		if err := write(&second, "top", at, files); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s: the second one differs", name)
		}
		got := unpack(t, first.Bytes())
		for _, f := range files {
			if !bytes.Equal(got[f.name], f.data) {
				t.Errorf("%s: %s is not what it was", name, f.name)
			}
		}
	}
	dir := t.TempDir()
	var archive bytes.Buffer
	if err := writeTar(&archive, "top", at, files); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "tar", "-xzf", "-")
	cmd.Dir, cmd.Stdin = dir, &archive
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(filepath.Join(dir, "top/mcpmount"))
	if err != nil || info.Mode() != 0o755 || !info.ModTime().Equal(at) {
		t.Errorf("%v, %v", info, err)
	}
}

func TestLicencesIn(t *testing.T) {
	for text, want := range map[string]string{
		"MIT License\nPermission is hereby  granted, free of charge,\nto any person obtaining a copy of":          "MIT",
		"Apache License\n   Version 2.0, January 2004":                                                            "Apache-2.0",
		"Redistributions in binary form must reproduce the above copyright notice, …\nNeither the name of X":      "BSD-3-Clause",
		"Redistributions in binary form must reproduce the above copyright notice, this list":                     "BSD-2-Clause",
		"Mozilla Public License Version 2.0":                                                                      "MPL-2.0",
		"Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is": "ISC",
		"All rights reserved.": "",
		"Apache License\nVersion 2.0, January 2004\nPermission is hereby granted, free of charge, to any person obtaining a copy of this": "MIT Apache-2.0",
	} {
		if got := strings.Join(licencesIn([]byte(text)), " "); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// A module whose terms nobody can tell stops a release.
func TestUnknownLicence(t *testing.T) {
	dir := t.TempDir()
	m := &module{path: "example.com/mine"}
	if err := m.readLicences(dir); err == nil || !strings.Contains(err.Error(), "no licence") {
		t.Errorf("without a file: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "LICENSE"), []byte("All rights reserved."), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := m.readLicences(dir); err == nil || !strings.Contains(err.Error(), "example.com/mine") {
		t.Errorf("with one that is not known: %v", err)
	}
}

func TestMisuse(t *testing.T) {
	if err := run(t.Context(), []string{"-o", t.TempDir(), "-platforms", "linux"}, io.Discard); err == nil || !strings.Contains(err.Error(), `"linux" is not a platform`) {
		t.Error(err)
	}
	t.Chdir(t.TempDir())
	if err := run(context.Background(), []string{"-o", "dist"}, io.Discard); err == nil || !strings.Contains(err.Error(), "in a clone") {
		t.Error(err)
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
