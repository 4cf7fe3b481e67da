package authserver

import (
	"hash/maphash"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

// How often one address may do something in a minute.
const (
	authorizePerMinute = 600 // open a page of a login
	documentPerMinute  = 60  // have the document of a client fetched
	registerPerMinute  = 300
	failuresPerMinute  = 300 // be refused at the token endpoint
)

// The paces of a [Server], by name.
const (
	authorizePace = "authorize"
	documentPace  = "document"
	registerPace  = "register"
	failurePace   = "failure"
)

// A pace bounds how often addresses may do something. Addresses share a fixed
// number of places, so that making them up costs no memory.
type pace struct {
	seed   maphash.Seed
	places [1024]*rate.Limiter
}

func newPace(perMinute int) *pace {
	p := &pace{seed: maphash.MakeSeed()}
	for i := range p.places {
		p.places[i] = rate.NewLimiter(rate.Limit(float64(perMinute)/60), perMinute)
	}
	return p
}

// place returns that of the address of r: of IPv6, of the network of 64 bits that
// one client has. What is no address is all one.
func (p *pace) place(r *http.Request) *rate.Limiter {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	var network netip.Prefix
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap().WithZone("")
		network, _ = ip.Prefix(min(ip.BitLen(), 64)) // legal for each
	}
	return p.places[maphash.Comparable(p.seed, network)%uint64(len(p.places))]
}

// wait takes a place, or returns how long there is none.
func (p *pace) wait(r *http.Request) time.Duration {
	at := p.place(r)
	if at.Allow() {
		return 0
	}
	return missing(at)
}

// exhausted returns how long there is no place, without taking one.
func (p *pace) exhausted(r *http.Request) time.Duration {
	if at := p.place(r); at.Tokens() < 1 {
		return missing(at)
	}
	return 0
}

func missing(at *rate.Limiter) time.Duration {
	return time.Duration(max(1-at.Tokens(), 0.01) / float64(at.Limit()) * float64(time.Second))
}

// paced answers pages at a pace.
func (s *Server) paced(name string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wait := s.paces[name].wait(r); wait > 0 {
			s.fail(w, http.StatusTooManyRequests, "There were too many requests from this address. Try again in a minute.")
			return
		}
		next(w, r)
	})
}
