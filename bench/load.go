package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// A fleet is a number of connections that send one request after the other.
type fleet struct {
	conns    []*connection
	requests [][]byte      // connection i sends request i modulo their number
	want     []expectation // of each request, or one for all
	awake    *spinner      // has taken over the connections; nil if they sleep when they have nothing to do
}

// A run is what came of a fleet.
type run struct {
	took     time.Duration
	latency  histogram
	received int64 // bytes of bodies
}

// throughput is in requests per second.
func (r *run) throughput() float64 { return float64(r.latency.count) / r.took.Seconds() }

// newFleet connects n times, and sends one request on each of the connections.
func newFleet(ctx context.Context, addr string, n int, requests [][]byte, want []expectation) (*fleet, error) {
	f := &fleet{requests: requests, want: want}
	for range n {
		c, err := dial(ctx, addr)
		if err != nil {
			f.close()
			return nil, err
		}
		f.conns = append(f.conns, c)
	}
	var group sync.WaitGroup
	errs := make([]error, n)
	for i := range f.conns {
		group.Go(func() { _, errs[i] = f.send(i) })
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			f.close()
			return nil, err
		}
	}
	return f, nil
}

// stayAwake lets f ask again and again for what has arrived, in place of sleeping until
// something has. It needs a processor for itself.
func (f *fleet) stayAwake() (err error) {
	f.awake, err = newSpinner(f.conns)
	return err
}

func (f *fleet) close() {
	if f.awake != nil {
		f.awake.close()
	}
	for _, c := range f.conns {
		c.close()
	}
}

// send sends the request of connection i, and checks the response.
func (f *fleet) send(i int) (int, error) {
	res, err := f.conns[i].exchange(f.requests[i%len(f.requests)])
	if err == nil {
		err = f.want[i%len(f.want)].check(res)
	}
	return len(res.body), err
}

// run sends requests on all connections at once for d, and ends with the answers to
// the last ones. The first wrong answer ends it with an error.
func (f *fleet) run(ctx context.Context, d time.Duration) (*run, error) {
	if f.awake != nil {
		return f.spin(ctx, d)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d, errTimeUp)
	defer cancel()
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		total run
		first error
	)
	begin := time.Now()
	for i, c := range f.conns {
		c.lastFor(d + time.Minute)
		group.Go(func() {
			latency, received, err := f.repeat(ctx, i)
			mu.Lock()
			defer mu.Unlock()
			total.latency.merge(latency)
			total.received += received
			if err != nil && first == nil {
				first = err
				cancel()
			}
		})
	}
	group.Wait()
	total.took = time.Since(begin)
	if first == nil && !errors.Is(context.Cause(ctx), errTimeUp) {
		first = context.Cause(ctx)
	}
	return &total, first
}

var errTimeUp = errors.New("the time is up")

// repeat sends requests on connection i until ctx ends, and one at least.
func (f *fleet) repeat(ctx context.Context, i int) (*histogram, int64, error) {
	latency, received := &histogram{}, int64(0)
	for latency.count == 0 || ctx.Err() == nil {
		begin := time.Now()
		n, err := f.send(i)
		if err != nil {
			return latency, received, err
		}
		latency.add(time.Since(begin))
		received += int64(n)
	}
	return latency, received, nil
}

// openSession opens a session at a server and returns its id.
func openSession(ctx context.Context, addr, path string) (string, error) {
	c, err := dial(ctx, addr)
	if err != nil {
		return "", err
	}
	defer c.close()
	res, err := c.exchange(wire(http.MethodPost, addr, path, message{}.header(session, ""), initialize))
	if err != nil {
		return "", err
	}
	id := string(res.header("Mcp-Session-Id"))
	if res.status != http.StatusOK || id == "" {
		return "", fmt.Errorf("initialize: status %d, session %q: %.200s", res.status, id, res.body)
	}
	res, err = c.exchange(wire(http.MethodPost, addr, path, message{}.header(session, id), initialized))
	if err == nil && res.status != http.StatusAccepted {
		err = fmt.Errorf("notifications/initialized: status %d: %.200s", res.status, res.body)
	}
	return id, err
}
