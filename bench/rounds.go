package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// A contest is one work at one number of connections, and those that do it in turns.
type contest struct {
	work
	connections int
	environment []string // of the servers, besides that of all
	rows        []*row
}

// finer is how many times as many rounds, each as much shorter, contests have whose
// requests are so small that many fit into one: rows of a round that are not far apart find
// the machine in the same state.
const finer = 3

// rounds returns how many rounds of which length c has.
func (c *contest) rounds(p plan) (n int, slice time.Duration) {
	if c.tool == smallCall().tool && c.connections < 100 {
		return finer * p.rounds, p.slice / finer
	}
	return p.rounds, p.slice
}

// A row is one server in one era.
type row struct {
	subject
	era
	sleeps  bool     // whether its client does, when no answer is there; else it spins
	samples []sample // one for each round, in order
	skipped string   // why there are none
}

// A sample is what one row did in one round.
type sample struct {
	throughput  float64 // requests per second
	p50, p99    time.Duration
	cpu         time.Duration // of the server per request; 0 if it is not known
	busy        float64       // the share of its processor that the server used
	allocations float64       // per request; 0 if they are not known
	bytes       float64       // allocated per request
	rss         int64         // of the server after the round, in bytes
	received    float64       // bytes of the body of a response
}

// A bench measures.
type bench struct {
	plan
	machine
	progress io.Writer
	dir      string   // for files, until the end
	upstream *process // the API behind services, on the processor of the load
}

// newContest returns a contest between subjects in all their eras.
func newContest(w work, connections int, subjects ...subject) *contest {
	c := &contest{work: w, connections: connections}
	for _, s := range subjects {
		for _, e := range s.eras {
			c.rows = append(c.rows, &row{subject: s, era: e, sleeps: s.upstream})
		}
	}
	return c
}

// sleeping returns another row of a server that has one with a client that spins.
func sleeping(s subject, e era) *row { return &row{subject: s, era: e, sleeps: true} }

// rowOf returns the first row of a subject in an era, or nil.
func (c *contest) rowOf(s subject, e era) *row {
	for _, r := range c.rows {
		if r.name == s.name && r.era == e {
			return r
		}
	}
	return nil
}

// hold measures the rows of c in rounds, each in another order. What goes wrong with a
// row ends that row.
func (b *bench) hold(ctx context.Context, c *contest) error {
	fmt.Fprintf(b.progress, "%s, %d connections\n", c.name, c.connections)
	var err error
	if c.work, err = c.solved(); err != nil {
		return err
	}
	runners, stop := b.prepare(ctx, c)
	defer stop()
	rounds, slice := c.rounds(b.plan)
	for round := range rounds + 1 {
		for _, i := range rand.Perm(len(c.rows)) {
			r := c.rows[i]
			if r.skipped != "" {
				continue
			}
			s, err := runners[r].sample(ctx, c.connections, slice, r.sleeps)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err != nil {
				r.skip(b, err)
			} else if round > 0 { // the first one warms up
				r.samples = append(r.samples, s)
			}
		}
	}
	return nil
}

// prepare starts the servers of c, each once, and the runners of its rows.
func (b *bench) prepare(ctx context.Context, c *contest) (runners map[*row]*runner, stop func()) {
	type attempt struct {
		*process
		err error
	}
	attempts := map[string]attempt{}
	runners = map[*row]*runner{}
	for _, r := range c.rows {
		r.sleeps = r.sleeps || !b.pinned
		a, made := attempts[r.name]
		if !made {
			a.process, a.err = b.start(ctx, r.subject, spec{Subject: r.name, Tools: c.tools}, c.environment...)
			attempts[r.name] = a
		}
		err := a.err
		if err == nil {
			runners[r], err = newRunner(ctx, c.work, r, a.process, c.connections)
		}
		if err != nil {
			r.skip(b, err)
		}
	}
	return runners, func() {
		for _, a := range attempts {
			if a.err == nil {
				a.stop()
			}
		}
	}
}

// skip ends r.
func (r *row) skip(b *bench, err error) {
	r.samples, r.skipped = nil, err.Error()
	fmt.Fprintf(b.progress, "  without %s: %v\n", title(r.subject, r.era), cell(r.skipped))
}

// start starts the server of a subject, with so much more of an environment.
func (b *bench) start(ctx context.Context, s subject, what spec, env ...string) (*process, error) {
	if s.upstream {
		if b.upstream == nil {
			var err error
			if b.upstream, err = b.startServer(ctx, spec{Subject: plainREST.name}, b.load); err != nil {
				return nil, err
			}
		}
		what.Upstream = "http://" + b.upstream.addr
	}
	if s.command == nil {
		return b.startServer(ctx, what, b.server, env...)
	}
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	command, err := s.command(ctx, addr, what.Upstream)
	if err != nil {
		return nil, err
	}
	return b.startCommand(ctx, command, addr)
}

func (b *bench) close() {
	if b.upstream != nil {
		b.upstream.stop()
	}
}

// A runner has the requests of one row.
type runner struct {
	*process
	requests [][]byte
	want     expectation
}

// newRunner prepares the requests of a row, in as many sessions as there are
// connections, and sees that the answer is right.
func newRunner(ctx context.Context, w work, r *row, p *process, connections int) (*runner, error) {
	sessions := []string{""}
	if r.era == session {
		sessions = make([]string, connections)
		for i := range sessions {
			var err error
			if sessions[i], err = openSession(ctx, p.addr, r.path(session)); err != nil {
				return nil, err
			}
		}
	}
	run := &runner{process: p}
	for _, id := range sessions {
		run.requests = append(run.requests, w.request(r.era, p.addr, r.path(r.era), id))
	}
	c, err := dial(ctx, p.addr)
	if err != nil {
		return nil, err
	}
	defer c.close()
	res, err := c.exchange(run.requests[0])
	if err == nil {
		err = w.check(r.era, res, !r.textOnly)
	}
	if err != nil {
		return nil, errors.Join(err, errors.New(p.log.String()))
	}
	run.want = expect(w, res)
	return run, nil
}

// sample measures a row once, with a client that sleeps or one that does not.
func (r *runner) sample(ctx context.Context, connections int, d time.Duration, sleeps bool) (s sample, err error) {
	f, err := newFleet(ctx, r.addr, connections, r.requests, []expectation{r.want})
	if err != nil {
		return s, err
	}
	defer f.close()
	if !sleeps {
		if err := f.stayAwake(); err != nil {
			return s, err
		}
	}
	before, err := r.usage(ctx)
	if err != nil {
		return s, err
	}
	result, err := f.run(ctx, d)
	if err != nil {
		return s, err
	}
	after, err := r.usage(ctx)
	if err != nil {
		return s, err
	}
	n := float64(result.latency.count)
	return sample{
		throughput:  result.throughput(),
		p50:         result.latency.quantile(0.5),
		p99:         result.latency.quantile(0.99),
		cpu:         time.Duration(float64(after.cpu-before.cpu) / n),
		busy:        float64(after.cpu-before.cpu) / float64(result.took),
		allocations: float64(after.Allocations-before.Allocations) / n,
		bytes:       float64(after.Bytes-before.Bytes) / n,
		rss:         after.rss,
		received:    float64(result.received) / n,
	}, nil
}
