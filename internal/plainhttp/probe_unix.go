//go:build unix

package plainhttp

import (
	"errors"
	"net"
	"syscall"
)

// hasProbe says whether idle connections can be looked at.
const hasProbe = true

// A probe looks at a connection that is idle.
type probe struct {
	raw    syscall.RawConn // nil if it cannot be looked at
	look   func(fd uintptr) bool
	silent bool
	first  [1]byte
}

func newProbe(conn net.Conn) *probe {
	p := &probe{}
	if c, ok := conn.(syscall.Conn); ok {
		p.raw, _ = c.SyscallConn() // nil with an error
	}
	p.look = func(fd uintptr) bool {
		_, err := syscall.Read(int(fd), p.first[:])
		p.silent = errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EWOULDBLOCK)
		return true
	}
	return p
}

// quiet reports whether the connection is open and nothing has come on it. If
// something has, it is no good any more.
func (p *probe) quiet() bool {
	p.silent = false
	return p.raw != nil && p.raw.Read(p.look) == nil && p.silent
}
