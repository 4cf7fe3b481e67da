package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync"
	"time"

	"github.com/mcpmount/mcpmount"
)

// A hello is what a child process that serves says first: where it listens, and
// where it tells of itself, apart from what is measured.
type hello struct{ Addr, Admin string }

// memory is what the runtime of a child process has allocated.
type memory struct {
	Allocations, Bytes uint64 // since it began
	Heap               uint64 // in use, in bytes
	Live               uint64 // what the collector of garbage found in use when it ran last, in bytes
}

// serve serves what args[0] says until stdin ends.
func serve(args []string, stdin io.Reader, stdout io.Writer) error {
	var s spec
	if err := json.Unmarshal([]byte(args[0]), &s); err != nil {
		return err
	}
	handler, err := handlerOf(s)
	if err != nil {
		return err
	}
	addr, err := listen(handler)
	if err != nil {
		return err
	}
	admin, err := listen(administration(handler, s))
	if err != nil {
		return err
	}
	if err := json.NewEncoder(stdout).Encode(hello{addr, admin}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, stdin)
	return err
}

// listen serves h until the process ends.
func listen(h http.Handler) (addr string, err error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	go func() { _ = srv.Serve(l) }() // until then
	return l.Addr().String(), nil
}

// administration tells what h has cost, and exchanges its tools.
func administration(h http.Handler, s spec) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /memory", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("gc") {
			debug.FreeOSMemory()
		}
		writeJSON(w, currentMemory())
	})
	editions := sync.OnceValues(func() ([]*mcpmount.Document, error) { return editions(s.Tools) })
	mux.HandleFunc("POST /update", func(w http.ResponseWriter, r *http.Request) {
		docs, err := editions()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		n, _ := strconv.Atoi(r.URL.Query().Get("edition"))
		took, err := update(h, docs[n&1])
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		writeJSON(w, took)
	})
	return mux
}

func currentMemory() memory {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return memory{m.Mallocs, m.TotalAlloc, m.HeapAlloc, live[0].Value.Uint64()}
}

// update gives h the tools of doc, and returns how long that took.
func update(h http.Handler, doc *mcpmount.Document) (time.Duration, error) {
	u, ok := h.(updatable)
	if !ok {
		return 0, errors.New("the subject has no updates")
	}
	begin := time.Now()
	err := u.server.Update(doc)
	return time.Since(begin), err
}

// get returns what the administration of a process answers.
func get[T any](ctx context.Context, method, url string) (T, error) {
	var v T
	r, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return v, err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return v, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.300s", url, strconv.Itoa(res.StatusCode), body)
	}
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(body, &v)
}
