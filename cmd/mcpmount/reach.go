package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/mcpmount/mcpmount/internal/remote"
)

// dial connects to the host of the URL. Whoever typed it chose it, be it a
// private one; but the address of a name is for others to say. So http, and
// localhost, lead to this machine only, no name leads to this link, and what
// was public once does not become private. A proxy is for the operator to
// choose.
func (f *urlFeed) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 10 * time.Second, ControlContext: f.checkAddress}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: f.url}); err == nil && proxy != nil {
		dialer.ControlContext = nil
	}
	return dialer.DialContext(ctx, network, address)
}

// checkAddress refuses an address that the host of the URL must not have. Several
// may be tried at once.
func (f *urlFeed) checkAddress(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	to, host := remote.ReachOf(at.Addr()), f.url.Hostname()
	_, err = netip.ParseAddr(host)
	named := err != nil
	switch {
	case (f.url.Scheme == "http" || isLoopback(host)) && to != remote.ThisMachine:
		return fmt.Errorf("%s leads to %s, which is not this machine", host, at.Addr())
	case named && to == remote.ThisLink:
		return fmt.Errorf("%s leads to %s, where no document is", host, at.Addr())
	case named && f.public.Load() && to != remote.Public:
		return fmt.Errorf("%s was public, and now leads to %s", host, at.Addr())
	}
	if to == remote.Public {
		f.public.Store(true)
	}
	return nil
}
