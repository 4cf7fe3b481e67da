package mcpmount

import (
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
	tools     []*tool
	byName    map[string]*tool
	resources []*resource
	byURI     map[string]*resource
	scopes    map[string]bool // that tools need of callers
	problems  []Problem
	completes bool // whether a variable of a template has known values
}

// newToolSet makes the tools and resources of doc. An operation that cannot be
// served costs itself and leaves a Problem; what a caller chose wrongly is an
// error.
func newToolSet(doc *Document, opts *Options, scheme string) (*toolSet, error) {
	doc = doc.Clone()
	for i := range doc.Operations {
		doc.Operations[i].Method = canonicalMethod(doc.Operations[i].Method)
	}
	nameOperations(doc.Operations)
	if err := checkNames(doc.Operations); err != nil {
		return nil, err
	}
	m := &toolMaker{doc: doc, opts: opts, limits: opts.Limits, shared: newFragments(len(doc.Operations)), problems: doc.Problems}
	if opts.Instructions == "" && len(doc.Info.Description) > maxInstructions {
		m.problems = append(m.problems, Problem{Pointer: "/info/description", Note: true, Message: fmt.Sprintf("only the first %d bytes become instructions", maxInstructions)})
	}
	set := &toolSet{byName: map[string]*tool{}, byURI: map[string]*resource{}, scopes: map[string]bool{}}
	for i := range doc.Operations {
		op := &doc.Operations[i]
		t, err := m.tool(op, m.limits.MaxInputSchemaBytes)
		if err != nil {
			m.problem(op, "%s %s is left out: %v", op.Method, op.Path, err)
			continue
		}
		for _, scope := range slices.Concat(t.scopes...) {
			set.scopes[scope] = true
		}
		if op.Kind == KindResource {
			list, err := newResources(t, scheme)
			if err == nil {
				err = set.checkURIs(list)
			}
			if err == nil {
				set.resources = append(set.resources, list...)
				continue
			}
			m.problem(op, "stays a tool: %v", err)
		}
		set.tools = append(set.tools, t)
		set.byName[op.Name] = t
	}
	set.completes = slices.ContainsFunc(set.resources, (*resource).completes)
	m.shrinkList(set.tools)
	m.inlineRefs(set.tools)
	slices.SortFunc(set.tools, func(a, b *tool) int { return strings.Compare(a.op.Name, b.op.Name) })
	set.problems = m.problems
	return set, nil
}

// canonicalMethod returns a method that is known in upper case, and another one
// as it is: methods are case-sensitive (RFC 9110 section 9.1).
func canonicalMethod(method string) string {
	switch upper := strings.ToUpper(method); upper {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodTrace, "QUERY":
		return upper
	}
	return method
}

// keep makes the tools of s that are listed as in old the same to the SDK.
func (s *toolSet) keep(old *toolSet) {
	for _, t := range s.tools {
		if have := old.byName[t.op.Name]; have != nil && sameJSON(have.mcp, t.mcp) {
			t.mcp = have.mcp
		}
	}
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
