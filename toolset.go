package mcpmount

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A toolSet is all that a document becomes: the tools and resources of one
// moment. It is immutable.
type toolSet struct {
	doc       *Document
	tools     []*tool
	byName    map[string]*tool
	resources []*resource
	byURI     map[string]*resource
	scopes    map[string]bool // all scopes that tools need of callers
	needs     []scopes        // what tools need, each distinct need once
	problems  []Problem
	drift     []Problem // those of problems that are about differences from the app
	completes bool      // whether a variable of a template has known values
	catalog   *catalog  // nil if no tool is deferred
}

// newToolSet makes the tools and resources of doc. An operation that cannot be
// served costs itself and leaves a Problem; what a caller chose wrongly is an
// error.
func newToolSet(doc *Document, opts *Options, scheme string) (*toolSet, error) {
	doc, err := doc.prepared(&opts.Results)
	if err != nil {
		return nil, err
	}
	m := &toolMaker{doc: doc, opts: opts, limits: opts.Limits, shared: newFragments(len(doc.Operations)), problems: doc.Problems}
	set := &toolSet{doc: doc, byName: map[string]*tool{}, byURI: map[string]*resource{}, scopes: map[string]bool{}}
	if opts.Routes != nil {
		set.drift = doc.Drift(opts.Routes())
		m.problems = append(m.problems, set.drift...)
	}
	if opts.Instructions == "" && len(doc.Info.Description) > maxInstructions {
		m.problems = append(m.problems, Problem{Pointer: "/info/description", Note: true, Message: fmt.Sprintf("only the first %d bytes become instructions", maxInstructions)})
	}
	m.noteNumbered()
	m.restrictSegments()
	for i := range doc.Operations {
		op := &doc.Operations[i]
		t, err := m.tool(op, m.limits.MaxInputSchemaBytes)
		if err != nil {
			m.problem(op, "%s %s is left out: %v", op.Method, op.Path, err)
			continue
		}
		set.need(t.scopes)
		if op.Kind == KindResource {
			_, err := set.addResources(t, scheme)
			if err == nil {
				continue
			}
			m.problem(op, "stays a tool: %v", err)
		}
		set.tools = append(set.tools, t)
		set.byName[op.Name] = t
	}
	m.shrinkList(slices.DeleteFunc(slices.Clone(set.tools), (*tool).isDeferred))
	m.linkResources(set, scheme)
	set.completes = slices.ContainsFunc(set.resources, (*resource).completes)
	m.inlineRefs(set.tools)
	slices.SortFunc(set.tools, func(a, b *tool) int { return strings.Compare(a.op.Name, b.op.Name) })
	set.catalog = newCatalog(doc, set.tools)
	set.problems = m.problems
	doc.release()
	return set, nil
}

// prepared returns a copy of d whose operations all have a method as it is sent, results
// and a name. What the author of an operation chose wrongly is an error.
func (d *Document) prepared(results *Results) (*Document, error) {
	d = d.Clone()
	d.detach()
	var faults []error
	for i := range d.Operations {
		op := &d.Operations[i]
		op.Method = canonicalMethod(op.Method)
		if op.Fault != "" {
			faults = append(faults, errors.New(op.Fault))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if err := d.setResults(results); err != nil {
		return nil, err
	}
	nameOperations(d.Operations)
	return d, cmp.Or(checkNames(d.Operations), checkStandIns(d.Operations))
}

// need notes the scopes that a tool needs of its callers.
func (s *toolSet) need(all scopes) {
	for _, scope := range slices.Concat(all...) {
		s.scopes[scope] = true
	}
	known := slices.ContainsFunc(s.needs, func(n scopes) bool { return slices.EqualFunc(n, all, slices.Equal) })
	if len(all) > 0 && !known && len(s.needs) <= maxNeeds {
		s.needs = append(s.needs, all)
	}
}

// restrictSegments forbids slashes in values that could lead to another route, served
// or hidden: a router that decodes a path before it matches it cannot tell the two apart.
func (m *toolMaker) restrictSegments() {
	var shapes [][]string
	for i := range m.doc.Operations {
		op := &m.doc.Operations[i]
		for j := range op.Parameters {
			p := &op.Parameters[j]
			if !p.MultiSegment {
				continue
			}
			if shapes == nil {
				shapes = m.doc.shapes()
			}
			own := strings.Split(pathShape(m.doc.fullPath(op)), "/")
			if strings.HasSuffix(op.Path, "/{"+p.Name+"}") && !slices.ContainsFunc(shapes, func(other []string) bool { return liesBelow(own, other) }) {
				continue
			}
			p.MultiSegment = false
			m.note(op, "%s must be one segment: with slashes, it could lead to another route", p.Name)
		}
	}
}

// shapes returns the segments of all paths of d.
func (d *Document) shapes() [][]string {
	var shapes [][]string
	for i := range d.Operations {
		shapes = append(shapes, strings.Split(pathShape(d.fullPath(&d.Operations[i])), "/"))
	}
	for _, hidden := range d.Hidden {
		_, path, _ := strings.Cut(hidden, " ")
		shapes = append(shapes, strings.Split(pathShape(path), "/"), strings.Split(pathShape(d.BasePath+path), "/"))
	}
	return shapes
}

// liesBelow reports whether the path with the segments other is longer than the one with
// the segments own, and can begin like it, whatever the last segment of own is.
func liesBelow(own, other []string) bool {
	n := len(own) - 1
	return len(other) > len(own) && slices.EqualFunc(own[:n], other[:n], func(a, b string) bool {
		return a == b || strings.Contains(a, "{}") || strings.Contains(b, "{}")
	})
}

// canonicalMethod returns a known method in upper case, and any other as it is: methods
// are case-sensitive (RFC 9110 section 9.1).
func canonicalMethod(method string) string {
	switch upper := strings.ToUpper(method); upper {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodTrace, "QUERY":
		return upper
	}
	return method
}

// keep gives each tool of s that is listed exactly as in old the SDK's tool of old, so
// that to the SDK nothing has changed.
func (s *toolSet) keep(old *toolSet) {
	for _, t := range s.tools {
		if have := old.byName[t.op.Name]; have != nil && sameJSON(have.mcp, t.mcp) {
			t.mcp = have.mcp
		}
	}
	s.catalog.keep(old.catalog)
}

// checkNames reports illegal and repeated names: both were chosen by hand,
// since those that are derived are legal and distinct.
func checkNames(ops []Operation) error {
	var errs []error
	seen := map[string]*Operation{}
	for i := range ops {
		op := &ops[i]
		place := fmt.Sprintf("operation %s %s", op.Method, op.Path)
		if err := checkName(op.Name); err != nil {
			errs = append(errs, fmt.Errorf("%s: tool name %q %w; set Operation.Name", place, op.Name, err))
		}
		key := strings.ToLower(op.Name) // some clients ignore case
		if first := seen[key]; first != nil {
			errs = append(errs, fmt.Errorf("%s: tool name %q is already that of %s %s; give one of them another (Operation.Name, or x-mcp.name in the document)",
				place, op.Name, first.Method, first.Path))
			continue
		}
		seen[key] = op
	}
	return errors.Join(errs...)
}

// serverOf returns the absolute server URL that op has of its own, if requests
// may go there, or nil: see [Upstream].
func serverOf(op *Operation) *url.URL {
	if len(op.Servers) == 0 {
		return nil
	}
	u, err := url.Parse(op.Servers[0].Resolve())
	if err != nil || !u.IsAbs() || u.Host == "" {
		return nil
	}
	return u
}
