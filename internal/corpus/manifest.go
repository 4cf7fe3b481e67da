package main

import (
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A specimen is a row of the manifest: a document of somebody else, and what a
// good tool does with it.
type specimen struct {
	name       string
	group      string // real, fixture, negative or crafted; or a folder
	expect     string // accept, lenient, reject or limits; empty if nothing is known
	source     string
	operations int

	fsys  fs.FS  // what the document and its references can reach
	entry string // the file of fsys to open
}

// specsFolder is where the documents are, seen from the root of the repository.
const specsFolder = "../shared/specs"

// findSpecs returns the folder of the documents: that of MCPMOUNT_SPECS, or the
// one beside the repository with the given root.
func findSpecs(root string) (string, error) {
	dir := os.Getenv("MCPMOUNT_SPECS")
	if dir == "" {
		dir = filepath.Join(root, specsFolder)
	}
	if _, err := os.Stat(filepath.Join(dir, "MANIFEST.tsv")); err != nil {
		return "", fmt.Errorf("no documents in %s: set MCPMOUNT_SPECS to a folder with a MANIFEST.tsv, or run make corpus-fetch", dir)
	}
	return dir, nil
}

// readManifest returns the specimens in dir whose files are there.
func readManifest(dir string) ([]specimen, error) {
	rows, err := readTable(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		return nil, err
	}
	var specimens []specimen
	for _, row := range rows {
		entry := row["entry"]
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(entry))); err != nil {
			continue // only part of the documents was fetched
		}
		s := specimen{name: row["name"], group: row["group"], expect: row["expect"], source: row["source"]}
		s.operations, _ = strconv.Atoi(row["operations"])
		s.fsys, s.entry = rootOf(dir, entry)
		specimens = append(specimens, s)
	}
	return specimens, nil
}

// rootOf returns the root that holds all files of a document, and its entry
// file in there. A document of many files has a folder of its own; the folders
// crafted and negative hold documents of one file.
func rootOf(dir, entry string) (fs.FS, string) {
	folder, rest, ok := strings.Cut(entry, "/")
	if ok && folder != "crafted" && folder != "negative" {
		return os.DirFS(filepath.Join(dir, folder)), rest
	}
	return os.DirFS(dir), entry
}

// readTable returns the rows of a table with tabs between its columns, each by
// the names in the first row.
func readTable(name string) ([]map[string]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	records, err := r.ReadAll()
	if err != nil || len(records) == 0 {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := make(map[string]string, len(record))
		for i, value := range record {
			if i < len(records[0]) {
				row[records[0][i]] = value
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}
