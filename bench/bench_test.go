package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestMain lets the test binary be the child processes that it starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && slices.Contains([]string{"serve", "direct", "cold"}, os.Args[1]) {
		main()
		return
	}
	os.Exit(m.Run())
}

// A run of everything, in which each server gives right answers in each era, fills
// each table and each floor.
func TestMeasure(t *testing.T) {
	tiny := plan{rounds: 1, slice: 30 * time.Millisecond, connections: []int{16, 32}, lists: []int{1, 1000}, others: 2,
		generated: 50, sessions: 20, period: 200 * time.Millisecond}
	m, err := newMachine()
	if err != nil {
		t.Fatal(err)
	}
	r, err := measure(t.Context(), tiny, m, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.contests {
		rounds, _ := c.rounds(tiny)
		for _, row := range c.rows {
			if len(row.samples) != rounds || row.samples[0].throughput <= 0 || row.samples[0].p50 <= 0 {
				t.Errorf("%s, %d connections, %s: %+v %s", c.name, c.connections, title(row.subject, row.era), row.samples, row.skipped)
			}
		}
	}
	report := r.report()
	for _, f := range r.floors() {
		long := strings.HasPrefix(f.what, "ten minutes") || f.what == r.tail().what || f.what == r.stripe().what && specsFolder() == ""
		if (f.verdict() == unmeasured) != long {
			t.Errorf("%s: %+v", f.verdict(), f)
		}
		if !strings.Contains(report, "| "+f.what+" | "+f.bound()+" | "+f.measured()+" | "+f.verdict()+" |") {
			t.Errorf("%q is not in the report", f.what)
		}
	}
	if strings.Contains(report, "NaN") || strings.Contains(report, "Inf") {
		t.Error(report)
	}
}

// A verdict follows from the values.
func TestVerdict(t *testing.T) {
	of := func(values ...float64) floor {
		f := floor{limit: 2, format: "%.1f", required: 2}
		for _, v := range values {
			f.values = append(f.values, value{"", v})
		}
		return f
	}
	for _, test := range []struct {
		floor
		want string
	}{
		{of(2, 3).orMore(2), met},
		{of(2, 1.9).orMore(2), unmet},
		{of(2, 1).orLess(2), met},
		{of(2.1, 1).orLess(2), unmet},
		{of(3).orMore(2), unmeasured},
		{of(1).orMore(2), unmet}, // whatever the other one is
		{of().orMore(2), unmeasured},
	} {
		if got := test.verdict(); got != test.want {
			t.Errorf("%s of %s: %s, want %s", test.bound(), test.measured(), got, test.want)
		}
	}
}

// Servers are compared round by round, where both have been measured.
func TestCompare(t *testing.T) {
	samples := func(p99 ...time.Duration) (all []sample) {
		for _, d := range p99 {
			all = append(all, sample{throughput: float64(time.Second / d), p50: time.Microsecond, p99: d})
		}
		return all
	}
	c := newContest(smallCall(), 256, inProcess, plainREST)
	c.rowOf(plainREST, rest).samples = samples(1000, 10_000, 2000)
	c.rowOf(inProcess, stateless).samples = samples(1200, 10_000, 3000)
	r := &results{contests: []*contest{c}}
	if f := r.tail(); len(f.values) != 1 || f.values[0].v != 1.2 || f.verdict() != unmeasured {
		t.Errorf("with one of two eras: %+v", f)
	}
	c.rowOf(inProcess, modern).samples = samples(1500, 15_000, 3000)
	if f := r.tail(); len(f.values) != 2 || f.values[1].v != 1.5 || f.verdict() != unmet {
		t.Errorf("with both: %+v", f)
	}
	if f := r.compare("", smallCall().name, []int{16, 256}, inProcess, stateless, plainREST, rest, throughput); len(f.values) != 1 {
		t.Errorf("%+v", f)
	}
}

// A server that settles has not grown, however large it is; one that keeps a little of
// each call has.
func TestGrowth(t *testing.T) {
	const calls = 9_000_000
	course := func(memory func(at float64) float64) *results {
		s := &soak{took: 10 * time.Minute, calls: calls}
		for i := range 100 {
			live := memory(float64(i)/100) + 100_000*rand.Float64()
			s.live = append(s.live, int64(live))
			s.rss = append(s.rss, 22_000_000+int64(2*live))
		}
		return &results{longLoad: s}
	}
	settling := func(at float64) float64 { return 5_000_000 + 20_000_000*(1-math.Exp(-30*at)) }
	leaking := func(at float64) float64 { return settling(at) + 2000*calls/1000*at }
	for _, test := range []struct {
		name   string
		memory func(at float64) float64
		want   string
	}{{"settles", settling, met}, {"leaks 2 KB in 1,000 calls", leaking, unmet}} {
		r := course(test.memory)
		for _, f := range r.growth() {
			if f.verdict() != test.want {
				t.Errorf("%s: %s: %s: %s", test.name, f.what, f.measured(), f.verdict())
			}
		}
		r.longLoad.took -= time.Second
		if f := r.growth()[0]; f.verdict() != unmeasured {
			t.Errorf("%s: after less than ten minutes: %s", test.name, f.verdict())
		}
	}
	if got := course(leaking).longLoad.leak(); got < 1900 || got > 2100 {
		t.Errorf("a leak of 2000 bytes is one of %.0f", got)
	}
}

// Quantiles are within a 64th of those of the values themselves.
func TestHistogram(t *testing.T) {
	var h, other histogram
	var values []time.Duration
	for i := range 10_000 {
		d := time.Duration(rand.ExpFloat64() * float64(time.Millisecond))
		values = append(values, d)
		if i%2 == 0 {
			h.add(d)
		} else {
			other.add(d)
		}
	}
	h.merge(&other)
	slices.Sort(values)
	for _, q := range []float64{0, 0.5, 0.99, 0.9999} {
		want := values[int(q*float64(len(values)))]
		if got := h.quantile(q); (got - want).Abs() > want/64+1 {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
	if h.longest != values[len(values)-1] || h.count != uint64(len(values)) {
		t.Errorf("%d values up to %v", h.count, h.longest)
	}
	h.add(1000 * time.Hour)
	h.add(-1)
}

// A response is read as net/http writes it: of any length, in one piece or in chunks.
func TestExchange(t *testing.T) {
	text := strings.Repeat("walnut ", 100_000)
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := text[:len(r.URL.Path)*len(r.URL.Path)*20]
		w.Header().Set("X-Query", r.URL.RawQuery)
		if r.URL.Query().Has("flush") {
			for chunk := range slices.Chunk([]byte(body), 5000) {
				w.Write(chunk)
				w.(http.Flusher).Flush()
			}
			return
		}
		io.WriteString(w, body)
	}))
	defer ts.Close()
	c, err := dial(t.Context(), ts.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, query := range []string{"", "flush"} {
		for n := 1; n < 180; n += 13 {
			path := "/" + strings.Repeat("x", n-1)
			res, err := c.exchange(wire(http.MethodGet, "localhost", path+"?"+query, nil, ""))
			if err != nil {
				t.Fatal(n, err)
			}
			if string(res.body) != text[:n*n*20] || res.status != http.StatusOK || string(res.header("x-query")) != query {
				t.Fatalf("%d, %q: %d, %q, %d bytes", n, query, res.status, res.header("x-query"), len(res.body))
			}
		}
	}
}

// inBothWays runs a test with clients that sleep when they have nothing to do, and with
// those that do not, where there are some.
func inBothWays(t *testing.T, name string, test func(t *testing.T, awake bool)) {
	t.Run(name, func(t *testing.T) { test(t, false) })
	if _, err := newSpinner(nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Run(name+" awake", func(t *testing.T) { test(t, true) })
	}
}

// Every connection sends its own request, as long as there is time, and each response
// counts, however large either of them is; latencies are those that the server causes.
func TestRun(t *testing.T) {
	inBothWays(t, "run", func(t *testing.T, awake bool) {
		const size, delay = 3 << 20, 5 * time.Millisecond
		var received, slow atomic.Int64
		ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, _ := io.Copy(io.Discard, r.Body)
			received.Add(n)
			if r.URL.Path == "/slow" {
				slow.Add(1)
				time.Sleep(delay)
			}
			w.Write(bytes.Repeat([]byte("walnut "), len(r.URL.Path)*20_000))
		}))
		defer ts.Close()
		addr := ts.Listener.Addr().String()
		var requests [][]byte
		var want []expectation
		for _, path := range []string{"/slow", "/quick", "/upload"} {
			body := ""
			if path == "/upload" {
				body = strings.Repeat("x", size)
			}
			requests = append(requests, wire(http.MethodPost, addr, path, nil, body))
			want = append(want, expectation{length: len(path) * 140_000, mark: []byte("walnut")})
		}
		f, err := newFleet(t.Context(), addr, 6, requests, want)
		if err != nil {
			t.Fatal(err)
		}
		defer f.close()
		if awake {
			if err := f.stayAwake(); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // a fleet runs as often as wanted
			slow.Store(0)
			received.Store(0)
			r, err := f.run(t.Context(), 100*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			quick := int64(r.latency.count) - slow.Load() - received.Load()/size
			if sent := received.Load(); slow.Load() < 2 || quick < 2 || sent < 2*size || sent%size != 0 {
				t.Errorf("%d calls, %d of them slow, %d bytes", r.latency.count, slow.Load(), sent)
			}
			if sum := 140_000 * (5*slow.Load() + 6*quick + 7*received.Load()/size); r.received != sum {
				t.Errorf("%d bytes, not %d", r.received, sum)
			}
			if share := float64(slow.Load()) / float64(r.latency.count); r.latency.longest < delay || r.latency.quantile(1-share/2) < delay {
				t.Errorf("%v at most, and %v for the slow ones", r.latency.longest, r.latency.quantile(1-share/2))
			}
			if r.took < 100*time.Millisecond {
				t.Errorf("it took %v", r.took)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if r, err := f.run(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%d calls, %v", r.latency.count, err)
		}
	})
}

// A server that begins to give wrong answers ends the run.
func TestWrongAnswer(t *testing.T) {
	for name, wrong := range map[string]func(w http.ResponseWriter){
		"status": func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"length": func(w http.ResponseWriter) { io.WriteString(w, "walnut shelf, and more") },
		"mark":   func(w http.ResponseWriter) { io.WriteString(w, "marble shelf") },
		"end":    func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		inBothWays(t, name, func(t *testing.T, awake bool) {
			calls := 0
			ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if calls++; calls == 10 {
					wrong(w)
					return
				}
				io.WriteString(w, "walnut shelf")
			}))
			defer ts.Close()
			addr := ts.Listener.Addr().String()
			f, err := newFleet(t.Context(), addr, 1, [][]byte{wire(http.MethodGet, addr, "/", nil, "")}, []expectation{{length: 12, mark: []byte("walnut")}})
			if err != nil {
				t.Fatal(err)
			}
			defer f.close()
			if awake {
				if err := f.stayAwake(); err != nil {
					t.Fatal(err)
				}
			}
			if r, err := f.run(t.Context(), time.Minute); err == nil || r.latency.count != 8 {
				t.Errorf("%d calls, %v", r.latency.count, err)
			}
		})
	}
}

// What is not the answer of the API is not measured.
func TestCheck(t *testing.T) {
	w, err := smallCall().solved()
	if err != nil {
		t.Fatal(err)
	}
	const right = `{"id":42,"name":"walnut shelf, oiled","price":129.5,"view":"full","tags":["walnut","wood","furniture"]}`
	quoted := strings.ReplaceAll(right, `"`, `\"`)
	result := func(text, structured string) string {
		return `{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"` + text + `"}],"structuredContent":` + structured + `}}`
	}
	for _, test := range []struct {
		body string
		want bool
	}{
		{result(quoted, right), true},
		{result(quoted, strings.Replace(right, "42", "43", 1)), false},
		{result(strings.Replace(quoted, "42", "43", 1), right), false},
		{result(quoted, "null"), false},
		{strings.Replace(result(quoted, right), `"content"`, `"isError":true,"content"`, 1), false},
		{`{"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"no"}}`, false},
		{`{}`, false},
	} {
		for _, stream := range []bool{false, true} {
			res := response{status: 200, head: []byte("Content-Type: application/json\r\n"), body: []byte(test.body)}
			if stream {
				res.head, res.body = []byte("Content-Type: text/event-stream\r\n"), []byte("event: message\ndata: "+test.body+"\n\n")
			}
			if err := w.check(stateless, res, true); (err == nil) != test.want {
				t.Errorf("%s: %v", test.body, err)
			}
		}
	}
}

// The results take the place of those that a page has, and nothing else of it.
func TestWritePage(t *testing.T) {
	page, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(name, page, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writePage(name, "figures\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(name)
	before, _, _ := bytes.Cut(page, []byte(beginMark))
	_, after, _ := bytes.Cut(page, []byte(endMark))
	if want := string(before) + beginMark + "figures\n" + endMark + string(after); err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	if err := writePage("bench_test.go", ""); err == nil {
		t.Error("a page without a place is written")
	}
}

func TestUnknownArguments(t *testing.T) {
	for _, args := range [][]string{{"fast"}, {"-slow"}} {
		if err := command(context.Background(), args, nil, io.Discard, io.Discard); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
