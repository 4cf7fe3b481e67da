// Package server starts and stops the programs of this module, as an app of
// yours does already.
package server

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/mcpmount/mcpmount"
)

// Run serves app on address until SIGTERM or an interrupt. Then it lets the
// calls of the MCP servers in app finish, ends their streams, and after them
// lets other requests finish. What takes longer than ten seconds is cut off, and
// an error.
func Run(address string, app http.Handler, servers ...*mcpmount.Server) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	hs := &http.Server{Handler: app, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- hs.Serve(listener) }()
	log.Printf("listening on http://%s", listener.Addr())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop() // a second signal ends at once
	drain, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, srv := range servers {
		err = errors.Join(err, srv.Shutdown(drain))
	}
	return errors.Join(err, hs.Shutdown(drain))
}
