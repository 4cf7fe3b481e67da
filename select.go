package mcpmount

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/spelling"
)

// A Select chooses operations of a document. An operation is kept if it is
// included and not excluded: the include rules are a union, and if there are
// none, everything is included; any exclude rule that names it removes it. An
// operation that is not kept cannot be listed or called.
type Select struct {
	// IncludeTags and ExcludeTags name tags of operations.
	IncludeTags []string
	ExcludeTags []string

	// IncludeOperations and ExcludeOperations name operations by operationId or
	// tool name.
	IncludeOperations []string
	ExcludeOperations []string

	// IncludePaths and ExcludePaths are patterns such as "/orders/**" or
	// "GET /orders/*": an optional method, then a path template, without or with
	// [Document.BasePath], in which "*" stands for anything within one segment
	// and "**" for any number of segments, or none.
	IncludePaths []string
	ExcludePaths []string

	// ReadOnly keeps only the operations that, by their method or their
	// annotations, change nothing.
	ReadOnly bool
}

// Apply returns a copy of d with the operations that s keeps. It is an error if
// a rule names nothing in d, or if nothing is left; all such errors are
// reported together.
func (s Select) Apply(d *Document) (*Document, error) {
	rules, err := s.rules()
	if err != nil {
		return nil, err
	}
	var kept []Operation
	var hidden []string
	for i := range d.Operations {
		if op := &d.Operations[i]; s.keeps(d, op, rules) {
			kept = append(kept, op.clone())
		} else {
			hidden = append(hidden, op.route())
		}
	}
	if err := unused(d, rules); err != nil {
		return nil, err
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("the selection leaves none of %d operations", len(d.Operations))
	}
	selected := *d
	selected.Operations = nil
	selected = *selected.Clone()
	selected.Operations = kept
	selected.Hidden = append(selected.Hidden, hidden...)
	return &selected, nil
}

// A rule is one entry of a Select.
type rule struct {
	field, text string
	exclude     bool
	matches     func(*Document, *Operation) bool
	used        bool
}

func (s Select) rules() ([]*rule, error) {
	var rules []*rule
	var errs []error
	add := func(field string, exclude bool, texts []string, compile func(string) (func(*Document, *Operation) bool, error)) {
		for _, text := range texts {
			matches, err := compile(text)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s %q: %w", field, text, err))
				continue
			}
			rules = append(rules, &rule{field: field, text: text, exclude: exclude, matches: matches})
		}
	}
	add("include tag", false, s.IncludeTags, matchTag)
	add("include operation", false, s.IncludeOperations, matchOperation)
	add("include path", false, s.IncludePaths, matchPath)
	add("exclude tag", true, s.ExcludeTags, matchTag)
	add("exclude operation", true, s.ExcludeOperations, matchOperation)
	add("exclude path", true, s.ExcludePaths, matchPath)
	return rules, errors.Join(errs...)
}

func (s Select) keeps(d *Document, op *Operation, rules []*rule) bool {
	hasIncludes, included, excluded := false, false, false
	for _, r := range rules {
		matches := r.matches(d, op)
		r.used = r.used || matches
		if r.exclude {
			excluded = excluded || matches
		} else {
			hasIncludes = true
			included = included || matches
		}
	}
	return (included || !hasIncludes) && !excluded && (!s.ReadOnly || isReadOnly(op))
}

// unused reports the rules that name nothing in d.
func unused(d *Document, rules []*rule) error {
	var errs []error
	for _, r := range rules {
		if !r.used {
			errs = append(errs, fmt.Errorf("%s %q names nothing in the document%s", r.field, r.text, instead(d, r)))
		}
	}
	return errors.Join(errs...)
}

// instead returns a hint at what a rule that names nothing could have meant.
func instead(d *Document, r *rule) string {
	var tags, operations []string
	for i := range d.Operations {
		op := &d.Operations[i]
		for _, tag := range op.Tags {
			if !slices.Contains(tags, tag) && len(tags) < maxTags {
				tags = append(tags, tag)
			}
		}
		operations = append(operations, op.ID, op.Name)
	}
	switch {
	case strings.HasSuffix(r.field, "operation"):
		return spelling.DidYouMean(r.text, operations)
	case !strings.HasSuffix(r.field, "tag"):
		return ""
	case len(tags) == 0:
		return "; it has no tags"
	}
	return spelling.DidYouMean(r.text, tags) + "; its tags are " + quoteAll(tags)
}

// maxTags bounds the tags that are looked at for a message.
const maxTags = 1000

func matchTag(tag string) (func(*Document, *Operation) bool, error) {
	return func(_ *Document, op *Operation) bool { return slices.Contains(op.Tags, tag) }, nil
}

func matchOperation(id string) (func(*Document, *Operation) bool, error) {
	if id == "" {
		return nil, errors.New("an operation needs a name")
	}
	return func(_ *Document, op *Operation) bool { return op.ID == id || op.Name == id }, nil
}

func matchPath(pattern string) (func(*Document, *Operation) bool, error) {
	method, glob, ok := strings.Cut(strings.TrimSpace(pattern), " ")
	if !ok {
		method, glob = "", method
	}
	glob = strings.TrimSpace(glob)
	if !strings.HasPrefix(glob, "/") {
		return nil, errors.New(`a path pattern starts with "/", after an optional method`)
	}
	segments := strings.Split(glob[1:], "/")
	for _, s := range segments {
		if strings.Contains(s, "**") && s != "**" {
			return nil, errors.New(`"**" must be a whole segment`)
		}
	}
	return func(d *Document, op *Operation) bool {
		if method != "" && !strings.EqualFold(method, op.Method) {
			return false
		}
		return matchSegments(segments, op.Path) || matchSegments(segments, d.BasePath+op.Path)
	}, nil
}

func matchSegments(pattern []string, template string) bool {
	template, _, _ = strings.Cut(template, "?")
	return matchGlob(pattern, strings.Split(strings.TrimPrefix(template, "/"), "/"))
}

func matchGlob(pattern, segments []string) bool {
	for i, p := range pattern {
		if p == "**" {
			for skip := 0; skip <= len(segments)-i; skip++ {
				if matchGlob(pattern[i+1:], segments[i+skip:]) {
					return true
				}
			}
			return false
		}
		if i >= len(segments) || !matchStar(p, segments[i]) {
			return false
		}
	}
	return len(pattern) == len(segments)
}

// matchStar reports whether s matches p, in which only "*" is special.
func matchStar(p, s string) bool {
	parts := strings.Split(p, "*")
	if len(parts) == 1 {
		return p == s
	}
	first, last := parts[0], parts[len(parts)-1]
	if !strings.HasPrefix(s, first) || len(s) < len(first)+len(last) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}
