package main

import (
	"fmt"
	"strings"
	"time"
)

// A floor is something that mcpmount holds itself to.
type floor struct {
	what     string
	atLeast  bool    // whether more is better
	limit    float64 // which values must reach, or must not exceed
	format   string  // of a value
	values   []value
	required int // how many values there have to be
}

// A value is what was measured for a floor.
type value struct {
	of string // "" if there is only one
	v  float64
}

// Verdicts.
const (
	met        = "met"
	unmet      = "**not met**"
	unmeasured = "not measured in this run"
)

// verdict says whether all values of f were measured, and keep to the limit.
func (f floor) verdict() string {
	for _, v := range f.values {
		if f.atLeast && v.v < f.limit || !f.atLeast && v.v > f.limit {
			return unmet
		}
	}
	if len(f.values) < f.required || len(f.values) == 0 {
		return unmeasured
	}
	return met
}

func (f floor) bound() string {
	if f.atLeast {
		return "≥ " + fmt.Sprintf(f.format, f.limit)
	}
	return "≤ " + fmt.Sprintf(f.format, f.limit)
}

func (f floor) measured() string {
	var b []string
	for _, v := range f.values {
		text := fmt.Sprintf(f.format, v.v)
		if v.of != "" {
			text += " (" + v.of + ")"
		}
		b = append(b, text)
	}
	if len(b) == 0 {
		return "–"
	}
	return strings.Join(b, ", ")
}

// floors holds what was measured against what mcpmount promises.
func (r *results) floors() []floor {
	all := []floor{}
	small := smallCall().name
	both := []int{16, 32}
	for _, e := range []era{stateless, modern} {
		all = append(all,
			r.compare(fmt.Sprintf("small call, %s: throughput of the route itself", e), small, both, inProcess, e, plainREST, rest, throughput).orMore(0.65),
			r.compare(fmt.Sprintf("small call, %s: CPU time of the route itself", e), small, both, inProcess, e, plainREST, rest, cpu).orLess(1.7))
	}
	for _, f := range []struct {
		other subject
		era
		limit float64
	}{{goSDK, stateless, 5}, {goSDK, modern, 6}, {goSDK, session, 3}, {mcpGo, stateless, 1.8}, {mcpGo, modern, 3}} {
		what := fmt.Sprintf("small call, %s: throughput of %s", f.era, f.other.name)
		all = append(all, r.compare(what, small, both, inProcess, f.era, f.other, f.era, throughput).orMore(f.limit))
	}
	all = append(all, r.directFloors()...)
	all = append(all, r.compare("list of 1000 tools, 2025-11-25: throughput of go-sdk", list(1000).name, []int{r.others}, inProcess, stateless, goSDK, stateless, throughput).orMore(30))
	for _, s := range []subject{service, installed} {
		what := fmt.Sprintf("small call, %s, 2025-11-25: throughput of %s", s.name, proxy.name)
		all = append(all, r.compare(what, small, both, s, stateless, proxy, rest, throughput).orMore(1))
	}
	all = append(all, r.tail(), r.stripe())
	return append(append(all, r.growth()...), r.updates())
}

func (f floor) orMore(limit float64) floor { f.atLeast, f.limit = true, limit; return f }
func (f floor) orLess(limit float64) floor { f.atLeast, f.limit = false, limit; return f }

func throughput(s sample) float64 { return s.throughput }
func cpu(s sample) float64        { return float64(s.cpu) }
func tailLength(s sample) float64 { return float64(s.p99) / float64(s.p50) }

// compare returns a floor with the figure of one row relative to that of another, at
// each number of connections.
func (r *results) compare(what, work string, connections []int, a subject, ae era, b subject, be era, figure func(sample) float64) floor {
	f := floor{what: what, format: "%.2f×", required: len(connections)}
	for _, n := range connections {
		c := r.contest(work, n)
		if c == nil {
			continue
		}
		of, than := c.rowOf(a, ae), c.rowOf(b, be)
		if of == nil || than == nil {
			continue
		}
		if v, ok := ratio(of.samples, than.samples, figure); ok {
			f.values = append(f.values, value{fmt.Sprintf("%d connections", n), v})
		}
	}
	return f
}

// tail compares how much slower than the median the slowest calls are.
func (r *results) tail() floor {
	f := floor{what: "small call, 256 connections: p99/p50 of that of the route itself", format: "%.2f×", limit: 1.3, required: 2}
	for _, e := range []era{stateless, modern} {
		for _, v := range r.compare("", smallCall().name, []int{256}, inProcess, e, plainREST, rest, tailLength).values {
			f.values = append(f.values, value{string(e), v.v})
		}
	}
	return f
}

// directFloors are about the handler alone.
func (r *results) directFloors() []floor {
	took := floor{what: "small call of the handler, a trivial API in process: µs", format: "%.2f", limit: 6, required: 2}
	allocations := floor{what: "small call of the handler, a trivial API in process: allocations", format: "%.0f", limit: 30, required: 2}
	for _, e := range []era{stateless, modern} {
		if d := r.direct(trivial, e, smallCall().name); d != nil {
			took.values = append(took.values, value{string(e), float64(middleOf(d.Samples, directTime)) / 1e3})
			allocations.values = append(allocations.values, value{string(e), middleOf(d.Samples, directAllocations)})
		}
	}
	large := floor{what: "100 KB answer with structured content, of the handler: time of the API alone", format: "%.2f×", limit: 3, required: 1}
	if a, b := r.direct(inProcess, stateless, largeAnswer().name), r.direct(plainREST, rest, largeAnswer().name); a != nil && b != nil {
		if v, ok := ratio(a.Samples, b.Samples, directTime); ok {
			large.values = []value{{"", v}}
		}
	}
	// Pools that the garbage collector has emptied fill again: that is all there may be.
	more := floor{what: "list of 1000 tools: more allocations than a list of one", format: "%.0f", limit: 10, required: 1}
	moreBytes := floor{what: "list of 1000 tools: more bytes allocated than for a list of one", format: "%.0f", limit: 1024, required: 1}
	if a, b := r.direct(inProcess, stateless, list(1000).name), r.direct(inProcess, stateless, list(1).name); a != nil && b != nil {
		more.values = []value{{"", middleOf(a.Samples, directAllocations) - middleOf(b.Samples, directAllocations)}}
		moreBytes.values = []value{{"", middleOf(a.Samples, directBytes) - middleOf(b.Samples, directBytes)}}
	}
	return []floor{took, allocations, large, more, moreBytes}
}

func directTime(s directSample) float64        { return float64(s.Time) }
func directAllocations(s directSample) float64 { return s.Allocations }
func directBytes(s directSample) float64       { return s.Bytes }

// stripe is about the memory of a server of a large document. The first half of the
// time is for the garbage of its start.
func (r *results) stripe() floor {
	f := floor{what: "Stripe's document under load: memory of the process, MB", format: "%.0f", limit: 100, required: 1}
	if s := r.stripeLoad; s != nil && s.skipped == "" && len(s.rss) > 1 {
		var most int64
		for _, rss := range s.rss[len(s.rss)/2:] {
			most = max(most, rss)
		}
		f.values = []value{{"", float64(most) / 1e6}}
	}
	return f
}

// growth is about the memory of a server after a long time, that of the process and, more
// exact, what of the heap is in use.
func (r *results) growth() []floor {
	process := floor{what: "ten minutes of load or more: growth of memory, %", format: "%.1f", limit: 5, required: 1}
	heap := floor{what: "ten minutes of load or more: growth of the heap in use for each 1,000 calls, bytes", format: "%.0f", limit: 500, required: 1}
	if s := r.longLoad; s != nil && s.skipped == "" && s.took >= 10*time.Minute {
		process.values = []value{{"", 100 * s.growth()}}
		heap.values = []value{{"", s.leak()}}
	}
	return []floor{process, heap}
}

// updates is about calls that do not wait for an update.
func (r *results) updates() floor {
	f := floor{what: fmt.Sprintf("updates of %d tools under load: slowest call, relative to an update", updatedTools), format: "%.2f×", limit: 1, required: 1}
	if u := r.updating; len(u.updates) > 0 && u.calls > 0 {
		f.values = []value{{"", float64(u.longest) / float64(median(u.updates))}}
	}
	return f
}
