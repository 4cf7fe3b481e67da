package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mcpmount/mcpmount"
)

// BenchmarkLoad loads large documents with several libraries in one run. They
// do not do the same: mcpmount makes every tool, the others a typed model.
func BenchmarkLoad(b *testing.B) {
	specs, err := findSpecs(repository)
	if err != nil {
		b.Skip(err)
	}
	libopenapi := buildLibopenapi(b)
	for _, document := range []struct{ name, dir, entry string }{
		{"stripe", "", "stripe-2022.json"},
		{"kubernetes", "", "kubernetes-swagger.json"},
		{"digitalocean", "digitalocean", "DigitalOcean-public.v2.yaml"},
	} {
		dir := filepath.Join(specs, document.dir)
		b.Run(document.name+"/mcpmount", func(b *testing.B) { measure(b, loadMCPMount, dir, document.entry) })
		b.Run(document.name+"/kin-openapi", func(b *testing.B) { measure(b, loadKin, dir, document.entry) })
		b.Run(document.name+"/libopenapi", func(b *testing.B) { measureProcess(b, libopenapi, dir, document.entry) })
	}
}

// measure reports what load costs. What it returns is kept alive while the heap
// is measured.
func measure(b *testing.B, load func(dir, entry string) (loaded any, operations int, err error), dir, entry string) {
	b.ReportAllocs()
	before := liveHeap()
	var loaded any
	var operations int
	for b.Loop() {
		loaded = nil
		var err error
		if loaded, operations, err = load(dir, entry); err != nil {
			b.Skipf("does not load: %.200v", err)
		}
	}
	after := liveHeap()
	runtime.KeepAlive(loaded)
	b.ReportMetric((float64(after)-float64(before))/1e6, "live-MB")
	b.ReportMetric(float64(operations), "operations")
}

// buildLibopenapi builds the command in the folder libopenapi, which cannot be
// part of this module.
func buildLibopenapi(b *testing.B) string {
	command := filepath.Join(b.TempDir(), "libopenapi")
	build := exec.CommandContext(b.Context(), "go", "build", "-C", "libopenapi", "-o", command, ".")
	if out, err := build.CombinedOutput(); err != nil {
		b.Logf("libopenapi is left out: %s", out)
		return ""
	}
	return command
}

// measureProcess reports what loading costs in another process.
func measureProcess(b *testing.B, command, dir, entry string) {
	if command == "" {
		b.Skip("libopenapi does not build")
	}
	out, err := exec.CommandContext(b.Context(), command, strconv.Itoa(b.N), dir, entry).Output()
	if err != nil {
		b.Skipf("does not load: %v", err)
	}
	var cost struct {
		Nanoseconds, Allocations, Bytes, LiveBytes float64
		Operations                                 int
	}
	if err := json.Unmarshal(out, &cost); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ReportMetric(cost.Nanoseconds, "ns/op")
	b.ReportMetric(cost.Bytes, "B/op")
	b.ReportMetric(cost.Allocations, "allocs/op")
	b.ReportMetric(cost.LiveBytes/1e6, "live-MB")
	b.ReportMetric(float64(cost.Operations), "operations")
}

func loadMCPMount(dir, entry string) (any, int, error) {
	doc, err := mcpmount.ParseOpenAPIFS(os.DirFS(dir), entry)
	if err != nil {
		return nil, 0, err
	}
	srv, err := mcpmount.New(doc, http.DefaultTransport, nil)
	return []any{doc, srv}, len(doc.Operations), err
}

func loadKin(dir, entry string) (any, int, error) {
	data, err := fs.ReadFile(os.DirFS(dir), entry)
	if err != nil {
		return nil, 0, err
	}
	doc, err := readKin(data, filepath.Join(dir, entry))
	if err != nil {
		return nil, 0, err
	}
	operations := 0
	for _, item := range doc.Paths.Map() {
		operations += len(item.Operations())
	}
	return doc, operations, nil
}

func readKin(data []byte, name string) (*openapi3.T, error) {
	var version struct {
		Swagger string `json:"swagger"`
	}
	if json.Unmarshal(data, &version) == nil && version.Swagger != "" {
		var old openapi2.T
		if err := json.Unmarshal(data, &old); err != nil {
			return nil, err
		}
		return openapi2conv.ToV3(&old)
	}
	l := openapi3.NewLoader()
	l.Context, l.IsExternalRefsAllowed = context.Background(), true
	return l.LoadFromDataWithPath(data, &url.URL{Path: filepath.ToSlash(name)})
}
