package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount"
)

// A lack is what operations need that no flag gives.
type lack struct {
	operations int
	schemes    []string
	refused    bool // calls of them are not sent, since there are credentials of other schemes
}

// lacking returns what operations of doc need beyond what the flags give. Headers, forwarded
// ones too, may be what they need, unless there are credentials, which then have to be all.
func (f *apiFlags) lacking(doc *mcpmount.Document, forwarded []string) lack {
	none := len(f.Credential) == 0
	if none && (len(f.Header)+len(forwarded) > 0 || f.ClientCert != "") {
		return lack{}
	}
	given := map[string]bool{}
	for name := range f.connected(doc) {
		given[name] = true
	}
	for _, text := range f.Credential {
		name, _, _ := strings.Cut(text, "=")
		given[name] = true
	}
	l, missing := lack{refused: !none}, map[string]bool{}
	for _, op := range doc.Operations {
		enough := len(op.Security) == 0
		var names []string
		for _, requirement := range op.Security {
			before := len(names)
			for name := range requirement {
				if !given[name] {
					names = append(names, name)
				}
			}
			enough = enough || len(names) == before
		}
		if enough {
			continue
		}
		l.operations++
		for _, name := range names {
			missing[name] = true
		}
	}
	l.schemes = slices.Sorted(maps.Keys(missing))
	return l
}

// String says it with the flags that help, "" if there is no lack.
func (l lack) String() string {
	switch {
	case l.operations == 0:
		return ""
	case l.refused:
		return fmt.Sprintf("%s cannot be called, for want of credentials: --credential %s=env:NAME", count(l.operations, "operation"), l.schemes[0])
	}
	return fmt.Sprintf("there are no credentials for %s: --credential %s=env:NAME, --header or --forward-header",
		count(l.operations, "operation"), l.schemes[0])
}
