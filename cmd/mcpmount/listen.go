package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/mcpmount/mcpmount"
)

const (
	defaultListen = "127.0.0.1:8080"
	healthPath    = "/healthz"
	drainTimeout  = 10 * time.Second
)

// listenFlags say where a server listens.
type listenFlags struct {
	Listen               string `xor:"listen" placeholder:"HOST:PORT" help:"where to listen (default 127.0.0.1:8080)"`
	AllowUnauthenticated bool   `xor:"anyone" help:"listen beyond this machine, for anyone"`
}

// check completes the flags and refuses what is known to be wrong.
func (f *listenFlags) check() error {
	if f.Listen == "" {
		f.Listen = defaultListen
	}
	host, _, err := net.SplitHostPort(f.Listen)
	if err != nil {
		return misuse("--listen "+defaultListen, "--listen must have the form HOST:PORT")
	}
	if !isLoopback(host) && !f.AllowUnauthenticated {
		return misuse("listen on "+defaultListen+" behind a proxy that authenticates, or say --allow-unauthenticated",
			"on %s, anyone could call the tools, with the credentials this server has", f.Listen)
	}
	return nil
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	const hint = "--listen 127.0.0.1:0 takes a free port"
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fail(hint, "the port of %s is in use", address)
	}
	if err != nil {
		return nil, fail(hint, "%w", err)
	}
	return listener, nil
}

// reachable returns an address that a client on this machine can use.
func reachable(address net.Addr) string {
	host, port, err := net.SplitHostPort(address.String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return address.String()
}

// serveListener serves app until ctx is done, and then lets calls finish.
func serveListener(ctx context.Context, listener net.Listener, app http.Handler, srv *mcpmount.Server, log *slog.Logger) error {
	hs := &http.Server{ // no WriteTimeout: answers may be streams
		Handler:           app,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- hs.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := errors.Join(srv.Shutdown(drain), hs.Shutdown(drain))
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("calls were cut off", "after", drainTimeout)
		return hs.Close()
	}
	return err
}

// healthHandler tells whether the tools can be called, and no names.
func healthHandler(srv *mcpmount.Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		health := srv.Health()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if !health.OK {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		json.NewEncoder(w).Encode(health)
	})
}
