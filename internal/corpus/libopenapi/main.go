// Command libopenapi loads a document with libopenapi and prints what that
// costs, as JSON. It is a module and a process of its own, because libopenapi
// needs a release candidate of the YAML parser that mcpmount has the release of.
//
//	libopenapi TIMES FOLDER ENTRY
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/pb33f/libopenapi"
	"github.com/pb33f/libopenapi/datamodel"
)

// A cost is what loading takes, on average.
type cost struct {
	Nanoseconds, Allocations, Bytes, LiveBytes float64
	Operations                                 int
}

func main() {
	c, err := run(os.Args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(c)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) (cost, error) {
	if len(args) != 3 {
		return cost{}, errors.New("usage: libopenapi TIMES FOLDER ENTRY")
	}
	times, err := strconv.Atoi(args[0])
	if err != nil {
		return cost{}, err
	}
	empty := memory()
	loaded, operations, err := load(args[1], args[2])
	if err != nil {
		return cost{}, err
	}
	// Measured after one document: libopenapi keeps earlier ones in its caches.
	full := memory()
	runtime.KeepAlive(loaded)
	before, start := memory(), time.Now()
	for range times {
		if _, _, err := load(args[1], args[2]); err != nil {
			return cost{}, err
		}
	}
	elapsed, after := time.Since(start), memory()
	n := float64(times)
	return cost{
		Nanoseconds: float64(elapsed) / n,
		Allocations: float64(after.Mallocs-before.Mallocs) / n,
		Bytes:       float64(after.TotalAlloc-before.TotalAlloc) / n,
		LiveBytes:   float64(full.HeapAlloc) - float64(empty.HeapAlloc),
		Operations:  operations,
	}, nil
}

func memory() runtime.MemStats {
	runtime.GC()
	runtime.GC() // what finalizers held
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats
}

// load returns the model of a document, and how many operations it has.
func load(dir, entry string) (model any, operations int, err error) {
	data, err := os.ReadFile(filepath.Join(dir, entry))
	if err != nil {
		return nil, 0, err
	}
	config := datamodel.NewDocumentConfiguration()
	config.AllowFileReferences, config.BasePath = true, dir
	doc, err := libopenapi.NewDocumentWithConfiguration(data, config)
	if err != nil {
		return nil, 0, err
	}
	if doc.GetSpecInfo().SpecFormat == datamodel.OAS2 {
		m, err := doc.BuildV2Model()
		if m == nil {
			return nil, 0, fmt.Errorf("no model: %w", err)
		}
		for item := range m.Model.Paths.PathItems.ValuesFromOldest() {
			operations += item.GetOperations().Len()
		}
		return m, operations, nil
	}
	m, err := doc.BuildV3Model()
	if m == nil {
		return nil, 0, fmt.Errorf("no model: %w", err)
	}
	for item := range m.Model.Paths.PathItems.ValuesFromOldest() {
		operations += item.GetOperations().Len()
	}
	return m, operations, nil // with errors, perhaps: it tolerates them
}
