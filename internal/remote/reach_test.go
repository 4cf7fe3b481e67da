package remote

import (
	"net/netip"
	"testing"
)

func TestReachOf(t *testing.T) {
	for address, want := range map[string]Reach{
		"127.0.0.1": ThisMachine, "::1": ThisMachine, "::1%1": ThisMachine, "::ffff:127.0.0.1": ThisMachine,
		"169.254.169.254": ThisLink, "0.0.0.0": ThisLink, "::": ThisLink, "fe80::1%eth0": ThisLink, "224.0.0.1": ThisLink, "ff02::1": ThisLink,
		"10.0.0.1": Private, "::ffff:10.0.0.1": Private, "fd00::1": Private, "fd00::1%1": Private, "100.64.0.1": Private, "0.1.2.3": Private, "255.255.255.255": Private,
		"8.8.8.8": Public, "2606:4700:4700::1111": Public, "2606:4700:4700::1111%1": Public,

		// Those that stand for one of IPv4, whatever zone they name.
		"64:ff9b::a00:1": Private, "64:ff9b::a00:1%1": Private, "64:ff9b:1::a00:1%1": Private, "2002:a00:1::%1": Private, "2001::1%1": Private,
		"::10.0.0.1": Private, "::10.0.0.1%1": Private, "::ffff:0:10.0.0.1": Private,

		// Those that nobody on the internet has.
		"fec0::1%1": Private, "100::1": Private, "4000::1": Private, "5f00::1": Private,
	} {
		if got := ReachOf(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %d, want %d", address, got, want)
		}
	}
	if got := ReachOf(netip.Addr{}); got != ThisLink {
		t.Errorf("no address: %d", got)
	}
}
