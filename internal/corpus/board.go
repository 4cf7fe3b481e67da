package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// A board is the results of all documents.
type board struct {
	results []*result
}

// print writes a row for each document, then the totals.
func (b *board) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "document\tgroup\texpect\tas expected\tserved\tof\tproblems\tfaults\tcalls\taccepted\trejected\trefused\tnot judged\tno arguments\tload\ttools\theap MB\t")
	for _, r := range b.results {
		r.print(t)
	}
	t.Flush()
	fmt.Fprintln(w)
	b.printTotals(w)
}

func (r *result) print(w io.Writer) {
	expected := "yes"
	if r.asExpected() != "" {
		expected = "NO"
	}
	c := r.calls
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%.1f\t\n",
		r.name, r.group, r.expect, expected, r.served, r.operations, r.problems, len(r.faults),
		c.judged()+c.unjudged+c.unprovided, c.accepted, c.rejected, c.refused, c.unjudged, c.unprovided,
		r.load.Round(10*time.Microsecond), r.make.Round(10*time.Microsecond), float64(r.heap)/1e6)
}

// A total is the sum of some results.
type total struct {
	documents, expected int
	served, operations  int
	tools, faults       int
	calls               tally
}

// total sums the results that are in a group and expected to be so; "" is any.
func (b *board) total(group, expect string) total {
	var sum total
	for _, r := range b.results {
		if group != "" && r.group != group || expect != "" && r.expect != expect {
			continue
		}
		sum.documents++
		if r.asExpected() == "" {
			sum.expected++
		}
		if r.expect != "reject" {
			sum.served += r.served
			sum.operations += r.operations
		}
		sum.faults += len(r.faults)
		sum.calls.add(r.calls)
	}
	return sum
}

func (b *board) printTotals(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "total\tdocuments\tas expected\tserved\tof\tfaults\tcalls\taccepted\trejected\trefused\tnot judged\tno arguments\taccepted of judged\tof all\t")
	for _, group := range b.distinct(func(r *result) string { return r.group }) {
		b.total(group, "").print(t, group)
	}
	for _, expect := range b.distinct(func(r *result) string { return r.expect }) {
		b.total("", expect).print(t, expect)
	}
	if published := b.published(); published.documents > 0 {
		published.print(t, "real and fixture")
	}
	b.total("", "").print(t, "all")
	t.Flush()
}

// distinct returns what of says of the results, in the order of the results and
// without what is empty.
func (b *board) distinct(of func(*result) string) []string {
	var words []string
	for _, r := range b.results {
		if word := of(r); word != "" && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

// published sums the documents that somebody uses.
func (b *board) published() total {
	sum, other := b.total("real", ""), b.total("fixture", "")
	sum.documents += other.documents
	sum.expected += other.expected
	sum.served += other.served
	sum.operations += other.operations
	sum.faults += other.faults
	sum.calls.add(other.calls)
	return sum
}

func (t total) print(w io.Writer, name string) {
	c := t.calls
	all := c.judged() + c.unjudged + c.unprovided
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t\n",
		name, t.documents, t.expected, t.served, t.operations, t.faults,
		all, c.accepted, c.rejected, c.refused, c.unjudged, c.unprovided,
		percent(c.accepted, c.judged()), percent(c.accepted, all))
}

func percent(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	return strconv.FormatFloat(100*float64(part)/float64(whole), 'f', 2, 64) + " %"
}

// printFindings writes every call that was not accepted, a line of columns for
// each, and every fault.
func (b *board) printFindings(w io.Writer) {
	for _, r := range b.results {
		if problem := r.asExpected(); problem != "" {
			fmt.Fprintf(w, "unexpected\t%s\t\t\t%s\n", r.name, oneLine(problem))
		}
		if r.refused != nil && r.expect == "" {
			fmt.Fprintf(w, "not loaded\t%s\t\t\t%s\n", r.name, oneLine(r.refused.Error()))
		}
		for _, fault := range r.faults {
			fmt.Fprintf(w, "fault\t%s\t\t\t%s\n", r.name, oneLine(fault))
		}
		for _, f := range r.findings {
			mode := "required"
			if f.full {
				mode = "full"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.kind, f.document, f.tool, mode, oneLine(f.reason), cut(f.request), cut(f.arguments))
		}
	}
}
