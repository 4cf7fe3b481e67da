//go:build !unix

package plainhttp

import "net"

// hasProbe says whether idle connections can be looked at.
const hasProbe = false

type probe struct{}

func newProbe(net.Conn) *probe { return nil }

func (*probe) quiet() bool { return false }
