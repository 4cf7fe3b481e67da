package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const metricsPath = "/metrics"

// metricsFlags say where metrics are.
type metricsFlags struct {
	MetricsListen string `placeholder:"HOST:PORT" help:"serve metrics for Prometheus at /metrics there; whoever reaches it can read them"`
}

// check refuses what is known to be wrong, where the APIs are at the address listen. An
// address for everybody has to be written as one.
func (f *metricsFlags) check(listen string) error {
	if f.MetricsListen == "" {
		return nil
	}
	if err := checkAddress("--metrics-listen", f.MetricsListen, "127.0.0.1:9464"); err != nil {
		return err
	}
	switch host, port, _ := net.SplitHostPort(f.MetricsListen); {
	case host == "":
		return misuse("--metrics-listen 127.0.0.1:9464, or 0.0.0.0:9464 where a firewall says who reaches it",
			"--metrics-listen %s has no host: anyone could read the metrics", f.MetricsListen)
	case f.MetricsListen == listen && port != "0":
		return misuse("--metrics-listen 127.0.0.1:9464", "--metrics-listen %s is where the APIs are: metrics have a port of their own", f.MetricsListen)
	}
	return nil
}

// isLocal reports whether only this machine reaches the metrics.
func (f *metricsFlags) isLocal() bool {
	host, _, _ := net.SplitHostPort(f.MetricsListen)
	return isLoopback(host)
}

// serveMetrics serves the metrics, if they are asked for, until the returned
// function is called.
func (s *service) serveMetrics(ctx context.Context) (stop func(), err error) {
	if s.metrics == nil {
		return func() {}, nil
	}
	address := s.process.MetricsListen
	listener, err := listen(ctx, address)
	if err != nil {
		return nil, fail("--metrics-listen 127.0.0.1:0 takes a free port", "metrics: %w", err)
	}
	if !s.process.isLocal() {
		s.log.Warn("whoever reaches the address of the metrics can read them", "address", address)
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+metricsPath, promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{
		ErrorHandling:       promhttp.ContinueOnError,
		ErrorLog:            slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		MaxRequestsInFlight: 4,
	}))
	var app http.Handler = mux
	if s.process.isLocal() {
		app = s.process.onlyLocal(mux)
	}
	hs := &http.Server{
		Handler:     app,
		ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = hs.Serve(listener) // which ends when it is closed
	}()
	s.metricsURL = "http://" + reachable(listener.Addr()) + metricsPath
	return func() {
		_ = hs.Close()
		<-done
	}, nil
}

// onlyLocal returns app without what a web page can ask of it by a name of its own
// that leads to this machine.
func (f *processFlags) onlyLocal(app http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		if !isLoopback(host) && !slices.Contains(f.AllowHost, host) {
			http.Error(w, "this host name is not one of the server; --allow-host adds it", http.StatusForbidden)
			return
		}
		app.ServeHTTP(w, r)
	})
}
