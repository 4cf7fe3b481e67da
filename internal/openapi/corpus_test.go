package openapi

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A specimen is a row of the manifest of the documents of others.
type specimen struct {
	name       string
	dir, entry string
	expect     string
	operations int
}

func (s specimen) source() Source {
	return Source{FS: os.DirFS(s.dir), Name: s.entry}
}

// corpus returns the documents of others, and skips the test without them.
func corpus(t testing.TB) []specimen {
	t.Helper()
	dir := os.Getenv("MCPMOUNT_SPECS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "specs")
	}
	f, err := os.Open(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Skip("no documents of others: set MCPMOUNT_SPECS to their folder")
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := make(map[string]int)
	for i, name := range rows[0] {
		column[name] = i
	}
	var specimens []specimen
	for _, row := range rows[1:] {
		s := specimen{name: row[column["name"]], dir: dir, entry: row[column["entry"]], expect: row[column["expect"]]}
		s.operations, _ = strconv.Atoi(row[column["operations"]])
		// A document of many files has a folder of its own.
		if folder, rest, ok := strings.Cut(s.entry, "/"); ok && !strings.Contains(folder, ".") && folder != "crafted" && folder != "negative" {
			s.dir, s.entry = filepath.Join(dir, folder), rest
		}
		specimens = append(specimens, s)
	}
	return specimens
}

func TestCorpus(t *testing.T) {
	for _, s := range corpus(t) {
		t.Run(s.name, func(t *testing.T) {
			doc, err := Load(s.source())
			switch {
			case s.expect == "reject":
				if err == nil {
					t.Fatalf("Load = %d operations, want an error", len(doc.Operations))
				}
				t.Log(err)
			case err != nil:
				if s.expect != "limits" {
					t.Fatal(err)
				}
				t.Log(err)
			default:
				if got := len(doc.Operations); got != s.operations {
					t.Errorf("%d operations, want %d", got, s.operations)
				}
				for _, p := range doc.Problems {
					t.Log(s.expect, p)
				}
			}
		})
	}
}

// BenchmarkLoad loads documents of a few megabytes, in one file and in 2,900.
func BenchmarkLoad(b *testing.B) {
	large := []string{"stripe-2022.json", "kubernetes-swagger.json", "digitalocean"}
	for _, s := range corpus(b) {
		if !slices.Contains(large, s.name) {
			continue
		}
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var doc *Document
			for b.Loop() {
				var err error
				if doc, err = Load(s.source()); err != nil {
					b.Fatal(err)
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc), "live-B")
			runtime.KeepAlive(doc)
		})
	}
}
