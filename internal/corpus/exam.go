package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mcpmount/mcpmount"
)

// A result is what became of one document.
type result struct {
	specimen
	refused  error // the document, with all that is in it
	served   int
	problems int
	tools    int

	faults []string // names and schemas that are not as they must be

	load, make time.Duration
	heap       uint64 // live after loading and making the tools
	calls      tally
	findings   []finding
}

// A tally counts calls by what became of them.
type tally struct {
	accepted   int
	rejected   int // by the judge
	refused    int // by the library: no request was made
	unjudged   int // the judge could not be made, or fails
	unprovided int // no arguments could be generated
}

func (t *tally) add(o tally) {
	t.accepted += o.accepted
	t.rejected += o.rejected
	t.refused += o.refused
	t.unjudged += o.unjudged
	t.unprovided += o.unprovided
}

// judged returns how many calls there is a verdict on. A call that was refused
// had valid arguments, and is held against the library.
func (t *tally) judged() int { return t.accepted + t.rejected + t.refused }

// A finding is a call that was not accepted.
type finding struct {
	document, tool string
	full           bool
	kind           string
	arguments      string
	request        string
	reason         string
}

// examine loads a document, serves it, and calls every tool.
func examine(s specimen) *result {
	r := &result{specimen: s}
	before := liveHeap()
	start := time.Now()
	doc, err := mcpmount.ParseOpenAPIFS(s.fsys, s.entry)
	r.load = time.Since(start)
	if err != nil {
		r.refused = err
		return r
	}
	start = time.Now()
	c, srv, err := newClient(doc, &mcpmount.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	r.make = time.Since(start)
	if err != nil {
		r.refused = err
		return r
	}
	if after := liveHeap(); after > before {
		r.heap = after - before
	}
	r.problems = len(srv.Problems())
	tools, err := c.tools()
	if err != nil {
		r.refused = err
		return r
	}
	r.served = len(tools)
	r.checkNames(tools)
	b, err := newBundle(s.fsys, s.entry)
	for _, tool := range tools {
		r.callTool(c, b, err, doc.Operation(tool.Name), tool)
	}
	return r
}

func liveHeap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

var legalName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

func (r *result) fault(format string, args ...any) {
	r.faults = append(r.faults, r.name+": "+fmt.Sprintf(format, args...))
}

// checkNames checks that tool names are legal, and distinct even where case
// does not count.
func (r *result) checkNames(tools []listedTool) {
	seen := map[string]bool{}
	for _, t := range tools {
		if !legalName.MatchString(t.Name) {
			r.fault("tool name %q is not legal", t.Name)
		}
		folded := strings.ToLower(t.Name)
		if seen[folded] {
			r.fault("tool name %q is not unique", t.Name)
		}
		seen[folded] = true
	}
}

// callTool checks the schemas of a tool and calls it, once with what is
// required and once with all there is.
func (r *result) callTool(c *client, b *bundle, unread error, op *mcpmount.Operation, t listedTool) {
	v, err := newValidator(t.InputSchema)
	if err != nil {
		r.fault("input schema of %s: %v", t.Name, err)
		return
	}
	if len(t.OutputSchema) > 0 {
		if _, err := newValidator(t.OutputSchema); err != nil {
			r.fault("output schema of %s: %v", t.Name, err)
		}
	}
	var j *judge
	if unread == nil {
		j, unread = newJudge(b, op)
	}
	for _, full := range []bool{false, true} {
		f := finding{document: r.name, tool: t.Name, full: full}
		r.try(c, &generator{validator: v, full: full}, j, unread, &f)
	}
}

// try makes one call and counts what becomes of it.
func (r *result) try(c *client, g *generator, j *judge, unread error, f *finding) {
	arguments, err := g.arguments()
	if err != nil {
		r.find(f, &r.calls.unprovided, "no arguments", err)
		return
	}
	f.arguments = string(arguments)
	request, err := c.call(f.tool, arguments)
	if err != nil {
		r.find(f, &r.calls.refused, "refused", err)
		return
	}
	f.request = describe(request)
	if unread != nil {
		r.find(f, &r.calls.unjudged, "not judged", unread)
		return
	}
	var lost unjudged
	switch err := j.check(request); {
	case err == nil:
		r.calls.accepted++
	case errors.As(err, &lost):
		r.find(f, &r.calls.unjudged, "not judged", err)
	default:
		r.find(f, &r.calls.rejected, "rejected", err)
	}
}

func (r *result) find(f *finding, n *int, kind string, reason error) {
	*n++
	f.kind, f.reason = kind, reason.Error()
	r.findings = append(r.findings, *f)
}

// asExpected reports whether the document was treated as the manifest says,
// and otherwise why not.
func (r *result) asExpected() (problem string) {
	switch {
	case r.expect == "reject" && r.refused == nil:
		return "was to be refused"
	case slices.Contains([]string{"accept", "lenient", "limits"}, r.expect) && r.refused != nil:
		return "was refused: " + r.refused.Error()
	case r.expect == "accept" && r.served != r.operations:
		return fmt.Sprintf("%d of %d operations are served", r.served, r.operations)
	}
	return ""
}
