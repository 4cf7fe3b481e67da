package main

import (
	"testing"
	"time"
)

// What was reached. A change that falls below it has to say why.
const (
	leastAcceptedOfJudged = 99.4 // per cent of the calls of real and fixture documents
	leastAcceptedOfAll    = 99.2
	mostUnjudged          = 15
	longestLoad           = 5 * time.Second
)

// TestBoard examines every document.
func TestBoard(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	dir, err := findSpecs(repository)
	if err != nil {
		t.Skip(err)
	}
	specimens, err := readManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	b := &board{}
	for _, s := range specimens {
		r := examine(s)
		b.results = append(b.results, r)
		if problem := r.asExpected(); problem != "" {
			t.Errorf("%s: %s", r.name, problem)
		}
		for _, fault := range r.faults {
			t.Error(fault)
		}
		if r.load+r.make > longestLoad {
			t.Errorf("%s: loading took %s and making the tools %s", r.name, r.load, r.make)
		}
		if r.served < r.operations && r.expect != "reject" {
			t.Errorf("%s: %d of %d operations are served", r.name, r.served, r.operations)
		}
	}
	calls := b.published().calls
	all := calls.judged() + calls.unjudged + calls.unprovided
	atLeast(t, "calls accepted of those judged", calls.accepted, calls.judged(), leastAcceptedOfJudged)
	if len(specimens) > 100 { // all documents, not only those that were fetched
		atLeast(t, "calls accepted of all", calls.accepted, all, leastAcceptedOfAll)
	}
	if calls.unjudged > mostUnjudged {
		t.Errorf("calls without a verdict = %d, want at most %d", calls.unjudged, mostUnjudged)
	}
	if t.Failed() {
		var text testWriter
		b.printFindings(&text)
		t.Logf("%s", text)
	}
}

type testWriter []byte

func (w *testWriter) Write(p []byte) (int, error) {
	*w = append(*w, p...)
	return len(p), nil
}

func atLeast(t *testing.T, what string, part, whole int, want float64) {
	t.Helper()
	if got := 100 * float64(part) / float64(whole); whole == 0 || got < want {
		t.Errorf("%s = %d of %d (%s), want at least %g %%", what, part, whole, percent(part, whole), want)
	}
}
