package remote

import "net/netip"

// A Reach says from where an address can be reached.
type Reach int

// The reaches of addresses, from near to far.
const (
	ThisMachine Reach = iota
	ThisLink          // never that of a name: cloud metadata are here
	Private
	Public
)

// ReachOf returns the reach of an address: RFC 6890. What no host on the
// internet has is private, as are addresses that stand for one of IPv4, since who
// translates them may reach anything.
func ReachOf(ip netip.Addr) Reach {
	ip = ip.Unmap().WithZone("") // no network contains an address with a zone
	switch {
	case ip.IsLoopback():
		return ThisMachine
	case !ip.IsValid() || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast():
		return ThisLink
	case ip.IsPrivate(), ip.Is6() && !netip.MustParsePrefix("2000::/3").Contains(ip):
		return Private
	}
	for _, network := range [...]string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
		"2001::/23", "2002::/16",
	} {
		if netip.MustParsePrefix(network).Contains(ip) {
			return Private
		}
	}
	return Public
}
