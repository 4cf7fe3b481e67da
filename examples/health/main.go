// Command health tells a load balancer when to send requests and when to stop,
// and loses no call when it ends.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mcpmount/mcpmount"
)

//go:embed openapi.yaml
var spec []byte

func main() {
	listen := flag.String("listen", "localhost:8080", "`HOST:PORT` to listen on")
	notice := flag.Duration("notice", 5*time.Second, "how long the load balancer takes to notice that /readyz fails")
	drain := flag.Duration("drain", 20*time.Second, "how long calls may go on then")
	flag.Parse()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	if err := run(signals, *listen, *notice, *drain); err != nil {
		log.Fatal(err)
	}
}

func run(signals <-chan os.Signal, listen string, notice, drain time.Duration) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /report", report)
	doc, err := mcpmount.ParseOpenAPI(spec)
	if err != nil {
		return err
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(mux), nil)
	if err != nil {
		return err
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		return err
	}
	// Alive: restart the process if this fails. It says nothing of the tools.
	mux.HandleFunc("GET /livez", func(http.ResponseWriter, *http.Request) {})
	// Ready: send requests here, for as long as this is 200.
	var leaving atomic.Bool
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		health := srv.Health()
		health.OK = health.OK && !leaving.Load()
		if !health.OK {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		json.NewEncoder(w).Encode(health)
	})

	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", listen)
	if err != nil {
		return err
	}
	hs := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second} // no WriteTimeout: it would end streams
	failed := make(chan error, 1)
	go func() { failed <- hs.Serve(listener) }()
	log.Printf("listening on http://%s", listener.Addr())
	select {
	case err := <-failed:
		return err
	case <-signals:
	}
	leaving.Store(true) // from here on /readyz fails, and everything else still works
	log.Printf("not ready any more")
	select {
	case <-time.After(notice):
	case <-signals: // somebody is in a hurry
	}
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	// First the MCP server, whose streams would keep the other one waiting.
	return errors.Join(srv.Shutdown(ctx), hs.Shutdown(ctx))
}

// report takes as long as its caller says, as real reports do.
func report(w http.ResponseWriter, r *http.Request) {
	pause, err := time.ParseDuration(r.FormValue("pause"))
	if err != nil {
		http.Error(w, "pause is no duration", http.StatusBadRequest)
		return
	}
	log.Printf("report begun: %v", pause)
	select {
	case <-time.After(pause):
		fmt.Fprint(w, "the report is complete")
	case <-r.Context().Done():
	}
}
