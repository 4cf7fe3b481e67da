package mcpmount

import (
	"crypto/sha256"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A throttle slows down whoever tries out credentials: after too many that were not
// valid, those from the same address are not looked at for a while, except for
// credentials that were valid before. Expired ones do not count: clients notice
// that they are by trying. What is tried at the same moment is not counted yet.
type throttle struct {
	perMinute int
	keyHeader string // has credentials besides Authorization; "" for none

	mu     sync.Mutex
	failed recent[netip.Prefix, *rate.Limiter]
	good   recent[[sha256.Size]byte, struct{}]
}

// wait returns how long the credential of r is not looked at.
func (t *throttle) wait(r *http.Request) time.Duration {
	if t.perMinute >= unlimitedPace {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	pace, ok := t.failed.get(addressOf(r))
	if !ok || pace.Tokens() >= 1 {
		return 0
	}
	if digest, ok := t.credential(r); !ok {
		return 0
	} else if _, known := t.good.get(digest); known {
		return 0
	}
	return time.Duration((1 - pace.Tokens()) / float64(pace.Limit()) * float64(time.Second))
}

// failure counts a credential that was not valid, and reports whether it was the
// last one for a while.
func (t *throttle) failure(r *http.Request) bool {
	if t.perMinute >= unlimitedPace {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	address := addressOf(r)
	pace, ok := t.failed.get(address)
	if !ok {
		pace = perMinute(t.perMinute)
		t.failed.put(address, pace)
	}
	return pace.Allow() && pace.Tokens() < 1
}

// success remembers the credential of r.
func (t *throttle) success(r *http.Request) {
	if t.perMinute >= unlimitedPace {
		return
	}
	digest, ok := t.credential(r)
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.good.put(digest, struct{}{})
}

// credential returns a digest of what r has for a credential.
func (t *throttle) credential(r *http.Request) (digest [sha256.Size]byte, found bool) {
	h := sha256.New()
	found = writeHeaders(h, r, "Authorization")
	if t.keyHeader != "" {
		found = writeHeaders(h, r, t.keyHeader) || found
	}
	h.Sum(digest[:0])
	return digest, found
}

// addressOf returns where r comes from: its address or, of one of IPv6, the
// network of 64 bits that one client has. What is no address is all one.
func addressOf(r *http.Request) netip.Prefix {
	ip, err := netip.ParseAddr(hostname(r.RemoteAddr))
	if err != nil {
		return netip.Prefix{}
	}
	bits := 64
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		bits = 32
	}
	prefix, _ := ip.Prefix(bits) // legal for each
	return prefix
}
