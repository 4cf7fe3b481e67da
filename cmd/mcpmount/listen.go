package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const defaultListen = "127.0.0.1:8080"

// listenFlags say where a server listens.
type listenFlags struct {
	Listen         string `xor:"listen" placeholder:"HOST:PORT" help:"where to listen (default 127.0.0.1:8080)"`
	BehindTLSProxy bool   `xor:"anyone" name:"behind-tls-proxy" help:"listen beyond this machine without TLS: a proxy in front has it"`

	shutdownFlags `embed:""`
}

// shutdownFlags say how a server ends.
type shutdownFlags struct {
	ShutdownTimeout time.Duration `default:"10s" placeholder:"10s" help:"how long calls may go on after SIGTERM or an interrupt; a second one ends at once"`
}

func (f *shutdownFlags) check() error {
	if f.ShutdownTimeout < 0 {
		return misuse("--shutdown-timeout 0s waits for nothing", "--shutdown-timeout must not be negative")
	}
	return nil
}

// check completes the flags and refuses what is known to be wrong.
func (f *listenFlags) check() error {
	if f.Listen == "" {
		f.Listen = defaultListen
	}
	if err := f.shutdownFlags.check(); err != nil {
		return err
	}
	return checkAddress("--listen", f.Listen, defaultListen)
}

// checkAddress refuses what is no address to listen on; example is one.
func checkAddress(flag, address, example string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return misuse(flag+" "+example, "%s must have the form HOST:PORT", flag)
	}
	if n, err := strconv.Atoi(port); err == nil && (n < 0 || n > 65535) {
		return misuse(flag+" "+example, "%s: there is no port %s; ports are 0 (a free one) to 65535", flag, port)
	}
	return nil
}

// admit refuses an API that others than this machine could misuse: one for
// anyone, unless that is said, and one whose callers send credentials in the clear.
func (f *listenFlags) admit(authenticated, encrypted, anyone bool) error {
	host, _, _ := net.SplitHostPort(f.Listen)
	switch {
	case isLoopback(host):
	case !authenticated && !anyone:
		return misuse("--auth keys, --auth jwt, or --allow-unauthenticated behind a proxy that authenticates",
			"on %s, anyone could call the tools, with the credentials this server has", f.Listen)
	case authenticated && !encrypted && !f.BehindTLSProxy:
		return misuse("--tls-cert FILE --tls-key FILE, or --behind-tls-proxy if a proxy in front has TLS",
			"on %s, credentials of callers would come unencrypted", f.Listen)
	}
	return nil
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	const hint = "--listen 127.0.0.1:0 takes a free port"
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fail(hint, "the port of %s is in use", address)
	}
	if errors.Is(err, syscall.EACCES) {
		return nil, fail("ports below 1024 are not for every user", "%w", err)
	}
	if err != nil {
		return nil, fail("the host must be an address of this machine", "%w", err)
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

// A drainer lets calls finish and takes no more: a [mcpmount.Server], or several.
type drainer interface {
	Shutdown(context.Context) error
}

// newHTTPServer returns a server of app. A client has a minute to send a request: net/http
// waits for a body even after it was refused. Answers, which may be streams, have no limit.
func newHTTPServer(app http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           app,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// serve serves app until ctx is done, and then lets the calls of srv finish.
func (f *shutdownFlags) serve(ctx context.Context, listener net.Listener, app http.Handler, srv drainer, log *slog.Logger) error {
	hs := newHTTPServer(app, log)
	failed := make(chan error, 1)
	go func() { failed <- hs.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("shutting down", "timeout", f.ShutdownTimeout)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.ShutdownTimeout)
	defer cancel()
	err := srv.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("calls were cut off", "after", f.ShutdownTimeout)
		err = nil
		drain, cancel = context.WithTimeout(context.WithoutCancel(ctx), time.Second) // for their answers
		defer cancel()
	}
	if err = errors.Join(err, hs.Shutdown(drain)); errors.Is(err, context.DeadlineExceeded) {
		return hs.Close()
	}
	return err
}

// seen returns app as it is called: behind a proxy, by the client that the
// proxy names last in X-Forwarded-For, and not by the proxy. Other entries come from the
// client and may say anything.
func (f *listenFlags) seen(app http.Handler) http.Handler {
	if !f.BehindTLSProxy {
		return app
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		values := r.Header.Values("X-Forwarded-For")
		if len(values) > 0 {
			last := values[len(values)-1]
			last = strings.TrimSpace(last[strings.LastIndex(last, ",")+1:])
			if ip, err := netip.ParseAddr(last); err == nil {
				r = r.WithContext(r.Context()) // a copy
				r.RemoteAddr = net.JoinHostPort(ip.String(), "0")
			}
		}
		app.ServeHTTP(w, r)
	})
}
