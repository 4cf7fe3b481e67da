package resilient

import (
	"cmp"
	"maps"
	"slices"

	"github.com/sony/gobreaker/v2"
)

// Stats are what a [Transport] knows of a host, for metrics.
type Stats struct {
	// Host is the host, with a port if URLs have one.
	Host string

	// Open says that the breaker does not let all requests pass: the host failed, and
	// has not answered since.
	Open bool

	// Retries counts the requests that were sent again, each time.
	Retries uint64

	// Refusals counts the requests that were not sent: the breaker was open, or too
	// many were under way.
	Refusals uint64
}

// Stats returns what is known of each host, by name. It is safe for concurrent use.
func (t *Transport) Stats() []Stats {
	t.mu.Lock()
	hosts := slices.Collect(maps.Values(t.hosts))
	t.mu.Unlock()
	list := make([]Stats, 0, len(hosts))
	for _, h := range hosts {
		list = append(list, Stats{
			Host:     h.name,
			Open:     h.breaker != nil && h.breaker.State() != gobreaker.StateClosed,
			Retries:  h.retries.Load(),
			Refusals: h.refusals.Load(),
		})
	}
	slices.SortFunc(list, func(a, b Stats) int { return cmp.Compare(a.Host, b.Host) })
	return list
}
