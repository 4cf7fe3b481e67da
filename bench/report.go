package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// results are everything that one run has measured.
type results struct {
	plan
	machine
	contests   []*contest
	directs    []*direct
	starts     []*start
	idles      []idle
	updating   updating
	stripeLoad *soak
	longLoad   *soak // nil unless it was asked for
	notes      []string
}

func (r *results) contest(work string, connections int) *contest {
	for _, c := range r.contests {
		if c.name == work && c.connections == connections {
			return c
		}
	}
	return nil
}

func (r *results) direct(s subject, e era, work string) *direct {
	for _, d := range r.directs {
		if d.Subject == s.name && d.Era == e && d.Work == work {
			return d
		}
	}
	return nil
}

// A page is Markdown being written.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

func (p *page) heading(text string) { p.line("\n### %s\n", text) }

// table begins a table; columns that begin with ">" are numbers.
func (p *page) table(columns ...string) {
	rule := make([]string, len(columns))
	for i, c := range columns {
		rule[i] = "---"
		if rest, ok := strings.CutPrefix(c, ">"); ok {
			columns[i], rule[i] = rest, "---:"
		}
	}
	p.row(columns...)
	p.row(rule...)
}

func (p *page) row(cells ...string) { p.line("| %s |", strings.Join(cells, " | ")) }

// report returns the results as Markdown: the floors, then every figure.
func (r *results) report() string {
	p := &page{}
	r.writeEnvironment(p)
	p.heading("Floors")
	p.table("what", "floor", "measured", "verdict")
	for _, f := range r.floors() {
		p.row(f.what, f.bound(), f.measured(), f.verdict())
	}
	for _, c := range r.contests {
		c.write(p)
	}
	r.writeDirect(p)
	r.writeStarts(p)
	r.writeIdle(p)
	r.writeUpdates(p)
	for _, s := range []*soak{r.stripeLoad, r.longLoad} {
		if s != nil {
			s.write(p)
		}
	}
	return p.String()
}

func (r *results) writeEnvironment(p *page) {
	where := "not pinned: the system has no way, or fewer than two processors"
	if r.pinned {
		where = fmt.Sprintf("servers on processor %d, the load and the API behind services on processor %d", r.server, r.load)
	}
	p.line("%s, %s/%s, %d processors (%s); %s; %d rounds of %s, after one that does not count; small calls with less than 100 connections: %d of %s. go-sdk %s, mcp-go %s.",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor(), where, r.rounds, r.slice, finer*r.rounds, r.slice/finer,
		version("github.com/modelcontextprotocol/go-sdk"), version("github.com/mark3labs/mcp-go"))
	for _, note := range r.notes {
		p.line("\n%s", note)
	}
}

// version returns the version of a module that this program has.
func version(module string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == module {
				return m.Version
			}
		}
	}
	return "(unknown version)"
}

// processor returns the name of the processor, where the system tells it.
func processor() string {
	raw, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// client says what a client of r does when no answer has arrived.
func (r *row) client() string {
	if r.sleeps {
		return "sleeps"
	}
	return "spins"
}

// write writes the rows of c, the fastest first.
func (c *contest) write(p *page) {
	p.heading(fmt.Sprintf("%s, %s", c.name, plural(c.connections, "connection")))
	p.table("server", "client", ">calls/s (from – to)", ">p50 µs", ">p99 µs", ">CPU µs/call", ">allocations/call", ">bytes/call", ">RSS MB", ">body", ">busy %")
	rows := slices.Clone(c.rows)
	slices.SortStableFunc(rows, func(a, b *row) int {
		return int(middleOf(b.samples, throughput) - middleOf(a.samples, throughput))
	})
	for _, r := range rows {
		if r.skipped != "" {
			p.row(title(r.subject, r.era), r.client(), cell(r.skipped), "", "", "", "", "", "", "", "")
			continue
		}
		all := each(r.samples, throughput)
		p.row(title(r.subject, r.era), r.client(),
			fmt.Sprintf("%s (%s – %s)", count(median(all)), count(slices.Min(all)), count(slices.Max(all))),
			micros(middleOf(r.samples, func(s sample) time.Duration { return s.p50 })),
			micros(middleOf(r.samples, func(s sample) time.Duration { return s.p99 })),
			micros(middleOf(r.samples, func(s sample) time.Duration { return s.cpu })),
			known(middleOf(r.samples, func(s sample) float64 { return s.allocations })),
			known(middleOf(r.samples, func(s sample) float64 { return s.bytes })),
			megabytes(middleOf(r.samples, func(s sample) int64 { return s.rss })),
			count(middleOf(r.samples, func(s sample) float64 { return s.received })),
			known(100*middleOf(r.samples, func(s sample) float64 { return s.busy })))
	}
	r := c.rowOf(plainREST, rest)
	if r != nil && c.environment != nil {
		c.writeRatios(p, r)
	}
	if r == nil || c.connections == 1 { // which leaves the server idle while it sends
		return
	}
	if busy := middleOf(r.samples, func(s sample) float64 { return s.busy }); busy > 0 && busy < 0.9 {
		p.line("\nThe server of the route itself was busy for %.0f %% of the time only: something else was the limit of its throughput.", 100*busy)
	}
}

// writeRatios writes what mcpmount does and takes, against the route itself.
func (c *contest) writeRatios(p *page, route *row) {
	for _, e := range mcpEras {
		of := c.rowOf(inProcess, e)
		if of == nil {
			continue
		}
		calls, ok := ratio(of.samples, route.samples, throughput)
		time, known := ratio(of.samples, route.samples, cpu)
		if ok && known {
			p.line("\n%s: %.2f× the throughput of the route itself, at %.2f× its CPU time.", title(inProcess, e), calls, time)
		}
	}
}

func (r *results) writeDirect(p *page) {
	p.heading("The handlers alone: ServeHTTP without a network")
	p.table("server", "work", ">CPU µs/call (from – to)", ">allocations/call", ">bytes/call")
	for _, d := range r.directs {
		all := each(d.Samples, directTime)
		name := d.Subject
		if d.Era != rest {
			name += ", " + string(d.Era)
		}
		p.row(name, d.Work, fmt.Sprintf("%.2f (%.2f – %.2f)", median(all)/1e3, slices.Min(all)/1e3, slices.Max(all)/1e3),
			count(middleOf(d.Samples, directAllocations)), count(middleOf(d.Samples, directBytes)))
	}
}

func (r *results) writeStarts(p *page) {
	p.heading("Cold start")
	p.table("document", ">size MB", ">tools", ">load ms", ">New ms", ">first tools/list ms", ">kept KB", ">kept per tool KB", ">most memory of the process MB")
	for _, s := range r.starts {
		if s.skipped != "" {
			p.row(s.name, cell(s.skipped), "", "", "", "", "", "", "")
			continue
		}
		live := middleOf(s.samples, func(c cold) int64 { return c.Live })
		tools := middleOf(s.samples, func(c cold) int { return c.Tools })
		p.row(s.name, megabytes(middleOf(s.samples, func(c cold) int64 { return c.Bytes })), count(float64(tools)),
			millis(middleOf(s.samples, func(c cold) time.Duration { return c.Load })),
			millis(middleOf(s.samples, func(c cold) time.Duration { return c.New })),
			millis(middleOf(s.samples, func(c cold) time.Duration { return c.First })),
			count(float64(live)/1e3), fmt.Sprintf("%.1f", float64(live)/1e3/float64(max(tools, 1))),
			megabytes(middleOf(s.samples, func(c cold) int64 { return c.Peak })))
	}
}

func (r *results) writeIdle(p *page) {
	p.heading("Idle sessions without a connection")
	p.table("server", ">sessions", ">RSS, bytes each", ">heap, bytes each")
	for _, i := range r.idles {
		if i.skipped != "" {
			p.row(i.name, cell(i.skipped), "", "")
			continue
		}
		p.row(i.name, count(float64(i.sessions)), count(i.rss), count(i.heap))
	}
}

func (r *results) writeUpdates(p *page) {
	u := r.updating
	p.heading(fmt.Sprintf("Updates of %d tools under load", updatedTools))
	if u.skipped != "" {
		p.line("Not measured: %s", cell(u.skipped))
		return
	}
	p.line("%d updates took %s ms each; none of %s calls on 16 connections failed. p99 %s µs, the slowest %s ms; in as long a time without updates, p99 %s µs and the slowest %s ms.",
		len(u.updates), millis(median(u.updates)), count(float64(u.calls)), micros(u.p99), millis(u.longest), micros(u.quietP99), millis(u.quietWorst))
}

func (s *soak) write(p *page) {
	p.heading(fmt.Sprintf("%s, %s of load on %d connections", s.name, s.took, soakConnections))
	if s.skipped != "" {
		p.line("Failed: %s", cell(s.skipped))
		return
	}
	if len(s.rss) == 0 {
		p.line("%s calls; the system does not tell the memory.", count(float64(s.calls)))
		return
	}
	p.line("%s calls in all eras, one in twenty a tools/list. Memory of the process, MB: %s. Most since its start: %s; the last quarter has %.1f %% more than the second. Of the heap, what is in use: %s; %s bytes more for each 1,000 calls.",
		count(float64(s.calls)), strings.Join(course(s.rss), ", "), megabytes(s.peak), 100*s.growth(), strings.Join(course(s.live), ", "), count(s.leak()))
}

// course returns ten of the samples of memory.
func course(samples []int64) []string {
	var at []string
	for i := range 10 {
		at = append(at, megabytes(samples[i*(len(samples)-1)/9]))
	}
	return at
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// cell returns text as it can be in a table: one line, not long.
func cell(text string) string {
	text = strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", "/")
	return text[:min(len(text), 200)]
}

// count returns a number with its thousands apart.
func count(v float64) string {
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// known returns v, or a dash for what nobody told.
func known(v float64) string {
	if v == 0 {
		return "–"
	}
	return count(v)
}

func micros(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/1e3) }
func millis(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/1e6) }
func megabytes(n int64) string      { return fmt.Sprintf("%.1f", float64(n)/1e6) }
