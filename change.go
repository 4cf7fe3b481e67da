package mcpmount

import (
	"fmt"
	"strings"
)

// A difference is what an update did to what is served: tools by name,
// resources by URI.
type difference struct {
	added, removed, changed []string
}

// compare returns how next differs from old.
func compare(old, next *toolSet) difference {
	var d difference
	for _, t := range next.tools {
		if have := old.byName[t.op.Name]; have == nil {
			d.added = append(d.added, t.op.Name)
		} else {
			d.change(t.op.Name, t.changes(have))
		}
	}
	for _, t := range old.tools {
		if next.byName[t.op.Name] == nil {
			d.removed = append(d.removed, t.op.Name)
		}
	}
	for _, r := range next.resources {
		if have := old.byURI[r.uri()]; have == nil {
			d.added = append(d.added, r.uri())
		} else {
			d.change(r.uri(), r.tool.changes(have.tool))
		}
	}
	for _, r := range old.resources {
		if next.byURI[r.uri()] == nil {
			d.removed = append(d.removed, r.uri())
		}
	}
	return d
}

// change notes which parts of name changed, if any did.
func (d *difference) change(name string, parts []string) {
	if len(parts) > 0 {
		d.changed = append(d.changed, name+" ("+strings.Join(parts, ", ")+")")
	}
}

// changes names the parts of t that are not as those of old.
func (t *tool) changes(old *tool) (names []string) {
	before := old.parts()
	for i, p := range t.parts() {
		if p != before[i] {
			names = append(names, p.name)
		}
	}
	return names
}

// wire returns what decides on the request of a call and is not in its schema.
func (t *tool) wire() string {
	var b strings.Builder
	fmt.Fprint(&b, t.op.Method, " ", t.location.origin, " ", t.location.server, t.basePath, t.op.Path)
	for _, a := range t.input.arguments {
		if p := a.param; p != nil {
			fmt.Fprintf(&b, " %q %s %s %t %t", p.Name, p.In, p.Style, p.Explode, p.AllowReserved)
		}
	}
	if t.input.body != nil {
		fmt.Fprint(&b, " ", t.input.body.Type)
	}
	return b.String()
}

// maxLogged is how many names of one kind are logged.
const maxLogged = 10

// attributes returns d for a log: whatever is not empty, shortened.
func (d difference) attributes() (attrs []any) {
	for _, kind := range []struct {
		key   string
		names []string
	}{{"added", d.added}, {"removed", d.removed}, {"changed", d.changed}} {
		if len(kind.names) == 0 {
			continue
		}
		shown := kind.names[:min(len(kind.names), maxLogged)]
		attrs = append(attrs, kind.key, shortList(shown, len(kind.names)))
	}
	return attrs
}

// logUpdate says what an update did. One that did nothing is worth no line
// that anybody reads.
func (s *Server) logUpdate(old, next *toolSet) {
	d := compare(old, next).attributes()
	if len(d) == 0 {
		s.logger.Debug("document updated; nothing that is served changed")
		return
	}
	attrs := append([]any{"tools", len(next.tools), "resources", len(next.resources)}, d...)
	if n := len(next.problems); n > 0 {
		attrs = append(attrs, "problems", n)
	}
	s.logger.Info("document updated", attrs...)
}
