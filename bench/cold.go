package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/mcpmount/mcpmount"
)

// A cold is what a server of a document costs to start.
type cold struct {
	Bytes     int64         // of the document's first file
	Tools     int           // that are listed
	Load, New time.Duration // reading and parsing; making the server
	First     time.Duration // the first tools/list
	Live      int64         // bytes that the server holds on to, without the document
	Peak      int64         // most memory that the process had; 0 if it is not known
}

// A start is a document and what each of several processes saw.
type start struct {
	name    string
	samples []cold
	skipped string
}

// measureCold is the child process: it starts a server of the document in a file,
// once.
func measureCold(args []string, stdout io.Writer) error {
	s := spec{Document: args[0]}
	var c cold
	if info, err := os.Stat(s.Document); err == nil {
		c.Bytes = info.Size()
	}
	debug.FreeOSMemory()
	empty := currentMemory().Heap
	srv, err := startCold(s, &c)
	if err != nil {
		return err
	}
	debug.FreeOSMemory()
	c.Live = int64(currentMemory().Heap) - int64(empty)
	begin := time.Now()
	if c.Tools, err = countTools(srv); err != nil {
		return err
	}
	c.First = time.Since(begin)
	if c.Peak, err = peak(os.Getpid()); err != nil {
		c.Peak = 0
	}
	return json.NewEncoder(stdout).Encode(c)
}

// startCold makes the server of a document, which is garbage afterwards.
func startCold(s spec, c *cold) (*mcpmount.Server, error) {
	begin := time.Now()
	doc, err := readDocument(s)
	if err != nil {
		return nil, err
	}
	c.Load = time.Since(begin)
	begin = time.Now()
	srv, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), options())
	c.New = time.Since(begin)
	return srv, err
}

func countTools(srv http.Handler) (int, error) {
	tools, err := listFrom(srv)
	return len(tools), err
}

// documents are those of other people that are started, by the name of their file.
var documents = []struct{ name, file string }{
	{"Stripe", "stripe-2022.json"},
	{"Kubernetes", "kubernetes-swagger.json"},
	{"DigitalOcean", "digitalocean/DigitalOcean-public.v2.yaml"},
}

// specsFolder returns where documents of other people are, or "".
func specsFolder() string {
	for _, dir := range []string{os.Getenv("MCPMOUNT_SPECS"), "../../shared/specs"} {
		if _, err := os.Stat(filepath.Join(dir, "MANIFEST.tsv")); dir != "" && err == nil {
			return dir
		}
	}
	return ""
}

// coldStarts starts a server of each document up to three times, each in a process of its own.
func (b *bench) coldStarts(ctx context.Context, generated ...int) ([]*start, error) {
	starts := []*start{}
	arguments := map[*start]string{} // the files
	for _, d := range documents {
		s := &start{name: d.name}
		starts = append(starts, s)
		if arguments[s] = filepath.Join(specsFolder(), filepath.FromSlash(d.file)); specsFolder() == "" {
			s.skipped = "the document is not here: set MCPMOUNT_SPECS"
		}
	}
	for _, n := range generated {
		s := &start{name: fmt.Sprintf("generated, %d operations", n)}
		starts, arguments[s] = append(starts, s), filepath.Join(b.dir, fmt.Sprintf("generated-%d.json", n))
		raw, err := generateDocument(n, "first")
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(arguments[s], raw, 0o600); err != nil {
			return nil, err
		}
	}
	for range min(b.rounds, 3) {
		for _, s := range starts {
			if s.skipped != "" {
				continue
			}
			fmt.Fprintf(b.progress, "cold start, %s\n", s.name)
			var c cold
			err := b.run(ctx, &c, "cold", arguments[s])
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if err != nil {
				s.skipped = strings.TrimSpace(err.Error())
				continue
			}
			s.samples = append(s.samples, c)
		}
	}
	return starts, nil
}
