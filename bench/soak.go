package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// A soak is the memory of a server under load.
type soak struct {
	name    string
	took    time.Duration
	calls   uint64
	rss     []int64 // in bytes, at regular times
	live    []int64 // of the heap, in bytes, at the same times
	peak    int64   // in bytes, from the start of the process on; 0 if it is not known
	skipped string
}

// soakConnections is how many connections there are, a third of them in each era.
const soakConnections = 256

// endure loads a server that serves s with calls of w in every era, and with lists of
// its tools, for d.
func (b *bench) endure(ctx context.Context, name string, s spec, w work, d time.Duration) (*soak, error) {
	fmt.Fprintf(b.progress, "%s under load, for %s\n", name, d)
	result := &soak{name: name, took: d}
	err := b.endureLoad(ctx, result, s, w)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		result.skipped = err.Error()
	}
	return result, nil
}

func (b *bench) endureLoad(ctx context.Context, result *soak, s spec, w work) error {
	p, err := b.start(ctx, inProcess, s)
	if err != nil {
		return err
	}
	defer p.stop()
	f := &fleet{}
	lists := work{name: "list", mark: `"tools"`}
	for i := range soakConnections {
		e, what := mcpEras[i%len(mcpEras)], w
		if i%64 < len(mcpEras) {
			what = lists
		}
		r, err := soakRunner(ctx, what, e, p)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", what.name, e, err)
		}
		f.requests, f.want = append(f.requests, r.requests[0]), append(f.want, r.want)
	}
	connected, err := newFleet(ctx, p.addr, soakConnections, f.requests, f.want)
	if err != nil {
		return err
	}
	defer connected.close()

	end, sampled := make(chan struct{}), make(chan error, 1)
	go func() { sampled <- result.watch(ctx, p, end) }()
	total, err := connected.run(ctx, result.took)
	close(end)
	if watchErr := <-sampled; err == nil {
		err = watchErr
	}
	result.calls = total.latency.count
	if result.peak, _ = peak(p.cmd.Process.Pid); result.peak < 0 {
		result.peak = 0
	}
	return err
}

// soakRunner prepares one request, and checks its answer: a list has all tools of
// its document, however many.
func soakRunner(ctx context.Context, w work, e era, p *process) (*runner, error) {
	return newRunner(ctx, w, &row{subject: inProcess, era: e}, p, 1)
}

// watch notes the memory of p a hundred times until end.
func (s *soak) watch(ctx context.Context, p *process, end <-chan struct{}) error {
	tick := time.NewTicker(s.took / 100)
	defer tick.Stop()
	for {
		select {
		case <-end:
			return nil
		case <-tick.C:
			u, err := p.usage(ctx)
			if err != nil {
				return err
			}
			s.rss, s.live = append(s.rss, u.rss), append(s.live, int64(u.Live))
		}
	}
}

// growth returns how much larger the memory was in the last quarter than in the
// second one, as a share of that.
func (s *soak) growth() float64 {
	early, late := quarters(s.rss)
	return float64(late-early) / float64(max(early, 1))
}

// leak returns by how many bytes a thousand calls made the live heap larger. That is more
// exact than the memory of the process, which has the garbage and its gaps.
func (s *soak) leak() float64 {
	early, late := quarters(s.live)
	return float64(late-early) / (float64(max(s.calls, 1)) / 2) * 1000
}

// quarters returns the medians of the second and the last quarter of values, between
// which there is half of the time.
func quarters(values []int64) (second, last int64) {
	n := len(values)
	if n < 4 {
		return 0, 0
	}
	return median(values[n/4 : n/2]), median(values[3*n/4:])
}

// stripeCall is a call of an operation of Stripe's API, and stripeCustomer the answer.
func stripeCall() (spec, work) {
	s := spec{Subject: inProcess.name, Document: filepath.Join(specsFolder(), documents[0].file)}
	return s, work{name: "call", message: message{"GetCustomersCustomer", `{"customer":"cus_1"}`}, mark: "walnut shelf"}
}

var stripeCustomer = map[string]string{"id": "cus_1", "object": "customer", "description": "buys each walnut shelf"}
