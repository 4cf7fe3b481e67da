package openapi

import (
	"slices"
	"strings"
)

// wantsSlash reports whether the pattern of a parameter has a slash, other than
// among the characters of a class: "publishers/[^/]+" asks for one, "[^/]+" and
// "[a-z/]+" do not.
func (l *loader) wantsSlash(parameter place) bool {
	pattern := l.word(parameter.get("pattern"))
	if schema := parameter.get("schema"); schema.node != nil {
		pattern = l.word(l.follow(schema).get("pattern"))
	}
	class := false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
			if !class && i < len(pattern) && pattern[i] == '/' {
				return true
			}
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '/':
			return true
		}
	}
	return false
}

// restrictSegments takes slashes from the values of path parameters that could
// lead to another operation: of all but one that is the last segment of its
// path, where no other path of the document is a longer one.
func (l *loader) restrictSegments(op *Operation) {
	for i := range op.Parameters {
		p := &op.Parameters[i]
		p.MultiSegment = p.MultiSegment && strings.HasSuffix(op.Path, "/{"+p.Name+"}") && !l.leadsElsewhere(op.Path)
	}
}

// leadsElsewhere reports whether a path of the document begins like path,
// whatever is in its last segment and in placeholders, and goes on. Where there
// are too many to say so, the answer is yes.
func (l *loader) leadsElsewhere(path string) bool {
	if l.templates == nil {
		l.templates = [][]string{}
		paths := l.follow(l.root.get("paths"))
		for key := range paths.members() {
			l.templates = append(l.templates, segments(key))
		}
	}
	own := segments(path)
	return slices.ContainsFunc(l.templates, func(other []string) bool {
		return !l.spend(1) || len(other) > len(own) && sameBeginning(own[:len(own)-1], other)
	})
}

// segments returns the segments of a path template.
func segments(template string) []string {
	if end := strings.IndexAny(template, "?#"); end >= 0 {
		template = template[:end]
	}
	return strings.Split(strings.Trim(template, "/"), "/")
}

// sameBeginning reports whether one path can begin with a and with b.
func sameBeginning(a, b []string) bool {
	for i := range a {
		if a[i] != b[i] && !strings.Contains(a[i], "{") && !strings.Contains(b[i], "{") {
			return false
		}
	}
	return true
}
